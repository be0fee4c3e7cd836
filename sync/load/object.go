package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	kjson "sigs.k8s.io/json"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

// maxObject is the largest object that Kubernetes can store, in bytes of JSON: the limit that etcd
// has by default.
const maxObject = 3 << 19

// header is what identifies an object.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name            string           `json:"name"`
		Namespace       string           `json:"namespace"`
		UID             string           `json:"uid"`
		Labels          map[string]any   `json:"labels"`
		OwnerReferences []ownerReference `json:"ownerReferences"`
	} `json:"metadata"`
}

// ownerReference is an owner reference.
type ownerReference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller bool   `json:"controller"`
}

// object is one object of the input.
type object struct {
	document
	header
	raw json.RawMessage
}

// labelValue is the value of a label, empty when it is absent or not a string.
func (o *object) labelValue(key string) string {
	value, _ := o.Metadata.Labels[key].(string)
	return value
}

func (o *object) kind() kinds.Kind { return kinds.New(o.Kind, o.APIVersion) }

func (o *object) key() string { return observed.ObjectKey(o.Metadata.Namespace, o.Metadata.Name) }

// objectProblem is a finding about the object or one of its fields.
func (o *object) objectProblem(severity Severity, field, message string) Problem {
	p := o.document.documentProblem(severity, message)
	p.Field = field
	if o.Kind != "" {
		p.Object = strings.TrimSpace(o.Kind + " " + o.key())
		p.name = o.objectName()
	}
	return p
}

// readObjects reads the objects of a document, of which a list has several.
func (d document) readObjects(namespace string) ([]*object, []Problem) {
	raw, duplicates, err := d.toJSON()
	if err != nil {
		problem := d.documentProblem(Unusable, err.Error())
		if bytes.Contains(d.text, []byte("{{")) {
			problem.Message += ": it looks like a template: make manifests of it first, for example with helm template"
		}
		return nil, []Problem{problem}
	}
	d.text = nil // it is not needed any more
	objects, problems := d.readObjectOrList(raw, header{}, namespace)
	if duplicates != "" {
		problem := d.documentProblem(Warning, duplicates+": the later value was used")
		if strings.Contains(duplicates, `"apiVersion"`) {
			problem.Message += ": write a line --- between two objects"
		}
		problems = append(problems, problem)
	}
	return objects, problems
}

// readObjectOrList reads an object, or the items of a list. An item of a typed list inherits the
// kind that the list says.
func (d document) readObjectOrList(raw json.RawMessage, inherited header, namespace string) ([]*object, []Problem) {
	if bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	if raw[0] != '{' {
		problem := d.documentProblem(Unusable, "is not an object: a manifest must be a mapping with apiVersion, kind and metadata")
		problem.isForeign = raw[0] == '['
		return nil, []Problem{problem}
	}
	o := &object{document: d, raw: raw}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &o.header); err != nil {
		return nil, []Problem{o.unreadableProblem(err)}
	}
	if items, isList := o.listItems(); isList {
		return d.readItems(items, o.itemHeader(), namespace)
	}
	if err := o.completeHeader(inherited, namespace); err != nil {
		problem := o.objectProblem(Unusable, "", err.Error())
		problem.isForeign = o.APIVersion == "" && o.Kind == "" || o.isChart()
		return nil, []Problem{problem}
	}
	return []*object{o}, nil
}

func (d document) readItems(items []json.RawMessage, inherited header, namespace string) ([]*object, []Problem) {
	var objects []*object
	var problems []Problem
	for _, item := range items {
		o, p := d.readObjectOrList(item, inherited, namespace)
		objects, problems = append(objects, o...), append(problems, p...)
	}
	return objects, problems
}

// unreadableProblem explains why an object cannot even be identified.
func (o *object) unreadableProblem(err error) Problem {
	p := o.document.documentProblem(Unusable, "cannot read the object: "+err.Error())
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		p.Field = wrong.Field
		p.Message = fmt.Sprintf("must not be a %s", wrong.Value)
		if wrong.Value == "number" || wrong.Value == "bool" {
			p.Message += ": put it in quotes"
		}
	}
	return p
}

// isChart reports whether the file describes a chart of Helm, which has a version and no kind.
func (o *object) isChart() bool { return path.Base(o.file) == chartFile && o.Kind == "" }

// listItems returns the items of a list.
func (o *object) listItems() ([]json.RawMessage, bool) {
	if !strings.HasSuffix(o.Kind, "List") {
		return nil, false
	}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	err := kjson.UnmarshalCaseSensitivePreserveInts(o.raw, &list)
	return list.Items, err == nil && (list.Items != nil || o.Kind == "List")
}

// itemHeader is what the items of a typed list inherit.
func (o *object) itemHeader() header {
	if o.Kind == "List" {
		return header{}
	}
	return header{APIVersion: o.APIVersion, Kind: strings.TrimSuffix(o.Kind, "List")}
}

// completeHeader gives the object the kind and the namespace that it leaves open, and refuses an
// object that Kubernetes could not store.
func (o *object) completeHeader(inherited header, namespace string) error {
	if o.APIVersion == "" && o.Kind == "" {
		o.APIVersion, o.Kind = inherited.APIVersion, inherited.Kind
	}
	for _, field := range []struct{ name, value string }{
		{"apiVersion", o.APIVersion}, {"kind", o.Kind}, {"metadata.name", o.Metadata.Name},
	} {
		if field.value == "" && !(field.name == "metadata.name" && !isUsed(o.kind())) {
			return fmt.Errorf("%s is missing", field.name)
		}
	}
	if len(o.raw) > maxObject {
		return fmt.Errorf("has %d bytes of JSON: Kubernetes cannot store more than %d", len(o.raw), maxObject)
	}
	return o.setNamespaceByScope(namespace, inherited)
}

// setNamespaceByScope removes the namespace of a cluster-scoped object and gives any other object
// one.
func (o *object) setNamespaceByScope(namespace string, inherited header) error {
	want := o.Metadata.Namespace
	switch {
	case isClusterScoped(o.kind()):
		want = ""
	case want == "":
		want = namespace
	}
	if want == o.Metadata.Namespace && inherited.Kind == "" || !isUsed(o.kind()) {
		return nil
	}
	o.Metadata.Namespace = want
	return o.rewriteHeader()
}

// rewriteHeader puts apiVersion, kind and namespace into the JSON.
func (o *object) rewriteHeader() error {
	var top, metadata map[string]json.RawMessage
	if err := json.Unmarshal(o.raw, &top); err != nil {
		return fmt.Errorf("cannot read the object: %w", err)
	}
	if err := json.Unmarshal(top["metadata"], &metadata); err != nil {
		return fmt.Errorf("cannot read metadata: %w", err)
	}
	delete(metadata, "namespace")
	if o.Metadata.Namespace != "" {
		metadata["namespace"] = jsonString(o.Metadata.Namespace)
	}
	top["apiVersion"], top["kind"] = jsonString(o.APIVersion), jsonString(o.Kind)
	var err error
	if top["metadata"], err = json.Marshal(metadata); err != nil {
		return fmt.Errorf("cannot write metadata: %w", err)
	}
	if o.raw, err = json.Marshal(top); err != nil {
		return fmt.Errorf("cannot write the object: %w", err)
	}
	return nil
}

// jsonString is a string as JSON.
func jsonString(text string) json.RawMessage {
	raw, _ := json.Marshal(text) // every string has a JSON form
	return raw
}
