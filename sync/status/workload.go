package status

import (
	"cmp"
	"fmt"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
)

// workload is what the workload of a component says about the component.
type workload struct {
	// ready says whether the component answers requests.
	ready readiness
	// knative has the further conditions of a Knative Service; nil for other kinds.
	knative *knativeReadiness
	// title names the workload in messages: "Deployment chat-engine".
	title string
	// exists is false until the workload is created.
	exists bool
	// isUpdated is true when no replica runs an older template.
	isUpdated bool
	// startsNewFirst is true when an update adds replicas and takes none away before they serve.
	startsNewFirst bool
	// scaledToZero is true when the workload asks for zero replicas.
	scaledToZero bool
	// desiredReplicas and readyReplicas are those that the workload should have and those that serve. Both
	// are 0 for a Knative Service, which does not report them.
	desiredReplicas, readyReplicas int32
	// podMaker names the object that makes the pods and says in events only why it cannot: "StatefulSet
	// lws-chat-engine". Empty where the workload itself says why.
	podMaker string
	// status is the component's own part of the status.
	status v1beta1.ComponentStatusSpec
}

// workloadReader reads the workload of a component by its name. The previous status of the service
// says which conditions were True and which revisions were rolled out.
type workloadReader func(
	name string, c *Component, children serviceChildren, previous *v1beta1.InferenceServiceStatus,
) workload

// workloadReaders has a reader for each kind of workload, in a file of its own.
func workloadReaders() map[kinds.Kind]workloadReader {
	return map[kinds.Kind]workloadReader{
		kinds.Deployment:      readDeploymentWorkload,
		kinds.LeaderWorkerSet: readLeaderWorkerSetWorkload,
		kinds.RayCluster:      readRayClusterWorkload,
		kinds.KnativeService:  readKnativeServiceWorkload,
	}
}

// readWorkload reads the workload of a component, whatever its mode.
func readWorkload(c *Component, children serviceChildren, previous *v1beta1.InferenceServiceStatus) workload {
	mode, known := modes.Of(c.Mode)
	switch {
	case c.Mode == "":
		return workload{ready: *unknownBecause(ReasonWorkloadNotCreated, fmt.Sprintf("no workload of the %s exists", c.Type))}
	case !known:
		return workload{ready: *notReadyBecause(ReasonModeUnknown, fmt.Sprintf("the %s cannot have mode %q", c.Type, c.Mode))}
	}
	name := mode.WorkloadName(c.Name)
	read := workloadReaders()[mode.Workload](name, c, children, previous)
	read.title = titleOf(mode.Workload, cmp.Or(c.Updating, name))
	return read
}

// fromObservedWorkload completes a component that could not be decided with the mode and the number
// of Ray clusters that exist.
func fromObservedWorkload(c Component, children serviceChildren) Component {
	for _, mode := range modes.All() {
		if children.exists(mode.Workload, mode.WorkloadName(c.Name)) {
			c.Mode = mode.Name
			break
		}
	}
	c.Replicas = countRayClusters(c.Name, children)
	return c
}

// countRayClusters counts the Ray clusters of a component from the first to the first one that does
// not exist.
func countRayClusters(component string, children serviceChildren) int32 {
	var n int32
	for children.exists(kinds.RayCluster, names.RayCluster(component, int(n))) {
		n++
	}
	return n
}

// reportingObject is an object whose controller reports in its status whether it is ready.
type reportingObject struct {
	*object // nil if it does not exist
	// title names the object in messages, also when it does not exist: "Deployment chat-engine".
	title string
	// observedGeneration is the generation that the status is about.
	observedGeneration int64
	// reportsReady is true when the status says that the object is ready, wasReady when the
	// previous status of the service said so.
	reportsReady bool
	wasReady     bool
}

// readReportingObject reads an object, which need not exist.
func readReportingObject(kind kinds.Kind, name string, children serviceChildren, wasReady bool) reportingObject {
	return reportingObject{object: children.find(kind, name), title: titleOf(kind, name), wasReady: wasReady}
}

// titleOf names an object in messages: "Deployment chat-engine".
func titleOf(kind kinds.Kind, name string) string {
	kindName, _ := kind.NameAndVersion()
	if kind == kinds.KnativeService {
		kindName = "Knative " + kindName
	}
	return kindName + " " + name
}

// The rules that the kinds have in common.

func (o *reportingObject) doesNotExist() *readiness {
	if o.object != nil {
		return nil
	}
	return unknownBecause(ReasonWorkloadNotCreated, o.title+" does not exist yet")
}

func (o *reportingObject) isTerminating() *readiness {
	if !o.isBeingDeleted {
		return nil
	}
	return unknownBecause(ReasonWorkloadTerminating, o.title+" is being deleted")
}

// generationIsNotObserved lets an object that was ready stay ready: a change of the number of
// replicas is a new generation too, and must not make the service unready for a moment.
func (o *reportingObject) generationIsNotObserved() *readiness {
	if o.statusIsCurrent() || o.wasReady && o.reportsReady {
		return nil
	}
	return unknownBecause(ReasonGenerationNotObserved, fmt.Sprintf(
		"%s: its controller has observed generation %d of %d", o.title, o.observedGeneration, o.generation))
}

func (o *reportingObject) hasNotReported() *readiness {
	return unknownBecause(ReasonInitializing, o.title+" has not reported its state yet")
}

// statusIsCurrent reports whether the object exists and its status is about the newest generation.
func (o *reportingObject) statusIsCurrent() bool {
	return o.object != nil && o.observedGeneration >= o.generation
}

// observedOrCurrent returns the observed generation, or the current one for a controller that may
// be too old to report what it observed.
func observedOrCurrent(observed, current int64) int64 {
	if observed == 0 {
		return current
	}
	return observed
}
