package sync

import (
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

// Canaries in the replicas that a component has anyway: in the groups of a LeaderWorkerSet, or in Ray
// clusters. They take no accelerators beside those, and the share of the requests is that of the replicas.

const (
	// ReasonRolledOneByOne: the Ray clusters of a component take a new template one after another, so that
	// the others serve. Seen in isvc explain.
	ReasonRolledOneByOne = "RolledOneByOne"
	// ReasonCanaryImpossible: the replicas cannot be a canary and what it is compared with. Seen in
	// CanaryReady. Fix: do what the message says, or remove canaryTrafficPercent to roll out the new
	// template directly.
	ReasonCanaryImpossible = "CanaryImpossible"
)

// formerTemplateText is how the workload of a canary in groups remembers the template of the others. Where each
// replica is a workload, the others have it.
type formerTemplateText struct {
	Input    string         `json:"input,omitempty"`
	Release  string         `json:"release,omitempty"`
	Template map[string]any `json:"template"`
}

// formerTemplate returns the template that a workload remembers of the groups that are no canary, and where
// a wanted one differs from it; exists is false where it remembers none.
func (s observedState) formerTemplate(key childKey, wanted *unstructured.Unstructured, mode modes.Mode) (former runningTemplate, exists bool) {
	workload, exists := s.child(key)
	if !exists || mode.Canary != modes.CanaryInGroups {
		return runningTemplate{}, false
	}
	text, found := observed.DecodeString(workload.Member("metadata", "annotations", v1beta1.AnnotationFormerTemplate))
	tree, err := observed.DecodeTree([]byte(text))
	if !found || err != nil {
		text = annotationIn(workload.lastAppliedText(), v1beta1.AnnotationFormerTemplate) // somebody changed it
		if tree, err = observed.DecodeTree([]byte(text)); err != nil {
			return runningTemplate{}, false
		}
	}
	parts, _ := tree["template"].(map[string]any)
	if len(parts) == 0 {
		return runningTemplate{}, false
	}
	former.parts = parts
	former.inputText, _ = tree["input"].(string)
	former.release, _ = tree["release"].(string)
	input, _ := parseTemplateInput(former.inputText)
	former.wasObserved = input.ofObserved
	former.changed = changesOfTemplate(former.parts, wanted, mode, former.wasObserved)
	return former, true
}

// remembered is the text in which a workload remembers a template.
func (r runningTemplate) remembered() string {
	text, err := json.Marshal(formerTemplateText{Input: r.inputText, Release: r.release, Template: r.parts})
	if err != nil {
		panic(fmt.Sprintf("a template that was read as JSON cannot be written: %v", err))
	}
	return string(text)
}

// withTurnOfGroups decides about the LeaderWorkerSet of a component:
//
//	the computed template       percent  the groups
//	──────────────────────────────────────────────────────────────────────────────────────────────
//	is the former one           any      all have it
//	differs                     none     all get the new one
//	differs                     0        all have the former one
//	differs, and the former one 1-99     all keep it, and wait
//	is not rolled out
//	differs                     1-99     the last ones get the new one
//	any, and the former one is  given    those that an update does not reach keep what they have
//	not known any more
func (r canaryRequest) withTurnOfGroups(component builtComponent, rules rolloutRules, current observedState) canaryRequest {
	c := component.Component
	mode, _ := modes.Of(c.Mode)
	key := workloadKey(c)
	wanted := component.children[key]
	former, hasFormer := current.formerTemplate(key, wanted, mode)
	if !hasFormer && !r.asked && r.refused == "" {
		return r // as a rule
	}
	base, exists := former, hasFormer
	if !hasFormer {
		base, exists = current.runningTemplate(key, wanted, mode)
	}
	out := r
	rollout := status.RolloutOfGroups(current.namespace, current.children, key.name)
	_, isUsers, _ := unstructured.NestedInt64(wanted.Object, append(pathOfRollingUpdate, "partition")...)
	if partition, has := current.partitionOf(key); has && !isUsers && !hasFormer && r.asked && !rollout.IsDone {
		out.turns = map[childKey]templateTurn{key: {partition: &partition}}
		out.inWorkload = canary{state: canaryState(c, ReasonCanaryImpossible, fmt.Sprintf(
			"nothing says which template the other groups of the %[1]s have, and they keep it: remove spec.%[1]s.canaryTrafficPercent "+
				"to roll out the new template", c.Type))}
		return out
	}
	if !exists || len(base.changed) == 0 || !r.changes && !hasFormer {
		return out
	}
	stay := templateTurn{reason: ReasonCanaryRunning, instead: &base}
	if held := rules.reasonToKeep(base, rules.input(c)); held != "" {
		stay.reason = held
		out.turns = map[childKey]templateTurn{key: stay}
		return out
	}
	if !r.asked && r.refused == "" {
		return out
	}
	replicas := replicasOf(component, current)
	state := r.stopped(c)
	switch {
	case state != nil:
	case replicas < 2:
		state = fewReplicasState(c, replicas, "replica")
	case mayTakeNoGroup(wanted, replicas):
		state = canaryState(c, ReasonCanaryImpossible, fmt.Sprintf(
			"a canary takes the place of a group, and maxUnavailable lets none of %[2]d groups be away: allow one in spec.%[1]s.deploymentStrategy, "+
				"or remove spec.%[1]s.canaryTrafficPercent", c.Type, replicas))
	case base.servesOnAnotherPort(c, mode):
		state = anotherPortState(c, "groups")
	case !hasFormer && !rollout.IsDone:
		state = waitingCanaryState(c)
	}
	if state != nil {
		out.turns = map[childKey]templateTurn{key: stay}
		out.inWorkload = canary{state: state}
		return out
	}
	groups := modes.CanaryGroups(r.percent, replicas)
	if seen, has := current.partitionOf(key); has && hasFormer {
		set, _ := current.child(key)
		before, _ := set.replicas()
		groups = max(groups, min(before-seen, replicas-1)) // a canary does not shrink
	}
	partition := replicas - groups
	out.turns = map[childKey]templateTurn{key: {partition: &partition, former: base.remembered()}}
	out.inWorkload = canary{keepsReplicas: true, serves: hasFormer && rollout.Ready >= replicas && rollout.Updated >= groups}
	out.inWorkload = out.inWorkload.withShareOfReplicas(c, groups, replicas, "groups")
	return out
}

// pathOfRollingUpdate is where a LeaderWorkerSet has its rolling update.
var pathOfRollingUpdate = []string{"spec", "rolloutStrategy", "rollingUpdateConfiguration"}

// partitionOf is how many groups of an observed LeaderWorkerSet an update does not reach; false where it reaches all.
func (s observedState) partitionOf(key childKey) (int32, bool) {
	set, _ := s.child(key)
	partition, known := set.count(append(pathOfRollingUpdate, "partition")...)
	return partition, known && partition > 0
}

// mayTakeNoGroup reports whether a LeaderWorkerSet lets an update take away none of so many groups. A
// percentage counts as LeaderWorkerSet counts it, rounded down.
func mayTakeNoGroup(set *unstructured.Unstructured, groups int32) bool {
	bound, found, _ := unstructured.NestedFieldNoCopy(set.Object, append(pathOfRollingUpdate, "maxUnavailable")...)
	return found && modes.ScaledReplicas(intstr.Parse(fmt.Sprint(bound)), groups, false) == 0
}

// withShareOfReplicas says how many of the replicas are the canary.
func (k canary) withShareOfReplicas(c *modes.Component, groups, replicas int32, plural string) canary {
	out := k
	share := int64(groups) * 100 / int64(max(1, replicas))
	text := fmt.Sprintf("the canary of the %s is in %d of %d %s", c.Type, groups, replicas, plural)
	if !k.serves {
		out.state = canaryState(c, ReasonCanaryStarting, text+", which do not all serve yet")
		return out
	}
	out.percent = ptr.To(share)
	out.state = canaryState(c, ReasonCanaryRunning, fmt.Sprintf("%s, and takes about %d %% of the requests; %s", text, share, howCanariesEnd(c)))
	return out
}

// fewReplicasState says that a component has no or one replica, given as what it is, and so no canary.
func fewReplicasState(c *modes.Component, replicas int32, replica string) *finding.Finding {
	has := "no"
	if replicas == 1 {
		has = "one"
	}
	return canaryState(c, ReasonCanaryImpossible, fmt.Sprintf(
		"the %[1]s has %[3]s %[2]s, and two templates need two: set spec.%[1]s.minReplicas to 2 or more, or remove spec.%[1]s.canaryTrafficPercent",
		c.Type, replica, has))
}

// anotherPortState says that the replicas of a component, given as what they are, cannot have two ports.
func anotherPortState(c *modes.Component, replicas string) *finding.Finding {
	return canaryState(c, ReasonCanaryImpossible, fmt.Sprintf(
		"the new template of the %[1]s serves on another port, and one Service object leads to all %[2]s: keep the port, or remove spec.%[1]s.canaryTrafficPercent",
		c.Type, replicas))
}

// servesOnAnotherPort reports whether a component, as computed, takes requests on another port than the pods of
// this template.
func (r runningTemplate) servesOnAnotherPort(c *modes.Component, mode modes.Mode) bool {
	return modes.ServingPort(c) != modes.ServingPort(withPortsOfPod(c, r.servingPod(mode)))
}

// servingPod is the template of the pods that take requests.
func (r runningTemplate) servingPod(mode modes.Mode) map[string]any {
	return servingPod(r.asWorkload(), mode)
}

// withTurnsOfClusters decides about the Ray clusters of a component. One at a time takes another template, the
// last one first, and only while all others serve. So the first one is the last to change, and has the former
// template. A cluster that keeps the template that the service asks for until a release has it already, and the others
// take that one:
//
//	the computed template    percent  the clusters
//	──────────────────────────────────────────────────────────────────────────────────────────────
//	is that of the first one any      all get it
//	differs                  none     all get it
//	differs                  0        all get that of the first one
//	differs                  1-99     those that do not have that of the first one get it, and as many of the
//	                                  last others as the share needs
func (r canaryRequest) withTurnsOfClusters(component builtComponent, rules rolloutRules, current observedState) canaryRequest {
	c := component.Component
	mode, _ := modes.Of(c.Mode)
	now := rules.input(c)
	clusters := rayClustersOf(component, rules, current)
	out := r
	if !slices.ContainsFunc(clusters, func(one cluster) bool { return !one.isNew && !one.isHeld }) {
		return out // all others have the computed template
	}
	canaries := 0
	replicas := int32(len(clusters)) //nolint:gosec // at most maxRayClusters
	state := r.stopped(c)
	first := slices.IndexFunc(clusters, func(one cluster) bool { return one.exists })
	switch firstHasIt := clusters[first].isNew || clusters[first].isHeld; {
	case firstHasIt || !r.asked && state == nil:
		out.turns = turnsOfClusters(withCanaries(clusters, len(clusters)), ReasonRolledOneByOne)
		return out
	case state != nil:
	case replicas < 2:
		state = fewReplicasState(c, replicas, "Ray cluster")
	case clusters[first].running.servesOnAnotherPort(c, mode):
		state = anotherPortState(c, "Ray clusters")
	default:
		canaries = int(modes.CanaryGroups(r.percent, replicas))
	}
	former := clusters[first].running
	for i := range clusters {
		one := &clusters[i]
		one.former = former.inWorkload(component.children[one.key], now, mode)
		one.hasFormer = !one.isNew && len(changesOfTemplate(one.former.parts, one.running.asWorkload(), mode, one.former.wasObserved)) == 0
	}
	clusters = withCanaries(clusters, canaries)
	out.turns = turnsOfClusters(clusters, ReasonCanaryRunning)
	out.inWorkload = canary{state: state}
	if state == nil {
		groups, have, serve := int32(0), int32(0), true
		for _, one := range clusters {
			if one.takesNew {
				groups++
			}
			if one.exists && (one.isNew || one.isHeld) {
				have++
			}
			serve = serve && one.serves
		}
		out.inWorkload = canary{serves: have >= groups && serve}.withShareOfReplicas(c, groups, replicas, "Ray clusters")
	}
	return out
}

// cluster is one of the Ray clusters of a component.
type cluster struct {
	key     childKey
	running runningTemplate
	exists  bool
	// isNew is true where it has the computed template, or will be made with it, and isHeld where it keeps its own
	// until that is released.
	isNew, isHeld bool
	// serves is true where it serves now, and served where it has done so once and only its pods are missing.
	serves, served bool
	// tried is the template of a cluster that is held, which this one takes in the place of the computed one, and
	// heldFor is why that is held; nil without one.
	tried   *runningTemplate
	heldFor string
	// former is the template of the clusters that are no canary, and hasFormer is true where it runs.
	former    runningTemplate
	hasFormer bool
	// takesNew is true where it should have the computed template, else the former one.
	takesNew bool
}

// rayClustersOf are the Ray clusters that a component should have, by index.
func rayClustersOf(component builtComponent, rules rolloutRules, current observedState) []cluster {
	c := component.Component
	mode, _ := modes.Of(c.Mode)
	now := rules.input(c)
	clusters := make([]cluster, max(0, int(c.Scaling.Min)))
	for i := range clusters {
		key := childKey{mode.Workload, names.RayCluster(c.Name, i)}
		running, exists := current.runningTemplate(key, component.children[key], mode)
		isNew := !exists || len(running.changed) == 0
		clusters[i] = cluster{
			key: key, running: running, exists: exists, isNew: isNew, isHeld: !isNew && rules.reasonToKeep(running, now) != "",
		}
		clusters[i].serves, clusters[i].served = status.RayClusterServes(current.namespace, current.children, current.pods, c.Name, i)
	}
	if held := slices.IndexFunc(clusters, func(one cluster) bool { return one.isHeld }); held >= 0 {
		for i := range clusters {
			tried := clusters[held].running.inWorkload(component.children[clusters[i].key], now, mode)
			clusters[i].tried, clusters[i].heldFor = &tried, rules.reasonToKeep(clusters[held].running, now)
		}
	}
	return clusters
}

// withCanaries lets so many clusters take the computed template: those that do not have the former one, because
// a canary does not shrink and one of an earlier change takes this one, and the last others.
func withCanaries(clusters []cluster, canaries int) []cluster {
	out := slices.Clone(clusters)
	if canaries == 0 {
		return out
	}
	taken := 0
	for i := range out {
		if out[i].takesNew = out[i].exists && !out[i].hasFormer; out[i].takesNew {
			taken++
		}
	}
	for i := len(out) - 1; i >= 0 && taken < canaries; i-- {
		if !out[i].takesNew {
			out[i].takesNew = true
			taken++
		}
	}
	return out
}

// turnsOfClusters gives each cluster the template that it should take, one cluster at a time; the others wait,
// for a reason.
func turnsOfClusters(clusters []cluster, reason string) map[childKey]templateTurn {
	turns := map[childKey]templateTurn{}
	var movers []int
	for i := len(clusters) - 1; i >= 0; i-- {
		one := clusters[i]
		switch {
		case !one.exists:
			turns[one.key] = one.turnToItsTemplate(reason)
			continue
		case one.isHeld && one.takesNew:
		case one.takesNew && !one.isNew, !one.takesNew && !one.hasFormer:
			movers = append(movers, i)
		}
		turns[one.key] = templateTurn{}
		if !one.isNew {
			turns[one.key] = templateTurn{reason: reason}
		}
	}
	if mover := moverOf(clusters, movers); mover >= 0 {
		turns[clusters[mover].key] = clusters[mover].turnToItsTemplate(reason)
	}
	return turns
}

// turnToItsTemplate gives a cluster the template that it should take; the former one for a reason.
func (one cluster) turnToItsTemplate(reason string) templateTurn {
	switch {
	case one.takesNew && one.tried != nil:
		return templateTurn{reason: one.heldFor, instead: one.tried}
	case one.takesNew:
		return templateTurn{}
	}
	return templateTurn{reason: reason, instead: &one.former}
}

// moverOf is the cluster that changes now; -1 where all have to wait. One that does not serve goes first, unless one
// behind it is away because it was changed: then it may come back. One that serves needs all others.
func moverOf(clusters []cluster, movers []int) int {
	isAway := func(one cluster) bool { return !one.serves }
	isReplaced := func(one cluster) bool {
		return isAway(one) && one.served && !one.isHeld && (one.takesNew && one.isNew || !one.takesNew && one.hasFormer)
	}
	for _, i := range movers {
		if isAway(clusters[i]) && !slices.ContainsFunc(clusters[i+1:], isReplaced) {
			return i
		}
	}
	if len(movers) == 0 || slices.ContainsFunc(clusters, isAway) {
		return -1
	}
	return movers[0]
}
