package cluster

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseWrite(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want Write
		text string
	}{
		"a write to a subresource": {
			line: `{"user":{"username":"driver"},"verb":"update","requestURI":"/apis/x","objectRef":{"resource":"inferenceservices","subresource":"status","namespace":"n","name":"chat"},"responseStatus":{"code":200}}`,
			want: Write{"driver", "update", "inferenceservices", "status", "n", "chat", 200},
			text: "update inferenceservices/status n/chat (200)",
		},
		"a dry run is no write": {
			line: `{"user":{"username":"driver"},"verb":"create","requestURI":"/apis/x?dryRun=All","objectRef":{"resource":"pods"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			write, err := parseWrite([]byte(c.line))
			require.NoError(t, err)
			assert.Equal(t, c.want, write)
			if c.text != "" {
				assert.Equal(t, c.text, write.String())
			}
		})
	}
	_, err := parseWrite([]byte(`{`))
	assert.ErrorContains(t, err, "cannot read a line of the audit log")
}
