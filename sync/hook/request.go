package hook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// Version is the only version of Metacontroller's hooks that is understood.
const Version = "v2"

// The names of the hooks.
const (
	hookSync      = "sync"
	hookCustomize = "customize"
)

// SyncRequest is the body of a call of the sync hook, Metacontroller's CompositeHookRequest.
// Objects stay as they arrived.
type SyncRequest struct {
	// Controller is the CompositeController.
	Controller jsontext.Value `json:"controller"`
	// Parent is the InferenceService.
	Parent jsontext.Value `json:"parent"`
	// Children are the observed children, with an entry for each kind that may be returned.
	Children observed.Objects `json:"children"`
	// Related are the objects that the customize hook asked for.
	Related observed.Objects `json:"related"`
	// Finalizing is set by the finalize hook, which isvc does not have.
	Finalizing bool `json:"finalizing"`
}

// CustomizeRequest is the body of a call of the customize hook, Metacontroller's
// CustomizeHookRequest.
type CustomizeRequest struct {
	Controller jsontext.Value `json:"controller"`
	Parent     jsontext.Value `json:"parent"`
}

// DecodeSync reads the body of a call of the sync hook. The objects of the request are parts of the
// body. Config, Now and Explain are left to the caller.
//
// The error says in one line why the body is not such a request.
func DecodeSync(body []byte) (*sync.Request, Parent, error) {
	var r SyncRequest
	if err := decodeBody(body, &r); err != nil {
		return nil, Parent{}, err
	}
	parent, err := decodeCaller(r.Controller, r.Parent, hookSync)
	if err != nil {
		return nil, parent, err
	}
	if err := r.checkAnswerable(parent); err != nil {
		return nil, parent, err
	}
	return &sync.Request{
		Parent: json.RawMessage(r.Parent), Children: r.Children, Related: r.Related, Managed: r.Children.Kinds(),
	}, parent, nil
}

// DecodeCustomize reads the body of a call of the customize hook and returns the parent as JSON, and the
// child kinds that the controller declares.
//
// The error says in one line why the body is not such a request.
func DecodeCustomize(body []byte) (json.RawMessage, kinds.Set, Parent, error) {
	var r CustomizeRequest
	if err := decodeBody(body, &r); err != nil {
		return nil, nil, Parent{}, err
	}
	parent, err := decodeCaller(r.Controller, r.Parent, hookCustomize)
	return json.RawMessage(r.Parent), declaredKinds(r.Controller), parent, err
}

// declaredKinds are the kinds of isvc among the children that a controller declares, which it does by
// resource. What cannot be read declares none.
func declaredKinds(controller jsontext.Value) kinds.Set {
	var described struct {
		Spec struct {
			ChildResources []struct {
				APIVersion string `json:"apiVersion"`
				Resource   string `json:"resource"`
			} `json:"childResources"`
		} `json:"spec"`
	}
	declared := kinds.Set{}
	if isAbsent(controller) || v1beta1.DecodeLenient(controller, &described) != nil {
		return declared
	}
	for _, child := range described.Spec.ChildResources {
		for kind := range kinds.All() {
			if _, apiVersion := kind.NameAndVersion(); apiVersion == child.APIVersion && sync.ResourceName(kind) == child.Resource {
				declared[kind] = true
			}
		}
	}
	return declared
}

// decodeBody decodes a body into a request. It must be UTF-8, and each of its fields must be one of
// the hook and occur once; within objects the last value of a name counts.
func decodeBody(body []byte, into any) error {
	err := jsonv2.Unmarshal(body, into, jsonv2.RejectUnknownMembers(true), jsontext.AllowDuplicateNames(true),
		jsonv2.WithUnmarshalers(jsonv2.JoinUnmarshalers(eachFieldOnce(), objectsWithin(body))))
	if err == nil {
		return nil
	}
	if wrong := (*jsonv2.SemanticError)(nil); errors.As(err, &wrong) {
		switch {
		case errors.Is(wrong.Err, jsonv2.ErrUnknownName):
			return fmt.Errorf("cannot read the request: field %q is not part of the hook", wrong.JSONPointer.LastToken())
		case errors.Is(wrong.Err, errTwice):
			return fmt.Errorf("cannot read the request: field %q occurs twice", wrong.JSONPointer.LastToken())
		}
	}
	return cannotRead("the request", v1beta1.ExplainDecodeError(body, into, err))
}

// cannotRead words an error of decoding without the value that is wrong: bodies are not logged.
func cannotRead(what string, err error) error {
	var wrong *v1beta1.FieldError
	if !errors.As(err, &wrong) {
		return fmt.Errorf("cannot read %s: %w", what, err)
	}
	if wrong.Field != "" {
		what += ": " + wrong.Field
	}
	return fmt.Errorf("cannot read %s: %s", what, cmp.Or(wrong.Rule, wrong.Problem))
}

// errTwice refuses a field of a request that occurs twice.
var errTwice = errors.New("occurs twice")

// eachFieldOnce refuses fields of the request itself that occur twice, which json v2 does only for
// objects at every depth.
func eachFieldOnce() *jsonv2.Unmarshalers {
	seen := map[jsontext.Pointer]bool{}
	return jsonv2.UnmarshalFromFunc(func(d *jsontext.Decoder, _ any) error {
		if d.StackDepth() == 1 {
			field := d.StackPointer()
			if seen[field] {
				return errTwice
			}
			seen[field] = true
		}
		return errors.ErrUnsupported
	})
}

// objectsWithin makes objects parts of the body instead of copies, which would double the memory of
// a large request. Children and pods have an index: decisions look into them in every call and into
// most other objects never.
func objectsWithin(body []byte) *jsonv2.Unmarshalers {
	const children, pods = "/children/", "/related/" + string(kinds.Pod) + "/"
	return jsonv2.UnmarshalFromFunc(func(d *jsontext.Decoder, into *observed.Object) (err error) {
		path := string(d.StackPointer())
		switch {
		case d.PeekKind() != '{':
			return &jsonv2.SemanticError{GoType: reflect.TypeFor[map[string]any]()}
		case strings.HasPrefix(path, children), strings.HasPrefix(path, pods):
			*into, err = observed.ReadIndexed(d, body)
		default:
			into.Raw, err = observed.ReadValue(d, body)
		}
		return err
	})
}

// checkAnswerable refuses what the sync hook cannot answer safely.
func (r *SyncRequest) checkAnswerable(parent Parent) error {
	switch {
	case r.Children == nil:
		return errors.New(`cannot read the request: field "children" is missing: it says which kinds may be returned`)
	case r.Finalizing:
		return errors.New("there is no finalize hook: remove spec.hooks.finalize from the CompositeController, children are deleted with their owner")
	}
	for field, objects := range map[string]observed.Objects{"children": r.Children, "related": r.Related} {
		for kind := range objects {
			if short, version := kind.NameAndVersion(); short == "" || version == "" {
				return fmt.Errorf("cannot read the request: %s: key %q is not <Kind>.<apiVersion>", field, kind)
			}
		}
	}
	return checkKeys(r.Children, parent)
}

// checkKeys recognises the keys of version v1, which lack the namespace.
func checkKeys(children observed.Objects, parent Parent) error {
	for kind, key := range children.All() {
		namespace, name := observed.SplitKey(key)
		if namespace == "" {
			return wrongVersion("v1 (a key of children has no namespace)", hookSync)
		}
		if namespace != parent.Namespace || name == "" {
			return fmt.Errorf("cannot read children: %s %q is not in namespace %q", kind, key, parent.Namespace)
		}
	}
	return nil
}

// decodeCaller checks the version of the hook that a controller calls and reads the identity of the
// parent that it calls for.
func decodeCaller(controller, parent jsontext.Value, hook string) (Parent, error) {
	if err := checkVersion(controller, hook); err != nil {
		return Parent{}, err
	}
	return DecodeParent(json.RawMessage(parent))
}

// checkVersion refuses a controller that calls the hook in another version. A request without a
// description of the controller is judged by its keys.
func checkVersion(controller jsontext.Value, hook string) error {
	if isAbsent(controller) {
		return nil
	}
	var described struct {
		Spec struct {
			Hooks map[string]*struct {
				Version string `json:"version"`
			} `json:"hooks"`
		} `json:"spec"`
	}
	if err := v1beta1.DecodeLenient(controller, &described); err != nil {
		return cannotRead("controller", err)
	}
	declared := described.Spec.Hooks[hook]
	switch {
	case declared == nil || declared.Version == Version:
		return nil
	case declared.Version == "":
		return wrongVersion("v1", hook) // what Metacontroller takes for an absent version
	}
	return wrongVersion(declared.Version, hook)
}

func wrongVersion(version, hook string) error {
	return fmt.Errorf("hook version %s is not supported: set spec.hooks.%s.version: %s in the CompositeController",
		version, hook, Version)
}

// Parent is what identifies the parent of a request and the state it is in.
type Parent struct {
	// Kind is the parent's kind and version.
	Kind            kinds.Kind
	Namespace, Name string
	UID             string
	ResourceVersion string
	Generation      int64
	// Deleting reports that the parent has been deleted and awaits the end of its finalizers: its
	// answer counts for the status only.
	Deleting bool
	// Virtual reports that the service is served outside the cluster, so that it needs no children.
	Virtual bool
}

// String is the parent for people: "InferenceService team-a/chat".
func (p Parent) String() string {
	kind, _ := p.Kind.NameAndVersion()
	return kind + " " + observed.ObjectKey(p.Namespace, p.Name)
}

// DecodeParent reads what identifies a parent.
//
// The error says in one line why the JSON is not an object with an identity.
func DecodeParent(raw json.RawMessage) (Parent, error) {
	if isAbsent(raw) {
		return Parent{}, errors.New(`cannot read the request: field "parent" is missing`)
	}
	var object struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Namespace         string `json:"namespace"`
			Name              string `json:"name"`
			UID               string `json:"uid"`
			ResourceVersion   string `json:"resourceVersion"`
			Generation        int64  `json:"generation"`
			DeletionTimestamp any    `json:"deletionTimestamp"`
		} `json:"metadata"`
	}
	if err := v1beta1.DecodeLenient(raw, &object); err != nil {
		return Parent{}, cannotRead("parent", err)
	}
	meta := object.Metadata
	mode, _ := observed.DecodeString(observed.Member(raw, "metadata", "annotations", v1beta1.AnnotationDeploymentMode))
	parent := Parent{
		Kind:      kinds.New(object.Kind, object.APIVersion),
		Namespace: meta.Namespace, Name: meta.Name, UID: meta.UID,
		ResourceVersion: meta.ResourceVersion, Generation: meta.Generation,
		Deleting: meta.DeletionTimestamp != nil,
		Virtual:  mode == string(v1beta1.VirtualDeployment),
	}
	if object.Kind == "" || object.APIVersion == "" || meta.Name == "" || meta.Namespace == "" {
		return parent, errors.New("cannot read parent: it needs apiVersion, kind, metadata.name and metadata.namespace")
	}
	return parent, nil
}

func isAbsent(raw []byte) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }
