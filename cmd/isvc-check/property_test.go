package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	protocol "github.com/isvc-io/isvc/cmd/isvc/check"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/internal/generate"
	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

var (
	properties = flag.Int("properties", 300, "how many cases are tried; CI tries 10000")
	seed       = flag.Uint64("seed", 1, "the seed of the generated cases")
	onlyCase   = flag.Int("case", -1, "the one generated case to try")
	widen      = flag.Int("widen", 4, "how many fields of any kind are added to a case at most; none with 0")
)

// TestTheClusterTakesWhatIsRendered: what generated services become is accepted by the validation of
// Kubernetes and by the definitions of the operators, or the service has an error that says so.
//
// What is wrong in the input itself is left out: an object that its definition refuses is in no cluster,
// and a pod that is refused as its author wrote it is refused in every form.
func TestTheClusterTakesWhatIsRendered(t *testing.T) {
	checks := checkerForTests(t)
	tally := &tally{kinds: map[string]int{}, refusals: map[string][]string{}, excused: map[string]int{}}
	inParallel(func(number int) {
		dice := generate.NewDice(*seed, uint64(number))
		world := dice.World()
		if *widen > 0 && number%4 != 0 {
			dice.Widen(world, *widen)
		}
		tally.add(tryWorld(checks, number, world))
	})
	t.Logf("%d services, %d refused by their definition, %d held; children: %v", tally.services, tally.refused, tally.held, tally.kinds)
	for _, what := range slices.Sorted(maps.Keys(tally.excused)) {
		t.Logf("wrong in the input itself, %d times: %s", tally.excused[what], what)
	}
	for _, what := range slices.Sorted(maps.Keys(tally.refusals)) {
		cases := tally.refusals[what]
		t.Errorf("%d times: %s\n  for example (try it alone with -case):\n    %s", len(cases), what, strings.Join(cases[:min(3, len(cases))], "\n    "))
	}
	if *onlyCase >= 0 || *properties < 300 { // too few to say
		return
	}
	assert.Greater(t, 3*(tally.services-tally.held-tally.refused), tally.services, "more than a third renders")
	for kind := range kinds.All() {
		assert.NotZero(t, tally.kinds[string(kind)], "no case has a child of kind %s", kind)
	}
}

// inParallel tries the cases on all processors.
func inParallel(try func(number int)) {
	numbers := make(chan int)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for number := range numbers {
				try(number)
			}
		})
	}
	for number := range max(*properties, *onlyCase+1) {
		if *onlyCase < 0 || number == *onlyCase {
			numbers <- number
		}
	}
	close(numbers)
	group.Wait()
}

// checkerForTests has the definitions of operators from their modules.
var checkerForTests = func() func(t testing.TB) *checker {
	load := sync.OnceValues(newCheckerFromModules)
	return func(t testing.TB) *checker {
		checks, err := load()
		require.NoError(t, err)
		return checks
	}
}()

// tally is what the cases came to.
type tally struct {
	sync.Mutex
	services, held, refused int
	kinds                   map[string]int
	// excused are numbers of refusals that the input itself deserves.
	excused map[string]int
	// refusals are cases by what was refused.
	refusals map[string][]string
}

// outcome is what one world came to.
type outcome struct {
	services, held, refused int
	kinds                   []string
	excused                 []string
	refusals                map[string]string
}

func (t *tally) add(o outcome) {
	t.Lock()
	defer t.Unlock()
	t.services += o.services
	t.held += o.held
	t.refused += o.refused
	for _, what := range o.excused {
		t.excused[what]++
	}
	for _, kind := range o.kinds {
		t.kinds[kind]++
	}
	for what, where := range o.refusals {
		t.refusals[what] = append(t.refusals[what], where)
	}
}

func tryWorld(checks *checker, number int, world *generate.World) outcome {
	out := outcome{refusals: map[string]string{}}
	world.Related = slices.DeleteFunc(world.Related, func(object map[string]any) bool { return isRefused(checks, object) })
	for _, service := range world.Services {
		out.services++
		if isRefused(checks, service) {
			out.refused++
			continue
		}
		request := requestFor(world, service)
		response, err := isvc.Sync(request)
		if err != nil {
			out.refusals["Sync fails: "+err.Error()] = fmt.Sprintf("-case %d", number)
			continue
		}
		if response.Hold != nil {
			out.held++
			continue
		}
		errors := errorsOf(request, response)
		for _, child := range response.Children {
			kind := string(kinds.New(child.GetKind(), child.GetAPIVersion()))
			out.kinds = append(out.kinds, kind)
			refused := refusalsOf(checks, child)
			if len(refused) == 0 || slices.ContainsFunc(errors, func(found lint.Finding) bool { return speaksOf(found, child) }) {
				continue
			}
			wrong := wrongInItself(checks, world, service)
			for _, found := range refused {
				what := kind + " " + strings.Join(protocol.FieldNames(found.Field), ".") + ": " + found.Message
				what = what[:min(len(what), 240)]
				names := protocol.FieldNames(found.Field)
				isUnknown := found.Cause == protocol.CauseUnknownField && wrong[names[len(names)-1]+" "+found.Cause]
				if found.Field != "" && wrong[tailOf(found)] || isUnknown {
					out.excused = append(out.excused, what)
					continue
				}
				out.refusals[what] = fmt.Sprintf("-case %d: %s %s", number, child.GetName(), found.Field)
			}
		}
	}
	return out
}

// isRefused reports whether the definition of its kind refuses an object of the input. Unknown fields are
// dropped.
func isRefused(checks *checker, object map[string]any) bool {
	return slices.ContainsFunc(checks.check(text(object)).Findings, func(found protocol.Finding) bool { return found.Cause != protocol.CauseUnknownField })
}

// requestFor is a request for a service of a world.
func requestFor(world *generate.World, service map[string]any) *isvc.Request {
	request := &isvc.Request{Parent: text(service), Related: observed.Objects{}, Children: observed.Objects{}, Managed: world.Kinds}
	for _, object := range world.Related {
		u := unstructured.Unstructured{Object: object}
		request.Related.Add(kinds.New(u.GetKind(), u.GetAPIVersion()), u.GetNamespace(), u.GetName(), text(object))
	}
	for kind := range world.Kinds {
		request.Children[kind] = map[string]observed.Object{}
	}
	if world.Config != nil {
		request.Config = config.Parse(world.Config)
	}
	return request
}

func text(value any) json.RawMessage {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return raw
}

// errorsOf are the findings of a service of severity error.
func errorsOf(request *isvc.Request, response *isvc.Response) []lint.Finding {
	return slices.DeleteFunc(lint.Check(request, response), func(found lint.Finding) bool { return found.Severity != lint.Error })
}

// speaksOf reports whether an error says that a child is not accepted: it is about the child itself, or
// about what Knative refuses.
func speaksOf(found lint.Finding, child *unstructured.Unstructured) bool {
	if found.Rule == "KnativeRefuses" {
		return strings.Contains(found.Message, child.GetName())
	}
	return found.Object == child.GetKind()+"/"+child.GetName() && (found.Rule == "MountWithoutVolume" || found.Rule == "AcceleratorWithoutLimit")
}

// refusalsOf are the reasons for which a cluster refuses a child.
func refusalsOf(checks *checker, child *unstructured.Unstructured) []protocol.Finding {
	result := checks.check(text(child.Object))
	if result.Unknown {
		return []protocol.Finding{{Severity: protocol.Refused, Message: "nobody knows the kind"}}
	}
	return slices.DeleteFunc(result.Findings, func(found protocol.Finding) bool { return found.Severity != protocol.Refused })
}

// wrongInItself are the refusals of pods as the service and its runtimes give them, by tailOf.
func wrongInItself(checks *checker, world *generate.World, service map[string]any) map[string]bool {
	wrong := map[string]bool{}
	add := func(spec any) {
		tree, _ := spec.(map[string]any)
		for _, pod := range podsOf(tree) {
			raw := text(map[string]any{
				"apiVersion": "v1", "kind": "PodTemplate", "metadata": map[string]any{"name": "a", "namespace": "a"},
				"template": map[string]any{"spec": pod},
			})
			for _, found := range checks.builtIns[podTemplate].check(raw) {
				wrong[tailOf(found)] = true
			}
		}
		raw := text(map[string]any{
			"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "a", "namespace": "a"},
			"spec": map[string]any{"strategy": tree["deploymentStrategy"]},
		})
		for _, found := range checks.builtIns[kinds.Deployment].check(raw) {
			if strings.HasPrefix(found.Field, "spec.strategy") {
				wrong[tailOf(found)] = true
			}
		}
	}
	for _, object := range append(slices.Clone(world.Related), service) {
		for _, found := range checks.check(text(object)).Findings { // fields that are newer than the definition
			names := protocol.FieldNames(found.Field)
			wrong[names[len(names)-1]+" "+found.Cause] = true
		}
	}
	spec, _ := service["spec"].(map[string]any)
	for _, component := range []string{"engine", "decoder", "router", "predictor"} {
		add(spec[component])
	}
	for _, object := range world.Related {
		spec, _ := object["spec"].(map[string]any)
		add(spec) // the pod of a runtime of the older form
		for _, component := range []string{"engineConfig", "decoderConfig", "routerConfig"} {
			add(spec[component])
		}
	}
	return wrong
}

// podsOf are the pods of a component, its leader and its workers, each with its runner as a container and
// with one that has the resources of the component. Fields that pods do not have are dropped by decoding.
func podsOf(component map[string]any) []map[string]any {
	if component == nil {
		return nil
	}
	pod := maps.Clone(component)
	for _, field := range []string{"leader", "worker", "runner"} {
		delete(pod, field)
	}
	list, _ := component["containers"].([]any)
	if runner, ok := component["runner"].(map[string]any); ok {
		list = append([]any{runner}, list...)
	}
	if resources, ok := component["resources"]; ok || len(list) == 0 {
		list = append([]any{map[string]any{"name": "resources-of-the-component", "image": "runner", "resources": resources}}, list...)
	}
	pod["containers"] = list
	all := []map[string]any{pod}
	for _, field := range []string{"leader", "worker"} {
		if below, ok := component[field].(map[string]any); ok {
			all = append(all, podsOf(below)...)
		}
	}
	return all
}

// tailOf is a finding without the way to the pod, the indexes of lists and the value.
func tailOf(found protocol.Finding) string {
	names := protocol.FieldNames(found.Field)
	for i, name := range slices.Backward(names) {
		if strings.HasSuffix(strings.ToLower(name), "template") {
			names = names[i+1:]
			break
		}
	}
	for i, name := range names {
		if name == "initContainers" {
			names[i] = "containers"
		}
	}
	return strings.Join(names, ".") + " " + found.Cause
}
