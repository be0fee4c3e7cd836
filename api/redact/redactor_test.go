package redact_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/redact"
)

// redacted is an object without its secrets.
func redacted(t testing.TB, object, salt string) string {
	t.Helper()
	var value any
	decoder := json.NewDecoder(bytes.NewReader([]byte(object)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value))
	redactor := redact.NewRedactor([]byte(salt))
	value = redactor.HideSecrets(value)
	value = redactor.HideOccurrences()(value)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(value))
	return string(bytes.TrimSpace(out.Bytes()))
}

var placeholders = regexp.MustCompile(redact.PlaceholderPrefix + `[0-9a-f]{8}`)

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
		t.Run(name, func(t *testing.T) {
			got := redacted(t, test.object, "salt")
			assert.Equal(t, test.want, placeholders.ReplaceAllString(got, "R"))
		})
	}
}

func TestDataThatIsBase64StaysBase64(t *testing.T) {
	got := redacted(t, `{"kind":"Secret","data":{"a":"c2VjcmV0"}}`, "")
	var secret struct{ Data map[string][]byte }
	require.NoError(t, json.Unmarshal([]byte(got), &secret))
	assert.True(t, redact.IsPlaceholder(string(secret.Data["a"])), got)
}

func TestPlaceholdersAreTheSameForTheSameSecretAndSalt(t *testing.T) {
	values := func(object string) (values []string) {
		var decoded struct{ Env []struct{ Value string } }
		require.NoError(t, json.Unmarshal([]byte(object), &decoded))
		for _, e := range decoded.Env {
			values = append(values, e.Value)
		}
		return values
	}
	object := `{"env":[{"name":"A","value":"x"},{"name":"B","value":"x"},{"name":"C","value":"y"}]}`
	salted := redacted(t, object, "salt")
	one := values(salted)
	assert.Equal(t, one[0], one[1])
	assert.NotEqual(t, one[0], one[2])
	for _, value := range one {
		assert.True(t, redact.IsPlaceholder(value), value)
	}
	assert.NotEqual(t, one[0], values(redacted(t, object, "pepper"))[0])
	assert.Equal(t, one, values(redacted(t, salted, "pepper")), "a placeholder is not redacted again")
}

func FuzzRedactor(f *testing.F) {
	f.Add(`--token "a`)
	f.Add(`{"a":"--api-key=b"}`)
	f.Add(`://:x@ key: 'y`)
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := json.Marshal(map[string]any{"args": []string{text, "--api-key=topsecret1"}, "x": text})
		require.NoError(t, err)
		once := redacted(t, string(raw), "")
		assert.True(t, json.Valid([]byte(once)))
		assert.NotContains(t, once, "topsecret1")
		assert.Equal(t, once, redacted(t, once, ""), "redaction ends")
	})
}
