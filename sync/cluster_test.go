package sync_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	gosync "sync"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/internal/generate"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/hooktest"
	"github.com/isvc-io/isvc/sync/observed"
)

// strategy is how Metacontroller applies children.
type strategy string

const (
	clientSide strategy = "client-side"
	serverSide strategy = "server-side"
)

var strategies = []strategy{clientSide, serverSide}

// strategiesOf are the strategies under which one of several cases is tried: one, and the next case is tried
// under the other, unless triesAllCombinations.
func strategiesOf(oneOfSeveral int) []strategy {
	if triesAllCombinations() {
		return strategies
	}
	return strategies[oneOfSeveral%len(strategies):][:1]
}

// parentUID is the uid of every service in the tests' cluster.
const parentUID = generate.UID

// cluster is what the hook is shown of a cluster with one service.
type cluster struct {
	parent   map[string]any
	related  []map[string]any
	children observed.Objects
	config   map[string]string
	kinds    kinds.Set
}

// newCluster reads a service and related objects from YAML documents.
func newCluster(t testing.TB, documents ...string) *cluster {
	t.Helper()
	c := &cluster{kinds: kinds.All()}
	for _, text := range documents {
		object := tree(t, text)
		if object["kind"] == "InferenceService" {
			meta(object)["uid"] = parentUID
			c.parent = object
			continue
		}
		c.related = append(c.related, object)
	}
	return c
}

// copied is a cluster that shares nothing with this one that tests change.
func (c *cluster) copied() *cluster {
	out := *c
	out.parent = runtime.DeepCopyJSON(c.parent)
	out.related = nil
	for _, object := range c.related {
		out.related = append(out.related, runtime.DeepCopyJSON(object))
	}
	out.children = observed.Objects{}
	for kind, byKey := range c.children {
		out.children[kind] = maps.Clone(byKey)
	}
	out.config, out.kinds = maps.Clone(c.config), maps.Clone(c.kinds)
	return &out
}

// memory has what several tests compute from the same input, by its name.
type memory[T any] struct{ known gosync.Map }

// of is the value with a name, which is computed the first time.
func (m *memory[T]) of(name string, compute func() T) T {
	value, known := m.known.Load(name)
	if !known {
		value, _ = m.known.LoadOrStore(name, compute())
	}
	return value.(T)
}

// tree reads one YAML document.
func tree(t testing.TB, text string) map[string]any {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	var object map[string]any
	require.NoError(t, utiljson.Unmarshal(raw, &object))
	return object
}

func meta(object map[string]any) map[string]any { return at(object, "metadata") }

// at returns the map below keys, which it makes where there is none.
func at(object map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		child, ok := object[key].(map[string]any)
		if !ok {
			child = map[string]any{}
			object[key] = child
		}
		object = child
	}
	return object
}

// drop removes the related objects of a kind.
func (c *cluster) drop(kind string) {
	c.related = slices.DeleteFunc(c.related, func(o map[string]any) bool { return o["kind"] == kind })
}

// one is the related object of a kind.
func (c *cluster) one(kind string) map[string]any {
	for _, o := range c.related {
		if o["kind"] == kind {
			return o
		}
	}
	return nil
}

func (c *cluster) request(t testing.TB) *sync.Request {
	t.Helper()
	parent, err := json.Marshal(c.parent)
	require.NoError(t, err)
	request := &sync.Request{
		Parent: parent, Related: objects(t, c.related), Children: observed.Objects{}, Managed: c.kinds, Now: goldenNow,
	}
	if c.config != nil {
		request.Config = config.Parse(c.config)
	}
	for kind := range c.kinds {
		request.Children[kind] = noted(t, c.children[kind])
	}
	request.Related[kinds.Pod] = noted(t, request.Related[kinds.Pod])
	return request
}

// noted are objects as the hook reads them.
func noted(t testing.TB, objects map[string]observed.Object) map[string]observed.Object {
	t.Helper()
	if objects == nil {
		return nil
	}
	out := map[string]observed.Object{}
	for key, object := range objects {
		out[key] = observed.NewIndexedObject(object.Raw)
	}
	return out
}

// objects are trees by kind and key.
func objects(t testing.TB, trees []map[string]any) observed.Objects {
	t.Helper()
	out := observed.Objects{}
	for _, object := range trees {
		raw, err := json.Marshal(object)
		require.NoError(t, err)
		u := unstructured.Unstructured{Object: object}
		out.Add(kinds.New(u.GetKind(), u.GetAPIVersion()), u.GetNamespace(), u.GetName(), raw)
	}
	return out
}

func (c *cluster) sync(t testing.TB) *sync.Response {
	t.Helper()
	response, err := sync.Sync(c.request(t))
	require.NoError(t, err)
	return response
}

// apply makes the children of a response what the cluster holds, and the status
// that of the service.
func (c *cluster) apply(t testing.TB, s strategy, response *sync.Response) {
	t.Helper()
	var trees []map[string]any
	for _, child := range response.Children {
		trees = append(trees, live(t, s, child).Object)
	}
	c.children = objects(t, trees)
	status, err := json.Marshal(response.Status)
	require.NoError(t, err)
	var plain map[string]any
	require.NoError(t, utiljson.Unmarshal(status, &plain))
	c.parent["status"] = plain
}

// live is the object that a cluster holds after a child was made in it: with
// the marks of the strategy, the defaults of the API server and its metadata.
func live(t testing.TB, s strategy, desired *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	sent := desired.DeepCopy()
	at(sent.Object, "metadata", "labels")[child.ControllerLabel] = parentUID
	if s == clientSide {
		annotated, err := hooktest.AnnotateLastApplied(sent)
		require.NoError(t, err)
		sent = annotated
	}
	out := sent.DeepCopy()
	serverDefaults(out)
	m := meta(out.Object)
	m["uid"], m["resourceVersion"], m["generation"] = "u-"+out.GetKind()+"-"+out.GetName(), "7", int64(1)
	m["creationTimestamp"] = "2026-01-01T00:00:00Z"
	m["ownerReferences"] = []any{map[string]any{
		"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "name": "x", "uid": parentUID,
		"controller": true, "blockOwnerDeletion": true,
	}}
	if s == serverSide {
		m["managedFields"] = []any{
			managedBy(out, child.DefaultManager, "Apply", "", fieldsOf(sent)),
			managedBy(out, "kube-controller-manager", "Update", "status", map[string]any{"f:status": map[string]any{"f:replicas": map[string]any{}}}),
		}
	}
	return out
}

func managedBy(object *unstructured.Unstructured, manager, operation, subresource string, fields map[string]any) map[string]any {
	entry := map[string]any{
		"manager": manager, "operation": operation, "apiVersion": object.GetAPIVersion(),
		"fieldsType": "FieldsV1", "fieldsV1": fields, "time": "2026-01-01T00:00:00Z",
	}
	if subresource != "" {
		entry["subresource"] = subresource
	}
	return entry
}

// fieldsOf is what the API server records of the fields of an applied object.
func fieldsOf(sent *unstructured.Unstructured) map[string]any {
	object := sent.DeepCopy().Object
	delete(object, "apiVersion")
	delete(object, "kind")
	delete(meta(object), "name")
	delete(meta(object), "namespace")
	r := recorder{kind: kinds.New(sent.GetKind(), sent.GetAPIVersion())}
	return r.fields(object)
}

type recorder struct{ kind kinds.Kind }

// atomicMaps are the maps that are owned as a whole.
var atomicMaps = []string{
	"selector", "workloadSelector", "nodeSelector", "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef",
	"roleRef", "scaleTargetRef", "requiredDuringSchedulingIgnoredDuringExecution",
}

// keyedLists are the lists that are owned item by item, with the item's keys.
var keyedLists = map[string][]string{
	"containers": {"name"}, "initContainers": {"name"}, "volumes": {"name"}, "env": {"name"},
	"imagePullSecrets": {"name"}, "volumeMounts": {"mountPath"}, "volumeDevices": {"devicePath"}, "hostAliases": {"ip"},
	"topologySpreadConstraints": {"topologyKey", "whenUnsatisfiable"},
}

func (r recorder) fields(object map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range object {
		out["f:"+name] = r.field(name, value)
	}
	return out
}

func (r recorder) field(name string, value any) map[string]any {
	switch v := value.(type) {
	case map[string]any:
		if !slices.Contains(atomicMaps, name) {
			return r.fields(v)
		}
	case []any:
		if keys := r.keys(name); keys != nil {
			return r.items(v, keys)
		}
	}
	return map[string]any{}
}

// keys are the keys of a list; nil for one that is owned as a whole, as lists of
// custom resources are that do not say otherwise.
func (r recorder) keys(name string) []string {
	switch {
	case r.kind == kinds.KnativeService:
		return nil
	case name == "ports" && r.kind == kinds.Service:
		return []string{"port", "protocol"}
	case name == "ports":
		return []string{"containerPort", "protocol"}
	}
	return keyedLists[name]
}

func (r recorder) items(list []any, names []string) map[string]any {
	out := map[string]any{}
	for _, item := range list {
		m, _ := item.(map[string]any)
		keys := map[string]any{}
		for _, name := range names {
			keys[name] = m[name]
		}
		text, _ := json.Marshal(keys)
		fields := r.fields(m)
		fields["."] = map[string]any{}
		out["k:"+string(text)] = fields
	}
	return out
}

// writes lists what Metacontroller would do to the observed objects, by its own
// rules: creations, deletions, and updates with the fields that change.
func writes(t testing.TB, s strategy, children observed.Objects, desired []*unstructured.Unstructured) []string {
	t.Helper()
	var out []string
	wanted := map[string]bool{}
	for _, child := range desired {
		kind := kinds.New(child.GetKind(), child.GetAPIVersion())
		key := observed.ObjectKey(child.GetNamespace(), child.GetName())
		wanted[string(kind)+" "+key] = true
		object := children[kind][key]
		if !object.Exists() {
			out = append(out, "create "+ref(child))
			continue
		}
		var seen map[string]any
		require.NoError(t, utiljson.Unmarshal(object.Raw, &seen))
		for _, change := range changes(t, s, &unstructured.Unstructured{Object: seen}, child) {
			out = append(out, fmt.Sprintf("update %s: %s", ref(child), change))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(children)) {
		for _, key := range children.KeysOf(kind) {
			if !wanted[string(kind)+" "+key] {
				out = append(out, "delete "+string(kind)+" "+key)
			}
		}
	}
	sort.Strings(out)
	return out
}

func changes(t testing.TB, s strategy, seen, desired *unstructured.Unstructured) []string {
	t.Helper()
	forecast := hooktest.ForecastServerSideApply(seen, merged(desired), child.DefaultManager)
	if s == clientSide {
		var err error
		forecast, err = hooktest.ForecastClientSideApply(seen, desired)
		require.NoError(t, err)
	}
	var out []string
	for _, c := range forecast.Changes {
		out = append(out, fmt.Sprintf("%s: %s -> %s", c.Path, jsonText(c.From), jsonText(c.To)))
	}
	return out
}

// merged is a desired child as the API server sees it after a server-side apply:
// it replaces references to fields as a whole and completes them afterwards.
func merged(desired *unstructured.Unstructured) *unstructured.Unstructured {
	out := desired.DeepCopy()
	var complete func(value any)
	complete = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				complete(item)
			}
		case map[string]any:
			if field, ok := v["fieldRef"].(map[string]any); ok {
				fill(field, map[string]any{"apiVersion": "v1"})
			}
			for _, item := range v {
				complete(item)
			}
		}
	}
	if kinds.New(out.GetKind(), out.GetAPIVersion()) == kinds.Deployment {
		complete(out.Object)
	}
	return out
}

// serverDefaults fills in what the API server and the webhooks of the kinds do.
func serverDefaults(object *unstructured.Unstructured) {
	switch kinds.New(object.GetKind(), object.GetAPIVersion()) {
	case kinds.Deployment:
		spec := at(object.Object, "spec")
		fill(spec, map[string]any{"replicas": int64(1), "progressDeadlineSeconds": int64(600), "revisionHistoryLimit": int64(10)})
		defaultPodSpec(at(spec, "template", "spec"))
	case kinds.Service:
		defaultService(at(object.Object, "spec"))
	case kinds.HorizontalPodAutoscaler:
		fill(at(object.Object, "spec"), map[string]any{"minReplicas": int64(1)})
	case kinds.LeaderWorkerSet:
		fill(at(object.Object, "spec"), map[string]any{"replicas": int64(1)})
		fill(at(object.Object, "spec", "rolloutStrategy", "rollingUpdateConfiguration"), map[string]any{"partition": int64(0)})
	case kinds.KnativeService:
		spec := at(object.Object, "spec", "template", "spec")
		fill(spec, map[string]any{"containerConcurrency": int64(0), "timeoutSeconds": int64(300), "enableServiceLinks": false})
		at(object.Object, "metadata", "annotations")["serving.knative.dev/creator"] = "system:serviceaccount:metacontroller:metacontroller"
	}
}

// fill sets what is absent.
func fill(object, values map[string]any) {
	for key, value := range values {
		if object[key] == nil {
			object[key] = value
		}
	}
}

func defaultPodSpec(spec map[string]any) {
	fill(spec, map[string]any{
		"dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
		"terminationGracePeriodSeconds": int64(30), "securityContext": map[string]any{},
	})
	if name, ok := spec["serviceAccountName"]; ok {
		spec["serviceAccount"] = name
	}
	for _, list := range []string{"containers", "initContainers"} {
		each(spec, list, defaultContainer)
	}
	each(spec, "volumes", defaultVolume)
}

func each(object map[string]any, list string, change func(map[string]any)) {
	items, _ := object[list].([]any)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			change(m)
		}
	}
}

func defaultContainer(c map[string]any) {
	fill(c, map[string]any{
		"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
		"imagePullPolicy": "IfNotPresent", "resources": map[string]any{},
	})
	each(c, "ports", func(port map[string]any) { fill(port, map[string]any{"protocol": "TCP"}) })
	each(c, "env", func(env map[string]any) {
		if from, ok := env["valueFrom"].(map[string]any); ok {
			if field, ok := from["fieldRef"].(map[string]any); ok {
				fill(field, map[string]any{"apiVersion": "v1"})
			}
		}
	})
	for _, name := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
		if probe, ok := c[name].(map[string]any); ok {
			fill(probe, map[string]any{
				"timeoutSeconds": int64(1), "periodSeconds": int64(10), "successThreshold": int64(1), "failureThreshold": int64(3),
			})
			if get, ok := probe["httpGet"].(map[string]any); ok {
				fill(get, map[string]any{"scheme": "HTTP", "path": "/"})
			}
		}
	}
}

func defaultVolume(v map[string]any) {
	for name, value := range v {
		source, ok := value.(map[string]any)
		if !ok {
			continue
		}
		switch name {
		case "hostPath":
			fill(source, map[string]any{"type": ""})
		case "secret", "configMap", "projected", "downwardAPI":
			fill(source, map[string]any{"defaultMode": int64(420)})
		}
	}
}

func defaultService(spec map[string]any) {
	fill(spec, map[string]any{"type": "ClusterIP", "sessionAffinity": "None"})
	each(spec, "ports", func(port map[string]any) {
		fill(port, map[string]any{"protocol": "TCP", "targetPort": port["port"]})
		if spec["type"] == "NodePort" || spec["type"] == "LoadBalancer" {
			port["nodePort"] = int64(30000)
		}
	})
	if spec["type"] == "ExternalName" {
		return
	}
	fill(spec, map[string]any{
		"clusterIP": "10.0.0.1", "clusterIPs": []any{"10.0.0.1"}, "ipFamilies": []any{"IPv4"},
		"ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
	})
	if spec["type"] != "ClusterIP" {
		fill(spec, map[string]any{"externalTrafficPolicy": "Cluster", "allocateLoadBalancerNodePorts": true})
	}
}
