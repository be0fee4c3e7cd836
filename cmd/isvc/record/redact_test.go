package record

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/redact"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

func TestAllOfARequestIsRedactedAndTheOriginalKept(t *testing.T) {
	secret := json.RawMessage(`{"env":[{"name":"HF_TOKEN","value":"topsecret"}]}`)
	c := config.Default()
	require.NoError(t, json.Unmarshal([]byte(`{"image":"i","extraEnvVars":[{"name":"A","value":"topsecret"}]}`), &c.ServingSidecar))
	request := &sync.Request{
		Parent:   secret,
		Children: observed.Objects{kinds.Deployment: {"a/b": {Raw: secret}}, kinds.Service: nil},
		Related:  observed.Objects{kinds.Pod: {"a/b": {Raw: secret}}},
		Managed:  kinds.All(), Config: c, Explain: true,
	}
	redacted, err := RedactRequest(request, []byte("salt"))
	require.NoError(t, err)
	text, err := json.Marshal(redacted)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "topsecret")
	assert.Equal(t, 4, strings.Count(string(text), redact.PlaceholderPrefix))
	assert.Equal(t, request.Managed, redacted.Managed)
	assert.Equal(t, request.Children.Kinds(), redacted.Children.Kinds())
	assert.Contains(t, string(request.Parent), "topsecret")
	assert.Equal(t, "topsecret", c.ServingSidecar.ExtraEnvVars[0].Value)

	_, err = RedactRequest(&sync.Request{Parent: json.RawMessage(`{`)}, nil)
	assert.ErrorContains(t, err, "cannot decode the parent: ")
}

func TestTheConfigurationSurvivesRedaction(t *testing.T) {
	redacted, err := RedactRequest(&sync.Request{Parent: json.RawMessage(`{}`)}, nil)
	require.NoError(t, err)
	assert.Equal(t, config.Default(), redacted.Config)
}
