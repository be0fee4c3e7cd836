package status

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
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
	// Ingress is how the service is reached.
	Ingress Ingress
	// Notes are findings about a service that is served nevertheless.
	Notes []finding.Finding
}

// Component is a component that the service has.
type Component struct {
	// Type is engine, decoder or router.
	Type v1beta1.ComponentType
	// Mode says which kind of workload the component has. It is empty where it could not be
	// decided: then the mode is the mode of the workload that exists, and the URL and the
	// accelerator are those of the previous status.
	Mode v1beta1.DeploymentMode
	// Name is the base of the names of the component's objects; empty means "<service>-<type>".
	Name string
	// Replicas is the number of Ray clusters; other modes do not use it.
	Replicas int32
	// Problem is why the component could not be composed; nil if it was.
	Problem *finding.Finding
	// Updating is true when the desired workload differs from the observed one: what is observed is
	// not yet what the spec asks for.
	Updating bool
	// URL of the component. It is not used for a serverless component, whose URL Knative reports.
	URL string
	// Accelerator is the accelerator class in use; nil if there is none.
	Accelerator *v1beta1.SelectedAccelerator
}

// Ingress is how a service is reached.
type Ingress struct {
	// Disabled is true when the user wants no routes.
	Disabled bool
	// Problem is why the routes could not be made; nil if they were.
	Problem *finding.Finding
	// URL and Address of the service; empty while unknown.
	URL     string
	Address string
	// Objects must exist, and be accepted where their kind reports that.
	Objects []Object
}

// Object names an object in the namespace of the service.
type Object struct {
	Kind kinds.Kind
	Name string
}

// isDecided reports whether anything is known about the ingress.
func (i *Ingress) isDecided() bool {
	return i.Disabled || i.Problem != nil || i.URL != "" || len(i.Objects) > 0
}
