package redact

import "regexp"

// wellKnownTokens matches the tokens of well-known services wherever they are.
const wellKnownTokens = `\b(hf_[A-Za-z0-9]{16,}|sk-[\w-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|` +
	`glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|nvapi-[\w-]{16,}|AIza[\w-]{30,}|(?:AKIA|ASIA)[0-9A-Z]{16}|` +
	`eyJ[\w-]{8,}\.[\w.-]+)`

// printedCredentials matches what programs print of passwords, tokens and signatures.
var printedCredentials = regexp.MustCompile(`(?i)(authorization:?\s*(?:bearer|basic)\s+|bearer\s+|[?&](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token)=` +
	`|(?:password|passwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?)["']?\s*[=:]\s*["']?)([^\s"'&,;]+)` +
	`|()` + wellKnownTokens +
	`|(://[^\s/:@]*:)([^\s/@]+)@`)

// HideCredentials puts *** in the place of each credential that a program printed.
func HideCredentials(printed string) string {
	return printedCredentials.ReplaceAllStringFunc(printed, func(found string) string {
		parts := printedCredentials.FindStringSubmatch(found)
		if parts[6] != "" {
			return parts[5] + "***@"
		}
		return parts[1] + parts[3] + "***"
	})
}
