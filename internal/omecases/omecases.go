// Package omecases reads the cases of testdata/ome for tests: a service with its catalogue, and what
// OME's own controller made of it. testdata/ome/README.md describes the files.
package omecases

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/internal/yamlstream"
)

// Folder is where the cases are, below the repository's root.
const Folder = "testdata/ome"

// ShippedModelInit is the section modelInit of the ConfigMap that OME ships, with the account of its
// authors: the cases without a ConfigMap of their own ran with it.
const ShippedModelInit = `{"image": "ghcr.io/moirai-internal/ome-agent:v0.1.5", "cpuRequest": "15", "cpuLimit": "15",
	"memoryRequest": "320Gi", "memoryLimit": "320Gi", "authType": "InstancePrincipal", "region": "eu-frankfurt-1",
	"compartmentId": "ocid1.compartment.oc1..aaaaaaaarncfmdarfvbvhfj2oknyuvvftcp4p6ra77xlswftk67kcffmm2xq",
	"vaultId": "ocid1.vault.oc1.eu-frankfurt-1.ens4gnknaaec4.abtheljrqneswo524ce3ytfqv3wqdjz4yi2drovyjnuo5lghz2fr76a7l7lq"}`

// The files of a case that tests name.
const (
	Config        = "in/config.yaml"
	Models        = "in/models.yaml"
	Weights       = "in/weights.yaml"
	Children      = "out/children.yaml"
	PodPatches    = "out/pods-patches.yaml"
	Status        = "out/status.yaml"
	ReadyChanges  = "out/ready/changes.yaml"
	ReadyChildren = "out/ready/children.yaml"
	ReadyStatus   = "out/ready/status.yaml"

	options = "options.yaml"
)

// Case is a service with its catalogue and what OME made of it.
type Case struct {
	// Name is a number and a few words: "001-raw-minimal".
	Name string
	// Description says in a sentence what the case is about.
	Description string
	// Files are the files of the case in the order of the archive.
	Files []File
}

// File is one file of a case.
type File struct {
	// Name is the path inside the case, with slashes.
	Name string
	// Data is what the file holds.
	Data []byte
}

// Read returns the cases of a folder, sorted by name.
func Read(folder string) ([]*Case, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no cases in %s", folder)
	}
	var all []*Case
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, Parse(strings.TrimSuffix(filepath.Base(name), ".txtar"), data))
	}
	return all, nil
}

// Parse reads the archive of a case.
func Parse(name string, archive []byte) *Case {
	parsed := txtar.Parse(archive)
	c := &Case{Name: name, Description: strings.TrimSpace(string(parsed.Comment))}
	for _, file := range parsed.Files {
		c.Files = append(c.Files, File(file))
	}
	return c
}

// Format writes the archive of a case; Parse reads it.
func (c *Case) Format() []byte {
	archive := txtar.Archive{Comment: []byte(c.Description + "\n")}
	for _, file := range c.Files {
		archive.Files = append(archive.Files, txtar.File(file))
	}
	return txtar.Format(&archive)
}

// All returns all cases.
func All(t testing.TB) []*Case {
	t.Helper()
	folder, err := find()
	require.NoError(t, err)
	all, err := Read(folder)
	require.NoError(t, err)
	return all
}

// Get returns the case with a name.
func Get(t testing.TB, name string) *Case {
	t.Helper()
	folder, err := find()
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(folder, name+".txtar"))
	require.NoError(t, err)
	return Parse(name, data)
}

// find looks for the cases in the parents of the working directory, which is the package's when it is
// tested.
func find() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		folder := filepath.Join(dir, filepath.FromSlash(Folder))
		_, err := os.Stat(folder)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return folder, err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no %s above the working directory", Folder)
		}
	}
}

// Data returns what a file of the case holds; nil when the case has none of that name.
func (c *Case) Data(name string) []byte {
	for _, file := range c.Files {
		if file.Name == name {
			return file.Data
		}
	}
	return nil
}

// Input returns the manifests of the case: the service and its catalogue.
func (c *Case) Input() []File {
	var input []File
	for _, file := range c.Files {
		if path.Dir(file.Name) == "in" {
			input = append(input, file)
		}
	}
	return input
}

// Kinds are the child kinds that the cluster of the case has.
func (c *Case) Kinds() (kinds.Set, error) {
	managed := kinds.All()
	var given struct {
		AbsentCRDs []string `json:"absentCRDs"`
	}
	if err := yaml.Unmarshal(c.Data(options), &given); err != nil {
		return nil, fmt.Errorf("cannot read the options of %s: %w", c.Name, err)
	}
	for _, definition := range given.AbsentCRDs {
		apiVersion, kind := path.Split(definition)
		delete(managed, kinds.New(kind, strings.TrimSuffix(apiVersion, "/")))
	}
	return managed, nil
}

// Objects returns the objects of a file; nil when the case has no such file.
func (c *Case) Objects(t testing.TB, file string) []map[string]any {
	t.Helper()
	objects, err := yamlstream.Objects(c.Data(file))
	require.NoError(t, err, "%s of %s", file, c.Name)
	return objects
}

// Ready returns the JSON of every object of the cluster after each workload became ready: OME's
// children with their status, pods, and the service as OME's webhook completed it with the status
// that OME wrote.
func (c *Case) Ready(t testing.TB) [][]byte {
	t.Helper()
	all, err := c.ready()
	require.NoError(t, err, c.Name)
	return all
}

func (c *Case) ready() ([][]byte, error) {
	changes, err := yamlstream.Documents(c.Data(ReadyChanges))
	if err != nil || len(changes) == 0 {
		return nil, err
	}
	all, err := yamlstream.Documents(c.Data(Children))
	if err != nil {
		return nil, err
	}
	place := map[identity]int{}
	for i, child := range all {
		id, err := identityOf(child)
		if err != nil {
			return nil, err
		}
		place[id] = i
	}
	for _, change := range changes {
		id, err := identityOf(change)
		if err != nil {
			return nil, err
		}
		i, isChild := place[id]
		switch {
		case isChild:
			all[i], err = jsonpatch.MergePatch(all[i], change)
		case id.kind == kinds.InferenceService:
			change, err = c.withReadyStatus(change)
			all = append(all, change)
		default:
			all = append(all, change)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// withReadyStatus gives the service the status that OME wrote.
func (c *Case) withReadyStatus(service []byte) ([]byte, error) {
	status, err := yaml.YAMLToJSON(c.Data(ReadyStatus))
	if err != nil {
		return nil, err
	}
	return jsonpatch.MergePatch(service, []byte(`{"status":`+string(status)+`}`))
}

// identity tells an object from the others of its cluster.
type identity struct {
	kind            kinds.Kind
	namespace, name string
}

func identityOf(object []byte) (identity, error) {
	var head struct {
		APIVersion, Kind string
		Metadata         struct{ Namespace, Name string }
	}
	err := json.Unmarshal(object, &head)
	return identity{kinds.New(head.Kind, head.APIVersion), head.Metadata.Namespace, head.Metadata.Name}, err
}

// PodPatch is what OME's webhook changes in a pod.
type PodPatch struct {
	// Workload makes the pod, as "Kind/name".
	Workload string
	// Patch is a JSON patch of the pod.
	Patch []byte
}

// workloadOfPatch is the comment above a patch: "# POD (WORKLOAD …)".
var workloadOfPatch = regexp.MustCompile(`(?m)^# \S+ \(((?:Knative )?\w+/[^ )]+)[^)]*\)`)

// PodPatches returns the patches of the case's pods in the order of their templates.
func (c *Case) PodPatches(t testing.TB) []PodPatch {
	t.Helper()
	data := c.Data(PodPatches)
	workloads := workloadOfPatch.FindAllSubmatch(data, -1)
	patches, err := yamlstream.Documents(data)
	require.NoError(t, err, c.Name)
	require.Len(t, patches, len(workloads), c.Name)
	var all []PodPatch
	for i, workload := range workloads {
		all = append(all, PodPatch{string(workload[1]), patches[i]})
	}
	return all
}

// Apply patches the JSON of a pod, or of the template of one. Parents that are absent are made, as
// the template of a pod may lack what the pod has.
func (p PodPatch) Apply(pod []byte) ([]byte, error) {
	patch, err := jsonpatch.DecodePatch(p.Patch)
	if err != nil {
		return nil, err
	}
	options := jsonpatch.NewApplyOptions()
	options.EnsurePathExistsOnAdd = true
	return patch.ApplyWithOptions(pod, options)
}
