package sync_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// Files may hold texts that encoding/json and the API server take and that are no
// UTF-8 or only half a character, and keys with escapes. Nothing else is read
// another way because of them.
func TestTextsOfAnyEncodingChangeNothingElse(t *testing.T) {
	c := served(t, clientSide)
	edit(t, c, kinds.Service, "chat-engine", func(o map[string]any) {
		meta(o)["ownerReferences"] = []any{map[string]any{"kind": "Rollout", "name": "web", "uid": "another", "controller": true}}
	})
	held := c.sync(t)
	require.NotNil(t, held.Hold)
	for _, text := range []string{`"\ud800"`, "\"\xff\""} {
		request := c.request(t)
		request.Parent = mark(request.Parent, text)
		for kind, objects := range request.Children {
			for key, object := range objects {
				request.Children[kind][key] = observed.Object{Raw: mark(object.Raw, text)}
			}
		}
		response, err := sync.Sync(request)
		require.NoError(t, err, text)
		require.NotNil(t, response.Hold, text)
		assert.Equal(t, held.Hold, response.Hold, text)
		assert.Equal(t, held.Status, response.Status, text)
	}
}

func TestKeysOfTheParentMayHaveEscapes(t *testing.T) {
	c := served(t, clientSide)
	request := c.request(t)
	plain, err := sync.Sync(request)
	require.NoError(t, err)
	request.Parent = bytes.Replace(request.Parent, []byte(`"spec":{`), []byte(`"sp\u0065c":{`), 1)
	request.Parent = bytes.Replace(request.Parent, []byte(`"metadata":{`), []byte(`"m\u0065tadata":{`), 1)
	escaped, err := sync.Sync(request)
	require.NoError(t, err)
	assert.Nil(t, escaped.Hold)
	assert.Equal(t, plain, escaped)
}

// mark adds a text to an object.
func mark(object json.RawMessage, text string) json.RawMessage {
	return append(json.RawMessage(`{"x":`+text+`,`), object[1:]...)
}
