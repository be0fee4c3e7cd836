package plan

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/observed"
)

// The version and kind of a Diff as JSON. Fields may be added to a version; no field is renamed, removed
// or given another meaning.
const (
	DiffAPIVersion = "isvc.io/diff/v1"
	DiffKind       = "Diff"
)

// Diff is how what is desired differs from what the cluster holds. As JSON:
//
//	apiVersion  isvc.io/diff/v1
//	kind        Diff
//	summary     in numbers
//	services    every service by namespace and name, with its objects that differ
type Diff struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Summary    DiffSummary   `json:"summary"`
	Services   []ServiceDiff `json:"services"`
}

// DiffSummary is a Diff in numbers.
type DiffSummary struct {
	// Services is the number of services.
	Services int `json:"services"`
	// Changed is the number of services of which isvc wants to change something.
	Changed int `json:"changed"`
	// Drifted is the number of services of which others have changed something.
	Drifted int `json:"drifted"`
	// Unresolved are the services that cannot be resolved: their objects stay.
	Unresolved int `json:"unresolved"`
	// Effect is the worst effect, of what isvc wants to change and of what it puts back.
	Effect effect.Effect `json:"effect"`
}

// ServiceDiff is a service and its objects that differ.
type ServiceDiff struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Effect is the worst effect; none where nothing differs.
	Effect effect.Effect `json:"effect"`
	// Unnoticed is true where running pods stay as they are until something else replaces them.
	Unnoticed bool `json:"noEffectOnRunningPods,omitempty"`
	// Problems say why the service, or a part of it, cannot be resolved.
	Problems []finding.Finding `json:"problems,omitempty"`
	// Waiting are the components whose pods keep their template until they are released.
	Waiting  []finding.Finding `json:"waiting,omitempty"`
	Children []ChildDiff       `json:"children"`
}

// ChildDiff is an object that differs.
type ChildDiff struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Name       string        `json:"name"`
	Effect     effect.Effect `json:"effect"`
	Unnoticed  bool          `json:"noEffectOnRunningPods,omitempty"`
	// Edit is added or removed; empty for an object that is there and stays.
	Edit string `json:"edit,omitempty"`
	// Changes are the fields that isvc wants to change. Before is what the cluster holds.
	Changes []effect.Change `json:"changes,omitempty"`
	// Drift are the fields that others have changed and isvc puts back.
	Drift []Drift `json:"drift,omitempty"`
}

// Drift is a field that others have changed.
type Drift struct {
	effect.Change
	// Managers are the field managers that own the field beside Metacontroller, where that is known.
	Managers []string `json:"managers,omitempty"`
}

// DiffService compares what is desired of a service with what its request shows of the cluster.
func DiffService(request *sync.Request, values *Values) (*ServiceDiff, error) {
	response, err := sync.Sync(request)
	if err != nil {
		return nil, err
	}
	out := &ServiceDiff{Problems: problemsOf(response), Waiting: response.Held, Children: []ChildDiff{}}
	out.Namespace, out.Name = IdentityOf(request)
	if response.RetryAfter > 0 {
		return out, nil
	}
	desired := make(objects, len(response.Children))
	for _, object := range response.Children {
		desired[keyOf(object)] = object
	}
	existing := liveObjects(request.Children)
	for _, key := range keysOf(existing, desired) {
		found := diffObject(existing[key], desired[key], values)
		if len(existing) == 0 {
			found.Effect = effectOfNewService(key.kind)
		}
		if found.Effect == effect.None && !found.Unnoticed {
			continue
		}
		out.Effect, out.Unnoticed = max(out.Effect, found.Effect), out.Unnoticed || found.Unnoticed
		out.Children = append(out.Children, found)
	}
	return out, nil
}

// liveObjects are observed children as they are.
func liveObjects(children observed.Objects) objects {
	out := objects{}
	for kind, key := range children.All() {
		if tree, err := observed.DecodeTree(children[kind][key].Raw); err == nil {
			object := &unstructured.Unstructured{Object: tree}
			out[keyOf(object)] = object
		}
	}
	return out
}

// diffObject compares an object that exists with what is desired; either may be nil.
//
//	last applied  desired  observed  the field
//	────────────────────────────────────────────────────────────────────────────
//	a             a        a         is no difference
//	a             a        b, -      is drift: others changed it
//	a             b        not b     is what isvc wants to change
//	a             -        any       is what isvc wants to remove
//	-             -        any       is not isvc's: a default, or of another writer
//
// Where it is not known what was applied last, every difference counts as isvc's.
func diffObject(existing, desired *unstructured.Unstructured, values *Values) ChildDiff {
	shown := desired
	if shown == nil {
		shown = existing
	}
	out := ChildDiff{APIVersion: shown.GetAPIVersion(), Kind: shown.GetKind(), Name: shown.GetName()}
	if existing == nil || desired == nil {
		does := effect.Of(existing, desired)
		out.Effect, out.Unnoticed, out.Edit = does.Effect, does.Unnoticed, Added
		if desired == nil {
			out.Edit = Removed
		}
		return out
	}
	projected, _ := child.Projection(existing.Object, desired.Object).(map[string]any)
	held := &unstructured.Unstructured{Object: projected}
	missing := effect.Of(held, desired)
	own, known := ownChanges(existing, desired)
	for _, change := range values.ofChanges(missing, held, desired) {
		if known && !own.touches(change.Path) {
			out.Drift = append(out.Drift, Drift{change, othersOwning(existing, change.Path)})
		} else {
			out.Changes = append(out.Changes, change)
		}
	}
	out.Changes = append(out.Changes, own.removals(existing)...)
	slices.SortStableFunc(out.Changes, func(a, b effect.Change) int { return strings.Compare(a.Path, b.Path) })
	for _, change := range out.Changes {
		out.Effect, out.Unnoticed = max(out.Effect, change.Effect), out.Unnoticed || change.Unnoticed
	}
	for _, drift := range out.Drift {
		out.Effect, out.Unnoticed = max(out.Effect, drift.Effect), out.Unnoticed || drift.Unnoticed
	}
	return out
}

// changes are the fields that isvc wants to change.
type changes []effect.Change

// ownChanges are the fields in which what is desired differs from what was applied last; known is false
// where the object does not say what that was.
func ownChanges(existing, desired *unstructured.Unstructured) (own changes, known bool) {
	last, source, known := child.LastApplied(existing)
	if !known {
		return nil, false
	}
	if source == child.FromManagedFields {
		applied, wanted := child.AppliedAndDesired(last.Object, desired.Object, existing.Object)
		last, desired = &unstructured.Unstructured{Object: applied}, &unstructured.Unstructured{Object: wanted}
	}
	return effect.Of(last, desired).Changes, true
}

// touches reports whether one of the changes is at a path, above it or below it.
func (c changes) touches(path string) bool {
	return slices.ContainsFunc(c, func(change effect.Change) bool { return isWithin(path, change.Path) || isWithin(change.Path, path) })
}

// isWithin reports whether a path is a field or below it.
func isWithin(path, field string) bool {
	rest, ok := strings.CutPrefix(path, field)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// removals are the changes that remove what the cluster still holds. Their values are not shown: what
// goes is not desired by anyone.
func (c changes) removals(existing *unstructured.Unstructured) []effect.Change {
	var removals []effect.Change
	for _, change := range c {
		if change.After == nil && change.Before != nil && hasField(existing.Object, child.SplitPath(change.Path)) {
			change.Before = nil
			removals = append(removals, change)
		}
	}
	return removals
}

// hasField reports whether an object has a field, in which an item of a list is named by its merge key.
func hasField(value any, path []string) bool {
	if len(path) == 0 {
		return true
	}
	switch v := value.(type) {
	case map[string]any:
		member, has := v[path[0]]
		return has && hasField(member, path[1:])
	case []any:
		key, keyed := child.MergeKey(v)
		return keyed && slices.ContainsFunc(v, func(item any) bool {
			return child.MergeKeyValue(item, key) == path[0] && hasField(item, path[1:])
		})
	}
	return false
}

// othersOwning are the field managers beside Metacontroller that own a field.
func othersOwning(existing *unstructured.Unstructured, path string) []string {
	return slices.DeleteFunc(child.ManagersOf(existing.Object, path), func(name string) bool { return name == child.DefaultManager })
}

// NewDiff is the report on services.
func NewDiff(services []*ServiceDiff, values *Values) *Diff {
	d := &Diff{APIVersion: DiffAPIVersion, Kind: DiffKind, Services: []ServiceDiff{}}
	for _, service := range services {
		d.Summary.add(service)
		d.Services = append(d.Services, *service)
	}
	values.hideOccurrencesInDiff(d)
	return d
}

func (s *DiffSummary) add(service *ServiceDiff) {
	s.Services++
	s.Effect = max(s.Effect, service.Effect)
	if len(service.Problems) > 0 {
		s.Unresolved++
	}
	if slices.ContainsFunc(service.Children, func(c ChildDiff) bool { return c.Edit != "" || len(c.Changes) > 0 }) {
		s.Changed++
	}
	if slices.ContainsFunc(service.Children, func(c ChildDiff) bool { return len(c.Drift) > 0 }) {
		s.Drifted++
	}
}
