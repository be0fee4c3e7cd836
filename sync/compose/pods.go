package compose

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

// defaultRunnerName is the name that OME's own runtimes give to the container that serves.
const defaultRunnerName = "ome-container"

// podDraft is a pod as service and runtime describe it. Composing the pod uses it up.
type podDraft struct {
	spec corev1.PodSpec
	// runner is the container that serves, which spec does not hold yet; nil where the first
	// container of spec serves.
	runner *corev1.Container
	// field is the place of the pod below the component: "", ".leader" or ".worker".
	field string
	// serviceResources are the resources that the service itself gives to the runner; nil when it
	// gives none. An accelerator class does not replace them.
	serviceResources *corev1.ResourceRequirements
	// serviceSetsAffinity is true where the service itself has an affinity for the pod.
	serviceSetsAffinity bool
	// origins collects who gives the values of the containers.
	origins *origins
}

// podAdditions are what every pod of a component gets.
type podAdditions struct {
	access    modelAccess
	variables []variable
	// podsOfOneReplica is the number of pods over which one replica spreads the model.
	podsOfOneReplica int64
}

// composedPod is a finished pod.
type composedPod struct {
	spec corev1.PodSpec
	// runner is the name of the container that serves.
	runner string
}

// composedWorker is the pod of the workers of a group; the zero value has none.
type composedWorker struct {
	spec   *corev1.PodSpec
	runner string
	// size is the number of workers of one replica.
	size int32
}

// draftMainPod describes the pod that serves: the leader's in a component of groups that describes
// a leader, else the component's own. A mode without groups over a runtime that describes a leader
// only uses that leader. The problem is a pod without a container or an image.
func draftMainPod(s *sources, merged *componentSpec, layers []layer, mode modes.Mode) (podDraft, *finding.Finding) {
	hasOwnContainers := merged.Runner != nil || len(merged.Containers) > 0
	field := ""
	if merged.Leader != nil && (mode.PodsFormGroups || !hasOwnContainers) {
		field = ".leader"
	}
	return draftPod(s, merged, layers, field)
}

// draftPod describes the pod of a field of the component.
func draftPod(s *sources, merged *componentSpec, layers []layer, field string) (podDraft, *finding.Finding) {
	spec, runner := podOf(merged, field)
	serviceSpec, serviceRunner := podOf(s.fromService, field)
	draft := podDraft{
		spec:                *spec.DeepCopy(),
		runner:              runner.DeepCopy(),
		field:               field,
		serviceResources:    resourcesFromService(s, serviceRunner),
		serviceSetsAffinity: s.fromService.Affinity != nil || serviceSpec.Affinity != nil,
		origins:             startOrigins(s, layers, field, runner),
	}
	return draft, missingContainer(s, draft)
}

// podOf is the pod of a field of a component, and its runner. Both are zero where the component
// does not describe the pod; the runner is nil where it has none.
func podOf(c *componentSpec, field string) (corev1.PodSpec, *corev1.Container) {
	spec, runner := c.PodSpec, c.Runner
	switch {
	case field == ".leader" && c.Leader != nil:
		spec, runner = c.Leader.PodSpec, c.Leader.Runner
	case field == ".worker" && c.Worker != nil:
		spec, runner = c.Worker.PodSpec, c.Worker.Runner
	case field != "":
		return corev1.PodSpec{}, nil
	}
	if runner == nil {
		return spec.ToCore(), nil
	}
	return spec.ToCore(), &runner.Container
}

// resourcesFromService are the resources that the service itself gives to a pod's runner, nil when
// it gives none. An empty map counts as given.
func resourcesFromService(s *sources, runner *corev1.Container) *corev1.ResourceRequirements {
	isGiven := func(r *corev1.ResourceRequirements) bool {
		return r.Limits != nil || r.Requests != nil || len(r.Claims) > 0
	}
	if runner != nil && isGiven(&runner.Resources) {
		return &runner.Resources
	}
	if s.fromService.Resources != nil && isGiven(s.fromService.Resources) {
		return s.fromService.Resources
	}
	return nil
}

// missingContainer is the problem of a pod that has nothing to run.
func missingContainer(s *sources, draft podDraft) *finding.Finding {
	runtime := s.runtimeName()
	if runtime == "" {
		runtime = "a runtime"
	}
	if draft.runner == nil && len(draft.spec.Containers) == 0 {
		return &finding.Finding{Reason: ReasonNoRunner, Message: fmt.Sprintf(
			"there is no container to run: neither the service nor %s gives the %s one: set spec.%s%s.runner, or name a runtime that does",
			runtime, s.component, s.component, draft.field)}
	}
	if draft.runner != nil && draft.runner.Image == "" && !hasImage(draft.spec.Containers, draft.runner.Name) {
		return &finding.Finding{Reason: ReasonNoImage, Message: fmt.Sprintf(
			"the runner has no image: neither the service nor %s gives the %s one: set spec.%s%s.runner.image, or name a runtime that does",
			runtime, s.component, s.component, draft.field)}
	}
	return nil
}

// hasImage reports whether the container of a name brings an image.
func hasImage(containers []corev1.Container, name string) bool {
	container := podspec.ContainerNamed(containers, name)
	return container != nil && container.Image != ""
}

// composeWorker composes the pod of the workers; a mode without groups has no workers.
func composeWorker(s *sources, merged *componentSpec, layers []layer, mode modes.Mode, additions podAdditions) (composedWorker, *finding.Finding) {
	if merged.Worker == nil || !mode.PodsFormGroups {
		return composedWorker{}, nil
	}
	draft, problem := draftPod(s, merged, layers, ".worker")
	if problem != nil {
		return composedWorker{}, problem
	}
	pod := composePod(s, draft, additions)
	return composedWorker{spec: &pod.spec, runner: pod.runner, size: workerSize(merged)}, nil
}

// workerSize is the number of workers of one replica.
func workerSize(merged *componentSpec) int32 {
	if merged.Worker == nil || merged.Worker.Size == nil {
		return 0
	}
	return clampToInt32(*merged.Worker.Size)
}

// countPodsOfOneReplica counts the workers and, except for a decoder that describes workers only,
// their leader. Workers count in every mode, as in OME.
func countPodsOfOneReplica(s *sources, merged *componentSpec) int64 {
	workers := int64(workerSize(merged))
	if s.component == v1beta1.DecoderComponent && merged.Leader == nil && merged.Runner == nil {
		return workers
	}
	return workers + 1
}

// composePod adds to a pod what model, weight and accelerator know.
func composePod(s *sources, draft podDraft, additions podAdditions) composedPod {
	spec := draft.spec
	containers, serving := composeContainers(s, draft, additions)
	spec.Containers = containers
	spec.EphemeralContainers = nil // no pod template may have them
	for _, volume := range additions.access.volumes {
		podspec.AddVolumeIfAbsent(&spec, volume)
	}
	spec.NodeSelector = podNodeSelector(s, additions.access.nodeLabel, spec.NodeSelector)
	spec.Affinity = podAffinity(s, draft, spec.Affinity)
	recordClassNodes(s, spec.NodeSelector)
	if !s.servesModel() && spec.ServiceAccountName == "" {
		spec.ServiceAccountName = componentName(s)
	}
	fillInPlaceholders(&spec, &s.service.ObjectMeta)
	spec.InitContainers = dropDuplicateKeys(s, spec.InitContainers)
	spec.Containers = dropDuplicateKeys(s, spec.Containers)
	draft.origins.recordPod(s, draft, &spec)
	return composedPod{spec: spec, runner: serving}
}

// composeContainers returns the containers of a pod, and the name of the one that serves: the
// runner, else the first.
func composeContainers(s *sources, draft podDraft, additions podAdditions) (containers []corev1.Container, serving string) {
	containers = draft.spec.Containers
	if draft.runner != nil {
		runner := composeRunner(s, draft, additions)
		return joinRunner(containers, runner), runner.Name
	}
	if containers[0].Name == "" {
		containers[0].Name = defaultRunnerName
	}
	return containers, containers[0].Name
}

// composeRunner adds to a runner what model, weight and accelerator know.
func composeRunner(s *sources, draft podDraft, additions podAdditions) corev1.Container {
	runner := *draft.runner
	runner.Name = runnerName(draft.runner)
	runner.Env = setVariables(runner.Env, additions.variables, runner.Name, draft.origins)
	runner.VolumeMounts = addMounts(runner.VolumeMounts, additions.access)
	runner.Resources = completeResources(s, draft)
	runner.Args, runner.Command = overrideArgs(s, draft)
	parallelism := planParallelism(s, runner.Resources, additions.podsOfOneReplica)
	runner.Env = setVariables(runner.Env, parallelism, runner.Name, draft.origins)
	return runner
}

// runnerName is the name of the container that a runner becomes.
func runnerName(runner *corev1.Container) string {
	if runner.Name == "" {
		return defaultRunnerName
	}
	return runner.Name
}

// joinRunner puts the runner into the pod's containers: on top of the container of its name, else
// as the last one. The arguments of the two are put one after the other.
func joinRunner(containers []corev1.Container, runner corev1.Container) []corev1.Container {
	at := podspec.IndexOfContainer(containers, runner.Name)
	if at < 0 {
		return append(containers, runner)
	}
	joined := append(append([]string(nil), containers[at].Args...), runner.Args...)
	merge.Into(&containers[at], &runner, nil)
	containers[at].Args = joined
	return containers
}

// tracePod is the pod in a trace: "engine" or "engine/worker".
func (d podDraft) tracePod(s *sources) string {
	if d.field == "" {
		return string(s.component)
	}
	return s.traceSubject(d.field[1:])
}
