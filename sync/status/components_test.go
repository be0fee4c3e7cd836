package status

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// before sets what the previous status said of the engine.
func before(c v1beta1.ComponentStatusSpec) option {
	return previous(v1beta1.InferenceServiceStatus{
		Components: map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec{v1beta1.EngineComponent: c},
	})
}

func engineOf(t *testing.T, options ...option) string {
	t.Helper()
	engine := computed(t, input(options...)).Components[v1beta1.EngineComponent]
	engine.Workload = nil // summary_test.go
	text, err := json.Marshal(engine)
	require.NoError(t, err)
	return string(text)
}

func TestRevisionsOfADeployment(t *testing.T) {
	const url = `"url":"http://chat-engine.team-a.example.com"`
	traffic := func(revision string) string {
		return `"traffic":[{"revisionName":"` + revision + `","latestRevision":true,"percent":100}]`
	}
	const both = `"traffic":[{"revisionName":"chat-engine-00003","latestRevision":true%s},{"revisionName":"chat-engine-00002","latestRevision":false%s}]`
	shares := func(newest, former int) string {
		return fmt.Sprintf(both, fmt.Sprintf(`,"percent":%d`, newest), fmt.Sprintf(`,"percent":%d`, former))
	}
	old := v1beta1.ComponentStatusSpec{LatestReadyRevision: "chat-engine-00002", LatestRolledoutRevision: "chat-engine-00001"}
	for name, test := range map[string]struct {
		options []option
		want    string
	}{
		"there is none before it exists": {nil, `{` + url + `}`},
		"there is none any more when it is gone": {
			[]option{before(old)}, `{` + url + `}`,
		},
		"a complete rollout is ready and has the traffic": {
			[]option{deploy("chat-engine", statusAvailable)},
			`{"latestReadyRevision":"chat-engine-00003","latestCreatedRevision":"chat-engine-00003",` + traffic("chat-engine-00003") + `,` + url + `}`,
		},
		"the first one is not ready while it comes up": {
			[]option{deploy("chat-engine", statusUnavailable)},
			`{"latestCreatedRevision":"chat-engine-00003",` + url + `}`,
		},
		"in a rollout the old one is the ready one": {
			[]option{before(old), deploy("chat-engine", statusRolling)},
			`{"latestReadyRevision":"chat-engine-00002","latestCreatedRevision":"chat-engine-00003",` + fmt.Sprintf(both, "", "") + `,` + url + `}`,
		},
		"in a rollout the pods that serve have the traffic": {
			[]option{before(old), deploy("chat-engine", statusRolling), pods(
				enginePod("a1", 0, "a", podIsReady), enginePod("a2", 0, "a", podIsReady), enginePod("b1", 5, "b", podIsReady), enginePod("b2", 5, "b", podRuns))},
			`{"latestReadyRevision":"chat-engine-00002","latestCreatedRevision":"chat-engine-00003",` + shares(33, 67) + `,` + url + `}`,
		},
		"in a rollout whose new pods do not serve the old ones have it": {
			[]option{before(old), deploy("chat-engine", statusRolling), pods(enginePod("a1", 0, "a", podIsReady), enginePod("b1", 5, "b", podNoNode))},
			`{"latestReadyRevision":"chat-engine-00002","latestCreatedRevision":"chat-engine-00003",` + shares(0, 100) + `,` + url + `}`,
		},
		"a workload that is about to change is not ready at this generation": {
			[]option{before(old), updating("chat-engine"), deploy("chat-engine", statusAvailable)},
			`{"latestReadyRevision":"chat-engine-00002","latestCreatedRevision":"chat-engine-00003",` + fmt.Sprintf(both, "", "") + `,` + url + `}`,
		},
		"a bare number, as OME writes it, is not carried over": {
			[]option{before(v1beta1.ComponentStatusSpec{LatestReadyRevision: "2"}), deploy("chat-engine", statusRolling)},
			`{"latestCreatedRevision":"chat-engine-00003",` + url + `}`,
		},
		"an annotation that is no number names nothing": {
			[]option{child(kinds.Deployment, `{metadata: {name: chat-engine, annotations: {deployment.kubernetes.io/revision: x}}, status: `+statusAvailable+`}`)},
			`{` + url + `}`,
		},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, engineOf(t, test.options...)) })
	}
}

func TestMultiNodeComponentsReportTheirURLOnly(t *testing.T) {
	const want = `{"url":"http://chat-engine.team-a.example.com"}`
	assert.Equal(t, want, engineOf(t, mode(v1beta1.MultiNode), lws(`{replicas: 1}`, `{conditions: [{type: Available, status: "True"}]}`)))
	assert.Equal(t, want, engineOf(t, mode(v1beta1.MultiNodeRayVLLM), ray(0, `{state: ready}`)))
}

func TestSelectedAccelerator(t *testing.T) {
	got := engineOf(t, engine(func(c *Component) {
		c.Accelerator = &v1beta1.SelectedAccelerator{
			AcceleratorClass: "h100", Reason: "BestFit", NodeSelector: map[string]string{"gpu": "h100"},
			ResourceRequests: corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("8")},
		}
	}))
	assert.Contains(t, got, `"selectedAccelerator":{"acceleratorClass":"h100","reason":"BestFit","nodeSelector":{"gpu":"h100"},"resourceRequests":{"nvidia.com/gpu":"8"}}`)
}

// knative is an observed Knative Service whose conditions all have one status.
func knative(status, created, ready, traffic string) option {
	return child(kinds.KnativeService, fmt.Sprintf(`{metadata: {name: chat-engine, generation: 1}, status: {observedGeneration: 1,
  conditions: [{type: Ready, status: %[1]q, reason: R, message: m}, {type: RoutesReady, status: %[1]q}, {type: ConfigurationsReady, status: %[1]q}],
  url: "http://chat-engine.team-a.knative.example", address: {url: "http://chat-engine.team-a.svc.cluster.local"},
  latestCreatedRevisionName: %[2]s, latestReadyRevisionName: %[3]s, traffic: %[4]s}}`, status, created, ready, traffic))
}

func TestServerless(t *testing.T) {
	serverless := []option{mode(v1beta1.Serverless), serviceMode(v1beta1.Serverless)}
	const all = `[{revisionName: r1, latestRevision: true, percent: 100}]`
	for name, test := range map[string]struct {
		options       []option
		ready, routes string
		latest, sum   string
	}{
		"does not exist": {
			nil,
			"Unknown WorkloadNotCreated: Knative Service chat-engine does not exist yet",
			"Unknown WorkloadNotCreated: Knative Service chat-engine does not exist yet",
			"Unknown WorkloadNotCreated: engine: Knative Service chat-engine does not exist yet",
			"Unknown WorkloadNotCreated: engine: Knative Service chat-engine does not exist yet",
		},
		"is ready": {[]option{knative("True", "r1", "r1", all)}, "True R: m", "True", "True", "True"},
		"is not":   {[]option{knative("False", "r1", "r1", all)}, "False R: m", "False", "False", "False R: engine: m"},
		"is unsure": {[]option{knative("Unknown", "r1", "r1", all)}, "Unknown R: m",
			"Unknown Initializing: Knative Service chat-engine has not reported its state yet",
			"Unknown Initializing: engine: Knative Service chat-engine has not reported its state yet", "Unknown R: engine: m"},
		"summarises every serverless component": {
			[]option{knative("True", "r1", "r1", all), with(v1beta1.RouterComponent, v1beta1.Serverless), with(v1beta1.DecoderComponent, v1beta1.RawDeployment)},
			"True R: m", "True",
			"Unknown WorkloadNotCreated: router: Knative Service chat-router does not exist yet",
			"Unknown WorkloadNotCreated: decoder: Deployment chat-decoder does not exist yet",
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(append(serverless[:2:2], test.options...)...))
			assert.Equal(t, test.ready, describeCondition(out, v1beta1.EngineReady))
			assert.Equal(t, test.routes, describeCondition(out, v1beta1.EngineRouteReady))
			assert.Equal(t, test.routes, describeCondition(out, v1beta1.EngineConfigurationReady))
			assert.Equal(t, test.latest, describeCondition(out, v1beta1.RoutesReady))
			assert.Equal(t, test.latest, describeCondition(out, v1beta1.LatestDeploymentReady))
			assert.Equal(t, test.sum, describeCondition(out, v1beta1.Ready))
		})
	}
	t.Run("has no summaries in a service of another mode", func(t *testing.T) {
		out := computed(t, input(mode(v1beta1.Serverless), knative("True", "r1", "r1", all)))
		assert.Equal(t, "True", describeCondition(out, v1beta1.EngineRouteReady))
		assert.Equal(t, "absent", describeCondition(out, v1beta1.RoutesReady))
		assert.Equal(t, "absent", describeCondition(out, v1beta1.LatestDeploymentReady))
	})
	t.Run("has no summaries without a serverless component", func(t *testing.T) {
		assert.Equal(t, "absent", describeCondition(computed(t, input(serviceMode(v1beta1.Serverless))), v1beta1.RoutesReady))
	})
	t.Run("reports Knative's addresses", func(t *testing.T) {
		got := computed(t, input(mode(v1beta1.Serverless), knative("True", "r1", "r1", all))).Components[v1beta1.EngineComponent]
		assert.Equal(t, "http://chat-engine.team-a.knative.example", got.URL)
		assert.Equal(t, "http://chat-engine.team-a.svc.cluster.local", got.Address.URL)
	})
}

func TestRolloutBookkeeping(t *testing.T) {
	for name, test := range map[string]struct {
		rolled, previous string
		created, ready   string
		traffic          string
		want, wantBefore string
	}{
		"the first revision with all traffic is rolled out": {
			"", "", "chat-engine-00002", "chat-engine-00002", `[{revisionName: chat-engine-00002, latestRevision: true, percent: 100}]`, "chat-engine-00002", "",
		},
		"the next one remembers the one before": {
			"chat-engine-00002", "", "chat-engine-00003", "chat-engine-00003", `[{revisionName: chat-engine-00003, latestRevision: true, percent: 100}]`, "chat-engine-00003", "chat-engine-00002",
		},
		"a canary is not rolled out": {
			"chat-engine-00002", "", "chat-engine-00003", "chat-engine-00003", `[{revisionName: chat-engine-00003, latestRevision: true, percent: 20}, {revisionName: chat-engine-00002, latestRevision: false, percent: 80, tag: prev}]`, "chat-engine-00002", "",
		},
		"a revision that is not ready yet changes nothing": {
			"chat-engine-00002", "chat-engine-00001", "chat-engine-00003", "chat-engine-00002", `[{revisionName: chat-engine-00002, latestRevision: true, percent: 100}]`, "chat-engine-00002", "chat-engine-00001",
		},
		"an entry that does not follow the latest changes nothing": {
			"chat-engine-00002", "", "chat-engine-00003", "chat-engine-00003", `[{revisionName: chat-engine-00003, latestRevision: false, percent: 100}]`, "chat-engine-00002", "",
		},
		"a split between the rolled out revision and itself goes back": {
			"chat-engine-00003", "chat-engine-00002", "chat-engine-00003", "chat-engine-00003", `[{revisionName: chat-engine-00003, latestRevision: true, percent: 20}, {revisionName: chat-engine-00003, latestRevision: false, percent: 80, tag: prev}]`, "chat-engine-00002", "chat-engine-00002",
		},
		"a split between the rolled out revision and itself has nowhere to go back to": {
			"chat-engine-00003", "", "chat-engine-00003", "chat-engine-00003", `[{revisionName: chat-engine-00003, latestRevision: true, percent: 20}, {revisionName: chat-engine-00003, latestRevision: false, percent: 80}]`, "chat-engine-00003", "",
		},
		"a revision that is not the newest does not go back": {
			"chat-engine-00003", "chat-engine-00002", "chat-engine-00004", "chat-engine-00003", `[{revisionName: chat-engine-00003, latestRevision: true, percent: 20}, {revisionName: chat-engine-00003, latestRevision: false, percent: 80}]`, "chat-engine-00003", "chat-engine-00002",
		},
		"no traffic changes nothing": {"chat-engine-00002", "chat-engine-00001", "chat-engine-00002", "chat-engine-00002", `[]`, "chat-engine-00002", "chat-engine-00001"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(mode(v1beta1.Serverless), knative("True", test.created, test.ready, test.traffic),
				before(v1beta1.ComponentStatusSpec{LatestRolledoutRevision: test.rolled, PreviousRolledoutRevision: test.previous}))
			got := Compute(in).Components[v1beta1.EngineComponent]
			assert.Equal(t, test.want, got.LatestRolledoutRevision)
			assert.Equal(t, test.wantBefore, got.PreviousRolledoutRevision)
			assert.Equal(t, test.created, got.LatestCreatedRevision)
			assert.Equal(t, test.ready, got.LatestReadyRevision)
		})
	}
	// Knative's Route has the traffic of a canary, its Configuration has not made the revision yet.
	onItsWay := func(generation int, configurations string) option {
		return child(kinds.KnativeService, fmt.Sprintf(`{metadata: {name: chat-engine, generation: 3}, status: {observedGeneration: %d,
  conditions: [{type: Ready, status: Unknown}, {type: RoutesReady, status: "True"}, {type: ConfigurationsReady, status: %q}],
  latestCreatedRevisionName: chat-engine-00003, latestReadyRevisionName: chat-engine-00003,
  traffic: [{revisionName: chat-engine-00003, latestRevision: true, percent: 10}, {revisionName: chat-engine-00003, latestRevision: false, percent: 90, tag: prev}]}}`, generation, configurations))
	}
	for name, test := range map[string]struct {
		options []option
		want    string
	}{
		"a revision is on its way":                     {[]option{onItsWay(3, "Unknown")}, "chat-engine-00003"},
		"Knative speaks of an older specification":     {[]option{onItsWay(2, "True")}, "chat-engine-00003"},
		"Knative does not have the specification yet":  {[]option{onItsWay(3, "True"), updating("chat-engine")}, "chat-engine-00003"},
		"the revision has failed":                      {[]option{onItsWay(3, "False")}, "chat-engine-00003"},
		"there is no newer revision: OME's rule holds": {[]option{onItsWay(3, "True")}, "chat-engine-00002"},
	} {
		t.Run(name, func(t *testing.T) {
			options := append([]option{mode(v1beta1.Serverless), before(v1beta1.ComponentStatusSpec{
				LatestRolledoutRevision: "chat-engine-00003", PreviousRolledoutRevision: "chat-engine-00002"})}, test.options...)
			assert.Equal(t, test.want, Compute(input(options...)).Components[v1beta1.EngineComponent].LatestRolledoutRevision)
		})
	}
	t.Run("survives the absence of the Knative Service", func(t *testing.T) {
		got := computed(t, input(mode(v1beta1.Serverless), before(v1beta1.ComponentStatusSpec{LatestRolledoutRevision: "r1", LatestReadyRevision: "r1"})))
		engine := got.Components[v1beta1.EngineComponent]
		engine.Workload = nil
		assert.Equal(t, v1beta1.ComponentStatusSpec{LatestRolledoutRevision: "r1"}, engine)
	})
	t.Run("keeps Knative's traffic as it is", func(t *testing.T) {
		got := computed(t, input(mode(v1beta1.Serverless), knative("True", "r2", "r2",
			`[{revisionName: r2, latestRevision: true, percent: 20, tag: latest, url: "http://x"}, {revisionName: r1, latestRevision: false, percent: 80, tag: prev}]`)))
		assert.Equal(t, []v1beta1.TrafficTarget{
			{RevisionName: "r2", LatestRevision: ptr.To(true), Percent: ptr.To[int64](20), Tag: "latest", URL: "http://x"},
			{RevisionName: "r1", LatestRevision: ptr.To(false), Percent: ptr.To[int64](80), Tag: "prev"},
		}, got.Components[v1beta1.EngineComponent].Traffic)
	})
}

func TestTheOrderOfComponentsDoesNotMatter(t *testing.T) {
	options := []option{
		with(v1beta1.DecoderComponent, v1beta1.MultiNode), with(v1beta1.RouterComponent, v1beta1.RawDeployment),
		deploy("chat-engine", statusUnavailable), deploy("chat-router", statusQuota),
	}
	in := input(options...)
	want := computed(t, in)
	in.Components[0], in.Components[2] = in.Components[2], in.Components[0]
	assert.Equal(t, want, computed(t, in))
	for i := range in.Components {
		in.Components[i].Name = ""
	}
	assert.Equal(t, want, computed(t, in), "the name of a component follows from the service's")
}

func TestEveryKindOfWorkloadHasAReader(t *testing.T) {
	assert.ElementsMatch(t, modes.WorkloadKinds(), slices.Collect(maps.Keys(workloadReaders())))
}

func TestAvailable(t *testing.T) {
	for name, test := range map[string]struct {
		options []option
		want    bool
	}{
		"a workload that does not exist":                {nil, false},
		"a workload that serves":                        {[]option{deploy("chat-engine", statusAvailable)}, true},
		"a workload that does not serve":                {[]option{deploy("chat-engine", statusUnavailable)}, false},
		"a mode that was not decided":                   {[]option{mode(""), deploy("chat-engine", statusAvailable)}, false},
		"a component without Ray clusters":              {[]option{mode(v1beta1.MultiNodeRayVLLM), engine(func(c *Component) { c.Replicas = 0 })}, false},
		"one that serves although its problem holds it": {[]option{problem("NoImage", "m"), deploy("chat-engine", statusAvailable)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(test.options...)
			assert.Equal(t, test.want, Available(in.Parent, in.Children, in.Components[0]))
		})
	}
}
