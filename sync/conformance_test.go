package sync_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// The tables of the places in which children and status are not OME's.
const (
	childDifferences  = "ome-differences.yaml"
	statusDifferences = "ome-status-differences.yaml"
)

// difference is a row of one of the tables: a place in which the result is not
// OME's, on purpose.
type difference struct {
	// ID is a short name, Title what differs, Why the reason.
	ID, Title, Why string
	// Cases are globs of the cases that the row speaks of; all when empty.
	Cases []string
	// Paths are globs of places, "<Kind>/<name>: <path>"; a star matches any
	// text.
	Paths []string
}

func (d difference) matches(caseName, place string) bool {
	return (len(d.Cases) == 0 || slices.ContainsFunc(d.Cases, func(g string) bool { return glob(g, caseName) })) &&
		slices.ContainsFunc(d.Paths, func(g string) bool { return glob(g, place) })
}

// glob matches a text against a pattern in which a star stands for any text.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(text, part)
		}
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return text == ""
}

func loadDifferences(t *testing.T, file string) []difference {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldenFolder, file))
	require.NoError(t, err)
	var rows []difference
	require.NoError(t, yaml.UnmarshalStrict(data, &rows))
	return rows
}

// TestChildrenAreThoseOfOME renders every case of testdata/ome and compares the
// children with those that OME's own controller made. A difference that the
// table of differences does not name fails.
func TestChildrenAreThoseOfOME(t *testing.T) {
	compareCases(t, childDifferences, func(t *testing.T, c *omecases.Case) []string {
		return childrenThatDiffer(t, c)
	})
}

// childrenThatDiffer are the places at which the children of a case are not those of OME; none where
// OME failed before it made any.
func childrenThatDiffer(t *testing.T, c *omecases.Case) []string {
	t.Helper()
	if c.Data(omecases.Children) == nil {
		return nil
	}
	return comparedChildren.of(c.Name, func() []string { return compare(omeChildren(t, c), ourChildren(t, c)) })
}

var comparedChildren memory[[]string]

// TestStatusIsThatOfOME does the same for the status, before anything runs and
// after every workload reports that it is ready.
func TestStatusIsThatOfOME(t *testing.T) {
	compareCases(t, statusDifferences, func(t *testing.T, c *omecases.Case) []string {
		return append(statusDiffers(t, c, "new", omecases.Status, nil),
			statusDiffers(t, c, "ready", omecases.ReadyStatus, readyFiles(t, c))...)
	})
}

// compareCases checks the differences of every case against a table.
func compareCases(t *testing.T, table string, differences func(t *testing.T, c *omecases.Case) []string) {
	rows := loadDifferences(t, table)
	used := map[string]bool{}
	for _, c := range omecases.All(t) {
		t.Run(c.Name, func(t *testing.T) {
			for _, place := range differences(t, c) {
				if id := explained(rows, c.Name, place); id != "" {
					used[id] = true
					continue
				}
				t.Errorf("%s", place)
			}
		})
	}
	for _, row := range rows {
		if !used[row.ID] {
			t.Logf("the difference %q occurs in no case", row.ID)
		}
	}
}

// readyFiles are the objects of a case after every workload became ready.
func readyFiles(t *testing.T, c *omecases.Case) []load.File {
	t.Helper()
	var files []load.File
	for i, raw := range c.Ready(t) {
		var object unstructured.Unstructured
		require.NoError(t, object.UnmarshalJSON(raw))
		if object.GetKind() != "InferenceService" { // the input has it as the user wrote it
			files = append(files, load.File{Name: fmt.Sprintf("ready-%d.json", i), Data: raw})
		}
	}
	return files
}

// statusDiffers compares the status of a case's first service. OME writes none
// when it fails, and then there is nothing to compare with.
func statusDiffers(t *testing.T, c *omecases.Case, phase, file string, observed []load.File) []string {
	t.Helper()
	want := c.Objects(t, file)
	if len(want) == 0 || want[0]["conditions"] == nil {
		return nil
	}
	set, _ := load.Files(append(inputFiles(c), observed...), "default")
	requests := set.Requests(load.Options{Kinds: clusterKinds(t, c)})
	require.NotEmpty(t, requests)
	response, err := sync.Sync(configuredLikeOME(requests[0]))
	require.NoError(t, err)
	raw, err := json.Marshal(response.Status)
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, utiljson.Unmarshal(raw, &got))
	var places []string
	differ("", want[0], got, func(path, what string) { places = append(places, phase+": "+path+what) })
	return places
}

func explained(rows []difference, caseName, place string) string {
	for _, row := range rows {
		if row.matches(caseName, place) {
			return row.ID
		}
	}
	return ""
}

// readFolder loads the files of a folder.
func readFolder(t testing.TB, folder string) []load.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	require.NoError(t, err)
	sort.Strings(names)
	var files []load.File
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		files = append(files, load.File{Name: name, Data: data})
	}
	return files
}

// inputFiles are the manifests of a case of testdata/ome.
func inputFiles(c *omecases.Case) []load.File {
	var files []load.File
	for _, file := range c.Input() {
		files = append(files, load.File{Name: file.Name, Data: file.Data})
	}
	return files
}

// clusterKinds are the kinds that the case's cluster has.
func clusterKinds(t testing.TB, c *omecases.Case) kinds.Set {
	t.Helper()
	managed, err := c.Kinds()
	require.NoError(t, err)
	return managed
}

// configuredLikeOME lets running pods take every change, as they do under OME, and decrypts models
// with the account that OME ships.
func configuredLikeOME(request *sync.Request) *sync.Request {
	conf := *cmp.Or(request.Config, config.Default())
	conf.Rollout.OnUpgrade = config.Roll
	if conf.Sections == nil { // without a ConfigMap
		conf.ModelInit = config.Parse(map[string]string{config.SectionModelInit: omecases.ShippedModelInit}).ModelInit
	}
	request.Config = &conf
	return request
}

// ourChildren renders all services of a case.
func ourChildren(t *testing.T, c *omecases.Case, change ...func(*sync.Request)) map[string]any {
	t.Helper()
	set, _ := load.Files(inputFiles(c), "default")
	children := map[string]any{}
	for _, request := range set.Requests(load.Options{Kinds: clusterKinds(t, c)}) {
		for _, f := range change {
			f(request)
		}
		response, err := sync.Sync(configuredLikeOME(request))
		require.NoError(t, err)
		for _, child := range response.Children {
			children[label(child.Object)] = normal(t, child.Object)
		}
	}
	return children
}

// omeChildren reads what OME made of a case, with the patches that its pod
// webhook would make put into the pod templates.
func omeChildren(t *testing.T, c *omecases.Case) map[string]any {
	t.Helper()
	children := map[string]any{}
	for _, object := range c.Objects(t, omecases.Children) {
		children[label(object)] = object
	}
	patched := map[string]int{}
	for _, patch := range c.PodPatches(t) {
		if all := templates(children[patch.Workload]); patched[patch.Workload] < len(all) {
			patchTemplate(t, all[patched[patch.Workload]], patch)
		} else {
			t.Logf("a patch of %s has no template: %s", patch.Workload, patch.Patch)
		}
		patched[patch.Workload]++
	}
	for key, object := range children {
		children[key] = normal(t, object.(map[string]any))
	}
	return children
}

// patchTemplate does in a pod template what OME's webhook does in its pod.
func patchTemplate(t *testing.T, template map[string]any, patch omecases.PodPatch) {
	t.Helper()
	before, err := json.Marshal(template)
	require.NoError(t, err)
	after, err := patch.Apply(before)
	require.NoError(t, err, string(patch.Patch))
	clear(template)
	require.NoError(t, utiljson.Unmarshal(after, &template))
}

// label names an object; Knative's Service is told from Kubernetes' own.
func label(object map[string]any) string {
	u := unstructured.Unstructured{Object: object}
	kind := u.GetKind()
	if strings.HasPrefix(u.GetAPIVersion(), "serving.knative.dev/") {
		kind = "Knative " + kind
	}
	return kind + "/" + u.GetName()
}
