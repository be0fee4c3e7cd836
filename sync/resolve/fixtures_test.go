package resolve

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

func ptr[T any](v T) *T { return &v }

// catalog is an empty catalogue of the namespace team-a with what is added.
func catalog(objects ...any) *Catalog {
	c := &Catalog{
		Namespace:              "team-a",
		BaseModels:             map[string]*v1beta1.BaseModel{},
		ClusterBaseModels:      map[string]*v1beta1.ClusterBaseModel{},
		ServingRuntimes:        map[string]*v1beta1.ServingRuntime{},
		ClusterServingRuntimes: map[string]*v1beta1.ClusterServingRuntime{},
		AcceleratorClasses:     map[string]*v1beta1.AcceleratorClass{},
		FineTunedWeights:       map[string]*v1beta1.FineTunedWeight{},
		Broken:                 map[string]string{},
	}
	for _, object := range objects {
		switch o := object.(type) {
		case *v1beta1.BaseModel:
			c.BaseModels[o.Name] = o
		case *v1beta1.ClusterBaseModel:
			c.ClusterBaseModels[o.Name] = o
		case *v1beta1.ServingRuntime:
			c.ServingRuntimes[o.Name] = o
		case *v1beta1.ClusterServingRuntime:
			c.ClusterServingRuntimes[o.Name] = o
		case *v1beta1.AcceleratorClass:
			c.AcceleratorClasses[o.Name] = o
		case *v1beta1.FineTunedWeight:
			c.FineTunedWeights[o.Name] = o
		}
	}
	return c
}

// breaking marks objects as undecodable.
func (c *Catalog) breaking(keys ...string) *Catalog {
	for _, key := range keys {
		c.Broken[key] = "spec: wrong type"
	}
	return c
}

// spec is the model of most tests: safetensors, transformers,
// LlamaForCausalLM, 70B, no versions.
func spec(changes ...func(*v1beta1.BaseModelSpec)) v1beta1.BaseModelSpec {
	s := v1beta1.BaseModelSpec{
		ModelFormat:        v1beta1.ModelFormat{Name: "safetensors"},
		ModelFramework:     &v1beta1.ModelFrameworkSpec{Name: "transformers"},
		ModelArchitecture:  ptr("LlamaForCausalLM"),
		ModelParameterSize: ptr("70B"),
	}
	for _, change := range changes {
		change(&s)
	}
	return s
}

func model(changes ...func(*v1beta1.BaseModelSpec)) *Model {
	s := spec(changes...)
	return &Model{Name: "llama", Kind: KindClusterBaseModel, Spec: &s}
}

func clusterBaseModel(name string, changes ...func(*v1beta1.BaseModelSpec)) *v1beta1.ClusterBaseModel {
	return &v1beta1.ClusterBaseModel{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec(changes...)}
}

func baseModel(name string, changes ...func(*v1beta1.BaseModelSpec)) *v1beta1.BaseModel {
	return &v1beta1.BaseModel{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team-a"}, Spec: spec(changes...)}
}

// clusterRuntime is a runtime without entries.
func clusterRuntime(name string, changes ...func(*v1beta1.ServingRuntimeSpec)) *v1beta1.ClusterServingRuntime {
	r := &v1beta1.ClusterServingRuntime{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, change := range changes {
		change(&r.Spec)
	}
	return r
}

func servingRuntime(name string, changes ...func(*v1beta1.ServingRuntimeSpec)) *v1beta1.ServingRuntime {
	r := &v1beta1.ServingRuntime{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team-a"}}
	for _, change := range changes {
		change(&r.Spec)
	}
	return r
}

// serves adds an entry for the model of most tests, selectable, with changes.
func serves(changes ...func(*v1beta1.SupportedModelFormat)) func(*v1beta1.ServingRuntimeSpec) {
	e := v1beta1.SupportedModelFormat{
		ModelFormat:       &v1beta1.ModelFormat{Name: "safetensors", Weight: ptr(int64(1))},
		ModelFramework:    &v1beta1.ModelFrameworkSpec{Name: "transformers", Weight: ptr(int64(1))},
		ModelArchitecture: ptr("LlamaForCausalLM"),
		AutoSelect:        ptr(true),
	}
	for _, change := range changes {
		change(&e)
	}
	return func(s *v1beta1.ServingRuntimeSpec) {
		s.SupportedModelFormats = append(s.SupportedModelFormats, e)
	}
}

func priority(p int32) func(*v1beta1.SupportedModelFormat) {
	return func(e *v1beta1.SupportedModelFormat) { e.Priority = &p }
}

func architecture(a string) func(*v1beta1.SupportedModelFormat) {
	return func(e *v1beta1.SupportedModelFormat) { e.ModelArchitecture = &a }
}

func autoSelect(on bool) func(*v1beta1.SupportedModelFormat) {
	return func(e *v1beta1.SupportedModelFormat) { e.AutoSelect = &on }
}

func quantized(q v1beta1.ModelQuantization) func(*v1beta1.SupportedModelFormat) {
	return func(e *v1beta1.SupportedModelFormat) { e.Quantization = &q }
}

// sized sets a size range; an empty limit is absent.
func sized(least, most string) func(*v1beta1.ServingRuntimeSpec) {
	return func(s *v1beta1.ServingRuntimeSpec) {
		s.ModelSizeRange = &v1beta1.ModelSizeRangeSpec{}
		if least != "" {
			s.ModelSizeRange.Min = &least
		}
		if most != "" {
			s.ModelSizeRange.Max = &most
		}
	}
}

func disabled(s *v1beta1.ServingRuntimeSpec) { s.Disabled = ptr(true) }

func lists(classes ...string) func(*v1beta1.ServingRuntimeSpec) {
	return func(s *v1beta1.ServingRuntimeSpec) {
		s.AcceleratorRequirements = &v1beta1.AcceleratorRequirements{AcceleratorClasses: classes}
	}
}

func named(name string, kind ...string) *v1beta1.ServingRuntimeRef {
	ref := &v1beta1.ServingRuntimeRef{Name: name}
	if len(kind) > 0 {
		ref.Kind = &kind[0]
	}
	return ref
}

// class is an accelerator class of nvidia with memory as written.
func class(name, memory string, changes ...func(*v1beta1.AcceleratorClassSpec)) *v1beta1.AcceleratorClass {
	c := &v1beta1.AcceleratorClass{ObjectMeta: metav1.ObjectMeta{Name: name}}
	c.Spec.Vendor = "nvidia"
	if memory != "" {
		c.Spec.Capabilities.MemoryGB = quantity(memory)
	}
	for _, change := range changes {
		change(&c.Spec)
	}
	return c
}

func quantity(text string) *resource.Quantity {
	q := resource.MustParse(text)
	return &q
}

func family(f string) func(*v1beta1.AcceleratorClassSpec) {
	return func(s *v1beta1.AcceleratorClassSpec) { s.Family = f }
}

func compute(version string) func(*v1beta1.AcceleratorClassSpec) {
	return func(s *v1beta1.AcceleratorClassSpec) { s.Capabilities.ComputeCapability = version }
}

func features(f ...string) func(*v1beta1.AcceleratorClassSpec) {
	return func(s *v1beta1.AcceleratorClassSpec) { s.Capabilities.Features = f }
}

func bandwidth(b string) func(*v1beta1.AcceleratorClassSpec) {
	return func(s *v1beta1.AcceleratorClassSpec) { s.Capabilities.MemoryBandwidthGBps = quantity(b) }
}

// performs states performance; 0 is absent.
func performs(fp16, int8Tops int64) func(*v1beta1.AcceleratorClassSpec) {
	return func(s *v1beta1.AcceleratorClassSpec) {
		s.Capabilities.Performance = &v1beta1.AcceleratorPerformance{}
		if fp16 != 0 {
			s.Capabilities.Performance.Fp16Tflops = &fp16
		}
		if int8Tops != 0 {
			s.Capabilities.Performance.Int8Tops = &int8Tops
		}
	}
}

// priced sets hourly and spot prices and a tier; an empty one is absent.
func priced(perHour, spot, tier string) func(*v1beta1.AcceleratorClassSpec) {
	return func(s *v1beta1.AcceleratorClassSpec) {
		s.Cost = &v1beta1.AcceleratorCost{Tier: tier}
		if perHour != "" {
			s.Cost.PerHour = quantity(perHour)
		}
		if spot != "" {
			s.Cost.SpotPerHour = quantity(spot)
		}
	}
}

// weight is a fine-tuned weight for the model llama with free-form fields as
// JSON; an empty text is an absent field.
func weight(name, configuration, parameters string) *v1beta1.FineTunedWeight {
	w := &v1beta1.FineTunedWeight{ObjectMeta: metav1.ObjectMeta{Name: name}}
	w.Spec.BaseModelRef.Name = ptr("llama")
	w.Spec.Configuration = rawExtension(configuration)
	w.Spec.HyperParameters = rawExtension(parameters)
	return w
}

func rawExtension(text string) runtime.RawExtension {
	if text == "" {
		return runtime.RawExtension{}
	}
	return runtime.RawExtension{Raw: []byte(text)}
}

// findingReasons are the reasons of the recorded findings in order.
func findingReasons(rec *trace.Recorder) []string {
	var reasons []string
	for _, found := range rec.Findings() {
		reasons = append(reasons, found.Reason)
	}
	return reasons
}

// story is a trace about runtimes, one line an entry: "verdict name reason".
func story(rec *trace.Recorder) []string {
	var lines []string
	for _, e := range rec.Entries() {
		if name, ok := strings.CutPrefix(e.Subject, "runtime/"); ok && !strings.Contains(name, "/") {
			lines = append(lines, string(e.Verdict)+" "+name+" "+e.Reason)
		}
	}
	return lines
}
