package status

import (
	"cmp"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/observed"
)

// The labels by which controllers mark the pods that they make.
const (
	labelTemplateHash       = "pod-template-hash"
	labelLeaderWorkerSet    = "leaderworkerset.sigs.k8s.io/name"
	labelGroupIndex         = "leaderworkerset.sigs.k8s.io/group-index"
	labelGroupTemplateHash  = "leaderworkerset.sigs.k8s.io/template-revision-hash"
	labelRayCluster         = "ray.io/cluster"
	phaseFailed             = "Failed"
	phaseSucceeded          = "Succeeded"
	conditionPodReady       = "Ready"
	conditionPodScheduled   = "PodScheduled"
	reasonPodUnschedulable  = "Unschedulable"
	reasonContainerCreating = "ContainerCreating"
	reasonPodInitializing   = "PodInitializing"
	reasonCrashLoopBackOff  = "CrashLoopBackOff"
)

// pod is what matters of a pod.
type pod struct {
	*object
	report podReport
}

type podReport struct {
	Phase                 string      `json:"phase"`
	Reason                string      `json:"reason"`
	Message               string      `json:"message"`
	Conditions            conditions  `json:"conditions"`
	InitContainerStatuses []container `json:"initContainerStatuses"`
	ContainerStatuses     []container `json:"containerStatuses"`
}

type container struct {
	Name      string         `json:"name"`
	Ready     bool           `json:"ready"`
	State     containerState `json:"state"`
	LastState containerState `json:"lastState"`
}

type containerState struct {
	Waiting    *waiting     `json:"waiting"`
	Running    *struct{}    `json:"running"`
	Terminated *termination `json:"terminated"`
}

type waiting struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

type termination struct {
	ExitCode   int32  `json:"exitCode"`
	Reason     string `json:"reason"`
	Message    string `json:"message"`
	FinishedAt string `json:"finishedAt"`
}

// replica is one copy of a component: a pod, the pods of one group of a
// LeaderWorkerSet, or the pods of one Ray cluster.
type replica struct {
	// mode and revision say from which workload and template it comes.
	mode     v1beta1.DeploymentMode
	revision string
	// pods are newest first.
	pods []pod
	// state is that of the pod that is furthest from being loaded.
	state v1beta1.ModelState
	// failure of the newest pod that failed; nil without.
	failure *failure
	// waiting says why a pod has not been started; empty without a reason.
	waiting string
}

// podsOf decodes the pods of the service that are there to stay, by component,
// newest first. A pod that is being deleted says nothing about the model.
func podsOf(service string, pods map[string]observed.Object) map[v1beta1.ComponentType][]pod {
	byComponent := map[v1beta1.ComponentType][]pod{}
	for _, object := range pods {
		o := decode(object)
		if o == nil || o.deleting {
			continue
		}
		component := componentOf(service, o)
		if component == "" {
			continue
		}
		p := pod{object: o}
		lenient(o.status, &p.report)
		byComponent[component] = append(byComponent[component], p)
	}
	for component, pods := range byComponent {
		slices.SortFunc(pods, newestFirst)
		byComponent[component] = unfinished(pods)
	}
	return byComponent
}

// newestFirst is a total order over the pods of a namespace.
func newestFirst(a, b pod) int {
	return cmp.Or(strings.Compare(b.created, a.created), strings.Compare(a.name, b.name))
}

// componentOf is the component that a pod belongs to; empty for a pod of
// another service and for one that watches Ray clusters.
func componentOf(service string, p *object) v1beta1.ComponentType {
	if p.label(v1beta1.LabelInferenceService) != names.LabelValue(service) {
		return ""
	}
	app, component := p.label(v1beta1.LabelApp), p.label(v1beta1.LabelComponent)
	for _, kind := range componentOrder() {
		ours := app == names.App(names.Component(service, string(kind)))
		switch {
		case component == string(kind) && (ours || !p.labelled(v1beta1.LabelApp) || modeOf(p) != v1beta1.RawDeployment):
			return kind
		case component == "" && ours:
			return kind
		}
	}
	return ""
}

// unfinished leaves pods out that have ended for good, such as evicted ones,
// while there are others: their replacements decide.
func unfinished(pods []pod) []pod {
	ended := func(p pod) bool { return p.report.Phase == phaseFailed || p.report.Phase == phaseSucceeded }
	if !slices.ContainsFunc(pods, func(p pod) bool { return !ended(p) }) {
		return pods
	}
	return slices.DeleteFunc(pods, ended)
}

// modeOf is the mode of the workload that a pod comes from; empty for a pod
// that nothing marks.
func modeOf(p *object) v1beta1.DeploymentMode {
	switch {
	case p.label(v1beta1.LabelKnativeRevision) != "":
		return v1beta1.Serverless
	case p.label(labelLeaderWorkerSet) != "":
		return v1beta1.MultiNode
	case p.label(labelRayCluster) != "":
		return v1beta1.MultiNodeRayVLLM
	case p.label(v1beta1.LabelApp) != "", p.label(labelTemplateHash) != "":
		return v1beta1.RawDeployment
	}
	return ""
}

// origin says which replica a pod belongs to and which template it comes from.
func origin(p *pod) (mode v1beta1.DeploymentMode, revision, key string) {
	switch mode = modeOf(p.object); mode {
	case v1beta1.Serverless:
		return mode, p.label(v1beta1.LabelKnativeRevision), p.name
	case v1beta1.MultiNode:
		return mode, p.label(labelGroupTemplateHash), p.label(labelLeaderWorkerSet) + "/" + p.label(labelGroupIndex)
	case v1beta1.MultiNodeRayVLLM:
		return mode, "", "ray/" + p.label(labelRayCluster)
	}
	return mode, p.label(labelTemplateHash), p.name
}

// replicasOf groups pods, which come newest first, into replicas, newest first.
// A group whose pods come from two templates is two replicas.
func replicasOf(pods []pod) []replica {
	var replicas []replica
	at := map[string]int{}
	for i := range pods {
		mode, revision, key := origin(&pods[i])
		id := key + " " + revision
		n, known := at[id]
		if !known {
			n = len(replicas)
			at[id] = n
			replicas = append(replicas, replica{mode: mode, revision: revision})
		}
		replicas[n].pods = append(replicas[n].pods, pods[i])
	}
	for i := range replicas {
		replicas[i].judge()
	}
	return replicas
}

// judge sets what the pods of a replica say about it.
func (r *replica) judge() {
	r.state = v1beta1.Loaded
	for i := range r.pods {
		p := &r.pods[i]
		said := firstState(p)
		if rank(said.state) < rank(r.state) {
			r.state = said.state
		}
		if r.failure == nil && said.failure != nil {
			r.failure = said.failure
			r.failure.pod, r.failure.created, r.failure.revision = p.name, p.created, r.revision
		}
		if r.waiting == "" && said.waiting != "" {
			r.waiting = "pod " + p.name + ": " + said.waiting
		}
	}
}

// oldest is the creation time of the oldest pod of a replica.
func (r *replica) oldest() string { return r.pods[len(r.pods)-1].created }
