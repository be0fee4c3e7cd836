package status

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/observed"
)

// Input is everything that the status of one service depends on.
type Input struct {
	// Parent is the service as observed, with its previous status.
	Parent *v1beta1.InferenceService
	// Now becomes the transition time of conditions that change. Zero leaves the time out.
	Now metav1.Time
	// ServiceMode is the mode of the service as a whole; see defaulting.Mode.
	ServiceMode v1beta1.DeploymentMode
	// Components are the components that the service has, in any order, also when the service or a
	// component could not be resolved.
	Components []Component
	// Children are the observed objects that the service owns.
	Children observed.Objects
	// Pods are pods of the service, in any order and with any key; pods of other services are
	// ignored. Nil means that the pods are not known.
	Pods map[string]observed.Object
	// Failure is why the service as a whole could not be resolved; nil if it was.
	Failure *finding.Finding
	// Runtime is the runtime in use; nil without one, or where that is not known.
	Runtime *Runtime
	// Ingress is how the service is reached.
	Ingress Ingress
	// Overlays are the models that are mounted beside the base model; nil where they are not known.
	Overlays *Overlays
	// Autoscalers are what the autoscalers of components that serve say.
	Autoscalers []Autoscaler
	// Held lists the components whose pods keep their template, with the reason.
	Held []finding.Finding
	// Findings are about a service that is served nevertheless.
	Findings []finding.Finding
}

// Runtime is the runtime that a service uses.
type Runtime struct {
	// Kind is ServingRuntime or ClusterServingRuntime.
	Kind, Name string
}

// Overlays are the models that a service has mounted beside the one that it serves.
type Overlays struct {
	Mounted []v1beta1.MountedOverlay
	// Skipped are the names of those that are left out; a finding says why.
	Skipped []string
}

// Component is a component that the service has.
type Component struct {
	// Type is engine, decoder or router.
	Type v1beta1.ComponentType
	// Mode says which kind of workload the component has. It is empty where it could not be
	// decided: then the mode is the mode of the workload that exists, and the URL, the
	// accelerator and the autoscaler are those of the previous status.
	Mode v1beta1.DeploymentMode
	// Name is the base of the names of the component's objects; empty means "<service>-<type>".
	Name string
	// Replicas is the number of Ray clusters; in other modes the least number of replicas, which counts
	// while nothing else says how many there are.
	Replicas int32
	// Problem is why the component could not be composed; nil if it was.
	Problem *finding.Finding
	// Updating is the name of the first workload that is desired otherwise than it was observed: what is
	// observed is not yet what the spec asks for. Empty if there is none.
	Updating string
	// Services are the Service objects that lead to the component; they must exist.
	Services []Object
	// Canary is the canary of the component; nil without one.
	Canary *Canary
	// Former are the addresses of the component while requests go to the workload of its former mode; nil
	// otherwise.
	Former *Addresses
	// IsPassedBy is true while requests go to the engine without it: it was added, or the router that leads to it was,
	// and is not ready.
	IsPassedBy bool
	// URL of the component. It is not used for a serverless component, whose URL Knative reports.
	URL string
	// Usage is what the pods of the component ask for.
	Usage capacity.Usage
	// Accelerator is the accelerator class in use; nil if there is none.
	Accelerator *v1beta1.SelectedAccelerator
	// Autoscaler and ScaleTarget are what an autoscaler block decides; nil without one.
	Autoscaler  *v1beta1.ComponentAutoscalerStatus
	ScaleTarget *autoscalingv2.CrossVersionObjectReference
}

// Ingress is how a service is reached.
type Ingress struct {
	// Disabled is true when the user wants no routes: then the objects are the external Service object,
	// if there is one.
	Disabled bool
	// Problem is why the routes could not be made; nil if they were.
	Problem *finding.Finding
	// URL and Address of the service; empty while unknown.
	URL     string
	Address string
	// Objects must exist, and be accepted where their kind reports that.
	Objects []Object
}

// Object is an object in the namespace of the service that carries traffic.
type Object struct {
	Kind kinds.Kind
	Name string
	// NotApplied is true where the object exists and does not have the desired specification yet.
	NotApplied bool
	// Owner says whose object of the name exists instead of the service's; empty without one.
	Owner string
	// OwnerLeaves is true where that object is about to go.
	OwnerLeaves bool
	// Bridge is the Service object that leads requests until the object is there; empty without one.
	Bridge string
	// HostOwner says whose route leads a host of the route elsewhere, and Host is that host; empty where
	// none does.
	HostOwner, Host string
}

// Addresses are where requests to a component go.
type Addresses struct {
	// URL is the address for clients.
	URL string
	// Address is the one inside the cluster; nil where none is reported.
	Address *v1beta1.Address
}

// isDecided reports whether anything is known about the ingress.
func (i *Ingress) isDecided() bool {
	return i.Disabled || i.Problem != nil || i.URL != "" || len(i.Objects) > 0
}
