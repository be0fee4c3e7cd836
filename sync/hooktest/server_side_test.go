package hooktest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/sync/child"
)

// deployment is a child that metacontroller applied, the API server completed and others wrote to.
const deployment = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"n","uid":"u","labels":{"app":"a","controller-uid":"p","theirs":"x"},
 "ownerReferences":[{"uid":"p"}],
 "managedFields":[
  {"manager":"metacontroller","operation":"Apply","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{
   "f:metadata":{"f:labels":{"f:app":{},"f:controller-uid":{}},"f:ownerReferences":{"k:{\"uid\":\"p\"}":{}},"f:finalizers":{"v:\"a/b\"":{}}},
   "f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:spec":{
    "f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:name":{},"f:image":{},"f:args":{},
      "f:env":{"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}},"k:{\"name\":\"B\"}":{".":{},"f:name":{},"f:value":{}}},
      "f:ports":{"k:{\"containerPort\":53,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}},
                 "k:{\"containerPort\":53,\"protocol\":\"UDP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}}}},
    "f:volumes":{"k:{\"name\":\"v\"}":{".":{},"f:name":{},"f:emptyDir":{}}},
    "f:tolerations":{}}}}}},
  {"manager":"kubectl","operation":"Update","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{
   "f:metadata":{"f:labels":{"f:theirs":{}}},
   "f:spec":{"f:paused":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{"f:env":{"k:{\"name\":\"A\"}":{"f:value":{}}}}}}}}}},
  {"manager":"kube-controller-manager","operation":"Update","apiVersion":"apps/v1","subresource":"status","fieldsV1":{"f:status":{"f:replicas":{}}}}],
 "finalizers":["a/b"]},
 "spec":{"replicas":2,"paused":false,"selector":{"matchLabels":{"app":"a"}},"strategy":{"type":"RollingUpdate"},"template":{"spec":{
  "dnsPolicy":"ClusterFirst","tolerations":[{"key":"k","operator":"Exists"}],"volumes":[{"name":"v","emptyDir":{}}],
  "containers":[{"name":"c","image":"i","args":["x"],"imagePullPolicy":"Always",
   "env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],
   "ports":[{"containerPort":53,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]}]}}},
 "status":{"replicas":2}}`

// applied is what metacontroller sent for it.
const applied = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"n","labels":{"app":"a"},"finalizers":["a/b"]},
 "spec":{"replicas":2,"selector":{"matchLabels":{"app":"a"}},"template":{"spec":{"tolerations":[{"key":"k","operator":"Exists"}],"volumes":[{"name":"v","emptyDir":{}}],
  "containers":[{"name":"c","image":"i","args":["x"],"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],
   "ports":[{"containerPort":53,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]}]}}}}`

func TestForecastServerSideApply(t *testing.T) {
	podSpec := func(d map[string]any) map[string]any {
		return d["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	}
	container := func(d map[string]any) map[string]any { return podSpec(d)["containers"].([]any)[0].(map[string]any) }
	env := func(name, value string) any { return map[string]any{"name": name, "value": value} }
	const at = `spec.template.spec.containers[name="c"]`
	for name, c := range map[string]struct {
		edit    func(d map[string]any)
		changes []string
		claims  []string
	}{
		"what was applied changes nothing": {edit: func(map[string]any) {}},
		"status, server-owned metadata, owners and the annotation are not sent": {edit: func(d map[string]any) {
			d["status"] = map[string]any{"replicas": int64(9)}
			m := d["metadata"].(map[string]any)
			m["uid"], m["ownerReferences"] = "other", []any{}
			m["annotations"] = map[string]any{child.LastAppliedAnnotation: "{}"}
		}},
		"a new value changes it": {
			edit:    func(d map[string]any) { d["spec"].(map[string]any)["replicas"] = int64(3) },
			changes: []string{"spec.replicas"}},
		"an owned field that is dropped is removed": {
			edit:    func(d map[string]any) { delete(d["spec"].(map[string]any), "replicas") },
			changes: []string{"spec.replicas"}},
		"a dropped field that another manager owns too stays": {
			edit:   func(d map[string]any) { container(d)["env"] = []any{map[string]any{"name": "A"}, env("B", "2")} },
			claims: []string{at + `.env[name="A"].value`}},
		"a dropped item goes, of an item with another owner only the own part": {
			edit:    func(d map[string]any) { delete(container(d), "env") },
			changes: []string{at + `.env[name="A"].name`, at + `.env[name="B"]`},
			claims:  []string{at + `.env`, at + `.env[name="A"]`, at + `.env[name="A"].value`}},
		"a new item is added": {
			edit:    func(d map[string]any) { container(d)["env"] = []any{env("A", "1"), env("B", "2"), env("C", "3")} },
			changes: []string{at + `.env[name="C"]`}},
		"a new order of keyed items is applied": {
			edit:    func(d map[string]any) { container(d)["env"] = []any{env("B", "2"), env("A", "1")} },
			changes: []string{at + `.env`}},
		"an atomic list is replaced": {
			edit:    func(d map[string]any) { container(d)["args"] = []any{"x", "y"} },
			changes: []string{at + `.args`}},
		"an atomic map is replaced": {
			edit: func(d map[string]any) {
				d["spec"].(map[string]any)["selector"] = map[string]any{"matchLabels": map[string]any{"app": "b"}}
			},
			changes: []string{"spec.selector"}},
		"a field of another manager with the same value is only claimed": {
			edit:   func(d map[string]any) { d["spec"].(map[string]any)["paused"] = false },
			claims: []string{"spec.paused"}},
		"a default without an owner is only claimed": {
			edit: func(d map[string]any) {
				d["spec"].(map[string]any)["strategy"] = map[string]any{"type": "RollingUpdate"}
			},
			claims: []string{"spec.strategy.type"}},
		"a field of another manager with another value is forced": {
			edit:    func(d map[string]any) { d["metadata"].(map[string]any)["labels"].(map[string]any)["theirs"] = "y" },
			changes: []string{"metadata.labels.theirs"}},
		"an item of a set is added and another removed": {
			edit:    func(d map[string]any) { d["metadata"].(map[string]any)["finalizers"] = []any{"c/d"} },
			changes: []string{`metadata.finalizers[="a/b"]`, `metadata.finalizers[="c/d"]`}},
		"a port that leaves out a defaulted key is found": {
			edit: func(d map[string]any) {
				container(d)["ports"] = []any{map[string]any{"containerPort": int64(53)}, map[string]any{"containerPort": int64(53), "protocol": "UDP"}}
			},
		},
		"a map in the place of a list, and an item that is not an object": {
			edit: func(d map[string]any) {
				container(d)["args"] = map[string]any{"x": "y"}
				podSpec(d)["volumes"] = []any{"v"}
			},
			changes: []string{at + `.args`, `spec.template.spec.volumes[name="v"]`, `spec.template.spec.volumes[]`}},
	} {
		t.Run(name, func(t *testing.T) {
			desired := object(t, applied)
			c.edit(desired.Object)
			observed := object(t, deployment)
			forecast := ForecastServerSideApply(observed, desired, "metacontroller")
			assert.ElementsMatch(t, c.changes, forecast.ChangedPaths())
			assert.ElementsMatch(t, c.claims, forecast.Claims)
			assert.Equal(t, len(c.changes) > 0, forecast.Changed)
			assert.Equal(t, object(t, deployment), observed)
		})
	}
}

func TestForecastServerSideApplyOfAnotherManagerOwnsNothingYet(t *testing.T) {
	forecast := ForecastServerSideApply(object(t, deployment), object(t, applied), "other")
	assert.False(t, forecast.Changed)
	assert.Contains(t, forecast.Claims, "spec.replicas")
}

func TestForecastServerSideApplyDoesNotCountOwnershipInAnotherVersion(t *testing.T) {
	desired := object(t, applied)
	desired.SetAPIVersion("apps/v2")
	delete(desired.Object["spec"].(map[string]any), "replicas")
	forecast := ForecastServerSideApply(object(t, deployment), desired, "metacontroller")
	assert.Equal(t, []string{"apiVersion"}, forecast.ChangedPaths(), "replicas is not known to be ours")
}

func TestForecastServerSideApplyOfAMissingChildCreatesIt(t *testing.T) {
	forecast := ForecastServerSideApply(nil, object(t, applied), "metacontroller")
	assert.True(t, forecast.Changed)
	assert.Contains(t, forecast.ChangedPaths(), "spec")
}

// TestReferencesAreCompletedByTheServer: the API server completes those of its own kinds, and leaves custom ones alone.
func TestReferencesAreCompletedByTheServer(t *testing.T) {
	const applied = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","managedFields":[{"manager":"metacontroller",
		"operation":"Apply","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:ref":{"f:fieldRef":{}}}}}]},
		"spec":{"ref":{"fieldRef":%s}}}`
	desired := object(t, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"ref":{"fieldRef":{"fieldPath":"p"}}}}`)
	for reference, want := range map[string][]string{
		`{"apiVersion":"v1","fieldPath":"p"}`: {},
		`{"fieldPath":"p"}`:                   {},
		`{"apiVersion":"v1","fieldPath":"q"}`: {"spec.ref.fieldRef"},
	} {
		forecast := ForecastServerSideApply(object(t, fmt.Sprintf(applied, reference)), desired, "metacontroller")
		assert.Equal(t, want, forecast.ChangedPaths(), reference)
	}
}
