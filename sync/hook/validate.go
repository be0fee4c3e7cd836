package hook

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

// encodeSync checks a response and appends it, as the body of status 200, to
// into. The error names the first rule that the response breaks: it must not be
// sent.
func encodeSync(into []byte, request *sync.Request, parent Parent, response *sync.Response) ([]byte, error) {
	if err := Validate(request, parent, response.Children); err != nil {
		return nil, err
	}
	status, err := json.Marshal(response.Status)
	if err != nil {
		return nil, fmt.Errorf("cannot write the status: %w", err)
	}
	body := append(append(into, `{"status":`...), status...)
	body = append(body, `,"children":[`...)
	for i, object := range response.Children {
		if i > 0 {
			body = append(body, ',')
		}
		text, err := child.JSON(object.Object)
		if err != nil {
			return nil, fmt.Errorf("%s: cannot write it: %w", describe(object), err)
		}
		if err := child.CheckSize(len(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", describe(object), err)
		}
		body = append(body, text...)
	}
	return append(body, "]}\n"...), nil
}

// Validate checks the children of a response against what Metacontroller can
// apply to the cluster without harm. A child without a namespace is put into
// the parent's.
func Validate(request *sync.Request, parent Parent, children []*unstructured.Unstructured) error {
	if len(children) == 0 && !parent.Deleting && !parent.Virtual && count(request.Children) > 0 {
		return fmt.Errorf("there are no children, which would delete all %d that exist", count(request.Children))
	}
	type identity struct {
		kind kinds.Kind
		name string
	}
	seen := make(map[identity]bool, len(children))
	for i, child := range children {
		if child == nil || child.Object == nil {
			return fmt.Errorf("child %d is null", i)
		}
		if err := validateChild(child, request.Managed, parent.Namespace); err != nil {
			return fmt.Errorf("%s: %w", describe(child), err)
		}
		id := identity{kindOf(child), child.GetName()}
		if seen[id] {
			return fmt.Errorf("%s: it occurs twice", describe(child))
		}
		seen[id] = true
	}
	return nil
}

// count is the number of objects of all kinds.
func count(objects observed.Objects) (n int) {
	for _, byKey := range objects {
		n += len(byKey)
	}
	return n
}

func kindOf(child *unstructured.Unstructured) kinds.Kind {
	return kinds.New(child.GetKind(), child.GetAPIVersion())
}

func describe(child *unstructured.Unstructured) string {
	return fmt.Sprintf("child %s %q", kindOf(child), observed.Key(child.GetNamespace(), child.GetName()))
}

// validateChild applies the rules for one child in order.
func validateChild(child *unstructured.Unstructured, managed kinds.Set, namespace string) error {
	if err := checkIdentity(child); err != nil {
		return err
	}
	if !managed.Has(kindOf(child)) {
		return errors.New("its kind is not among the children of the request: it would be created and never updated or deleted")
	}
	if child.GetNamespace() == "" {
		child.SetNamespace(namespace)
	}
	if child.GetNamespace() != namespace {
		return fmt.Errorf("its namespace is not %q, that of the parent", namespace)
	}
	return checkForeignFields(child)
}

// checkIdentity refuses a child that has no legal identity.
func checkIdentity(child *unstructured.Unstructured) error {
	if child.GetAPIVersion() == "" || child.GetKind() == "" {
		return errors.New("it has no apiVersion or no kind")
	}
	if _, isMap := child.Object["metadata"].(map[string]any); !isMap {
		return errors.New("it has no metadata")
	}
	legal := validation.IsDNS1123Subdomain
	if kindOf(child) == kinds.Service {
		legal = validation.IsDNS1123Label
	}
	// A label is legal for every kind, and nearly all names are: the rules themselves
	// are regular expressions, and slow.
	if name := child.GetName(); !names.IsLabelName(name) {
		if problems := legal(name); len(problems) > 0 {
			return fmt.Errorf("its name is not legal: %s", problems[0])
		}
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
