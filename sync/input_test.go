package sync_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	gosync "sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// uncounted are the changes of templates that no digest shows: values that the API server writes by
// itself, for all services at once, when the custom resource definitions get a default.
var uncounted = []exception{
	{at: `\.fileKeyRef\.optional$`, why: "the API server writes false"},
}

// mayReachPods are the fields that count although they do not reach the pods of some component of some
// world here: they reach those of others, or do so in other circumstances.
var mayReachPods = []exception{
	{at: `^(service|runtime)\.spec\.(engine|decoder)(Config)?\.[a-zA-Z]+`, in: "MultiNode|one runtime for all|a pair",
		why: "a leader serves, and what stands beside it would make the pod of a component without one"},
	{at: `^(service|runtime)\.spec\.engine(Config)?\.worker\.`, in: "Ray", why: "the workers of Ray have the pod of the head"},
	{at: `(acceleratorSelector|acceleratorOverride)\.(policy|constraints)`, why: "chooses the class, which may be the same as before"},
	{at: `^service\.spec\..*\.acceleratorClass$|annotations\[ome.io/accelerator-class\]$`, in: "are chosen|neither",
		why: "limits the choice of the runtime, which may be the same as before"},
	{at: `^service\.spec\.(model|runtime)\.kind$`, why: "says where an object is looked for first, which may be the same one"},
	{at: `^service\.spec\.runtime\.(apiGroup|autoSync|revision)$`, in: "a predictor", why: "a runtime without a name takes the place of the predictor's"},
	{at: `\.serviceAccount$`, why: "is the old name of serviceAccountName, which isvc writes for a router"},
	{at: `^class\.spec\.resources\[\]\.quantity$`, why: "is for runners that do not say how many accelerators they need"},
	{at: `^runtime\.spec\.containers\[\]\.name$`, why: "is by which the resources of a container are found"},
	{at: `tensorParallelismOverride\.(tensor|pipeline)ParallelSize$`, in: "placeholders", why: "a size may be the one that holds without it"},
	{at: `\.topology(Key|Spread|SpreadKey)$`, why: "places pods together with another of the three, or where there are workers"},
	{at: `parallelismOverride\.`, in: "placeholders|neither", why: "is for runners with a flag for it"},
	{at: `^runtime\.spec\.(engine|router)Config\.(min|max)Replicas$`, why: "the service's own number wins, and a decoder beside an engine"},
	{at: `^model\.spec\.storage\.storageUri$`, in: "a weight", why: "an init container takes the place of the mount whose path it gives"},
	{at: `\.(runner|containers\[\])\.ports\[\]`, in: "Serverless|MultiNode", why: "Knative takes one port, which may be the other's"},
	{at: `annotations\[ome.io/service-type\]$`, in: "the configuration names", why: "the component's own value wins"},
	{at: `annotations\[ome.io/deploymentMode\]$`, why: "names the mode, which may be the same without it"},
	{at: `\.engine(Config)?\.leader\.ephemeralContainers\[\]`, in: "Ray", why: "makes a leader, by which the mode is chosen where none is named"},
	{at: `(labels|annotations)\[(ome.io/)?(base-model|serving-runtime|fine-tuned|inject-fine-tuned-adapter)`,
		why: "isvc writes the key itself where it knows what the key describes"},
	{at: `\.labels\[(app|component|ome.io/inferenceservice|serving.ome.io/inferenceservice)\]$`, why: "isvc writes the key itself"},
	{at: `annotations\[(volcano|kueue-enabled)\]$`, why: "counts by being there, and in company"},
	{at: `annotations\[ome.io/inject-`, in: "a weight", why: "counts if it is true"},
	{at: `^config\.deploy\.`, why: "names keys, which a service may have or not"},
}

// exception is a row of one of the tables above: places and worlds, as regular expressions, and why.
type exception struct{ at, in, why string }

// TestEveryInputCountsWhereItBelongs changes every field of every input of a service, and compares what
// the pods are made from with the digests on the workloads: a change that reaches pods counts as one of
// the object that changed, and a change that reaches no pod does not count.
func TestEveryInputCountsWhereItBelongs(t *testing.T) {
	keys := metadataKeys(t)
	used := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(worldShapes)) {
		t.Run(name, func(t *testing.T) {
			report := tryChangesOf(t, newWorld(t, name).prepare(t), keys)
			for _, problem := range slices.Sorted(maps.Keys(report.problems)) {
				t.Errorf("%s (%d times)", problem, report.problems[problem])
			}
			t.Logf("%d changes tried, of which %d changed pod templates and %d made a service that cannot be computed",
				report.tried, report.templates, report.refused)
			maps.Copy(used, report.used)
		})
	}
	if *fieldSample == 1 && !t.Failed() {
		for _, row := range slices.Concat(uncounted, mayReachPods) {
			assert.True(t, used[row.at], "%s explains nothing", row.at)
		}
	}
}

// tryChangesOf tries every change of a world, on all processors.
func tryChangesOf(t testing.TB, p *prepared, metadataKeys []string) *reportOfChanges {
	t.Helper()
	report := &reportOfChanges{problems: map[string]int{}, used: map[string]bool{}}
	base := outcomeOf(t, p.requestWith("", nil))
	require.Empty(t, base.refused)
	require.NotEmpty(t, base.components)
	var group gosync.WaitGroup
	changes := make(chan change)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for c := range changes {
				report.try(t, p, base, c)
			}
		})
	}
	for _, c := range p.changes(metadataKeys) {
		changes <- c
	}
	close(changes)
	group.Wait()
	return report
}

// change is one place of one input with the states that it takes, one after the other.
type change struct {
	// input is the name of the object or "config".
	input, place string
	// states are the requests; the world as it is comes before the first one.
	states []func() *sync.Request
}

// isTried reports whether a leaf is one of the sample.
func (l leaf) isTried(w *world, place string) bool {
	oneOf := *fieldSample * 10
	switch {
	case *fieldSample == 1:
		oneOf = 1
	case w.name == "RawDeployment" && l.depth == 0 && len(l.path) <= 4 && l.key == "":
		oneOf = *fieldSample / 60
	}
	return isSampled(w.name+place, oneOf)
}

// changes are those of all fields and all metadata of the inputs of a world.
func (p *prepared) changes(metadataKeys []string) []change {
	var out []change
	for _, input := range inputs {
		for _, l := range leavesOf(input.spec) {
			if p.deep || l.depth <= 1 {
				out = append(out, p.changesOfLeaf(input.name, l.inside("spec"))...)
			}
		}
		if p.allMetadata || input.name == theService {
			for _, l := range metadataLeaves(input.name, metadataKeys) {
				out = append(out, p.changesOfLeaf(input.name, l)...)
			}
		}
	}
	return append(out, p.changesOfConfig()...)
}

// changesOfLeaf gives a leaf each of its values: in a list or a map once in an item that is added, and
// once in each of the first items that are there, which then goes.
func (p *prepared) changesOfLeaf(input string, l leaf) []change {
	place := l.placeIn(input)
	if !l.isTried(p.world, place) {
		return nil
	}
	l = l.withValuesFor(input)
	var out []change
	for _, take := range []int{added, 0, 1} {
		if _, possible := l.set(p.objects[input], take, l.values[0]); !possible {
			break
		}
		c := change{input: input, place: place}
		values := []any{l.values[0]}
		if l.depth <= 1 {
			values = append(values, l.values[1]) // deep inside of pods, a value is a value
		}
		if take != added {
			values = append(values, nil)
		}
		for _, value := range values {
			c.states = append(c.states, func() *sync.Request {
				changed, _ := l.set(p.objects[input], take, value)
				return p.requestWith(input, changed)
			})
		}
		out = append(out, c)
	}
	return out
}

// changesOfConfig changes every key of every section, and removes and breaks sections.
func (p *prepared) changesOfConfig() []change {
	withSections := func(sections map[string]object) func() *sync.Request {
		return func() *sync.Request {
			request := p.requestWith("", nil)
			request.Config = parseSections(sections)
			return request
		}
	}
	out := []change{{input: theConfig, place: "config", states: []func() *sync.Request{
		withSections(map[string]object{}), withSections(nil),
	}}}
	for _, section := range slices.Sorted(maps.Keys(configSectionTypes)) {
		without := maps.Clone(p.sections)
		delete(without, section)
		out = append(out, change{input: theConfig, place: "config." + section, states: []func() *sync.Request{
			withSections(without), withSections(withSection(p.sections, section, object{"unknown": "x"})),
		}})
		for _, l := range leavesOf(configSectionTypes[section]) {
			place := l.placeIn(theConfig + "." + section)
			if !l.isTried(p.world, place) {
				continue
			}
			l = l.withValuesFor(theConfig + "." + section)
			for _, take := range []int{added, 0} {
				c := change{input: theConfig, place: place}
				for _, value := range l.values {
					changed, possible := l.set(p.sections[section], take, value)
					if possible {
						c.states = append(c.states, withSections(withSection(p.sections, section, changed)))
					}
				}
				out = append(out, c)
			}
		}
	}
	return out
}

func withSection(sections map[string]object, name string, section object) map[string]object {
	out := maps.Clone(sections)
	out[name] = section
	return out
}

// metadataLeaves are the labels and annotations of an object, and those of the components that it
// describes, under every key that means something somewhere.
func metadataLeaves(input string, keys []string) []leaf {
	holders := [][]string{{"metadata"}}
	switch input {
	case theService:
		holders = append(holders, []string{"spec", "engine"}, []string{"spec", "router"})
	case theRuntime:
		holders = append(holders, []string{"spec", "engineConfig"}, []string{"spec", "routerConfig"})
	}
	var out []leaf
	for _, holder := range holders {
		for _, key := range keys {
			values, isSetting := settings[key]
			if !isSetting {
				values = [2]string{"true", "other"}
			}
			for _, field := range []string{"labels", "annotations"} {
				path := append(slices.Clone(holder), field, "{}")
				out = append(out, leaf{path: path, key: key, values: [2]any{values[0], values[1]}})
			}
		}
	}
	return out
}

// reportOfChanges collects what came out.
type reportOfChanges struct {
	gosync.Mutex
	tried, templates, refused int
	problems                  map[string]int
	used                      map[string]bool
}

// try goes through the states of a change and compares each with the one before.
func (r *reportOfChanges) try(t testing.TB, p *prepared, base outcome, c change) {
	before := base
	for _, state := range c.states {
		after := outcomeOf(t, state())
		r.compare(p.world, c, before, after)
		before = after
	}
}

func (r *reportOfChanges) compare(w *world, c change, before, after outcome) {
	r.Lock()
	defer r.Unlock()
	r.tried++
	if after.refused != "" {
		r.refused++
	}
	owner := "shared"
	if c.input == theService {
		owner = "service"
	}
	for component, was := range before.components {
		now, still := after.components[component]
		if !still || was.workload != now.workload {
			continue // a workload that is not there any more, or another one, has no template to keep
		}
		differs, counted := was.template != now.template, sync.CauseOfChange(was.input, now.input)
		if differs {
			r.templates++
		}
		switch {
		case differs && counted == "" && r.isExplained(uncounted, w, c):
		case differs && counted != owner:
			r.problems[fmt.Sprintf("%s reaches the pods of the %s and counts as a change of %q", c.place, component, counted)]++
		case strings.HasPrefix(component, proberOf): // it counts with the workload that it watches
		case !differs && counted != "" && !r.isExplained(mayReachPods, w, c):
			r.problems[fmt.Sprintf("%s does not reach the pods of the %s and counts as a change of %q", c.place, component, counted)]++
		}
	}
}

// isExplained reports whether one of the rows speaks of a change, and notes that it is of use.
func (r *reportOfChanges) isExplained(rows []exception, w *world, c change) bool {
	explains := false
	for _, row := range rows {
		if matches(row.at, c.place) && matches(row.in, w.name) {
			explains, r.used[row.at] = true, true
		}
	}
	return explains
}

var patterns gosync.Map

// matches is regexp.MatchString with patterns that are compiled once.
func matches(pattern, text string) bool {
	compiled, known := patterns.Load(pattern)
	if !known {
		compiled, _ = patterns.LoadOrStore(pattern, regexp.MustCompile(pattern))
	}
	return compiled.(*regexp.Regexp).MatchString(text)
}

// valuesAt are the values of places that need others than any.
var valuesAt = []struct {
	at     string
	values [2]any
}{
	{`^service\.spec\.model\.name$|baseModel$`, [2]any{"model-b", "model-a"}},
	{`^service\.spec\.model\.kind$`, [2]any{"BaseModel", "ClusterBaseModel"}},
	{`fineTunedWeights\[\]$`, [2]any{"weight-b", "weight-a"}},
	{`^service\.spec\.runtime\.name$|^service\.spec\.predictor\.model\.runtime$`, [2]any{"runtime-b", "runtime-a"}},
	{`^service\.spec\.runtime\.kind$`, [2]any{"ServingRuntime", "ClusterServingRuntime"}},
	{`\.acceleratorClass$|excludedClasses\[\]$|acceleratorClasses\[\]$`, [2]any{"class-b", "class-a"}},
	{`\.policy$`, [2]any{"MostCapable", "FirstAvailable"}},
	{`scaleMetric$`, [2]any{"cpu", "memory"}},
	{`minReplicas$`, [2]any{int64(0), int64(5)}},
	{`hyperParameters$`, [2]any{object{"strategy": "tfew"}, object{"strategy": "lora", "rank": int64(16)}}},
	{`^weight\.spec\.configuration$`, [2]any{object{"merged_weights": true}, object{"other": "x"}}},
	{`^weight\.spec\.storage\.storageUri$`, [2]any{"oci://n/n/b/b/o/b", "oci://n/n/b/b/o/c"}},
	{`^model\.spec\.storage\.storageUri$`, [2]any{"pvc://claim/x", "pvc://claim/y"}},
	{`defaultDeploymentMode$`, [2]any{"Serverless", "RawDeployment"}},
	{`templateLabels\[\]$`, [2]any{"team", "tier"}},
	{`templateAnnotations\[\]$`, [2]any{"example.com/note", "example.com/*"}},
	{`^config\..*(cpu|memory)(Request|Limit)$`, [2]any{"3", "4"}},
	{`domainTemplate$|pathTemplate$`, [2]any{"/a", "/b"}},
	{`onUpgrade$|onCatalogueChange$`, [2]any{"Hold", "Roll"}},
}

// placeIn is the place of a leaf of an input.
func (l leaf) placeIn(input string) string { return input + "." + l.String() }

// inside is the leaf below a member.
func (l leaf) inside(member string) leaf {
	l.path = append([]string{member}, l.path...)
	items := map[int]object{}
	for length, item := range l.items {
		items[length+1] = item
	}
	l.items = items
	return l
}

// withValuesFor is the leaf with the values that it needs in an input.
func (l leaf) withValuesFor(input string) leaf {
	for _, row := range valuesAt {
		if matches(row.at, l.placeIn(input)) {
			l.values = row.values
		}
	}
	return l
}

// inputs are the objects that a service is made from, and itself, with the types of their specs.
var inputs = []struct {
	name string
	spec reflect.Type
}{
	{theService, reflect.TypeFor[v1beta1.InferenceServiceSpec]()},
	{theRuntime, reflect.TypeFor[v1beta1.ServingRuntimeSpec]()},
	{theModel, reflect.TypeFor[v1beta1.BaseModelSpec]()},
	{theClass, reflect.TypeFor[v1beta1.AcceleratorClassSpec]()},
	{theWeight, reflect.TypeFor[v1beta1.FineTunedWeightSpec]()},
}

// configSectionTypes are the types of the sections of the configuration.
var configSectionTypes = map[string]reflect.Type{
	config.SectionDeploy: reflect.TypeFor[config.Deploy](), config.SectionIngress: reflect.TypeFor[config.Ingress](),
	config.SectionProber: reflect.TypeFor[config.Prober](), config.SectionMetrics: reflect.TypeFor[config.Metrics](),
	config.SectionModelInit: reflect.TypeFor[config.Injector](), config.SectionFineTunedAdapter: reflect.TypeFor[config.Injector](),
	config.SectionServingSidecar: reflect.TypeFor[config.Injector](), config.SectionKeda: reflect.TypeFor[config.Keda](),
	config.SectionRollout: reflect.TypeFor[config.Rollout](), config.SectionBudget: reflect.TypeFor[config.DisruptionBudgets](),
}
