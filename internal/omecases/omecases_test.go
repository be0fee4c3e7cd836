package omecases

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
)

const example = `a service that becomes ready
-- options.yaml --
absentCRDs: [serving.knative.dev/v1/Service]
-- in/isvc.yaml --
kind: InferenceService
-- out/children.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat-engine, namespace: team-a}
spec: {replicas: 2}
---
apiVersion: v1
kind: Service
metadata: {name: chat, namespace: team-a}
-- out/pods-patches.yaml --
# chat-engine-pod (Deployment/chat-engine)
- {op: add, path: /metadata/annotations/a~1b, value: x}
---
# chat-decoder-0 (LeaderWorkerSet/lws-chat-decoder leader)
- {op: add, path: /spec/containers/0/env/0, value: {name: A}}
-- out/ready/changes.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat-engine, namespace: team-a}
status: {readyReplicas: 2}
---
apiVersion: v1
kind: Pod
metadata: {name: chat-engine-pod, namespace: team-a}
---
apiVersion: ome.io/v1beta1
kind: InferenceService
metadata: {name: chat, namespace: team-a}
-- out/ready/status.yaml --
url: http://chat
`

func TestAnArchiveIsReadAndWritten(t *testing.T) {
	c := Parse("001-example", []byte(example))
	assert.Equal(t, "001-example", c.Name)
	assert.Equal(t, "a service that becomes ready", c.Description)
	assert.Equal(t, []File{{"in/isvc.yaml", []byte("kind: InferenceService\n")}}, c.Input())
	assert.Nil(t, c.Data("out/error.txt"))
	assert.Equal(t, example, string(c.Format()))
}

func TestKindsAreThoseThatTheClusterHas(t *testing.T) {
	managed, err := Parse("001-example", []byte(example)).Kinds()
	require.NoError(t, err)
	assert.NotContains(t, managed, kinds.KnativeService)
	assert.Contains(t, managed, kinds.LeaderWorkerSet)
}

func TestReadyMergesWhatChanged(t *testing.T) {
	var got []string
	for _, object := range Parse("001-example", []byte(example)).Ready(t) {
		got = append(got, string(object))
	}
	require.Len(t, got, 4)
	for i, want := range []string{
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a"},"spec":{"replicas":2},"status":{"readyReplicas":2}}`,
		`{"apiVersion":"v1","kind":"Service","metadata":{"name":"chat","namespace":"team-a"}}`,
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"chat-engine-pod","namespace":"team-a"}}`,
		`{"apiVersion":"ome.io/v1beta1","kind":"InferenceService","metadata":{"name":"chat","namespace":"team-a"},"status":{"url":"http://chat"}}`,
	} {
		assert.JSONEq(t, want, got[i])
	}
	assert.Empty(t, Parse("002-nothing-ran", nil).Ready(t))
}

func TestAPatchMakesAbsentParents(t *testing.T) {
	patches := Parse("001-example", []byte(example)).PodPatches(t)
	require.Len(t, patches, 2)
	assert.Equal(t, "Deployment/chat-engine", patches[0].Workload)
	assert.Equal(t, "LeaderWorkerSet/lws-chat-decoder", patches[1].Workload)
	got, err := patches[0].Apply([]byte(`{"spec":{}}`))
	require.NoError(t, err)
	assert.JSONEq(t, `{"metadata":{"annotations":{"a/b":"x"}},"spec":{}}`, string(got))
}

// TestEveryCaseIsComplete keeps archives that were edited by hand from losing what tests rely on.
func TestEveryCaseIsComplete(t *testing.T) {
	for _, c := range All(t) {
		assert.NotEmpty(t, c.Description, c.Name)
		assert.NotEmpty(t, c.Data("in/isvc.yaml"), c.Name)
		assert.True(t, c.Data(Children) != nil || c.Data(Status) != nil || c.Data("out/error.txt") != nil, "%s has no result", c.Name)
		c.Ready(t)
		c.PodPatches(t)
	}
}
