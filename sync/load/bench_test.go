package load

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
)

// catalogueFiles are the manifests of OME's catalogue, none when they are not
// on this machine.
func catalogueFiles(tb testing.TB) (files []File) {
	root := filepath.Join("..", "..", "..", "shared", "corpus", "ome")
	if _, err := os.Stat(root); err != nil {
		tb.Skip("the corpus is not here: " + root)
	}
	require.NoError(tb, filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, File{Name: path, Data: data})
		return err
	}))
	return files
}

func BenchmarkTenThousandServicesOverACatalogue(b *testing.B) {
	files := catalogueFiles(b)
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "---\napiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: s%d\n  namespace: n%d\n"+
			"spec:\n  model:\n    name: llama\n  runtime:\n    name: r\n  engine:\n    minReplicas: 1\n    maxReplicas: 3\n    runner:\n      resources:\n        limits:\n          nvidia.com/gpu: 1\n", i, i%50)
	}
	files = append(files, File{Name: "services.yaml", Data: []byte(text.String())})
	for b.Loop() {
		set, _ := Files(files, "default")
		require.GreaterOrEqual(b, len(set.Requests(Options{Kinds: kinds.All()})), 10_000)
	}
}

func TestTheCatalogueLoads(t *testing.T) {
	set, problems := Files(catalogueFiles(t), "default")
	for _, problem := range problems {
		require.Equal(t, Warning, problem.Severity, problem.String())
	}
	request := set.Requests(Options{})[0]
	require.Len(t, request.Related[kinds.ClusterBaseModel], 207)
	require.Len(t, request.Related[kinds.ClusterServingRuntime], 203)
	require.NotNil(t, request.Config)
}
