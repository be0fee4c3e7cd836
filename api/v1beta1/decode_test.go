package v1beta1

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

func TestDecodeReportsUnknownFields(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want []string
	}{
		"nothing unknown": {
			`{"spec":{"engine":{"minReplicas":1,"runner":{"image":"i"}}}}`, nil,
		},
		"an unknown field of a component": {
			`{"spec":{"engine":{"foo":1}}}`, []string{"spec.engine.foo"},
		},
		"an unknown field in a list item": {
			`{"spec":{"engine":{"containers":[{"name":"a"},{"name":"b","img":"x"}]}}}`,
			[]string{"spec.engine.containers[1].img"},
		},
		"several, sorted": {
			`{"zzz":1,"spec":{"b":1,"a":1}}`, []string{"spec.a", "spec.b", "zzz"},
		},
		"a field that occurs twice": {
			`{"spec":{"engine":{},"engine":{}}}`, []string{"spec.engine"},
		},
		"a field that differs in case": {
			`{"spec":{"Engine":{}}}`, []string{"spec.Engine"},
		},
		"anything goes in status maps and labels": {
			`{"metadata":{"labels":{"x":"y"}},"status":{"components":{"other":{"url":"u"}}}}`, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			unknown, err := DecodeAndListUnknown([]byte(c.raw), &InferenceService{})
			require.NoError(t, err)
			assert.Equal(t, c.want, unknown)
		})
	}
}

func TestDecodeNamesTheFieldThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		raw, field, problem string
	}{
		"text for a number": {
			`{"spec":{"engine":{"minReplicas":"two"}}}`,
			"spec.engine.minReplicas", `must be a whole number, not "two"`,
		},
		"a fraction for a number": {
			`{"spec":{"router":{"maxReplicas":1.5}}}`,
			"spec.router.maxReplicas", `must be a whole number, not 1.5`,
		},
		"a number beyond 32 bits": {
			`{"spec":{"engine":{"priority":3000000000}}}`,
			"spec.engine.priority", `must be a whole number of at most 32 bits, not 3000000000`,
		},
		"an object for a list": {
			`{"spec":{"engine":{"containers":{}}}}`,
			"spec.engine.containers", `must be a list, not {}`,
		},
		"a list for an object": {
			`{"spec":{"engine":[]}}`, "spec.engine", `must be an object, not []`,
		},
		"text for a switch": {
			`{"spec":{"kedaConfig":{"enableKeda":"yes"}}}`,
			"spec.kedaConfig.enableKeda", `must be true or false, not "yes"`,
		},
		"a number for text in a map": {
			`{"spec":{"router":{"config":{"a":"b","port":80}}}}`,
			"spec.router.config[port]", `must be a string, not 80`,
		},
		"a wrong value in an inlined container of a list item": {
			`{"spec":{"engine":{"leader":{"runner":{"env":[{"name":"A"},{"name":true}]}}}}}`,
			"spec.engine.leader.runner.env[1].name", `must be a string, not true`,
		},
		"a quantity that is none": {
			`{"spec":{"engine":{"runner":{"resources":{"limits":{"cpu":"1","memory":"abc"}}}}}}`,
			"spec.engine.runner.resources.limits[memory]", `"abc" is not a valid quantity: `,
		},
		"a quantity that takes minutes to parse": {
			`{"spec":{"engine":{"runner":{"resources":{"limits":{"cpu":"1","memory":"1e88888888400"}}}}}}`,
			"spec.engine.runner.resources.limits[memory]", `"1e88888888400" is not a valid quantity: its exponent is too large`,
		},
		"a number that takes minutes to parse": {
			`{"spec":{"engine":{"resources":{"limits":{"memory":1e-2147483647}}}}}`,
			"spec.engine.resources.limits[memory]", `1e-2147483647 is not a valid quantity: its exponent is too large`,
		},
		"a port that is neither text nor number": {
			`{"spec":{"engine":{"minAvailable":true}}}`,
			"spec.engine.minAvailable", `true is not a valid intorstring: `,
		},
		"the first of two that are wrong": {
			`{"spec":{"engine":{"maxReplicas":"x","minReplicas":"y"}}}`,
			"spec.engine.maxReplicas", `must be a whole number, not "x"`,
		},
		"the root of an embedded metadata does not count": {
			`{"name":5,"spec":{"engine":[]}}`, "spec.engine", `must be an object, not []`,
		},
		"a long value is cut": {
			`{"spec":{"engine":{"minReplicas":"` + strings.Repeat("x", 500) + `"}}}`,
			"spec.engine.minReplicas", strings.Repeat("x", 59) + "...",
		},
		"text that is no JSON": {
			`{"spec":`, "", "it is not valid JSON: ",
		},
		"text after the object": {
			`{} {}`, "", "it is not valid JSON: ",
		},
		"a list":       {`[]`, "", "it is not a JSON object"},
		"null":         {`null`, "", "it is not a JSON object"},
		"nothing":      {``, "", "it is not a JSON object"},
		"YAML":         {`spec: {}`, "", "it is not a JSON object"},
		"a wrong kind": {`{"kind":{}}`, "kind", "must be a string, not {}"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeAndListUnknown([]byte(c.raw), &InferenceService{})
			var wrong *FieldError
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, c.field, wrong.Field)
			assert.Contains(t, wrong.Problem, c.problem)
			assert.Contains(t, err.Error(), c.field)
		})
	}
}

func TestDecodeNeedsAPointer(t *testing.T) {
	for name, into := range map[string]any{
		"a value": InferenceService{}, "a nil pointer": (*InferenceService)(nil), "nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeAndListUnknown([]byte(`{}`), into)
			require.Error(t, err)
			var wrong *FieldError
			assert.False(t, errors.As(err, &wrong), "a mistake in the program is no mistake in the object")
		})
	}
}

func TestDecodeReadsOtherKinds(t *testing.T) {
	var pod corev1.Pod
	unknown, err := DecodeAndListUnknown([]byte(`{"spec":{"nodeName":"n"},"x":1}`), &pod)
	require.NoError(t, err)
	assert.Equal(t, "n", pod.Spec.NodeName)
	assert.Equal(t, []string{"x"}, unknown)
}

func TestDecodeFillsEveryComponent(t *testing.T) {
	raw := `{"spec":{
		"model":{"name":"m","fineTunedWeights":["w"]},
		"engine":{"minReplicas":0,"volumes":[{"name":"v"}],"runner":{"image":"e"},"resources":{"limits":{"cpu":"1"}}},
		"decoder":{"leader":{"runner":{"image":"l"},"nodeSelector":{"a":"b"}},"worker":{"size":2,"runner":{"image":"w"}}},
		"router":{"config":{"K":"v"},"runner":{"image":"r"}}}}`
	var isvc InferenceService
	unknown, err := DecodeAndListUnknown([]byte(raw), &isvc)
	require.NoError(t, err)
	require.Empty(t, unknown)
	assert.Equal(t, 0, *isvc.Spec.Engine.MinReplicas)
	assert.Equal(t, "v", isvc.Spec.Engine.Volumes[0].Name)
	assert.Equal(t, "e", isvc.Spec.Engine.Runner.Image)
	assert.Equal(t, "1", isvc.Spec.Engine.Resources.Limits.Cpu().String())
	assert.Equal(t, "l", isvc.Spec.Decoder.Leader.Runner.Image)
	assert.Equal(t, "b", isvc.Spec.Decoder.Leader.NodeSelector["a"])
	assert.Equal(t, 2, *isvc.Spec.Decoder.Worker.Size)
	assert.Equal(t, "v", isvc.Spec.Router.Config["K"])
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"spec":{"engine":{"foo":1}}}`, `{"spec":{"engine":{"minReplicas":"x"}}}`,
		`{"spec":{"predictor":{"model":{"baseModel":"m","name":"c"},"workerSpec":{"size":1}}}}`,
		`{"spec":{"engine":{"runner":{"resources":{"limits":{"cpu":"1e400","memory":"abc"}}},"minAvailable":"50%"}}}`,
		`{"spec":{"engine":{"runner":{"resources":{"limits":{"cpu":"1e88888888400"}}},"labels":{"commit":"7e12345678"}}}}`,
		`{"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}`,
		`{"spec":{"engine":{"containers":[null,{"name":"a"}]}}}`, `{"a":1,"a":2}`, `{"\ud800":1}`, `[`, `null`, "\x00{",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var isvc InferenceService
		if _, err := DecodeAndListUnknown(raw, &isvc); err != nil {
			return
		}
		again, err := json.Marshal(&isvc)
		require.NoError(t, err)
		unknown, err := DecodeAndListUnknown(again, &InferenceService{})
		require.NoError(t, err)
		require.Empty(t, unknown, "what was written is not read back")
	})
}

func TestUnmarshalTakesWhatTheAPIServerTakes(t *testing.T) {
	for name, c := range map[string]struct{ raw, image string }{
		"an unknown field":              {`{"spec":{"containers":[{"image":"i","img":1}]}}`, "i"},
		"the last of two":               {`{"spec":{"containers":[{"image":"x","image":"i"}]}}`, "i"},
		"a string that is not UTF-8":    {"{\"spec\":{\"containers\":[{\"image\":\"\xff\"}]}}", "\ufffd"},
		"a field that differs in case":  {`{"spec":{"containers":[{"image":"i","Image":"x"}]}}`, "i"},
		"a quantity with a long number": {`{"spec":{"containers":[{"image":"i","resources":{"limits":{"memory":"9223372036854775807"}}}]}}`, "i"},
	} {
		t.Run(name, func(t *testing.T) {
			var pod corev1.Pod
			require.NoError(t, DecodeLenient([]byte(c.raw), &pod))
			assert.Equal(t, c.image, pod.Spec.Containers[0].Image)
		})
	}
}

func TestUnmarshalSaysWhatDoesNotFitInTheSameWordsAlways(t *testing.T) {
	for raw, want := range map[string]string{
		`[]`:                          `cannot decode the object: must be an object, not []`,
		`{"metadata":{"labels":"x"}}`: `cannot decode metadata.labels: must be an object, not "x"`,
		`{"spec":{"containers":[{"name":"a"},{"ports":[{"containerPort":"x"}]}]}}`:   `cannot decode spec.containers[1].ports[0].containerPort: must be a whole number of at most 32 bits, not "x"`,
		`{"spec":{"containers":[{"resources":{"limits":{"cpu":"1e-2147483647"}}}]}}`: `cannot decode spec.containers[0].resources.limits[cpu]: "1e-2147483647" is not a valid quantity: its exponent is too large: use one of at most 3 digits, or a suffix such as m or Gi`,
		`{"spec":`: `cannot decode the object: it is not valid JSON: unexpected EOF (at byte 8)`,
	} {
		assert.EqualError(t, DecodeLenient([]byte(raw), &corev1.Pod{}), want)
	}
}
