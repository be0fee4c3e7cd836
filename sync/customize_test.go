package sync_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// asking is the service chat of team-a with a specification in YAML.
func asking(t *testing.T, spec string) json.RawMessage {
	t.Helper()
	body, err := yaml.YAMLToJSON([]byte(spec))
	require.NoError(t, err)
	return json.RawMessage(fmt.Sprintf(`{"apiVersion":"ome.io/v1beta1","kind":"InferenceService",
		"metadata":{"name":"chat","namespace":"team-a","uid":"u"},"spec":%s}`, body))
}

func customize(t *testing.T, parent json.RawMessage, pods bool) []sync.Rule {
	t.Helper()
	rules, err := sync.Customize(parent, sync.CustomizeOptions{Pods: pods})
	require.NoError(t, err)
	return rules
}

// namespacedRule and clusterRule select the named objects of a kind of OME's,
// all of them without names.
func namespacedRule(resource string, names ...string) sync.Rule {
	return sync.Rule{APIVersion: "ome.io/v1beta1", Resource: resource, Namespace: "team-a", Names: names}
}

func clusterRule(resource string, names ...string) sync.Rule {
	return sync.Rule{APIVersion: "ome.io/v1beta1", Resource: resource, Names: names}
}

func modelRules(names ...string) []sync.Rule {
	return []sync.Rule{namespacedRule("basemodels", names...), clusterRule("clusterbasemodels", names...)}
}

func runtimeRules(names ...string) []sync.Rule {
	rules := []sync.Rule{namespacedRule("servingruntimes", names...), clusterRule("clusterservingruntimes", names...)}
	if len(names) == 0 {
		return rules
	}
	profiles := &metav1.LabelSelector{MatchLabels: map[string]string{"ome.io/runtime-profile": "true"}}
	namespaced, cluster := namespacedRule("servingruntimes"), clusterRule("clusterservingruntimes")
	namespaced.LabelSelector, cluster.LabelSelector = profiles, profiles
	return append(rules, namespaced, cluster)
}

// trafficRules select what may have the names by which the service is reached.
func trafficRules() []sync.Rule {
	shared := &metav1.LabelSelector{MatchLabels: map[string]string{"isvc.io/shared-host": "true"}}
	return []sync.Rule{
		{APIVersion: "gateway.networking.k8s.io/v1", Resource: "httproutes", Namespace: "team-a", Names: []string{"chat", "chat-path", "chat-engine", "chat-decoder", "chat-router"}},
		{APIVersion: "v1", Resource: "services", Namespace: "team-a", Names: []string{
			"chat", "chat-engine", "chat-engine-canary", "chat-decoder", "chat-decoder-canary", "chat-router", "chat-router-canary",
		}},
		{APIVersion: "gateway.networking.k8s.io/v1", Resource: "httproutes", Namespace: "team-a", LabelSelector: shared},
		{APIVersion: "networking.k8s.io/v1", Resource: "ingresses", Namespace: "team-a", LabelSelector: shared},
	}
}

// TestTheRulesCoverWhatAServiceMakes: of the kinds that are asked for by name, every object of every
// golden case has one of the names.
func TestTheRulesCoverWhatAServiceMakes(t *testing.T) {
	checked := 0
	for _, name := range goldenCases(t) {
		set, _ := load.Files(readFolder(t, filepath.Join(goldenFolder, name, "in")), "default")
		responses := renderCase(t, name)
		for i, request := range set.Requests(load.Options{Kinds: kinds.All()}) {
			rules, err := sync.Customize(request.Parent, sync.CustomizeOptions{Declared: kinds.All()})
			require.NoError(t, err)
			for _, child := range responses[i].Children {
				kind := kinds.New(child.GetKind(), child.GetAPIVersion())
				for _, rule := range rules {
					if kind == kinds.ServiceAccount {
						continue // the rule is for the default account of the namespace
					}
					if rule.APIVersion == child.GetAPIVersion() && rule.Resource == sync.ResourceName(kind) && rule.LabelSelector == nil {
						assert.Contains(t, rule.Names, child.GetName(), "%s: %s", name, kind)
						checked++
					}
				}
			}
		}
	}
	assert.Greater(t, checked, 100)
}

// TestNoRuleIsForAKindThatIsNotDeclared: a rule for a kind that the cluster lacks stops Metacontroller.
func TestNoRuleIsForAKindThatIsNotDeclared(t *testing.T) {
	all := trafficRules()
	for declared, want := range map[kinds.Kind][]sync.Rule{
		kinds.Service: {all[1]}, kinds.HTTPRoute: {all[0], all[2]}, kinds.Ingress: {all[3]}, kinds.Deployment: nil,
	} {
		rules, err := sync.Customize(asking(t, "{engine: {}, runtime: {name: rt}}"), sync.CustomizeOptions{Declared: kinds.Set{declared: true}})
		require.NoError(t, err)
		assert.Equal(t, slices.Concat(runtimeRules("rt"), want), rules)
	}
}

func TestWhatAServiceAsksFor(t *testing.T) {
	classes := []sync.Rule{clusterRule("acceleratorclasses")}
	weights := func(names ...string) []sync.Rule { return []sync.Rule{clusterRule("finetunedweights", names...)} }
	for sentence, test := range map[string]struct {
		spec string
		want [][]sync.Rule
	}{
		"a named model in both scopes, and all runtimes": {`{engine: {}, model: {name: m}}`,
			[][]sync.Rule{modelRules("m"), runtimeRules()}},
		"the kind of the model does not narrow the scopes": {`{engine: {}, model: {name: m, kind: BaseModel}}`,
			[][]sync.Rule{modelRules("m"), runtimeRules()}},
		"a named runtime in both scopes": {`{engine: {}, model: {name: m}, runtime: {name: rt, kind: ServingRuntime}}`,
			[][]sync.Rule{modelRules("m"), runtimeRules("rt")}},
		"a runtime without a name is chosen among all": {`{engine: {}, model: {name: m}, runtime: {name: ""}}`,
			[][]sync.Rule{modelRules("m"), runtimeRules()}},
		"no model": {`{engine: {}, runtime: {name: rt}}`, [][]sync.Rule{runtimeRules("rt")}},
		"overlays of the model": {`{engine: {}, model: {name: m, overlays: [{name: o}, {name: ""}, {name: p}]}}`,
			[][]sync.Rule{modelRules("m", "o", "p"), runtimeRules()}},
		"a model without a name is none": {`{engine: {}, model: {name: "", fineTunedWeights: [w]}}`,
			[][]sync.Rule{runtimeRules()}},
		"the weights by their names": {`{engine: {}, model: {name: m, fineTunedWeights: [w, x]}}`,
			[][]sync.Rule{modelRules("m"), weights("w", "x"), runtimeRules()}},
		"all models where a weight stands in the model's place": {`{engine: {}, model: {name: w, kind: FineTunedWeight}}`,
			[][]sync.Rule{modelRules(), weights("w"), runtimeRules()}},
		"a weight in the model's place, and others": {`{engine: {}, model: {name: w, kind: FineTunedWeight, fineTunedWeights: [x]}}`,
			[][]sync.Rule{modelRules(), weights("w", "x"), runtimeRules()}},
		"accelerator classes for the service's selector": {`{engine: {}, acceleratorSelector: {policy: BestFit}}`,
			[][]sync.Rule{runtimeRules(), classes}},
		"accelerator classes for the engine's override": {`{engine: {acceleratorOverride: {acceleratorClass: a}}}`,
			[][]sync.Rule{runtimeRules(), classes}},
		"accelerator classes for the decoder's override": {`{engine: {}, decoder: {acceleratorOverride: {acceleratorClass: a}}}`,
			[][]sync.Rule{runtimeRules(), classes}},
		"accelerator classes once": {`{engine: {acceleratorOverride: {}}, decoder: {acceleratorOverride: {}}, acceleratorSelector: {}}`,
			[][]sync.Rule{runtimeRules(), classes}},
		"no accelerator classes without a selector": {`{engine: {runner: {name: c, resources: {limits: {nvidia.com/gpu: "8"}}}}}`,
			[][]sync.Rule{runtimeRules()}},
		"the model and the runtime of a predictor": {`{predictor: {model: {baseModel: m, runtime: rt, fineTunedWeights: [w]}}}`,
			[][]sync.Rule{modelRules("m"), weights("w"), runtimeRules("rt")}},
		"not those of a predictor beside an engine": {`{predictor: {model: {baseModel: m, runtime: rt}}, engine: {}, model: {name: other}}`,
			[][]sync.Rule{modelRules("other"), runtimeRules()}},
		"the default account of the namespace for a router": {`{engine: {}, router: {}}`,
			[][]sync.Rule{runtimeRules(), {{APIVersion: "v1", Resource: "serviceaccounts", Namespace: "team-a", Names: []string{"default"}}}}},
		"all runtimes for nothing at all":       {`{}`, [][]sync.Rule{runtimeRules()}},
		"what is known beside an unknown field": {`{engine: {nonsense: 1}, model: {name: m}}`, [][]sync.Rule{modelRules("m"), runtimeRules()}},
	} {
		t.Run(sentence, func(t *testing.T) {
			want := slices.Concat(test.want...)
			assert.Equal(t, want, customize(t, asking(t, test.spec), false))
			pods := sync.Rule{APIVersion: "v1", Resource: "pods", Namespace: "team-a",
				LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"ome.io/inferenceservice": "chat"}}}
			assert.Equal(t, append(want, pods), customize(t, asking(t, test.spec), true), "with pods, those of this service only")
			declared, err := sync.Customize(asking(t, test.spec), sync.CustomizeOptions{Declared: kinds.All()})
			require.NoError(t, err)
			assert.Equal(t, append(slices.Clone(want[:len(want):len(want)]), trafficRules()...), declared, "whose objects have the names by which the service is reached")
		})
	}
}

func TestASpecificationThatCannotBeReadAsksForNothing(t *testing.T) {
	for sentence, spec := range map[string]string{
		"a wrong form":         `{engine: {minReplicas: many}, model: {name: m}}`,
		"a list":               `[]`,
		"a model that is text": `{engine: {}, model: m}`,
	} {
		t.Run(sentence, func(t *testing.T) {
			rules := customize(t, asking(t, spec), true)
			assert.Empty(t, rules)
			assert.NotNil(t, rules, "an empty list, not null")
		})
	}
}

func TestAParentWithoutAnIdentityIsAnError(t *testing.T) {
	for sentence, test := range map[string]struct{ parent, message string }{
		"no JSON":      {`{`, "cannot decode the parent"},
		"no name":      {`{"metadata":{"namespace":"team-a"},"spec":{}}`, "metadata.name is missing"},
		"no metadata":  {`{"spec":{}}`, "metadata.name is missing"},
		"no namespace": {`{"metadata":{"name":"chat"},"spec":{"engine":{}}}`, "metadata.namespace of the parent is missing"},
	} {
		t.Run(sentence, func(t *testing.T) {
			rules, err := sync.Customize(json.RawMessage(test.parent), sync.CustomizeOptions{Pods: true})
			assert.Nil(t, rules)
			assert.ErrorContains(t, err, test.message)
		})
	}
}

// asksForMost is a specification that asks for every kind there is.
const asksForMost = `{engine: {}, decoder: {}, router: {}, model: {name: m, fineTunedWeights: [w]}, acceleratorSelector: {policy: BestFit}}`

// TestEveryRuleIsConfined: Metacontroller reads with rights of its own, so a rule
// for a namespaced kind names the namespace, and no rule is for a kind that a
// cluster may lack, which would stop Metacontroller.
func TestEveryRuleIsConfined(t *testing.T) {
	namespaced := map[string]bool{
		"basemodels": true, "servingruntimes": true, "pods": true, "serviceaccounts": true,
		"clusterbasemodels": false, "clusterservingruntimes": false, "finetunedweights": false, "acceleratorclasses": false,
	}
	seen := map[string]bool{}
	for _, spec := range []string{`{}`, asksForMost, `{engine: {}, model: {name: w, kind: FineTunedWeight}, runtime: {name: rt}}`} {
		for _, rule := range customize(t, asking(t, spec), true) {
			inNamespace, known := namespaced[rule.Resource]
			require.True(t, known, "%s is a kind that every cluster with isvc has", rule.Resource)
			seen[rule.Resource] = true
			assert.Equal(t, map[bool]string{true: "team-a"}[inNamespace], rule.Namespace, rule.Resource)
			for _, kind := range kinds.Optional() {
				_, apiVersion := kind.NameAndVersion()
				assert.NotEqual(t, apiVersion, rule.APIVersion)
			}
			assert.False(t, rule.Names != nil && rule.LabelSelector != nil, "names and labels exclude each other")
			assert.NotContains(t, rule.Names, "")
		}
	}
	assert.Len(t, seen, len(namespaced), "each kind was asked for")
}

// TestOnlySpecificationAndIdentityCount: Metacontroller asks again only when
// the generation changes, so nothing else may change the answer.
func TestOnlySpecificationAndIdentityCount(t *testing.T) {
	want := customize(t, asking(t, asksForMost), true)
	for sentence, change := range map[string]func(parent map[string]any){
		"labels": func(p map[string]any) {
			metadata(p)["labels"] = map[string]any{"a": "b", "ome.io/inferenceservice": "other"}
		},
		"annotations": func(p map[string]any) {
			metadata(p)["annotations"] = map[string]any{"ome.io/deploymentMode": "VirtualDeployment", "ome.io/accelerator-class": "a"}
		},
		"the status": func(p map[string]any) {
			p["status"] = map[string]any{"observedGeneration": 3, "components": map[string]any{"engine": map[string]any{}}}
		},
		"a status of the wrong form": func(p map[string]any) { p["status"] = "x" },
		"bookkeeping": func(p map[string]any) {
			metadata(p)["generation"], metadata(p)["resourceVersion"], metadata(p)["uid"] = 7, "8", "other"
			metadata(p)["finalizers"], metadata(p)["deletionTimestamp"] = []any{"f"}, "2026-01-01T00:00:00Z"
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			var parent map[string]any
			require.NoError(t, json.Unmarshal(asking(t, asksForMost), &parent))
			change(parent)
			changed, err := json.Marshal(parent)
			require.NoError(t, err)
			assert.Equal(t, want, customize(t, changed, true))
		})
	}
	assert.NotEqual(t, want, customize(t, asking(t, `{engine: {}, model: {name: other}}`), true), "the specification counts")
}

func metadata(object map[string]any) map[string]any { return object["metadata"].(map[string]any) }

func TestTheWireFormOfARule(t *testing.T) {
	text, err := json.Marshal(customize(t, asking(t, `{engine: {}, model: {name: m}}`), true))
	require.NoError(t, err)
	assert.JSONEq(t, `[
		{"apiVersion":"ome.io/v1beta1","resource":"basemodels","namespace":"team-a","names":["m"]},
		{"apiVersion":"ome.io/v1beta1","resource":"clusterbasemodels","names":["m"]},
		{"apiVersion":"ome.io/v1beta1","resource":"servingruntimes","namespace":"team-a"},
		{"apiVersion":"ome.io/v1beta1","resource":"clusterservingruntimes"},
		{"apiVersion":"v1","resource":"pods","namespace":"team-a","labelSelector":{"matchLabels":{"ome.io/inferenceservice":"chat"}}}
	]`, string(text))
}
