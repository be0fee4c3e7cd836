package e2e

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/operators"
)

// TestLeaderWorkerSetOfADecoderUnderTheDriver leads a service through its life with prefill and decode apart: an engine
// of single pods, a decoder of groups with LeaderWorkerSet's own controller and webhooks, and a router. The driver is in
// Metacontroller's place, under both ways of applying.
func TestLeaderWorkerSetOfADecoderUnderTheDriver(t *testing.T) {
	runOperator(t, "LeaderWorkerSet's controller and webhooks", operators.StartLeaderWorkerSet)
	underTheDriver(t, "pair", nil, newDisaggregated)
}

// TestLeaderWorkerSetOfADecoderUnderMetacontroller does the same with the real Metacontroller.
func TestLeaderWorkerSetOfADecoderUnderMetacontroller(t *testing.T) {
	program := metacontroller(t)
	runOperator(t, "LeaderWorkerSet's controller and webhooks", operators.StartLeaderWorkerSet)
	underMetacontroller(t, program, "pair-meta", nil, newDisaggregated)
}

// disaggregated is a service with prefill and decode apart. The groups are those of its decoder.
type disaggregated struct{ *groups }

func newDisaggregated(t *testing.T, name, user string) (*world, func(*testing.T)) {
	t.Helper()
	g := newGroups(t, "testdata/pair.yaml", name, user)
	g.podsOf = 2
	g.indexOf = func(pod *unstructured.Unstructured) (int, bool) {
		index, err := strconv.Atoi(pod.GetLabels()[labelOfGroup])
		return index, err == nil && pod.GetLabels()[v1beta1.LabelComponent] == string(v1beta1.DecoderComponent)
	}
	return g.world, (&disaggregated{g}).life
}

// Pods of the service: two engines, two groups of a decoder, and a router.
const podsOfPair = 2 + 2*2 + 1

// life is the whole story. Each step needs the ones before it.
func (d *disaggregated) life(t *testing.T) {
	const pair = v1beta1.PDDisaggregated
	leadThrough(t, []step{
		{"an engine alone takes the requests until decoder and router are ready", d.shows(d.isDisaggregated,
			slices.Concat(in(v1beta1.RawDeployment, toPair), in(pair, accepted, started, becomesReady))...)},
		{"nothing is written at rest", d.shows(d.restsFor(*longRest), in(pair, atRest)...)},
		{"another image of the decoder rolls group by group, and the other components stay", d.shows(d.rollsDecoder, in(pair, rollout)...)},
		{"another image of the engine rolls, and the other components stay", d.shows(d.rollsEngine, in(pair, rollout)...)},
		{"an engine that finds no node leaves everything that serves", d.shows(d.failsToRollOut, in(pair, failedRollout)...)},
		{"a canary of both is a pod of the engine and a group of the decoder", d.shows(d.startsCanary, in(pair, canaryRuns)...)},
		{"nothing is written at rest during a canary", d.shows(d.rests, in(pair, atRest)...)},
		{"it is rolled out when the percentages are removed", d.shows(d.promotesCanary, in(pair, canaryRuns)...)},
		{"each component follows its own use of processors", d.shows(d.scalesByProcessors, in(pair, scaledByHPA)...)},
		{"a deleted runtime holds everything", d.shows(d.holdsWithoutRuntime, in(pair, runtimeDeleted)...)},
		{"the router takes the requests until an engine alone is ready", d.shows(d.isAlone(v1beta1.RawDeployment), in(pair, toRaw)...)},
		{"nothing is written at rest with an engine alone", d.rests},
		{"the engine takes the requests until decoder and router are ready again", d.isDisaggregated},
		{"the router takes the requests until groups are ready", d.shows(d.isAlone(v1beta1.MultiNode), in(pair, toGroups)...)},
		{"groups take the requests until engine, decoder and router are ready", d.shows(d.isDisaggregated, in(v1beta1.MultiNode, toPair)...)},
		{"nothing is written at rest in the end", d.shows(d.rests, in(pair, atRest)...)},
		{"a service that is deleted leaves nothing", d.shows(d.leavesNothing, in(pair, serviceDeleted)...)},
	})
}

// entry is the component to which the Service object of the service leads.
func (d *disaggregated) entry(t *testing.T) string {
	t.Helper()
	component, _, _ := unstructured.NestedString(d.get(t, d.object("v1", "Service", "chat")).Object, "spec", "selector", v1beta1.LabelComponent)
	return component
}

// leads passes if the address in the status leads to a ready pod.
func (d *disaggregated) leads() error {
	service, err := d.read(d.service)
	if err != nil {
		return err
	}
	address, _, _ := unstructured.NestedString(service.Object, "status", "address", "url")
	parsed, err := url.Parse(address)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(parsed.Hostname(), ".")
	if name == "" {
		return errors.New("the status has no address")
	}
	return d.hasReadyPod(name)
}

func (d *disaggregated) whileLeading(t *testing.T, do func()) {
	t.Helper()
	throughout(t, d.leads, do)
}

// uidsOfOthers are those of the pods of all components but one.
func (d *disaggregated) uidsOfOthers(t *testing.T, but v1beta1.ComponentType) []string {
	t.Helper()
	pods, err := d.pods()
	require.NoError(t, err)
	var uids []string
	for i := range pods {
		if pods[i].GetLabels()[v1beta1.LabelComponent] != string(but) {
			uids = append(uids, string(pods[i].GetUID()))
		}
	}
	slices.Sort(uids)
	return uids
}

// isDisaggregated gives an engine alone a decoder and a router.
func (d *disaggregated) isDisaggregated(t *testing.T) {
	if _, err := d.read(d.service); err != nil {
		d.apply(t, d.service)
		d.awaitReady(t)
		d.await(t, "two running pods", func() error { return d.podsRun(2) })
	}
	d.whileLeading(t, func() {
		d.cordon(t, true)
		before := d.runningPods(t)
		d.patch(t, d.service, `{"metadata":{"annotations":{"ome.io/deploymentMode":null}},"spec":{"runtime":{"name":"pair-`+d.name+`"},`+
			`"engine":{"leader":null,"worker":null},"decoder":{"minReplicas":2,"maxReplicas":3,"leader":{},"worker":{"size":1}},"router":{"minReplicas":1,"maxReplicas":2}}}`)
		d.await(t, "the router", func() error { return d.exists(d.object("apps/v1", "Deployment", "chat-router")) })
		d.await(t, "the decoder", func() error { return d.exists(d.decoder()) })
		d.await(t, "rest", func() error { return d.quiet(t, 2*time.Second) })
		require.Equal(t, before, d.runningPods(t), "the engine stays until other pods are ready")
		require.Equal(t, "engine", d.entry(t))
		require.NoError(t, d.serving("ServesAsBefore"))
		require.NoError(t, d.notReadyComponent("DecoderReady"))
		require.NoError(t, d.notReadyComponent("RouterReady"))
		assert.Contains(t, conditionOf(d.get(t, d.service), "SpecHonored")["message"], "until the router is ready")
		d.cordon(t, false)
		d.awaitReady(t)
	})
	d.await(t, "the pods of all components", func() error { return d.podsRun(podsOfPair) })
	d.awaitReady(t)
	assert.Equal(t, "router", d.entry(t))
	assert.NoError(t, d.field(d.deployment(), string(v1beta1.PDDisaggregated), "metadata", "annotations", v1beta1.AnnotationDeploymentMode))
}

// notReadyComponent passes if a component's condition is False.
func (d *disaggregated) notReadyComponent(condition v1beta1.ConditionType) error {
	service, err := d.read(d.service)
	if err != nil {
		return err
	}
	if seen := conditionOf(service, condition); seen["status"] != "False" {
		return fmt.Errorf("%s is %v", condition, seen)
	}
	return nil
}

func (d *disaggregated) decoder() *unstructured.Unstructured {
	return d.object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "lws-chat-decoder")
}

// edit gives engine and decoder an image each and both a percentage; none with a negative one.
func (d *disaggregated) edit(t *testing.T, engine, decoder string, percent int) {
	t.Helper()
	share := "null"
	if percent >= 0 {
		share = fmt.Sprint(percent)
	}
	runner := func(image string) string {
		return fmt.Sprintf(`{"name":"ome-container","image":"registry.example/engine:%s"}`, image)
	}
	d.patch(t, d.service, fmt.Sprintf(`{"spec":{"engine":{"canaryTrafficPercent":%[1]s,"runner":%[2]s},`+
		`"decoder":{"canaryTrafficPercent":%[1]s,"leader":{"runner":%[3]s},"worker":{"size":1,"runner":%[3]s}}}}`,
		share, runner(engine), runner(decoder)))
}

func (d *disaggregated) rollsDecoder(t *testing.T) {
	others := d.uidsOfOthers(t, v1beta1.DecoderComponent)
	d.edit(t, "1.4", "1.5", -1)
	d.have(t, 3, "1.5", "1.5")
	d.awaitReady(t)
	d.await(t, "the pods of all components", func() error { return d.podsRun(podsOfPair) })
	assert.Equal(t, others, d.uidsOfOthers(t, v1beta1.DecoderComponent))
}

// imagesOfEngine passes if the engine has so many ready pods of each image.
func (d *disaggregated) imagesOfEngine(want map[string]int) error {
	pods, err := d.pods()
	if err != nil {
		return err
	}
	seen := map[string]int{}
	for i := range pods {
		if pods[i].GetLabels()[v1beta1.LabelComponent] == string(v1beta1.EngineComponent) && podIsReady(&pods[i]) {
			seen[imageOf(&pods[i])]++
		}
	}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		return fmt.Errorf("the engine has pods with %v, not %v", seen, want)
	}
	return nil
}

func (d *disaggregated) rollsEngine(t *testing.T) {
	others := d.uidsOfOthers(t, v1beta1.EngineComponent)
	d.whileLeading(t, func() {
		d.edit(t, "1.5", "1.5", -1)
		d.await(t, "two engines of the image", func() error { return d.imagesOfEngine(map[string]int{"1.5": 2}) })
	})
	d.awaitReady(t)
	d.await(t, "the pods of all components", func() error { return d.podsRun(podsOfPair) })
	assert.Equal(t, others, d.uidsOfOthers(t, v1beta1.EngineComponent))
}

// failsToRollOut asks for a node that is not there.
func (d *disaggregated) failsToRollOut(t *testing.T) {
	before := d.runningPods(t)
	d.whileLeading(t, func() {
		d.patch(t, d.service, `{"spec":{"engine":{"nodeSelector":{"example.com/none":"here"}}}}`)
		d.await(t, "a pod without a node", func() error {
			pods, err := d.pods()
			if err == nil && len(pods) != podsOfPair+1 {
				err = fmt.Errorf("there are %d pods", len(pods))
			}
			return err
		})
		d.await(t, "rest", func() error { return d.quiet(t, 2*time.Second) })
		assert.Equal(t, before, d.runningPods(t))
		d.awaitReady(t)
		assert.NoError(t, d.field(d.service, "InProgress", "status", "modelStatus", "transitionStatus"))
		d.patch(t, d.service, `{"spec":{"engine":{"nodeSelector":null}}}`)
		d.await(t, "the former pods alone", func() error { return d.podsRun(podsOfPair) })
	})
	assert.Equal(t, before, d.runningPods(t))
	d.awaitReady(t)
}

func (d *disaggregated) startsCanary(t *testing.T) {
	d.keep(t, 0)
	d.whileLeading(t, func() {
		d.edit(t, "1.6", "1.6", 50)
		d.have(t, 3, "1.5", "1.6")
		d.await(t, "a pod of the canary of the engine", func() error { return d.imagesOfEngine(map[string]int{"1.5": 2, "1.6": 1}) })
	})
	d.is(t, "CanaryRunning")
}

func (d *disaggregated) promotesCanary(t *testing.T) {
	d.keep(t, 1)
	d.whileLeading(t, func() {
		d.edit(t, "1.6", "1.6", -1)
		d.have(t, 3, "1.6", "1.6")
		d.await(t, "two engines of the image", func() error { return d.imagesOfEngine(map[string]int{"1.6": 2}) })
	})
	d.stable = nil
	d.awaitReady(t)
	d.await(t, "the pods of all components", func() error { return d.podsRun(podsOfPair) })
}

func (d *disaggregated) scalesByProcessors(t *testing.T) {
	d.whileLeading(t, func() { d.scalesByUse(t, 5+3*d.podsOf+2, podsOfPair) })
}

func (d *disaggregated) holdsWithoutRuntime(t *testing.T) {
	pair := d.runtime.DeepCopy()
	pair.SetName("pair-" + d.name)
	d.holdsWithout(t, pair)
}

// isAlone takes decoder and router away, and lets the engine have a mode.
func (d *disaggregated) isAlone(mode v1beta1.DeploymentMode) func(*testing.T) {
	return func(t *testing.T) {
		runtime, pods, running := "single", `"leader":null,"worker":null`, 2
		if mode == v1beta1.MultiNode {
			runtime, pods, running = "several", `"leader":{},"worker":{"size":1}`, 2*2
		}
		d.whileLeading(t, func() {
			d.patch(t, d.service, fmt.Sprintf(`{"metadata":{"annotations":{"ome.io/deploymentMode":null}},`+
				`"spec":{"runtime":{"name":"%s-%s"},"engine":{"runner":null,%s},"decoder":null,"router":null}}`, runtime, d.name, pods))
			d.await(t, "the end of the router", func() error { return d.gone(d.object("apps/v1", "Deployment", "chat-router")) })
			d.await(t, "the end of the decoder", func() error { return d.gone(d.decoder()) })
			d.awaitReady(t)
		})
		d.await(t, "the pods of the engine alone", func() error { return d.podsRun(running) })
		assert.Equal(t, "engine", d.entry(t))
	}
}
