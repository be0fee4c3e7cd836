package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// Settings say which findings count. The zero value counts all of them.
type Settings struct {
	// MinSeverity is the least severity of a finding that counts; empty counts all.
	MinSeverity Severity `json:"minSeverity,omitempty"`
	// Ignore switches off rules for some services.
	Ignore []Ignore `json:"ignore,omitempty"`
}

// Ignore switches off a rule.
type Ignore struct {
	// Rule is the identifier or the name of the rule.
	Rule string `json:"rule"`
	// Services are patterns of NAMESPACE/NAME, such as "team-a/*"; every service when empty.
	Services []string `json:"services,omitempty"`
	// Objects are patterns of KIND/NAME, such as "Deployment/*"; every object when empty.
	Objects []string `json:"objects,omitempty"`
	// Reason is why; it is required.
	Reason string `json:"reason"`
}

// ParseSettings reads settings in YAML or JSON. The error says what is wrong, and with which rule.
func ParseSettings(data []byte) (Settings, error) {
	var settings Settings
	if err := yaml.UnmarshalStrict(data, &settings); err != nil {
		return Settings{}, err
	}
	if settings.MinSeverity != "" && !slices.Contains(Severities(), settings.MinSeverity) {
		return Settings{}, fmt.Errorf("minSeverity: there is no severity %q: use error, warning or info", settings.MinSeverity)
	}
	for i, ignore := range settings.Ignore {
		if err := ignore.check(); err != nil {
			return Settings{}, fmt.Errorf("ignore[%d]: %w", i, err)
		}
	}
	return settings, nil
}

func (i Ignore) check() error {
	if ruleNamed(i.Rule) == nil {
		return fmt.Errorf("there is no rule %q: name one by its identifier or its name", i.Rule)
	}
	if strings.TrimSpace(i.Reason) == "" {
		return errors.New("reason is missing: say why the rule does not apply")
	}
	for _, pattern := range slices.Concat(i.Services, i.Objects) {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%q is not a pattern: %w", pattern, err)
		}
	}
	return nil
}

// Apply leaves out the findings below the least severity, and writes down which of the others are ignored.
func (s Settings) Apply(findings []Finding) []Finding {
	var counted []Finding
	for _, f := range findings {
		if s.MinSeverity != "" && !f.Severity.AtLeast(s.MinSeverity) {
			continue
		}
		for _, ignore := range s.Ignore {
			if f.Ignored == "" && ignore.matches(f) {
				f.Ignored = ignore.Reason
			}
		}
		counted = append(counted, f)
	}
	return counted
}

func (i Ignore) matches(f Finding) bool {
	return (i.Rule == f.ID || i.Rule == f.Rule) && matchesAny(i.Services, f.Namespace+"/"+f.Name) && matchesAny(i.Objects, f.Object)
}

// matchesAny reports whether one of the patterns matches a text, or there is none.
func matchesAny(patterns []string, text string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		matched, err := path.Match(pattern, text)
		return matched && err == nil
	})
}

// IgnoreAnnotations are the annotations of the service of a request that switch off rules.
func IgnoreAnnotations(request *sync.Request) map[string]string {
	var head struct {
		Metadata struct{ Annotations map[string]string }
	}
	_ = json.Unmarshal(request.Parent, &head) // without annotations if it cannot be read
	maps.DeleteFunc(head.Metadata.Annotations, func(key, _ string) bool { return !strings.HasPrefix(key, v1beta1.AnnotationPrefixLintIgnore) })
	return head.Metadata.Annotations
}

// reasonToIgnore is the reason that annotations of a service give for switching off a rule; "" without.
func reasonToIgnore(rule Rule, annotations map[string]string) string {
	for _, name := range []string{rule.ID, rule.Name} {
		if reason := strings.TrimSpace(annotations[v1beta1.AnnotationPrefixLintIgnore+name]); reason != "" {
			return reason
		}
	}
	return ""
}

// ruleNamed is the rule of an identifier or a name; nil without.
func ruleNamed(name string) *Rule {
	all := Rules()
	at := slices.IndexFunc(all, func(r Rule) bool { return r.ID == name || r.Name == name })
	if at < 0 {
		return nil
	}
	return &all[at]
}

// Summary counts findings: "3 findings: 1 error, 2 warnings; 1 ignored".
func Summary(findings []Finding) string {
	count := map[Severity]int{}
	total, ignored := 0, 0
	for _, f := range findings {
		if f.Ignored != "" {
			ignored++
			continue
		}
		total++
		count[f.Severity]++
	}
	text := "no findings"
	if total > 0 {
		var parts []string
		for _, severity := range Severities() {
			if n := count[severity]; n > 0 {
				parts = append(parts, countOf(n, string(severity)))
			}
		}
		text = countOf(total, "finding") + ": " + strings.Join(parts, ", ")
	}
	if ignored > 0 {
		text += fmt.Sprintf("; %d ignored", ignored)
	}
	return text
}

func countOf(n int, word string) string {
	if n == 1 || word == string(Info) {
		return fmt.Sprintf("%d %s", n, word)
	}
	return fmt.Sprintf("%d %ss", n, word)
}
