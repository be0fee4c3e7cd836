package manifests

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
)

// DefaultNamespace is where the files install isvc.
const DefaultNamespace = "isvc-system"

// Options say what Render puts together.
type Options struct {
	// Components are names of kinds.ManifestComponents, in any order.
	Components []string
	// Namespace is where isvc runs. Default: DefaultNamespace. The namespace of Metacontroller is
	// not affected.
	Namespace string
	// Image is the container image. Default: the image of the files.
	Image string
	// Revision is a query parameter of the hooks' URLs: when it changes, Metacontroller calls the
	// hooks again for every service. It is also what the servers answer: calls for another revision
	// are told to come back. Default: the digest or tag of Image, else the revision of the files.
	Revision string
	// Descriptions are put into the custom resource definitions, for kubectl explain. Such a definition
	// can be applied on the server's side only: kubectl apply would keep a copy in an annotation, which
	// is too small for it.
	Descriptions bool
	// CRDsOnly leaves out everything but the custom resource definitions.
	CRDsOnly bool
}

// Render returns the base with the components as one YAML stream, byte for byte as kubectl
// kustomize prints it, but for what Descriptions and CRDsOnly ask for. The error is for a component
// that does not exist.
//
// Kustomize itself is not used because it would make the program 7 MB larger.
func Render(opts Options) ([]byte, error) {
	folders, err := foldersOfComponents(opts.Components)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for _, folder := range folders {
		if objects, err = appendKustomization(objects, folder); err != nil {
			return nil, err
		}
	}
	if err := applyOptions(objects, opts); err != nil {
		return nil, err
	}
	if opts.CRDsOnly {
		objects = slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() != kindDefinition })
	}
	if opts.Descriptions {
		if err := describe(objects...); err != nil {
			return nil, err
		}
	}
	sortAsKustomize(objects)
	return encodeStream(objects)
}

// foldersOfComponents returns the folders of the base and of the components, sorted and each once.
func foldersOfComponents(components []string) ([]string, error) {
	folders := []string{"base"}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(components))) {
		if !slices.ContainsFunc(kinds.ManifestComponents(), func(c kinds.ManifestComponent) bool { return c.Name == name }) {
			return nil, fmt.Errorf("there is no component %q", name)
		}
		folders = append(folders, path.Join("components", name))
	}
	return folders, nil
}

// kustomization is the part of kustomize's format that base and components use.
type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
	Patches    []struct {
		// Path is a file with JSON patch operations.
		Path   string      `json:"path"`
		Target patchTarget `json:"target"`
	} `json:"patches"`
}

// patchTarget names the object that a patch changes.
type patchTarget struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

// appendKustomization appends the resources of a folder and applies its patches to all objects.
func appendKustomization(objects []*unstructured.Unstructured, folder string) ([]*unstructured.Unstructured, error) {
	var k kustomization
	err := decodeFile(path.Join(folder, "kustomization.yaml"), &k)
	if err != nil {
		return nil, err
	}
	for _, name := range k.Resources {
		if objects, err = appendResource(objects, path.Join(folder, name)); err != nil {
			return nil, err
		}
	}
	for _, patch := range k.Patches {
		if err := applyPatch(objects, path.Join(folder, patch.Path), patch.Target); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// appendResource appends the object of a file, or the objects of a folder with a kustomization.
func appendResource(objects []*unstructured.Unstructured, name string) ([]*unstructured.Unstructured, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if info.IsDir() {
		return appendKustomization(objects, name)
	}
	o := &unstructured.Unstructured{}
	if err := decodeFile(name, &o.Object); err != nil {
		return nil, err
	}
	return append(objects, o), nil
}

// decodeFile decodes one of the files and refuses unknown fields.
func decodeFile(name string, into any) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		return fmt.Errorf("cannot decode %s: %w", name, err)
	}
	return nil
}

// encodeStream writes the objects as YAML documents.
func encodeStream(objects []*unstructured.Unstructured) ([]byte, error) {
	var out bytes.Buffer
	for i, o := range objects {
		document, err := yaml.Marshal(o.Object)
		if err != nil {
			return nil, fmt.Errorf("cannot write %s %s: %w", o.GetKind(), o.GetName(), err)
		}
		if i > 0 {
			out.WriteString("---\n")
		}
		out.Write(document)
	}
	return out.Bytes(), nil
}
