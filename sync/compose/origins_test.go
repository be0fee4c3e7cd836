package compose

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/resolve"
)

// history composes a service and lists what the trace says of one value of the engine's container c:
// what it replaced, then what it is, as "<value> <reason> <source>".
func history(t *testing.T, in *Input, value string) []string {
	t.Helper()
	composed(t, in, v1beta1.EngineComponent)
	var out []string
	for _, e := range in.Record.Entries() {
		if e.Subject != "engine/container/c/"+value {
			continue
		}
		source := strings.TrimPrefix(strings.TrimPrefix(e.Source, "ClusterServingRuntime/rt spec."), "InferenceService/chat spec.")
		text := strings.TrimSpace(e.Value + " " + strings.TrimPrefix(e.Reason, "From") + " " + source)
		if e.Verdict == trace.Overridden {
			text = "replaced " + text
		}
		out = append(out, text)
	}
	return out
}

// classWithOverrides is an accelerator class of one nvidia.com/gpu, with what a runtime says of it.
func classWithOverrides(t *testing.T, config string) map[v1beta1.ComponentType]*resolve.Accelerator {
	t.Helper()
	one := resource.MustParse("1")
	return map[v1beta1.ComponentType]*resolve.Accelerator{v1beta1.EngineComponent: {
		Name: "ac", Config: decode[v1beta1.AcceleratorModelConfig](t, config),
		Class: &v1beta1.AcceleratorClass{Spec: v1beta1.AcceleratorClassSpec{
			Resources: []v1beta1.AcceleratorResource{{Name: "nvidia.com/gpu", Quantity: &one}},
		}},
	}}
}

func TestEachStepKeepsWhoGivesAValue(t *testing.T) {
	const ofClass = "Accelerator supportedModelFormats.acceleratorConfig for AcceleratorClass/ac"
	for sentence, test := range map[string]struct {
		engine, runtime, overrides string
		value                      string
		want                       []string
	}{
		"the runner lies on the container of its name": {
			engine: `{containers: [{name: c, image: "s:1"}]}`, runtime: `{runner: {name: c, image: "r:1"}}`, value: "image",
			want: []string{"replaced s:1 Service engine.containers.image", "r:1 Runtime engineConfig.runner.image"},
		},
		"a flag is dropped with the list that held it": {
			engine: `{runner: {args: [--a]}}`, runtime: `{runner: {name: c, image: x, args: [--b=1]}}`, value: "args/--b",
			want: []string{"replaced --b=1 Runtime engineConfig.runner.args"},
		},
		"a flag whose name holds a placeholder": {
			engine: `{}`, runtime: `{runner: {name: c, image: x, args: ["--{{.Name}}=1"]}}`, value: "args/--chat",
			want: []string{"--chat=1 Runtime engineConfig.runner.args"},
		},
		"an argument for the class, then a size of parallelism": {
			engine: `{}`, runtime: `{runner: {name: c, image: x, args: [--tp=1]}}`,
			overrides: `{runtimeArgsOverride: [--tp=2], tensorParallelismOverride: {tensorParallelSize: 4}}`, value: "args/--tp",
			want: []string{"replaced --tp=1 Runtime engineConfig.runner.args", "replaced --tp=2 " + ofClass, "--tp=4 " + ofClass},
		},
		"a size of parallelism in the command": {
			engine: `{}`, runtime: `{runner: {name: c, image: x, command: [serve, --tp=1]}}`,
			overrides: `{tensorParallelismOverride: {tensorParallelSize: 4}}`, value: "command/--tp",
			want: []string{"replaced --tp=1 Runtime engineConfig.runner.command", "--tp=4 " + ofClass},
		},
		"a variable for the class": {
			engine: `{runner: {env: [{name: A, value: "1"}]}}`, runtime: `{runner: {name: c, image: x}}`,
			overrides: `{environmentOverride: {A: "2"}}`, value: "env/A",
			want: []string{`replaced "1" Service engine.runner.env`, `"2" ` + ofClass},
		},
		"resources beside the runner": {
			engine: `{}`, runtime: `{resources: {limits: {cpu: "2"}}, runner: {name: c, image: x}}`, value: "resources/limits/cpu",
			want: []string{"2 Runtime engineConfig.runner.resources.limits"},
		},
		"a resource of the class": {
			engine: `{}`, runtime: `{runner: {name: c, image: x}}`, overrides: `{}`, value: "resources/requests/nvidia.com/gpu",
			want: []string{"1 Accelerator AcceleratorClass/ac spec.resources"},
		},
		"a limit that follows the request": {
			engine: `{runner: {resources: {requests: {nvidia.com/gpu: "2"}}}}`, runtime: `{runner: {name: c, image: x}}`,
			value: "resources/limits/nvidia.com/gpu", want: []string{"2 Service engine.runner.resources"},
		},
		"a request of the runtime that follows the service's limit": {
			engine:  `{runner: {resources: {limits: {nvidia.com/gpu: "2"}}}}`,
			runtime: `{runner: {name: c, image: x, resources: {requests: {nvidia.com/gpu: "4"}}}}`,
			value:   "resources/requests/nvidia.com/gpu",
			want:    []string{"replaced 4 Runtime engineConfig.runner.resources.requests", "2 Service engine.runner.resources"},
		},
		"a computed variable": {
			engine: `{runner: {resources: {limits: {nvidia.com/gpu: "2"}}}}`, runtime: `{runner: {name: c, image: x}}`,
			value: "env/PARALLELISM_SIZE", want: []string{`"2" Default`},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			in := input{spec: `{engine: ` + test.engine + `}`, runtime: `{engineConfig: ` + test.runtime + `}`}.input(t)
			if test.overrides != "" {
				in.Accelerators = classWithOverrides(t, test.overrides)
			}
			assert.Equal(t, test.want, history(t, in, test.value))
		})
	}
}

func TestTheCommandIsSearchedAfterTheArguments(t *testing.T) {
	in := input{spec: `{engine: {}}`, runtime: `{engineConfig: {runner: {name: c, image: x, command: [serve, --tp-size, "1"], args: [--tp=1]}}}`}.input(t)
	in.Accelerators = classWithOverrides(t, `{tensorParallelismOverride: {tensorParallelSize: 4}}`)
	r := runner(t, composed(t, in, v1beta1.EngineComponent))
	assert.Equal(t, []string{"--tp=4"}, r.Args)
	assert.Equal(t, []string{"serve", "--tp-size", "1"}, r.Command)
}

func TestProvenanceOfWhatGivesWay(t *testing.T) {
	for sentence, test := range map[string]struct {
		engine, runtime, value string
		want                   []string
	}{
		"accelerators of another kind": {
			engine:  `{runner: {resources: {limits: {amd.com/gpu: 2}}}}`,
			runtime: `{runner: {name: c, image: x, resources: {limits: {nvidia.com/gpu: 1}}}}`,
			value:   "resources/limits/nvidia.com/gpu", want: []string{"replaced 1 Runtime engineConfig.runner.resources.limits"},
		},
		"a written empty value": {
			engine:  `{runner: {env: [{name: A, value: ""}]}}`,
			runtime: `{runner: {name: c, image: x, env: [{name: A, value: "1"}]}}`,
			value:   "env/A", want: []string{`replaced "1" Runtime engineConfig.runner.env`, `"" Service engine.runner.env`},
		},
		"a variable of which nothing is said": {
			engine:  `{runner: {env: [{name: A}]}}`,
			runtime: `{runner: {name: c, image: x, env: [{name: A, value: "1"}]}}`,
			value:   "env/A", want: []string{`"1" Runtime engineConfig.runner.env`},
		},
		"a mount at the same path": {
			engine:  `{runner: {volumeMounts: [{name: w, mountPath: /data/}]}}`,
			runtime: `{runner: {name: c, image: x, volumeMounts: [{name: v, mountPath: /data, subPath: s, readOnly: true}]}}`,
			value:   "volumeMounts//data", want: []string{"replaced v:s (read-only) Runtime engineConfig.runner.volumeMounts", "w Service engine.runner.volumeMounts"},
		},
		"a port of the same name": {
			engine:  `{runner: {ports: [{name: http, containerPort: 9000}]}}`,
			runtime: `{runner: {name: c, image: x, ports: [{name: http, containerPort: 8080}]}}`,
			value:   "ports/8080", want: []string{"replaced http TCP Runtime engineConfig.runner.ports"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			in := input{spec: `{engine: ` + test.engine + `}`, runtime: `{engineConfig: ` + test.runtime + `}`}.input(t)
			if sentence == "a written empty value" {
				in.Zeros = map[string]bool{"engine/runner/env/A/value": true}
			}
			assert.Equal(t, test.want, history(t, in, test.value))
		})
	}
}

func TestProvenanceOfTheModelsMount(t *testing.T) {
	in := input{spec: `{engine: {}}`, runtime: `{engineConfig: {runner: {name: c, image: x}}}`, model: plainModel}.input(t)
	assert.Equal(t, []string{"m (read-only) Model ClusterBaseModel/m spec.storage"}, history(t, in, "volumeMounts//models/m"))
}
