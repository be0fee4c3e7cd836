package record

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// redactJSON redacts one object in the place of a parent. Placeholders are
// written as R, so that tests need not know their digits.
func redactJSON(t *testing.T, object string) string {
	t.Helper()
	redacted, err := Redact(&sync.Request{Parent: json.RawMessage(object)}, []byte("salt"))
	require.NoError(t, err)
	return regexp.MustCompile(placeholderPrefix+`[0-9a-f]{8}`).ReplaceAllString(string(redacted.Parent), "R")
}

func TestSecretsAreTakenOut(t *testing.T) {
	for name, test := range map[string]struct{ object, want string }{
		"values of variables": {
			`{"env":[{"name":"MODE","value":"fast"},{"name":"EMPTY","value":""},{"name":"FROM","valueFrom":{"secretKeyRef":{"name":"s","key":"token"}}}]}`,
			`{"env":[{"name":"MODE","value":"R"},{"name":"EMPTY","value":""},{"name":"FROM","valueFrom":{"secretKeyRef":{"key":"token","name":"s"}}}]}`,
		},
		"a variable that refers to another": {
			`{"env":[{"name":"A","value":"$(POD_IP)"},{"name":"B","value":"http://$(POD_IP)"}]}`,
			`{"env":[{"name":"A","value":"$(POD_IP)"},{"name":"B","value":"R"}]}`,
		},
		"a number where a text belongs stays a number": {
			`{"env":[{"name":"PIN","value":4711}]}`, `{"env":[{"name":"PIN","value":0}]}`,
		},
		"variables in any kind of object": {
			`{"spec":{"headGroupSpec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"b"}]}]}}}}}`,
			`{"spec":{"headGroupSpec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"R"}]}]}}}}}`,
		},
		"headers of probes": {
			`{"httpGet":{"httpHeaders":[{"name":"Authorization","value":"x"}]}}`, `{"httpGet":{"httpHeaders":[{"name":"Authorization","value":"R"}]}}`,
		},
		"flags with =": {
			`{"args":["--model","/mnt/m","--api-key=abc","--tensor-parallel-size=8"]}`, `{"args":["--model","/mnt/m","--api-key=R","--tensor-parallel-size=8"]}`,
		},
		"flags whose value is the next argument": {
			`{"args":["--token","abc","--port","8080"],"command":["serve","--hf-token","abc"]}`,
			`{"args":["--token","R","--port","8080"],"command":["serve","--hf-token","R"]}`,
		},
		"a flag without a value": {
			`{"args":["--require-token","--port","8080"]}`, `{"args":["--require-token","--port","8080"]}`,
		},
		"flags that count tokens or name files": {
			`{"args":["--max-num-batched-tokens","8192","--token-file","/t","--tokenizer","m","--ssl-key-path=/k"]}`,
			`{"args":["--max-num-batched-tokens","8192","--token-file","/t","--tokenizer","m","--ssl-key-path=/k"]}`,
		},
		"a flag that refers to a variable": {
			`{"args":["--api-key=$(API_KEY)","--token","$TOKEN"]}`, `{"args":["--api-key=$(API_KEY)","--token","$TOKEN"]}`,
		},
		"flags in a script": {
			`{"args":["export HF_TOKEN=abc\nexec serve --api-key abc \\\n  --token \\\n  'a b' --port 80"]}`,
			`{"args":["export HF_TOKEN=R\nexec serve --api-key R \\\n  --token \\\n  'R' --port 80"]}`,
		},
		"expressions in a script": {
			`{"args":["export HF_TOKEN=$(cat /run/token)"]}`, `{"args":["export HF_TOKEN=$(cat /run/token)"]}`,
		},
		"JSON in an argument": {
			`{"args":["--config","{\"api_key\":\"abc\",\"n\":1}","--extra={\"password\": \"a b\"}"]}`,
			`{"args":["--config","{\"api_key\":\"R\",\"n\":1}","--extra={\"password\": \"R\"}"]}`,
		},
		"YAML in a text": {
			`{"runtimeEnvYAML":"env_vars:\n  HF_TOKEN: abc\n  OTHER: def\n"}`, `{"runtimeEnvYAML":"env_vars:\n  HF_TOKEN: R\n  OTHER: def\n"}`,
		},
		"what was last applied": {
			`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"{\"spec\":{\"env\":[{\"name\":\"A\",\"value\":\"b\"}]}}"}}}`,
			`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"{\"spec\":{\"env\":[{\"name\":\"A\",\"value\":\"R\"}]}}"}}}`,
		},
		"JSON without a secret stays as it is": {
			`{"metadata":{"annotations":{"a":"{ \"b\" : [1.50] }"}}}`, `{"metadata":{"annotations":{"a":"{ \"b\" : [1.50] }"}}}`,
		},
		"Secrets": {
			`{"kind":"Secret","data":{"a":"not base64"},"stringData":{"b":"c"},"type":"Opaque"}`,
			`{"data":{"a":"R"},"kind":"Secret","stringData":{"b":"R"},"type":"Opaque"}`,
		},
		"ConfigMaps except the list of models": {
			`{"kind":"ConfigMap","data":{"models.json":"[{\"modelName\":\"m\"}]","other":"text"}}`,
			`{"data":{"models.json":"[{\"modelName\":\"m\"}]","other":"R"},"kind":"ConfigMap"}`,
		},
		"the configuration but not its variables": {
			`{"kind":"ConfigMap","metadata":{"name":"inferenceservice-config"},"data":{"servingSidecar":"{\"image\":\"i\",\"extraEnvVars\":[{\"name\":\"A\",\"value\":\"b\"}]}"}}`,
			`{"data":{"servingSidecar":"{\"extraEnvVars\":[{\"name\":\"A\",\"value\":\"R\"}],\"image\":\"i\"}"},"kind":"ConfigMap","metadata":{"name":"inferenceservice-config"}}`,
		},
		"fields and parameters with the name of a secret": {
			`{"storage":{"parameters":{"secretKey":"abc","region":"r"}},"rayStartParams":{"redis-password":"abc"}}`,
			`{"rayStartParams":{"redis-password":"R"},"storage":{"parameters":{"region":"r","secretKey":"R"}}}`,
		},
		"fields of Kubernetes that hold no secret": {
			`{"tolerations":[{"key":"gpu","operator":"Exists"}],"topologyKey":"zone","secretName":"s","matchLabels":{"app.io/token":"x"},"tokenExpirationSeconds":10}`,
			`{"matchLabels":{"app.io/token":"x"},"secretName":"s","tokenExpirationSeconds":10,"tolerations":[{"key":"gpu","operator":"Exists"}],"topologyKey":"zone"}`,
		},
		"passwords and signatures in URLs": {
			`{"storageUri":"https://me:abc@host/m?sig=abc&x=1","image":"registry.io/token:v1"}`,
			`{"image":"registry.io/token:v1","storageUri":"https://me:R@host/m?sig=R&x=1"}`,
		},
		"what looks like a secret": {
			`{"a":["hf_abcdefghijklmnopqrstuv","Bearer abcdefghij","Authorization: Basic dXNlcjpw","-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"]}`,
			`{"a":["R","Bearer R","Authorization: Basic R","R"]}`,
		},
		"prose and queries": {
			`{"a":"the hf-token is missing: key: none, model mistral-7b","q":"sum(x{key=\"v\"})"}`,
			`{"a":"the hf-token is missing: key: none, model mistral-7b","q":"sum(x{key=\"v\"})"}`,
		},
		"other places in which a secret occurs": {
			`{"env":[{"name":"HF_TOKEN","value":"abcdefgh1"}],"status":{"message":"cannot log in with abcdefgh1"},"x":"{\"y\": \"abcdefgh1\"}"}`,
			`{"env":[{"name":"HF_TOKEN","value":"R"}],"status":{"message":"cannot log in with R"},"x":"{\"y\": \"R\"}"}`,
		},
		"values that are no secrets stay in other places": {
			`{"env":[{"name":"MODEL_NAME","value":"mistral-7b"},{"name":"PORT_TOKEN","value":"80"}],"model":"mistral-7b","port":"80"}`,
			`{"env":[{"name":"MODEL_NAME","value":"R"},{"name":"PORT_TOKEN","value":"R"}],"model":"mistral-7b","port":"80"}`,
		},
		"numbers stay as they are written": {`{"a":1.50,"b":12345678901234567890}`, `{"a":1.50,"b":12345678901234567890}`},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, redactJSON(t, test.object)) })
	}
}

func TestDataThatIsBase64StaysBase64(t *testing.T) {
	redacted, err := Redact(&sync.Request{Parent: json.RawMessage(`{"kind":"Secret","data":{"a":"c2VjcmV0"}}`)}, nil)
	require.NoError(t, err)
	var secret struct{ Data map[string][]byte }
	require.NoError(t, json.Unmarshal(redacted.Parent, &secret))
	assert.True(t, isPlaceholder(string(secret.Data["a"])), string(redacted.Parent))
}

func TestPlaceholdersAreTheSameForTheSameSecretAndSalt(t *testing.T) {
	object := json.RawMessage(`{"env":[{"name":"A","value":"x"},{"name":"B","value":"x"},{"name":"C","value":"y"}]}`)
	values := func(salt string, object json.RawMessage) (values []string, raw json.RawMessage) {
		redacted, err := Redact(&sync.Request{Parent: object}, []byte(salt))
		require.NoError(t, err)
		var decoded struct{ Env []struct{ Value string } }
		require.NoError(t, json.Unmarshal(redacted.Parent, &decoded))
		for _, e := range decoded.Env {
			values = append(values, e.Value)
		}
		return values, redacted.Parent
	}
	one, raw := values("salt", object)
	assert.Equal(t, one[0], one[1])
	assert.NotEqual(t, one[0], one[2])
	for _, value := range one {
		assert.True(t, isPlaceholder(value), value)
	}
	other, _ := values("pepper", object)
	assert.NotEqual(t, one[0], other[0])
	again, _ := values("pepper", raw)
	assert.Equal(t, one, again, "a placeholder is not redacted again")
}

func TestAllOfARequestIsRedactedAndTheOriginalKept(t *testing.T) {
	secret := json.RawMessage(`{"env":[{"name":"HF_TOKEN","value":"topsecret"}]}`)
	c := config.Default()
	require.NoError(t, json.Unmarshal([]byte(`{"image":"i","extraEnvVars":[{"name":"A","value":"topsecret"}]}`), &c.ServingSidecar))
	request := &sync.Request{
		Parent:   secret,
		Children: observed.Objects{kinds.Deployment: {"a/b": {Raw: secret}}, kinds.Service: nil},
		Related:  observed.Objects{kinds.Pod: {"a/b": {Raw: secret}}},
		Managed:  kinds.All(), Config: c, Explain: true,
	}
	redacted, err := Redact(request, []byte("salt"))
	require.NoError(t, err)
	text, err := json.Marshal(redacted)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "topsecret")
	assert.Equal(t, 4, strings.Count(string(text), placeholderPrefix))
	assert.Equal(t, request.Managed, redacted.Managed)
	assert.Equal(t, request.Children.Kinds(), redacted.Children.Kinds())
	assert.Contains(t, string(request.Parent), "topsecret")
	assert.Equal(t, "topsecret", c.ServingSidecar.ExtraEnvVars[0].Value)

	_, err = Redact(&sync.Request{Parent: json.RawMessage(`{`)}, nil)
	assert.ErrorContains(t, err, "cannot decode the parent: ")
}

func TestTheConfigurationSurvivesRedaction(t *testing.T) {
	redacted, err := Redact(&sync.Request{Parent: json.RawMessage(`{}`)}, nil)
	require.NoError(t, err)
	assert.Equal(t, config.Default(), redacted.Config)
}

func FuzzRedact(f *testing.F) {
	f.Add(`--token "a`)
	f.Add(`{"a":"--api-key=b"}`)
	f.Add(`://:x@ key: 'y`)
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := json.Marshal(map[string]any{"args": []string{text, "--api-key=topsecret1"}, "x": text})
		require.NoError(t, err)
		redacted, err := Redact(&sync.Request{Parent: raw}, nil)
		require.NoError(t, err)
		assert.True(t, json.Valid(redacted.Parent))
		assert.NotContains(t, string(redacted.Parent), "topsecret1")
		again, err := Redact(redacted, nil)
		require.NoError(t, err)
		assert.Equal(t, string(redacted.Parent), string(again.Parent), "redaction ends")
	})
}
