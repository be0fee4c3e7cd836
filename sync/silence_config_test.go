package sync_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
)

// configuredSettings are settings in which sections of the configuration act.
func configuredSettings() []setting {
	with := func(name, spec, engine, config string) setting {
		return setting{name: name, spec: `{` + bothNamed + spec + `}`, engine: engine, router: ownPod, config: config}
	}
	const account = `image: i, compartmentId: c, authType: a, region: r, cpuRequest: "1", cpuLimit: "2", memoryRequest: 1Gi, memoryLimit: 2Gi`
	const ingress = `ingress: {ingressGateway: g/g, ingressService: s, ingressDomain: example.com, disableIngressCreation: false`
	host := servesUnderKnativesHost
	host.config = `{` + ingress + `, localGateway: g/l, localGatewayService: l, knativeLocalGatewayService: k, additionalIngressDomains: [a.example], pathTemplate: /p}}`
	return []setting{
		with("labels and annotations", `engine: {}`, ownPod, `{deploy: {defaultDeploymentMode: RawDeployment}, metricsAggregator: {enablePrometheusScraping: "true"}}`),
		with("an Ingress", `engine: {}, router: {}`, ownPod, `{`+ingress+`}}`),
		with("HTTPRoutes", `engine: {}, router: {}`, ownPod, `{`+ingress+`, enableGatewayAPI: true, omeIngressGateway: g/g}}`),
		host,
		with("a prober", `engine: {annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}}`, ownPod, `{multinodeProber: {image: p}}`),
		with("model-init", `engine: {annotations: {ome.io/inject-model-init: "true"}}`, ownPod, `{modelInit: {`+account+`, vaultId: v}}`),
		with("a weight", `model: {name: model-a, fineTunedWeights: [weight-a]}, engine: {annotations: {ome.io/inject-serving-sidecar: "true"}}`, ownPod,
			`{fineTunedAdapter: {`+account+`}, servingSidecar: {`+account+`}}`),
		with("budgets", `engine: {}`, ownPod, `{podDisruptionBudget: {}}`),
		with("budgets of groups", `engine: {}`, ownGroup, `{podDisruptionBudget: {}}`),
		{name: "defaults of all components", spec: `{` + bothNamed + `engine: {}, decoder: {}, router: {}}`, engine: ownPod, decoder: ownPod, router: ownPod,
			config: `{deploy: {defaultDeploymentMode: RawDeployment}}`},
		{name: "a pair", spec: `{` + bothNamed + `engine: {}, decoder: {}}`, engine: ownPod, decoder: ownPod, config: `{rollout: {}}`},
		with("a HorizontalPodAutoscaler that may scale to zero", `engine: {minReplicas: 0, annotations: {ome.io/deploymentMode: RawDeployment}, autoscaler: {class: HPA, hpa: {metrics: [
			{type: External, external: {metric: {name: m}, target: {type: Value, value: 1}}}]}}}}`, ownPod, `{deploy: {defaultDeploymentMode: RawDeployment}}`),
		with("KEDA", `engine: {kedaConfig: {enableKeda: true}}`, ownPod, `{kedaConfig: {}}`),
	}
}

// valuesOfKeys are the values of keys that need others than any.
var valuesOfKeys = map[string][2]any{
	"deploy.defaultDeploymentMode":               {"Serverless", "RawDeployment"},
	"deploy.templateLabels[]":                    {"team", "other"},
	"deploy.templateAnnotations[]":               {"example.com/note", "other"},
	"ingress.pathTemplate":                       {"/x", "/y"},
	"ingress.domainTemplate":                     {"{{ .Name }}.x.example", "{{ .Name }}.y.example"},
	"ingress.urlScheme":                          {"https", "http"},
	"ingress.additionalIngressDomains[]":         {"x.example", "y.example"},
	"ingress.ingressDomain":                      {"x.example", "y.example"},
	"ingress.omeIngressGateway":                  {"x/g", "y/g"},
	"kedaConfig.matchPodsBy":                     {"Label", "Name"},
	"metricsAggregator.enableMetricAggregation":  {"true", "false"},
	"metricsAggregator.enablePrometheusScraping": {"true", "false"},
}

// keysThatActLater act on what runs already, or in a part of the status that says nothing about it.
var keysThatActLater = map[string]string{
	"rollout.onUpgrade":         "TestAnUpgradeOfIsvcRestartsNothing",
	"rollout.onCatalogueChange": "TestAnEditedRuntimeIsHeldWhereThatIsAskedFor",
	"rollout.percent":           "TestAPercentageTakesItsShareOfTheServices",
	"ingress.additionalIngressGateways[].omeIngressGateway":             "both keys of an item are needed: TestGolden/ingress-gateways",
	"ingress.additionalIngressGateways[].ingressDomain":                 "the same",
	"ingress.namespaceIngressGateways{}.primary.omeIngressGateway":      "the same",
	"ingress.namespaceIngressGateways{}.primary.ingressDomain":          "the same",
	"ingress.namespaceIngressGateways{}.additional[].omeIngressGateway": "the same",
	"ingress.namespaceIngressGateways{}.additional[].ingressDomain":     "the same",
	"deploy.acceleratorResources[]":                                     "it matters to resources that no other list has: the golden cases of accelerators",
	"deploy.defaultDeploymentMode":                                      "the status is aggregated by it: TestStatusIsThatOfOME",
}

// TestNoKeyOfTheConfigurationIsSilent changes every key: it changes an object or an address in some setting,
// or its documentation says that it has no effect.
func TestNoKeyOfTheConfigurationIsSilent(t *testing.T) {
	sections := map[string]reflect.Type{}
	for _, s := range configSections() {
		sections[s.name] = reflect.TypeOf(s.of(config.Default()))
	}
	var scenes []*scene
	for _, s := range configuredSettings() {
		scene := newScene(t, s)
		meta(scene.service)["labels"], meta(scene.service)["annotations"] = object{"team": "x"}, object{"example.com/note": "x"}
		scenes = append(scenes, scene)
	}
	tried := 0
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		if sections[name].Kind() == reflect.Slice {
			continue // TestGolden/config-accelerators
		}
		documented := map[string]bool{}
		for _, k := range documentedFields(t, configSectionNamed(t, name).kind) {
			documented[k.name] = strings.Contains(strings.ToLower(k.effect), "no effect") || name != config.SectionModelInit && strings.Contains(k.effect, "do not use")
		}
		for _, l := range leavesOf(sections[name]) {
			place := name + "." + l.String()
			if l.depth > 1 || documented[l.path[0]] || keysThatActLater[place] != "" {
				continue
			}
			if values, given := valuesOfKeys[place]; given {
				l.values = values
			}
			if strings.HasSuffix(place, "Request") || strings.HasSuffix(place, "Limit") {
				l.values = [2]any{"3", "4"}
			}
			tried++
			acts := slices.ContainsFunc(scenes, func(s *scene) bool { return s.readsKey(t, name, l) })
			assert.True(t, acts, "%s changes nothing, and its comment does not say so", place)
		}
	}
	t.Logf("%d keys in %d settings", tried, len(scenes))
}

func configSectionNamed(t *testing.T, name string) configSection {
	t.Helper()
	for _, s := range configSections() {
		if s.name == name {
			return s
		}
	}
	require.Fail(t, "no section "+name)
	return configSection{}
}

// readsKey reports whether a change of a key changes an object or an address.
func (s *scene) readsKey(t *testing.T, section string, l leaf) bool {
	t.Helper()
	given := tree(t, s.setting.config)
	if _, has := given[section]; !has {
		return false
	}
	var seen []string
	for _, value := range []any{nil, l.values[0], l.values[1]} {
		changed := deepCopy(given).(object)
		if value != nil {
			changed[section], _ = l.set(at(changed, section), added, value)
		}
		sections := map[string]string{}
		for name, text := range changed {
			raw, err := json.Marshal(text)
			require.NoError(t, err)
			sections[name] = string(raw)
		}
		other := *s
		other.config = config.Parse(sections)
		seen = append(seen, newSpoken(other.sync(t, s.service, s.runtime, false)).objects)
	}
	return seen[0] != seen[1] || seen[1] != seen[2]
}
