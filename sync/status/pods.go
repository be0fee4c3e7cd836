package status

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/observed"
)

// pod is the part of a pod that its rules read.
type pod struct {
	*object
	labels map[string]string
	// mode is the mode of the workload that made the pod; its name is empty where no label says so.
	mode   modes.Mode
	status podStatus
}

type podStatus struct {
	Phase                 corev1.PodPhase     `json:"phase"`
	Reason                string              `json:"reason"`
	Message               string              `json:"message"`
	Conditions            []observedCondition `json:"conditions"`
	InitContainerStatuses []containerStatus   `json:"initContainerStatuses"`
	ContainerStatuses     []containerStatus   `json:"containerStatuses"`
}

type containerStatus struct {
	Name      string         `json:"name"`
	Ready     bool           `json:"ready"`
	State     containerState `json:"state"`
	LastState containerState `json:"lastState"`
}

type containerState struct {
	Waiting    *corev1.ContainerStateWaiting `json:"waiting"`
	Running    *struct{}                     `json:"running"`
	Terminated *containerTerminated          `json:"terminated"`
}

type containerTerminated struct {
	ExitCode   int32  `json:"exitCode"`
	Reason     string `json:"reason"`
	Message    string `json:"message"`
	FinishedAt string `json:"finishedAt"`
}

// replica is one copy of a component: a pod, the pods of one group of a LeaderWorkerSet, or the
// pods of one Ray cluster.
type replica struct {
	// mode and revision say from which workload and template the pods come.
	mode     v1beta1.DeploymentMode
	revision string
	// pods are newest first.
	pods []pod
	// state is the state of the pod that is furthest from being loaded.
	state v1beta1.ModelState
	// failure of the newest pod that failed; nil if no pod failed.
	failure *podFailure
	// waiting says why a pod was not started; empty if it is not known. The missing are the resources that it
	// waits for.
	waiting string
	missing []string
	// waitingWord says it in one word.
	waitingWord string
}

// podsByComponent returns the pods of the service by component, newest first. A pod that is being
// deleted says nothing about the model and is left out.
func podsByComponent(service string, pods map[string]observed.Object) map[v1beta1.ComponentType][]pod {
	byComponent := map[v1beta1.ComponentType][]pod{}
	for _, raw := range pods {
		p := readPod(raw)
		if p == nil || p.isBeingDeleted {
			continue
		}
		if component := componentOfPod(service, p); component != "" {
			byComponent[component] = append(byComponent[component], *p)
		}
	}
	for component, pods := range byComponent {
		slices.SortFunc(pods, comparePodsNewestFirst)
		byComponent[component] = withoutReplacedPods(pods)
	}
	return byComponent
}

// podsOfApp returns the pods with a value of the label app, newest first, without those that are being
// deleted.
func podsOfApp(app string, pods map[string]observed.Object) []pod {
	var found []pod
	for _, raw := range pods {
		if p := readPod(raw); p != nil && !p.isBeingDeleted && p.labels[v1beta1.LabelApp] == app {
			found = append(found, *p)
		}
	}
	slices.SortFunc(found, comparePodsNewestFirst)
	return withoutReplacedPods(found)
}

// readPod reads a pod; nil where there is no object.
func readPod(raw observed.Object) *pod {
	o := readObject(raw)
	if o == nil {
		return nil
	}
	p := &pod{object: o}
	decodeLenient(o.Member("metadata", "labels"), &p.labels)
	p.mode, _ = modes.OfPod(p.labels)
	decodeLenient(o.rawStatus, &p.status)
	return p
}

// comparePodsNewestFirst is a total order over the pods of a namespace.
func comparePodsNewestFirst(a, b pod) int {
	return cmp.Or(strings.Compare(b.created, a.created), strings.Compare(a.name, b.name))
}

// componentOfPod returns the component that a pod belongs to. It is empty for a pod of another
// service and for the prober of a Ray cluster, which has the label of its component and an app of
// its own.
func componentOfPod(service string, p *pod) v1beta1.ComponentType {
	if p.labels[v1beta1.LabelInferenceService] != names.LabelValue(service) {
		return ""
	}
	component := p.labels[v1beta1.LabelComponent]
	app, hasApp := p.labels[v1beta1.LabelApp]
	for _, componentType := range componentOrder() {
		isItsApp := app == names.App(names.Component(service, string(componentType)))
		switch {
		case component == string(componentType) && (isItsApp || !hasApp || p.mode.Name != v1beta1.RawDeployment):
			return componentType
		case component == "" && isItsApp:
			return componentType
		}
	}
	return ""
}

// withoutReplacedPods leaves out pods that have ended for good, such as evicted ones, if there are
// others: then their replacements decide.
func withoutReplacedPods(pods []pod) []pod {
	hasEnded := func(p pod) bool { return p.status.Phase == corev1.PodFailed || p.status.Phase == corev1.PodSucceeded }
	if !slices.ContainsFunc(pods, func(p pod) bool { return !hasEnded(p) }) {
		return pods
	}
	return slices.DeleteFunc(pods, hasEnded)
}

// replicaKey says which replica a pod belongs to. Pods of one replica that come from two templates
// count as two replicas.
type replicaKey struct {
	mode     v1beta1.DeploymentMode
	revision string
	name     string
}

func replicaKeyOf(p *pod) replicaKey {
	key := replicaKey{p.mode.Name, p.labels[p.mode.PodMarks.Revision], p.name}
	if marks := p.mode.PodMarks.Replica; len(marks) > 0 {
		values := make([]string, len(marks))
		for i, label := range marks {
			values[i] = p.labels[label]
		}
		key.name = strings.Join(values, "/")
	}
	return key
}

// groupIntoReplicas groups pods, which come newest first, into replicas, newest first.
func groupIntoReplicas(pods []pod) []replica {
	var order []replicaKey
	groups := map[replicaKey][]pod{}
	for i := range pods {
		key := replicaKeyOf(&pods[i])
		if _, known := groups[key]; !known {
			order = append(order, key)
		}
		groups[key] = append(groups[key], pods[i])
	}
	var replicas []replica
	for _, key := range order {
		replicas = append(replicas, makeReplica(key, groups[key]))
	}
	return replicas
}

// makeReplica summarizes what the pods of a replica say.
func makeReplica(key replicaKey, pods []pod) replica {
	r := replica{mode: key.mode, revision: key.revision, pods: pods, state: v1beta1.Loaded}
	for i := range pods {
		p := &pods[i]
		reported := stateOfPod(p)
		r.state = worseModelState(r.state, reported.state)
		if r.failure == nil && reported.failure != nil {
			r.failure = reported.failure
			r.failure.pod, r.failure.created, r.failure.revision = p.name, p.created, r.revision
		}
		if r.waiting == "" && reported.waiting != "" {
			r.waiting, r.missing = "pod "+p.name+": "+reported.waiting, reported.missing
			r.waitingWord = reported.waitingWord
		}
	}
	return r
}

// createdFirst is the creation time of the oldest pod of the replica.
func (r *replica) createdFirst() string { return r.pods[len(r.pods)-1].created }

// PodReport is what one pod of a service says, by the rules of the status.
type PodReport struct {
	Name      string
	Component v1beta1.ComponentType
	// Workload is the kind of the workload that made the pod; empty where no label says so.
	Workload kinds.Kind
	// State is what the pod does with the model: Loaded is a pod that answers requests.
	State v1beta1.ModelState
	// Word is why the pod does not serve in one word, such as OOMKilled or Unschedulable, and Message
	// the same in the words of the cluster. Both are empty for a pod that serves or still starts.
	Word, Message string
}

// ReportPods says what the pods of a service say, by component, the newest first. Pods of other services are
// ignored.
func ReportPods(service string, pods map[string]observed.Object) []PodReport {
	byComponent := podsByComponent(service, pods)
	var reports []PodReport
	for _, component := range componentOrder() {
		for i := range byComponent[component] {
			p := &byComponent[component][i]
			said := stateOfPod(p)
			report := PodReport{
				Name: p.name, Component: component, Workload: p.mode.Workload, State: said.state,
				Word: said.waitingWord, Message: said.waiting,
			}
			if said.failure != nil {
				report.Word, report.Message = said.failure.word, said.failure.message
			}
			reports = append(reports, report)
		}
	}
	return reports
}
