package sync_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// TestPrefillAndDecodeGoToZeroTogether: one without the other answers no request.
func TestPrefillAndDecodeGoToZeroTogether(t *testing.T) {
	scaledBy := func(least, query, threshold string) string {
		return `{minReplicas: ` + least + `, maxReplicas: 4, autoscaler: {class: KEDA, keda: {triggers: [
			{type: prometheus, metadata: {serverAddress: "http://p", query: "` + query + `", threshold: "` + threshold + `"}}]}}}`
	}
	for sentence, test := range map[string]struct{ engine, decoder, want string }{
		"together":                           {scaledBy("0", "gateway_waiting", "5"), scaledBy("0", "gateway_waiting", "20"), ""},
		"for different reasons":              {scaledBy("0", "gateway_waiting", "5"), scaledBy("0", "other_waiting", "5"), "for different reasons"},
		"the engine alone":                   {scaledBy("0", "gateway_waiting", "5"), scaledBy("1", "gateway_waiting", "5"), "last replica of the engine, and the decoder keeps running"},
		"the decoder alone":                  {`{minReplicas: 1}`, scaledBy("0", "gateway_waiting", "5"), "last replica of the decoder, and the engine keeps running"},
		"neither, for different reasons":     {scaledBy("1", "gateway_waiting", "5"), scaledBy("1", "other_waiting", "5"), ""},
		"neither, by Kubernetes":             {`{minReplicas: 1}`, `{minReplicas: 1}`, ""},
		"without a decoder that is computed": {scaledBy("0", "gateway_waiting", "5"), `{autoscaler: {class: KEDA}}`, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := switching(t, "raw")
			for role, text := range map[string]string{"engine": test.engine, "decoder": test.decoder} {
				var given map[string]any
				require.NoError(t, yaml.Unmarshal([]byte(text), &given))
				given["runner"] = map[string]any{"name": "ome-container", "image": "docker.io/vllm/vllm-openai:v0.9.1"}
				maps.Copy(at(c.parent, "spec"), map[string]any{role: given})
			}
			response := c.sync(t)
			if test.want == "" {
				assert.NotContains(t, reasonsOfFindings(response), "RolesAtZeroApart")
				return
			}
			view{t, response}.hasFinding("RolesAtZeroApart", test.want)
		})
	}
}
