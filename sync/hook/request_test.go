package hook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
)

// recorded is a request as Metacontroller sends it.
func recorded(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	return body
}

const (
	parentJSON = `{"apiVersion":"ome.io/v1beta1","kind":"InferenceService","metadata":{"name":"chat","namespace":"team-a"}}`
	minimal    = `{"parent":` + parentJSON + `,"children":{"Deployment.apps/v1":{}}}`
)

func TestDecodeSyncReadsARecordedRequest(t *testing.T) {
	request, parent, err := DecodeSync(recorded(t, "sync.json"))
	require.NoError(t, err)
	assert.Equal(t, Parent{
		Kind: kinds.InferenceService, Namespace: "team-a", Name: "chat",
		UID: "0a6f2f6e-1b1f-4c53-8a0b-52b1a5a5a002", ResourceVersion: "4711", Generation: 3,
	}, parent)
	assert.Equal(t, []kinds.Kind{kinds.ConfigMap, kinds.Deployment, kinds.Service}, request.Managed.Sorted())
	assert.Equal(t, []string{"team-a/chat-engine"}, request.Children.KeysOf(kinds.Deployment))
	assert.Equal(t, []string{"mistral-7b"}, request.Related.KeysOf(kinds.ClusterBaseModel))
	assert.Contains(t, request.Related, kinds.BaseModel)
	assert.Contains(t, string(request.Parent), `"mistral-7b"`)
}

func TestDecodeCustomizeReadsARecordedRequest(t *testing.T) {
	raw, declared, parent, err := DecodeCustomize(recorded(t, "customize.json"))
	require.NoError(t, err)
	assert.Equal(t, "InferenceService team-a/chat", parent.String())
	assert.Contains(t, string(raw), `"rt-mistral"`)
	assert.Equal(t, []kinds.Kind{kinds.Deployment, kinds.HTTPRoute, kinds.Ingress, kinds.Service}, declared.Sorted(), "others are not isvc's")
}

func TestDecodeCustomizeOfAControllerWithoutDescriptionDeclaresNothing(t *testing.T) {
	for _, controller := range []string{"null", "{}", `{"spec": {"childResources": "x"}}`, `{"spec": {"childResources": [{"resource": 1}, null]}}`} {
		_, declared, _, err := DecodeCustomize([]byte(`{"controller": ` + controller + `, "parent": {"apiVersion": "ome.io/v1beta1",
			"kind": "InferenceService", "metadata": {"name": "chat", "namespace": "team-a"}}}`))
		require.NoError(t, err, controller)
		assert.Empty(t, declared, controller)
	}
}

func TestDecodeReadsRequestsOfARealMetacontroller(t *testing.T) {
	reference := filepath.Join("..", "..", "..", "shared", "reference")
	body, err := os.ReadFile(filepath.Join(reference, "sample-sync-v2.json"))
	if err != nil {
		t.Skip("the recorded requests are not here: " + reference)
	}
	request, parent, err := DecodeSync(body)
	require.NoError(t, err)
	assert.Equal(t, "Thing lab/t-dump", parent.String())
	assert.Len(t, request.Managed, 9)
	assert.Equal(t, []string{"lab/t-dump"}, request.Children.KeysOf(kinds.Service))
	assert.Empty(t, request.Related)

	body, err = os.ReadFile(filepath.Join(reference, "sample-customize-v2.json"))
	require.NoError(t, err)
	_, declared, parent, err := DecodeCustomize(body)
	require.NoError(t, err)
	assert.Equal(t, "lab", parent.Namespace)
	assert.Equal(t, []kinds.Kind{kinds.ConfigMap, kinds.Deployment, kinds.HorizontalPodAutoscaler, kinds.Service}, declared.Sorted())
}

func TestDecodeSyncAccepts(t *testing.T) {
	for name, body := range map[string]string{
		"a request without controller and related": minimal,
		"null for what there is none of":           `{"controller":null,"parent":` + parentJSON + `,"children":{"Deployment.apps/v1":null},"related":null,"finalizing":false}`,
		"no kinds at all":                          `{"parent":` + parentJSON + `,"children":{}}`,
		"space around the object":                  "\n " + minimal + " \n",
		"a controller without hooks":               `{"controller":{},` + minimal[1:],
	} {
		_, parent, err := DecodeSync([]byte(body))
		require.NoError(t, err, name)
		assert.Equal(t, "chat", parent.Name, name)
	}
}

func TestDecodeReadsTheStateOfTheParent(t *testing.T) {
	body := strings.Replace(minimal, `"name":"chat"`,
		`"name":"chat","deletionTimestamp":"2026-05-06T10:00:00Z","annotations":{"ome.io/deploymentMode":"VirtualDeployment"}`, 1)
	_, parent, err := DecodeSync([]byte(body))
	require.NoError(t, err)
	assert.True(t, parent.Deleting)
	assert.True(t, parent.Virtual)
	_, parent, err = DecodeSync([]byte(strings.Replace(body, "VirtualDeployment", "RawDeployment", 1)))
	require.NoError(t, err)
	assert.False(t, parent.Virtual)
}

func TestDecodeSyncRefuses(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"nothing":                       {"", "cannot read the request: it is not valid JSON: unexpected EOF"},
		"half an object":                {minimal[:len(minimal)-5], "cannot read the request: it is not valid JSON: unexpected EOF"},
		"what is not JSON":              {"hello", "cannot read the request: it is not valid JSON: invalid character"},
		"a list":                        {"[]", "cannot read the request: must be an object"},
		"null":                          {"null", `cannot read the request: field "parent" is missing`},
		"something after the object":    {minimal + "{}", "cannot read the request: it is not valid JSON: invalid character '{' after top-level value"},
		"a field that the hook has not": {`{"childrens":{},` + minimal[1:], `cannot read the request: field "childrens" is not part of the hook`},
		"a field in another case":       {`{"Parent":{},` + minimal[1:], `cannot read the request: field "Parent" is not part of the hook`},
		"a field that occurs twice":     {`{"parent":{},` + minimal[1:], `cannot read the request: field "parent" occurs twice`},
		"no parent":                     {`{"children":{}}`, `cannot read the request: field "parent" is missing`},
		"a parent that is null":         {`{"parent":null,"children":{}}`, `cannot read the request: field "parent" is missing`},
		"a parent that is a list":       {`{"parent":[],"children":{}}`, "cannot read parent: must be an object"},
		"a parent without a namespace": {`{"parent":{"apiVersion":"ome.io/v1beta1","kind":"InferenceService","metadata":{"name":"chat"}},"children":{}}`,
			"cannot read parent: it needs apiVersion, kind, metadata.name and metadata.namespace"},
		"no children":                 {`{"parent":` + parentJSON + `}`, `cannot read the request: field "children" is missing: it says which kinds may be returned`},
		"children in a list":          {`{"parent":` + parentJSON + `,"children":[]}`, "cannot read the request: children: must be an object"},
		"objects in a list":           {`{"parent":` + parentJSON + `,"children":{"Service.v1":[]}}`, "cannot read the request: children[Service.v1]: must be an object"},
		"an object that is null":      {`{"parent":` + parentJSON + `,"children":{"Service.v1":{"team-a/x":null}}}`, `cannot read the request: children[Service.v1][team-a/x]: must be an object`},
		"a related object of no kind": {`{"parent":` + parentJSON + `,"children":{},"related":{"Pod":{}}}`, `cannot read the request: related: key "Pod" is not <Kind>.<apiVersion>`},
		"a child of another namespace": {`{"parent":` + parentJSON + `,"children":{"Service.v1":{"team-b/x":{}}}}`,
			`cannot read children: Service.v1 "team-b/x" is not in namespace "team-a"`},
		"finalizing that is a string": {`{"finalizing":"no",` + minimal[1:], `cannot read the request: finalizing: must be true or false`},
		"the finalize hook": {`{"finalizing":true,` + minimal[1:],
			"there is no finalize hook: remove spec.hooks.finalize from the CompositeController, children are deleted with their owner"},
		"version v1 by declaration": {`{"controller":{"spec":{"hooks":{"sync":{"version":"v1"}}}},` + minimal[1:],
			"hook version v1 is not supported: set spec.hooks.sync.version: v2 in the CompositeController"},
		"version v1 by default": {`{"controller":{"spec":{"hooks":{"sync":{}}}},` + minimal[1:],
			"hook version v1 is not supported: set spec.hooks.sync.version: v2 in the CompositeController"},
		"version v1 by its keys": {`{"parent":` + parentJSON + `,"children":{"Service.v1":{"chat":{}}}}`,
			"hook version v1 (a key of children has no namespace) is not supported: set spec.hooks.sync.version: v2 in the CompositeController"},
		"a name that is an object":      {`{"parent":{"metadata":{"name":{"token":"secret"}}},"children":{}}`, "cannot read parent: metadata.name: must be a string"},
		"a controller that is a string": {`{"controller":"x",` + minimal[1:], `cannot read controller: must be an object`},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := DecodeSync([]byte(test.body))
			require.Error(t, err)
			assert.Contains(t, err.Error(), test.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.NotContains(t, err.Error(), "secret", "values are not logged")
		})
	}
}

func TestDecodeCustomizeRefuses(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"a request to sync": {minimal, `field "children" is not part of the hook`},
		"version v1": {`{"controller":{"spec":{"hooks":{"sync":{"version":"v2"},"customize":{"version":"v1"}}}},"parent":` + parentJSON + `}`,
			"hook version v1 is not supported: set spec.hooks.customize.version: v2"},
		"no parent": {`{}`, `field "parent" is missing`},
	} {
		_, _, _, err := DecodeCustomize([]byte(test.body))
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), test.want, name)
	}
}

func FuzzDecodeRequest(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", minimal, string(recorded(f, "sync.json")), string(recorded(f, "customize.json")),
		`{"parent":` + parentJSON + `,"children":{"Service.v1":{"chat":{}}},"related":{"X":1}}`,
		`{"parent":{},"parent":{}}`, `{"finalizing":true}`, strings.Repeat("[", 100),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		request, parent, err := DecodeSync(body)
		if err == nil && (len(request.Parent) == 0 || parent.Name == "" || request.Managed == nil) {
			t.Errorf("a request that lacks something: %+v", request)
		}
		if raw, _, _, err := DecodeCustomize(body); err == nil && len(raw) == 0 {
			t.Error("a request without a parent")
		}
	})
}
