package record

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/redact"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// RedactRequest returns a copy of a request in which placeholders stand for secrets, as
// redact.Redactor finds them. The salt must be random and stay unknown.
//
// The error is for a request that is not JSON.
func RedactRequest(request *sync.Request, salt []byte) (*sync.Request, error) {
	t, err := decodeRequest(request)
	if err != nil {
		return nil, err
	}
	redactor := redact.NewRedactor(salt)
	t.changeEach(redactor.HideSecrets)
	t.changeEach(redactor.HideOccurrences())
	return t.encodeRequest(request)
}

// trees are the parts of a request as decoded JSON.
type trees struct {
	parent, config    any
	children, related map[kinds.Kind]map[string]any
}

func decodeRequest(request *sync.Request) (*trees, error) {
	t := &trees{}
	var err error
	if t.parent, err = decodeJSON(request.Parent); err != nil {
		return nil, fmt.Errorf("cannot decode the parent: %w", err)
	}
	if t.config, err = toDecodedJSON(effectiveConfig(request.Config)); err != nil {
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

// effectiveConfig is the configuration that a request is computed with. The default of the program
// is written down too, because another version may have another one.
func effectiveConfig(c *config.Config) *config.Config {
	if c == nil {
		return config.Default()
	}
	return c
}

// changeEach replaces every part by what change makes of it.
func (t *trees) changeEach(change func(any) any) {
	t.parent, t.config = change(t.parent), change(t.config)
	for _, objects := range []map[kinds.Kind]map[string]any{t.children, t.related} {
		for _, byKey := range objects {
			for key, object := range byKey {
				byKey[key] = change(object)
			}
		}
	}
}

// encodeRequest returns a copy of the original request with the parts of the trees.
func (t *trees) encodeRequest(original *sync.Request) (*sync.Request, error) {
	copied := *original
	copied.Config = &config.Config{}
	var err error
	if copied.Parent, err = encodeJSON(t.parent); err != nil {
		return nil, fmt.Errorf("cannot encode the parent: %w", err)
	}
	raw, err := encodeJSON(t.config)
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
			object, err := decodeJSON(arrived.Raw)
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
			raw, err := encodeJSON(object)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", kind, key, err)
			}
			objects[kind][key] = observed.Object{Raw: raw}
		}
	}
	return objects, nil
}

// decodeJSON reads JSON and keeps numbers as they are written.
func decodeJSON(raw []byte) (value any, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// encodeJSON writes JSON without a line break.
func encodeJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// toDecodedJSON is a value as decoded JSON.
func toDecodedJSON(value any) (any, error) {
	raw, err := encodeJSON(value)
	if err != nil {
		return nil, err
	}
	return decodeJSON(raw)
}
