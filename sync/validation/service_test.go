package validation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/validation"
)

// service is a valid service with a specification and annotations in YAML.
func service(t *testing.T, spec, annotations string) *v1beta1.InferenceService {
	t.Helper()
	s := &v1beta1.InferenceService{}
	s.Name = "chat"
	require.NoError(t, yaml.UnmarshalStrict([]byte(spec), &s.Spec))
	require.NoError(t, yaml.UnmarshalStrict([]byte(annotations), &s.Annotations))
	return s
}

// fields are where the findings are.
func fields(findings []finding.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Field)
	}
	return out
}

func TestTheName(t *testing.T) {
	const characters, long = "is not a name for a service: use lower-case letters, digits and dashes", "characters and can have 63: use a shorter name"
	for sentence, test := range map[string]struct{ name, message string }{
		"one letter":          {"a", ""},
		"digits and dashes":   {"llama-3-70b", ""},
		"two dashes":          {"a--b", ""},
		"63 characters":       {strings.Repeat("a", 63), ""},
		"64 characters":       {strings.Repeat("a", 64), "the name has 64 " + long},
		"no name":             {"", characters},
		"a digit first":       {"3-llama", characters},
		"a dash first":        {"-a", characters},
		"a dash last":         {"a-", characters},
		"a capital":           {"Chat", characters},
		"a dot":               {"llama.3", characters},
		"an underscore":       {"a_b", characters},
		"a line break":        {"a\n", characters},
		"a letter with marks": {"ä", characters},
	} {
		t.Run(sentence, func(t *testing.T) {
			s := service(t, `{engine: {}}`, `{}`)
			s.Name = test.name
			findings := validation.Service(s)
			if test.message == "" {
				assert.Empty(t, findings)
				return
			}
			require.Equal(t, []string{"metadata.name"}, fields(findings))
			assert.Contains(t, findings[0].Message, test.message)
		})
	}
}

// TestRules has a service for each side of each rule: the finding with its field
// and what to do about it, or none.
func TestRules(t *testing.T) {
	for sentence, test := range map[string]struct {
		spec, annotations string
		field, message    string // empty for a service without findings
	}{
		"an engine is enough":                    {spec: `{engine: {}}`},
		"engine, decoder and router":             {spec: `{engine: {}, decoder: {}, router: {}}`},
		"a decoder without an engine":            {spec: `{decoder: {}}`, field: "spec.decoder", message: "a decoder works beside an engine: add spec.engine"},
		"a router without an engine":             {spec: `{router: {}}`, field: "spec.router", message: "a router forwards to an engine: add spec.engine"},
		"a decoder and a router, one is told":    {spec: `{decoder: {}, router: {}}`, field: "spec.decoder", message: "add spec.engine"},
		"InferenceReplicas instead of an engine": {spec: `{replicaRefs: {engine: [a]}}`, field: "spec.replicaRefs", message: "isvc makes no InferenceReplicas and fronts none: describe what is to run in spec.engine"},
		"a mode that the field does not have":    {spec: `{deploymentMode: Serverless, engine: {}}`, field: "spec.deploymentMode", message: `"Serverless" is not one of OMENative and RawDeployment: use one of them, or the annotation ome.io/deploymentMode of the engine`},
		"nothing to run":                         {spec: `{model: {name: m}}`, field: "spec.engine", message: "there is nothing to run: add spec.engine"},

		"minReplicas 0":                            {spec: `{engine: {minReplicas: 0}}`},
		"minReplicas below 0 is served":            {spec: `{engine: {minReplicas: -1, maxReplicas: -1}}`},
		"minReplicas beyond 32 bits":               {spec: `{router: {minReplicas: 2147483648}, engine: {}}`, field: "spec.router.minReplicas", message: "2147483648 is out of range"},
		"minReplicas above max is not this rule's": {spec: `{engine: {minReplicas: 5, maxReplicas: 2}}`},
		"maxReplicas below 0":                      {spec: `{engine: {}, decoder: {maxReplicas: -2}}`},
		"scaleTarget 1":                            {spec: `{engine: {scaleTarget: 1}}`},
		"scaleTarget 0":                            {spec: `{engine: {scaleTarget: 0}}`, field: "spec.engine.scaleTarget", message: "0 is out of range: use a number from 1 to"},
		"containerConcurrency 0":                   {spec: `{engine: {containerConcurrency: 0}}`},
		"containerConcurrency below 0":             {spec: `{engine: {containerConcurrency: -1}}`, field: "spec.engine.containerConcurrency", message: "from 0 to"},
		"timeoutSeconds 0":                         {spec: `{engine: {timeoutSeconds: 0}}`},
		"timeoutSeconds below 0":                   {spec: `{engine: {timeoutSeconds: -1}}`, field: "spec.engine.timeoutSeconds", message: "from 0 to"},
		"a canary of 0":                            {spec: `{engine: {canaryTrafficPercent: 0}}`},
		"a canary of 100":                          {spec: `{engine: {canaryTrafficPercent: 100}}`},
		"a canary of 101":                          {spec: `{engine: {canaryTrafficPercent: 101}}`, field: "spec.engine.canaryTrafficPercent", message: "101 is out of range: use a number from 0 to 100"},
		"a canary below 0":                         {spec: `{engine: {canaryTrafficPercent: -1}}`, field: "spec.engine.canaryTrafficPercent", message: "from 0 to 100"},
		"no workers":                               {spec: `{engine: {worker: {size: 0}}}`},
		"workers without a number":                 {spec: `{engine: {worker: {}}}`},
		"workers below 0":                          {spec: `{engine: {worker: {size: -1}}}`, field: "spec.engine.worker.size", message: "from 0 to"},
		"workers of a decoder below 0":             {spec: `{engine: {}, decoder: {worker: {size: -1}}}`, field: "spec.decoder.worker.size", message: "from 0 to"},

		"class hpa":                      {annotations: `{ome.io/autoscalerClass: hpa}`},
		"class hpa by memory":            {annotations: `{ome.io/autoscalerClass: hpa, ome.io/metrics: memory}`},
		"class hpa by another metric":    {annotations: `{ome.io/autoscalerClass: hpa, ome.io/metrics: rps}`, field: "metadata.annotations[ome.io/metrics]", message: `"rps" is not a metric of class hpa: use cpu or memory`},
		"class hpa with an empty metric": {annotations: `{ome.io/autoscalerClass: hpa, ome.io/metrics: ""}`, field: "metadata.annotations[ome.io/metrics]", message: "use cpu or memory"},
		"class keda":                     {annotations: `{ome.io/autoscalerClass: keda}`},
		"class external":                 {annotations: `{ome.io/autoscalerClass: external, ome.io/metrics: rps}`},
		"class none":                     {annotations: `{ome.io/autoscalerClass: none}`},
		"another class":                  {annotations: `{ome.io/autoscalerClass: HPA}`, field: "metadata.annotations[ome.io/autoscalerClass]", message: `"HPA" is not an autoscaler class: use hpa, keda, external or none`},
		"an empty class":                 {annotations: `{ome.io/autoscalerClass: ""}`, field: "metadata.annotations[ome.io/autoscalerClass]", message: "use hpa, keda, external or none"},
		"a metric without a class is not looked at": {annotations: `{ome.io/metrics: rps}`},

		"a percentage of 1":        {annotations: `{ome.io/targetUtilizationPercentage: "1"}`},
		"a percentage of 100":      {annotations: `{ome.io/targetUtilizationPercentage: "100"}`},
		"a percentage of 0":        {annotations: `{ome.io/targetUtilizationPercentage: "0"}`, field: "metadata.annotations[ome.io/targetUtilizationPercentage]", message: `"0" is not a percentage: use a whole number from 1 to 100`},
		"a percentage of 101":      {annotations: `{ome.io/targetUtilizationPercentage: "101"}`, field: "metadata.annotations[ome.io/targetUtilizationPercentage]", message: "from 1 to 100"},
		"a percentage with a sign": {annotations: `{ome.io/targetUtilizationPercentage: 80%}`, field: "metadata.annotations[ome.io/targetUtilizationPercentage]", message: `"80%"`},
		"an empty percentage":      {annotations: `{ome.io/targetUtilizationPercentage: ""}`, field: "metadata.annotations[ome.io/targetUtilizationPercentage]", message: "whole number"},

		"a policy that exists":            {spec: `{engine: {}, acceleratorSelector: {policy: BestFit}}`},
		"a selector without a policy":     {spec: `{engine: {acceleratorOverride: {}}, acceleratorSelector: {acceleratorClass: a}}`},
		"a policy that does not exist":    {spec: `{engine: {}, acceleratorSelector: {policy: Fastest}}`, field: "spec.acceleratorSelector.policy", message: `"Fastest" is not a policy: use BestFit, Cheapest, MostCapable or FirstAvailable`},
		"a policy of the engine":          {spec: `{engine: {acceleratorOverride: {policy: cheapest}}}`, field: "spec.engine.acceleratorOverride.policy", message: `"cheapest" is not a policy`},
		"a policy of the decoder":         {spec: `{engine: {}, decoder: {acceleratorOverride: {policy: cheapest}}}`, field: "spec.decoder.acceleratorOverride.policy", message: `"cheapest" is not a policy`},
		"a policy of the decoder that is": {spec: `{engine: {}, decoder: {acceleratorOverride: {policy: Cheapest}}}`},

		"a model with a name":                {spec: `{engine: {}, model: {name: m, fineTunedWeights: [w]}}`},
		"a model without a name":             {spec: `{engine: {}, model: {name: ""}}`, field: "spec.model.name", message: "the reference to the model has no name: set it, or remove spec.model"},
		"a runtime without a name is chosen": {spec: `{engine: {}, runtime: {name: ""}}`},
		"a weight without a name":            {spec: `{engine: {}, model: {name: m, fineTunedWeights: [w, ""]}}`, field: "spec.model.fineTunedWeights[1]", message: "the name is empty: set it, or remove the item"},
	} {
		t.Run(sentence, func(t *testing.T) {
			spec := test.spec
			if spec == "" {
				spec = `{engine: {}}`
			}
			requireFinding(t, validation.Service(service(t, spec, test.annotations)), test.field, test.message)
		})
	}
}

func requireFinding(t *testing.T, findings []finding.Finding, field, message string) {
	t.Helper()
	if field == "" {
		assert.Empty(t, findings)
		return
	}
	require.Equal(t, []string{field}, fields(findings))
	assert.Contains(t, findings[0].Message, message)
}

// TestTheOrderOfFindings: the rules in the order of their importance, within a
// rule the engine before the decoder before the router.
func TestTheOrderOfFindings(t *testing.T) {
	s := service(t, `
router: {minReplicas: 3000000000}
decoder: {maxReplicas: 3000000000, worker: {size: -1}}
engine: {canaryTrafficPercent: -1, timeoutSeconds: -1, containerConcurrency: -1, scaleTarget: 0, maxReplicas: 3000000000, minReplicas: 3000000000, acceleratorOverride: {policy: x}}
acceleratorSelector: {policy: x}
model: {name: "", fineTunedWeights: [""]}
`, `
ome.io/targetUtilizationPercentage: x
ome.io/autoscalerClass: keda
`)
	s.Name = "-"
	want := []string{
		"metadata.name",
		"spec.engine.minReplicas", "spec.engine.maxReplicas", "spec.engine.scaleTarget", "spec.engine.containerConcurrency",
		"spec.engine.timeoutSeconds", "spec.engine.canaryTrafficPercent",
		"spec.decoder.maxReplicas", "spec.decoder.worker.size", "spec.router.minReplicas",
		"metadata.annotations[ome.io/targetUtilizationPercentage]",
		"spec.acceleratorSelector.policy", "spec.engine.acceleratorOverride.policy",
		"spec.model.name", "spec.model.fineTunedWeights[0]",
	}
	for range 20 {
		require.Equal(t, want, fields(validation.Service(s)))
	}
}

func TestAClassGoesBeforeItsPercentage(t *testing.T) {
	s := service(t, `{decoder: {minReplicas: 3000000000}}`, `{ome.io/autoscalerClass: x, ome.io/targetUtilizationPercentage: x}`)
	assert.Equal(t, []string{
		"spec.decoder", "spec.decoder.minReplicas", "metadata.annotations[ome.io/autoscalerClass]",
		"metadata.annotations[ome.io/targetUtilizationPercentage]",
	}, fields(validation.Service(s)))
}

// TestEveryMessageSaysWhatToDo looks at the findings of a service that breaks
// nearly every rule: a message says more than what is wrong.
func TestEveryMessageSaysWhatToDo(t *testing.T) {
	s := service(t, `
engine: {minReplicas: 3000000000, acceleratorOverride: {policy: x}}
decoder: {acceleratorOverride: {policy: x}}
model: {name: "", fineTunedWeights: [""]}
`, `{ome.io/autoscalerClass: keda, ome.io/targetUtilizationPercentage: x}`)
	s.Name = "-"
	findings := validation.Service(s)
	require.Len(t, findings, 7)
	for _, f := range findings {
		assert.NotEmpty(t, f.Field)
		wrong, todo, both := strings.Cut(f.Message, ": ")
		assert.True(t, both && wrong != "" && todo != "", "%s: %s", f.Field, f.Message)
	}
}
