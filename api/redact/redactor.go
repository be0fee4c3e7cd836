package redact

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/config"
)

// PlaceholderPrefix starts what stands for a secret. Eight hexadecimal digits follow, which are the
// same for the same secret and salt.
const PlaceholderPrefix = "REDACTED-"

// minFollowed is the length in bytes from which a secret is looked for in all other places. Shorter
// ones would hit words.
const minFollowed = 8

// Redactor puts placeholders in the place of secrets:
//
//   - the values of environment variables, headers and every other pair of name and value
//   - the data of Secrets, and of ConfigMaps except models.json and the configuration of the cluster
//   - the values of flags, variables and fields that have the name of a secret (--api-key, HF_TOKEN,
//     password), in lists of arguments, scripts, URLs and other strings
//   - what has the form of a secret: private keys, bearer tokens, passwords in URLs, and the tokens of
//     well-known services
//   - every other place in which a secret with a name occurs
//
// JSON in strings, as in annotations, is searched in the same way. A placeholder is a string where
// the secret was one. References to variables stay, and so do empty values.
type Redactor struct {
	salt []byte
	// followed are the values that have the name of a secret.
	followed map[string]bool
}

// NewRedactor returns a Redactor. Placeholders of one secret are equal as long as the salt is; the
// salt must be random and stay unknown, or short secrets can be guessed from their placeholders.
func NewRedactor(salt []byte) *Redactor { return &Redactor{salt: salt, followed: map[string]bool{}} }

// HideSecrets takes the secrets out of decoded JSON, which it changes. Numbers must be json.Number.
func (r *Redactor) HideSecrets(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		return r.hideInObject(typed)
	case []any:
		return r.hideInList(typed)
	case string:
		return r.hideInString(typed)
	}
	return value
}

// HideOccurrences returns a function that takes every secret with a name that HideSecrets has met
// so far out of decoded JSON, wherever it occurs.
func (r *Redactor) HideOccurrences() func(value any) any {
	replacer := r.replaceFollowed()
	var hide func(any) any
	hide = func(value any) any {
		switch typed := value.(type) {
		case map[string]any:
			for key, member := range typed {
				typed[key] = hide(member)
			}
		case []any:
			for i, item := range typed {
				typed[i] = hide(item)
			}
		case string:
			return replacer.Replace(typed)
		}
		return value
	}
	return hide
}

// replaceFollowed replaces the secrets to follow, the longest first.
func (r *Redactor) replaceFollowed() *strings.Replacer {
	secrets := slices.Sorted(maps.Keys(r.followed))
	slices.SortStableFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, r.placeholderFor(secret))
		if escaped := escapedInJSON(secret); escaped != secret {
			pairs = append(pairs, escaped, r.placeholderFor(secret))
		}
	}
	return strings.NewReplacer(pairs...)
}

// placeholderFor stands for a secret. An empty value, a reference to a variable and a placeholder
// are no secrets.
func (r *Redactor) placeholderFor(secret string) string {
	if secret == "" || isVariableReference(secret) || IsPlaceholder(secret) {
		return secret
	}
	hash := sha256.New()
	hash.Write(r.salt)
	hash.Write([]byte(secret))
	return PlaceholderPrefix + hex.EncodeToString(hash.Sum(nil)[:4])
}

// hideAndFollow is the placeholder of a value that has the name of a secret, which is then looked
// for in all other places.
func (r *Redactor) hideAndFollow(secret string) string {
	placeholder := r.placeholderFor(secret)
	if placeholder != secret && len(secret) >= minFollowed && !strings.HasPrefix(secret, "/") {
		r.followed[secret] = true
	}
	return placeholder
}

var placeholderForm = regexp.MustCompile(`^` + PlaceholderPrefix + `[0-9a-f]{8}$`)

// IsPlaceholder reports whether a string stands for a secret.
func IsPlaceholder(text string) bool { return placeholderForm.MatchString(text) }

var referenceForm = regexp.MustCompile(`^(\$[A-Z_]+|\$\{\w+\}|\$\(\w+\))$`)

// isVariableReference reports whether a string is nothing but a reference to a variable.
func isVariableReference(text string) bool { return referenceForm.MatchString(text) }

func (r *Redactor) hideInObject(object map[string]any) any {
	secretData := secretDataFields(object)
	name, isPair := object["name"].(string)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value := object[key]
		text, isString := value.(string)
		switch {
		case secretData[key]:
			object[key] = r.hideData(value, object["kind"], key)
		case isPair && key == "value":
			object[key] = r.hidePairValue(name, value)
		case isString && isSecretFieldName(key):
			object[key] = r.hideAndFollow(text)
		default:
			object[key] = r.HideSecrets(value)
		}
	}
	return object
}

// secretDataFields lists the fields of an object of which every value is a secret.
func secretDataFields(object map[string]any) map[string]bool {
	metadata, _ := object["metadata"].(map[string]any)
	switch {
	case object["kind"] == "Secret":
		return map[string]bool{"data": true, "stringData": true}
	case object["kind"] == "ConfigMap" && metadata["name"] != config.MapName:
		return map[string]bool{"data": true, "binaryData": true}
	}
	return nil
}

// modelsKey is the key of the ConfigMap of a service that lists its models.
const modelsKey = "models.json"

// hideData redacts the data of a Secret or ConfigMap.
func (r *Redactor) hideData(value, kind any, field string) any {
	values, isObject := value.(map[string]any)
	if !isObject {
		return value
	}
	isBase64 := field == "binaryData" || kind == "Secret" && field == "data"
	for _, key := range slices.Sorted(maps.Keys(values)) {
		text, isString := values[key].(string)
		switch {
		case !isString || kind == "ConfigMap" && key == modelsKey:
			values[key] = r.HideSecrets(values[key])
		case isBase64:
			values[key] = r.hideInBase64(text)
		default:
			values[key] = r.hideAndFollow(text)
		}
	}
	return values
}

// hideInBase64 keeps the value legal base64.
func (r *Redactor) hideInBase64(encoded string) string {
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return r.hideAndFollow(encoded)
	}
	return base64.StdEncoding.EncodeToString([]byte(r.hideAndFollow(string(secret))))
}

// hidePairValue redacts the value of a pair of name and value. A number, which a user wrote where a
// string belongs, stays a number.
func (r *Redactor) hidePairValue(name string, value any) any {
	switch typed := value.(type) {
	case string:
		if isSecretNameOfAnyStyle(name) {
			return r.hideAndFollow(typed)
		}
		return r.placeholderFor(typed)
	case json.Number:
		return json.Number("0")
	}
	return r.HideSecrets(value)
}

// hideInList redacts the items of a list. In a command line the value of a flag may be the next
// item.
func (r *Redactor) hideInList(list []any) []any {
	secretFollows := false
	for i, item := range list {
		text, isString := item.(string)
		switch {
		case !isString:
			list[i] = r.HideSecrets(item)
		case secretFollows && !strings.HasPrefix(text, "-"):
			list[i] = r.hideAndFollow(text)
		default:
			list[i] = r.hideInString(text)
		}
		secretFollows = isString && flagAlone.MatchString(text) && isSecretNameOfAnyStyle(text)
	}
	return list
}

var flagAlone = regexp.MustCompile(`^--?[A-Za-z0-9][\w.-]*$`)
