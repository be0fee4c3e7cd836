package compose

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/sync/compose/merge"
)

// describedPod is a pod as a component describes it in one or several places. It may share memory
// with the component.
type describedPod struct {
	spec corev1.PodSpec
	// runner is nil where none is described.
	runner *corev1.Container
}

// placesOf are the places below a component that describe the pod of a field, the one that wins
// last: beside a leader, what the component says itself counts for leader and workers too.
func placesOf(merged *componentSpec, field string) []string {
	if field == "" || merged.Leader == nil {
		return []string{field}
	}
	return []string{"", field}
}

// podInPlace is the pod of a field of a component, which may be the part of one source. What the
// merged component says in the same place decides which of the component's own values count:
//
//	component  leader  worker           leader            worker
//	image A                             A                 A
//	image A    B                        B                 A
//	args A     B                        args of B         args of A
//	probe A                             A                 none, only leaders take requests
func podInPlace(c, merged *componentSpec, field string, rules merge.Rules) describedPod {
	own := podOf(c, field)
	if len(placesOf(merged, field)) == 1 {
		return own
	}
	base := podOf(c, "")
	if base.runner == nil && reflect.ValueOf(base.spec).IsZero() {
		return own
	}
	base = describedPod{spec: *base.spec.DeepCopy(), runner: base.runner.DeepCopy()}
	merge.Into(&base.spec, own.spec.DeepCopy(), rules)
	if base.runner != nil {
		leaveToRunner(base.runner, podOf(merged, field).runner, field)
	}
	if own.runner != nil {
		base.runner = newIfNil(base.runner)
		rules.Zeros = rules.Zeros.Below("runner")
		merge.Into(base.runner, own.runner.DeepCopy(), rules)
	}
	return base
}

// leaveToRunner removes from the component's runner what the runner of a leader or a worker decides
// as a whole, and from a worker's what belongs to the pod that takes requests.
func leaveToRunner(base, own *corev1.Container, field string) {
	if field == ".worker" {
		base.Ports, base.ReadinessProbe, base.LivenessProbe, base.StartupProbe = nil, nil, nil, nil
	}
	if own == nil {
		return
	}
	if len(own.Command)+len(own.Args) > 0 {
		base.Command, base.Args = nil, nil
	}
	if givesResources(&own.Resources) {
		base.Resources = corev1.ResourceRequirements{}
	}
}

// podOf is the pod that a component describes in one place; zero where it describes none there.
func podOf(c *componentSpec, field string) describedPod {
	spec, runner := c.PodSpec, c.Runner
	switch {
	case field == ".leader" && c.Leader != nil:
		spec, runner = c.Leader.PodSpec, c.Leader.Runner
	case field == ".worker" && c.Worker != nil:
		spec, runner = c.Worker.PodSpec, c.Worker.Runner
	case field != "":
		return describedPod{}
	}
	if runner == nil {
		return describedPod{spec: spec.ToCore()}
	}
	return describedPod{spec: spec.ToCore(), runner: &runner.Container}
}

// fieldsOfPods are the fields that describe the pods of a component.
func fieldsOfPods(main podDraft, worker composedWorker) []string {
	if worker.spec == nil {
		return []string{main.field}
	}
	return []string{main.field, ".worker"}
}
