// Package cases reads input that services are rendered from: the project's own
// golden cases and, where it is present, the corpus of real manifests beside
// the repository.
package cases

import (
	"github.com/isvc-io/isvc/api/kinds"

	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

// corpus is where the corpus is, relative to the repository.
const corpus = "../shared/corpus"

// Case is one service with all that a decision about it needs.
type Case struct {
	// Name is the folder of the case, or "catalog/…" and "samples/…" with the
	// service for those whose context is the whole catalogue.
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
	golden := filepath.Join(repository, "testdata", "*", "in")
	if folders, _ := filepath.Glob(golden); len(folders) > 0 {
		add(folderCases(folders, ""))
	} else {
		absent = append(absent, "no golden cases at "+golden)
	}
	real := filepath.Join(repository, corpus)
	if _, statErr := os.Stat(real); statErr != nil {
		return all, append(absent, "no corpus of real manifests at "+real), err
	}
	folders, _ := filepath.Glob(filepath.Join(real, "cases", "*", "in"))
	add(folderCases(folders, "corpus/"))
	add(setCases("catalog/", filepath.Join(real, "ome", "runtimes"), filepath.Join(real, "ome", "models"), filepath.Join(real, "catalog")))
	add(setCases("samples/", filepath.Join(real, "ome", "runtimes"), filepath.Join(real, "ome", "models"), filepath.Join(real, "ome", "samples")))
	return all, absent, err
}

// folderCases reads folders that stand on their own.
func folderCases(folders []string, prefix string) ([]Case, error) {
	var all []Case
	for _, folder := range folders {
		files, err := readFiles(folder)
		if err != nil {
			return nil, err
		}
		home := filepath.Dir(folder)
		found, err := services(files, prefix+filepath.Base(home), kindsOfCase(home))
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

// kindsOfCase are the child kinds of a case's cluster: all but those that its
// options call absent.
func kindsOfCase(folder string) kinds.Set {
	all := kinds.All()
	data, err := os.ReadFile(filepath.Join(folder, "options.yaml"))
	if err != nil {
		return all
	}
	var options struct {
		AbsentCRDs []string `json:"absentCRDs"`
	}
	if yaml.Unmarshal(data, &options) == nil {
		for _, definition := range options.AbsentCRDs {
			apiVersion, kind := path.Split(definition)
			delete(all, kinds.New(kind, strings.TrimSuffix(apiVersion, "/")))
		}
	}
	return all
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

// manifest tells whether a file holds objects; the corpus keeps its own options
// and tools their kustomizations beside them.
func manifest(name string) bool {
	return filepath.Ext(name) == ".yaml" && !slices.Contains([]string{"options.yaml", "kustomization.yaml"}, name)
}
