// Package effect says what a change of a child does to what runs.
//
// Of compares two states of one object, as they are sent to be applied, and tells for each changed
// field what its controller does with it, by a table of rules for each kind. The rules come from the
// documentation and the source of the controllers; what no rule names counts as a rolling restart,
// because a change that is thought harmless and is not costs more than one that is looked at in vain.
package effect

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
)

// Effect is what a change does to what runs, from harmless to harmful.
type Effect int

// The effects. Each is worse than the one before it.
const (
	// None: nothing is written.
	None Effect = iota
	// Metadata: something is written that no pod and no request notices, such as a label of the
	// object, or the way in which the next rollout goes.
	Metadata
	// InPlace: pods that run see the change without a restart.
	InPlace
	// Scale: pods are added or removed, or may be, and those that stay do not change.
	Scale
	// Eviction: other pods may be evicted at once than before.
	Eviction
	// Traffic: requests go another way, or are treated in another way.
	Traffic
	// Rolling: pods are replaced, by the strategy of their workload.
	Rolling
	// NewRevision: something new is made beside what runs, such as a revision of Knative, and the traffic
	// moves to it.
	NewRevision
	// Recreate: all pods go before new ones come, or the object must be deleted and made anew.
	Recreate
	// Delete: the object goes.
	Delete
)

// effectNames are the words for the effects, in their order.
var effectNames = []string{
	"none", "metadata", "in place", "scale", "eviction", "traffic", "rolling", "new revision", "recreate", "delete",
}

// String is the word for an effect, such as "rolling".
func (e Effect) String() string { return effectNames[e] }

// MarshalText writes the word.
func (e Effect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads the word.
func (e *Effect) UnmarshalText(text []byte) error {
	var err error
	*e, err = Parse(string(text))
	return err
}

// Parse reads the word for an effect; a hyphen may stand for a space. The error lists all words.
func Parse(text string) (Effect, error) {
	at := slices.Index(effectNames, strings.ReplaceAll(text, "-", " "))
	if at < 0 {
		return None, fmt.Errorf("%q is no effect: use one of %s", text, strings.Join(effectNames, ", "))
	}
	return Effect(at), nil
}

// Change is a changed field of a child.
type Change struct {
	// Path is the field, such as "spec.template.spec.containers[ome-container].image". It is empty
	// for an object that is made or deleted as a whole.
	Path string `json:"path,omitempty"`
	// Effect is what the change of this field does.
	Effect Effect `json:"effect"`
	// Unnoticed is true where running pods stay as they are until something else replaces them, or
	// until a paused Deployment is resumed.
	Unnoticed bool `json:"noEffectOnRunningPods,omitempty"`
	// Before and After are the values; absent for a field that is not there.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// OfChild is what the changes of a child do.
type OfChild struct {
	Kind kinds.Kind
	Name string
	// Effect is the worst effect of the changes.
	Effect Effect
	// Unnoticed is true where there is a change that running pods do not notice.
	Unnoticed bool
	// Changes are the changed fields, sorted by path.
	Changes []Change
}

// String says in words what the changes do.
func (o OfChild) String() string {
	switch {
	case o.Unnoticed && o.Effect <= Metadata:
		return unnoticed
	case o.Unnoticed:
		return o.Effect.String() + ", in part " + unnoticed
	}
	return o.Effect.String()
}

// unnoticed are the words for a change that running pods do not notice.
const unnoticed = "no effect on running pods"

// Of compares a child before and after; nil means that there is none. At least one must be given.
func Of(before, after *unstructured.Unstructured) OfChild {
	object := after
	if object == nil {
		object = before
	}
	out := OfChild{Kind: kinds.New(object.GetKind(), object.GetAPIVersion()), Name: object.GetName()}
	switch {
	case before == nil:
		out.Changes = []Change{{Effect: effectOfCreation(out.Kind)}}
	case after == nil:
		out.Changes = []Change{{Effect: Delete}}
	default:
		out.Changes = changesOf(out.Kind, before, after)
	}
	for _, change := range out.Changes {
		out.Effect = max(out.Effect, change.Effect)
		out.Unnoticed = out.Unnoticed || change.Unnoticed
	}
	return out
}

// changesOf are the changed fields of an object with their effects.
func changesOf(kind kinds.Kind, before, after *unstructured.Unstructured) []Change {
	var changes []Change
	for _, field := range fieldsOf(before.Object, after.Object) {
		for _, changed := range changesOfField(field, before.Object, after.Object) {
			for _, part := range partsWithRules(kind, changed) {
				rule := ruleFor(kind, part.Path)
				change := Change{Path: part.Path, Effect: rule.effect, Before: part.Before, After: part.After, Unnoticed: rule.unnoticed}
				if rule.adjust != nil {
					change.Effect, change.Unnoticed = rule.adjust(change, after.Object)
				}
				changes = append(changes, change)
			}
		}
	}
	return changes
}

// fieldsOf are the fields of two states of an object that are applied, without those that identify it.
func fieldsOf(before, after map[string]any) []string {
	fields := maps.Clone(before)
	maps.Copy(fields, after)
	maps.DeleteFunc(fields, func(field string, _ any) bool {
		return field == "apiVersion" || field == "kind" || field == "status"
	})
	return slices.Sorted(maps.Keys(fields))
}

// changesOfField are the changed parts of a field, which may be absent.
func changesOfField(field string, before, after map[string]any) []child.Change {
	was, had := before[field]
	is, has := after[field]
	if had != has {
		return []child.Change{{Path: field, Before: was, After: is}}
	}
	return child.Changes(field, was, is)
}

// partsWithRules divides a part that was added or removed as a whole where a rule speaks of something
// in it, and a list whose items the kind knows by a name of its own.
func partsWithRules(kind kinds.Kind, change child.Change) []child.Change {
	if parts := itemsByName(kind, change); parts != nil {
		return parts
	}
	before, after := change.Before, change.After
	members, ok := before.(map[string]any)
	if before == nil {
		members, ok = after.(map[string]any)
		before = map[string]any{}
	} else if after == nil {
		after = map[string]any{}
	} else {
		return []child.Change{change}
	}
	if !ok || len(members) == 0 || !hasRulesBelow(kind, change.Path) {
		return []child.Change{change}
	}
	var parts []child.Change
	for _, part := range child.Changes(change.Path, before, after) {
		parts = append(parts, partsWithRules(kind, part)...)
	}
	return parts
}

// groupName names the groups of workers of a Ray cluster, which Metacontroller replaces as one list.
const groupName = "groupName"

// itemsByName are the changes of a list of groups of workers, by group; nil for any other change.
func itemsByName(kind kinds.Kind, change child.Change) []child.Change {
	if kind != kinds.RayCluster || change.Path != "spec.workerGroupSpecs" {
		return nil
	}
	before, known := groupsByName(change.Before)
	after, alsoKnown := groupsByName(change.After)
	if !known || !alsoKnown {
		return nil
	}
	groups := maps.Clone(before)
	maps.Copy(groups, after)
	var parts []child.Change
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		path := fmt.Sprintf("%s[%s]", change.Path, name)
		was, had := before[name]
		is, has := after[name]
		if had && has {
			parts = append(parts, child.Changes(path, was, is)...)
			continue
		}
		parts = append(parts, child.Change{Path: path, Before: was, After: is})
	}
	return parts
}

// groupsByName are groups of workers by name; ok is false where one has none, or one that another has.
func groupsByName(value any) (groups map[string]any, ok bool) {
	list, isList := value.([]any)
	groups = map[string]any{}
	for _, item := range list {
		group, _ := item.(map[string]any)
		name, _ := group[groupName].(string)
		if _, twice := groups[name]; name == "" || twice {
			return nil, false
		}
		groups[name] = item
	}
	return groups, isList || value == nil
}

// effectOfCreation is what an object does that is made: pods of a workload come, and nothing that runs
// changes.
func effectOfCreation(kind kinds.Kind) Effect {
	if _, isWorkload := modes.OfWorkload(kind); isWorkload || kind == statefulSet {
		return Scale
	}
	switch kind {
	case kinds.Service, kinds.Ingress, kinds.HTTPRoute, kinds.VirtualService, inferencePool:
		return Traffic
	case kinds.HorizontalPodAutoscaler, kinds.ScaledObject:
		return Scale
	case kinds.PodDisruptionBudget:
		return Eviction
	}
	return InPlace
}
