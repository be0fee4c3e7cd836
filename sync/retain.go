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
	"github.com/isvc-io/isvc/sync/observed"
)

// ReasonWouldStopServing: the computed children would delete every workload of
// a service that still wants one; all are kept. Seen in Ready. Fix: correct
// what the other conditions name, or delete the service to stop it.
const ReasonWouldStopServing = "WouldStopServing"

// retain returns the desired state with what must not go or change yet:
//
//	observed child             desired                                what happens to the child
//	─────────────────────────────────────────────────────────────────────────────────────────────
//	of a component             the component was built                as built; deleted if not built
//	of a component             the component has a problem, or its    as last applied
//	                           former mode is kept
//	of no component, no route  a component has a problem              as last applied, unless built
//	a canary's                 the canary ends, and requests may go   as last applied
//	                           to it
//	a route                    the routes or any component has a      as last applied, with the shares
//	                           problem or is kept in its former mode, that other components have now
//	                           or changes its mode
//	the model's ConfigMap      it has a problem                       as last applied
//	an account or ConfigMap    not desired, and a kept pod template   as last applied, with the rights
//	                           or a pod refers to it                  of the account
//	a former workload          the new one is not ready               as last applied, with all that
//	                                                                  serves it
//	a former workload          the new one is ready, and requests go  deleted
//	                           to it
//	a router that was removed  requests still go to it                as last applied, with all else
//	                                                                  of components that were removed
//	every workload             no workload, though pods are wanted    the whole service is held
//	with an immutable field    the field differs                      as built, with the observed
//	                                                                  field and what selects by it
//
// "As last applied" needs to know what was applied: where that is unknown, the whole
// service is held. The problem says why; the desired state is then the one given.
func retain(
	service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	out := desired
	var problem *finding.Finding
	for _, component := range desired.components {
		if out, problem = retainComponent(component, service, current, out, record); problem != nil {
			return desired, problem
		}
	}
	if out, problem = retainRemovedRouter(service, current, out, record); problem != nil {
		return desired, problem
	}
	if out.children, problem = retainCanaries(current, out, record); problem != nil {
		return desired, problem
	}
	if out.children, problem = retainRoutes(current, out, record); problem != nil {
		return desired, problem
	}
	if out.children, problem = retainModelConfig(current, out, record); problem != nil {
		return desired, problem
	}
	if out.children, problem = retainReferencesOfPods(current, out, record); problem != nil {
		return desired, problem
	}
	if problem := wouldStopServing(current, out); problem != nil {
		return desired, problem
	}
	out.children = retainImmutableFields(current, out.children, record)
	return out, nil
}

// retainComponent repeats the children of a component that has a problem, and the former
// workload of a component that changes its mode.
func retainComponent(
	component builtComponent, service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	why := component.Problem
	if component.keptWhole {
		why = component.held
	}
	if why == nil {
		return retainFormerWorkload(component.Component, service, current, desired, record)
	}
	ofComponent := func(object *unstructured.Unstructured) bool {
		owner := componentOf(object)
		return owner == component.Type || owner == "" && belongsToNothing(object, desired.children)
	}
	out := desired
	var problem *finding.Finding
	out.children, problem = retainSelected(ofComponent, current, desired.children, record, string(component.Type), why)
	return out, problem
}

// belongsToNothing reports whether nothing says what an observed child without a
// component is for: it is no route and not among the desired children. It stays while
// anything is in doubt.
func belongsToNothing(object *unstructured.Unstructured, desired children) bool {
	return desired[keyOf(object)] == nil && !isRoute(object)
}

// retainRoutes repeats the routes that exist where they could not be computed, and where
// the host of a component with a problem is missing in what was computed. Those that a
// change of the mode repeats are among the children already.
func retainRoutes(current observedState, desired desiredState, record *trace.Recorder) (children, *finding.Finding) {
	out, problem := desired.children, desired.whyRoutesStay()
	if problem != nil {
		var failure *finding.Finding
		if out, failure = retainSelected(isRoute, current, out, record, "service", problem); failure != nil {
			return nil, failure
		}
	}
	if desired.routes.problem != nil || problem == nil && len(desired.formerServes) == 0 {
		return out, nil
	}
	return desired.withShares(out), nil
}

// whyRoutesStay is why routes are repeated; nil where they are not.
func (d desiredState) whyRoutesStay() *finding.Finding {
	if d.routes.problem != nil {
		return d.routes.problem
	}
	for _, component := range d.components {
		switch {
		case d.routerAwaited && component.Type == v1beta1.RouterComponent:
			continue // no route leads to it
		case component.keptWhole:
			return component.held
		case component.Problem != nil && !d.routes.disabled:
			return component.Problem
		}
	}
	return nil
}

// withShares lets repeated HTTPRoutes share the requests to each component that was built, and does not change its
// mode, as they are shared now: a canary of one component does not wait for another component.
func (d desiredState) withShares(all children) children {
	out := all
	for _, component := range d.components {
		if component.Problem != nil || component.keptWhole || slices.Contains(d.formerServes, component.Type) {
			continue
		}
		for _, key := range all.keysOfKind(kinds.HTTPRoute) {
			if route := withBackends(out[key], component.backendsAmong); route != nil {
				out = out.with(children{key: route})
			}
		}
	}
	return out
}

// backendsAmong are the backends of a rule with the share that the canary of a component has now.
func (b builtComponent) backendsAmong(backends []any) []any {
	own, canary := names.Service(b.Component.Name), names.Service(names.Canary(b.Component.Name))
	isIts := func(item any) bool { return backendName(item) == own || backendName(item) == canary }
	at := slices.IndexFunc(backends, isIts)
	if at < 0 {
		return backends
	}
	var shares []any
	for _, share := range modes.BackendsOf(b.Component) {
		backend := maps.Clone(backends[at].(map[string]any))
		backend["name"], backend["port"], backend["weight"] = share.Service, int64(share.Port), int64(share.Weight)
		shares = append(shares, backend)
	}
	return slices.Insert(slices.DeleteFunc(slices.Clone(backends), isIts), at, shares...)
}

// backendName is the name of the Service object to which a backend of a route leads.
func backendName(backend any) string {
	fields, _ := backend.(map[string]any)
	name, _ := fields["name"].(string)
	return name
}

// withBackends returns an HTTPRoute with other backends in each rule; nil where nothing differs.
func withBackends(route *unstructured.Unstructured, change func([]any) []any) *unstructured.Unstructured {
	rules, _, _ := unstructured.NestedSlice(route.Object, "spec", "rules") // a copy
	changed := false
	for _, rule := range rules {
		fields, _ := rule.(map[string]any)
		backends, _ := fields["backendRefs"].([]any)
		if wanted := change(backends); !child.Equal(backends, wanted) {
			fields["backendRefs"], changed = wanted, true
		}
	}
	if !changed {
		return nil
	}
	out := route.DeepCopy()
	_ = unstructured.SetNestedSlice(out.Object, rules, "spec", "rules") // the path was just read
	return out
}

// isRoute reports whether an object leads to the service as a whole.
func isRoute(object *unstructured.Unstructured) bool {
	switch keyOf(object).kind {
	case kinds.Ingress, kinds.HTTPRoute, kinds.VirtualService:
		return true
	case kinds.Service:
		component := componentOf(object)
		return component == "" || component == v1beta1.ExternalServiceComponent
	}
	return false
}

// retainModelConfig repeats the ConfigMap that describes the model where it could not be
// made.
func retainModelConfig(current observedState, desired desiredState, record *trace.Recorder) (children, *finding.Finding) {
	problem := desired.modelConfigProblem
	if problem == nil {
		return desired.children, nil
	}
	isModelConfig := func(object *unstructured.Unstructured) bool { return keyOf(object).kind == kinds.ConfigMap }
	return retainSelected(isModelConfig, current, desired.children, record, "model", problem)
}

// ReasonStillReferredTo: nothing that was computed needs an account or a ConfigMap, pods that run refer to it, and
// what was last applied of it is not known. Seen in Ready. Fix: restore the last-applied annotation of the object that
// the message names, or wait until the pods have gone.
const ReasonStillReferredTo = "StillReferredTo"

// whyPodsNeedIt is why what pods refer to is repeated.
var whyPodsNeedIt = &finding.Finding{Reason: ReasonStillReferredTo, Message: "pods that run refer to it"}

// retainReferencesOfPods repeats what isvc made once and only a kept pod template or pods that run still
// refer to: the service account of the pods with its rights, and ConfigMaps. Without them a pod that
// is made anew from the template could not start, and one that serves would lose its rights.
func retainReferencesOfPods(current observedState, desired desiredState, record *trace.Recorder) (children, *finding.Finding) {
	held := whyPodsNeedIt
	referred := current.referencesOfPodsTo(desired.children)
	for _, component := range desired.components {
		if component.held == nil {
			continue
		}
		held = component.held
		for _, workload := range component.children {
			maps.Copy(referred, referencesOfTemplates(workload))
		}
	}
	if len(referred) == 0 {
		return desired.children, nil
	}
	rights := current.rightsOf(referred)
	isReferredTo := func(object *unstructured.Unstructured) bool {
		key := keyOf(object)
		return (referred[key] || rights[key]) && desired.children[key] == nil
	}
	return retainSelected(isReferredTo, current, desired.children, record, "what pods refer to", held)
}

// referencesOfTemplates are the accounts and ConfigMaps that the pod templates of a workload refer to.
func referencesOfTemplates(workload *unstructured.Unstructured) map[childKey]bool {
	referred := map[childKey]bool{}
	mode, ok := modes.OfWorkload(keyOf(workload).kind)
	if !ok {
		return referred
	}
	for _, found := range mode.FindPodTemplates(workload.Object) {
		maps.Copy(referred, referencesOfPod(found.Template))
	}
	return referred
}

// referencesOfPod are the accounts and ConfigMaps to which a pod or a template of pods refers.
func referencesOfPod(pod map[string]any) map[childKey]bool {
	account, _, _ := unstructured.NestedString(pod, "spec", "serviceAccountName")
	referred := map[childKey]bool{{kinds.ServiceAccount, account}: true}
	eachNameBelow(pod["spec"], []string{"configMap", "configMapRef", "configMapKeyRef"}, func(name string) {
		referred[childKey{kinds.ConfigMap, name}] = true
	})
	return referred
}

// referencesOfPodsTo are the children that are not desired any more and to which pods that run refer.
func (s observedState) referencesOfPodsTo(desired children) map[childKey]bool {
	referred := map[childKey]bool{}
	isLeft := func(key childKey) bool { return desired[key] == nil }
	if !slices.ContainsFunc(slices.Concat(s.keysOf(kinds.ServiceAccount), s.keysOf(kinds.ConfigMap)), isLeft) {
		return referred // as a rule, and then no pod is decoded
	}
	for _, pod := range s.pods {
		if observed.PodHasEnded(pod) {
			continue
		}
		if spec, err := observed.DecodeTree(pod.Member("spec")); err == nil {
			maps.Copy(referred, referencesOfPod(map[string]any{"spec": spec}))
		}
	}
	return referred
}

// eachNameBelow calls use with the names in the objects of some fields, anywhere below a value.
func eachNameBelow(value any, fields []string, use func(name string)) {
	switch v := value.(type) {
	case map[string]any:
		for field, member := range v {
			if reference, ok := member.(map[string]any); ok && slices.Contains(fields, field) {
				if name, ok := reference["name"].(string); ok {
					use(name)
				}
			}
			eachNameBelow(member, fields, use)
		}
	case []any:
		for _, item := range v {
			eachNameBelow(item, fields, use)
		}
	}
}

// rightsOf are the observed bindings of accounts, and the roles that these give.
func (s observedState) rightsOf(accounts map[childKey]bool) map[childKey]bool {
	rights := map[childKey]bool{}
	for _, key := range s.keysOf(kinds.RoleBinding) {
		existing, _ := s.child(key)
		binding := existing.decode()
		if binding == nil {
			continue
		}
		subjects, _, _ := unstructured.NestedSlice(binding.Object, "subjects")
		for _, subject := range subjects {
			fields, _ := subject.(map[string]any)
			name, _ := fields["name"].(string)
			if accounts[childKey{kinds.ServiceAccount, name}] {
				role, _, _ := unstructured.NestedString(binding.Object, "roleRef", "name")
				rights[key], rights[childKey{kinds.Role, role}] = true, true
			}
		}
	}
	return rights
}

// retainSelected repeats the observed children that a test selects in the place of the
// desired ones. Where one cannot be repeated, the service is held for the reason that
// made it necessary to repeat the part.
func retainSelected(
	selects func(*unstructured.Unstructured) bool, current observedState, desired children,
	record *trace.Recorder, part string, why *finding.Finding,
) (children, *finding.Finding) {
	repeated, complete := repeatLastApplied(selects, current, record)
	if !complete {
		return nil, &finding.Finding{Reason: why.Reason, Message: fmt.Sprintf(
			"%s, and what was last applied for the %s is not known", why.Message, part)}
	}
	return desired.with(repeated), nil
}

// wouldStopServing is the problem of a service that would lose every workload that it has
// although it asks for pods; nil for any other service.
func wouldStopServing(current observedState, desired desiredState) *finding.Finding {
	if !wantsWorkload(desired.components) || !current.hasWorkload() || desired.children.hasWorkload() {
		return nil
	}
	return &finding.Finding{Reason: ReasonWouldStopServing, Message: "the computed objects have no workload, and those that run now would all be deleted: " +
		"they are kept; delete the service to stop it"}
}

// wantsWorkload reports whether a component asks for a workload. All modes have one also
// while they are scaled to zero, except where each replica is an object of its own.
func wantsWorkload(components []builtComponent) bool {
	for _, result := range components {
		c := result.Component
		if c == nil || c.Scaling.Min > 0 {
			return true
		}
		if mode, _ := modes.Of(c.Mode); !mode.ReplicasAreObjects {
			return true
		}
	}
	return false
}
