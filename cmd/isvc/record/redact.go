package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// placeholderPrefix starts what stands for a secret. Eight hexadecimal digits
// follow, which are the same for the same secret and salt.
const placeholderPrefix = "REDACTED-"

// minSecret is the length in bytes from which a secret is looked for in the
// rest of the request. Shorter ones would hit words.
const minSecret = 8

// redactor takes the secrets out of one request.
type redactor struct {
	salt []byte
	// secrets are the values of what has the name of a secret.
	secrets map[string]bool
	// found replaces the secrets in texts; nil until all are known.
	found *strings.Replacer
}

// Redact returns a copy of a request in which placeholders stand for secrets:
//
//   - the values of environment variables, headers and everything else that is
//     a pair of name and value
//   - the data of Secrets, and of ConfigMaps except models.json and the
//     configuration of the cluster
//   - the values of flags, variables and fields that have the name of a secret
//     (--api-key, HF_TOKEN, password), in lists of arguments, scripts, URLs and
//     other texts
//   - what has the form of a secret: private keys, bearer tokens, passwords in
//     URLs, and the tokens of well-known services
//   - every other place in which one of these secrets occurs
//
// JSON in texts, as in annotations, is searched in the same way. A placeholder
// is a text where the secret was one, and the same for the same secret as long
// as the salt is the same, which must be random and stay unknown. References to
// variables stay, and so do empty values.
//
// The error is for a request that is not JSON.
func Redact(request *sync.Request, salt []byte) (*sync.Request, error) {
	r := &redactor{salt: salt, secrets: map[string]bool{}}
	t, err := treesOf(request)
	if err != nil {
		return nil, err
	}
	t.each(func(tree any) any { return r.walk(tree) })
	r.found = r.replacer()
	t.each(func(tree any) any { return r.sweep(tree) })
	return t.request(request)
}

// trees are the parts of a request as decoded JSON.
type trees struct {
	parent, config    any
	children, related map[kinds.Kind]map[string]any
}

func treesOf(request *sync.Request) (*trees, error) {
	t := &trees{}
	var err error
	if t.parent, err = decode(request.Parent); err != nil {
		return nil, fmt.Errorf("cannot decode the parent: %w", err)
	}
	if t.config, err = normal(effectiveConfig(request.Config)); err != nil {
		return nil, fmt.Errorf("cannot copy the configuration: %w", err)
	}
	if t.children, err = decodeObjects(request.Children); err != nil {
		return nil, fmt.Errorf("cannot decode the children: %w", err)
	}
	if t.related, err = decodeObjects(request.Related); err != nil {
		return nil, fmt.Errorf("cannot decode the related objects: %w", err)
	}
	return t, nil
}

// effectiveConfig is the configuration that a request is computed with. It is
// written down even when it is that of the program, which may change.
func effectiveConfig(c *config.Config) *config.Config {
	if c == nil {
		return config.Default()
	}
	return c
}

// each replaces every part by what change makes of it.
func (t *trees) each(change func(any) any) {
	t.parent, t.config = change(t.parent), change(t.config)
	for _, objects := range []map[kinds.Kind]map[string]any{t.children, t.related} {
		for _, byKey := range objects {
			for key, object := range byKey {
				byKey[key] = change(object)
			}
		}
	}
}

// request is the request of the trees.
func (t *trees) request(original *sync.Request) (*sync.Request, error) {
	copied := *original
	copied.Config = &config.Config{}
	var err error
	if copied.Parent, err = encode(t.parent); err != nil {
		return nil, fmt.Errorf("cannot encode the parent: %w", err)
	}
	raw, err := encode(t.config)
	if err == nil {
		err = json.Unmarshal(raw, copied.Config)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot copy the configuration: %w", err)
	}
	if copied.Children, err = encodeObjects(t.children); err != nil {
		return nil, fmt.Errorf("cannot encode the children: %w", err)
	}
	if copied.Related, err = encodeObjects(t.related); err != nil {
		return nil, fmt.Errorf("cannot encode the related objects: %w", err)
	}
	return &copied, nil
}

func decodeObjects(objects observed.Objects) (map[kinds.Kind]map[string]any, error) {
	decoded := make(map[kinds.Kind]map[string]any, len(objects))
	for kind, byKey := range objects {
		decoded[kind] = make(map[string]any, len(byKey))
		for key, arrived := range byKey {
			object, err := decode(arrived.Raw)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", kind, key, err)
			}
			decoded[kind][key] = object
		}
	}
	return decoded, nil
}

func encodeObjects(decoded map[kinds.Kind]map[string]any) (observed.Objects, error) {
	objects := make(observed.Objects, len(decoded))
	for kind, byKey := range decoded {
		objects[kind] = make(map[string]observed.Object, len(byKey))
		for key, object := range byKey {
			raw, err := encode(object)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", kind, key, err)
			}
			objects[kind][key] = observed.Object{Raw: raw}
		}
	}
	return objects, nil
}

// placeholder stands for a secret. An empty value, a reference to a variable
// and a placeholder are none.
func (r *redactor) placeholder(secret string) string {
	if secret == "" || isReference(secret) || isPlaceholder(secret) {
		return secret
	}
	hash := sha256.New()
	hash.Write(r.salt)
	hash.Write([]byte(secret))
	return placeholderPrefix + hex.EncodeToString(hash.Sum(nil)[:4])
}

// named is the placeholder of a value that has the name of a secret, which is
// then looked for everywhere.
func (r *redactor) named(secret string) string {
	placeholder := r.placeholder(secret)
	if placeholder != secret && len(secret) >= minSecret && !strings.HasPrefix(secret, "/") {
		r.secrets[secret] = true
	}
	return placeholder
}

var placeholderForm = regexp.MustCompile(`^` + placeholderPrefix + `[0-9a-f]{8}$`)

func isPlaceholder(text string) bool { return placeholderForm.MatchString(text) }

var referenceForm = regexp.MustCompile(`^(\$[A-Z_]+|\$\{\w+\}|\$\(\w+\))$`)

// isReference reports whether a text is nothing but a reference to a variable.
func isReference(text string) bool { return referenceForm.MatchString(text) }

// walk takes the secrets out of a tree, which it changes.
func (r *redactor) walk(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		return r.object(typed)
	case []any:
		return r.list(typed)
	case string:
		return r.text(typed)
	}
	return value
}

func (r *redactor) object(object map[string]any) any {
	whole := r.wholeData(object)
	name, isPair := object["name"].(string)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value := object[key]
		text, isText := value.(string)
		switch {
		case whole[key]:
			object[key] = r.data(value, object["kind"], key)
		case isPair && key == "value":
			object[key] = r.pairValue(name, value)
		case isText && isSecretField(key):
			object[key] = r.named(text)
		default:
			object[key] = r.walk(value)
		}
	}
	return object
}

// wholeData lists the fields of an object of which every value is a secret.
func (r *redactor) wholeData(object map[string]any) map[string]bool {
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

// data redacts the data of a Secret or ConfigMap.
func (r *redactor) data(value, kind any, field string) any {
	values, isObject := value.(map[string]any)
	if !isObject {
		return value
	}
	isBase64 := field == "binaryData" || kind == "Secret" && field == "data"
	for _, key := range slices.Sorted(maps.Keys(values)) {
		text, isText := values[key].(string)
		switch {
		case !isText || kind == "ConfigMap" && key == modelsKey:
			values[key] = r.walk(values[key])
		case isBase64:
			values[key] = r.base64(text)
		default:
			values[key] = r.named(text)
		}
	}
	return values
}

// base64 keeps the value a legal one.
func (r *redactor) base64(encoded string) string {
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return r.named(encoded)
	}
	return base64.StdEncoding.EncodeToString([]byte(r.named(string(secret))))
}

// pairValue redacts the value of a pair of name and value. A number, which a
// user wrote where a text belongs, stays one.
func (r *redactor) pairValue(name string, value any) any {
	switch typed := value.(type) {
	case string:
		if isSecretName(name) {
			return r.named(typed)
		}
		return r.placeholder(typed)
	case json.Number:
		return json.Number("0")
	}
	return r.walk(value)
}

// list redacts the items of a list. In a command line the value of a flag may
// be the next item.
func (r *redactor) list(list []any) []any {
	awaited := false
	for i, item := range list {
		text, isText := item.(string)
		switch {
		case !isText:
			list[i] = r.walk(item)
		case awaited && !strings.HasPrefix(text, "-"):
			list[i] = r.named(text)
		default:
			list[i] = r.text(text)
		}
		awaited = isText && flagAlone.MatchString(text) && isSecretName(text)
	}
	return list
}

var flagAlone = regexp.MustCompile(`^--?[A-Za-z0-9][\w.-]*$`)

// replacer finds the known secrets in texts, the longest first.
func (r *redactor) replacer() *strings.Replacer {
	secrets := slices.Sorted(maps.Keys(r.secrets))
	slices.SortStableFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, r.placeholder(secret))
		if escaped := inJSON(secret); escaped != secret {
			pairs = append(pairs, escaped, r.placeholder(secret))
		}
	}
	return strings.NewReplacer(pairs...)
}

// inJSON is a text as it appears within a JSON text.
func inJSON(text string) string {
	raw, err := encode(text)
	if err != nil || len(raw) < 2 {
		return text
	}
	return string(raw[1 : len(raw)-1])
}

// sweep replaces the known secrets wherever they occur.
func (r *redactor) sweep(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		for key, member := range typed {
			typed[key] = r.sweep(member)
		}
	case []any:
		for i, item := range typed {
			typed[i] = r.sweep(item)
		}
	case string:
		return r.found.Replace(typed)
	}
	return value
}

// decode reads JSON and keeps numbers as they are written.
func decode(raw []byte) (value any, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// encode writes JSON without a line break.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// normal is a value as decoded JSON.
func normal(value any) (any, error) {
	raw, err := encode(value)
	if err != nil {
		return nil, err
	}
	return decode(raw)
}
