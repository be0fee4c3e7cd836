package manifests

import (
	"fmt"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// patchOperation is one operation of a JSON patch. The components only append to lists.
type patchOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// applyPatch applies the operations of a file to the object that they are for.
func applyPatch(objects []*unstructured.Unstructured, file string, target patchTarget) error {
	var operations []patchOperation
	if err := decodeFile(file, &operations); err != nil {
		return err
	}
	object, err := findPatchTarget(objects, target)
	if err != nil {
		return fmt.Errorf("cannot apply %s: %w", file, err)
	}
	for _, op := range operations {
		if err := appendToList(object, op); err != nil {
			return fmt.Errorf("cannot apply %s: %w", file, err)
		}
	}
	return nil
}

func findPatchTarget(objects []*unstructured.Unstructured, target patchTarget) (*unstructured.Unstructured, error) {
	for _, o := range objects {
		if o.GroupVersionKind().Group == target.Group && o.GetKind() == target.Kind && o.GetName() == target.Name {
			return o, nil
		}
	}
	return nil, fmt.Errorf("there is no %s %s", target.Kind, target.Name)
}

// appendToList applies an operation that appends its value to a list of the object.
func appendToList(o *unstructured.Unstructured, op patchOperation) error {
	path, isAppend := strings.CutSuffix(op.Path, "/-")
	if op.Op != "add" || !isAppend {
		return fmt.Errorf("operation %q of path %q does not append to a list", op.Op, op.Path)
	}
	fields := strings.Split(strings.TrimPrefix(path, "/"), "/")
	list, _, err := unstructured.NestedSlice(o.Object, fields...)
	if err != nil {
		return err
	}
	return unstructured.SetNestedSlice(o.Object, append(list, op.Value), fields...)
}

// applyOptions sets the namespace, the image and the revision.
func applyOptions(objects []*unstructured.Unstructured, opts Options) error {
	if opts.Namespace == "" {
		opts.Namespace = DefaultNamespace
	}
	if opts.Revision == "" {
		opts.Revision = revisionOfImage(opts.Image)
	}
	for _, o := range objects {
		if err := applyOptionsTo(o, opts); err != nil {
			return fmt.Errorf("cannot change %s %s: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}

func applyOptionsTo(o *unstructured.Unstructured, opts Options) error {
	if o.GetNamespace() != "" {
		o.SetNamespace(opts.Namespace)
	}
	switch o.GetKind() {
	case "Namespace":
		o.SetName(opts.Namespace)
	case "Deployment":
		return setImageAndRevision(o, opts)
	case "CompositeController":
		return setHookURLs(o, opts)
	}
	return nil
}

// setImageAndRevision sets the image and the revision of the only container of a Deployment. An
// empty option keeps what the files have.
func setImageAndRevision(deployment *unstructured.Unstructured, opts Options) error {
	fields := []string{"spec", "template", "spec", "containers"}
	containers, _, err := unstructured.NestedSlice(deployment.Object, fields...)
	if err != nil {
		return err
	}
	for _, c := range containers {
		container := c.(map[string]any)
		if opts.Image != "" {
			container["image"] = opts.Image
		}
		if err := setRevisionVariable(container, opts.Revision); err != nil {
			return err
		}
	}
	return unstructured.SetNestedSlice(deployment.Object, containers, fields...)
}

// setRevisionVariable sets the variable that says which revision a server answers. The error is for
// a container without the variable: its servers would answer every revision.
func setRevisionVariable(container map[string]any, revision string) error {
	const name = "ISVC_REVISION"
	if revision == "" {
		return nil
	}
	variables, _, err := unstructured.NestedSlice(container, "env")
	if err != nil {
		return err
	}
	for _, v := range variables {
		if variable, _ := v.(map[string]any); variable["name"] == name {
			variable["value"] = revision
			container["env"] = variables
			return nil
		}
	}
	return fmt.Errorf("container %v has no variable %s", container["name"], name)
}

// setHookURLs points the hooks of a CompositeController at the Service in the namespace.
func setHookURLs(controller *unstructured.Unstructured, opts Options) error {
	for _, hook := range []string{"sync", "customize"} {
		fields := []string{"spec", "hooks", hook, "webhook", "url"}
		text, _, err := unstructured.NestedString(controller.Object, fields...)
		if err != nil {
			return err
		}
		u, err := url.Parse(text)
		if err != nil {
			return err
		}
		u.Host = strings.Replace(u.Host, "."+DefaultNamespace+".", "."+opts.Namespace+".", 1)
		if opts.Revision != "" {
			u.RawQuery = url.Values{"rev": {opts.Revision}}.Encode()
		}
		if err := unstructured.SetNestedField(controller.Object, u.String(), fields...); err != nil {
			return err
		}
	}
	return nil
}

// revisionOfImage is the start of the digest of an image, or else its tag; empty without both.
func revisionOfImage(image string) string {
	const digestDigits = 12
	if _, digest, found := strings.Cut(image, "@"); found {
		_, digits, _ := strings.Cut(digest, ":")
		return digits[:min(digestDigits, len(digits))]
	}
	name := image[strings.LastIndex(image, "/")+1:]
	_, tag, _ := strings.Cut(name, ":")
	return tag
}
