package defaulting_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/defaulting"
)

const (
	raw        = string(v1beta1.RawDeployment)
	serverless = string(v1beta1.Serverless)
)

// service is a service with a specification in YAML.
func service(t *testing.T, spec string) *v1beta1.InferenceService {
	t.Helper()
	s := &v1beta1.InferenceService{}
	s.Name, s.Namespace = "chat", "team-a"
	require.NoError(t, yaml.UnmarshalStrict([]byte(spec), &s.Spec))
	return s
}

func annotated(t *testing.T, spec, mode string) *v1beta1.InferenceService {
	t.Helper()
	s := service(t, spec)
	s.Annotations = map[string]string{v1beta1.AnnotationDeploymentMode: mode}
	return s
}

func TestTheModeAnnotation(t *testing.T) {
	const multiNode = `{engine: {leader: {}, worker: {size: 1}}}`
	for sentence, test := range map[string]struct {
		spec, defaultMode string
		want              string // empty means that none is written
	}{
		"an engine and a decoder are disaggregated":               {`{engine: {}, decoder: {}}`, raw, "PDDisaggregated"},
		"that goes before several nodes":                          {`{engine: {leader: {}, worker: {size: 2}}, decoder: {}}`, raw, "PDDisaggregated"},
		"a router changes nothing":                                {`{engine: {}, decoder: {}, router: {}}`, raw, "PDDisaggregated"},
		"a leader and workers are several nodes":                  {multiNode, raw, "MultiNode"},
		"several nodes do not depend on the default":              {multiNode, serverless, "MultiNode"},
		"no workers are one node":                                 {`{engine: {leader: {}, worker: {size: 0}}}`, raw, raw},
		"workers without a number are one node":                   {`{engine: {leader: {}, worker: {}}}`, raw, raw},
		"a leader alone is one node":                              {`{engine: {leader: {}}}`, raw, raw},
		"workers alone are one node here":                         {`{engine: {worker: {size: 1}}}`, raw, raw},
		"an engine has the default RawDeployment":                 {`{engine: {}}`, raw, raw},
		"a decoder alone has the default":                         {`{decoder: {}}`, raw, raw},
		"no component at all has the default":                     {`{}`, raw, raw},
		"the default Serverless is not written":                   {`{engine: {}}`, serverless, ""},
		"no default is not written":                               {`{engine: {}}`, "", ""},
		"the predictor's workers do not make several nodes of it": {`{predictor: {workerSpec: {size: 2}}}`, raw, raw},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, present := defaulting.Service(service(t, test.spec), test.defaultMode).Annotations[v1beta1.AnnotationDeploymentMode]
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.want != "", present)
			if test.defaultMode != "" {
				for _, named := range []string{"", "nonsense", serverless} {
					s := annotated(t, test.spec, named)
					assert.Equal(t, named, defaulting.Service(s, test.defaultMode).Annotations[v1beta1.AnnotationDeploymentMode],
						"an annotation that is there stays")
				}
			}
		})
	}
}

func TestTheModeOfTheService(t *testing.T) {
	for annotation, want := range map[string]string{
		"Serverless": "Serverless", "RawDeployment": "RawDeployment", "MultiNodeRayVLLM": "MultiNodeRayVLLM",
		"MultiNode": "MultiNode", "VirtualDeployment": "VirtualDeployment",
		"PDDisaggregated": "the default", "": "the default", "virtualdeployment": "the default",
	} {
		t.Run(annotation, func(t *testing.T) {
			assert.Equal(t, v1beta1.DeploymentMode(want), defaulting.Mode(annotated(t, `{}`, annotation), "the default"))
		})
	}
	assert.Equal(t, v1beta1.RawDeployment, defaulting.Mode(service(t, `{}`), raw), "without annotations")
}

func TestWhetherThePredictorIsUsed(t *testing.T) {
	for sentence, test := range map[string]struct {
		predictor string
		want      bool
	}{
		"a base model":                      {`{model: {baseModel: llama}}`, true},
		"minReplicas":                       {`{minReplicas: 0}`, true},
		"maxReplicas":                       {`{maxReplicas: 2}`, true},
		"a service account":                 {`{serviceAccountName: sa}`, true},
		"containers":                        {`{containers: [{name: c}]}`, true},
		"volumes":                           {`{volumes: [{name: v, emptyDir: {}}]}`, true},
		"a node selector":                   {`{nodeSelector: {a: b}}`, true},
		"tolerations":                       {`{tolerations: [{operator: Exists}]}`, true},
		"an affinity":                       {`{affinity: {}}`, true},
		"workers":                           {`{workerSpec: {}}`, true},
		"nothing":                           {`{}`, false},
		"maxReplicas 0":                     {`{maxReplicas: 0}`, false},
		"empty lists and maps":              {`{containers: [], volumes: [], tolerations: [], nodeSelector: {}}`, false},
		"a model without a base model":      {`{model: {runtime: rt}}`, false},
		"labels of pods":                    {`{labels: {a: b}}`, false},
		"init containers, as OME sees it":   {`{initContainers: [{name: c}]}`, false},
		"a termination period, as OME does": {`{terminationGracePeriodSeconds: 5}`, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			s := service(t, `{predictor: `+test.predictor+`}`)
			assert.Equal(t, test.want, defaulting.UsesPredictor(s))
			out := defaulting.Service(s, raw)
			assert.Equal(t, test.want, out.Spec.Engine != nil)
			_, warned := out.Annotations[v1beta1.AnnotationDeprecationWarning]
			assert.Equal(t, test.want, warned)
		})
	}
}

func TestThePredictorBecomesAnEngine(t *testing.T) {
	for sentence, test := range map[string]struct{ spec, want string }{
		"its pod and its scaling are the engine's": {
			`{predictor: {minReplicas: 2, maxReplicas: 5, serviceAccountName: sa, nodeSelector: {a: b}, labels: {l: m}, timeoutSeconds: 9}}`,
			`{engine: {minReplicas: 2, maxReplicas: 5, serviceAccountName: sa, nodeSelector: {a: b}, labels: {l: m}, timeoutSeconds: 9}}`},
		"its workers are the engine's": {
			`{predictor: {workerSpec: {size: 3}}}`,
			`{engine: {worker: {size: 3}}}`},
		"the container ome-container is the runner": {
			`{predictor: {containers: [{name: side}, {name: ome-container, image: i}, {name: last}]}}`,
			`{engine: {runner: {name: ome-container, image: i}, containers: [{name: side}, {name: last}]}}`},
		"so is one whose name contains ome in any case": {
			`{predictor: {containers: [{name: side}, {name: my-OME}, {name: ome-container}]}}`,
			`{engine: {runner: {name: my-OME}, containers: [{name: side}, {name: ome-container}]}}`},
		"else the first": {
			`{predictor: {containers: [{name: a}, {name: b}]}}`,
			`{engine: {runner: {name: a}, containers: [{name: b}]}}`},
		"the only container is the runner": {
			`{predictor: {containers: [{name: a}]}}`,
			`{engine: {runner: {name: a}}}`},
		"model, weights and runtime are references": {
			`{predictor: {model: {baseModel: llama, runtime: rt, fineTunedWeights: [w]}}}`,
			`{engine: {}, model: {name: llama, fineTunedWeights: [w]}, runtime: {name: rt}}`},
		"a model without a runtime leaves the runtime to selection": {
			`{predictor: {model: {baseModel: llama}}}`,
			`{engine: {}, model: {name: llama}}`},
		"a runtime without a model is taken where the predictor is used": {
			`{predictor: {minReplicas: 1, model: {runtime: rt, fineTunedWeights: [w]}}}`,
			`{engine: {minReplicas: 1}, runtime: {name: rt}}`},
		"what the model says of the container is the runner's": {
			`{predictor: {model: {baseModel: llama, name: r, image: i, args: [a], env: [{name: A, value: a}], storageUri: "s3://m", protocolVersion: v2}}}`,
			`{engine: {runner: {name: r, image: i, args: [a], env: [{name: A, value: a}, {name: PROTOCOL_VERSION, value: v2}, {name: STORAGE_URI, value: "s3://m"}]}}, model: {name: llama}}`},
		"a runner without a name is still one": {
			`{predictor: {model: {baseModel: llama, protocolVersion: v2}}}`,
			`{engine: {runner: {name: "", env: [{name: PROTOCOL_VERSION, value: v2}]}}, model: {name: llama}}`},
		"a container that is there wins, and has the model's variables too": {
			`{predictor: {containers: [{name: c, image: own, env: [{name: B, value: b}]}], model: {image: i, args: [a], env: [{name: A, value: a}]}}}`,
			`{engine: {runner: {name: c, image: own, args: [a], env: [{name: B, value: b}, {name: A, value: a}]}}}`},
		"references that are there win, each by itself": {
			`{predictor: {model: {baseModel: llama, runtime: rt}}, model: {name: other, kind: BaseModel}}`,
			`{engine: {}, model: {name: other, kind: BaseModel}, runtime: {name: rt}}`},
		"a runtime that is there wins": {
			`{predictor: {model: {baseModel: llama, runtime: rt}}, runtime: {name: other}}`,
			`{engine: {}, model: {name: llama}, runtime: {name: other}}`},
		"an engine that is there wins over all of it": {
			`{predictor: {minReplicas: 2, model: {baseModel: llama, runtime: rt}}, engine: {minReplicas: 7}}`,
			`{engine: {minReplicas: 7}}`},
		"a router stays": {
			`{predictor: {minReplicas: 2}, router: {minReplicas: 4}}`,
			`{engine: {minReplicas: 2}, router: {minReplicas: 4}}`},
	} {
		t.Run(sentence, func(t *testing.T) {
			s := service(t, test.spec)
			want := service(t, test.want).Spec
			want.Predictor = s.Spec.Predictor
			before := s.DeepCopy()
			got := defaulting.Service(s, raw)
			assert.Equal(t, want, got.Spec, "the predictor itself stays")
			assert.Equal(t, before, s, "the argument is not changed")
		})
	}
}

func TestAWarningThatIsThereStays(t *testing.T) {
	s := service(t, `{predictor: {minReplicas: 1}}`)
	assert.Contains(t, defaulting.Service(s, raw).Annotations[v1beta1.AnnotationDeprecationWarning], "Predictor field is deprecated")
	s.Annotations = map[string]string{v1beta1.AnnotationDeprecationWarning: "", "a": "b"}
	before := s.DeepCopy()
	got := defaulting.Service(s, serverless)
	assert.Equal(t, before.Annotations, got.Annotations)
	assert.Equal(t, before, s)
}

func TestTheArgumentIsNotChanged(t *testing.T) {
	s := service(t, `{predictor: {model: {baseModel: m, runtime: r, env: [{name: W}], args: [z]}, containers: [{name: a, env: [{name: X}]}, {name: b}]}}`)
	s.Annotations = map[string]string{"a": "b"}
	before := s.DeepCopy()
	got := defaulting.Service(s, raw)
	assert.NotNil(t, got.Spec.Engine)
	assert.NotNil(t, got.Spec.Model)
	got.Annotations["x"] = "changed"
	got.Spec.Engine.Containers[0].Name = "changed"
	got.Spec.Engine.Runner.Env[0].Name, got.Spec.Engine.Runner.Args[0] = "changed", "changed"
	assert.Equal(t, before, s)
}
