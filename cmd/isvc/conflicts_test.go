package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTwoServicesThatNeedOneNameAreAnError: render, validate and lint fail and say what the two need.
func TestTwoServicesThatNeedOneNameAreAnError(t *testing.T) {
	second := func(name, namespace string) string {
		return all + "---\n" + strings.NewReplacer("name: chat", "name: "+name, "team-a", namespace).Replace(chat)
	}
	for sentence, test := range map[string]struct {
		input string
		says  []string
	}{
		"names that have nothing in common": {input: second("search", "team-a")},
		"the same names in two namespaces":  {input: second("chat", "team-b")},
		"one name": {input: second("chat-engine", "team-a"), says: []string{
			"InferenceService team-a/chat-engine", "NameTaken", "InferenceService team-a/chat needs the same Service team-a/chat-engine", "rename one of the two services"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, verb := range []string{"render", "validate", "lint"} {
				got := isvc(test.input, verb, "-f", "-")
				output := got.out
				if verb == "render" {
					output = got.err
				}
				if test.says == nil {
					assert.Equal(t, 0, got.code, "%s: %s", verb, output)
					assert.NotContains(t, output, "needs the same")
					continue
				}
				assert.Equal(t, 1, got.code, verb)
				for _, part := range test.says {
					if verb == "lint" && part == "NameTaken" {
						part = "ISVC040"
					}
					assert.Contains(t, output, part, verb)
				}
			}
		})
	}
	t.Run("one host", func(t *testing.T) {
		input := second("search", "team-a") + `---
apiVersion: v1
kind: ConfigMap
metadata: {name: inferenceservice-config, namespace: ome}
data: {ingress: '{"ingressGateway": "a/b", "ingressService": "c", "ingressDomain": "example.com", "domainTemplate": "models.{{ .IngressDomain }}"}'}
`
		got := isvc(input, "validate", "-f", "-")
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.out, "InferenceService team-a/chat needs the same host models.example.com: give one of the two services another host")
	})
}
