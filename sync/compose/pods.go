package compose

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

// defaultRunnerName is the name that OME's own runtimes give to the container
// that serves.
const defaultRunnerName = "ome-container"

// pod is one pod of a component while it is composed.
type pod struct {
	spec   corev1.PodSpec
	runner *corev1.Container
	// own is what the service itself says of this very pod.
	own ownPod
	// field is the pod's place below the component: "", ".leader" or ".worker".
	field string
	// told is why composition gave the runner a value; for the trace only.
	told map[string]value
}

// ownPod is what the service itself says of one pod. What it says wins over
// what an accelerator class would set.
type ownPod struct {
	runner   *v1beta1.RunnerSpec
	affinity bool
}

// pods composes the main pod and, where there is one, the worker's.
func (b *builder) pods() *finding.Finding {
	main := b.mainPod()
	spec, runner, problem := b.compose(main)
	if problem != nil {
		return problem
	}
	b.out.Pod, b.out.Runner = spec, runner
	if b.spec.Worker == nil || !b.multiNode() {
		return nil
	}
	b.out.WorkerSize = b.workerSize()
	spec, runner, problem = b.compose(b.workerPod())
	b.out.Worker, b.out.WorkerRunner = &spec, runner
	return problem
}

// mainPod is the leader's pod in a multi-node component that describes a
// leader, else the component's own. A single-node mode over a runtime that
// describes a leader only uses that leader.
func (b *builder) mainPod() *pod {
	leader := b.spec.Leader
	bare := b.spec.Runner == nil && len(b.spec.Containers) == 0
	if leader == nil || (!b.multiNode() && !bare) {
		return &pod{
			spec:   b.spec.PodSpec.ToCore(),
			runner: container(b.spec.Runner),
			own:    ownPod{runner: b.own.Runner, affinity: b.own.Affinity != nil},
		}
	}
	own := ownPod{affinity: b.own.Affinity != nil}
	if b.own.Leader != nil {
		own.runner = b.own.Leader.Runner
		own.affinity = own.affinity || b.own.Leader.Affinity != nil
	}
	return &pod{spec: leader.PodSpec.ToCore(), runner: container(leader.Runner), own: own, field: ".leader"}
}

func (b *builder) workerPod() *pod {
	worker := b.spec.Worker
	own := ownPod{affinity: b.own.Affinity != nil}
	if b.own.Worker != nil {
		own.runner = b.own.Worker.Runner
		own.affinity = own.affinity || b.own.Worker.Affinity != nil
	}
	return &pod{spec: worker.PodSpec.ToCore(), runner: container(worker.Runner), own: own, field: ".worker"}
}

func container(runner *v1beta1.RunnerSpec) *corev1.Container {
	if runner == nil {
		return nil
	}
	return &runner.Container
}

// workerSize is the number of workers of one replica.
func (b *builder) workerSize() int32 {
	if b.spec.Worker == nil || b.spec.Worker.Size == nil {
		return 0
	}
	return clamp(*b.spec.Worker.Size)
}

// compose adds to a pod what model, weight and accelerator know, and returns
// it with the name of the container that serves.
func (b *builder) compose(p *pod) (corev1.PodSpec, string, *finding.Finding) {
	if problem := b.requireContainer(p); problem != nil {
		return corev1.PodSpec{}, "", problem
	}
	if p.runner != nil {
		b.addEnv(p)
		b.addMounts(p)
		b.addResources(p)
		b.overrideArgs(p)
		b.addParallelism(p)
	}
	p.spec.EphemeralContainers = nil // no pod template may have them
	name := joinRunner(p)
	b.addVolumes(p)
	b.place(p)
	if !b.serving() && p.spec.ServiceAccountName == "" {
		p.spec.ServiceAccountName = b.out.Name
	}
	substitute(&p.spec, &b.Service.ObjectMeta)
	b.distinct(&p.spec)
	b.tellOrigins(p, name)
	return p.spec, name, nil
}

func (b *builder) requireContainer(p *pod) *finding.Finding {
	if p.runner == nil && len(p.spec.Containers) == 0 {
		return &finding.Finding{Reason: ReasonNoRunner, Message: fmt.Sprintf(
			"there is no container to run: neither the service nor %s gives the %s one: set spec.%s%s.runner, or name a runtime that does",
			b.template(), b.kind, b.kind, p.field)}
	}
	if p.runner != nil && p.runner.Image == "" && !hasImage(p) {
		return &finding.Finding{Reason: ReasonNoImage, Message: fmt.Sprintf(
			"the runner has no image: neither the service nor %s gives the %s one: set spec.%s%s.runner.image, or name a runtime that does",
			b.template(), b.kind, b.kind, p.field)}
	}
	return nil
}

// template names the runtime in a message.
func (b *builder) template() string {
	if b.Runtime == nil {
		return "a runtime"
	}
	return b.runtimeSource()
}

// hasImage reports whether a container of the runner's name brings an image.
func hasImage(p *pod) bool {
	at := containerNamed(p.spec.Containers, p.runner.Name)
	return at >= 0 && p.spec.Containers[at].Image != ""
}

// joinRunner puts the runner into the pod's containers: on top of the
// container of its name, else as the last one. The arguments of the two are
// put one after the other. Without a runner the first container serves.
func joinRunner(p *pod) string {
	containers := p.spec.Containers
	if p.runner == nil {
		if containers[0].Name == "" {
			containers[0].Name = defaultRunnerName
		}
		return containers[0].Name
	}
	if p.runner.Name == "" {
		p.runner.Name = defaultRunnerName
	}
	at := containerNamed(containers, p.runner.Name)
	if at < 0 {
		p.spec.Containers = append(containers, *p.runner)
		return p.runner.Name
	}
	args := append(append([]string(nil), containers[at].Args...), p.runner.Args...)
	merge.Into(&containers[at], p.runner, nil)
	containers[at].Args = args
	return p.runner.Name
}

// containerNamed returns the position of a container, or -1.
func containerNamed(containers []corev1.Container, name string) int {
	for i := range containers {
		if containers[i].Name == name {
			return i
		}
	}
	return -1
}
