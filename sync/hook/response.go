package hook

import (
	"encoding/json"
	"errors"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

// SyncResponse is the body of an answer to the sync hook, Metacontroller's CompositeHookResponse.
// Its other fields, resyncAfterSeconds and finalized, are never sent.
type SyncResponse struct {
	// Status is the whole new status of the parent.
	Status v1beta1.InferenceServiceStatus `json:"status"`
	// Children are all objects that the parent shall have; others are deleted.
	Children []json.RawMessage `json:"children"`
}

// CustomizeResponse is the body of an answer to the customize hook, Metacontroller's
// CustomizeHookResponse.
type CustomizeResponse struct {
	RelatedResources []sync.Rule `json:"relatedResources"`
}

// encodeSync checks a response and writes it as the body of status 200. The error names the first
// rule that the response breaks: it must not be sent.
func encodeSync(request *sync.Request, parent Parent, response *sync.Response) ([]byte, error) {
	if err := CheckChildren(request, parent, response.Children); err != nil {
		return nil, err
	}
	body := SyncResponse{Status: response.Status, Children: make([]json.RawMessage, len(response.Children))}
	for i, object := range response.Children {
		raw, err := child.JSON(object.Object)
		if err != nil {
			return nil, fmt.Errorf("%s: cannot write it: %w", describeChild(object), err)
		}
		if err := child.CheckSize(len(raw)); err != nil {
			return nil, fmt.Errorf("%s: %w", describeChild(object), err)
		}
		body.Children[i] = raw
	}
	return encodeBody(body)
}

// encodeCustomize writes rules as the body of status 200.
func encodeCustomize(rules []sync.Rule) ([]byte, error) {
	if rules == nil {
		rules = []sync.Rule{}
	}
	return encodeBody(CustomizeResponse{RelatedResources: rules})
}

// encodeBody writes a body. The types of Kubernetes mean by their tags what encoding/json does.
func encodeBody(body any) ([]byte, error) {
	raw, err := jsonv2.Marshal(body, jsonv1.DefaultOptionsV1())
	if err != nil {
		return nil, fmt.Errorf("cannot write the answer: %w", err)
	}
	return append(raw, '\n'), nil
}

// CheckChildren returns an error for the first child of a response, or the lack of any, that
// Metacontroller could not apply to the cluster without harm.
func CheckChildren(request *sync.Request, parent Parent, children []*unstructured.Unstructured) error {
	if len(children) == 0 && !parent.Deleting && !parent.Virtual && countObjects(request.Children) > 0 {
		return fmt.Errorf("there are no children, which would delete all %d that exist", countObjects(request.Children))
	}
	type identity struct {
		kind kinds.Kind
		name string
	}
	seen := make(map[identity]bool, len(children))
	for i, object := range children {
		if object == nil || object.Object == nil {
			return fmt.Errorf("child %d is null", i)
		}
		if err := checkChild(object, request.Managed, parent.Namespace); err != nil {
			return fmt.Errorf("%s: %w", describeChild(object), err)
		}
		id := identity{kindOf(object), object.GetName()}
		if seen[id] {
			return fmt.Errorf("%s: it occurs twice", describeChild(object))
		}
		seen[id] = true
	}
	return nil
}

// countObjects returns the number of objects of all kinds.
func countObjects(objects observed.Objects) (n int) {
	for _, byKey := range objects {
		n += len(byKey)
	}
	return n
}

func kindOf(object *unstructured.Unstructured) kinds.Kind {
	return kinds.New(object.GetKind(), object.GetAPIVersion())
}

func describeChild(object *unstructured.Unstructured) string {
	return fmt.Sprintf("child %s %q", kindOf(object), observed.ObjectKey(object.GetNamespace(), object.GetName()))
}

// checkChild applies the rules for one child in order.
func checkChild(object *unstructured.Unstructured, managed kinds.Set, namespace string) error {
	if err := checkIdentity(object); err != nil {
		return err
	}
	if !managed.Has(kindOf(object)) {
		return errors.New("its kind is not among the children of the request: it would be created and never updated or deleted")
	}
	if object.GetNamespace() != namespace {
		return fmt.Errorf("its namespace is not %q, that of the parent", namespace)
	}
	return checkForeignFields(object)
}

// checkIdentity refuses a child that has no legal identity.
func checkIdentity(object *unstructured.Unstructured) error {
	if object.GetAPIVersion() == "" || object.GetKind() == "" {
		return errors.New("it has no apiVersion or no kind")
	}
	if _, isMap := object.Object["metadata"].(map[string]any); !isMap {
		return errors.New("it has no metadata")
	}
	legal := validation.IsDNS1123Subdomain
	if kindOf(object) == kinds.Service {
		legal = validation.IsDNS1123Label
	}
	if problems := legal(object.GetName()); len(problems) > 0 {
		return fmt.Errorf("its name is not legal: %s", problems[0])
	}
	return nil
}

// checkForeignFields refuses what the API server or Metacontroller writes.
func checkForeignFields(object *unstructured.Unstructured) error {
	if _, has := object.Object["status"]; has {
		return errors.New("it has a status")
	}
	metadata, _ := object.Object["metadata"].(map[string]any)
	for _, field := range []string{
		"managedFields", "ownerReferences", "generateName", "resourceVersion",
		"uid", "generation", "creationTimestamp", "deletionTimestamp",
	} {
		if _, has := metadata[field]; has {
			return fmt.Errorf("it has metadata.%s", field)
		}
	}
	labels, _ := metadata["labels"].(map[string]any)
	if _, has := labels[child.ControllerLabel]; has {
		return errors.New(`it has the label "controller-uid"`)
	}
	return nil
}
