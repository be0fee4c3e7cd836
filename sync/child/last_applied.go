package child

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Source says where the last applied configuration was found.
type Source string

const (
	// FromNowhere means that the child shows no trace of what was applied.
	FromNowhere Source = ""
	// FromAnnotation means Metacontroller's last-applied annotation.
	FromAnnotation Source = "annotation"
	// FromManagedFields means the fields that metadata.managedFields lists for server-side apply.
	FromManagedFields Source = "managedFields"
)

// DefaultManager is the field manager that Metacontroller applies with unless its flags say
// otherwise.
const DefaultManager = "metacontroller"

// LastApplied returns what was last applied to the observed child, fit to be sent as a desired
// child again: with apiVersion, kind, name and namespace, and without status, server-owned
// metadata, owner references, generateName, the controller-uid label and the last-applied
// annotation. It shares nothing with observed.
//
// The annotation comes first. When it is unreadable or names another object, nothing is trusted and
// ok is false. Without one, the fields of observed are taken that the managers (DefaultManager when
// none are given) own by server-side apply in the child's API version. Such fields hold the
// observed values, so a foreign change that took over a field's ownership is not undone. When there
// is neither, or observed has no identity, ok is false.
func LastApplied(observed *unstructured.Unstructured, managers ...string) (last *unstructured.Unstructured, source Source, ok bool) {
	if observed == nil || !hasIdentity(observed.Object) {
		return nil, FromNowhere, false
	}
	if len(managers) == 0 {
		managers = []string{DefaultManager}
	}
	applied, err := DecodeLastAppliedAnnotation(observed.Object)
	switch {
	case err != nil:
		return nil, FromAnnotation, false
	case applied != nil:
		source, ok = FromAnnotation, sameIdentity(applied, observed.Object)
	default:
		source = FromManagedFields
		applied, ok = extractApplied(observed.Object, managers)
	}
	if !ok {
		return nil, source, false
	}
	return sendable(applied, observed.Object), source, true
}

// sendable completes the identity of an applied object and drops what no desired child may hold.
func sendable(applied, observed map[string]any) *unstructured.Unstructured {
	delete(applied, "status")
	metadata, ok := applied["metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
		applied["metadata"] = metadata
	}
	for name := range metadata {
		if IsServerOwned(name) || name == "ownerReferences" || name == "generateName" {
			delete(metadata, name)
		}
	}
	dropEntry(metadata, "labels", ControllerLabel)
	dropEntry(metadata, "annotations", LastAppliedAnnotation)
	from, _ := observed["metadata"].(map[string]any)
	for _, field := range []string{"name", "namespace"} {
		if value := stringField(from, field); value != "" {
			metadata[field] = value
		}
	}
	applied["apiVersion"], applied["kind"] = observed["apiVersion"], observed["kind"]
	return &unstructured.Unstructured{Object: applied}
}

// dropEntry removes a label or annotation, and the map with its last entry.
func dropEntry(metadata map[string]any, field, key string) {
	entries, ok := metadata[field].(map[string]any)
	if !ok {
		return
	}
	if _, ok := entries[key]; !ok {
		return
	}
	delete(entries, key)
	if len(entries) == 0 {
		delete(metadata, field)
	}
}

func hasIdentity(object map[string]any) bool {
	metadata, _ := object["metadata"].(map[string]any)
	return stringField(object, "apiVersion") != "" && stringField(object, "kind") != "" && stringField(metadata, "name") != ""
}

// sameIdentity reports whether the applied object is the observed one: an annotation may have been
// copied along with another object. A namespace that was left out is the observed one.
func sameIdentity(applied, observed map[string]any) bool {
	a, _ := applied["metadata"].(map[string]any)
	o, _ := observed["metadata"].(map[string]any)
	return stringField(applied, "apiVersion") == stringField(observed, "apiVersion") &&
		stringField(applied, "kind") == stringField(observed, "kind") &&
		stringField(a, "name") == stringField(o, "name") &&
		(a["namespace"] == nil || stringField(a, "namespace") == stringField(o, "namespace"))
}

func stringField(m map[string]any, field string) string {
	s, _ := m[field].(string)
	return s
}

// extractApplied returns the fields that the managers own by server-side apply, with the observed
// values; ok is false when there are none.
func extractApplied(observed map[string]any, managers []string) (applied map[string]any, ok bool) {
	version := stringField(observed, "apiVersion")
	mine := func(m Manager) bool {
		return m.Operation == "Apply" && m.Subresource == "" && m.APIVersion == version && slices.Contains(managers, m.Name)
	}
	fields := FieldsOwnedBy(observed, mine)
	if fields == nil {
		return nil, false
	}
	others := FieldsOwnedBy(observed, func(m Manager) bool { return !mine(m) })
	return extractMap(observed, fields, others), true
}

// NeverApplied reports whether the observed child shows that it was never applied: it has managed
// fields, none of them by server-side apply, and no last-applied annotation. Such a child was
// created by others and adopted. Its IdentityOnly changes nothing when it is applied: no field was
// ever claimed, so none is given up.
func NeverApplied(observed *unstructured.Unstructured) bool {
	applied, err := DecodeLastAppliedAnnotation(observed.Object)
	if err != nil || applied != nil {
		return false
	}
	entries := managedFields(observed.Object)
	return len(entries) > 0 && !slices.ContainsFunc(entries, func(entry map[string]any) bool {
		return managerOf(entry).Operation == "Apply"
	})
}

// IdentityOnly returns a desired child that says only which object it is.
func IdentityOnly(observed *unstructured.Unstructured) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetAPIVersion(observed.GetAPIVersion())
	out.SetKind(observed.GetKind())
	out.SetName(observed.GetName())
	out.SetNamespace(observed.GetNamespace())
	return out
}
