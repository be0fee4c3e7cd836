package child_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/hooktest"
)

func object(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	require.NoError(t, utiljson.Unmarshal([]byte(text), &u.Object))
	return u
}

// annotated is a Deployment as Metacontroller's default strategy leaves it, after others changed
// its image, a label and its replicas.
const annotated = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"n","uid":"x","resourceVersion":"9","generation":4,
 "creationTimestamp":"2026-01-01T00:00:00Z","ownerReferences":[{"uid":"p","controller":true}],
 "labels":{"app":"hacked","controller-uid":"p","theirs":"x"},
 "annotations":{"deployment.kubernetes.io/revision":"1","note":"ours","metacontroller.k8s.io/last-applied-configuration":
 "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"annotations\":{\"note\":\"ours\"},\"labels\":{\"app\":\"a\",\"controller-uid\":\"p\"},\"name\":\"a\",\"namespace\":\"n\"},\"spec\":{\"replicas\":2,\"selector\":{\"matchLabels\":{\"app\":\"a\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"a\"}},\"spec\":{\"containers\":[{\"image\":\"i\",\"name\":\"c\"}]}}}}"}},
 "spec":{"replicas":7,"progressDeadlineSeconds":600,"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},
  "spec":{"dnsPolicy":"ClusterFirst","containers":[{"name":"c","image":"hacked","imagePullPolicy":"Always","resources":{}}]}}},
 "status":{"replicas":7}}`

func TestLastAppliedFromTheAnnotation(t *testing.T) {
	observed := object(t, annotated)
	last, source, ok := child.LastApplied(observed)
	require.True(t, ok)
	assert.Equal(t, child.FromAnnotation, source)
	assert.Equal(t, object(t, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"n","labels":{"app":"a"},"annotations":{"note":"ours"}},
		"spec":{"replicas":2,"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}`), last)
	assert.Equal(t, object(t, annotated), observed)
}

func TestSendingTheAnnotationAgainHealsDriftAndNothingElse(t *testing.T) {
	observed := object(t, annotated)
	last, _, ok := child.LastApplied(observed)
	require.True(t, ok)
	forecast, err := hooktest.ForecastClientSideApply(observed, last)
	require.NoError(t, err)
	assert.Equal(t, []string{"metadata.labels.app", "spec.replicas", "spec.template.spec.containers[0].image"}, forecast.ChangedPaths(),
		"what others changed is put back; the annotation stays byte for byte")

	healed := forecast.Object
	again, _, ok := child.LastApplied(healed)
	require.True(t, ok)
	assert.Equal(t, last, again)
	forecast, err = hooktest.ForecastClientSideApply(healed, again)
	require.NoError(t, err)
	assert.False(t, forecast.Changed)
}

func TestLastAppliedKeepsReplicasOfAnAutoscaler(t *testing.T) {
	observed := object(t, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"n","annotations":{"metacontroller.k8s.io/last-applied-configuration":
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},\"spec\":{\"paused\":true}}"}},"spec":{"paused":true,"replicas":7}}`)
	last, _, ok := child.LastApplied(observed)
	require.True(t, ok)
	forecast, err := hooktest.ForecastClientSideApply(observed, last)
	require.NoError(t, err)
	assert.False(t, forecast.Changed)
}

func TestLastAppliedDropsWhatNoDesiredChildMayHold(t *testing.T) {
	observed := object(t, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n","annotations":{"metacontroller.k8s.io/last-applied-configuration":
		"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"generateName\":\"g\",\"uid\":\"u\",\"managedFields\":[],\"ownerReferences\":[],\"labels\":{\"controller-uid\":\"p\"},\"annotations\":{\"metacontroller.k8s.io/last-applied-configuration\":\"{}\"}},\"data\":{\"k\":\"v\"},\"status\":{}}"}}}`)
	last, _, ok := child.LastApplied(observed)
	require.True(t, ok)
	assert.Equal(t, object(t, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n"},"data":{"k":"v"}}`), last,
		"and the observed namespace is filled in")
}

// managed is a Deployment that was applied by the server, and changed by others.
const managed = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"n","uid":"x","labels":{"app":"a","controller-uid":"p","theirs":"x"},
 "ownerReferences":[{"uid":"p"}],"finalizers":["a/b","c/d"],
 "managedFields":[
  {"manager":"metacontroller","operation":"Apply","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{
   "f:metadata":{"f:labels":{"f:app":{},"f:controller-uid":{}},"f:ownerReferences":{"k:{\"uid\":\"p\"}":{}},"f:finalizers":{"v:\"a/b\"":{}}},
   "f:spec":{"f:replicas":{},"f:gone":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{
    "f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:name":{},"f:image":{},"f:args":{},"f:securityContext":{},
      "f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}}}},
    "f:volumes":{"k:{\"name\":\"v\"}":{".":{},"f:name":{},"f:emptyDir":{}}},
    "f:hosts":{"i:1":{"f:ip":{}}}}}}}},
  {"manager":"kubectl-edit","operation":"Update","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{
   "f:metadata":{"f:labels":{"f:theirs":{}}},
   "f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{"f:securityContext":{"f:privileged":{}}},"k:{\"name\":\"side\"}":{".":{},"f:name":{}}}}}}}},
  {"manager":"other","operation":"Apply","apiVersion":"apps/v1","fieldsV1":{"f:spec":{"f:paused":{}}}},
  {"manager":"metacontroller","operation":"Apply","apiVersion":"apps/v1","subresource":"status","fieldsV1":{"f:status":{"f:x":{}}}}]},
 "spec":{"replicas":2,"paused":true,"selector":{"matchLabels":{"app":"a"}},"strategy":{"type":"RollingUpdate"},"template":{"metadata":{"labels":{"app":"a"}},"spec":{
  "dnsPolicy":"ClusterFirst","volumes":[{"name":"v","emptyDir":{}}],"hosts":[{"ip":"1"},{"ip":"2","name":"h"}],
  "containers":[{"name":"side","image":"s"},{"name":"c","image":"i","args":["x","y"],"imagePullPolicy":"Always","securityContext":{"privileged":true},
   "ports":[{"containerPort":80,"protocol":"TCP","hostPort":80},{"containerPort":80,"protocol":"UDP"}]}]}}},
 "status":{"x":1}}`

const managedLast = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"n","labels":{"app":"a"},"finalizers":["a/b"]},
 "spec":{"replicas":2,"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{
  "volumes":[{"name":"v","emptyDir":{}}],"hosts":[{"ip":"2"}],
  "containers":[{"name":"c","image":"i","args":["x","y"],"securityContext":{},"ports":[{"containerPort":80,"protocol":"TCP"}]}]}}}}`

func TestLastAppliedFromManagedFields(t *testing.T) {
	observed := object(t, managed)
	last, source, ok := child.LastApplied(observed)
	require.True(t, ok)
	assert.Equal(t, child.FromManagedFields, source)
	assert.Equal(t, object(t, managedLast), last)
	assert.Equal(t, object(t, managed), observed)
}

func TestSendingManagedFieldsAgainChangesNothing(t *testing.T) {
	observed := object(t, managed)
	delete(observed.Object["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any), "hosts")
	last, _, ok := child.LastApplied(observed)
	require.True(t, ok)
	forecast := hooktest.ForecastServerSideApply(observed, last, child.DefaultManager)
	assert.Empty(t, forecast.ChangedPaths())
	assert.Empty(t, forecast.Claims)
	assert.False(t, forecast.Changed)
}

func TestLastAppliedOfOtherManagers(t *testing.T) {
	last, source, ok := child.LastApplied(object(t, managed), "unknown", "other")
	require.True(t, ok)
	assert.Equal(t, child.FromManagedFields, source)
	assert.Equal(t, object(t, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"n"},"spec":{"paused":true}}`), last)
}

func TestLastAppliedIsUnknown(t *testing.T) {
	const annotation = `"annotations":{"metacontroller.k8s.io/last-applied-configuration":`
	const fields = `"managedFields":[{"manager":"metacontroller","operation":"Apply","apiVersion":"v1","fieldsV1":{"f:data":{"f:k":{}}}}]`
	for name, c := range map[string]struct {
		observed string
		source   child.Source
	}{
		"nothing was applied":         {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a"}}`, child.FromManagedFields},
		"no kind":                     {`{"apiVersion":"v1","metadata":{"name":"a",` + fields + `},"data":{"k":"v"}}`, child.FromNowhere},
		"no name":                     {`{"apiVersion":"v1","kind":"A","metadata":{` + fields + `},"data":{"k":"v"}}`, child.FromNowhere},
		"metadata is a list":          {`{"apiVersion":"v1","kind":"A","metadata":[]}`, child.FromNowhere},
		"a malformed annotation":      {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a",` + annotation + `"{"},` + fields + `},"data":{"k":"v"}}`, child.FromAnnotation},
		"an annotation of a list":     {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a",` + annotation + `"[]"}}}`, child.FromAnnotation},
		"the annotation of a copy":    {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a",` + annotation + `"{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"b\"}}"}}}`, child.FromAnnotation},
		"of another namespace":        {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a","namespace":"n",` + annotation + `"{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"a\",\"namespace\":\"m\"}}"}}}`, child.FromAnnotation},
		"of another version":          {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a",` + annotation + `"{\"apiVersion\":\"v2\",\"kind\":\"A\",\"metadata\":{\"name\":\"a\"}}"}}}`, child.FromAnnotation},
		"without an identity":         {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a",` + annotation + `"{}"}}}`, child.FromAnnotation},
		"owned by an update":          {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a","managedFields":[{"manager":"metacontroller","operation":"Update","apiVersion":"v1","fieldsV1":{"f:data":{}}}]},"data":{}}`, child.FromManagedFields},
		"owned in another version":    {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a","managedFields":[{"manager":"metacontroller","operation":"Apply","apiVersion":"v2","fieldsV1":{"f:data":{}}}]},"data":{}}`, child.FromManagedFields},
		"owned fields that are empty": {`{"apiVersion":"v1","kind":"A","metadata":{"name":"a","managedFields":[{"manager":"metacontroller","operation":"Apply","apiVersion":"v1","fieldsV1":{}}]},"data":{}}`, child.FromManagedFields},
	} {
		t.Run(name, func(t *testing.T) {
			last, source, ok := child.LastApplied(object(t, c.observed))
			assert.False(t, ok)
			assert.Nil(t, last)
			assert.Equal(t, c.source, source)
		})
	}
	_, _, ok := child.LastApplied(nil)
	assert.False(t, ok)
}

// FuzzLastApplied feeds children as a hostile cluster may hold them.
func FuzzLastApplied(f *testing.F) {
	for _, seed := range []string{
		annotated, managed, managedLast, `{}`, `null`, `{"metadata":7}`,
		`{"apiVersion":"v1","kind":"A","metadata":{"name":"a","annotations":[],"managedFields":[null,7,{"manager":"metacontroller","operation":"Apply","apiVersion":"v1","fieldsV1":{"f:metadata":{},"f:a":{"k:{\"x\":{}}":{}},"f:b":{"v:[]":{},"i:0":{}}}}]},"a":[{"x":{}}],"b":[[]]}`,
		`{"apiVersion":"v1","kind":"A","metadata":{"name":"a","annotations":{"metacontroller.k8s.io/last-applied-configuration":"{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"a\",\"labels\":7}}"}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var observed map[string]any
		if utiljson.Unmarshal([]byte(text), &observed) != nil {
			return
		}
		u := &unstructured.Unstructured{Object: observed}
		last, _, ok := child.LastApplied(u)
		require.Equal(t, ok, last != nil)
		if !ok {
			return
		}
		require.Equal(t, u.GetName(), last.GetName())
		require.Equal(t, u.GetNamespace(), last.GetNamespace())
		require.Equal(t, u.GroupVersionKind(), last.GroupVersionKind())
		require.NotContains(t, last.Object, "status")
		_, err := hooktest.ForecastClientSideApply(u, last)
		require.NoError(t, err)
		hooktest.ForecastServerSideApply(u, last, child.DefaultManager)
	})
}
