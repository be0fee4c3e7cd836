package sync_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goldenFolder = "../testdata"

// goldenNow is the time of every golden case, so that transitions show.
var goldenNow = metav1.Unix(1767225600, 0) // 2026-01-01T00:00:00Z

// goldenCases lists the folders of testdata that hold a case.
func goldenCases(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*", "case.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var names []string
	for _, file := range files {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	return names
}

// renderCase computes every service of a case. The file kinds.txt lists the
// optional kinds that are installed; without it all are.
func renderCase(t testing.TB, name string) []*sync.Response {
	t.Helper()
	rendered := renderedCases.of(name, func() []*sync.Response {
		return renderFiles(t, name, readFolder(t, filepath.Join(goldenFolder, name, "in")))
	})
	var responses []*sync.Response
	for _, response := range rendered {
		own := *response
		own.Children = nil
		for _, child := range response.Children {
			own.Children = append(own.Children, child.DeepCopy())
		}
		responses = append(responses, &own)
	}
	return responses
}

// renderedCases are the answers of the cases, which several tests look at.
var renderedCases memory[[]*sync.Response]

func renderFiles(t testing.TB, name string, files []load.File) []*sync.Response {
	t.Helper()
	set, problems := load.Files(files, "default")
	for _, problem := range problems {
		require.NotEqual(t, load.Unusable, problem.Severity, problem.String())
	}
	var responses []*sync.Response
	for _, request := range set.Requests(load.Options{Kinds: caseKinds(t, name), Now: goldenNow}) {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		responses = append(responses, response)
	}
	require.NotEmpty(t, responses, "the case has no InferenceService")
	return responses
}

func caseKinds(t testing.TB, name string) kinds.Set {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldenFolder, name, "kinds.txt"))
	if err != nil {
		return kinds.All()
	}
	managed := kinds.Set{}
	for _, kind := range kinds.Core() {
		managed[kind] = true
	}
	for _, kind := range strings.Fields(string(data)) {
		managed[kinds.Kind(kind)] = true
	}
	return managed
}

// childrenText and statusText are the golden forms of responses.
func childrenText(t testing.TB, responses []*sync.Response) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, response := range responses {
		for _, child := range response.Children {
			writeDocument(t, &out, child.Object)
		}
	}
	return out.Bytes()
}

func statusText(t testing.TB, responses []*sync.Response) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, response := range responses {
		writeDocument(t, &out, response.Status)
	}
	return out.Bytes()
}

func writeDocument(t testing.TB, out *bytes.Buffer, object any) {
	t.Helper()
	text, err := yaml.Marshal(object)
	require.NoError(t, err)
	if out.Len() > 0 {
		out.WriteString("---\n")
	}
	out.Write(text)
}

// TestGolden compares every case of testdata with its golden files and checks
// what the case is there to show.
func TestGolden(t *testing.T) {
	names := goldenCases(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			responses := renderCase(t, name)
			golden(t, name, "children.yaml", childrenText(t, responses))
			golden(t, name, "status.yaml", statusText(t, responses))
			show, stated := intents[name]
			require.True(t, stated, "the case has no intent: say in intents_test.go what it must show")
			show(t, responses)
		})
	}
	for name := range intents {
		assert.Contains(t, names, name, "an intent without a case")
	}
}

func golden(t *testing.T, name, file string, got []byte) {
	t.Helper()
	path := filepath.Join(goldenFolder, name, "out", file)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update, and read what it writes")
	assert.Equal(t, string(want), string(got))
}

// TestGoldenIsDeterministic renders every case again and again with its objects
// in another order: not a byte may change.
func TestGoldenIsDeterministic(t *testing.T) {
	rounds := max(1, *properties/50)
	for _, name := range goldenCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shuffle := rand.New(rand.NewPCG(1, 2))
			objects := caseObjects(t, name)
			first := renderFiles(t, name, objects)
			want := asJSON(t, first)
			for range rounds {
				shuffle.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
				require.Equal(t, want, asJSON(t, renderFiles(t, name, objects)))
			}
		})
	}
}

// caseObjects are the objects of a case as JSON, one a file: much faster to
// load again and again.
func caseObjects(t testing.TB, name string) []load.File {
	t.Helper()
	var files []load.File
	for _, file := range readFolder(t, filepath.Join(goldenFolder, name, "in")) {
		for i, object := range readObjects(t, file.Name) {
			raw, err := json.Marshal(object)
			require.NoError(t, err)
			files = append(files, load.File{Name: fmt.Sprintf("%s-%d.json", file.Name, i), Data: raw})
		}
	}
	return files
}

func asJSON(t testing.TB, responses []*sync.Response) string {
	t.Helper()
	var out strings.Builder
	for _, response := range responses {
		raw, err := json.Marshal([]any{response.Children, response.Status, response.Findings})
		require.NoError(t, err)
		out.Write(raw)
	}
	return out.String()
}
