package sync

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/resolve"
	"github.com/isvc-io/isvc/sync/status"
)

// respond answers with the desired children, the status and the findings. The failure is
// why the service as a whole could not be computed; nil if it was.
func respond(
	req *Request, service inferenceService, current observedState, desired desiredState,
	failure *finding.Finding, record *trace.Recorder,
) *Response {
	response := &Response{
		Status: status.Compute(&status.Input{
			Parent: service.given, Now: req.Now, ServiceMode: service.mode,
			Components: componentViews(service, current, desired, configOf(req)),
			// Nil when pods were not asked for.
			Children: current.children, Pods: req.Related[kinds.Pod],
			Runtime: runtimeView(current, desired),
			Failure: failure, Ingress: ingressView(service, current, desired), Findings: record.Findings(), Held: heldUpdates(desired),
			Overlays: overlaysView(desired), Autoscalers: observedAutoscalers(service, current, desired),
		}),
		Partial:  retainedParts(desired),
		Held:     heldUpdates(desired),
		Findings: record.Findings(),
		Trace:    record.Entries(),
	}
	for _, key := range desired.children.sortedKeys() {
		response.Children = append(response.Children, desired.children[key])
	}
	return response
}

// retainedParts lists the parts of the service whose children were repeated because they
// could not be computed.
func retainedParts(desired desiredState) []finding.Finding {
	var parts []finding.Finding
	for _, component := range desired.components {
		if problem := component.Problem; problem != nil {
			parts = append(parts, finding.Finding{
				Subject: string(component.Type), Reason: problem.Reason, Message: problem.Message})
		}
	}
	if problem := desired.routes.problem; problem != nil && !desired.routes.entryFailed {
		parts = append(parts, finding.Finding{Subject: "ingress", Reason: problem.Reason, Message: problem.Message})
	}
	return parts
}

// heldUpdates lists the components whose pods keep their template until somebody releases it. Those that
// keep it for a canary are none of them.
func heldUpdates(desired desiredState) []finding.Finding {
	var held []finding.Finding
	for _, component := range desired.components {
		if component.held != nil && !isOfRollout(component.held.Reason) {
			held = append(held, *component.held)
		}
	}
	return held
}

// componentViews are the components as the status sees them. The components of a service
// that could not be resolved are known by their type only.
func componentViews(
	service inferenceService, current observedState, desired desiredState, conf *config.Config,
) []status.Component {
	var views []status.Component
	usage := desired.usage(current, conf)
	if desired.components == nil {
		isPassedBy := service.effective.Spec.Router != nil && current.engineTakesRequests(service.given)
		for _, component := range compose.ComponentTypes(service.effective) {
			views = append(views, status.Component{
				Type: component, Usage: usage[component], IsPassedBy: isPassedBy && component != v1beta1.EngineComponent,
			})
		}
		return views
	}
	for _, component := range desired.components {
		if component.Component == nil {
			views = append(views, status.Component{
				Type: component.Type, Problem: component.Problem, Usage: usage[component.Type], IsPassedBy: desired.passesBy(component.Type),
			})
			continue
		}
		view := componentView(component.Component, desired)
		view.Problem, view.Usage = component.Problem, usage[component.Type]
		view.Autoscaler, view.ScaleTarget = autoscalerInForce(component.Component, current)
		if component.keptWhole {
			view.Mode = "" // that of the workload that stays
		}
		view.Updating = firstUpdating(component, current, desired.children)
		view.Canary = canaryView(component.canary)
		if component.Problem != nil || component.keptWhole {
			view.Canary = current.canaryThatStays(component.Component)
		}
		if slices.Contains(desired.formerServes, component.Type) {
			view.Former = formerAddresses(service.given.Status.Components[component.Type], desired)
		}
		view.IsPassedBy = desired.passesBy(component.Type)
		view.Services = trafficObjects(component.children.keysOfKind(kinds.Service), current, desired)
		views = append(views, view)
	}
	return views
}

// usage is what the pods of each component ask for, by what is sent.
func (d desiredState) usage(current observedState, conf *config.Config) map[v1beta1.ComponentType]capacity.Usage {
	known := accelerators.Known(conf)
	for _, component := range slices.Sorted(maps.Keys(d.accelerators)) {
		if chosen := d.accelerators[component]; chosen != nil {
			known = known.WithClass(chosen.Class)
		}
	}
	counter := capacity.Counter{
		Objects: slices.Collect(maps.Values(d.children)), Shown: current.children, Accelerators: known,
		Pods: current.pods,
	}
	return counter.ByComponent()
}

// runtimeView is the runtime as the status sees it: for a service that is not resolved, that of the workloads
// that stay, whose kind is not known. Nil without one.
func runtimeView(current observedState, desired desiredState) *status.Runtime {
	former := current.formerRuntime()
	switch {
	case desired.runtime != nil:
		return &status.Runtime{Kind: desired.runtime.Kind, Name: desired.runtime.Name}
	case desired.components == nil && former != "":
		return &status.Runtime{Name: former}
	}
	return nil
}

// canaryView is the canary of a component as the status sees it; nil without one.
func canaryView(running canary) *status.Canary {
	if running.state == nil {
		return nil
	}
	return &status.Canary{
		Name: running.name, Serves: running.serves, Percent: running.percent,
		Starts: running.state.Reason == ReasonCanaryStarting, IsPromoted: running.name != "" && running.state.Reason == ReasonCanaryPromoting,
		SharesPods: running.beside != nil && running.beside.SharesPods, State: *running.state,
	}
}

// canaryThatStays is the canary of a component of which all stays as it was applied last; nil without one.
func (s observedState) canaryThatStays(c *modes.Component) *status.Canary {
	name := names.Canary(c.Name)
	rollout := status.RolloutOf(s.namespace, s.children, name)
	if !rollout.Exists {
		return nil
	}
	weight := int64(s.weightOfBackend(names.Service(name)))
	out := &status.Canary{Name: name, SharesPods: s.selectsCanaryToo(ownService(c))}
	out.Serves = rollout.Serves && (weight > 0 || out.SharesPods)
	if weight > 0 {
		out.Percent = &weight
	}
	reason := ReasonCanaryStarting
	if out.Serves {
		reason = ReasonCanaryRunning
	}
	out.State = *canaryState(c, reason, fmt.Sprintf("the canary of the %s in Deployment %s stays as it is while the %s cannot change", c.Type, name, c.Type))
	return out
}

// componentView is a composed component as the status sees it, without what must be
// compared with the cluster.
func componentView(c *modes.Component, desired desiredState) status.Component {
	replicas := c.Scaling.Min
	if mode, _ := modes.Of(c.Mode); mode.MaxReplicas > 0 {
		replicas = min(replicas, mode.MaxReplicas)
	}
	return status.Component{
		Type: c.Type, Mode: c.Mode, Name: c.Name, Replicas: replicas,
		URL:         desired.byBridge(desired.routes.addresses.Components[c.Type]),
		Accelerator: selectedAccelerator(desired.accelerators[c.Type]),
	}
}

// firstUpdating names the first workload of a component that exists and of which another specification was
// applied last than is desired now; empty without one. The number of replicas does not count, because an
// autoscaler moves it and more replicas leave those that serve alone. Under server-side apply, and where the
// last-applied annotation cannot be read, only a change of the pod template is seen: what it was made from
// is on the workload.
func firstUpdating(component builtComponent, current observedState, desired children) string {
	mode, _ := modes.Of(component.Component.Mode)
	keys := component.children.keysOfKind(mode.Workload)
	at := slices.IndexFunc(keys, func(key childKey) bool {
		wanted := desired[key]
		existing, exists := current.child(key)
		if wanted == nil || !exists {
			return false
		}
		if known, differs := existing.lacksSpec(wanted, mode.ReplicasPath); known {
			return differs
		}
		object := existing.decode()
		return object != nil && madeFromAnother(object, wanted) && !child.Contains(object.Object["spec"], wanted.Object["spec"])
	})
	if at < 0 {
		return ""
	}
	return keys[at].name
}

// lacksSpec reports whether another specification was applied last to a child than is wanted; known is false
// where the annotation does not say what was applied. A path of the specification that does not count may
// be given.
func (c observedChild) lacksSpec(wanted *unstructured.Unstructured, except string) (known, differs bool) {
	applied := c.lastAppliedText()
	if applied == nil {
		return false, false
	}
	// Metacontroller writes the annotation as JSON in the same form, so that a child at rest has the same
	// text, and is not decoded.
	if text, err := child.JSON(wanted.Object); err != nil || bytes.Equal(text, applied) {
		return true, false
	}
	last, source, ok := child.LastApplied(c.decode())
	if !ok || source != child.FromAnnotation {
		return false, false
	}
	return true, !child.Equal(specExcept(last, except), specExcept(wanted, except))
}

// awaitsSpec reports whether a child shows that the specification that is wanted has not arrived: by what
// was applied last, or, under server-side apply, because the fields that were applied are others or have
// other values. Where a child shows neither, nothing is known to be missing.
func (c observedChild) awaitsSpec(wanted *unstructured.Unstructured) bool {
	if known, differs := c.lacksSpec(wanted, ""); known {
		return differs
	}
	object := c.decode()
	if object == nil {
		return false
	}
	last, source, ok := child.LastApplied(object)
	if !ok || source != child.FromManagedFields {
		return false
	}
	return !child.ContainsInAnyOrder(object.Object["spec"], wanted.Object["spec"]) || !child.ContainsInAnyOrder(wanted.Object["spec"], last.Object["spec"])
}

// specExcept is the specification of an object without the field at a path such as "spec.replicas".
func specExcept(object *unstructured.Unstructured, path string) any {
	if path == "" {
		return object.Object["spec"]
	}
	copied := object.DeepCopy()
	unstructured.RemoveNestedField(copied.Object, strings.Split(path, ".")...)
	return copied.Object["spec"]
}

// addressesInForce are the addresses outside and inside the cluster that requests take now: those of before
// while a former workload serves, and by a bridge where there is one.
func addressesInForce(service inferenceService, desired desiredState) (outside, inside string) {
	outside, inside = desired.routes.addresses.URL, desired.routes.addresses.Address
	if previous := service.given.Status; len(desired.formerServes) > 0 && previous.URL != "" {
		outside, inside = previous.URL, ""
		if previous.Address != nil {
			inside = previous.Address.URL
		}
	}
	return desired.unlessTaken(desired.byBridge(outside)), desired.unlessTaken(desired.byBridge(inside))
}

// routesInForce are the objects that lead to the service as a whole: the computed ones, or all that are
// there while a former workload serves.
func (d desiredState) routesInForce() []childKey {
	if len(d.formerServes) == 0 {
		return d.routes.keys
	}
	return slices.DeleteFunc(d.children.sortedKeys(), func(key childKey) bool { return !isRoute(d.children[key]) })
}

// serviceInCluster is the Service object to which an address inside the cluster leads; ok is false for any
// other address.
func (d desiredState) serviceInCluster(address string) (key childKey, parsed *url.URL, ok bool) {
	parsed, err := url.Parse(address)
	if err != nil {
		return childKey{}, nil, false
	}
	suffix := d.routes.addresses.InClusterSuffix
	name, ok := strings.CutSuffix(parsed.Hostname(), suffix)
	return childKey{kinds.Service, name}, parsed, ok && name != "" && suffix != ""
}

// formerAddresses are the addresses of a component before its mode changed, by a bridge where there is one.
func formerAddresses(before v1beta1.ComponentStatusSpec, desired desiredState) *status.Addresses {
	former := &status.Addresses{URL: desired.byBridge(before.URL)}
	if before.Address != nil {
		former.Address = before.Address.DeepCopy()
		former.Address.URL = desired.byBridge(before.Address.URL)
	}
	return former
}

// bridgeInPlaceOf names the bridge that leads requests in the place of a Service object; empty where none does.
func (d desiredState) bridgeInPlaceOf(service childKey) string {
	for _, bridge := range d.bridges {
		if bridge.exists && bridge.from == service {
			return bridge.to.name
		}
	}
	return ""
}

// byBridge is an address with the bridge in the place of the Service object that is not there, or about to go.
func (d desiredState) byBridge(address string) string {
	key, parsed, isInCluster := d.serviceInCluster(address)
	for _, bridge := range d.bridges {
		if isInCluster && bridge.from == key && (bridge.exists || d.children[key] == nil) {
			parsed.Host = strings.Replace(parsed.Host, key.name, bridge.to.name, 1)
			return parsed.String()
		}
	}
	return address
}

// unlessTaken is an address of the service; empty where the Service object of that name is somebody
// else's, so that requests would reach what nobody asked for.
func (d desiredState) unlessTaken(address string) string {
	key, _, isInCluster := d.serviceInCluster(address)
	if owner, taken := d.taken[key]; isInCluster && taken && !owner.leaves {
		return ""
	}
	return address
}

// trafficObjects are objects that lead requests to the service, as the status sees them. One that is not
// desired in the end, because a change of the mode has taken its name, is left out.
func trafficObjects(keys []childKey, current observedState, desired desiredState) []status.Object {
	var objects []status.Object
	for _, key := range keys {
		object := status.Object{Kind: key.kind, Name: key.name, Bridge: desired.bridgeInPlaceOf(key)}
		wanted, owner := desired.children[key], desired.taken[key]
		switch {
		case owner.words != "":
			object.Owner, object.OwnerLeaves = owner.words, owner.leaves
		case wanted == nil:
			continue
		default:
			existing, _ := current.child(key)
			object.NotApplied = existing.awaitsSpec(wanted) && !(desired.hasCanary() && existing.awaitsSharesOnly(wanted))
			object.HostOwner, object.Host = current.ownerOfTakenHost(key, wanted)
		}
		objects = append(objects, object)
	}
	return objects
}

// madeFromAnother reports whether a workload says of its pod template that it was made from something
// else, or released with another text, than a wanted one.
func madeFromAnother(object, wanted *unstructured.Unstructured) bool {
	was, is := object.GetAnnotations(), wanted.GetAnnotations()
	return was[v1beta1.AnnotationInput] != "" &&
		(was[v1beta1.AnnotationInput] != is[v1beta1.AnnotationInput] || was[v1beta1.AnnotationRelease] != is[v1beta1.AnnotationRelease])
}

// selectedAccelerator is an accelerator class as the status shows it; nil without one.
func selectedAccelerator(chosen *resolve.Accelerator) *v1beta1.SelectedAccelerator {
	if chosen == nil {
		return nil
	}
	return &v1beta1.SelectedAccelerator{
		AcceleratorClass: chosen.Name,
		Reason:           chosen.Reason,
		NodeSelector:     chosen.Class.Spec.Discovery.NodeSelector,
	}
}

// overlaysView are the overlays as the status sees them; nil where they are not known.
func overlaysView(desired desiredState) *status.Overlays {
	if desired.overlays == nil {
		return nil
	}
	view := &status.Overlays{Skipped: desired.overlays.Skipped}
	for _, model := range desired.overlays.Mounted {
		view.Mounted = append(view.Mounted, v1beta1.MountedOverlay{
			Name: model.Name, EnvVar: names.OverlayVariable(model.Name), MountPath: names.OverlayPath(model.Name),
			Distribution: cmp.Or(model.Spec.Distribution, v1beta1.DistributionPerNode),
		})
	}
	return view
}

// ingressView is how the service is reached, as the status sees it.
func ingressView(service inferenceService, current observedState, desired desiredState) status.Ingress {
	routes := desired.routes
	address, inside := addressesInForce(service, desired)
	return status.Ingress{
		Disabled: routes.disabled,
		Problem:  routes.problem,
		URL:      address,
		Address:  inside,
		Objects:  trafficObjects(desired.routesInForce(), current, desired),
	}
}
