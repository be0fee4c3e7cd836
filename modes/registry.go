package modes

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Mode is everything that is special about one way to deploy a component. A mode is described in
// its own file and listed in All. Code outside of this package asks a Mode and has no list of modes
// of its own, except where a rule of OME names a mode.
//
// VirtualDeployment, a mode of whole services, and PDDisaggregated, a name for an engine with a
// decoder, are not modes of components and are not listed.
type Mode struct {
	// Name is the value of the annotation ome.io/deploymentMode.
	Name v1beta1.DeploymentMode

	// Workload is the kind of the object that runs the pods of a component.
	Workload kinds.Kind
	// WorkloadName is the name of a component's workload; of the first one where
	// ReplicasAreObjects.
	WorkloadName func(component string) string

	// ReplicasPath is the field of the workload that holds the number of replicas, such as
	// "spec.replicas"; empty where the workload has no such field.
	ReplicasPath string
	// ReplicasAreObjects is true where each replica is a workload of its own: fewer replicas are
	// fewer objects, and a component with zero replicas has no workload.
	ReplicasAreObjects bool
	// MaxReplicas is the largest number of replicas that a component may ask for; 0 means no limit.
	MaxReplicas int32
	// PodsFormGroups is true where a replica is a group of pods (a leader or head and its workers)
	// and only the leader takes requests.
	PodsFormGroups bool
	// MakesService is true where the workload's controller makes the Service object in
	// front of the component, under the component's name and on port 80, and reports the
	// component's URL as status.url of the workload.
	MakesService bool
	// ServicesOfController are the names of the Service objects that the workload's controller makes
	// beside those of isvc. Nil where it makes none. The workload is JSON as Go values.
	ServicesOfController func(workload map[string]any) []string

	// PodTemplates are the pod templates of the workload, that of the pod that serves first.
	PodTemplates []PodTemplate
	// TemplatePaths are the parts of the workload from which its controller makes pods, so that a
	// change of any of them replaces pods: the pod templates, and what is said beside them about all
	// pods of a replica.
	TemplatePaths []string
	// PathsWithTemplate are parts of the workload that change only together with its template, because they
	// say what its controller does about a template.
	PathsWithTemplate []string
	// PathsOfOwnName are the fields of these parts that hold the name of the workload itself.
	PathsOfOwnName []string
	// Admitted returns a copy of a workload, as its controller's admission completes it by default. Nil where
	// nothing is completed that server-side apply would show as applied: in a list that is one field, it does.
	Admitted func(workload map[string]any) map[string]any
	// ScalingIsInTemplate is true where the replicas, the metric and the limits of requests are
	// written into the pod template, so that a change of them replaces pods.
	ScalingIsInTemplate bool
	// PodMarks are the labels that the workload's controller puts on its pods.
	PodMarks PodMarks
	// ServingPodLabel returns a label that each pod of the workload has which takes requests, and that pods
	// of other modes which do not serve lack.
	ServingPodLabel func(workload string) (key, value string)

	// IsOtherPort reports whether a port of the runner's container, by its name, is that of another
	// program which the workload's controller starts there: requests do not go to it. Nil where there
	// is no such program.
	IsOtherPort func(name string) bool

	// UsableAutoscaler returns what decides the replicas of a component that asks for an autoscaler
	// and has minReplicas to maxReplicas replicas. MaxIsDefault is true where neither the service
	// nor the runtime gives the maximum.
	UsableAutoscaler func(asked Autoscaler, minReplicas, maxReplicas int32, maxIsDefault bool) Autoscaler
	// Uses are the fields of v1beta1.ComponentExtensionSpec that have an effect in this mode, by their
	// JSON names. The fields that have one in every mode are not listed: labels, annotations, minReplicas
	// and canaryTrafficPercent; nor is timeoutSeconds, which is the route's outside of Serverless.
	Uses []string
	// RunsWorkers is true where workers have pods of their own; otherwise only their number counts.
	RunsWorkers bool
	// Canary is how a canary of a component runs; empty where there is none.
	Canary CanaryMeans
	// RestartsPods is true where the workload restarts its pods whenever they end, so that their
	// restartPolicy and activeDeadlineSeconds have no effect.
	RestartsPods bool
	// InsteadOfField says what happens in this mode instead of what a field that it does not use asks
	// for, where no other mode would be the answer.
	InsteadOfField map[string]string

	// build makes the objects of a component.
	build func(*Env, *Component) (Built, *finding.Finding)
}

// CanaryMeans is how a mode runs a canary.
type CanaryMeans string

const (
	// CanaryInWorkloadBeside: a second workload runs beside the one that serves.
	CanaryInWorkloadBeside CanaryMeans = "workload beside"
	// CanaryInGroups: the workload's controller keeps the former template in the groups with the lowest
	// numbers.
	CanaryInGroups CanaryMeans = "groups"
	// CanaryInClusters: each replica is a workload, and the last ones get the new template.
	CanaryInClusters CanaryMeans = "clusters"
	// CanaryInRevision: the workload's controller splits the requests between two revisions.
	CanaryInRevision CanaryMeans = "revision"
)

// PodTemplate is the place of one or, in a list, of several pod templates in a workload.
type PodTemplate struct {
	// List is the path of the list whose items hold a template each, such as
	// "spec.workerGroupSpecs". Empty where the workload itself holds the template.
	List string
	// Path leads from the workload, or from an item of List, to the template (the parent of its
	// metadata and spec), such as "spec.template".
	Path string
	// CountPath leads from the workload, or from an item of List, to the number of pods that one
	// replica makes from the template. Empty, or a field that is absent, means one pod.
	CountPath string
	// CountIncludesLeader is true where the number at CountPath includes the leader, whose pod is
	// made from another template.
	CountIncludesLeader bool
}

// Pattern is the path of the templates from the root of the workload, with "[]" for every item of a
// list: "spec.workerGroupSpecs[].template".
func (t PodTemplate) Pattern() string {
	if t.List == "" {
		return t.Path
	}
	return t.List + "[]." + t.Path
}

// PodMarks are the labels by which pods say from which workload they come.
type PodMarks struct {
	// Workload lists labels of which each pod of the mode has at least one.
	Workload []string
	// Revision is the label that differs between two versions of the pod template; empty where
	// there is none.
	Revision string
	// Replica lists the labels whose values together name the replica that the pod belongs to.
	// Empty where each pod is a replica.
	Replica []string
}

// All lists the modes of components in the order in which OME looks for their workloads, which is
// also the order in messages.
func All() []Mode { return slices.Clone(all()) }

// registry has the modes, which are made once because they are asked for many times for each service.
var registry struct {
	once  sync.Once
	modes []Mode
}

// all are the modes of All, which must not be changed.
func all() []Mode {
	registry.once.Do(func() {
		registry.modes = []Mode{rawDeploymentMode(), multiNodeMode(), multiNodeRayVLLMMode(), serverlessMode()}
	})
	return registry.modes
}

// Of returns the mode of a name. It returns false for a name that is not one of a component's mode.
func Of(name v1beta1.DeploymentMode) (Mode, bool) {
	return firstMode(all(), func(m *Mode) bool { return m.Name == name })
}

// OfWorkload returns the mode whose workload has the kind.
func OfWorkload(kind kinds.Kind) (Mode, bool) {
	return firstMode(all(), func(m *Mode) bool { return m.Workload == kind })
}

// OfPod returns the mode of the workload that a pod with the labels comes from. The last modes are
// asked first, because the pods of all modes may have the labels of a raw deployment's.
func OfPod(labels map[string]string) (Mode, bool) {
	reversed := All()
	slices.Reverse(reversed)
	return firstMode(reversed, func(m *Mode) bool {
		return slices.ContainsFunc(m.PodMarks.Workload, func(key string) bool { return labels[key] != "" })
	})
}

// nameIn is the name in the metadata of an object.
func nameIn(object map[string]any) string {
	name, _, _ := unstructured.NestedString(object, "metadata", "name")
	return name
}

func firstMode(modes []Mode, matches func(*Mode) bool) (Mode, bool) {
	for i := range modes {
		if matches(&modes[i]) {
			return modes[i], true
		}
	}
	return Mode{}, false
}

// WorkloadKinds lists the kinds of workloads in the order of All.
func WorkloadKinds() []kinds.Kind {
	var list []kinds.Kind
	for _, mode := range all() {
		list = append(list, mode.Workload)
	}
	return list
}

// modeNames lists the modes for a message: "RawDeployment, MultiNode, MultiNodeRayVLLM or
// Serverless".
func modeNames() string {
	var list []v1beta1.DeploymentMode
	for _, mode := range all() {
		list = append(list, mode.Name)
	}
	return joinedWithOr(list)
}

// joinedWithOr lists values for a message: "A", "A or B", "A, B or C". There must be one.
func joinedWithOr[T ~string](values []T) string {
	last := len(values) - 1
	text := string(values[0])
	for i, value := range values[1:] {
		if i+1 == last {
			text += " or " + string(value)
		} else {
			text += ", " + string(value)
		}
	}
	return text
}

// FoundPodTemplate is a pod template in a workload.
type FoundPodTemplate struct {
	// Path leads to the template, with positions in lists: "spec.workerGroupSpecs[0].template".
	Path string
	// Pods is how many pods one replica makes from the template; it may be 0.
	Pods int64
	// Template is part of the workload and not a copy.
	Template map[string]any
}

// FindPodTemplates returns the pod templates of a workload, which is JSON as Go values. A template
// that is absent or that is not an object is left out.
func (m Mode) FindPodTemplates(workload map[string]any) []FoundPodTemplate {
	var found []FoundPodTemplate
	for _, place := range m.PodTemplates {
		if place.List == "" {
			found = place.appendTemplateOf(found, workload, "")
			continue
		}
		list, _, _ := unstructured.NestedFieldNoCopy(workload, strings.Split(place.List, ".")...)
		items, _ := list.([]any)
		for i, item := range items {
			if holder, isObject := item.(map[string]any); isObject {
				found = place.appendTemplateOf(found, holder, fmt.Sprintf("%s[%d].", place.List, i))
			}
		}
	}
	return found
}

// appendTemplateOf appends the template that a workload, or an item of its list, holds.
func (t PodTemplate) appendTemplateOf(found []FoundPodTemplate, holder map[string]any, prefix string) []FoundPodTemplate {
	value, _, _ := unstructured.NestedFieldNoCopy(holder, strings.Split(t.Path, ".")...)
	template, isObject := value.(map[string]any)
	if !isObject {
		return found
	}
	return append(found, FoundPodTemplate{Path: prefix + t.Path, Pods: t.podsPerReplica(holder), Template: template})
}

// podsPerReplica reads how many pods one replica makes from the template.
func (t PodTemplate) podsPerReplica(holder map[string]any) int64 {
	count, found, err := unstructured.NestedInt64(holder, strings.Split(t.CountPath, ".")...)
	if !found || err != nil {
		count = 1
	}
	if t.CountIncludesLeader {
		count--
	}
	return max(0, count)
}
