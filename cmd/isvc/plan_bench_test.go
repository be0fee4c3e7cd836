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

// benchRuntime is a runtime that every service of the benchmark has.
const benchRuntime = `apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: measured}
spec:
  supportedModelFormats:
    - modelFormat: {name: safetensors, version: "1.0.0"}
      modelFramework: {name: transformers, version: "4.41.2"}
      modelArchitecture: Qwen2ForCausalLM
  engineConfig:
    runner: {name: ome-container, image: server:1, resources: {limits: {nvidia.com/gpu: 1}}}
`

// BenchmarkPlan plans an edit of 10,000 services over OME's catalogue, where it is beside the
// repository: one that restarts all of them, and one that changes none. The metric peak-MB is the most
// memory that the process has had so far.
func BenchmarkPlan(b *testing.B) {
	catalogue := filepath.Join("..", "..", "..", "shared", "corpus", "ome")
	if _, err := os.Stat(catalogue); err != nil {
		b.Skip("the corpus is not here: " + catalogue)
	}
	var services strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&services, "---\napiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: s%d, namespace: n%d}\n"+
			"spec:\n  model: {name: measured}\n  runtime: {name: measured}\n  engine: {minReplicas: 1, maxReplicas: 3}\n", i, i%50)
	}
	folder := b.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(b, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(b, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write("is/services.yaml", services.String())
	write("is/model.yaml", benchModel)
	write("is/runtime.yaml", benchRuntime)
	edits := map[string]string{
		"all":  write("all.yaml", strings.Replace(benchRuntime, "server:1", "server:2", 1)),
		"none": write("none.yaml", strings.Replace(benchRuntime, "name: measured", "name: unused", 1)),
	}
	for _, output := range []string{"text", "json"} {
		for _, name := range []string{"all", "none"} {
			b.Run(name+"/"+output, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					code := runCommandLine([]string{"isvc", "plan", "-f", filepath.Join(folder, "is"), "-f", filepath.Join(catalogue, "models"),
						"-f", filepath.Join(catalogue, "runtimes"), "--with", edits[name], "-o", output},
						streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
					require.Equal(b, exitOK, code)
				}
				var usage syscall.Rusage
				require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
				b.ReportMetric(float64(usage.Maxrss)/1000, "peak-MB")
			})
		}
	}
}
