package explain

import (
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// The version and kind of a Report as JSON. Fields may be added to a version; no field is renamed,
// removed or given another meaning.
const (
	APIVersion = "isvc.io/explain/v1"
	Kind       = "Explanation"
)

// Report is the explanation of one or more services. As JSON:
//
//	apiVersion  isvc.io/explain/v1
//	kind        Explanation
//	services    one entry a service, in the order in which they were given
//
// Lists are complete, unlike in the text form. Empty fields are omitted.
type Report struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Services   []Service `json:"services"`
}

// Service explains one InferenceService.
type Service struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// State is whether the service is ready, and if not, why and what to do; absent where it could not be
	// computed.
	State *State `json:"state,omitempty"`
	// Hold is why the service could not be computed: its objects stay as they are.
	Hold *finding.Finding `json:"hold,omitempty"`
	// Partial are the parts of the service that could not be computed.
	Partial []finding.Finding `json:"partial,omitempty"`
	// Held are the components with pods that keep their template although another one was computed:
	// why, what would change, and how it is released.
	Held []finding.Finding `json:"held,omitempty"`
	// RetryAfterSeconds is set when nothing can be decided before then.
	RetryAfterSeconds int64 `json:"retryAfterSeconds,omitempty"`
	// Model, Weight and Runtime explain what the service refers to; absent when nothing was looked
	// for.
	Model   *Choice `json:"model,omitempty"`
	Weight  *Choice `json:"weight,omitempty"`
	Runtime *Choice `json:"runtime,omitempty"`
	// Components are in the order in which they were composed.
	Components []Component `json:"components,omitempty"`
	// Warnings are findings that do not stop the service.
	Warnings []finding.Finding `json:"warnings,omitempty"`
	// Kept says why and how observed objects stay. The subject is "<kind>.<apiVersion>/<name>".
	Kept []finding.Finding `json:"kept,omitempty"`
	// Children are the objects that the service is turned into, sorted by kind and name.
	Children []Child `json:"children,omitempty"`
	// Leaving are observed objects that the service is not turned into any more: they are deleted.
	Leaving []Child `json:"leaving,omitempty"`
	// Pods are the observed pods by component, the newest first.
	Pods []Pod `json:"pods,omitempty"`
	// Configured is true where the input has a configuration, false where the defaults count.
	Configured bool `json:"configured,omitempty"`
}

// Choice explains which candidate was chosen.
type Choice struct {
	// Chosen is absent when no candidate was chosen.
	Chosen *Candidate `json:"chosen,omitempty"`
	// Detail says more about Chosen: the entry of a runtime's supportedModelFormats that applies.
	Detail string `json:"detail,omitempty"`
	// Reason and Message say why a choice had to be made, or why there is none.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// RunnerUp would have been chosen without Chosen. Its message says what separates the two.
	RunnerUp *Candidate `json:"runnerUp,omitempty"`
	// Margin is the score of Chosen minus the score of RunnerUp; it is 0 where something else
	// decided, which the message of RunnerUp says.
	Margin int64 `json:"margin,omitempty"`
	// Others could have been chosen too, the best first.
	Others []Candidate `json:"others,omitempty"`
	// Rejected could not be chosen. They are grouped by the first rule that each broke; the group
	// that passed the most rules is first.
	Rejected []Group `json:"rejected,omitempty"`
	// Absent are named somewhere and do not exist.
	Absent []Candidate `json:"absent,omitempty"`
	// Notes say more about Chosen: which of its fields only describe it.
	Notes []finding.Finding `json:"notes,omitempty"`
}

// Candidate is an object that could be chosen.
type Candidate struct {
	// Object is "<kind>/<name>", or the name where the kind is not known.
	Object string `json:"object"`
	// Reason is the rule that decided about the candidate.
	Reason string `json:"reason,omitempty"`
	// Message is what the rule found.
	Message string `json:"message,omitempty"`
	// Score orders candidates; higher is better.
	Score int64 `json:"score,omitempty"`
	// Sum is how the score comes about: "(1 for the format + 1 for the framework) x priority 2".
	Sum string `json:"sum,omitempty"`
}

// Group is the candidates that one rule rejected.
type Group struct {
	// Reason is the rule.
	Reason string `json:"reason"`
	// Count is the number of candidates.
	Count int `json:"count"`
	// Candidates are in the order in which they were examined.
	Candidates []Candidate `json:"candidates"`
}

// Component explains an engine, a decoder or a router.
type Component struct {
	// Type is engine, decoder or router.
	Type string `json:"type"`
	// Mode is how the component is deployed, ModeReason and ModeMessage are why.
	Mode        string `json:"mode,omitempty"`
	ModeReason  string `json:"modeReason,omitempty"`
	ModeMessage string `json:"modeMessage,omitempty"`
	// Autoscaler decides the number of replicas, within what Scaling says. ScalingSource is the
	// autoscaler block that asks for it; empty without one.
	Autoscaler    string `json:"autoscaler,omitempty"`
	Scaling       string `json:"scaling,omitempty"`
	ScalingSource string `json:"scalingSource,omitempty"`
	// Accelerator explains the accelerator class; absent for a router.
	Accelerator *Choice `json:"accelerator,omitempty"`
	// Notes are further decisions about the component.
	Notes []finding.Finding `json:"notes,omitempty"`
	// Fields are what the service adds to the runtime's template outside of containers.
	Fields []Value `json:"fields,omitempty"`
	// Labels of the component's objects and pods.
	Labels []Value `json:"labels,omitempty"`
	// Containers of the component's pods.
	Containers []Container `json:"containers,omitempty"`
}

// Container explains the values of one container as it was composed, without what the mode adds
// later (default probes and ports, injected containers).
type Container struct {
	// Pod is leader or worker in a multi-node component, empty in any other.
	Pod  string `json:"pod,omitempty"`
	Name string `json:"name"`
	// Values are in the order of the container: image, command, args, env, requests and limits.
	Values []Value `json:"values"`
}

// Value is one value and where it comes from.
type Value struct {
	// Field is image, command, args, env, ports, volumeMounts, requests or limits in a container,
	// empty for a label, and the path below the component for its fields.
	Field string `json:"field,omitempty"`
	// Key is the variable, flag, port, path of a mount, resource or label; empty for an image.
	Key string `json:"key,omitempty"`
	// Value is the value, cut where it is long. Values of variables and flags that probably hold a
	// secret are not shown.
	Value string `json:"value,omitempty"`
	// From is service, runtime, accelerator, model, weight or default; empty for a flag that was
	// dropped with the list that held it.
	From string `json:"from,omitempty"`
	// Source is the object and field that the value comes from.
	Source string `json:"source,omitempty"`
	// Message says more.
	Message string `json:"message,omitempty"`
	// Replaced are the values that lost, in the order of merging.
	Replaced []Origin `json:"replaced,omitempty"`
}

// Origin is a value that was replaced, and where it comes from.
type Origin struct {
	Value  string `json:"value,omitempty"`
	From   string `json:"from,omitempty"`
	Source string `json:"source,omitempty"`
}

// Child is an object that the service is turned into.
type Child struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	// Component is engine, decoder or router; empty for an object of the service as a whole.
	Component string `json:"component,omitempty"`
	// Observed is true where the input shows the object.
	Observed bool `json:"observed,omitempty"`
	// Leaves are all values of the object with their sources; absent without AddLeaves.
	Leaves []Leaf `json:"leaves,omitempty"`
}

// Pod is an observed pod.
type Pod struct {
	Name      string `json:"name"`
	Component string `json:"component"`
	// WorkloadKind is the kind of the object that made the pod; empty where the pod does not say it.
	WorkloadKind string `json:"workloadKind,omitempty"`
	// State is what the pod does with the model: Loaded is a pod that answers requests.
	State v1beta1.ModelState `json:"state"`
	// Reason and Message are why it does not serve; empty where it does, or still starts.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// NewReport returns a report on services.
func NewReport(services []Service) *Report {
	if services == nil {
		services = []Service{}
	}
	return &Report{APIVersion: APIVersion, Kind: Kind, Services: services}
}
