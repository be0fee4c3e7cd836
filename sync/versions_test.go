package sync_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// versionsOfOME are those whose manifests differ, oldest first.
var versionsOfOME = []string{"May 2026", "v1.1.0", "v1.2.0", "v1.2.2", "v1.3"}

// What isvc does with what a manifest says.
const (
	isServed     = "served"
	isPartServed = "in part"
	isNoted      = "noted"
	isRefused    = "refused"
	isPassedOver = "passed over"
)

var handlings = []string{isServed, isPartServed, isNoted, isRefused, isPassedOver}

// versionRow is a row of testdata/ome-versions.yaml, which says what the fields are.
type versionRow struct {
	What, Since, Until, Isvc, How string

	Try, CompareWith versionInput
	Shows            map[string][]string
	Says, Test       string
}

// versionInput is what is merged over the service of the rows and what it refers to.
type versionInput struct {
	Service, Runtime, Model map[string]any
	// Config are sections of the configuration.
	Config map[string]any
	// Objects are more of the input.
	Objects []map[string]any
	// Without are names of optional kinds that are not installed.
	Without []string
}

func (r versionRow) isIn(version string) bool {
	at := slices.Index(versionsOfOME, version)
	return (r.Since == "" || slices.Index(versionsOfOME, r.Since) <= at) && (r.Until == "" || at <= slices.Index(versionsOfOME, r.Until))
}

// versions is the sentence about the versions that have it.
func (r versionRow) versions() string {
	if r.Since != "" {
		return "since " + r.Since
	}
	return "up to " + r.Until
}

func loadVersionRows(t *testing.T) []versionRow {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldenFolder, "ome-versions.yaml"))
	require.NoError(t, err)
	var rows []versionRow
	require.NoError(t, yaml.UnmarshalStrict(data, &rows))
	seen := map[string]bool{}
	for _, row := range rows {
		assert.Contains(t, handlings, row.Isvc, row.What)
		assert.True(t, (row.Since == "") != (row.Until == ""), "%s: a row is about what is new, or about what was removed", row.What)
		assert.Contains(t, append([]string{""}, versionsOfOME...), row.Since, row.What)
		assert.Contains(t, append([]string{""}, versionsOfOME...), row.Until, row.What)
		assert.Regexp(t, `\.$`, row.How, row.What)
		assert.False(t, seen[row.What], "%s is there twice", row.What)
		seen[row.What] = true
	}
	return rows
}

const (
	versionService = `{"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "chat", "namespace": "default"},
		"spec": {"model": {"name": "m"}, "runtime": {"name": "r"}, "engine": {}}}`
	versionRuntime = `{"apiVersion": "ome.io/v1beta1", "kind": "ClusterServingRuntime", "metadata": {"name": "r"}, "spec": {
		"supportedModelFormats": [{"modelFormat": {"name": "safetensors"}, "modelFramework": {"name": "transformers"}, "autoSelect": true}],
		"engineConfig": {"runner": {"name": "ome-container", "image": "server:1", "ports": [{"name": "http", "containerPort": 8080}]}}}}`
	versionModel = `{"apiVersion": "ome.io/v1beta1", "kind": "ClusterBaseModel", "metadata": {"name": "m"}, "spec": {
		"modelFormat": {"name": "safetensors"}, "modelFramework": {"name": "transformers"}, "storage": {"storageUri": "hf://acme/m", "path": "/models/m"}}}`
)

// answerOfRow is what became of an input.
type answerOfRow struct {
	response *sync.Response
	// objects are the children in YAML by kind and name.
	objects map[string]string
	// said are the warnings about the input, the findings and the message of Ready.
	said []string
}

func (in versionInput) answer(t *testing.T) answerOfRow {
	t.Helper()
	files := []load.File{
		{Name: "service", Data: mergedOver(t, versionService, in.Service)},
		{Name: "runtime", Data: mergedOver(t, versionRuntime, in.Runtime)},
		{Name: "model", Data: mergedOver(t, versionModel, in.Model)},
	}
	for i, object := range in.Objects {
		files = append(files, load.File{Name: fmt.Sprint(i), Data: []byte(jsonText(object))})
	}
	if in.Config != nil {
		data := map[string]any{}
		for section, value := range in.Config {
			data[section] = jsonText(value)
		}
		files = append(files, load.File{Name: "config", Data: []byte(jsonText(map[string]any{"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "inferenceservice-config", "namespace": "ome"}, "data": data}))})
	}
	set, problems := load.Files(files, "default")
	out := answerOfRow{objects: map[string]string{}}
	for _, problem := range problems {
		require.NotEqual(t, load.Unusable, problem.Severity, problem.String())
		out.said = append(out.said, problem.String())
	}
	installed := kinds.All()
	for _, name := range in.Without {
		require.True(t, installed.Has(kindNamed(t, name)), name)
		delete(installed, kindNamed(t, name))
	}
	requests := set.Requests(load.Options{Kinds: installed, Now: goldenNow})
	require.Len(t, requests, 1)
	response, err := sync.Sync(requests[0])
	require.NoError(t, err)
	out.response = response
	for _, child := range response.Children {
		tree := child.DeepCopy()
		tree.SetAnnotations(nil) // the input's digest, and those of the service
		tree.SetLabels(nil)
		unstructured.RemoveNestedField(tree.Object, "spec", "template", "metadata", "annotations")
		text, err := yaml.Marshal(tree.Object)
		require.NoError(t, err)
		out.objects[child.GetKind()+"/"+child.GetName()] += string(text)
	}
	for _, found := range append(response.Findings, response.Partial...) {
		out.said = append(out.said, found.Message)
	}
	if response.Hold != nil {
		out.said = append(out.said, response.Hold.Message)
	}
	return out
}

func kindNamed(t *testing.T, name string) kinds.Kind {
	t.Helper()
	if name == "Knative" {
		return kinds.KnativeService
	}
	for kind := range kinds.All() {
		if short, _ := kind.NameAndVersion(); short == name {
			return kind
		}
	}
	t.Fatalf("there is no kind %s", name)
	return ""
}

func mergedOver(t *testing.T, base string, patch map[string]any) []byte {
	t.Helper()
	if patch == nil {
		return []byte(base)
	}
	merged, err := jsonpatch.MergePatch([]byte(base), []byte(jsonText(patch)))
	require.NoError(t, err)
	return merged
}

// added are the texts that an answer has beside those of another one.
func (a answerOfRow) added(without answerOfRow) []string {
	var added []string
	for _, text := range a.said {
		if !slices.Contains(without.said, text) {
			added = append(added, text)
		}
	}
	return added
}

// TestVersionsOfOME tries every row of testdata/ome-versions.yaml: what it calls served is in an object,
// and what it calls noted or refused is named.
func TestVersionsOfOME(t *testing.T) {
	for _, row := range loadVersionRows(t) {
		t.Run(row.What, func(t *testing.T) {
			with, without := row.Try.answer(t), row.CompareWith.answer(t)
			said := strings.Join(with.added(without), "\n")
			hasWorkload := slices.ContainsFunc(with.response.Children, func(o *unstructured.Unstructured) bool {
				return o.GetKind() == "Deployment" || o.GetKind() == "LeaderWorkerSet" || o.GetKind() == "RayCluster" || o.GetAPIVersion() == "serving.knative.dev/v1"
			})
			assert.Equal(t, row.Isvc != isRefused, hasWorkload, "there is a workload: %s", said)
			for object, texts := range row.Shows {
				for _, text := range texts {
					assert.Contains(t, with.objects[object], text, "of %v", slices.Sorted(maps.Keys(with.objects)))
					assert.NotContains(t, without.objects[object], text, "it is there without the row")
				}
			}
			switch row.Isvc {
			case isServed:
				for _, text := range with.added(without) {
					assert.Contains(t, text, cmp.Or(row.Says, "no finding"))
				}
				if row.Test == "" {
					assert.NotEmpty(t, row.Shows)
				} else {
					assert.Contains(t, testsOfPackage(t), "\nfunc "+row.Test+"(t *testing.T)")
				}
			case isPartServed:
				assert.NotEmpty(t, row.Shows)
			case isNoted, isPassedOver:
				assert.Equal(t, without.objects, with.objects)
			}
			if row.Isvc != isServed || row.Says != "" {
				require.NotEmpty(t, row.Says)
				assert.Contains(t, said, row.Says)
			}
		})
	}
}

// testsOfPackage is the text of the tests of this package.
func testsOfPackage(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}

// versionsOfPage is the part of docs/compatibility.md about versions.
func versionsOfPage(t *testing.T) string {
	t.Helper()
	rows := loadVersionRows(t)
	var page bytes.Buffer
	fmt.Fprintf(&page, "| of what the tables list | %s |\n|---|%s\n", strings.Join(versionsOfOME, " | "), strings.Repeat("---|", len(versionsOfOME)))
	for _, handling := range handlings {
		fmt.Fprintf(&page, "| %s |", handling)
		for _, version := range versionsOfOME {
			count := 0
			for _, row := range rows {
				if row.Isvc == handling && row.isIn(version) {
					count++
				}
			}
			fmt.Fprintf(&page, " %d |", count)
		}
		page.WriteString("\n")
	}
	table := func(title string, belongs func(versionRow) bool) {
		fmt.Fprintf(&page, "\n### %s\n\n| what | in OME | isvc | how |\n|---|---|---|---|\n", title)
		for _, row := range rows {
			if belongs(row) {
				fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", row.What, row.versions(), row.Isvc, row.How)
			}
		}
	}
	table("Removed from OME", func(r versionRow) bool { return r.Until != "" })
	for _, version := range versionsOfOME[1:] {
		table("New in "+version, func(r versionRow) bool { return r.Since == version })
	}
	return page.String()
}
