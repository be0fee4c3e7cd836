// Package cases reads input that services are rendered from: the project's own
// golden cases, those of testdata/ome and, where it is beside the repository, OME's
// catalogue.
package cases

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/internal/omecases"
	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

// corpus is where OME's catalogue and services over it are, relative to the
// repository. They are OME's and no part of it.
const corpus = "../shared/corpus"

// Case is one service with all that a decision about it needs.
type Case struct {
	// Name is the folder of a golden case, "ome/…" with a case of testdata/ome, or
	// "catalog/…" and "samples/…" with a service whose context is the whole
	// catalogue.
	Name string
	// Service is the InferenceService.
	Service *unstructured.Unstructured
	// Kinds are the child kinds that the case's cluster has.
	Kinds kinds.Set

	request *isvc.Request
}

// Request returns a request that holds the observed children.
func (c *Case) Request(children observed.Objects, now time.Time) *isvc.Request {
	request := *c.request
	request.Children, request.Now = children, metav1.NewTime(now)
	return &request
}

// All returns the cases of a repository, and of what is absent a line each.
func All(repository string) (all []Case, absent []string, err error) {
	add := func(found []Case, failed error) {
		all = append(all, found...)
		if failed != nil && err == nil {
			err = failed
		}
	}
	add(goldenCases(filepath.Join(repository, "testdata", "*", "in")))
	add(omeCases(filepath.Join(repository, filepath.FromSlash(omecases.Folder))))
	beside := filepath.Join(repository, corpus)
	if _, statErr := os.Stat(beside); statErr != nil {
		return all, append(absent, "no catalogue of OME at "+beside), err
	}
	add(setCases("catalog/", filepath.Join(beside, "ome", "runtimes"), filepath.Join(beside, "ome", "models"), filepath.Join(beside, "catalog")))
	add(setCases("samples/", filepath.Join(beside, "ome", "runtimes"), filepath.Join(beside, "ome", "models"), filepath.Join(beside, "ome", "samples")))
	return all, absent, err
}

// goldenCases reads folders that stand on their own.
func goldenCases(pattern string) ([]Case, error) {
	folders, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(folders) == 0 {
		return nil, fmt.Errorf("no golden cases at %s", pattern)
	}
	var all []Case
	for _, folder := range folders {
		files, err := readFiles(folder)
		if err != nil {
			return nil, err
		}
		found, err := services(files, filepath.Base(filepath.Dir(folder)), kinds.All())
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// omeCases reads the cases that OME's results are recorded of.
func omeCases(folder string) ([]Case, error) {
	recorded, err := omecases.Read(folder)
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, c := range recorded {
		managed, err := c.Kinds()
		if err != nil {
			return nil, err
		}
		var files []load.File
		for _, file := range c.Input() {
			files = append(files, load.File{Name: file.Name, Data: file.Data})
		}
		found, err := services(files, "ome/"+c.Name, managed)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// setCases reads folders as one set.
func setCases(prefix string, folders ...string) ([]Case, error) {
	var files []load.File
	for _, folder := range folders {
		found, err := readFiles(folder)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	all, err := services(files, "", kinds.All())
	for i := range all {
		all[i].Name = prefix + all[i].Service.GetNamespace() + "." + all[i].Service.GetName()
	}
	return all, err
}

func services(files []load.File, name string, managed kinds.Set) ([]Case, error) {
	set, _ := load.Files(files, "default")
	requests := set.Requests(load.Options{Kinds: managed})
	var all []Case
	for _, request := range requests {
		service, err := Object(request.Parent)
		if err != nil {
			return nil, fmt.Errorf("cannot read a service of %s: %w", name, err)
		}
		c := Case{Name: name, Service: service, Kinds: managed, request: request}
		if len(requests) > 1 {
			c.Name += "." + service.GetName()
		}
		all = append(all, c)
	}
	return all, nil
}

// Object decodes an object from JSON.
func Object(raw json.RawMessage) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	return object, utiljson.Unmarshal(raw, &object.Object)
}

// readFiles reads the manifests below a folder.
func readFiles(folder string) ([]load.File, error) {
	var files []load.File
	err := filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !manifest(entry.Name()) {
			return err
		}
		data, err := os.ReadFile(name)
		files = append(files, load.File{Name: name, Data: data})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", folder, err)
	}
	return files, nil
}

// manifest reports whether a file holds objects; tools keep their kustomizations
// beside them.
func manifest(name string) bool {
	return filepath.Ext(name) == ".yaml" && !slices.Contains([]string{"options.yaml", "kustomization.yaml"}, name)
}
