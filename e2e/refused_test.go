package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// TestMistakesAreRefusedWithOurMessage creates services that the definition must
// refuse, each with a message that says what to do.
func TestMistakesAreRefusedWithOurMessage(t *testing.T) {
	api := connect(t, "accepted")
	for name, c := range map[string]struct{ name, spec, message string }{
		"a decoder without an engine":         {spec: `{decoder: {minReplicas: 1}}`, message: "engine"},
		"a router without an engine":          {spec: `{router: {minReplicas: 1}}`, message: "engine"},
		"more traffic for a canary than all":  {spec: `{engine: {canaryTrafficPercent: 101}}`, message: "canaryTrafficPercent must be between 0 and 100"},
		"less traffic for a canary than none": {spec: `{engine: {canaryTrafficPercent: -1}}`, message: "canaryTrafficPercent must be between 0 and 100"},
		"a target of nothing":                 {spec: `{engine: {scaleTarget: 0}}`, message: "scaleTarget must be 1 or more"},
		"negative concurrency":                {spec: `{engine: {containerConcurrency: -1}}`, message: "containerConcurrency must not be negative"},
		"a negative timeout":                  {spec: `{engine: {timeoutSeconds: -1}}`, message: "timeoutSeconds must not be negative"},
		"fewer workers than none":             {spec: `{engine: {worker: {size: -1}}}`, message: "size"},
		"a name that starts with a digit":     {name: "7b-chat", spec: `{engine: {}}`, message: "the name must match"},
		"a name with a dot":                   {name: "chat.v1", spec: `{engine: {}}`, message: "the name must match"},
		"a name that is too long for a label": {name: strings.Repeat("a", 64), spec: `{engine: {}}`, message: "the name must have at most 63 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			var spec map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(c.spec), &spec))
			if c.name == "" {
				c.name = "chat"
			}
			_, err := create(api, service("default", c.name, spec), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if assert.ErrorContains(t, err, c.message) {
				t.Log(err)
				numbers.count("mistakes refused with our message", 1)
			}
		})
	}
}
