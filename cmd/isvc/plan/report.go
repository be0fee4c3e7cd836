package plan

import (
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/observed"
)

// The version and kind of a Report as JSON. Fields may be added to a version; no field is renamed,
// removed or given another meaning.
const (
	APIVersion = "isvc.io/plan/v1"
	Kind       = "Plan"
)

// Report is the plan for an edit. As JSON:
//
//	apiVersion  isvc.io/plan/v1
//	kind        Plan
//	from, to    the versions of isvc, where the plan compares two
//	summary     what the edit does in numbers
//	selections  choices that fall in another way
//	causes      what was edited, and the services that it changes
//	services    every service by namespace and name, with each of its objects
//
// Effects are words, from harmless to harmful: none, metadata, in place, scale, eviction, traffic,
// rolling, new revision, recreate, delete. Empty fields are omitted, except counts and effects.
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// From and To are versions of isvc, as "isvc v0.2.0 (1a2b3c4d5e6f)".
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Incomplete says what of the input and the edit could not be read; empty where all was.
	Incomplete []string    `json:"incomplete,omitempty"`
	Summary    Summary     `json:"summary"`
	Selections []Selection `json:"selections,omitempty"`
	Causes     []Cause     `json:"causes"`
	Services   []Service   `json:"services"`
}

// Summary is a plan in numbers.
type Summary struct {
	// Services is the number of services before or after the edit.
	Services int `json:"services"`
	// Changed is the number of services of which something changes: an object, what waits for a
	// release, or whether they can be resolved.
	Changed int `json:"changed"`
	// Added and Deleted are the services that exist after the edit only, or before it only.
	Added   int `json:"added"`
	Deleted int `json:"deleted"`
	// Unresolved are the services that cannot be resolved after the edit: their objects stay.
	Unresolved int `json:"unresolved"`
	// Effect is the worst effect on a service.
	Effect effect.Effect `json:"effect"`
	// Effects has the number of services by their worst effect, without none.
	Effects map[string]int `json:"effects"`
	// Restarts counts what is replaced or deleted while it runs.
	Restarts Count `json:"restarts"`
	// Waiting counts what would be replaced by a release of the services that hold something back
	// after the edit, and NewlyWaiting are those of them that do so because of the edit.
	Waiting      Count `json:"waiting"`
	NewlyWaiting int   `json:"newlyWaiting"`
	// Pods and Accelerators are those of all services, accelerators by resource as in Count.
	Pods         Amount            `json:"pods"`
	Accelerators map[string]Amount `json:"accelerators,omitempty"`
}

// Count is a number of services with their pods and accelerators.
type Count struct {
	Services int   `json:"services"`
	Pods     int64 `json:"pods"`
	// Accelerators has a number by resource, such as nvidia.com/gpu. For resource.k8s.io/claim it is
	// that of claims of dynamic resource allocation, each of which is an unknown number of devices.
	Accelerators map[string]int64 `json:"accelerators,omitempty"`
}

// Amount is a number before and after the edit. Peak is the largest number in between, by the update
// strategy of each workload, when all of them follow at the same time.
type Amount struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
	Peak   int64 `json:"peak"`
}

// Selection is a choice of isvc that falls in another way after the edit.
type Selection struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// What was chosen: "runtime", "accelerator class of the engine" or "mode of the engine".
	What string `json:"what"`
	// Before and After are empty where nothing was chosen.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Because says why, as isvc explain does.
	Because string `json:"because,omitempty"`
}

// The ways in which an object of the input is edited.
const (
	Changed = "changed"
	Added   = "added"
	Removed = "removed"
)

// Cause is an object that was edited. Another version of isvc is one too: it has the kind "isvc".
type Cause struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	// Edit is changed, added or removed.
	Edit string `json:"edit"`
	// Fields are the fields that changed, sorted by path; none for an object that came or went.
	Fields []Field `json:"fields,omitempty"`
	// File and Line are where an added object is defined.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Services are the services that this edit alone changes, with its effect alone. Where only several
	// edits together do what the plan says, the service is with each of them, with the effect of all.
	Services []AffectedService `json:"services"`
}

// Field is a changed field of an input.
type Field struct {
	Path string `json:"path"`
	// File and Line are where the field is in the files after the edit, or for a field that is gone
	// the part that held it. Absent where that is not known.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Before and After are the values without secrets, with --full; absent for a field that is not
	// there.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// AffectedService is a service with the effect that a cause has on it.
type AffectedService struct {
	Namespace string        `json:"namespace,omitempty"`
	Name      string        `json:"name"`
	Effect    effect.Effect `json:"effect"`
	// Unnoticed is true where running pods stay as they are until something else replaces them.
	Unnoticed bool `json:"noEffectOnRunningPods,omitempty"`
	// Waits is true where the service holds something back because of the cause.
	Waits bool `json:"waits,omitempty"`
	// Unresolved is true where the service cannot be resolved because of the cause.
	Unresolved bool `json:"unresolved,omitempty"`
}

// Service is a service before and after the edit.
type Service struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Edit is added or removed; empty for a service that exists before and after.
	Edit string `json:"edit,omitempty"`
	// Effect is the worst effect on an object of the service; none where nothing changes.
	Effect effect.Effect `json:"effect"`
	// Unnoticed is true where running pods stay as they are until something else replaces them.
	Unnoticed bool `json:"noEffectOnRunningPods,omitempty"`
	// Restarts is what is replaced or deleted while it runs; absent without any.
	Restarts     *Restart          `json:"restarts,omitempty"`
	Pods         Amount            `json:"pods"`
	Accelerators map[string]Amount `json:"accelerators,omitempty"`
	// UnderWay says which workloads of the input are in a change that has not come to its end; empty without one.
	UnderWay string `json:"underWay,omitempty"`
	// Problems say why the service, or a part of it, cannot be resolved.
	Problems []Problem `json:"problems,omitempty"`
	// Waiting are the components that hold something back after the edit.
	Waiting []Waiting `json:"waiting,omitempty"`
	// Children are all objects of the service before or after the edit, by kind and name.
	Children []Child `json:"children"`

	// causes are the places of its causes in the list of edits, with their effects.
	causes []serviceCause
	// selections are choices that fall in another way.
	selections []Selection
	// changed is true where the service counts as changed.
	changed bool
}

// Restart is what is replaced or deleted of one service or object.
type Restart struct {
	Pods         int64            `json:"pods"`
	Accelerators map[string]int64 `json:"accelerators,omitempty"`
}

// Problem is why a service cannot be resolved.
type Problem struct {
	// When is before, after or both.
	When string `json:"when"`
	// Subject is the part of the service; empty for all of it.
	Subject string `json:"subject,omitempty"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// The times of a Problem.
const (
	before = "before"
	after  = "after"
	both   = "both"
)

// Waiting is a component whose pods keep their template after the edit.
type Waiting struct {
	Component string `json:"component"`
	Reason    string `json:"reason"`
	// Message says what is held back and how it is released.
	Message string `json:"message"`
	// New is true where the edit made it wait, false where it waited before.
	New bool `json:"new"`
	// Effect is what a release does to the component.
	Effect effect.Effect `json:"effect"`
	// Unnoticed is true where running pods stay as they are even then.
	Unnoticed bool     `json:"noEffectOnRunningPods,omitempty"`
	Restarts  *Restart `json:"restarts,omitempty"`
	// Children are the objects that a release changes, as it does.
	Children []Child `json:"children"`
}

// Child is an object of a service before and after the edit.
type Child struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	// Component is the value of the label "component": engine, decoder or router for an object of one.
	Component string        `json:"component,omitempty"`
	Effect    effect.Effect `json:"effect"`
	Unnoticed bool          `json:"noEffectOnRunningPods,omitempty"`
	// Edit is added or removed; empty for an object that exists before and after.
	Edit string `json:"edit,omitempty"`
	// Rollout says how the workload replaces its pods, such as "surge 1".
	Rollout  string   `json:"rollout,omitempty"`
	Restarts *Restart `json:"restarts,omitempty"`
	// Changes are the changed fields, sorted by path. Their values are there with --full only, without
	// secrets.
	Changes []effect.Change `json:"changes,omitempty"`
}

// key is the service for people: "team-a/chat".
func (s *Service) key() string { return observed.ObjectKey(s.Namespace, s.Name) }
