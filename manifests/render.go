package manifests

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
)

// DefaultNamespace is where the files install isvc.
const DefaultNamespace = "isvc-system"

// Options say what Render puts together.
type Options struct {
	// Components are names from Components, in any order.
	Components []string
	// Namespace is where isvc runs, DefaultNamespace when empty. The namespace of Metacontroller is
	// not affected.
	Namespace string
	// Image is the container image; that of the files when empty.
	Image string
	// Revision is what the URLs of the hooks carry so that Metacontroller asks again for every
	// service when it changes. When empty it is the tag or the digest of Image, or else that of the
	// files.
	Revision string
}

// Render returns the base with the components as one YAML stream: what kubectl kustomize prints for
// them, to the byte. The error is for a component that does not exist.
func Render(opts Options) ([]byte, error) {
	folders, err := foldersOf(opts.Components)
	if err != nil {
		return nil, err
	}
	set := &set{}
	for _, folder := range folders {
		if err := set.include(folder); err != nil {
			return nil, err
		}
	}
	if err := set.customize(opts); err != nil {
		return nil, err
	}
	set.sort()
	return set.encode()
}

// foldersOf returns the folders of the base and of the components, in order and once each.
func foldersOf(components []string) ([]string, error) {
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
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Resources  []string   `json:"resources"`
	Patches    []patchRef `json:"patches"`
}

// patchRef names a file with JSON patch operations and the object they change.
type patchRef struct {
	Path   string `json:"path"`
	Target struct {
		Group string `json:"group"`
		Kind  string `json:"kind"`
		Name  string `json:"name"`
	} `json:"target"`
}

// set is what a kustomization makes.
type set struct {
	objects []object
}

// include adds the resources of a folder and applies its patches.
func (s *set) include(folder string) error {
	var k kustomization
	if err := read(path.Join(folder, "kustomization.yaml"), &k); err != nil {
		return err
	}
	for _, name := range k.Resources {
		if err := s.resource(path.Join(folder, name)); err != nil {
			return err
		}
	}
	for _, ref := range k.Patches {
		if err := s.patch(path.Join(folder, ref.Path), ref); err != nil {
			return err
		}
	}
	return nil
}

// resource adds one file with one object, or a folder with a kustomization.
func (s *set) resource(name string) error {
	info, err := fs.Stat(files, name)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	if info.IsDir() {
		return s.include(name)
	}
	var o object
	if err := read(name, &o); err != nil {
		return err
	}
	s.objects = append(s.objects, o)
	return nil
}

// read decodes one of the files strictly.
func read(name string, into any) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		return fmt.Errorf("cannot decode %s: %w", name, err)
	}
	return nil
}

// encode writes the objects as a stream.
func (s *set) encode() ([]byte, error) {
	var out bytes.Buffer
	for i, o := range s.objects {
		text, err := yaml.Marshal(map[string]any(o))
		if err != nil {
			return nil, fmt.Errorf("cannot write %s %s: %w", o.kind(), o.name(), err)
		}
		if i > 0 {
			out.WriteString("---\n")
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}
