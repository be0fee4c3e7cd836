package hook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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

// The top-level fields of the requests.
const (
	fieldController = "controller"
	fieldParent     = "parent"
	fieldChildren   = "children"
	fieldRelated    = "related"
	fieldFinalizing = "finalizing"
)

// Parent is what identifies the parent of a request and the state it is in.
type Parent struct {
	// Kind is the parent's kind and version.
	Kind            kinds.Kind
	Namespace, Name string
	UID             string
	ResourceVersion string
	Generation      int64
	// Deleting reports that the parent has been deleted and awaits the end of
	// its finalizers: its answer counts for the status only.
	Deleting bool
	// Virtual reports that somebody else serves the service, so that it needs
	// no children.
	Virtual bool
}

// String is the parent for people: "InferenceService team-a/chat".
func (p Parent) String() string {
	kind, _ := p.Kind.Split()
	return kind + " " + observed.Key(p.Namespace, p.Name)
}

// DecodeSync reads the body of a request to the sync hook. Objects stay as
// they arrived; the controller object is looked at only for the version of the
// hook. Config, Now and Explain of the result are left to the caller.
//
// The error says in one line why the body is not such a request.
func DecodeSync(raw []byte) (*sync.Request, Parent, error) {
	return decodeSync(observed.NewReader(raw))
}

func decodeSync(reader *observed.Reader) (*sync.Request, Parent, error) {
	b, parent, err := decode(reader, hookSync, fieldController, fieldParent, fieldChildren, fieldRelated, fieldFinalizing)
	if err != nil {
		return nil, parent, err
	}
	request := &sync.Request{
		Parent: b.fields[fieldParent], Children: b.children, Related: b.related, Managed: b.children.Kinds(),
	}
	return request, parent, checkSync(b.fields, request, parent)
}

// DecodeCustomize reads the body of a request to the customize hook and
// returns the parent as JSON.
//
// The error says in one line why the body is not such a request.
func DecodeCustomize(raw []byte) (json.RawMessage, Parent, error) {
	return decodeCustomize(observed.NewReader(raw))
}

func decodeCustomize(reader *observed.Reader) (json.RawMessage, Parent, error) {
	b, parent, err := decode(reader, hookCustomize, fieldController, fieldParent)
	if err != nil {
		return nil, parent, err
	}
	return b.fields[fieldParent], parent, nil
}

// decode reads what both hooks have in common.
func decode(reader *observed.Reader, hook string, allowed ...string) (*body, Parent, error) {
	b, err := split(reader, allowed)
	if err != nil {
		return nil, Parent{}, fmt.Errorf("cannot read the request: %w", err)
	}
	if err := checkVersion(b.fields[fieldController], hook); err != nil {
		return nil, Parent{}, err
	}
	parent, err := DecodeParent(b.fields[fieldParent])
	return b, parent, err
}

// shorten keeps a name that somebody else chose from filling an answer.
func shorten(name string) string {
	const limit = 64
	if len(name) > limit {
		return strings.ToValidUTF8(name[:limit], "") + "..."
	}
	return name
}

// checkVersion refuses a controller that calls the hook in another version. A
// request without a description of the controller is judged by its keys.
func checkVersion(controller json.RawMessage, hook string) error {
	if isAbsent(controller) || declaredVersion(controller, hook) == Version {
		return nil
	}
	var described struct {
		Spec struct {
			Hooks map[string]*struct {
				Version string `json:"version"`
			} `json:"hooks"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(controller, &described); err != nil {
		return fmt.Errorf("cannot read controller: %w", err)
	}
	declared := described.Spec.Hooks[hook]
	if declared == nil || declared.Version == Version {
		return nil
	}
	version := declared.Version
	if version == "" {
		version = "v1" // what Metacontroller takes for an absent version
	}
	return wrongVersion(version, hook)
}

// declaredVersion finds a version without decoding the controller; empty when
// there is none to be found.
func declaredVersion(controller []byte, hook string) string {
	version, _ := observed.Text(observed.Member(controller, "spec", "hooks", hook, "version"))
	return version
}

func wrongVersion(version, hook string) error {
	return fmt.Errorf("hook version %s is not supported: set spec.hooks.%s.version: %s in the CompositeController",
		shorten(version), hook, Version)
}

// DecodeParent reads what identifies a parent.
//
// The error says in one line why the JSON is not an object with an identity.
func DecodeParent(raw json.RawMessage) (Parent, error) {
	if isAbsent(raw) {
		return Parent{}, errors.New("cannot read the request: field \"parent\" is missing")
	}
	var object struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Namespace         string          `json:"namespace"`
			Name              string          `json:"name"`
			UID               string          `json:"uid"`
			ResourceVersion   string          `json:"resourceVersion"`
			Generation        int64           `json:"generation"`
			DeletionTimestamp json.RawMessage `json:"deletionTimestamp"`
			Annotations       map[string]any  `json:"annotations"`
		} `json:"metadata"`
	}
	if err := observed.Unmarshal(raw, &object); err != nil {
		return Parent{}, fmt.Errorf("cannot read parent: %w", err)
	}
	meta := object.Metadata
	parent := Parent{
		Kind:      kinds.New(object.Kind, object.APIVersion),
		Namespace: meta.Namespace, Name: meta.Name, UID: meta.UID,
		ResourceVersion: meta.ResourceVersion, Generation: meta.Generation,
		Deleting: !isAbsent(meta.DeletionTimestamp),
		Virtual:  meta.Annotations[v1beta1.AnnotationDeploymentMode] == string(v1beta1.VirtualDeployment),
	}
	if object.Kind == "" || object.APIVersion == "" || meta.Name == "" || meta.Namespace == "" {
		return parent, errors.New("cannot read parent: it needs apiVersion, kind, metadata.name and metadata.namespace")
	}
	return parent, nil
}

// checkSync refuses what the sync hook cannot answer safely.
func checkSync(fields map[string]json.RawMessage, request *sync.Request, parent Parent) error {
	if isAbsent(fields[fieldChildren]) {
		return errors.New("cannot read the request: field \"children\" is missing: it says which kinds may be returned")
	}
	var finalizing bool
	if raw := fields[fieldFinalizing]; raw != nil && json.Unmarshal(raw, &finalizing) != nil {
		return errors.New("cannot read finalizing: it is not a boolean")
	}
	if finalizing {
		return errors.New("there is no finalize hook: remove spec.hooks.finalize from the CompositeController, children are deleted with their owner")
	}
	return checkKeys(request.Children, parent)
}

// checkKeys recognises the keys of version v1, which lack the namespace.
func checkKeys(children observed.Objects, parent Parent) error {
	for kind, key := range children.All() {
		namespace, name := observed.SplitKey(key)
		if namespace == "" {
			return wrongVersion("v1 (a key of children has no namespace)", hookSync)
		}
		if namespace != parent.Namespace || name == "" {
			return fmt.Errorf("cannot read children: %s %q is not in namespace %q", kind, shorten(key), parent.Namespace)
		}
	}
	return nil
}

func isAbsent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}
