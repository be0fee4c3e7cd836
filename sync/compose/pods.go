package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
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
	// gives none.
	serviceResources *corev1.ResourceRequirements
	// serviceNodeSelector is what the service itself asks of the pod's node.
	serviceNodeSelector map[string]string
	// ofService and ofRuntime are what each of the two says of the pod.
	ofService, ofRuntime describedPod
	// origins collects who gives the values of the containers.
	origins *origins
}

// podAdditions are what every pod of a component gets.
type podAdditions struct {
	access    modelAccess
	variables []variable
	// podsOfOneReplica is the number of pods over which one replica spreads the model.
	podsOfOneReplica int64
	// gracePeriod is the time that a pod has to stop where it says none, in seconds; nil for Kubernetes'.
	gracePeriod *int64
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
	field := ""
	if merged.Leader != nil && (mode.PodsFormGroups || !hasOwnServer(merged)) {
		field = ".leader"
	}
	return draftPod(s, merged, layers, field)
}

// hasOwnServer reports whether a component describes a complete pod beside its leader's.
func hasOwnServer(merged *componentSpec) bool {
	if merged.Runner == nil {
		return len(merged.Containers) > 0
	}
	return merged.Runner.Image != "" || hasImage(merged.Containers, merged.Runner.Name)
}

// draftPod describes the pod of a field of the component.
func draftPod(s *sources, merged *componentSpec, layers []layer, field string) (podDraft, *finding.Finding) {
	rules := s.mergeRules(strings.TrimPrefix(field, "."))
	pod := podInPlace(merged, merged, field, rules)
	ofService := podInPlace(s.fromService, merged, field, rules)
	draft := podDraft{
		spec:                *pod.spec.DeepCopy(),
		runner:              pod.runner.DeepCopy(),
		field:               field,
		ofService:           ofService,
		serviceResources:    resourcesFromService(s, ofService.runner),
		serviceNodeSelector: labels.Merge(s.fromService.NodeSelector, ofService.spec.NodeSelector),
		origins:             startOrigins(s, layers, placesOf(merged, field), pod.runner),
	}
	if s.fromRuntime != nil {
		draft.ofRuntime = podInPlace(s.fromRuntime, merged, field, merge.Rules{Accelerators: s.accelerators})
	}
	return draft, missingContainer(s, draft)
}

// resourcesFromService are the resources that the service itself gives to a pod's runner, nil when
// it gives none. An empty map counts as given.
func resourcesFromService(s *sources, runner *corev1.Container) *corev1.ResourceRequirements {
	var given *corev1.ResourceRequirements
	if s.fromService.Resources != nil && givesResources(s.fromService.Resources) {
		given = s.fromService.Resources.DeepCopy()
	}
	if runner == nil || !givesResources(&runner.Resources) {
		return given
	}
	given = newIfNil(given)
	merge.Into(given, runner.Resources.DeepCopy(), merge.Rules{Accelerators: s.accelerators})
	return given
}

// givesResources reports whether resources say anything.
func givesResources(r *corev1.ResourceRequirements) bool {
	return r.Limits != nil || r.Requests != nil || len(r.Claims) > 0
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

// gracePeriodOfPods is the configured time that pods of a mode have to stop. Knative decides it by itself.
func gracePeriodOfPods(s *sources, mode modes.Mode) *int64 {
	if mode.Name == v1beta1.Serverless {
		return nil
	}
	return s.config.Deploy.TerminationGracePeriodSeconds
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
	spec.NodeSelector = podNodeSelector(s, draft, additions.access.nodeLabels, spec.NodeSelector)
	spec.Affinity = podAffinity(s, spec.Affinity)
	recordClassNodes(s, spec.NodeSelector)
	fillInSelectors(s, &spec)
	spec.ResourceClaims = claimsInUse(s, draft, spec)
	spec.ServiceAccountName = serviceAccountOf(s, spec)
	fillInPlaceholders(s, &spec)
	spec.InitContainers = finishContainers(s, draft, spec.InitContainers)
	spec.Containers = finishContainers(s, draft, spec.Containers)
	freeHostPorts(draft, &spec)
	if spec.TerminationGracePeriodSeconds == nil && additions.gracePeriod != nil {
		spec.TerminationGracePeriodSeconds = ptr.To(*additions.gracePeriod)
	}
	allowPauses(draft, &spec)
	draft.origins.recordPod(s, draft, &spec)
	return composedPod{spec: spec, runner: serving}
}

// serviceAccountOf is the name of the account of a pod: the one that the specification names, else a
// router's own, under which it finds the pods that it routes to.
func serviceAccountOf(s *sources, spec corev1.PodSpec) string {
	named := cmp.Or(spec.ServiceAccountName, spec.DeprecatedServiceAccount)
	switch {
	case s.servesModel():
		return spec.ServiceAccountName
	case named == "":
		return componentName(s)
	}
	s.record.AddEntry(trace.Entry{
		Subject: s.traceSubject("serviceAccount"), Verdict: trace.Set, Reason: ReasonAccountNamed, Value: named,
		Message: "isvc gives no rights to an account that is named: a router that looks for pods needs get, list and watch of pods in its namespace",
	})
	return spec.ServiceAccountName
}

// finishContainers makes containers what Kubernetes accepts: each key of a list once, requests and
// limits that agree.
func finishContainers(s *sources, draft podDraft, containers []corev1.Container) []corev1.Container {
	containers = dropDuplicateKeys(s, containers)
	fromService := containerResourcesFromService(draft)
	for i := range containers {
		container := &containers[i]
		container.Resources = levelResources(s, container.Resources, fromService[container.Name], container.Name, draft.origins)
	}
	return containers
}

// containerResourcesFromService are the resources that the service itself gives to the containers of
// a pod, by their names.
func containerResourcesFromService(draft podDraft) map[string]*corev1.ResourceRequirements {
	pod := draft.ofService.spec
	given := map[string]*corev1.ResourceRequirements{}
	for _, list := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range list {
			given[list[i].Name] = &list[i].Resources
		}
	}
	if draft.runner != nil && draft.serviceResources != nil {
		given[runnerName(draft.runner)] = draft.serviceResources
	}
	return given
}

// composeContainers returns the containers of a pod, and the name of the one that serves: the
// runner, else the first.
func composeContainers(s *sources, draft podDraft, additions podAdditions) (containers []corev1.Container, serving string) {
	containers = draft.spec.Containers
	if draft.runner != nil {
		runner := composeRunner(s, draft, additions)
		return joinRunner(s, draft, runner), runner.Name
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
	container := draft.containerOfRunner()
	given := len(runner.VolumeMounts)
	runner.VolumeMounts = addMounts(runner.VolumeMounts, container.VolumeMounts, additions.access)
	draft.addMountOrigins(s, runner, given)
	runner.Resources = completeResources(s, draft)
	runner.Args, runner.Command = overrideArgs(s, draft)
	demand := s.accelerators.DemandOf(&runner.Resources)
	warnAboutUncounted(s, draft, runner, demand)
	parallelism := planParallelism(s, demand, additions.podsOfOneReplica)
	runner.Env = setVariables(runner.Env, parallelism, runner.Name, draft.origins)
	return runner
}

// addMountOrigins adds who gives the mounts of a runner after those that it had: the model, or the
// weight.
func (d podDraft) addMountOrigins(s *sources, runner corev1.Container, given int) {
	if s.model == nil || d.origins == nil {
		return
	}
	added := corev1.Container{VolumeMounts: runner.VolumeMounts[given:]}
	for i, mount := range readMounts(&added) {
		by := origin{reason: FromModel, source: s.modelName() + " spec.storage"}
		if added.VolumeMounts[i].Name == modelEmptyDir && s.weight != nil {
			by = origin{reason: FromWeight, source: s.weightName()}
		}
		for _, model := range s.overlays {
			if added.VolumeMounts[i].MountPath == names.OverlayPath(model.Name) {
				by = originOfOverlay(model)
			}
		}
		d.origins.addValue(runner.Name, mountField, mount.key, mount.text, by)
	}
}

// containerOfRunner is the container of the pod that the runner is joined with; empty without.
func (d podDraft) containerOfRunner() corev1.Container {
	if container := podspec.ContainerNamed(d.spec.Containers, runnerName(d.runner)); container != nil {
		return *container
	}
	return corev1.Container{}
}

// runnerName is the name of the container that a runner becomes.
func runnerName(runner *corev1.Container) string {
	if runner.Name == "" {
		return defaultRunnerName
	}
	return runner.Name
}

// joinRunner puts the runner into the pod's containers: on top of the container of its name, else
// as the last one. The arguments of the two are put one after the other, and the runner's ports come
// first: it takes requests on the first one.
func joinRunner(s *sources, draft podDraft, runner corev1.Container) []corev1.Container {
	containers := draft.spec.Containers
	at := podspec.IndexOfContainer(containers, runner.Name)
	if at < 0 {
		return append(containers, runner)
	}
	joined := &containers[at]
	arguments, ports := slices.Concat(joined.Args, runner.Args), slices.Clone(runner.Ports)
	merge.Into(joined, &runner, s.mergeRules(draft.runnerPath()))
	joined.Args = arguments
	slices.SortStableFunc(joined.Ports, func(a, b corev1.ContainerPort) int {
		return cmp.Compare(positionOfPort(ports, a), positionOfPort(ports, b))
	})
	return containers
}

// positionOfPort is the position of the port of a number in a list, and the length of the list where
// it has none.
func positionOfPort(ports []corev1.ContainerPort, port corev1.ContainerPort) int {
	at := slices.IndexFunc(ports, func(other corev1.ContainerPort) bool { return other.ContainerPort == port.ContainerPort })
	if at < 0 {
		return len(ports)
	}
	return at
}

// runnerPath is the path of the runner below the component, as a merge writes it: "leader/runner".
func (d podDraft) runnerPath() string {
	return strings.TrimPrefix(strings.ReplaceAll(d.field, ".", "")+"/runner", "/")
}

// tracePod is the pod in a trace: "engine" or "engine/worker".
func (d podDraft) tracePod(s *sources) string {
	if d.field == "" {
		return string(s.component)
	}
	return s.traceSubject(d.field[1:])
}
