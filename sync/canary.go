package sync

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/status"
)

// The states of a canary: of a changed pod template in a component that has canaryTrafficPercent. Seen in
// CanaryReady.
const (
	// ReasonCanaryRunning: the new template runs beside the former one and takes its share of the
	// requests. Fix: nothing is broken; set canaryTrafficPercent to 100 or remove it to roll the new
	// template out, set it to 0 to stop the canary.
	ReasonCanaryRunning = "CanaryRunning"
	// ReasonCanaryStarting: the pods of the canary do not serve yet, and take no requests. Fix: wait; if
	// it stays, see what the message says of the pods, or set canaryTrafficPercent to 0.
	ReasonCanaryStarting = "CanaryStarting"
	// ReasonCanaryWaiting: the template that runs is not rolled out itself, so that there is nothing to
	// compare a new one with. Fix: wait, or remove canaryTrafficPercent to roll out the new template
	// directly.
	ReasonCanaryWaiting = "CanaryWaiting"
	// ReasonCanaryAborted: canaryTrafficPercent is 0, and the former template takes all requests. Fix:
	// undo the change of the service, or give another percentage.
	ReasonCanaryAborted = "CanaryAborted"
	// ReasonCanaryOfOneRole: prefill and decode must change together, and only one of the two has a new
	// template and a canary. Fix: give both the change and canaryTrafficPercent, or remove
	// canaryTrafficPercent from both.
	ReasonCanaryOfOneRole = "CanaryOfOneRole"
	// ReasonCanaryPromoting: the new template is rolled out, and the canary keeps its share of the requests
	// until that is done. Fix: wait; if it stays, see the condition of the component.
	ReasonCanaryPromoting = "CanaryPromoting"
	// ReasonCanaryBaseLost: nothing serves beside the canary. It takes all requests until the workload of
	// the component serves. One that was deleted is made with the new template. Fix: see the condition of
	// the component; undo the change of the service to go back to the former template.
	ReasonCanaryBaseLost = "CanaryBaseLost"
	// ReasonCanaryUnreachable: the canary serves on another port than the pods beside it, and no
	// HTTPRoute leads to the component, so that no requests go to it. Fix: enable the Gateway API, or
	// keep the port.
	ReasonCanaryUnreachable = "CanaryUnreachable"
)

// canaryRequest is what a component asks for when its pod template changes.
type canaryRequest struct {
	// asked is true where the component has a percentage below 100, in a mode in which isvc runs the
	// canary, and percent is that.
	asked   bool
	percent int64
	// changes is true where the pods would take another template now.
	changes bool
	// refused says why there is no canary although one is asked for; empty otherwise.
	refused string
	// turns say which workloads of the component take which template, where the mode has the canary in
	// them, or one is promoted. Workloads without a turn take the computed one.
	turns map[childKey]templateTurn
	// inWorkload is the canary that such a mode has; it has no objects of its own.
	inWorkload canary
}

// turnOf is what a workload does about the computed template.
func (r canaryRequest) turnOf(key childKey) templateTurn {
	if r.turns != nil {
		return r.turns[key]
	}
	if r.changes && r.asked || r.refused != "" {
		return templateTurn{reason: ReasonCanaryRunning}
	}
	return templateTurn{}
}

// stopped says why the pods of a component have their former template and no canary runs: it is refused, or the
// percentage is 0. Nil where neither is so.
func (r canaryRequest) stopped(c *modes.Component) *finding.Finding {
	switch {
	case r.refused != "":
		return canaryState(c, ReasonCanaryOfOneRole, fmt.Sprintf("the pods of the %s keep their template: %s", c.Type, r.refused))
	case r.asked && r.percent == 0:
		return canaryState(c, ReasonCanaryAborted, fmt.Sprintf(
			"the pods of the %[1]s have their former template and take all requests, because canaryTrafficPercent of the %[1]s is 0: "+
				"undo the change, or give another percentage", c.Type))
	}
	return nil
}

// templateTurn is what a workload does about the computed template.
type templateTurn struct {
	// reason is why it does not take it; empty where it does.
	reason string
	// instead is the template that it takes in the place of the computed one; nil where it keeps its own.
	instead *runningTemplate
	// partition is how many groups keep the former template, which is former; nil without.
	partition *int32
	former    string
}

// applyTo writes what keeps groups at the former template into their workload.
func (t templateTurn) applyTo(workload *unstructured.Unstructured) *unstructured.Unstructured {
	if t.partition == nil {
		return workload
	}
	out := workload.DeepCopy()
	annotations := out.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	if t.former != "" {
		annotations[v1beta1.AnnotationFormerTemplate] = t.former
	}
	out.SetAnnotations(annotations)
	if *t.partition == 0 {
		return out
	}
	// LeaderWorkerSet keeps the groups that it adds for an update until all groups have the new template,
	// so that a canary would take accelerators beside, and more requests than its share.
	update, _, _ := unstructured.NestedMap(out.Object, pathOfRollingUpdate...)
	update["partition"] = int64(*t.partition)
	if t.former != "" {
		update["maxSurge"] = int64(0)
	}
	_ = unstructured.SetNestedMap(out.Object, update, pathOfRollingUpdate...) // the parents are there
	return out
}

// isOfRollout reports whether templates are kept for a reason that ends by itself or by the percentage, and
// not by a release.
func isOfRollout(reason string) bool {
	return reason == ReasonCanaryRunning || reason == ReasonRolledOneByOne
}

// canaryRequestsOf returns what the components ask for. Prefill and decode change together or not at all,
// because a decoder of one version need not understand an engine of another.
func canaryRequestsOf(
	components []builtComponent, rules rolloutRules, current observedState,
) map[v1beta1.ComponentType]canaryRequest {
	requests := map[v1beta1.ComponentType]canaryRequest{}
	someAsk := slices.ContainsFunc(components, builtComponent.asksForCanary)
	for _, component := range components {
		request := canaryRequest{asked: component.asksForCanary()}
		if request.asked {
			request.percent = max(0, *component.Component.Canary.Percent)
		}
		request.changes = someAsk && component.takesAnotherTemplate(rules, current)
		requests[component.Type] = request
	}
	requests = withoutCanaryOfOneRole(requests, components)
	for _, component := range components {
		requests[component.Type] = requests[component.Type].withTurns(component, rules, current)
	}
	return requests
}

// withoutCanaryOfOneRole refuses canaries of prefill or decode alone, and of workers without the router that
// selects those of its own revision.
func withoutCanaryOfOneRole(
	requests map[v1beta1.ComponentType]canaryRequest, components []builtComponent,
) map[v1beta1.ComponentType]canaryRequest {
	roles, fields := rolesThatChangeTogether(components)
	if len(roles) == 0 {
		return requests
	}
	someAsk, someChange, allAgree := false, false, true
	for _, role := range roles {
		request := requests[role]
		someAsk, someChange = someAsk || request.asked, someChange || request.changes
		allAgree = allAgree && request.asked && request.changes && (request.percent == 0) == (requests[roles[0]].percent == 0)
	}
	if !someAsk || !someChange || allAgree {
		return requests
	}
	refused := fmt.Sprintf("prefill and decode change together or not at all: give %s the change and canaryTrafficPercent, or remove canaryTrafficPercent from them", fields)
	for _, role := range roles {
		request := requests[role]
		request.refused = refused
		requests[role] = request
	}
	return requests
}

// rolesThatChangeTogether are prefill and decode, and a router that has their revision, with their fields for
// messages; nil without both.
func rolesThatChangeTogether(components []builtComponent) (roles []v1beta1.ComponentType, fields string) {
	for _, component := range components {
		if component.Type != v1beta1.RouterComponent || component.Problem == nil && component.Component.PairRevision != "" {
			roles = append(roles, component.Type)
		}
	}
	switch {
	case !slices.Contains(roles, v1beta1.EngineComponent) || !slices.Contains(roles, v1beta1.DecoderComponent):
		return nil, ""
	case len(roles) == 2:
		return roles, "spec.engine and spec.decoder both"
	}
	return roles, "spec.engine, spec.decoder and spec.router"
}

// asksForCanary reports whether a component has a percentage below 100, in a mode in which isvc runs the canary.
func (b builtComponent) asksForCanary() bool {
	if b.Problem != nil {
		return false
	}
	mode, _ := modes.Of(b.Component.Mode)
	percent := b.Component.Canary.Percent
	return percent != nil && *percent < 100 && mode.Canary != modes.CanaryInRevision
}

// withTurns decides which workloads of a component take which template, where the mode has the canary in them.
func (r canaryRequest) withTurns(component builtComponent, rules rolloutRules, current observedState) canaryRequest {
	if component.Problem != nil {
		return r
	}
	switch mode, _ := modes.Of(component.Component.Mode); mode.Canary {
	case modes.CanaryInGroups:
		return r.withTurnOfGroups(component, rules, current)
	case modes.CanaryInClusters:
		return r.withTurnsOfClusters(component, rules, current)
	}
	return r
}

// takesAnotherTemplate reports whether running pods of a component would take another template.
func (b builtComponent) takesAnotherTemplate(rules rolloutRules, current observedState) bool {
	if b.Problem != nil {
		return false
	}
	mode, _ := modes.Of(b.Component.Mode)
	now := rules.input(b.Component)
	for _, key := range b.children.keysOfKind(mode.Workload) {
		running, exists := current.formerTemplate(key, b.children[key], mode)
		if !exists {
			running, exists = current.runningTemplate(key, b.children[key], mode)
		}
		if exists && len(running.changed) > 0 && rules.reasonToKeep(running, now) == "" {
			return true
		}
	}
	return false
}

// canary is the canary of a component, as it should be.
type canary struct {
	// state is why CanaryReady is as it is; nil without a canary.
	state *finding.Finding
	// name takes the place of the component's name in the names of its objects.
	name string
	// serves is true where the canary takes requests.
	serves bool
	// percent is its share where isvc knows it: the weight of routes, or the share of the replicas; nil where the
	// pods beside it are counted.
	percent *int64
	// objects are its objects as computed. Where it stays as it was applied last, stays is true, and
	// retainCanaries repeats what exists of them.
	objects children
	stays   bool
	// beside is how requests reach it; nil without objects.
	beside *modes.CanaryBeside
	// keepsReplicas is true while the other replicas must be able to take its requests back.
	keepsReplicas bool
}

// canarySight is what is seen of a canary and of the pods beside it.
type canarySight struct {
	exists bool
	// isReady is true where all of the canary serves with the template that was applied last, and serves
	// where some of it does.
	isReady, serves bool
	// replicas are those that the canary has, port is where its pods listen, and service is the Service
	// object that leads there.
	replicas, port int32
	service        children
	// weight is the percentage that routes send to it, and sharesPods is true where the Service object of the
	// component leads to its pods.
	weight     int32
	sharesPods bool
	// isRouted is true where a route leads to it, whatever its weight.
	isRouted bool
	// baseServes is true where the workload beside serves, or should have no pods, and baseIsDone where all
	// its pods have the template that it should have.
	baseServes, baseIsDone bool
}

// runCanary decides about the canary of a component whose mode runs it in a workload beside:
//
//	template kept for it  percent  canary exists  workload beside     what happens
//	──────────────────────────────────────────────────────────────────────────────────────────────────
//	any                   any      yes, serves    does not serve      it stays as it is, with all
//	                                                                  requests
//	yes                   refused  any            any                 the canary goes
//	yes                   0        any            any                 the canary goes
//	yes                   1-99     no             not rolled out      it waits
//	yes                   1-99     any            any                 the canary runs, with requests as
//	                                                                  soon as it serves
//	no                    any      yes            not rolled out yet  it stays as it is, with its share
//	no                    any      yes            rolled out          the canary goes
//	no                    any      no             any                 nothing
//
// A canary that goes, or takes another template, stays as it was applied last until no requests are led
// to it.
func runCanary(
	wanted builtComponent, out builtComponent, isKept bool, request canaryRequest, rules rolloutRules,
	current observedState, env *modes.Env, isWeighed bool,
) (canary, *finding.Finding) {
	c := wanted.Component
	if mode, _ := modes.Of(c.Mode); mode.Canary != modes.CanaryInWorkloadBeside {
		return request.inWorkload, nil
	}
	if !isKept && !current.hasCanary(c) {
		return canary{}, nil
	}
	sight, stopped := current.sightOfCanary(c, out, env), request.stopped(c)
	switch {
	case sight.serves && !sight.baseServes && (isKept || !sight.baseIsDone):
		return loneCanary(out.Component, sight, isWeighed), nil
	case isKept && stopped != nil:
		return goingCanary(c, sight, stopped), nil
	case isKept && !sight.exists && !sight.baseIsDone:
		return canary{name: names.Canary(c.Name), state: waitingCanaryState(c)}, nil
	case isKept:
		return runningCanary(wanted, out, request, sight, rules, current, env, isWeighed)
	case !sight.baseIsDone:
		return promotedCanary(out.Component, sight, isWeighed), nil
	}
	return goingCanary(c, sight, nil), nil
}

// promotingWhatWasTried lets a component whose canary is promoted take the template of the canary, where another
// version of isvc or a change of the catalogue would give it one that no canary had.
func (r canaryRequest) promotingWhatWasTried(built builtComponent, rules rolloutRules, current observedState, env *modes.Env) canaryRequest {
	c := built.Component
	mode, _ := modes.Of(c.Mode)
	if mode.Canary != modes.CanaryInWorkloadBeside || r.asked || r.refused != "" || !current.hasCanary(c) {
		return r
	}
	made, problem := modes.BuildCanary(env, c, 1)
	if problem != nil {
		return r
	}
	key, now := workloadKey(c), rules.input(c)
	wanted, computed := canonicalChildren(made.Objects...)[canaryWorkloadKey(c)], built.children[key]
	tried, _ := current.runningTemplate(canaryWorkloadKey(c), wanted, mode)
	running, exists := current.runningTemplate(key, computed, mode)
	reason := rules.reasonToKeep(tried, now)
	if len(tried.changed) == 0 || reason == "" || !exists || rules.reasonToKeep(running, now) != "" {
		return r
	}
	app := podLabels(computed, mode)[v1beta1.LabelApp] // what a canary has of its own
	asBase := runningTemplate{parts: partsAt(wanted.Object, mode.TemplatePaths)}.withPodLabel(v1beta1.LabelApp, app, mode)
	if len(changesOfTemplate(asBase.parts, computed, mode, false)) > 0 {
		return r
	}
	tried = tried.withPodLabel(v1beta1.LabelApp, app, mode)
	tried.changed = changesOfTemplate(tried.parts, computed, mode, tried.wasObserved)
	out := r
	out.turns = map[childKey]templateTurn{key: {reason: reason, instead: &tried}}
	return out
}

// withPodLabel returns a template whose pods have another value of a label.
func (r runningTemplate) withPodLabel(label, value string, mode modes.Mode) runningTemplate {
	workload := r.asWorkload().DeepCopy()
	for _, found := range mode.FindPodTemplates(workload.Object) {
		_ = unstructured.SetNestedField(found.Template, value, "metadata", "labels", label) // pods have labels
	}
	out := r
	out.parts = partsAt(workload.Object, mode.TemplatePaths)
	return out
}

// hasCanary reports whether a component has a canary that runs beside it.
func (s observedState) hasCanary(c *modes.Component) bool {
	_, exists := s.child(canaryWorkloadKey(c))
	return exists
}

// canaryWorkloadKey is the workload of a canary that runs beside that of the component.
func canaryWorkloadKey(c *modes.Component) childKey {
	mode, _ := modes.Of(c.Mode)
	return childKey{mode.Workload, mode.WorkloadName(names.Canary(c.Name))}
}

// canaryState says where the canary of a component stands.
func canaryState(c *modes.Component, reason, message string) *finding.Finding {
	return &finding.Finding{Subject: string(c.Type), Reason: reason, Message: message}
}

// waitingCanaryState says that the template that runs is not rolled out itself.
func waitingCanaryState(c *modes.Component) *finding.Finding {
	return canaryState(c, ReasonCanaryWaiting, fmt.Sprintf(
		"the %[1]s has no canary yet, because the template that runs is not rolled out: wait, or remove spec.%[1]s.canaryTrafficPercent "+
			"to roll out the new template directly", c.Type))
}

// howCanariesEnd ends messages about a canary that runs.
func howCanariesEnd(c *modes.Component) string {
	return fmt.Sprintf("set spec.%s.canaryTrafficPercent to 100 or remove it to roll out the new template, or to 0 to stop the canary", c.Type)
}

// goingCanary is a canary that ends: without requests, and there until no route leads to it. The state says why;
// nil where the new template is rolled out or taken back.
func goingCanary(c *modes.Component, sight canarySight, state *finding.Finding) canary {
	out := canary{name: names.Canary(c.Name), state: state, stays: sight.exists && (sight.isRouted || sight.sharesPods)}
	if out.stays {
		out.beside = &modes.CanaryBeside{Service: names.Service(out.name)}
	}
	return out
}

// promotedCanary is a canary whose template is being rolled out. It keeps its share until then.
func promotedCanary(c *modes.Component, sight canarySight, isWeighed bool) canary {
	out := canaryAsItIs(c, sight, isWeighed, sight.weight, sight.sharesPods)
	out.state = canaryState(c, ReasonCanaryPromoting, fmt.Sprintf(
		"the new template of the %s is rolled out, and the canary %s keeps its share of the requests until that is done", c.Type, out.name))
	return out
}

// loneCanary is a canary beside which nothing serves, as when the workload was deleted. It has all requests, if
// they can reach it.
func loneCanary(c *modes.Component, sight canarySight, isWeighed bool) canary {
	out := canaryAsItIs(c, sight, isWeighed, 100, true)
	if out.beside.Weight == 0 && !out.beside.SharesPods {
		out.serves = false
		out.state = canaryState(c, ReasonCanaryUnreachable, fmt.Sprintf(
			"nothing serves beside the canary %[2]s of the %[1]s, which takes no requests: it listens on port %[3]d, and no HTTPRoute leads to the %[1]s: "+
				"wait until the workload of the %[1]s serves", c.Type, out.name, sight.port))
		return out
	}
	out.state = canaryState(c, ReasonCanaryBaseLost, fmt.Sprintf(
		"nothing serves beside the canary %[2]s of the %[1]s: it takes all requests and stays as it is until the workload of the %[1]s serves", c.Type, out.name))
	return out
}

// canaryAsItIs is a canary that stays as it was applied last, with a weight where routes have weights, and else
// among the pods of the component or not. A Service object that was deleted is made again for its pods.
func canaryAsItIs(c *modes.Component, sight canarySight, isWeighed bool, weight int32, sharesPods bool) canary {
	out := canary{name: names.Canary(c.Name), objects: sight.service, stays: true, keepsReplicas: true, serves: sight.serves}
	out.beside = &modes.CanaryBeside{Service: names.Service(out.name), Port: sight.port}
	switch {
	case !sight.serves:
	case isWeighed:
		out.beside.Weight, out.percent = weight, ptr.To(int64(weight))
	default:
		out.beside.SharesPods = sharesPods && sight.port == modes.ServingPort(c)
	}
	return out
}

// runningCanary is a canary with the new template. Its own template changes by the rules for running pods.
func runningCanary(
	wanted, out builtComponent, request canaryRequest, sight canarySight, rules rolloutRules,
	current observedState, env *modes.Env, isWeighed bool,
) (canary, *finding.Finding) {
	c := wanted.Component
	mode, _ := modes.Of(c.Mode)
	replicas := modes.CanaryReplicas(c, request.percent, replicasOf(out, current), sight.replicas)
	made, problem := modes.BuildCanary(env, c, replicas)
	if problem != nil {
		return canary{}, problem
	}
	objects := builtComponent{Result: wanted.Result, children: canonicalChildren(made.Objects...)}
	isUnderWay := sight.weight > 0 || sight.sharesPods
	changes := objects.takesAnotherTemplate(rules, current)
	waits := canaryRequest{asked: changes && isUnderWay, changes: changes} // until no requests go to the pods
	objects, kept := objects.withTemplatesKept(objects.children.keysOfKind(mode.Workload), rules.input(c), rules, waits, current)
	running := canary{name: names.Canary(c.Name), objects: objects.children, keepsReplicas: true}
	port := modes.ServingPort(c)
	if len(kept) > 0 {
		var service children
		service, port = serviceOfCanaryPods(kept[0].workload, c, env)
		running.objects = running.objects.with(service)
	}
	running.beside = &modes.CanaryBeside{Service: names.Service(running.name), Port: port}
	running.serves = !changes && (sight.isReady || isUnderWay && sight.serves)
	samePort := port == modes.ServingPort(out.Component)
	kind, _ := mode.Workload.NameAndVersion()
	title := fmt.Sprintf("the canary of the %s in %s %s", c.Type, kind, running.name)
	stop := howCanariesEnd(c)
	switch {
	case !running.serves:
		running.state = canaryState(c, ReasonCanaryStarting, title+" takes no requests until it serves")
	case isWeighed:
		share, more := request.percent, ""
		if seen := int64(sight.weight); seen > 0 && seen < share && !(sight.isReady && sight.replicas >= replicas) {
			share, more = seen, fmt.Sprintf(", and %d %% when all its pods serve", request.percent)
		}
		running.beside.Weight, running.percent = int32(share), &share //nolint:gosec // below 100
		running.state = canaryState(c, ReasonCanaryRunning, fmt.Sprintf("%s takes %d %% of the requests%s; %s", title, share, more, stop))
	case samePort:
		running.beside.SharesPods = true
		running.state = canaryState(c, ReasonCanaryRunning, fmt.Sprintf(
			"%s takes the share of its pods, because no HTTPRoute leads to the %s; %s", title, c.Type, stop))
	default:
		running.serves = false
		running.state = canaryState(c, ReasonCanaryUnreachable, fmt.Sprintf(
			"%s takes no requests: it listens on port %d and the pods beside it on port %d, and no HTTPRoute leads to the %s: "+
				"enable the Gateway API, or keep the port", title, port, modes.ServingPort(out.Component), c.Type))
	}
	return running, nil
}

// replicasOf is the number of replicas that a component has beside its canary.
func replicasOf(component builtComponent, current observedState) int32 {
	c := component.Component
	if c.Scaling.Replicas != nil {
		return *c.Scaling.Replicas
	}
	if workload, exists := current.child(workloadKey(c)); exists {
		if replicas, ok := workload.replicas(); ok {
			return replicas
		}
	}
	return c.Scaling.Min
}

// serviceOfCanaryPods is the Service object of a canary that leads to the pods of a workload, and the port at which
// these listen. They may have another template than the component: one that is held, or one that stays until no
// request is on its way to them.
func serviceOfCanaryPods(workload *unstructured.Unstructured, c *modes.Component, env *modes.Env) (service children, port int32) {
	mode, _ := modes.Of(c.Mode)
	serving := withPortsOfPod(c, servingPod(workload, mode))
	port = modes.ServingPort(serving)
	made, problem := modes.BuildCanary(env, serving, 1)
	if problem != nil {
		return nil, port // the component itself could not be built
	}
	key := childKey{kinds.Service, names.Service(names.Canary(c.Name))}
	return children{key: canonicalChildren(made.Objects...)[key]}, port
}

// sightOfCanary is what is seen of the canary of a component and of the workload beside it.
func (s observedState) sightOfCanary(c *modes.Component, base builtComponent, env *modes.Env) canarySight {
	name := names.Canary(c.Name)
	ofCanary, ofBase := status.RolloutOf(s.namespace, s.children, name), status.RolloutOf(s.namespace, s.children, c.Name)
	sight := canarySight{
		exists: ofCanary.Exists, isReady: ofCanary.IsDone, serves: ofCanary.ServesNewest,
		baseServes: ofBase.Serves || ofBase.Exists && replicasOf(base, s) == 0,
		baseIsDone: ofBase.IsDone && base.templatesHaveArrived(s),
	}
	if workload, exists := s.child(canaryWorkloadKey(c)); exists {
		sight.replicas, _ = workload.replicas()
		if object := workload.decode(); object != nil {
			sight.service, sight.port = serviceOfCanaryPods(object, c, env)
		}
	}
	sight.weight, sight.isRouted = s.weightOfBackend(names.Service(name)), s.someRouteLeadsTo(names.Service(name))
	sight.sharesPods = sight.exists && s.selectsCanaryToo(ownService(c))
	return sight
}

// templatesHaveArrived reports whether the workloads of a component that exist have the templates that they should have.
func (b builtComponent) templatesHaveArrived(current observedState) bool {
	mode, _ := modes.Of(b.Component.Mode)
	return !slices.ContainsFunc(b.children.keysOfKind(mode.Workload), func(key childKey) bool {
		running, exists := current.runningTemplate(key, b.children[key], mode)
		return exists && len(running.changed) > 0
	})
}

// firstPortForTCP is that of a Service object; 0 for nil.
func firstPortForTCP(service *unstructured.Unstructured) int64 {
	ports := portsOf(service)
	if place := ports.servingPlace(); place >= 0 {
		return ports[place].portNumber()
	}
	return 0
}

// selectsCanaryToo reports whether the Service object of a component leads to pods of more than its
// workload.
func (s observedState) selectsCanaryToo(service childKey) bool {
	object, exists := s.child(service)
	return exists && object.Member("spec", "selector") != nil && object.Member("spec", "selector", v1beta1.LabelApp) == nil
}

// weightOfBackend is the largest weight that observed HTTPRoutes give a Service object, in percent.
func (s observedState) weightOfBackend(service string) (weight int32) {
	for _, key := range s.keysOf(kinds.HTTPRoute) {
		existing, _ := s.child(key)
		for _, backends := range backendsByRule(existing.decode()) {
			weight = max(weight, weightAmong(backends, service))
		}
	}
	return weight
}

// backendsByRule are the backends of an HTTPRoute, a list for each rule; none without a route.
func backendsByRule(route *unstructured.Unstructured) [][]any {
	if route == nil {
		return nil
	}
	rules, _, _ := unstructured.NestedSlice(route.Object, "spec", "rules")
	var out [][]any
	for _, rule := range rules {
		fields, _ := rule.(map[string]any)
		backends, _ := fields["backendRefs"].([]any)
		out = append(out, backends)
	}
	return out
}

// weightAmong is the weight of a Service object among the backends of a rule, in percent. A backend that is alone
// has all requests.
func weightAmong(backends []any, service string) int32 {
	for _, item := range backends {
		backend, _ := item.(map[string]any)
		switch weight, isNumber := backend["weight"].(int64); {
		case backend["name"] != service:
		case len(backends) == 1:
			return 100
		case isNumber:
			return int32(min(max(weight, 0), 100)) //nolint:gosec // at most 100
		}
	}
	return 0
}

// withCanary notes the canary of a component, and records where it stands.
func (b builtComponent) withCanary(running canary, record *trace.Recorder) builtComponent {
	out := b
	out.canary = running
	if state := running.state; state != nil {
		record.AddEntry(trace.Entry{Subject: string(b.Type) + "/canary", Verdict: trace.Set, Reason: state.Reason, Message: state.Message})
	}
	return out
}

// hasCanary reports whether a component has a canary to which requests may go.
func (d desiredState) hasCanary() bool {
	return slices.ContainsFunc(d.components, func(component builtComponent) bool { return component.canary.beside != nil })
}

// awaitsSharesOnly reports whether what is wanted of an object that leads requests differs in the shares of
// a component and its canary alone: requests arrive before and after such a change.
func (c observedChild) awaitsSharesOnly(wanted *unstructured.Unstructured) bool {
	object := c.decode()
	if object == nil {
		return false
	}
	last, _, known := child.LastApplied(object)
	if !known {
		return false
	}
	seen, applied, desired := withoutShares(object), withoutShares(last), withoutShares(wanted)
	return child.ContainsInAnyOrder(seen, desired) && child.ContainsInAnyOrder(desired, applied)
}

// withoutShares is the specification of a route without its backends, or of a Service object without its
// selector.
func withoutShares(object *unstructured.Unstructured) any {
	copied := object.DeepCopy()
	unstructured.RemoveNestedField(copied.Object, "spec", "selector")
	rules, _, _ := unstructured.NestedFieldNoCopy(copied.Object, "spec", "rules")
	list, _ := rules.([]any)
	for _, rule := range list {
		if fields, ok := rule.(map[string]any); ok {
			delete(fields, "backendRefs")
		}
	}
	return copied.Object["spec"]
}

// retainCanaries repeats the objects of canaries that stay only until requests go elsewhere.
func retainCanaries(current observedState, desired desiredState, record *trace.Recorder) (children, *finding.Finding) {
	out := desired.children
	for _, component := range desired.components {
		if !component.canary.stays {
			continue
		}
		name := component.canary.name
		isCanarys := func(object *unstructured.Unstructured) bool {
			key := keyOf(object)
			return key.name == name || key == childKey{kinds.Service, names.Service(name)}
		}
		repeated, problem := retainSelected(isCanarys, current, out, record, string(component.Type), whyCanaryStays)
		if problem != nil {
			return nil, problem
		}
		out = repeated
	}
	return out, nil
}

// whyCanaryStays is why the objects of a canary are repeated.
var whyCanaryStays = &finding.Finding{Reason: ReasonCanaryPromoting, Message: "requests may still go to a canary"}
