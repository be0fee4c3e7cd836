package status

import (
	"fmt"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// workload is what is known of a component from its workload.
type workload struct {
	// ready says whether the component answers requests.
	ready verdict
	// routes and configuration are set in mode Serverless.
	routes        *verdict
	configuration *verdict
	// exists is false until the workload is created.
	exists bool
	// current is true when no replica runs an older template.
	current bool
	// asleep is true when having no pods is on purpose: zero replicas are
	// wanted, or a serverless component is ready without any.
	asleep bool
	// report is the component's own part of the status.
	report v1beta1.ComponentStatusSpec
}

// workload looks at the workload of a component, whatever its mode.
func (p *pass) workload(c *Component) workload {
	switch c.Mode {
	case v1beta1.RawDeployment:
		return p.raw(c)
	case v1beta1.MultiNode:
		return p.multiNode(c)
	case v1beta1.MultiNodeRayVLLM:
		return p.ray(c)
	case v1beta1.Serverless:
		return p.serverless(c)
	case "":
		return workload{ready: *unsure(ReasonWorkloadNotCreated, fmt.Sprintf("no workload of the %s exists", c.Type))}
	}
	return workload{ready: *no(ReasonModeUnknown, fmt.Sprintf("the %s cannot have mode %q", c.Type, c.Mode))}
}

// observedMode is the mode of the workload that exists, in the order in which
// modes are asked for; empty without one.
func (p *pass) observedMode(name string) v1beta1.DeploymentMode {
	for _, candidate := range []struct {
		mode v1beta1.DeploymentMode
		kind kinds.Kind
		name string
	}{
		{v1beta1.RawDeployment, kinds.Deployment, name},
		{v1beta1.MultiNode, kinds.LeaderWorkerSet, names.LeaderWorkerSet(name)},
		{v1beta1.MultiNodeRayVLLM, kinds.RayCluster, names.RayCluster(name, 0)},
		{v1beta1.Serverless, kinds.KnativeService, names.KnativeService(name)},
	} {
		if p.in.Children.Raw(candidate.kind, p.in.Parent.Namespace, candidate.name) != nil {
			return candidate.mode
		}
	}
	return ""
}

// observedClusters is the number of Ray clusters that exist, counted from the
// first.
func (p *pass) observedClusters(name string) int32 {
	var n int32
	for p.in.Children.Raw(kinds.RayCluster, p.in.Parent.Namespace, names.RayCluster(name, int(n))) != nil {
		n++
	}
	return n
}

// child is an observed child in the namespace of the service; nil without one.
func (p *pass) child(kind kinds.Kind, name string) *object {
	return decode(p.in.Children.Get(kind, p.in.Parent.Namespace, name))
}

// subject is an object that a chain of rules looks at.
type subject struct {
	*object
	// kind and called are for messages, also when the object does not exist.
	kind   string
	called string
	// observedGeneration is the generation that the status is about.
	observedGeneration int64
	// was is true when the previous status said that it is ready.
	was bool
	// available is true when the object reports that it serves.
	available bool
}

// notCreated decides about an object that does not exist.
func notCreated(s *subject) *verdict {
	if s.object != nil {
		return nil
	}
	return unsure(ReasonWorkloadNotCreated, fmt.Sprintf("%s %s does not exist yet", s.kind, s.called))
}

// terminating decides about an object that is being deleted.
func terminating(s *subject) *verdict {
	if !s.deleting {
		return nil
	}
	return unsure(ReasonWorkloadTerminating, fmt.Sprintf("%s %s is being deleted", s.kind, s.called))
}

// notObserved decides about an object whose controller has not looked at the
// newest generation. What served before still serves: every change of the
// number of replicas is a new generation too, and must not make the service
// unready for a moment.
func notObserved(s *subject) *verdict {
	if s.observedGeneration >= s.generation || s.was && s.available {
		return nil
	}
	return unsure(ReasonGenerationNotObserved, fmt.Sprintf(
		"%s %s: its controller has observed generation %d of %d", s.kind, s.called, s.observedGeneration, s.generation))
}

// notReported decides about an object without any condition that matters.
func notReported(s *subject) *verdict {
	return unsure(ReasonInitializing, fmt.Sprintf("%s %s has not reported its state yet", s.kind, s.called))
}
