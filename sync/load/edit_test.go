package load

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

// loaded loads a text that has no problems.
func loaded(t *testing.T, text string) *Set {
	t.Helper()
	set, problems := Files(file(text), "default")
	require.Empty(t, problems)
	return set
}

// input returns an input of a set as a tree; nil without it.
func input(t *testing.T, set *Set, name string) map[string]any {
	t.Helper()
	for _, in := range set.Inputs() {
		if in.String() == name {
			tree, err := observed.DecodeTree(in.Raw)
			require.NoError(t, err)
			return tree
		}
	}
	return nil
}

const liveChat = `apiVersion: ome.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  namespace: team-a
  uid: u1
  generation: 3
  labels: {team: x, old: "1"}
  annotations:
    isvc.io/release: "2026"
    note: by hand
spec: {engine: {}}
status: {url: "http://chat"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat-engine, namespace: team-a, labels: {ome.io/inferenceservice: chat}}
`

func TestAnEditKeepsWhatItHasNoPowerOver(t *testing.T) {
	edited := "apiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: chat, namespace: team-a, labels: {team: z}}\nspec: {engine: {minReplicas: 2}}\n"
	after := loaded(t, liveChat).After(Edit{Apply: loaded(t, edited+"status: {url: \"http://stale\"}\n")})
	assert.Equal(t, map[string]any{
		"apiVersion": "ome.io/v1beta1", "kind": "InferenceService",
		"metadata": map[string]any{
			"name": "chat", "namespace": "team-a", "uid": "u1", "generation": int64(3),
			"labels": map[string]any{"team": "z"}, "annotations": map[string]any{"isvc.io/release": "2026"},
		},
		"spec":   map[string]any{"engine": map[string]any{"minReplicas": int64(2)}},
		"status": map[string]any{"url": "http://chat"},
	}, input(t, after, "InferenceService team-a/chat"))
	request := after.Requests(Options{Kinds: kinds.All()})[0]
	assert.NotNil(t, request.Children.RawJSON(kinds.Deployment, "team-a", "chat-engine"), "its objects run on")
}

func TestAnEditByKubectlKeepsWhatOthersSet(t *testing.T) {
	live := strings.Replace(liveChat, "    note: by hand\n", "    note: by hand\n    kubectl.kubernetes.io/last-applied-configuration: '{\"metadata\":{\"labels\":{\"old\":\"1\"}}}'\n", 1)
	edited := "apiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: chat, namespace: team-a}\nspec: {engine: {minReplicas: 2}}\n"
	metadata := input(t, loaded(t, live).After(Edit{Apply: loaded(t, edited)}), "InferenceService team-a/chat")["metadata"].(map[string]any)
	assert.Equal(t, map[string]any{"team": "x"}, metadata["labels"], "kubectl applied old, and not team")
	assert.Equal(t, "by hand", metadata["annotations"].(map[string]any)["note"])
}

func TestTheSameContentIsNoEdit(t *testing.T) {
	before := loaded(t, liveChat)
	same := "# a manifest\n" + strings.NewReplacer("  uid: u1\n  generation: 3\n", "", "status: {url: \"http://chat\"}\n", "").Replace(liveChat)
	after := before.After(Edit{Apply: loaded(t, same)})
	assert.Equal(t, before.Inputs(), after.Inputs())
}

func TestAnEditRemovesObjects(t *testing.T) {
	before := loaded(t, liveChat+"---\n"+model)
	after := before.After(Edit{Remove: []ObjectName{{Kind: kinds.ClusterBaseModel, Name: "m"}}})
	assert.Nil(t, input(t, after, "ClusterBaseModel m"))
	assert.NotNil(t, input(t, before, "ClusterBaseModel m"), "the set itself stays")
	assert.Empty(t, after.Requests(Options{})[0].Related[kinds.ClusterBaseModel])

	others := before.After(Edit{Apply: loaded(t, model), RemoveOthers: true})
	assert.Len(t, others.Inputs(), 1)
	assert.Empty(t, others.Requests(Options{}))
}

func TestAnEditOfTheConfigurationReplacesItInAnyNamespace(t *testing.T) {
	configMap := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config, namespace: ome}\ndata: {deploy: '{\"defaultDeploymentMode\":\"Serverless\"}'}\n"
	before := loaded(t, chat+"---\n"+configMap)
	edited := strings.NewReplacer("Serverless", "RawDeployment", "namespace: ome", "namespace: default").Replace(configMap)
	after := before.After(Edit{Apply: loaded(t, edited)})
	assert.Equal(t, "RawDeployment", after.Config().Deploy.DefaultDeploymentMode)
	assert.Equal(t, "Serverless", before.Config().Deploy.DefaultDeploymentMode)
	assert.Len(t, after.Inputs(), 2)
	assert.Same(t, before.Config(), before.After(Edit{}).Config(), "what is not edited is the same")
	assert.Same(t, before.Config(), before.After(Edit{Apply: loaded(t, configMap)}).Config())
	assert.Nil(t, before.After(Edit{Apply: loaded(t, chat), RemoveOthers: true}).Config())
}

func TestLinesOfFields(t *testing.T) {
	text := `# a comment
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata:
  name: r
  labels:
    a.b/c: "1"
spec:
  engineConfig:
    runner:
      name: ome-container
      env:
        - name: A
          value: "1"
        - name: B
          value: "2"
---
apiVersion: v1
kind: List
items:
  - apiVersion: ome.io/v1beta1
    kind: ClusterServingRuntime
    metadata: {name: s}
    spec:
      disabled: true
`
	known := NewLines(file(text))
	set := loaded(t, text)
	lines := func(name, path string) int {
		for _, in := range set.Inputs() {
			if in.String() == name {
				return known.OfField(in, path)
			}
		}
		return -1
	}
	for _, test := range []struct {
		path string
		want int
	}{
		{"", 6}, {"spec.engineConfig.runner.name", 15}, {"metadata.labels[a.b/c]", 11},
		{"spec.engineConfig.runner.env[B].value", 20}, {"spec.engineConfig.runner.env[C]", 16}, {"spec.disabled", 12},
	} {
		assert.Equal(t, test.want, lines("ClusterServingRuntime r", test.path), test.path)
	}
	assert.Equal(t, 29, lines("ClusterServingRuntime s", "spec.disabled"))
	assert.Equal(t, 20, lines("ClusterServingRuntime r", "spec.engineConfig.runner.env[1].value"), "by the index")
	assert.Equal(t, Position{Line: 6, Column: 1}, known.OfDocument("in.yaml", 2))
	assert.Zero(t, NewLines(nil).OfField(set.Inputs()[0], "spec"))
}

// TestAnEditKeepsWhatServicesAskFor: beside inputs, answers depend on objects of others, such as those that
// have the name that a service needs. They stay what they are.
func TestAnEditKeepsWhatServicesAskFor(t *testing.T) {
	context := `---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: team-a}
---
apiVersion: v1
kind: Service
metadata: {name: chat, namespace: team-a}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other, namespace: team-a}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: other, namespace: team-a}
---
apiVersion: ome.io/v1beta1
kind: ServingRuntime
metadata: {name: rt, namespace: team-a}
`
	before := loaded(t, liveChat+context)
	edited := "apiVersion: ome.io/v1beta1\nkind: ServingRuntime\nmetadata: {name: rt, namespace: team-a, labels: {a: b}}\n"
	for sentence, edit := range map[string]Edit{
		"applied":           {Apply: loaded(t, edited)},
		"removed":           {Remove: []ObjectName{{Kind: kinds.ServingRuntime, Namespace: "team-a", Name: "rt"}}},
		"another set":       {Apply: loaded(t, edited+"---\n"+liveChat), RemoveOthers: true},
		"another namespace": {Apply: loaded(t, strings.ReplaceAll(liveChat, "team-a", "team-b"))},
	} {
		t.Run(sentence, func(t *testing.T) {
			was, is := before.Requests(Options{Kinds: kinds.All()})[0], before.After(edit).Requests(Options{Kinds: kinds.All()})[0]
			for _, kind := range []kinds.Kind{kinds.ServiceAccount, kinds.Service, kinds.HTTPRoute, kinds.Ingress} {
				require.NotEmpty(t, was.Related[kind])
				assert.Equal(t, was.Related[kind], is.Related[kind], kind)
			}
		})
	}
}
