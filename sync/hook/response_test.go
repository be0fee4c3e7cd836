package hook

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

// aChild is an object from JSON.
func aChild(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	child := &unstructured.Unstructured{}
	require.NoError(t, json.Unmarshal([]byte(text), &child.Object))
	return child
}

// deployment is a good child with one piece of it exchanged.
func deployment(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a"},"spec":{"template":{"spec":{"containers":[{"name":"a"}]}}}}`)
}

func validated(t *testing.T, children ...string) error {
	t.Helper()
	request, parent, err := DecodeSync(recorded(t, "sync.json"))
	require.NoError(t, err)
	response := &sync.Response{}
	for _, child := range children {
		response.Children = append(response.Children, aChild(t, child))
	}
	_, err = encodeSync(request, parent, response)
	return err
}

func TestAGoodResponsePasses(t *testing.T) {
	for name, children := range map[string][]string{
		"one child":                          {deployment()},
		"two kinds of one name":              {deployment(), `{"apiVersion":"v1","kind":"Service","metadata":{"name":"chat-engine","namespace":"team-a"}}`},
		"lists that are merged by no key":    {deployment(`[{"name":"a"}]`, `[{"x":1},{"x":1}]`)},
		"a list whose items differ in shape": {deployment(`[{"name":"a"}]`, `[{"name":"a"},{"port":1},{"name":"a"}]`)},
		"a port before a name": {deployment(`{"name":"a"}`,
			`{"name":"a","ports":[{"name":"http","containerPort":1},{"name":"http","containerPort":2}]}`)},
		"empty lists and equal strings": {deployment(`{"name":"a"}`, `{"name":"a","args":[],"command":["x","x"]}`)},
	} {
		assert.NoError(t, validated(t, children...), name)
	}
}

func TestABadResponseIsNotSent(t *testing.T) {
	for name, test := range map[string]struct {
		child, want string
	}{
		"no kind":                   {deployment(`"Deployment"`, `""`), `it has no apiVersion or no kind`},
		"no apiVersion":             {deployment(`"apiVersion":"apps/v1",`, ``), `it has no apiVersion or no kind`},
		"no metadata":               {`{"apiVersion":"apps/v1","kind":"Deployment"}`, `it has no metadata`},
		"no name":                   {deployment(`"name":"chat-engine",`, ``), `its name is not legal`},
		"an illegal name":           {deployment(`chat-engine`, `Chat_Engine`), `its name is not legal`},
		"a Service with a dot":      {`{"apiVersion":"v1","kind":"Service","metadata":{"name":"a.b"}}`, `its name is not legal`},
		"a name that is a number":   {deployment(`"chat-engine"`, `1`), `its name is not legal`},
		"a kind that is not ours":   {deployment(`apps/v1`, `apps/v1beta1`), `its kind is not among the children of the request`},
		"no namespace":              {deployment(`,"namespace":"team-a"`, ``), `its namespace is not "team-a"`},
		"another namespace":         {deployment(`team-a`, `team-b`), `its namespace is not "team-a"`},
		"a status":                  {deployment(`"spec":`, `"status":{},"spec":`), `it has a status`},
		"managed fields":            {deployment(`"name":"chat-engine"`, `"name":"chat-engine","managedFields":[]`), `it has metadata.managedFields`},
		"owners":                    {deployment(`"name":"chat-engine"`, `"name":"chat-engine","ownerReferences":[]`), `it has metadata.ownerReferences`},
		"a generated name":          {deployment(`"name":"chat-engine"`, `"name":"chat-engine","generateName":"x"`), `it has metadata.generateName`},
		"a resource version":        {deployment(`"name":"chat-engine"`, `"name":"chat-engine","resourceVersion":"1"`), `it has metadata.resourceVersion`},
		"a uid":                     {deployment(`"name":"chat-engine"`, `"name":"chat-engine","uid":"1"`), `it has metadata.uid`},
		"a creation time":           {deployment(`"name":"chat-engine"`, `"name":"chat-engine","creationTimestamp":null`), `it has metadata.creationTimestamp`},
		"Metacontroller's label":    {deployment(`"name":"chat-engine"`, `"name":"chat-engine","labels":{"controller-uid":"1"}`), `it has the label "controller-uid"`},
		"a child that is too large": {deployment(`{"name":"a"}`, `{"name":"`+strings.Repeat("x", child.MaxSize)+`"}`), `the limit is 200000`},
	} {
		t.Run(name, func(t *testing.T) {
			err := validated(t, deployment(`chat-engine`, `chat-decoder`), test.child)
			require.Error(t, err)
			assert.Contains(t, err.Error(), test.want)
			assert.Contains(t, err.Error(), "child ")
		})
	}
}

func TestTheSameChildTwiceIsNotSent(t *testing.T) {
	err := validated(t, deployment(), deployment())
	require.EqualError(t, err, `child Deployment.apps/v1 "team-a/chat-engine": it occurs twice`)
}

func TestANullChildIsNotSent(t *testing.T) {
	request, parent, err := DecodeSync(recorded(t, "sync.json"))
	require.NoError(t, err)
	for _, child := range []*unstructured.Unstructured{nil, {}} {
		_, err = encodeSync(request, parent, &sync.Response{Children: []*unstructured.Unstructured{child}})
		assert.EqualError(t, err, "child 0 is null")
	}
}

func TestChildrenAreNeverAllDroppedAtOnce(t *testing.T) {
	require.EqualError(t, validated(t), "there are no children, which would delete all 1 that exist")

	request, parent, err := DecodeSync(recorded(t, "sync.json"))
	require.NoError(t, err)
	parent.Deleting = true
	body, err := encodeSync(request, parent, &sync.Response{})
	require.NoError(t, err, "a parent that is being deleted needs none")
	assert.Equal(t, "{\"status\":{},\"children\":[]}\n", string(body))

	parent.Deleting, parent.Virtual = false, true
	_, err = encodeSync(request, parent, &sync.Response{})
	assert.NoError(t, err, "it is served outside the cluster")

	parent.Virtual, request.Children = false, observed.Objects{kinds.Deployment: {}}
	_, err = encodeSync(request, parent, &sync.Response{})
	assert.NoError(t, err, "there are none to lose")
}
