package manifests

import (
	"fmt"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// operation is one operation of a JSON patch. Components only append to lists.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// patch applies the operations of a file to the object that they are for.
func (s *set) patch(file string, ref patchRef) error {
	var operations []operation
	if err := read(file, &operations); err != nil {
		return err
	}
	target, err := s.find(ref.Target.Group, ref.Target.Kind, ref.Target.Name)
	if err != nil {
		return fmt.Errorf("cannot apply %s: %w", file, err)
	}
	for _, op := range operations {
		if err := appendTo(target, op); err != nil {
			return fmt.Errorf("cannot apply %s: %w", file, err)
		}
	}
	return nil
}

func (s *set) find(group, kind, name string) (object, error) {
	for _, o := range s.objects {
		if g, _ := o.group(); g == group && o.kind() == kind && o.name() == name {
			return o, nil
		}
	}
	return nil, fmt.Errorf("there is no %s %s", kind, name)
}

// appendTo appends a value to a list of the object.
func appendTo(o object, op operation) error {
	field, isEnd := strings.CutSuffix(op.Path, "/-")
	if op.Op != "add" || !isEnd {
		return fmt.Errorf("operation %q of path %q does not append to a list", op.Op, op.Path)
	}
	fields := strings.Split(strings.TrimPrefix(field, "/"), "/")
	list, _, err := unstructured.NestedSlice(o, fields...)
	if err != nil {
		return err
	}
	return unstructured.SetNestedSlice(o, append(list, op.Value), fields...)
}

// customize applies namespace, image and revision.
func (s *set) customize(opts Options) error {
	if opts.Namespace == "" {
		opts.Namespace = DefaultNamespace
	}
	if opts.Revision == "" {
		opts.Revision = revisionOf(opts.Image)
	}
	for _, o := range s.objects {
		if err := o.customize(opts); err != nil {
			return fmt.Errorf("cannot change %s %s: %w", o.kind(), o.name(), err)
		}
	}
	return nil
}

func (o object) customize(opts Options) error {
	if o.namespace() != "" {
		if err := unstructured.SetNestedField(o, opts.Namespace, "metadata", "namespace"); err != nil {
			return err
		}
	}
	switch o.kind() {
	case "Namespace":
		return unstructured.SetNestedField(o, opts.Namespace, "metadata", "name")
	case "Deployment":
		return o.setImage(opts.Image)
	case "CompositeController":
		return o.setURLs(opts)
	}
	return nil
}

// setImage sets the image of the only container.
func (o object) setImage(image string) error {
	if image == "" {
		return nil
	}
	fields := []string{"spec", "template", "spec", "containers"}
	containers, _, err := unstructured.NestedSlice(o, fields...)
	if err != nil {
		return err
	}
	for _, c := range containers {
		c.(map[string]any)["image"] = image
	}
	return unstructured.SetNestedSlice(o, containers, fields...)
}

// setURLs points the hooks at the Service in the namespace.
func (o object) setURLs(opts Options) error {
	for _, hook := range []string{"sync", "customize"} {
		fields := []string{"spec", "hooks", hook, "webhook", "url"}
		u, err := url.Parse(o.text(fields...))
		if err != nil {
			return err
		}
		u.Host = strings.Replace(u.Host, "."+DefaultNamespace+".", "."+opts.Namespace+".", 1)
		if opts.Revision != "" {
			u.RawQuery = url.Values{"rev": {opts.Revision}}.Encode()
		}
		if err := unstructured.SetNestedField(o, u.String(), fields...); err != nil {
			return err
		}
	}
	return nil
}

// revisionOf tells images apart: the start of the digest, or else the tag.
func revisionOf(image string) string {
	const digestDigits = 12
	if _, digest, found := strings.Cut(image, "@"); found {
		_, digits, _ := strings.Cut(digest, ":")
		return digits[:min(digestDigits, len(digits))]
	}
	name := image[strings.LastIndex(image, "/")+1:]
	_, tag, _ := strings.Cut(name, ":")
	return tag
}
