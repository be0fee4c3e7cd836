package sync_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// wayIn is a way by which requests come to a service.
type wayIn struct {
	ingress string
	// prepare changes the service, and edit does so at the same time as the mode changes.
	prepare, edit func(*cluster)
	strategy      strategy
	// knativeAlone leaves out changes between modes in which isvc makes the Service objects.
	knativeAlone bool
}

const (
	routesOff = `{"ingressGateway":"a/b","ingressService":"c","disableIngressCreation":true}`
	byIngress = `{"ingressGateway":"a/b","ingressService":"c","ingressDomain":"example.com","localGateway":"a/l","localGatewayService":"l","knativeLocalGatewayService":"k"}`
	byGateway = `{"ingressGateway":"a/b","ingressService":"c","ingressDomain":"example.com","enableGatewayAPI":true,"omeIngressGateway":"gw/public","disableIstioVirtualHost":true}`
)

var waysIn = map[string]wayIn{
	"without routes":                       {ingress: routesOff, strategy: clientSide},
	"without routes, by server-side apply": {ingress: routesOff, strategy: serverSide, knativeAlone: true},
	"by an Ingress":                        {ingress: byIngress, strategy: clientSide},
	"by HTTPRoutes, by server-side apply":  {ingress: byGateway, strategy: serverSide},
	"from inside the cluster alone": {ingress: routesOff, strategy: clientSide, knativeAlone: true, prepare: func(c *cluster) {
		at(c.parent, "metadata", "labels")["networking.knative.dev/visibility"] = "cluster-local"
	}},
	"by HTTPRoutes, behind a router":          {ingress: byGateway, strategy: clientSide, knativeAlone: true, prepare: addRouter},
	"by HTTPRoutes, and a router is added":    {ingress: byGateway, strategy: clientSide, edit: addRouter},
	"by HTTPRoutes, and a router is removed":  {ingress: byGateway, strategy: serverSide, prepare: addRouter, edit: removeRouter},
	"by an Ingress, and a router is added":    {ingress: byIngress, strategy: serverSide, edit: addRouter},
	"by an Ingress, and a router is removed":  {ingress: byIngress, strategy: clientSide, prepare: addRouter, edit: removeRouter},
	"without routes, and a router is added":   {ingress: routesOff, strategy: clientSide, edit: addRouter},
	"without routes, and a router is removed": {ingress: routesOff, strategy: serverSide, prepare: addRouter, edit: removeRouter},
}

func addRouter(c *cluster) {
	at(c.parent, "spec")["router"] = map[string]any{"runner": map[string]any{"name": "router", "image": "r:1"}}
}

func removeRouter(c *cluster) { delete(at(c.parent, "spec"), "router") }

// switchedService is a cluster in which controllers answer what is applied.
type switchedService struct {
	*cluster
	// newIsReady is true when the pods of the new mode can serve.
	newIsReady bool
	// former are the workloads of the former mode.
	former []string
	// knativeServes is true when Knative has made its Service object, which it does when its pods are ready
	// and nobody else has the name.
	knativeServes bool
}

// apply applies an answer as Metacontroller does, and lets controllers answer.
func (w *switchedService) apply(t testing.TB, s strategy, response *sync.Response) {
	t.Helper()
	w.cluster.apply(t, s, response)
	for _, objects := range w.children {
		for key, child := range objects {
			var object map[string]any
			require.NoError(t, json.Unmarshal(child.Raw, &object))
			name := ref(&unstructured.Unstructured{Object: object})
			kind, _, _ := strings.Cut(name, "/")
			report, reports := readyReports[kind]
			if kind == "HTTPRoute" {
				report, reports = acceptedRoute, true
			} else if !contains(w.former, name) && !w.newIsReady {
				continue
			}
			if !reports {
				continue
			}
			if strings.HasPrefix(name, "KnativeService/") && !w.knativeServes {
				report = strings.NewReplacer(`{type: Ready, status: "True"}`, `{type: Ready, status: Unknown, reason: NotOwned}`,
					`{type: RoutesReady, status: "True"}`, `{type: RoutesReady, status: "False", reason: NotOwned}`).Replace(report)
			}
			objects[key] = reporting(t, object, report)
		}
	}
	w.letKnativeWork(t)
}

// acceptedRoute is what a gateway reports of a route.
const acceptedRoute = `{parents: [{parentRef: {namespace: gw, name: public}, conditions: [{type: Accepted, status: "True"}, {type: ResolvedRefs, status: "True"}]}]}`

// letKnativeWork makes or deletes Knative's Service object, which isvc sees in the next call. The object is
// there a call longer than requests come to its pods.
func (w *switchedService) letKnativeWork(t testing.TB) {
	t.Helper()
	const knativeService = `{apiVersion: v1, kind: Service, metadata: {name: chat-engine, namespace: default,
		ownerReferences: [{apiVersion: serving.knative.dev/v1, kind: Route, name: chat-engine, uid: r, controller: true}]}}`
	_, exists := w.children[kinds.KnativeService]["default/chat-engine"]
	_, isTaken := w.children[kinds.Service]["default/chat-engine"]
	podsAreReady := w.newIsReady || contains(w.former, "KnativeService/chat-engine")
	served := w.knativeServes
	w.knativeServes = exists && podsAreReady && !isTaken
	w.drop("Service")
	if w.knativeServes || served && !isTaken {
		w.related = append(w.related, tree(t, knativeService))
	}
}

func contains(list []string, item string) bool {
	for _, other := range list {
		if other == item {
			return true
		}
	}
	return false
}

// leadsToServingPods reports whether a Service object of a state leads to pods that serve.
func (w *switchedService) leadsToServingPods(t testing.TB, v view, service string) bool {
	t.Helper()
	if w.knativeServes && service == "chat-engine" {
		return true
	}
	if !contains(v.refs(), "Service/"+service) {
		return false
	}
	object := v.service(service)
	if object.Spec.ExternalName != "" {
		return w.knativeServes // the local gateway of Knative
	}
	for _, pods := range w.servingPods(t) {
		if labelSelects(object.Spec.Selector, pods) {
			return true
		}
	}
	return false
}

// servingPods are the labels of the pods that serve now: of the former workload, and of the new one when it
// is ready.
func (w *switchedService) servingPods(t testing.TB) []map[string]string {
	t.Helper()
	var pods []map[string]string
	for kind, path := range map[kinds.Kind][]string{
		kinds.Deployment:      {"spec", "template", "metadata", "labels"},
		kinds.KnativeService:  {"spec", "template", "metadata", "labels"},
		kinds.LeaderWorkerSet: {"spec", "leaderWorkerTemplate", "leaderTemplate", "metadata", "labels"},
		kinds.RayCluster:      {"spec", "headGroupSpec", "template", "metadata", "labels"},
	} {
		for _, child := range w.children[kind] {
			var object map[string]any
			require.NoError(t, json.Unmarshal(child.Raw, &object))
			name := ref(&unstructured.Unstructured{Object: object})
			if strings.HasSuffix(name, "-mnp") || !contains(w.former, name) && !w.newIsReady {
				continue
			}
			labels, _, err := unstructured.NestedStringMap(object, path...)
			require.NoError(t, err)
			switch kind {
			case kinds.KnativeService:
				labels["serving.knative.dev/service"] = "chat-engine"
			case kinds.RayCluster:
				labels["ray.io/node-type"] = "head"
			}
			pods = append(pods, labels)
		}
	}
	return pods
}

// backendsOf are the Service objects to which the routes of a state lead.
func backendsOf(v view) []string {
	v.t.Helper()
	var backends []string
	for _, child := range v.Children {
		switch child.GetKind() {
		case "HTTPRoute", "Ingress":
			text := jsonText(child.Object["spec"])
			for _, service := range []string{"chat-engine-bridge", "chat-engine", "chat-router"} {
				if strings.Contains(text, `"name":"`+service+`"`) {
					backends = append(backends, service)
				}
			}
		}
	}
	return backends
}

// among are the observed children that are in another state too.
func (w *switchedService) among(t testing.TB, other view) observed.Objects {
	t.Helper()
	left := observed.Objects{}
	for kind, key := range w.children.All() {
		var object map[string]any
		require.NoError(t, json.Unmarshal(w.children[kind][key].Raw, &object))
		if contains(other.refs(), ref(&unstructured.Unstructured{Object: object})) {
			namespace, name := observed.SplitKey(key)
			left.Add(kind, namespace, name, w.children[kind][key].Raw)
		}
	}
	return left
}

// servicesIn are the names that Service objects of a state have.
func servicesIn(v view, names ...string) []string {
	var found []string
	for _, name := range names {
		if contains(v.refs(), "Service/"+name) {
			found = append(found, name)
		}
	}
	return found
}

// routesOf are the routes of a state.
func routesOf(v view) []string {
	var routes []string
	for _, name := range v.refs() {
		for _, kind := range []string{"HTTPRoute/", "Ingress/", "VirtualService/", "Service/chat"} {
			if strings.HasPrefix(name, kind) && !strings.HasPrefix(name, "Service/chat-") {
				routes = append(routes, name)
			}
		}
	}
	return routes
}

// among are the objects of a state that are in another state too.
func (v view) among(other view) view {
	kept := *v.Response
	kept.Children = nil
	for _, child := range v.Children {
		if contains(other.refs(), ref(child)) {
			kept.Children = append(kept.Children, child)
		}
	}
	return view{v.t, &kept}
}

// TestModeSwitchLosesNoRequest follows a running service from every mode to every other, for every way in,
// step by step: whatever has been applied, and whatever has not been applied yet, routes and addresses lead
// to pods that serve, and the status says so.
func TestModeSwitchLosesNoRequest(t *testing.T) {
	for name, way := range waysIn {
		t.Run(name, func(t *testing.T) {
			eachSwitch(t, func(t *testing.T, from, to string) {
				if (triesAllCombinations() || isSampled(name+from+to, 4)) && (!way.knativeAlone || from == "serverless" || to == "serverless") {
					followSwitch(t, way, from, to)
				}
			})
		})
	}
}

func followSwitch(t *testing.T, way wayIn, from, to string) {
	t.Helper()
	s := way.strategy
	start := func(mode string) *switchedService {
		w := &switchedService{cluster: switching(t, mode), former: slices.Clone(servingRefs[mode])}
		if way.prepare != nil {
			w.former = append([]string{"Deployment/chat-router"}, servingRefs[mode]...)
		}
		w.config = map[string]string{"ingress": way.ingress}
		if way.prepare != nil {
			way.prepare(w.cluster)
		}
		w.former = append(w.former, proberRefs(mode)...)
		for range 3 {
			w.apply(t, s, w.sync(t))
		}
		return w
	}
	w := start(from)
	before := view{t, w.sync(t)}
	before.isCondition("Ready", "True", "")
	w.engine(t, to)
	alone := start(to)
	if way.edit != nil {
		way.edit(w.cluster)
		alone = start(to)
		way.edit(alone.cluster)
		alone.newIsReady = true
		for range 4 {
			alone.apply(t, s, alone.sync(t))
		}
	}
	want := alone.sync(t)

	last, unchanged := "", 0
	for i := range 24 {
		response := w.sync(t)
		v := view{t, response}
		consistent(v)
		state := fmt.Sprintf("step %d: %v, bridges %v", i, v.refs(), backendsOf(v))
		// What is in the cluster when nothing of the answer has been applied but its deletions: what led to a
		// pod that served still does.
		remaining := before.among(v)
		left := *w
		left.cluster = &cluster{children: w.among(t, v)}
		left.knativeServes = w.knativeServes && contains(v.refs(), "KnativeService/chat-engine")
		for _, service := range append(backendsOf(remaining), servicesIn(remaining, "chat")...) {
			if w.leadsToServingPods(t, before, service) {
				assert.True(t, left.leadsToServingPods(t, remaining, service), "requests to %s are lost while the answer is applied: %s", service, state)
			}
		}
		if !w.newIsReady {
			assert.ElementsMatch(t, routesOf(before), routesOf(v), "routes follow when the new workload serves: %s", state)
		}
		for _, address := range []string{response.Status.URL, addressOf(response), response.Status.Components[v1beta1.EngineComponent].URL} {
			parsed, err := url.Parse(address)
			require.NoError(t, err)
			if service, isInCluster := strings.CutSuffix(parsed.Hostname(), ".default.svc.cluster.local"); isInCluster {
				exists := w.leadsToServingPods(t, before, service) || w.leadsToServingPods(t, v, service)
				assert.True(t, exists, "nothing answers at %s: %s", address, state)
			}
		}
		_, _, lost := v.condition("Serving")
		assert.NotContains(t, lost, ": Service ", "requests arrive: %s", state) // pods are not shown here
		w.apply(t, s, response)
		for _, service := range backendsOf(v) {
			assert.True(t, w.leadsToServingPods(t, v, service), "a route leads to %s, which leads to no pod that serves: %s", service, state)
		}
		text := objectsAndAddresses(t, response)
		if text == last {
			unchanged++
		} else {
			unchanged = 0
		}
		last, before = text, v
		if unchanged >= 1 && !w.newIsReady {
			w.newIsReady = true // nothing goes on before the new workload is ready
			unchanged = 0
			w.apply(t, s, response)
		}
		if unchanged >= 2 {
			break
		}
	}
	assert.Equal(t, string(childrenText(t, []*sync.Response{want})), string(childrenText(t, []*sync.Response{before.Response})), "as if the service had always had the mode")
	before.isCondition("Ready", "True", "")
	assert.Equal(t, want.Status.URL, before.Status.URL)
	assert.Equal(t, want.Status.Address, before.Status.Address)
}

// addressOf is the address inside the cluster; empty without one.
func addressOf(response *sync.Response) string {
	if response.Status.Address == nil {
		return ""
	}
	return response.Status.Address.URL
}
