package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

func withFrameworkVersion(version, operator string) func(*v1beta1.SupportedModelFormat) {
	return func(e *v1beta1.SupportedModelFormat) {
		e.ModelFramework.Version = &version
		if operator != "" {
			e.ModelFramework.Operator = &operator
		}
	}
}

func withoutFramework(e *v1beta1.SupportedModelFormat) { e.ModelFramework = nil }

func withPipeline(p v1beta1.DiffusionPipelineSpec) func(*v1beta1.SupportedModelFormat) {
	return func(e *v1beta1.SupportedModelFormat) { e.DiffusionPipeline = &p }
}

func size(s string) func(*v1beta1.BaseModelSpec) {
	return func(m *v1beta1.BaseModelSpec) { m.ModelParameterSize = &s }
}

func noSize(m *v1beta1.BaseModelSpec) { m.ModelParameterSize = nil }

func TestSelectRuntime(t *testing.T) {
	flux := v1beta1.DiffusionPipelineSpec{ClassName: ptr("FluxPipeline"), VAE: &v1beta1.DiffusionComponent{Library: "diffusers", Type: "AutoencoderKL"}}
	for sentence, c := range map[string]struct {
		cat          *Catalog
		model        *Model
		accelerators []string
		want         string
		runnerUp     string
		score        int64
	}{
		"the range decides which runtimes can serve a size": {
			cat:   catalog(clusterRuntime("small", serves(), sized("1B", "3B")), clusterRuntime("mid", serves(), sized("5B", "9B")), clusterRuntime("large", serves(), sized("60B", "80B"))),
			model: model(size("7B")), want: "mid", score: 2,
		},
		"ranges that differ by less than a parameter are equal, so the name decides": {
			cat:   catalog(clusterRuntime("a", serves(), sized("0", "1.6")), clusterRuntime("b", serves(), sized("0", "1.2"))),
			model: model(size("0.5")), want: "a", runnerUp: "b", score: 2,
		},
		"a model without a size fits every range, and the name decides": {
			cat:   catalog(clusterRuntime("small", serves(), sized("1B", "3B")), clusterRuntime("large", serves(), sized("60B", "80B"))),
			model: model(noSize), want: "large", runnerUp: "small", score: 2,
		},
		"a runtime without a range goes before a narrow one, and that before a wide one": {
			cat:   catalog(clusterRuntime("wide", serves(), sized("1B", "100B")), clusterRuntime("narrow", serves(), sized("69B", "90B")), clusterRuntime("zzz-norange", serves())),
			model: model(), want: "zzz-norange", runnerUp: "narrow", score: 2,
		},
		"a range with an upper limit only still excludes": {
			cat:   catalog(clusterRuntime("a", serves(), sized("", "9B")), clusterRuntime("b", serves(), sized("", "90B"))),
			model: model(), want: "b", score: 2,
		},
		"quantization must be the same or absent on both sides": {
			cat: catalog(clusterRuntime("plain", serves()), clusterRuntime("int4", serves(quantized("int4"))), clusterRuntime("fp8", serves(quantized("fp8")))),
			model: model(func(m *v1beta1.BaseModelSpec) {
				m.Quantization = ptr(v1beta1.QuantizationFP8)
			}), want: "fp8", score: 2,
		},
		"architecture decides": {
			cat:   catalog(clusterRuntime("mistral", serves(architecture("MistralForCausalLM"))), clusterRuntime("right", serves())),
			model: model(), want: "right", score: 2,
		},
		"a dev version of the framework needs an equal one": {
			cat:   catalog(clusterRuntime("ge", serves(withFrameworkVersion("4.52.0", "GreaterThanOrEqual"))), clusterRuntime("eq", serves(withFrameworkVersion("4.51.0.dev0", "")))),
			model: model(func(m *v1beta1.BaseModelSpec) { m.ModelFramework.Version = ptr("4.51.0.dev0") }), want: "eq", score: 2,
		},
		"a newer framework of the runtime takes an older model": {
			cat:   catalog(clusterRuntime("older", serves(withFrameworkVersion("4.50.0", "GreaterThanOrEqual"))), clusterRuntime("newer", serves(withFrameworkVersion("4.52.0", "GreaterThanOrEqual")))),
			model: model(func(m *v1beta1.BaseModelSpec) { m.ModelFramework.Version = ptr("4.51.0") }), want: "newer", score: 2,
		},
		"priority decides between equals": {
			cat:   catalog(clusterRuntime("p1", serves(priority(1))), clusterRuntime("p3", serves(priority(3))), clusterRuntime("p2", serves(priority(2)))),
			model: model(), want: "p3", runnerUp: "p2", score: 6,
		},
		"priority goes before the closeness of the range": {
			cat:   catalog(clusterRuntime("close", serves(), sized("69B", "71B")), clusterRuntime("preferred", serves(priority(2)), sized("1B", "100B"))),
			model: model(), want: "preferred", runnerUp: "close", score: 4,
		},
		"the entry that matches must have autoSelect, not another one": {
			cat:   catalog(clusterRuntime("mixed", serves(autoSelect(false), priority(5)), serves(architecture("Other"))), clusterRuntime("plain", serves())),
			model: model(), want: "plain", score: 2,
		},
		"the entry that matches supplies the priority, not another one": {
			cat:   catalog(clusterRuntime("a", serves(priority(1)), serves(architecture("Other"), priority(50))), clusterRuntime("b", serves(priority(9)))),
			model: model(), want: "b", runnerUp: "a", score: 18,
		},
		"a disabled runtime is passed over": {
			cat:   catalog(clusterRuntime("best", serves(priority(9)), disabled), clusterRuntime("next", serves())),
			model: model(), want: "next", score: 2,
		},
		"a runtime of the namespace goes before a better one of the cluster": {
			cat:   catalog(clusterRuntime("crt", serves(priority(9))), servingRuntime("nsrt", serves(priority(1)))),
			model: model(), want: "nsrt", runnerUp: "crt", score: 2,
		},
		"equal in everything, the name decides": {
			cat:   catalog(clusterRuntime("bbb", serves()), clusterRuntime("aaa", serves()), clusterRuntime("ccc", serves())),
			model: model(), want: "aaa", runnerUp: "bbb", score: 2,
		},
		"a class that the service names must be listed": {
			cat:   catalog(clusterRuntime("plain", serves(priority(9))), clusterRuntime("a100", serves(), lists("a100")), clusterRuntime("h100", serves(), lists("a100", "h100"))),
			model: model(), accelerators: []string{"h100"}, want: "h100", score: 2,
		},
		"a model without a framework wants a runtime without one": {
			cat:   catalog(clusterRuntime("with", serves()), clusterRuntime("without", serves(withoutFramework))),
			model: model(func(m *v1beta1.BaseModelSpec) { m.ModelFramework = nil }), want: "without", score: 1,
		},
		"the class of the diffusion pipeline decides": {
			cat: catalog(
				clusterRuntime("flux", serves(withPipeline(v1beta1.DiffusionPipelineSpec{ClassName: ptr("FluxPipeline"), VAE: &v1beta1.DiffusionComponent{Type: "AutoencoderKL"}}))),
				clusterRuntime("other", serves(priority(9), withPipeline(v1beta1.DiffusionPipelineSpec{ClassName: ptr("QwenImagePipeline")})))),
			model: model(func(m *v1beta1.BaseModelSpec) { m.DiffusionPipeline = &flux }), want: "flux", score: 2,
		},
		"weights of 0 are 10 and 5": {
			cat: catalog(clusterRuntime("a", serves(priority(2))), clusterRuntime("z", serves(func(e *v1beta1.SupportedModelFormat) {
				e.ModelFormat.Weight, e.ModelFramework.Weight = ptr(int64(0)), ptr(int64(0))
			}))),
			model: model(), want: "z", runnerUp: "a", score: 15,
		},
		"absent weights are 1": {
			cat: catalog(clusterRuntime("a", serves(func(e *v1beta1.SupportedModelFormat) {
				e.ModelFormat.Weight, e.ModelFramework.Weight = nil, nil
			}))),
			model: model(), want: "a", score: 2,
		},
		"a runtime that cannot be decoded is passed over": {
			cat:   catalog(clusterRuntime("a", serves())).breaking("ClusterServingRuntime/b", "ServingRuntime/c"),
			model: model(), want: "a", score: 2,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			rec := trace.NewExplainingRecorder()
			in := RuntimeInput{Model: c.model, RequiredAccelerators: c.accelerators}
			got, failure := FindRuntime(c.cat, in, rec)
			require.Nil(t, failure)
			assert.Equal(t, c.want, got.Name)
			assert.Equal(t, c.runnerUp, got.RunnerUp)
			assert.Equal(t, c.score, got.Score)
			assert.True(t, got.Selected)
			require.NotNil(t, got.Format)

			silent, _ := FindRuntime(c.cat, in, nil)
			assert.Equal(t, got, silent, "explaining must not change the choice")
			assert.Empty(t, rec.Findings())
		})
	}
}

func TestSelectRuntimeFails(t *testing.T) {
	for sentence, c := range map[string]struct {
		cat     *Catalog
		model   *Model
		reason  string
		message string
	}{
		"when there are no runtimes": {
			catalog(), model(), NoSupportingRuntime,
			"no runtime can be selected for ClusterBaseModel llama ('mt:safetensors:LlamaForCausalLM:transformers'): there are no runtimes"},
		"when the only match has autoSelect false": {
			catalog(clusterRuntime("a", serves(autoSelect(false)))), model(), NoSupportingRuntime,
			"checked 1 runtimes (0 namespace-scoped, 1 cluster-scoped): AutoSelectOff 1 (a: the entry that matches does not have autoSelect true"},
		"when autoSelect is not set": {
			catalog(clusterRuntime("a", serves(func(e *v1beta1.SupportedModelFormat) { e.AutoSelect = nil }))), model(), NoSupportingRuntime, "AutoSelectOff 1 (a: "},
		"when the runtime has no architecture and the model has": {
			catalog(clusterRuntime("a", serves(func(e *v1beta1.SupportedModelFormat) { e.ModelArchitecture = nil }))), model(), NoSupportingRuntime,
			"ArchitectureMismatch 1 (a: model format 'mt:safetensors:LlamaForCausalLM:transformers' not in supported formats: model has architecture LlamaForCausalLM but runtime has no architecture requirement)"},
		"when the format has a version on one side only": {
			catalog(clusterRuntime("a", serves())), model(func(m *v1beta1.BaseModelSpec) { m.ModelFormat.Version = ptr("1.0.0") }), NoSupportingRuntime,
			"FormatVersionMismatch 1 (a: model format 'mt:safetensors:1.0.0:LlamaForCausalLM:transformers' not in supported formats: model has format version but runtime has no version requirement)"},
		"when the model does not say its format": {
			catalog(clusterRuntime("a", serves())), model(func(m *v1beta1.BaseModelSpec) { m.ModelFormat.Name = "" }), ModelMetadataMissing,
			"ClusterBaseModel llama has no spec.modelFormat.name yet"},
		"when there is neither a runtime nor a model": {
			catalog(clusterRuntime("a", serves())), nil, NoSupportingRuntime, "neither a runtime nor a model"},
		"when the score is not positive": {
			catalog(clusterRuntime("a", serves(priority(0)))), model(), NoSupportingRuntime, "NoScore 1 (a: the entry that matches has the score 0)"},
		"when the only runtime cannot be decoded": {
			catalog().breaking("ServingRuntime/a"), model(), NoSupportingRuntime,
			"checked 1 runtimes (1 namespace-scoped, 0 cluster-scoped): RuntimeInvalid 1 (a: runtime cannot be read: spec: wrong type)"},
		"and lists those that came nearest first": {
			catalog(clusterRuntime("off", serves(), disabled), clusterRuntime("x", serves(architecture("X"))),
				clusterRuntime("y", serves(quantized("fp8"))), clusterRuntime("z", serves(), sized("1B", "9B"))), model(), NoSupportingRuntime,
			"SizeOutOfRange 1 (z: model size 70B is outside supported range [1B, 9B]); QuantizationMismatch 1 (y: "},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, failure := FindRuntime(c.cat, RuntimeInput{Model: c.model}, nil)
			assert.Nil(t, got)
			require.NotNil(t, failure)
			assert.Equal(t, c.reason, failure.Reason)
			assert.Contains(t, failure.Message, c.message)

			_, explained := FindRuntime(c.cat, RuntimeInput{Model: c.model}, trace.NewExplainingRecorder())
			assert.Equal(t, failure, explained, "explaining must not change the message")
		})
	}
}

func TestSelectionFailureIsBounded(t *testing.T) {
	cat := catalog()
	for i := range 200 {
		name := fmt.Sprintf("rt-%03d", i)
		cat.ClusterServingRuntimes[name] = clusterRuntime(name, serves(architecture(fmt.Sprintf("Other%d", i))))
	}
	cat.ClusterServingRuntimes["zzz"] = clusterRuntime("zzz", serves(), disabled)
	_, failure := FindRuntime(cat, RuntimeInput{Model: model()}, nil)
	require.NotNil(t, failure)
	assert.Equal(t, 5, strings.Count(failure.Message, "not in supported formats"))
	assert.Contains(t, failure.Message, "ArchitectureMismatch 200 (rt-000: ")
	assert.Contains(t, failure.Message, ", ...); RuntimeDisabled 1: ")
	assert.Less(t, len(failure.Message), 1500)
}

func TestMessageOfManyEntriesIsBounded(t *testing.T) {
	var entries []func(*v1beta1.ServingRuntimeSpec)
	for i := range 8 {
		entries = append(entries, serves(architecture(fmt.Sprintf("Other%d", i))))
	}
	rec := &trace.Recorder{}
	_, failure := FindRuntime(catalog(clusterRuntime("rt", entries...)), RuntimeInput{Ref: named("rt"), Model: model()}, rec)
	require.Nil(t, failure)
	message := rec.Findings()[0].Message
	assert.Equal(t, 5, strings.Count(message, "architecture mismatch"))
	assert.Contains(t, message, "; and 3 more")
}

func TestNamedRuntime(t *testing.T) {
	for sentence, c := range map[string]struct {
		cat     *Catalog
		ref     *v1beta1.ServingRuntimeRef
		model   *Model
		kind    string
		format  bool // whether the entry is known
		reasons []string
	}{
		"autoSelect does not matter": {
			catalog(clusterRuntime("rt", serves(autoSelect(false)))), named("rt"), model(), KindClusterServingRuntime, true, nil},
		"the kind that is named wins over the namespace": {
			catalog(clusterRuntime("rt", serves()), servingRuntime("rt", serves())), named("rt", KindClusterServingRuntime), model(), KindClusterServingRuntime, true, nil},
		"the namespace's by its kind": {
			catalog(clusterRuntime("rt", serves()), servingRuntime("rt", serves())), named("rt", KindServingRuntime), model(), KindServingRuntime, true, nil},
		"the namespace's without a kind, because the cluster has none": {
			catalog(servingRuntime("rt", serves())), named("rt"), model(), KindServingRuntime, true, nil},
		"a model without metadata is served, and the only entry applies": {
			catalog(clusterRuntime("rt", serves())), named("rt"), &Model{Name: "new", Kind: KindClusterBaseModel, Spec: &v1beta1.BaseModelSpec{}}, KindClusterServingRuntime, true, []string{ModelMetadataMissing}},
		"a model without metadata does not tell which of two entries applies": {
			catalog(clusterRuntime("rt", serves(), serves(architecture("Other")))), named("rt"), &Model{Name: "new", Kind: KindClusterBaseModel, Spec: &v1beta1.BaseModelSpec{}}, KindClusterServingRuntime, false, []string{ModelMetadataMissing}},
		"what a model says without its format tells which entry applies": {
			catalog(clusterRuntime("rt", serves(architecture("Other")), serves())), named("rt"), model(func(m *v1beta1.BaseModelSpec) { m.ModelFormat.Name = "" }), KindClusterServingRuntime, true, []string{ModelMetadataMissing}},
		"a service without a model may name a runtime": {
			catalog(clusterRuntime("rt")), named("rt"), nil, KindClusterServingRuntime, false, nil},
		"a size that cannot be read counts as 0": {
			catalog(clusterRuntime("rt", serves(), sized("", "9B"))), named("rt"), model(size("70b")), KindClusterServingRuntime, true, []string{ModelSizeUnreadable}},
	} {
		t.Run(sentence, func(t *testing.T) {
			rec := &trace.Recorder{}
			got, failure := FindRuntime(c.cat, RuntimeInput{Ref: c.ref, Model: c.model}, rec)
			require.Nil(t, failure)
			assert.Equal(t, "rt", got.Name)
			assert.Equal(t, c.kind, got.Kind)
			assert.Equal(t, c.format, got.Format != nil)
			assert.False(t, got.Selected)
			assert.Equal(t, c.reasons, findingReasons(rec))
		})
	}
}

func TestNamedRuntimeFails(t *testing.T) {
	for sentence, c := range map[string]struct {
		cat          *Catalog
		model        *Model
		accelerators []string
		reason       string
		failure      v1beta1.FailureReason
		message      string
	}{
		"when it does not exist": {
			catalog(), model(), nil, RuntimeNotFound, v1beta1.RuntimeNotRecognized,
			"spec.runtime names rt, but there is neither a ServingRuntime of this name in namespace team-a nor a ClusterServingRuntime"},
		"when it cannot be decoded": {
			catalog().breaking("ClusterServingRuntime/rt"), model(), nil, RuntimeInvalid, v1beta1.RuntimeNotRecognized, "cannot be read: spec: wrong type"},
		"when it is disabled": {
			catalog(clusterRuntime("rt", serves(), disabled)), model(), nil, RuntimeDisabled, v1beta1.RuntimeDisabled, "ClusterServingRuntime rt is disabled"},
		"when it lists no accelerator classes and the service names one": {
			catalog(clusterRuntime("rt", serves())), model(), []string{"h100"}, RuntimeIncompatible, v1beta1.NoSupportingRuntime,
			"ClusterServingRuntime rt cannot be used: runtime does not support the required accelerator class h100"},
		"when it lists one of two classes that the service names": {
			catalog(clusterRuntime("rt", serves(), lists("h100"))), model(), []string{"h100", "a100"}, RuntimeIncompatible, v1beta1.NoSupportingRuntime,
			"runtime does not support the required accelerator class a100"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, failure := FindRuntime(c.cat, RuntimeInput{Ref: named("rt"), Model: c.model, RequiredAccelerators: c.accelerators}, &trace.Recorder{})
			assert.Nil(t, got)
			require.NotNil(t, failure)
			assert.Equal(t, c.reason, failure.Reason)
			assert.Equal(t, c.failure, failure.ModelReason)
			assert.Contains(t, failure.Message, c.message)
		})
	}
}

func TestRuntimeFormatIsTheEntryThatMatches(t *testing.T) {
	for sentence, c := range map[string]struct {
		entries []func(*v1beta1.ServingRuntimeSpec)
		want    int
	}{
		"not the first of the same format":                      {[]func(*v1beta1.ServingRuntimeSpec){serves(architecture("Other")), serves()}, 1},
		"the first of equal entries":                            {[]func(*v1beta1.ServingRuntimeSpec){serves(), serves()}, 0},
		"the one with the higher priority":                      {[]func(*v1beta1.ServingRuntimeSpec){serves(), serves(priority(2))}, 1},
		"for a named runtime, also one that cannot be selected": {[]func(*v1beta1.ServingRuntimeSpec){serves(), serves(priority(2), autoSelect(false))}, 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			rt := clusterRuntime("rt", c.entries...)
			got, failure := FindRuntime(catalog(rt), RuntimeInput{Ref: named("rt"), Model: model()}, nil)
			require.Nil(t, failure)
			assert.Same(t, &rt.Spec.SupportedModelFormats[c.want], got.Format)
		})
	}
}

func TestSelectedFormatHasAutoSelect(t *testing.T) {
	rt := clusterRuntime("rt", serves(priority(9), autoSelect(false)), serves())
	got, failure := FindRuntime(catalog(rt), RuntimeInput{Model: model()}, nil)
	require.Nil(t, failure)
	assert.Same(t, &rt.Spec.SupportedModelFormats[1], got.Format)
	assert.Equal(t, int64(2), got.Score)
}

func TestDiffusionPipelines(t *testing.T) {
	part := func(library, kind string) *v1beta1.DiffusionComponent {
		return &v1beta1.DiffusionComponent{Library: library, Type: kind}
	}
	for sentence, c := range map[string]struct {
		model, runtime *v1beta1.DiffusionPipelineSpec
		want           string // message; empty means that it fits
	}{
		"a runtime without a pipeline takes any model": {model: &v1beta1.DiffusionPipelineSpec{ClassName: ptr("A")}},
		"a model needs a pipeline where the runtime has one": {runtime: &v1beta1.DiffusionPipelineSpec{},
			want: "diffusion pipeline required by runtime but not specified in model"},
		"the class must be the model's": {&v1beta1.DiffusionPipelineSpec{}, &v1beta1.DiffusionPipelineSpec{ClassName: ptr("A")},
			"pipeline class mismatch (model=<nil>, runtime=A)"},
		"a part must be there": {&v1beta1.DiffusionPipelineSpec{}, &v1beta1.DiffusionPipelineSpec{Tokenizer: part("", "")},
			"component tokenizer required by runtime but not specified in model"},
		"a part's library must be the same": {&v1beta1.DiffusionPipelineSpec{Scheduler: part("a", "T")}, &v1beta1.DiffusionPipelineSpec{Scheduler: part("b", "T")},
			"scheduler library mismatch (model=a, runtime=b)"},
		"a part's type must be the same": {&v1beta1.DiffusionPipelineSpec{VAE: part("a", "T")}, &v1beta1.DiffusionPipelineSpec{VAE: part("a", "U")},
			"vae type mismatch (model=T, runtime=U)"},
		"what the runtime leaves open fits": {&v1beta1.DiffusionPipelineSpec{VAE: part("a", "T")}, &v1beta1.DiffusionPipelineSpec{VAE: part("", "T")}, ""},
		"further parts must be there at all": {&v1beta1.DiffusionPipelineSpec{}, &v1beta1.DiffusionPipelineSpec{AdditionalComponents: map[string]v1beta1.DiffusionComponent{"x": {}}},
			"diffusion pipeline missing required additional components"},
		"each further part must be there": {
			&v1beta1.DiffusionPipelineSpec{AdditionalComponents: map[string]v1beta1.DiffusionComponent{"y": {}}},
			&v1beta1.DiffusionPipelineSpec{AdditionalComponents: map[string]v1beta1.DiffusionComponent{"z": {}, "x": {}}},
			"diffusion component x missing in model"},
		"each further part must be the same": {
			&v1beta1.DiffusionPipelineSpec{AdditionalComponents: map[string]v1beta1.DiffusionComponent{"x": {Type: "T"}}},
			&v1beta1.DiffusionPipelineSpec{AdditionalComponents: map[string]v1beta1.DiffusionComponent{"x": {Type: "U"}}},
			"x type mismatch (model=T, runtime=U)"},
	} {
		t.Run(sentence, func(t *testing.T) {
			q := &requirements{model: &v1beta1.BaseModelSpec{DiffusionPipeline: c.model}, explain: true}
			_, message, ok := pipelineMatches(q, &v1beta1.SupportedModelFormat{DiffusionPipeline: c.runtime})
			assert.Equal(t, c.want == "", ok)
			if !ok {
				assert.Equal(t, c.want, message)
			}
		})
	}
}

func TestEntryMismatchesInOMEsWords(t *testing.T) {
	for sentence, c := range map[string]struct {
		model   func(*v1beta1.BaseModelSpec)
		entry   func(*v1beta1.SupportedModelFormat)
		reason  string
		message string
	}{
		"the entry alone has an architecture": {
			func(m *v1beta1.BaseModelSpec) { m.ModelArchitecture = nil }, nil, ArchitectureMismatch, "model has no architecture but runtime requires LlamaForCausalLM"},
		"the model alone has a quantization": {
			func(m *v1beta1.BaseModelSpec) { m.Quantization = ptr(v1beta1.QuantizationFP8) }, nil, QuantizationMismatch, "model has quantization fp8 but runtime has no quantization requirement"},
		"the entry has no format": {
			nil, func(e *v1beta1.SupportedModelFormat) { e.ModelFormat = nil }, FormatMismatch, "the runtime's entry has no modelFormat"},
		"the formats' names differ in case": {
			nil, func(e *v1beta1.SupportedModelFormat) { e.ModelFormat.Name = "SafeTensors" }, FormatMismatch, "format name mismatch (model=safetensors, runtime=SafeTensors)"},
		"the formats' versions differ": {
			func(m *v1beta1.BaseModelSpec) { m.ModelFormat.Version = ptr("1.0.0") },
			func(e *v1beta1.SupportedModelFormat) { e.ModelFormat.Version = ptr("2.0.0") }, FormatVersionMismatch, "format version mismatch (model=1.0.0, runtime=2.0.0)"},
		"the entry alone has a format version": {
			nil, func(e *v1beta1.SupportedModelFormat) { e.ModelFormat.Version = ptr("2.0.0") }, FormatVersionMismatch, "model has no format version but runtime requires 2.0.0"},
		"the entry alone has a framework": {
			func(m *v1beta1.BaseModelSpec) { m.ModelFramework = nil }, nil, FrameworkMismatch, "model has no framework but runtime requires transformers"},
		"the model alone has a framework": {
			nil, withoutFramework, FrameworkMismatch, "model has framework transformers but runtime has no framework requirement"},
		"the frameworks differ": {
			nil, func(e *v1beta1.SupportedModelFormat) { e.ModelFramework.Name = "onnx" }, FrameworkMismatch, "framework name mismatch (model=transformers, runtime=onnx)"},
		"the frameworks' versions differ": {
			func(m *v1beta1.BaseModelSpec) { m.ModelFramework.Version = ptr("4.51.0") }, withFrameworkVersion("4.50.0", "GreaterThanOrEqual"),
			FrameworkVersionMismatch, "framework version mismatch (model=4.51.0, runtime=4.50.0)"},
		"the model alone has a framework version": {
			func(m *v1beta1.BaseModelSpec) { m.ModelFramework.Version = ptr("4.51.0") }, nil,
			FrameworkVersionMismatch, "model has framework version but runtime has no version requirement"},
	} {
		t.Run(sentence, func(t *testing.T) {
			m, rt := spec(), clusterRuntime("rt", serves())
			if c.model != nil {
				c.model(&m)
			}
			if c.entry != nil {
				c.entry(&rt.Spec.SupportedModelFormats[0])
			}
			q := newRequirements(catalog(), RuntimeInput{Model: &Model{Spec: &m}}, false, true)
			broken, found := q.firstBrokenEntryRule(&rt.Spec.SupportedModelFormats[0])
			assert.True(t, found)
			assert.Equal(t, c.reason, broken.reason)
			assert.Equal(t, c.message, broken.message)
		})
	}
}

func TestFirstRuleThatFailsIsTheOneReported(t *testing.T) {
	everything := func(s *v1beta1.ServingRuntimeSpec) {
		disabled(s)
		serves(architecture("Other"), quantized("fp8"))(s)
		sized("1B", "2B")(s)
	}
	order := []struct {
		reason string
		mend   func(*v1beta1.ServingRuntimeSpec)
	}{
		{RuntimeDisabled, func(s *v1beta1.ServingRuntimeSpec) { s.Disabled = nil }},
		{AcceleratorUnsupported, lists("h100")},
		{ArchitectureMismatch, func(s *v1beta1.ServingRuntimeSpec) {
			s.SupportedModelFormats[0].ModelArchitecture = ptr("LlamaForCausalLM")
		}},
		{QuantizationMismatch, func(s *v1beta1.ServingRuntimeSpec) { s.SupportedModelFormats[0].Quantization = nil }},
		{SizeOutOfRange, func(s *v1beta1.ServingRuntimeSpec) { s.ModelSizeRange = nil }},
		{AutoSelectOff, func(s *v1beta1.ServingRuntimeSpec) { s.SupportedModelFormats[0].AutoSelect = ptr(true) }},
	}
	rt := clusterRuntime("rt", everything)
	rt.Spec.SupportedModelFormats[0].AutoSelect = nil
	in := RuntimeInput{Model: model(), RequiredAccelerators: []string{"h100"}}
	for _, step := range order {
		rec := trace.NewExplainingRecorder()
		_, failure := FindRuntime(catalog(rt), in, rec)
		require.NotNil(t, failure, step.reason)
		assert.Equal(t, []string{"rejected rt " + step.reason}, story(rec))
		step.mend(&rt.Spec)
	}
	_, failure := FindRuntime(catalog(rt), in, nil)
	assert.Nil(t, failure)
}

func TestSelectionIsExplained(t *testing.T) {
	cat := catalog(
		servingRuntime("ns-off", serves(), disabled),
		clusterRuntime("a", serves(priority(2))), clusterRuntime("b", serves(priority(3))),
		clusterRuntime("c", serves(priority(2)), sized("1B", "99B")), clusterRuntime("d", serves(priority(2))),
		clusterRuntime("x", serves(architecture("X"))))
	rec := trace.NewExplainingRecorder()
	_, failure := FindRuntime(cat, RuntimeInput{Model: model()}, rec)
	require.Nil(t, failure)
	assert.Equal(t, []string{
		"rejected ns-off RuntimeDisabled", "rejected x ArchitectureMismatch",
		"chosen b Ranked", "candidate a Ranked", "candidate d Ranked", "candidate c Ranked",
	}, story(rec))
	messages := map[string]string{}
	for _, e := range rec.Entries() {
		messages[e.Subject] = e.Message
	}
	assert.Equal(t, "before a: score 6 against 4", messages["runtime/b"])
	assert.Equal(t, "behind b: score 6 against 4", messages["runtime/c"])
	assert.Contains(t, messages["runtime/x"], "architecture mismatch (model=LlamaForCausalLM, runtime=X)")
}

func TestMarginNamesTheRespectThatDecided(t *testing.T) {
	at := func(name, kind string, score, distance int64) evaluation {
		return evaluation{runtime: &Runtime{Name: name, Kind: kind}, score: score, sizeDistance: distance}
	}
	best := at("b", KindServingRuntime, 4, 10)
	for want, other := range map[string]evaluation{
		"a ServingRuntime of the namespace goes before every ClusterServingRuntime": at("a", KindClusterServingRuntime, 9, 0),
		"score 4 against 2": at("a", KindServingRuntime, 2, 0),
		"equal scores; the limits of the size range are 10 parameters away from the model against 20": at("a", KindServingRuntime, 4, 20),
		"equal in everything else; b comes before c in the alphabet":                                  at("c", KindServingRuntime, 4, 10),
	} {
		assert.Equal(t, want, explainMargin(best, other))
		assert.Negative(t, byRank(best, other))
		assert.Positive(t, byRank(other, best))
	}
}

func TestRequiredAccelerators(t *testing.T) {
	selector := func(name string) *v1beta1.AcceleratorSelector {
		return &v1beta1.AcceleratorSelector{AcceleratorClass: &name, Policy: v1beta1.BestFit}
	}
	for sentence, c := range map[string]struct {
		service v1beta1.InferenceService
		want    []string
	}{
		"nothing is named": {v1beta1.InferenceService{}, nil},
		"each place counts, each class once": {v1beta1.InferenceService{
			ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"ome.io/accelerator-class": "a"}},
			Spec: v1beta1.InferenceServiceSpec{
				AcceleratorSelector: selector("b"),
				Engine:              &v1beta1.EngineSpec{AcceleratorOverride: selector("c")},
				Decoder:             &v1beta1.DecoderSpec{AcceleratorOverride: selector("a")},
			},
		}, []string{"a", "b", "c"}},
		"a policy and an empty name require nothing": {v1beta1.InferenceService{
			Spec: v1beta1.InferenceServiceSpec{AcceleratorSelector: selector(""), Engine: &v1beta1.EngineSpec{AcceleratorOverride: &v1beta1.AcceleratorSelector{Policy: v1beta1.Cheapest}}},
		}, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, c.want, RequiredAccelerators(&c.service))
		})
	}
}

// manyRuntimes is a catalogue of n runtimes, half of which can be selected.
func manyRuntimes(n int) *Catalog {
	cat := catalog()
	for i := range n {
		name := fmt.Sprintf("rt-%03d", (i*7919)%n)
		a := "LlamaForCausalLM"
		if i%2 == 1 {
			a = "MistralForCausalLM"
		}
		cat.ClusterServingRuntimes[name] = clusterRuntime(name, serves(architecture(a), priority(int32(i%3+1))), sized("1B", "100B"))
	}
	return cat
}

func TestOrderOfTheCatalogueDoesNotMatter(t *testing.T) {
	in := RuntimeInput{Model: model()}
	narrow := RuntimeInput{Model: model(size("500B"))}
	first := trace.NewExplainingRecorder()
	want, failure := FindRuntime(manyRuntimes(60), in, first)
	require.Nil(t, failure)
	_, wantFailure := FindRuntime(manyRuntimes(60), narrow, nil)
	for range 20 {
		rec := trace.NewExplainingRecorder()
		got, failure := FindRuntime(manyRuntimes(60), in, rec)
		require.Nil(t, failure)
		assert.Equal(t, want, got)
		assert.Equal(t, first.Entries(), rec.Entries())
		_, none := FindRuntime(manyRuntimes(60), narrow, nil)
		assert.Equal(t, wantFailure, none)
	}
}

func BenchmarkSelectRuntime(b *testing.B) {
	cat, in := manyRuntimes(200), RuntimeInput{Model: model()}
	b.ReportAllocs()
	for b.Loop() {
		if _, failure := FindRuntime(cat, in, nil); failure != nil {
			b.Fatal(failure.Message)
		}
	}
}

func BenchmarkSelectRuntimeFails(b *testing.B) {
	cat, in := manyRuntimes(200), RuntimeInput{Model: model(size("500B"))}
	b.ReportAllocs()
	for b.Loop() {
		if _, failure := FindRuntime(cat, in, nil); failure == nil {
			b.Fatal("selected")
		}
	}
}

// TestANamedRuntimeIsUsedWhateverItDeclares: as in OME since v1.1.0.
func TestANamedRuntimeIsUsedWhateverItDeclares(t *testing.T) {
	const head = "ClusterServingRuntime rt does not declare support for ClusterBaseModel llama: "
	const label = "model format 'mt:safetensors:LlamaForCausalLM:transformers' not in supported formats: "
	other := serves(architecture("MistralForCausalLM"))
	for sentence, c := range map[string]struct {
		cat    *Catalog
		model  *Model
		format bool // whether the entry is known
		want   string
	}{
		"another architecture, and another format": {
			catalog(clusterRuntime("rt", other, serves(func(e *v1beta1.SupportedModelFormat) { e.ModelFormat.Name = "pytorch" }))), model(), false,
			head + "spec.supportedModelFormats: " + label + "architecture mismatch (model=LlamaForCausalLM, runtime=MistralForCausalLM); format name mismatch (model=safetensors, runtime=pytorch)"},
		"another quantization": {
			catalog(clusterRuntime("rt", serves(quantized("fp8")))), model(), false, "quantization"},
		"a version on one side": {
			catalog(clusterRuntime("rt", serves())), model(func(m *v1beta1.BaseModelSpec) { m.ModelFormat.Version = ptr("1.0.0") }), false, "model has format version"},
		"no formats":        {catalog(clusterRuntime("rt")), model(), false, label + "no supported formats defined"},
		"a model too large": {catalog(clusterRuntime("rt", serves(), sized("", "9B"))), model(), true, head + "spec.modelSizeRange: model size 70B is outside supported range [any, 9B]"},
		"two things": {
			catalog(clusterRuntime("rt", other, sized("", "9B"))), model(), false, "runtime=MistralForCausalLM); spec.modelSizeRange: model size 70B is outside"},
		"a model without a format that says another architecture": {
			catalog(clusterRuntime("rt", serves(architecture("Other")))), model(func(m *v1beta1.BaseModelSpec) { m.ModelFormat.Name = "" }), false,
			"architecture mismatch (model=LlamaForCausalLM, runtime=Other)"},
	} {
		t.Run(sentence, func(t *testing.T) {
			rec := &trace.Recorder{}
			got, failure := FindRuntime(c.cat, RuntimeInput{Ref: named("rt"), Model: c.model}, rec)
			require.Nil(t, failure)
			assert.Equal(t, "rt", got.Name)
			assert.Equal(t, c.format, got.Format != nil)
			warning := rec.Findings()[len(rec.Findings())-1]
			assert.Equal(t, RuntimeMismatch, warning.Reason)
			assert.Contains(t, warning.Message, c.want)
			assert.Contains(t, warning.Message, "it is used because spec.runtime.name names it")
		})
	}
}
