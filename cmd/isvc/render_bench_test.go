//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchModel is a model of the catalogue's kind, with what its agent would have
// read of it.
const benchModel = `apiVersion: ome.io/v1beta1
kind: ClusterBaseModel
metadata: {name: measured}
spec:
  modelFormat: {name: safetensors, version: "1.0.0"}
  modelFramework: {name: transformers, version: "4.41.2"}
  modelArchitecture: Qwen2ForCausalLM
  modelParameterSize: 7B
  storage: {storageUri: "hf://example/measured", path: /models/measured}
`

// BenchmarkRender renders 10,000 services over OME's catalogue, where it is beside
// the repository, and chooses a runtime for each. The metric peak-MB is the most
// memory that the process has had so far.
func BenchmarkRender(b *testing.B) {
	catalogue := filepath.Join("..", "..", "..", "shared", "corpus", "ome")
	if _, err := os.Stat(catalogue); err != nil {
		b.Skip("the corpus is not here: " + catalogue)
	}
	for _, test := range []struct{ name, router string }{{"engine", ""}, {"router", "  router: {minReplicas: 1}\n"}} {
		b.Run(test.name, func(b *testing.B) {
			var services strings.Builder
			for i := range 10_000 {
				fmt.Fprintf(&services, "---\napiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: s%d, namespace: n%d}\n"+
					"spec:\n  model: {name: measured}\n  engine: {minReplicas: 1, maxReplicas: 3}\n%s", i, i%50, test.router)
			}
			folder := b.TempDir()
			require.NoError(b, os.WriteFile(filepath.Join(folder, "services.yaml"), []byte(services.String()), 0o600))
			require.NoError(b, os.WriteFile(filepath.Join(folder, "model.yaml"), []byte(benchModel), 0o600))
			b.ReportAllocs()
			for b.Loop() {
				code := runCommandLine([]string{"isvc", "render", "-f", folder, "-f", filepath.Join(catalogue, "models"), "-f", filepath.Join(catalogue, "runtimes")},
					streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
				require.Equal(b, exitOK, code)
			}
			var usage syscall.Rusage
			require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
			b.ReportMetric(float64(usage.Maxrss)/1000, "peak-MB")
		})
	}
}
