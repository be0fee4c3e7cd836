package sync

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/status"
)

// ReasonModeChanging: a component changes its mode and both workloads run until
// the new one is ready and requests go to it. Seen in SpecHonored. Fix: wait; if the new
// workload does not become ready, see the condition of the component.
const ReasonModeChanging = "ModeChanging"

// retainFormerWorkload repeats the workload of a component's former mode, with what serves it, until
// requests go to the new one:
//
//	the new workload        requests go to    what leads them there
//	─────────────────────────────────────────────────────────────────────────────────────────────
//	is not ready            the former one    all that did, as last applied
//	is not ready and serves the new one       what was computed; the former workload stays, though nothing of
//	                                          it serves
//	is ready                the new one       what was computed; the former workload stays until
//	                                          that has been applied
//	is alone                the new one       what was computed, on its pods alone until those of the former
//	                                          one have gone: they are deleted a moment after it
//
// Knative makes the Service object in front of a component by itself, and needs its name. While the
// name is Knative's and requests go to the workload of another mode, they go by a second Service
// object, the bridge: to the former workload from the moment at which Knative could serve, and to the
// new one until Knative's Service object has gone.
func retainFormerWorkload(
	c *modes.Component, service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	former := formerWorkloads(c, current, desired.children)
	if len(former) == 0 {
		if current.podsOfOtherModesRun(c) {
			desired.children = withOwnPodsPinned(desired.children, c, current)
		}
		return bridgeToOwnPods(c, service, current, desired), nil
	}
	onlyNewServes := current.onlyNewServes(c, former, desired.children)
	isReady := workloadIsReady(c, service, current, desired) || onlyNewServes && desired.hasCanaryInReplicas(c)
	if isReady || onlyNewServes {
		return moveToNewWorkload(c, former, isReady, service, current, desired, record)
	}
	return stayWithFormerWorkload(c, former, service, current, desired, record)
}

// stayWithFormerWorkload repeats all that leads requests to the former workload of a component. Until the
// new one is ready, nothing that both modes would write changes, except that Knative gets the name that
// it needs once its pods are ready.
func stayWithFormerWorkload(
	c *modes.Component, former []childKey, service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	record.AddFinding(string(c.Type)+"/mode", ReasonModeChanging,
		"the "+string(c.Type)+" changes to mode "+string(c.Mode)+": what served before stays until the new workload is ready")
	ofCanary := desired.canaryOf(c).objects
	isFormer := func(object *unstructured.Unstructured) bool {
		isOwn := isDesiredWorkload(object, desired.children, c.Type) || ofCanary[keyOf(object)] != nil
		return componentOf(object) == c.Type && !isOwn || isRoute(object)
	}
	out := desired.withFormerServing(c.Type)
	out.children = withoutNewRoutes(current, desired.children)
	var problem *finding.Finding
	if out.children, problem = retainSelected(isFormer, current, out.children, record, string(c.Type), whyModeChanges); problem != nil {
		return desired, problem
	}
	switch {
	case isKnativeService(former):
		out.children = out.children.without(ownService(c)) // Knative's
	case c.Mode == v1beta1.Serverless:
		out = leaveNameToKnative(c, service, current, out)
	}
	leading := current.servingFirst(c, former)
	formerServes := len(leading) > 0 && current.someServes(c, leading[0])
	comesBack := func(service childKey) bool {
		return formerServes && !current.newServesBehind(service, c, desired.children)
	}
	out.children = withoutIdleCanary(withServicesPinned(out.children, c, leading, comesBack, current), c, current)
	return out, nil
}

// withoutIdleCanary leads the routes that stay away from a canary that takes no requests any more, because it or its
// Service object was deleted, or nothing of it serves: its share goes to the pods beside it.
func withoutIdleCanary(all children, c *modes.Component, current observedState) children {
	canary := names.Canary(c.Name)
	_, isReachable := current.child(childKey{kinds.Service, names.Service(canary)})
	if isReachable && status.RolloutOf(current.namespace, current.children, canary).Serves {
		return all
	}
	out, port := all, firstPortForTCP(all[ownService(c)])
	for _, key := range all.keysOfKind(kinds.HTTPRoute) {
		route := withBackends(all[key], func(backends []any) []any {
			others := slices.DeleteFunc(slices.Clone(backends), func(item any) bool { return backendName(item) == names.Service(canary) })
			switch {
			case len(others) > 0:
				return others
			case len(backends) == 0 || port == 0:
				return backends
			}
			own := maps.Clone(backends[0].(map[string]any)) // it had all requests
			own["name"], own["port"], own["weight"] = names.Service(c.Name), port, int64(1)
			return []any{own}
		})
		if route != nil {
			out = out.with(children{key: route})
		}
	}
	return out
}

// withoutNewRoutes leaves out routes that do not exist yet: they would lead the hosts of the service to a
// workload that does not serve.
func withoutNewRoutes(current observedState, desired children) children {
	out := desired.with(nil)
	for key, object := range desired {
		if _, exists := current.child(key); !exists && isRoute(object) {
			delete(out, key)
		}
	}
	return out
}

// whyModeChanges is why something is repeated while a component changes its mode.
var whyModeChanges = &finding.Finding{Reason: ReasonModeChanging, Message: "the mode changes"}

// leaveNameToKnative leaves the name of the component's Service object to Knative, which takes it when a
// revision is ready and not before. Requests to the former workload then go by the bridge; the name is
// left when the bridge is there and neither a route nor the status leads to the name any more.
func leaveNameToKnative(c *modes.Component, service inferenceService, current observedState, desired desiredState) desiredState {
	own, bridge := ownService(c), bridgeService(c)
	workload, _ := current.child(workloadKey(c))
	model := desired.children[own]
	if model == nil {
		model = desired.children[bridge]
	}
	if model == nil || !status.NewestRevisionIsReady(workload.Object) {
		return desired
	}
	out := desired.withBridge(c, model, current)
	if _, exists := current.child(bridge); exists && !current.someRouteLeadsTo(own.name) && !out.statusLeadsTo(own, service) {
		out.children = out.children.without(own)
	}
	return out
}

// onlyNewServes reports whether nothing of the former workloads of a component serves and some of the new one does.
func (s observedState) onlyNewServes(c *modes.Component, former []childKey, desired children) bool {
	formerServes := slices.ContainsFunc(former, func(key childKey) bool { return s.someServes(c, key) })
	return c.Mode != v1beta1.Serverless && !formerServes && s.newServes(c, desired)
}

// moveToNewWorkload leads requests to the new workload, and repeats the former one until the new one is ready and
// all that leads requests there has been applied.
func moveToNewWorkload(
	c *modes.Component, former []childKey, isReady bool, service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	own := ownService(c)
	out := desired
	if _, exists := current.child(own); isKnativeService(former) && !exists && desired.children[own] != nil {
		out = desired.withBridge(c, desired.children[own], current)
		out.children = out.children.without(own) // Knative's, until its workload has gone
	}
	out.children = withOwnPodsPinned(out.children, c, current)
	awaited := out.firstTrafficObjectNotApplied(c, current)
	if bridge := bridgeService(c); awaited == "" && out.children[bridge] == nil && out.statusLeadsTo(bridge, service) {
		awaited = "the addresses in its status"
	}
	if isReady && awaited == "" {
		return out, nil
	}
	message := fmt.Sprintf("the %s has changed to mode %s: what served before stays until requests go to the new workload by %s", c.Type, c.Mode, awaited)
	if !isReady {
		message = fmt.Sprintf("the %s changes to mode %s: nothing of what ran before serves, so that requests go to the new workload; "+
			"the former one stays until that is ready", c.Type, c.Mode)
	}
	record.AddFinding(string(c.Type)+"/mode", ReasonModeChanging, message)
	isFormer := func(object *unstructured.Unstructured) bool {
		key := keyOf(object)
		return out.children[key] == nil && key != own && (componentOf(object) == c.Type || isRoute(object))
	}
	var problem *finding.Finding
	out.children, problem = retainSelected(isFormer, current, out.children, record, string(c.Type), whyModeChanges)
	return out, problem
}

// bridgeToOwnPods keeps a bridge to the pods of a component until its own Service object is there again and
// neither a route nor the status leads to the bridge any more.
func bridgeToOwnPods(c *modes.Component, service inferenceService, current observedState, desired desiredState) desiredState {
	own, bridge := ownService(c), bridgeService(c)
	wanted := desired.children[own]
	if _, exists := current.child(bridge); !exists || wanted == nil {
		return desired
	}
	if !current.hasApplied(own, wanted) {
		return desired.withBridge(c, wanted, current)
	}
	out := desired
	if current.someRouteLeadsTo(bridge.name) || desired.statusLeadsTo(bridge, service) {
		out.children = out.children.with(children{bridge: makeBridge(c, wanted)})
	}
	return out
}

// formerWorkloads are the observed workloads of a component that the desired children do
// not contain: workloads of another mode, or of a name that changed.
func formerWorkloads(c *modes.Component, current observedState, desired children) []childKey {
	var former []childKey
	mode, _ := modes.Of(c.Mode)
	for _, key := range current.workloadsOf(c.Type, desired) {
		isReplica := mode.ReplicasAreObjects && key.kind == mode.Workload // fewer objects are fewer replicas
		if !isReplica && !isBesideWorkload(c, key) {
			former = append(former, key)
		}
	}
	return former
}

// isBesideWorkload reports whether a child is a Deployment beside the workload of the component: one that
// watches a Ray cluster and serves nothing itself, or the canary that the component may have in its mode.
// Where the mode changes, a canary is a former workload like another one.
func isBesideWorkload(c *modes.Component, key childKey) bool {
	if key.kind != kinds.Deployment || key.name == c.Name {
		return false
	}
	mode, _ := modes.Of(c.Mode)
	return key.name != names.Canary(c.Name) || mode.Canary == modes.CanaryInWorkloadBeside
}

// isDesiredWorkload reports whether an observed child is a workload that is desired for
// the component.
func isDesiredWorkload(object *unstructured.Unstructured, desired children, component v1beta1.ComponentType) bool {
	key := keyOf(object)
	wanted := desired[key]
	return wanted != nil && slices.Contains(modes.WorkloadKinds(), key.kind) && componentOf(wanted) == component
}

// workloadIsReady reports whether the component's own workload serves already.
func workloadIsReady(c *modes.Component, service inferenceService, current observedState, desired desiredState) bool {
	return status.Available(service.given, current.children, componentView(c, desired))
}

// canaryOf is the canary that a component has in its mode; empty without one.
func (d desiredState) canaryOf(c *modes.Component) canary {
	for _, component := range d.components {
		if component.Type == c.Type {
			return component.canary
		}
	}
	return canary{}
}

// hasCanaryInReplicas reports whether a component has a canary in the replicas of its workload. That workload was
// rolled out before: the component has left its mode and come back. A canary that never serves keeps nothing that
// serves nothing either.
func (d desiredState) hasCanaryInReplicas(c *modes.Component) bool {
	running := d.canaryOf(c)
	isUnderWay := running.state != nil && (running.state.Reason == ReasonCanaryStarting || running.state.Reason == ReasonCanaryRunning)
	return running.name == "" && isUnderWay
}

// isKnativeService reports whether one of the workloads is Knative's.
func isKnativeService(workloads []childKey) bool {
	return slices.ContainsFunc(workloads, func(key childKey) bool { return key.kind == kinds.KnativeService })
}

// ownService is the Service object in front of a component, which Knative makes in mode Serverless.
func ownService(c *modes.Component) childKey { return childKey{kinds.Service, names.Service(c.Name)} }

// bridgeService is the Service object that leads requests in the place of ownService.
func bridgeService(c *modes.Component) childKey { return childKey{kinds.Service, names.Bridge(c.Name)} }

// makeBridge makes the bridge of a component like a Service object that leads to the same pods. It is
// reached from inside the cluster only.
func makeBridge(c *modes.Component, like *unstructured.Unstructured) *unstructured.Unstructured {
	bridge := like.DeepCopy()
	bridge.SetName(bridgeService(c).name)
	if kind, _, _ := unstructured.NestedString(bridge.Object, "spec", "type"); kind == "LoadBalancer" {
		_ = unstructured.SetNestedField(bridge.Object, "ClusterIP", "spec", "type") // the path was just read
		unstructured.RemoveNestedField(bridge.Object, "spec", "loadBalancerIP")
	}
	return bridge
}

// withBridge adds the bridge of a component, like a Service object that leads to the same pods, and leads
// the routes to the component by it.
func (d desiredState) withBridge(c *modes.Component, like *unstructured.Unstructured, current observedState) desiredState {
	bridge := bridgeService(c)
	_, exists := current.child(bridge)
	out := d
	out.bridges = append(slices.Clone(d.bridges), bridged{from: ownService(c), to: bridge, exists: exists})
	out.children = d.children.with(children{bridge: makeBridge(c, like)})
	for _, key := range d.children.sortedKeys() {
		if route := withBackendRenamed(d.children[key], ownService(c).name, bridge.name); route != nil {
			out.children[key] = route
		}
	}
	return out
}

// bridged is a Service object in whose place another one leads requests, from the moment at which it exists.
type bridged struct {
	from, to childKey
	exists   bool
}

// statusLeadsTo reports whether the status of a service names an address of a Service object.
func (d desiredState) statusLeadsTo(key childKey, service inferenceService) bool {
	return slices.ContainsFunc(service.given.Status.ReportedAddresses(), func(address string) bool {
		to, _, isInCluster := d.serviceInCluster(address)
		return isInCluster && to == key
	})
}

// withFormerServing notes that requests go to the former workload of a component.
func (d desiredState) withFormerServing(component v1beta1.ComponentType) desiredState {
	out := d
	out.formerServes = append(slices.Clone(d.formerServes), component)
	return out
}

// firstTrafficObjectNotApplied names the first object that leads requests to a component and is not yet in
// the cluster as it is desired; empty where all are.
func (d desiredState) firstTrafficObjectNotApplied(c *modes.Component, current observedState) string {
	keys := append([]childKey{ownService(c), bridgeService(c)}, d.routes.keys...)
	for _, key := range keys {
		wanted := d.children[key]
		if _, taken := current.ownerOfTakenName(key); wanted == nil || taken || current.hasApplied(key, wanted) {
			continue
		}
		return wanted.GetKind() + " " + key.name
	}
	return ""
}

// hasApplied reports whether a child is in the cluster as it is wanted.
func (s observedState) hasApplied(key childKey, wanted *unstructured.Unstructured) bool {
	existing, exists := s.child(key)
	if !exists {
		return false
	}
	if known, differs := existing.lacksSpec(wanted, ""); known {
		return !differs
	}
	object := existing.decode()
	return object != nil && child.Contains(object.Object["spec"], wanted.Object["spec"])
}

// someRouteLeadsTo reports whether an observed route leads to a Service object.
func (s observedState) someRouteLeadsTo(service string) bool {
	return slices.ContainsFunc(routeKinds(), func(kind kinds.Kind) bool { return s.someOfKindLeadsTo(kind, service) })
}

// someOfKindLeadsTo reports so of the routes of one kind.
func (s observedState) someOfKindLeadsTo(kind kinds.Kind, service string) bool {
	return slices.ContainsFunc(s.keysOf(kind), func(key childKey) bool {
		route, _ := s.child(key)
		object := route.decode()
		return object == nil || withBackendRenamed(object, service, service) != nil
	})
}

// withBackendRenamed copies a route and leads it to another Service object in the place of one; nil for an
// object that does not lead to that.
func withBackendRenamed(route *unstructured.Unstructured, from, to string) *unstructured.Unstructured {
	var backends func(value any) bool
	switch keyOf(route).kind {
	case kinds.HTTPRoute:
		backends = func(value any) bool { return renameBackend(value, "backendRefs", from, to) }
	case kinds.Ingress:
		backends = func(value any) bool { return renameBackend(value, "service", from, to) }
	default:
		return nil
	}
	renamed := route.DeepCopy()
	if !backends(renamed.Object["spec"]) {
		return nil
	}
	return renamed
}

// renameBackend gives another name to each object, or item of a list, in the fields of a name anywhere
// below a value that has a given name; found is false where there is none.
func renameBackend(value any, field, from, to string) (found bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if name == field {
				found = renameIn(member, from, to) || found
				continue
			}
			found = renameBackend(member, field, from, to) || found
		}
	case []any:
		for _, item := range v {
			found = renameBackend(item, field, from, to) || found
		}
	}
	return found
}

// renameIn renames an object, or each item of a list, that has a given name.
func renameIn(value any, from, to string) (found bool) {
	switch v := value.(type) {
	case map[string]any:
		if v["name"] == from {
			v["name"] = to
			return true
		}
	case []any:
		for _, item := range v {
			found = renameIn(item, from, to) || found
		}
	}
	return found
}

// without are these children without one.
func (c children) without(key childKey) children {
	out := c.with(nil)
	delete(out, key)
	return out
}
