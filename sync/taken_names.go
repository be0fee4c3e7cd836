package sync

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

// nameOwner says whose object has a name that the service needs.
type nameOwner struct {
	// words name the owner in messages: "InferenceService chat".
	words string
	// leaves is true for an object of Knative, which goes with the Knative Service that it belongs to.
	leaves bool
}

// withoutTakenNames leaves out the objects whose names objects of somebody else have. Sent to the cluster,
// such an object would be refused, or would take the other one over. The status says whose it is.
func withoutTakenNames(current observedState, desired desiredState, record *trace.Recorder) desiredState {
	out := desired
	for _, kind := range trafficKinds() {
		for _, key := range desired.children.keysOfKind(kind) {
			owner, taken := current.ownerOfTakenName(key)
			if !taken {
				continue
			}
			if out.taken == nil {
				out.taken = map[childKey]nameOwner{}
				out.children = out.children.with(nil)
			}
			out.taken[key] = owner
			delete(out.children, key)
			kindName, _ := kind.NameAndVersion()
			if owner.leaves {
				record.AddEntry(trace.Entry{Subject: kindName + "/" + key.name, Verdict: trace.Absent,
					Reason: status.ReasonNameTaken, Message: "an object of this name still belongs to " + owner.words})
				continue
			}
			record.AddFinding(kindName+"/"+key.name, status.ReasonNameTaken, fmt.Sprintf(
				"%s %s is not made: an object of this name belongs to %s", kindName, key.name, owner.words))
		}
	}
	return out
}

// ownerOfTakenName says whose object has the name of a child that the service does not have; taken is false
// where it has the child, where nobody has one, and where that is not known.
func (s observedState) ownerOfTakenName(key childKey) (owner nameOwner, taken bool) {
	object := s.related.Get(key.kind, s.namespace, key.name)
	if _, isOurs := s.child(key); isOurs || !object.Exists() {
		return nameOwner{}, false
	}
	controller := controllerOf(object)
	switch {
	case controller == nil:
		// What was left of a service of this name may be taken over.
		return nameOwner{words: "no InferenceService"}, !s.isOrphanOf(object)
	case s.ownerUID != "" && controller.UID == s.ownerUID,
		s.ownerUID == "" && controller.Kind == v1beta1.KindInferenceService && controller.Name == s.service:
		return nameOwner{}, false // it was made just now
	}
	isKnatives := strings.HasPrefix(controller.APIVersion, knativeServingGroup+"/")
	return nameOwner{words: controller.Kind + " " + controller.Name, leaves: isKnatives && controller.Name == key.name}, true
}

// knativeServingGroup is the API group of the Routes that own the Service objects of Knative.
var knativeServingGroup, _, _ = strings.Cut(apiVersionOf(kinds.KnativeService), "/")

func apiVersionOf(kind kinds.Kind) string {
	_, apiVersion := kind.NameAndVersion()
	return apiVersion
}

// isOrphanOf reports whether an object without an owner says that it belongs to a service of this name.
func (s observedState) isOrphanOf(object observed.Object) bool {
	label, _ := observed.DecodeString(object.Member("metadata", "labels", v1beta1.LabelInferenceService))
	return label == names.LabelValue(s.service)
}

// ownerOfTakenHost says which older route of somebody else leads one of the hosts of a route elsewhere, and
// the host; nothing where none does. Of two routes with one host a gateway follows the older one.
func (s observedState) ownerOfTakenHost(key childKey, wanted *unstructured.Unstructured) (owner, host string) {
	if wanted == nil || wanted.GetLabels()[v1beta1.LabelSharedHost] == "" {
		return "", ""
	}
	hosts := hostsOfRoute(wanted)
	existing, _ := s.child(key)
	ours := ageAndName(existing.Object)
	for _, other := range s.related.KeysOf(key.kind) {
		object := s.related[key.kind][other]
		controller := controllerOf(object)
		namespace, name := observed.SplitKey(other)
		if _, isOurs := s.child(childKey{key.kind, name}); isOurs || namespace != s.namespace || controller == nil ||
			existing.Exists() && ours < ageAndName(object) {
			continue
		}
		route := observedChild{object}.decode()
		if route == nil {
			continue
		}
		for _, theirs := range hostsOfRoute(route) {
			if slices.Contains(hosts, theirs) {
				return controller.Kind + " " + controller.Name, theirs
			}
		}
	}
	return "", ""
}

// ageAndName orders routes as gateways do: by age, then by name.
func ageAndName(route observed.Object) string {
	created, _ := observed.DecodeString(route.Member("metadata", "creationTimestamp"))
	name, _ := observed.DecodeString(route.Member("metadata", "name"))
	return created + " " + name
}
