package resolve

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// The classes of most tests, in the order in which the runtime lists them.
func classes() []any {
	return []any{
		class("a100", "80Gi", family("ampere"), compute("8.0"), features("nvlink"), bandwidth("2039"), performs(312, 624), priced("2", "", "medium")),
		class("h100", "80Gi", family("hopper"), compute("9.0"), features("fp8", "nvlink"), bandwidth("3350"), performs(990, 1980), priced("4", "2.5", "high")),
		class("l40s", "48Gi", family("ada"), compute("8.9"), features("fp8"), bandwidth("864"), performs(366, 733), priced("1", "", "low")),
		class("h200", "141Gi", family("hopper"), compute("9.0"), features("fp8", "nvlink"), bandwidth("4800"), performs(990, 1980), priced("6", "", "high")),
	}
}

// listing is a runtime that lists classes.
func listing(names ...string) *Runtime {
	rt := clusterRuntime("rt", lists(names...))
	return &Runtime{Name: "rt", Kind: KindClusterServingRuntime, Spec: &rt.Spec}
}

func listingAll() *Runtime { return listing("a100", "h100", "l40s", "h200") }

func byName(name string) *v1beta1.AcceleratorSelector {
	return &v1beta1.AcceleratorSelector{AcceleratorClass: &name}
}

func byPolicy(p v1beta1.AcceleratorSelectionPolicy, changes ...func(*v1beta1.AcceleratorConstraints)) *v1beta1.AcceleratorSelector {
	s := &v1beta1.AcceleratorSelector{Policy: p}
	for _, change := range changes {
		if s.Constraints == nil {
			s.Constraints = &v1beta1.AcceleratorConstraints{}
		}
		change(s.Constraints)
	}
	return s
}

func minMemory(gb int64) func(*v1beta1.AcceleratorConstraints) {
	return func(c *v1beta1.AcceleratorConstraints) { c.MinMemory = &gb }
}

func maxMemory(gb int64) func(*v1beta1.AcceleratorConstraints) {
	return func(c *v1beta1.AcceleratorConstraints) { c.MaxMemory = &gb }
}

func minVersion(version string) func(*v1beta1.AcceleratorConstraints) {
	return func(c *v1beta1.AcceleratorConstraints) { c.MinArchitectureVersion = &version }
}

func minCompute(tflops int64) func(*v1beta1.AcceleratorConstraints) {
	return func(c *v1beta1.AcceleratorConstraints) { c.MinComputePerformanceTFLOPS = &tflops }
}

func prefers(precisions ...string) func(*v1beta1.AcceleratorConstraints) {
	return func(c *v1beta1.AcceleratorConstraints) { c.PreferredPrecisions = precisions }
}

func families(names ...string) func(*v1beta1.AcceleratorConstraints) {
	return func(c *v1beta1.AcceleratorConstraints) { c.ArchitectureFamilies = names }
}

func excludes(names ...string) func(*v1beta1.AcceleratorConstraints) {
	return func(c *v1beta1.AcceleratorConstraints) { c.ExcludedClasses = names }
}

func requires(names ...string) func(*v1beta1.AcceleratorConstraints) {
	return func(c *v1beta1.AcceleratorConstraints) { c.RequiredFeatures = names }
}

func TestFindAccelerator(t *testing.T) {
	for sentence, c := range map[string]struct {
		cat                *Catalog // nil means the classes of most tests
		runtime            *Runtime
		override, selector *v1beta1.AcceleratorSelector
		want               string // empty means none
		reason             string
		reasons            []string
	}{
		"nothing is asked for": {runtime: listingAll()},
		"the service names a class": {runtime: listingAll(), selector: byName("h100"),
			want: "h100", reason: "named by spec.acceleratorSelector.acceleratorClass"},
		"the component names another class": {runtime: listingAll(), selector: byName("l40s"), override: byName("a100"),
			want: "a100", reason: "named by spec.engine.acceleratorOverride.acceleratorClass"},
		"a name goes before a policy, even the component's": {runtime: listingAll(), selector: byName("l40s"), override: byPolicy(v1beta1.MostCapable), want: "l40s"},
		"a name is not held against constraints": {runtime: listingAll(),
			selector: &v1beta1.AcceleratorSelector{AcceleratorClass: ptr("l40s"), Constraints: &v1beta1.AcceleratorConstraints{MinMemory: ptr(int64(80))}}, want: "l40s"},
		"a name needs no runtime": {selector: byName("h100"), want: "h100"},

		"FirstAvailable takes the runtime's first": {runtime: listing("l40s", "a100"), selector: byPolicy(v1beta1.FirstAvailable),
			want: "l40s", reason: "FirstAvailable by spec.acceleratorSelector.policy: the first in the runtime's list that satisfies the constraints"},
		"FirstAvailable takes the first that satisfies every constraint": {runtime: listingAll(),
			selector: byPolicy(v1beta1.FirstAvailable, requires("FP8"), minVersion("8.5"), families("nvidia-hopper", "ada"), maxMemory(100)), want: "h100"},
		"an excluded class is passed over": {runtime: listingAll(), selector: byPolicy(v1beta1.FirstAvailable, excludes("a100")), want: "h100"},
		"memory is read in GB with and without a suffix": {
			cat:     catalog(class("plain", "80"), class("decimal", "80G"), class("binary", "80Gi")),
			runtime: listing("plain", "decimal", "binary"), selector: byPolicy(v1beta1.FirstAvailable, minMemory(80), maxMemory(80)), want: "plain"},
		"architecture versions are compared as versions": {
			cat:     catalog(class("b200", "180Gi", compute("10.0")), class("h100", "80Gi", compute("9.0"))),
			runtime: listing("b200", "h100"), selector: byPolicy(v1beta1.FirstAvailable, minVersion("9.0")), want: "b200"},
		"a family with a dash of its own matches by its name": {
			cat:     catalog(class("x", "80Gi", family("grace-hopper"))),
			runtime: listing("x"), selector: byPolicy(v1beta1.FirstAvailable, families("grace-hopper")), want: "x"},

		"BestFit without constraints takes the runtime's first": {runtime: listingAll(), selector: byPolicy(v1beta1.BestFit),
			want: "a100", reason: "BestFit by spec.acceleratorSelector.policy: the highest score, 1.000, of 4 classes"},
		"BestFit of one class takes it": {runtime: listing("l40s"), selector: byPolicy(v1beta1.BestFit),
			want: "l40s", reason: "BestFit by spec.acceleratorSelector.policy: the only class that is left"},
		"BestFit prefers the least memory that is enough": {runtime: listing("h200", "l40s"), selector: byPolicy(v1beta1.BestFit, minMemory(40)), want: "l40s"},
		"BestFit prefers the compute that is wanted":      {runtime: listing("a100", "h100"), selector: byPolicy(v1beta1.BestFit, minCompute(1500)), want: "h100"},
		"BestFit counts a class without performance less": {
			cat:     catalog(class("bare", "80Gi"), class("stated", "80Gi", performs(1, 0))),
			runtime: listing("bare", "stated"), selector: byPolicy(v1beta1.BestFit), want: "stated"},

		"Cheapest takes the lowest price that satisfies the constraints": {runtime: listingAll(), selector: byPolicy(v1beta1.Cheapest, minMemory(60)),
			want: "a100", reason: "Cheapest by spec.acceleratorSelector.policy: the lowest cost, 2 per hour, of 3 classes"},
		"Cheapest takes the spot price where there is one, even a higher one": {
			cat:     catalog(class("a", "80Gi", priced("1", "9", "")), class("b", "80Gi", priced("5", "", ""))),
			runtime: listing("a", "b"), selector: byPolicy(v1beta1.Cheapest), want: "b"},
		"Cheapest goes by tier where there is no price": {
			cat:     catalog(class("a", "80Gi", priced("", "", "HIGH")), class("b", "80Gi", priced("", "", "odd")), class("c", "80Gi", priced("", "", "medium"))),
			runtime: listing("a", "b", "c"), selector: byPolicy(v1beta1.Cheapest), want: "b"},
		"Cheapest passes over a class without the price that others have": {
			cat:     catalog(class("a", "80Gi", priced("", "", "low")), class("b", "80Gi", priced("50", "", "high"))),
			runtime: listing("a", "b"), selector: byPolicy(v1beta1.Cheapest), want: "b"},
		"Cheapest takes the price of tokens where there is none per hour": {
			cat: catalog(class("a", "80Gi", func(s *v1beta1.AcceleratorClassSpec) {
				s.Cost = &v1beta1.AcceleratorCost{PerMillionTokens: quantity("300m"), Tier: "low"}
			}), class("b", "80Gi", func(s *v1beta1.AcceleratorClassSpec) {
				s.Cost = &v1beta1.AcceleratorCost{PerMillionTokens: quantity("200m"), Tier: "high"}
			}), class("c", "80Gi", priced("", "", "low"))),
			runtime: listing("a", "b", "c"), selector: byPolicy(v1beta1.Cheapest),
			want: "b", reason: "Cheapest by spec.acceleratorSelector.policy: the lowest cost, 200m per million tokens, of 3 classes"},
		"Cheapest prefers the low tier": {
			cat:     catalog(class("a", "80Gi", priced("", "", "medium")), class("b", "80Gi", priced("", "", "low")), class("c", "80Gi")),
			runtime: listing("a", "b", "c"), selector: byPolicy(v1beta1.Cheapest), want: "b"},
		"Cheapest without any cost is none": {
			cat:     catalog(class("a", "80Gi"), class("b", "80Gi")),
			runtime: listing("a", "b"), selector: byPolicy(v1beta1.Cheapest), reasons: []string{NoAcceleratorClass}},

		"MostCapable takes the most memory, bandwidth and compute": {runtime: listingAll(), selector: byPolicy(v1beta1.MostCapable), want: "h200"},
		"MostCapable weighs the preferred precision": {
			cat:     catalog(class("a", "80Gi", performs(900, 100)), class("b", "80Gi", performs(100, 900))),
			runtime: listing("a", "b"), selector: byPolicy(v1beta1.MostCapable, prefers("fp8", "fp16")), want: "b"},
		"MostCapable without figures takes the runtime's first": {
			cat:     catalog(class("a", ""), class("b", "")),
			runtime: listing("b", "a"), selector: byPolicy(v1beta1.MostCapable), want: "b"},

		"the component's policy and constraints go over the service's": {runtime: listingAll(),
			selector: byPolicy(v1beta1.MostCapable, maxMemory(100)), override: byPolicy(v1beta1.Cheapest, minMemory(60)),
			want: "a100", reason: "Cheapest by spec.engine.acceleratorOverride.policy: the lowest cost, 2 per hour, of 2 classes"},
		"the component's constraints apply to the service's policy": {runtime: listingAll(),
			selector: byPolicy(v1beta1.FirstAvailable), override: &v1beta1.AcceleratorSelector{Constraints: &v1beta1.AcceleratorConstraints{ArchitectureFamilies: []string{"ada"}}}, want: "l40s"},
		"constraints of component and service that exclude each other leave none": {runtime: listingAll(),
			selector: byPolicy(v1beta1.MostCapable, maxMemory(50)), override: byPolicy(v1beta1.Cheapest, minMemory(60)), reasons: []string{NoAcceleratorClass}},
		"a listed class that does not exist drops out": {runtime: listing("ghost", "l40s", "a100"), selector: byPolicy(v1beta1.FirstAvailable), want: "l40s", reasons: []string{AcceleratorClassUnusable}},
		"a listed class that cannot be decoded drops out": {cat: catalog(classes()...).breaking("AcceleratorClass/b200"),
			runtime: listing("b200", "a100"), selector: byPolicy(v1beta1.FirstAvailable), want: "a100", reasons: []string{AcceleratorClassUnusable}},
		"a class that is listed twice counts once": {runtime: listing("l40s", "l40s"), selector: byPolicy(v1beta1.Cheapest),
			want: "l40s", reason: "Cheapest by spec.acceleratorSelector.policy: the only class that is left"},
		"a policy without a list is none":    {runtime: listing(), selector: byPolicy(v1beta1.FirstAvailable), reasons: []string{NoAcceleratorClass}},
		"a policy without a runtime is none": {selector: byPolicy(v1beta1.BestFit), reasons: []string{NoAcceleratorClass}},
		"an unknown policy is none":          {runtime: listingAll(), selector: byPolicy("Fastest"), reasons: []string{AcceleratorPolicyUnknown}},
	} {
		t.Run(sentence, func(t *testing.T) {
			cat := c.cat
			if cat == nil {
				cat = catalog(classes()...)
			}
			rec := &trace.Recorder{}
			got, failure := FindAccelerator(cat, AcceleratorInput{Component: v1beta1.EngineComponent, Override: c.override, Selector: c.selector, Runtime: c.runtime}, rec)
			require.Nil(t, failure)
			assert.Equal(t, c.reasons, findingReasons(rec))
			if c.want == "" {
				assert.Nil(t, got)
				return
			}
			require.NotNil(t, got)
			assert.Equal(t, c.want, got.Name)
			assert.Same(t, cat.AcceleratorClasses[c.want], got.Class)
			if c.reason != "" {
				assert.Equal(t, c.reason, got.Reason)
			}
		})
	}
}

func TestFindAcceleratorFails(t *testing.T) {
	for sentence, c := range map[string]struct {
		cat     *Catalog
		reason  string
		message string
	}{
		"when the class that is named does not exist": {
			catalog(), AcceleratorClassNotFound, "spec.acceleratorSelector.acceleratorClass names ghost, but there is no AcceleratorClass of this name"},
		"when the class that is named cannot be decoded": {
			catalog().breaking("AcceleratorClass/ghost"), AcceleratorClassInvalid, "AcceleratorClass ghost cannot be read: spec: wrong type"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, failure := FindAccelerator(c.cat, AcceleratorInput{Component: v1beta1.EngineComponent, Selector: byName("ghost"), Runtime: listing("ghost")}, nil)
			assert.Nil(t, got)
			require.NotNil(t, failure)
			assert.Equal(t, c.reason, failure.Reason)
			assert.Equal(t, v1beta1.InvalidPredictorSpec, failure.ModelReason)
			assert.Contains(t, failure.Message, c.message)
		})
	}
}

func TestAnnotationChoosesNoClassAndTheTraceSaysSo(t *testing.T) {
	rec := trace.NewExplainingRecorder()
	got, failure := FindAccelerator(catalog(classes()...), AcceleratorInput{Component: v1beta1.EngineComponent, Annotation: "h100", Runtime: listingAll()}, rec)
	require.Nil(t, failure)
	assert.Nil(t, got)
	require.Len(t, rec.Entries(), 1)
	assert.Contains(t, rec.Entries()[0].Message, "restricts the runtimes to those that list h100 and chooses no class")
	assert.Empty(t, rec.Findings())
}

func TestAcceleratorChoiceIsExplained(t *testing.T) {
	rec := trace.NewExplainingRecorder()
	_, failure := FindAccelerator(catalog(classes()...), AcceleratorInput{
		Component: v1beta1.DecoderComponent, Selector: byPolicy(v1beta1.Cheapest, minMemory(60)), Runtime: listingAll()}, rec)
	require.Nil(t, failure)
	var lines []string
	for _, e := range rec.Entries() {
		lines = append(lines, string(e.Verdict)+" "+e.Subject+" "+e.Reason+": "+e.Message)
	}
	assert.Equal(t, []string{
		"rejected decoder/accelerator/l40s MemoryOutOfRange: memory 48 GB is less than minMemory 60",
		"chosen decoder/accelerator/a100 Ranked: the lowest cost, 2 per hour, of 3 classes",
		"candidate decoder/accelerator/h100 Ranked: behind a100",
		"candidate decoder/accelerator/h200 Ranked: behind a100",
	}, lines)
}

func TestAcceleratorConfigIsThatOfTheMatchingEntry(t *testing.T) {
	config := func(size int64) func(*v1beta1.SupportedModelFormat) {
		return func(e *v1beta1.SupportedModelFormat) {
			e.AcceleratorConfig = map[string]v1beta1.AcceleratorModelConfig{
				"h100": {TensorParallelismOverride: &v1beta1.TensorParallelismConfig{TensorParallelSize: &size}},
			}
		}
	}
	rt := clusterRuntime("rt", serves(architecture("Other"), config(1)), serves(config(8)), lists("h100", "a100"))
	cat := catalog(append(classes(), rt)...)
	runtime, failure := FindRuntime(cat, RuntimeInput{Ref: named("rt"), Model: model()}, nil)
	require.Nil(t, failure)

	got, failure := FindAccelerator(cat, AcceleratorInput{Component: v1beta1.EngineComponent, Selector: byName("h100"), Runtime: runtime}, nil)
	require.Nil(t, failure)
	require.NotNil(t, got.Config)
	assert.Equal(t, int64(8), *got.Config.TensorParallelismOverride.TensorParallelSize)

	got, failure = FindAccelerator(cat, AcceleratorInput{Component: v1beta1.EngineComponent, Selector: byName("a100"), Runtime: runtime}, nil)
	require.Nil(t, failure)
	assert.Nil(t, got.Config)
}

func TestConstraintsThatReject(t *testing.T) {
	for sentence, c := range map[string]struct {
		limit  func(*v1beta1.AcceleratorConstraints)
		class  *v1beta1.AcceleratorClass
		reason string
	}{
		"an excluded class":                    {excludes("x"), class("x", "80Gi"), ClassExcluded},
		"another family":                       {families("hopper"), class("x", "80Gi", family("ampere")), FamilyNotWanted},
		"the family of another vendor":         {families("amd-hopper"), class("x", "80Gi", family("hopper")), FamilyNotWanted},
		"too little memory":                    {minMemory(80), class("x", "79"), MemoryOutOfRange},
		"too much memory":                      {maxMemory(50), class("x", "80Gi"), MemoryOutOfRange},
		"no memory stated":                     {minMemory(1), class("x", ""), MemoryOutOfRange},
		"a feature that is missing":            {requires("fp8", "nvlink"), class("x", "", features("fp8")), FeatureMissing},
		"an older architecture":                {minVersion("10.0"), class("x", "", compute("9.0")), ArchitectureTooOld},
		"an architecture that is not stated":   {minVersion("9.0"), class("x", ""), ArchitectureTooOld},
		"an architecture of another numbering": {minVersion("9.0"), class("x", "", compute("gfx942")), ArchitectureTooOld},
	} {
		t.Run(sentence, func(t *testing.T) {
			var limits v1beta1.AcceleratorConstraints
			c.limit(&limits)
			reason, message, ok := satisfiesConstraints(limits, c.class)
			assert.False(t, ok)
			assert.Equal(t, c.reason, reason)
			assert.NotEmpty(t, message)
			_, _, ok = satisfiesConstraints(v1beta1.AcceleratorConstraints{}, c.class)
			assert.True(t, ok, "without constraints every class is admitted")
		})
	}
}

func TestMergeConstraints(t *testing.T) {
	service := byPolicy("", minMemory(1), maxMemory(2), minCompute(3), minVersion("4"), requires("a"), excludes("b"), families("c"), prefers("d"))
	for sentence, c := range map[string]struct {
		component *v1beta1.AcceleratorSelector
		want      v1beta1.AcceleratorConstraints
	}{
		"a component without an override takes the service's": {nil, *service.Constraints},
		"fields of the component replace the service's": {
			byPolicy("", maxMemory(20), excludes("x")),
			*byPolicy("", minMemory(1), maxMemory(20), minCompute(3), minVersion("4"), requires("a"), excludes("x"), families("c"), prefers("d")).Constraints},
		"an empty list of the component clears the service's": {
			byPolicy("", requires([]string{}...)),
			*byPolicy("", minMemory(1), maxMemory(2), minCompute(3), minVersion("4"), requires([]string{}...), excludes("b"), families("c"), prefers("d")).Constraints},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, c.want, mergeConstraints(service, c.component))
		})
	}
}

func TestGigabytes(t *testing.T) {
	for text, want := range map[string]float64{
		"80": 80, "80G": 80, "80Gi": 80, "80000M": 80, "81920Mi": 80, "80000000000": 80, "0.5": 0.5, "141Gi": 141, "0": 0,
	} {
		assert.InDelta(t, want, inGigabytes(quantity(text)), 1e-9, text)
	}
	assert.Zero(t, inGigabytes(nil))
}

func TestCapabilityAtLeast(t *testing.T) {
	for sentence, c := range map[string]struct {
		has, least string
		want       bool
	}{
		"10.0 is more than 9.0":                       {"10.0", "9.0", true},
		"9.0 is less than 10.0":                       {"9.0", "10.0", false},
		"a version is at least itself":                {"8.9", "8.9", true},
		"9 is 9.0":                                    {"9", "9.0", true},
		"sm_90 is 9.0":                                {"sm_90", "9.0", true},
		"9.0 is sm_90":                                {"9.0", "sm_90", true},
		"sm_100 is more than sm_90":                   {"sm_100", "sm_90", true},
		"sm_90a is 9.0":                               {"sm_90a", "9.0", true},
		"compute_89 is less than 9.0":                 {"compute_89", "9.0", false},
		"SM90 is 9.0":                                 {"SM90", "9.0", true},
		"gfx942 is more than gfx90a":                  {"gfx942", "gfx90a", true},
		"gfx90a is less than gfx942":                  {"gfx90a", "gfx942", false},
		"gfx1100 is more than gfx942":                 {"gfx1100", "gfx942", true},
		"AMD's numbers are not NVIDIA's":              {"gfx1100", "9.0", false},
		"what cannot be read is at least itself":      {"xe-hpc", "XE-HPC", true},
		"what cannot be read is not at least another": {"xe-hpc", "9.0", false},
		"a dot after sm is read as a dot":             {"sm_9.0", "9.0", true},
		"letters among the digits cannot be read":     {"gfx9x2", "gfx900", false},
		"a single digit after sm cannot be read":      {"sm_9", "1.0", false},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, c.want, capabilityAtLeast(c.has, c.least))
		})
	}
}

func TestMemoryFit(t *testing.T) {
	for sentence, c := range map[string]struct {
		memory string
		need   *int64
		want   float64
	}{
		"nothing is needed":           {"", nil, 1},
		"half of it is needed":        {"80Gi", ptr(int64(40)), 0.5},
		"it is not enough":            {"40Gi", ptr(int64(80)), 0},
		"it is not stated":            {"", ptr(int64(80)), 0},
		"none is stated, none needed": {"", ptr(int64(0)), 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, c.want, memoryFit(class("x", c.memory), v1beta1.AcceleratorConstraints{MinMemory: c.need}))
		})
	}
}

func TestMetric(t *testing.T) {
	p := &v1beta1.AcceleratorPerformance{Fp32Tflops: ptr(int64(1)), Fp16Tflops: ptr(int64(2)), Int8Tops: ptr(int64(3)), Int4Tops: ptr(int64(4))}
	for precision, want := range map[string]float64{"fp32": 1, "fp16": 2, "FP16": 2, "int8": 3, "fp8": 3, "int4": 4, "bf16": 0} {
		assert.Equal(t, want, performanceIn(p, precision), precision)
	}
}

func TestComputeFit(t *testing.T) {
	for sentence, c := range map[string]struct {
		class  *v1beta1.AcceleratorClass
		limits []func(*v1beta1.AcceleratorConstraints)
		want   float64
	}{
		"no performance is 0":                         {class("x", ""), nil, 0},
		"any performance is enough if none is wanted": {class("x", "", performs(1, 0)), nil, 1},
		"the best figure counts":                      {class("x", "", performs(100, 400)), []func(*v1beta1.AcceleratorConstraints){minCompute(800)}, 0.5},
		"more than wanted counts as enough":           {class("x", "", performs(100, 400)), []func(*v1beta1.AcceleratorConstraints){minCompute(200)}, 1},
		"fp8 is read from int8":                       {class("x", "", performs(100, 400)), []func(*v1beta1.AcceleratorConstraints){minCompute(800), prefers("fp8")}, 0.5},
		"a later precision counts half":               {class("x", "", performs(400, 0)), []func(*v1beta1.AcceleratorConstraints){minCompute(400), prefers("int8", "fp16")}, 0.5},
		"fp16 stands in after all that are listed":    {class("x", "", performs(400, 0)), []func(*v1beta1.AcceleratorConstraints){minCompute(400), prefers("int8", "int4")}, 0.25},
		"no figure for any precision is 0":            {class("x", "", performs(0, 400)), []func(*v1beta1.AcceleratorConstraints){prefers("fp16")}, 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			limits := byPolicy("", append(c.limits, func(*v1beta1.AcceleratorConstraints) {})...).Constraints
			assert.Equal(t, c.want, computeFit(c.class, *limits))
		})
	}
}
