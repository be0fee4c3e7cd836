package sync

import (
	"fmt"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

// ReasonForeignObject: an object with the name of a child is somebody else's;
// nothing at all is done. Seen in the log. Fix: rename the service, or rename
// or delete that object.
const ReasonForeignObject = "ForeignObject"

// observedState is what the cluster holds for a service: its children. They stay JSON
// until a decision needs more of one than a few fields.
type observedState struct {
	children observed.Objects
	// related are objects of trafficKinds that have a name of the service, and those of routeKinds that can
	// have a host of the service, whoever owns them; without entry where they were not asked for.
	related observed.Objects
	// pods are the pods of the service; nil where they were not asked for.
	pods      map[string]observed.Object
	namespace string
	// service is the name of the service.
	service string
	// ownerUID is the uid of the service; empty when it is not known.
	ownerUID string
}

// observe returns what the cluster holds for the service.
func observe(service inferenceService, req *Request) observedState {
	related := observed.Objects{}
	for _, kind := range slices.Concat(trafficKinds(), routeKinds()) {
		related[kind] = req.Related[kind]
	}
	return observedState{
		children: req.Children, related: related, pods: req.Related[kinds.Pod],
		namespace: service.given.Namespace, service: service.given.Name, ownerUID: string(service.given.UID),
	}
}

// child returns an observed child; ok is false when there is none.
func (s observedState) child(key childKey) (found observedChild, ok bool) {
	object := s.children.Get(key.kind, s.namespace, key.name)
	return observedChild{object}, object.Exists()
}

// keysOf returns the observed children of a kind, sorted by name.
func (s observedState) keysOf(kind kinds.Kind) []childKey {
	var keys []childKey
	for _, key := range s.children.KeysOf(kind) {
		_, name := observed.SplitKey(key)
		keys = append(keys, childKey{kind, name})
	}
	return keys
}

// hasWorkload reports whether any workload of the service exists.
func (s observedState) hasWorkload() bool {
	return slices.ContainsFunc(modes.WorkloadKinds(), func(kind kinds.Kind) bool { return len(s.children[kind]) > 0 })
}

// deployed are the components whose workload exists.
func (s observedState) deployed(components []*modes.Component) map[v1beta1.ComponentType]bool {
	out := map[v1beta1.ComponentType]bool{}
	for _, c := range components {
		_, out[c.Type] = s.child(workloadKey(c))
	}
	return out
}

// formerRuntime is the runtime with which the observed workloads were made; empty when
// there are none or they were made without a runtime.
func (s observedState) formerRuntime() string {
	for _, kind := range modes.WorkloadKinds() {
		for _, key := range s.keysOf(kind) {
			if workload, ok := s.child(key); ok {
				if name := workload.label(v1beta1.LabelServingRuntime); name != "" {
					return name
				}
			}
		}
	}
	return ""
}

// foreignObject is the problem of a service among whose observed children is an object
// that another controller owns; nil when there is none. Such an object must be neither
// changed nor deleted, and an answer without it would delete it, so nothing at all is
// done.
//
// Metacontroller shows owned objects only. Foreign objects with the name of one that carries
// traffic are asked for, see trafficRules. Another foreign object is safe: the API server
// refuses to create a second object of its name, and Metacontroller reports that as an
// event of the service.
func (s observedState) foreignObject() *finding.Finding {
	for kind, key := range s.children.All() {
		owner := s.foreignOwner(s.children[kind][key])
		if owner == "" {
			continue
		}
		short, _ := kind.NameAndVersion()
		_, name := observed.SplitKey(key)
		return &finding.Finding{Reason: ReasonForeignObject, Message: fmt.Sprintf(
			"%s %s has the name of an object of this service and belongs to %s: nothing is changed; rename the service, or that object",
			short, name, owner)}
	}
	return nil
}

// foreignOwner names the controller of an observed child when that is not the service;
// empty otherwise, also when the uid of the service is not known.
func (s observedState) foreignOwner(object observed.Object) string {
	if s.ownerUID == "" {
		return ""
	}
	if owner := controllerOf(object); owner != nil && owner.UID != "" && owner.UID != s.ownerUID {
		return owner.Kind + " " + owner.Name
	}
	return ""
}

// ownerReference is the reference of an object to its owner.
type ownerReference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller bool   `json:"controller"`
}

// controllerOf is the owner that controls an object; nil without one.
func controllerOf(object observed.Object) *ownerReference {
	var owners []ownerReference
	raw := object.Member("metadata", "ownerReferences")
	if raw == nil || v1beta1.DecodeLenient(raw, &owners) != nil {
		return nil
	}
	for i := range owners {
		if owners[i].Controller {
			return &owners[i]
		}
	}
	return nil
}

// observedChild is one observed child as JSON.
type observedChild struct{ observed.Object }

// decode decodes the child as a whole; nil when it is not a JSON object.
func (c observedChild) decode() *unstructured.Unstructured {
	if !c.Exists() {
		return nil
	}
	tree, err := observed.DecodeTree(c.Raw)
	if err != nil {
		return nil
	}
	return &unstructured.Unstructured{Object: tree}
}

// label is the value of a label; empty without it.
func (c observedChild) label(key string) string {
	value, _ := observed.DecodeString(c.Member("metadata", "labels", key))
	return value
}

// lastAppliedText is the text of the last-applied annotation; nil without one.
func (c observedChild) lastAppliedText() []byte {
	text, annotated := observed.DecodeString(c.Member("metadata", "annotations", child.LastAppliedAnnotation))
	if !annotated {
		return nil
	}
	return []byte(text)
}

// replicas is spec.replicas; ok is false when that is not a number of replicas.
func (c observedChild) replicas() (n int32, ok bool) { return c.count("spec", "replicas") }

// count is the number in a field; ok is false when that is not a number of 0 or more.
func (c observedChild) count(path ...string) (n int32, ok bool) {
	value, err := strconv.ParseInt(string(c.Member(path...)), 10, 32)
	return int32(value), err == nil && value >= 0
}

// replicasWereApplied reports whether isvc wrote spec.replicas: it is in the last-applied
// annotation, or no other field manager owns it. An unreadable annotation counts as ours,
// because repeating the number is the safe side. An annotation that was written for
// another namespace or name, as on a restored copy, still says who wrote the number.
func (c observedChild) replicasWereApplied() bool {
	if applied := c.lastAppliedText(); applied != nil {
		replicas, ok := observed.LookupMember(applied, "spec", "replicas")
		return !ok || replicas != nil
	}
	object := c.decode()
	if object == nil {
		return false
	}
	ours := func(manager child.Manager) bool { return manager.Name == child.DefaultManager }
	others := func(manager child.Manager) bool { return !ours(manager) }
	path := []string{"spec", "replicas"}
	return child.OwnsField(object.Object, path, ours) && !child.OwnsField(object.Object, path, others)
}

// componentOf is the component that an object belongs to: by its label as last applied,
// because the label may have been changed since, else as observed.
func componentOf(object *unstructured.Unstructured) v1beta1.ComponentType {
	if last, _, ok := child.LastApplied(object); ok {
		if label := last.GetLabels()[v1beta1.LabelComponent]; label != "" {
			return v1beta1.ComponentType(label)
		}
	}
	return v1beta1.ComponentType(object.GetLabels()[v1beta1.LabelComponent])
}
