package omecases

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/internal/yamlstream"
)

var (
	corpus = flag.String("corpus", "", "a folder of recorded cases to compare testdata/ome with")
	update = flag.Bool("update", false, "write testdata/ome anew from -corpus")
)

// TestCasesAreThoseOfTheCorpus packs recorded cases, compares them with testdata/ome, and unpacks
// them again. With -update it writes testdata/ome. README.md there describes a corpus.
func TestCasesAreThoseOfTheCorpus(t *testing.T) {
	if *corpus == "" {
		t.Skip("no recorded cases to compare with: give their folder with -corpus")
	}
	described, err := filepath.Glob(filepath.Join(*corpus, "*", "case.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, described, "%s holds no recorded case", *corpus)
	folder := filepath.Join("..", "..", filepath.FromSlash(Folder))
	want := map[string][]byte{}
	for _, file := range described {
		recorded := filepath.Dir(file)
		c := pack(t, recorded)
		want[c.Name+".txtar"] = c.Format()
		losesNothing(t, recorded, c)
	}
	if *update {
		writeCases(t, folder, want)
	}
	present, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	require.NoError(t, err)
	assert.Len(t, present, len(want), "run this test with -update")
	for name, packed := range want {
		have, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err, "run this test with -update")
		assert.Equal(t, string(packed), string(have), "%s: run this test with -update", name)
	}
}

// writeCases leaves a folder with exactly the given archives.
func writeCases(t *testing.T, folder string, archives map[string][]byte) {
	t.Helper()
	present, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	require.NoError(t, err)
	for _, file := range present {
		require.NoError(t, os.Remove(file))
	}
	for name, archive := range archives {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), archive, 0o644))
	}
}

// losesNothing compares what a case says of the ready cluster with what was recorded.
func losesNothing(t *testing.T, folder string, c *Case) {
	t.Helper()
	want := indexed(t, objects(t, folder, "out/ready/observed.yaml"))
	got := c.Ready(t)
	require.Len(t, got, len(want), c.Name)
	for _, object := range got {
		id, err := identityOf(object)
		require.NoError(t, err)
		require.JSONEq(t, string(want[id]), string(object), "%v of %s", id, c.Name)
	}
}

// pack makes the case of a folder of the corpus.
func pack(t *testing.T, folder string) *Case {
	t.Helper()
	c := &Case{Name: filepath.Base(folder), Description: strings.TrimSpace(string(read(t, folder, "case.txt")))}
	inputs, err := filepath.Glob(filepath.Join(folder, "in", "*.yaml"))
	require.NoError(t, err)
	sort.Strings(inputs)
	results := string(read(t, folder, Children)) + string(read(t, folder, PodPatches))
	c.add(options, read(t, folder, options))
	for _, input := range inputs {
		name := "in/" + filepath.Base(input)
		c.add(name, usedConfig(t, read(t, folder, name), results))
	}
	if admission := read(t, folder, "out/admission.txt"); string(admission) != "defaulting: ok\nvalidation: allowed\n" {
		c.add("out/admission.txt", admission)
	}
	c.add("out/error.txt", read(t, folder, "out/error.txt"))
	children, observed := objects(t, folder, Children), objects(t, folder, "out/ready/observed.yaml")
	c.add(Children, stream(t, children))
	c.add(PodPatches, read(t, folder, PodPatches))
	c.add(Status, read(t, folder, Status))
	c.add(ReadyChanges, stream(t, changes(t, children, observed)))
	c.add(ReadyChildren, stream(t, unobserved(t, objects(t, folder, ReadyChildren), observed)))
	c.add(ReadyStatus, read(t, folder, ReadyStatus))
	c.add("out/ready/error.txt", read(t, folder, "out/ready/error.txt"))
	return c
}

// add adds a file, unless it is empty.
func (c *Case) add(name string, data []byte) {
	if len(bytes.TrimSpace(data)) > 0 {
		c.Files = append(c.Files, File{name, data})
	}
}

// read returns what a file holds; nil when there is none.
func read(t *testing.T, folder, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	return data
}

// usedConfig leaves out of OME's configuration what every case has alike and no result shows: the
// section of KEDA, which OME never reads, and the injected containers that no pod has.
func usedConfig(t *testing.T, manifests []byte, results string) []byte {
	t.Helper()
	if !bytes.Contains(manifests, []byte("name: inferenceservice-config")) {
		return manifests
	}
	documents, err := yamlstream.Objects(manifests)
	require.NoError(t, err)
	for _, object := range documents {
		data, _ := object["data"].(map[string]any)
		delete(data, "kedaConfig")
		for _, section := range []string{"modelInit", "multinodeProber"} {
			var injected struct{ Image string }
			text, _ := data[section].(string)
			if text != "" && json.Unmarshal([]byte(text), &injected) == nil && !strings.Contains(results, injected.Image) {
				delete(data, section)
			}
		}
	}
	return stream(t, documents)
}

// objects returns the objects of a file without what is the same in all or only Go's zero value: the
// owner reference to the service, and a status in which nothing is set.
func objects(t *testing.T, folder, name string) []map[string]any {
	t.Helper()
	all, err := yamlstream.Objects(read(t, folder, name))
	require.NoError(t, err, "%s of %s", name, folder)
	all = slices.DeleteFunc(all, func(object map[string]any) bool { return object["kind"] == nil }) // "error: not found"
	for _, object := range all {
		delete(object["metadata"].(map[string]any), "ownerReferences")
		if object["kind"] != "InferenceService" && isZero(object["status"]) {
			delete(object, "status")
		}
	}
	return all
}

// isZero reports whether a value holds nothing but zero values.
func isZero(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for _, field := range v {
			if !isZero(field) {
				return false
			}
		}
		return true
	case []any:
		return len(v) == 0
	}
	return value == nil || value == "" || value == int64(0) || value == false
}

// changes are the observed objects: of one that was a child before a merge patch, if it changed, of
// the service everything but the status that OME wrote, and of others everything.
func changes(t *testing.T, children, observed []map[string]any) []map[string]any {
	t.Helper()
	if len(observed) == 0 {
		return nil // nothing ran that could become ready
	}
	before, after := indexed(t, children), indexed(t, observed)
	for id := range before {
		require.Contains(t, after, id, "is gone when all is ready: a merge patch cannot say that")
	}
	var all []map[string]any
	for _, object := range observed {
		id := identify(t, object)
		if id.kind == kinds.InferenceService {
			delete(object, "status")
		}
		if was := before[id]; was != nil {
			patch, err := jsonpatch.CreateMergePatch(was, after[id])
			require.NoError(t, err)
			if string(patch) == "{}" {
				continue
			}
			object = identified(t, object, patch)
		}
		all = append(all, object)
	}
	return all
}

// identified is a merge patch with the identity of its object.
func identified(t *testing.T, object map[string]any, patch []byte) map[string]any {
	t.Helper()
	changed := map[string]any{}
	require.NoError(t, yaml.Unmarshal(patch, &changed))
	changed["apiVersion"], changed["kind"] = object["apiVersion"], object["kind"]
	metadata, _ := changed["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
		changed["metadata"] = metadata
	}
	from := object["metadata"].(map[string]any)
	for _, key := range []string{"name", "namespace"} {
		if from[key] != nil {
			metadata[key] = from[key]
		}
	}
	return changed
}

// unobserved are the children that OME made in the last call, after it had observed the others.
func unobserved(t *testing.T, children, observed []map[string]any) []map[string]any {
	t.Helper()
	seen := indexed(t, observed)
	return slices.DeleteFunc(children, func(child map[string]any) bool { return seen[identify(t, child)] != nil })
}

// indexed returns the JSON of objects by their identity.
func indexed(t *testing.T, objects []map[string]any) map[identity][]byte {
	t.Helper()
	index := map[identity][]byte{}
	for _, object := range objects {
		raw, err := json.Marshal(object)
		require.NoError(t, err)
		index[identify(t, object)] = raw
	}
	return index
}

func identify(t *testing.T, object map[string]any) identity {
	t.Helper()
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	id, err := identityOf(raw)
	require.NoError(t, err)
	return id
}

// stream writes objects as a YAML stream.
func stream(t *testing.T, objects []map[string]any) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, object := range objects {
		document, err := yaml.Marshal(object)
		require.NoError(t, err)
		if out.Len() > 0 {
			out.WriteString("---\n")
		}
		out.Write(document)
	}
	return out.Bytes()
}
