package load

import (
	"maps"
	"slices"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

// Edit says how the inputs of a set change.
type Edit struct {
	// Apply has the objects that are made or changed; nil for none.
	Apply *Set
	// Remove are objects that go. Those that the set does not have change nothing.
	Remove []ObjectName
	// RemoveOthers removes every input that Apply does not have.
	RemoveOthers bool
}

// After returns the set as it is after an edit. The set itself stays as it is, and the two share their
// memory.
//
// An object that is applied over one that exists keeps what the edit has no power over: the metadata
// that the API server writes, the status unless the edit has one, and the labels and annotations that
// others have set. Which these are, kubectl's annotation of the existing object says; where it has
// none, they are those that isvc release sets. An object that stays the same in everything else is the
// existing one. Services keep their observed children and pods.
//
// A ConfigMap of the edit takes the place of the one that counts, in whatever namespace; but one of others, such as
// OME, does not where the one that was installed with isvc stays: PassedOver names it.
func (s *Set) After(edit Edit) *Set {
	applied := edit.Apply
	if applied == nil {
		applied = newSet()
	}
	inputs := map[ObjectName]*object{}
	if !edit.RemoveOthers {
		maps.Copy(inputs, s.inputs)
	}
	for name, o := range applied.inputs {
		if s.passesOver(edit, o) {
			continue
		}
		existing := s.inputs[name]
		if given := s.configObject(); name.Kind == kinds.ConfigMap && given != nil {
			existing = given
			delete(inputs, given.objectName())
		}
		inputs[name] = o
		if existing != nil {
			inputs[name] = appliedOver(existing, o)
		}
	}
	for _, name := range edit.Remove {
		delete(inputs, name)
	}
	return s.withInputs(inputs, applied)
}

// PassedOver are the objects of an edit that change nothing, because the set has another configuration that counts.
func (s *Set) PassedOver(edit Edit) (problems []Problem) {
	if edit.Apply == nil {
		return nil
	}
	for _, o := range edit.Apply.inputs {
		if s.passesOver(edit, o) {
			problems = append(problems, o.passedOverFor(s.configObject()))
		}
	}
	return problems
}

// passesOver reports whether an object of an edit is a configuration of others beside the one of isvc, which stays.
func (s *Set) passesOver(edit Edit, o *object) bool {
	given := s.configObject()
	return o.kind() == kinds.ConfigMap && !edit.RemoveOthers && given != nil && o.objectName() != given.objectName() && given.countsBefore(o)
}

// configObject is the ConfigMap of the configuration; nil without one.
func (s *Set) configObject() *object {
	for name, o := range s.inputs {
		if name.Kind == kinds.ConfigMap {
			return o
		}
	}
	return nil
}

// withInputs returns a set of inputs, with the objects of others of the set, and with its children and
// pods, or those of another set for services that it does not have.
func (s *Set) withInputs(inputs map[ObjectName]*object, other *Set) *Set {
	out := newSet()
	out.objects = s.objects
	for namespace, objects := range s.namespaced {
		for kind, byKey := range objects {
			if useOf(kind) != related { // an object of others, which no edit changes
				out.relatedObjectsOf(namespace)[kind] = byKey
			}
		}
	}
	for name, o := range inputs {
		switch useOf(name.Kind) {
		case parent:
			out.inputs[name] = o
			existing := s.services[o.key()]
			if existing == nil {
				existing = other.services[o.key()]
			}
			out.services[o.key()] = &service{object: o, children: existing.children, pods: existing.pods}
		case related:
			out.inputs[name] = o
			out.relatedObjectsOf(name.Namespace).Add(name.Kind, name.Namespace, name.Name, o.raw)
		default: // the ConfigMap, whose problems were reported when its set was loaded
			_ = out.setConfig(o)
			if o == s.inputs[name] {
				out.config = s.config
			}
		}
	}
	return out
}

// annotationOfKubectl is where kubectl apply keeps what it applied last.
const annotationOfKubectl = "kubectl.kubernetes.io/last-applied-configuration"

// appliedOver returns an object as it is after it was applied over an existing one.
func appliedOver(existing, applied *object) *object {
	was, err := observed.DecodeTree(existing.raw)
	if err != nil {
		return applied
	}
	is, err := observed.DecodeTree(applied.raw)
	if err != nil {
		return applied
	}
	changed := completeFrom(was, is)
	if child.Equal(withoutServersPart(was), withoutServersPart(is)) {
		return existing
	}
	if !changed {
		return applied
	}
	raw, err := child.JSON(is)
	if err != nil {
		return applied
	}
	out := *applied
	out.raw = raw
	out.Metadata.UID = existing.Metadata.UID
	return &out
}

// completeFrom gives an applied object what it keeps of the existing one, and reports whether that is
// anything.
func completeFrom(existing, applied map[string]any) (changed bool) {
	status, has := existing["status"]
	switch _, given := applied["status"]; {
	case has: // a subresource, which kubectl apply leaves alone
		applied["status"], changed = status, true
	case given:
		delete(applied, "status")
		changed = true
	}
	from, _ := existing["metadata"].(map[string]any)
	to, ok := applied["metadata"].(map[string]any)
	if !ok {
		return changed
	}
	for field, value := range from {
		if child.IsServerOwned(field) {
			to[field], changed = value, true
		}
	}
	lastApplied := lastAppliedByKubectl(from)
	for _, field := range []string{"labels", "annotations"} {
		changed = keepForeignEntries(from, to, field, lastApplied) || changed
	}
	return changed
}

// lastAppliedByKubectl is the metadata that kubectl applied last; nil where that is not known.
func lastAppliedByKubectl(metadata map[string]any) map[string]any {
	annotations, _ := metadata["annotations"].(map[string]any)
	text, _ := annotations[annotationOfKubectl].(string)
	last, err := observed.DecodeTree([]byte(text))
	if err != nil {
		return nil
	}
	applied, _ := last["metadata"].(map[string]any)
	if applied == nil {
		applied = map[string]any{}
	}
	return applied
}

// keepForeignEntries keeps the labels or annotations of an existing object that others have set.
func keepForeignEntries(from, to map[string]any, field string, lastApplied map[string]any) (changed bool) {
	existing, _ := from[field].(map[string]any)
	wanted, _ := to[field].(map[string]any)
	applied, _ := lastApplied[field].(map[string]any)
	for key, value := range existing {
		_, isWanted := wanted[key]
		_, wasApplied := applied[key]
		if isWanted || wasApplied || lastApplied == nil && !slices.Contains(annotationsOfCommands(), key) {
			continue
		}
		if wanted == nil {
			wanted = map[string]any{}
			to[field] = wanted
		}
		wanted[key], changed = value, true
	}
	return changed
}

// annotationsOfCommands are the annotations of services that commands set, beside the manifest.
func annotationsOfCommands() []string {
	return []string{v1beta1.AnnotationRelease, v1beta1.AnnotationRuntimeSync, annotationOfKubectl}
}

// withoutServersPart is an object without the metadata that the API server writes.
func withoutServersPart(object map[string]any) map[string]any {
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		return object
	}
	out, metadata := maps.Clone(object), maps.Clone(metadata)
	maps.DeleteFunc(metadata, func(field string, _ any) bool { return child.IsServerOwned(field) })
	out["metadata"] = metadata
	return out
}

// InputKind finds the kind of an input by its name, such as "ClusterServingRuntime".
func InputKind(name string) (kind kinds.Kind, isNamespaced, ok bool) {
	for _, kind := range append(CatalogueKinds(), kinds.ConfigMap) {
		if short, _ := kind.NameAndVersion(); short == name {
			return kind, !isClusterScoped(kind), true
		}
	}
	return "", false, false
}

// WithChildren returns the set with other children: those in files. Children that belong to no service
// are returned as problems.
func (s *Set) WithChildren(files []File, namespace string) (*Set, []Problem) {
	all := newObjectIndex(files)
	var problems []Problem
	for _, file := range files {
		problems = append(problems, all.addFile(file, namespace)...)
	}
	out := s.withInputs(s.inputs, newSet())
	for _, svc := range out.services {
		svc.children = observed.Objects{}
	}
	problems = append(problems, out.attachChildren(all.objects)...)
	return out, problems
}
