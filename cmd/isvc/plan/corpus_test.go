package plan_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/load"
)

// corpusFiles are OME's catalogue and its samples with the metadata of their models, where they are
// beside the repository.
func corpusFiles(t *testing.T) []load.File {
	t.Helper()
	root := filepath.Join("..", "..", "..", "..", "shared", "corpus")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the corpus is not here: " + root)
	}
	var files []load.File
	for _, folder := range []string{"ome/models", "ome/runtimes", "catalog"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			isInput := folder != "catalog" || strings.HasSuffix(filepath.Dir(path), "in")
			if err != nil || entry.IsDir() || !isInput || filepath.Ext(path) != ".yaml" || entry.Name() == "kustomization.yaml" {
				return err
			}
			data, err := os.ReadFile(path)
			files = append(files, load.File{Name: path, Data: data})
			return err
		}))
	}
	return files
}

// gpusOf is the number of GPUs of a workload and of one replica of it, counted here once more: limits of
// containers times pods.
func gpusOf(t *testing.T, workload *unstructured.Unstructured, least int64) (all, ofReplica int64) {
	t.Helper()
	count := func(path ...string) (sum int64) {
		containers, _, _ := unstructured.NestedSlice(workload.Object, append(path, "spec", "containers")...)
		for _, container := range containers {
			limit, found, _ := unstructured.NestedString(container.(map[string]any), "resources", "limits", gpu)
			if found {
				require.Len(t, limit, 1, "a small number")
				sum += int64(limit[0] - '0')
			}
		}
		return sum
	}
	replicas, found, _ := unstructured.NestedInt64(workload.Object, "spec", "replicas")
	if !found {
		replicas = least
	}
	switch workload.GetKind() {
	case "Deployment":
		ofReplica = count("spec", "template")
	case "LeaderWorkerSet":
		size, _, _ := unstructured.NestedInt64(workload.Object, "spec", "leaderWorkerTemplate", "size")
		ofReplica = count("spec", "leaderWorkerTemplate", "leaderTemplate") + (size-1)*count("spec", "leaderWorkerTemplate", "workerTemplate")
	}
	return replicas * ofReplica, ofReplica
}

// lostService is a service of a model that does not exist.
const lostService = "apiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: lost, namespace: zz}\nspec: {model: {name: absent}, engine: {}}\n"

// TestOMEsCatalogue edits the image of runtimes that services have: exactly their services change, with one
// cause, and the GPUs are those of their workloads, which all surge by one replica. A service that cannot
// be resolved is one row.
func TestOMEsCatalogue(t *testing.T) {
	files := append(corpusFiles(t), load.File{Name: "lost.yaml", Data: []byte(lostService)})
	before, _ := load.Files(files, "default")
	servicesOf, gpus, surges, all := map[string][]string{}, map[string]int64{}, map[string]int64{}, int64(0)
	requests := before.Requests(load.Options{Kinds: kinds.All()})
	require.Len(t, requests, 105)
	unresolved := 0
	for _, request := range requests {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		least := map[string]int64{}
		for _, child := range response.Children {
			if child.GetKind() == "HorizontalPodAutoscaler" {
				target, _, _ := unstructured.NestedString(child.Object, "spec", "scaleTargetRef", "name")
				least[target], _, _ = unstructured.NestedInt64(child.Object, "spec", "minReplicas")
			}
		}
		runtime := ""
		for _, child := range response.Children {
			if child.GetKind() == "Deployment" || child.GetKind() == "LeaderWorkerSet" {
				runtime = child.GetLabels()["serving-runtime"]
				n, ofReplica := gpusOf(t, child, max(1, least[child.GetName()]))
				gpus[runtime], surges[runtime], all = gpus[runtime]+n, surges[runtime]+ofReplica, all+n
			}
		}
		if response.Hold != nil || len(response.Partial) > 0 {
			unresolved++
		}
		if runtime != "" {
			namespace, name := plan.IdentityOf(request)
			servicesOf[runtime] = append(servicesOf[runtime], namespace+"/"+name)
		}
	}
	require.Greater(t, len(servicesOf), 20)
	edit := func(name string) *plan.Report {
		for _, input := range before.Inputs() {
			if input.Name == name && input.Kind == kinds.ClusterServingRuntime {
				edited := strings.ReplaceAll(string(input.Raw), `"image":"`, `"image":"mirror.example.com/`)
				require.NotEqual(t, string(input.Raw), edited)
				applied, problems := load.Files([]load.File{{Name: "edit.json", Data: []byte(edited)}}, "default")
				require.Empty(t, problems)
				return report(t, plan.Options{Before: before, After: before.After(load.Edit{Apply: applied})})
			}
		}
		require.Fail(t, "no runtime "+name)
		return nil
	}
	names := make([]string, 0, len(servicesOf))
	for name := range servicesOf {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(servicesOf[b]) - len(servicesOf[a]) })
	for _, name := range names[:2] {
		r := edit(name)
		var changed []string
		for _, service := range r.Services {
			if service.Effect > effect.None {
				changed = append(changed, service.Namespace+"/"+service.Name)
			}
		}
		assert.Equal(t, servicesOf[name], changed, name)
		require.Len(t, r.Causes, 1)
		assert.Len(t, r.Causes[0].Services, len(changed))
		assert.Equal(t, gpus[name], r.Summary.Restarts.Accelerators[gpu], name)
		assert.Equal(t, plan.Amount{Before: all, After: all, Peak: all + surges[name]}, r.Summary.Accelerators[gpu])
		lost := of(t, r, "lost")
		require.Len(t, lost.Problems, 1)
		assert.Equal(t, "ModelNotFound", lost.Problems[0].Reason)
		assert.Equal(t, 1, strings.Count(plan.Text(r, plan.TextOptions{}), "\nzz/lost: its objects stay as they are\n"))
		assert.Equal(t, unresolved, r.Summary.Unresolved)
	}
	for _, input := range before.Inputs() {
		if input.Kind == kinds.ClusterServingRuntime && servicesOf[input.Name] == nil {
			assert.Contains(t, plan.Text(edit(input.Name), plan.TextOptions{}), "no downstream change: ClusterServingRuntime "+input.Name+"\n")
			return
		}
	}
}
