package sync_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/observed"
)

// hostile is a request that nobody means well with.
type hostile struct {
	make func(c *cluster)
	// want is the reason of the hold, "computed" for an answer without one, or
	// "part" for one that is held in part.
	want string
}

func deep(levels int) string {
	return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
}

func annotate(key, value string) func(*cluster) {
	return func(c *cluster) { at(c.parent, "metadata", "annotations")[key] = value }
}

func engine(field string, value any) func(*cluster) {
	return func(c *cluster) { spec(c, "engine")[field] = value }
}

func list(n int, item func(i int) any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = item(i)
	}
	return out
}

const zalgo = "\u202e\u0000\ufeff\ud7ff<script>\n\t\x1b[31m''\"\\{{.}}%s"

var hostiles = map[string]hostile{
	"a field nested 5,000 deep":          {func(c *cluster) { spec(c)["model"] = json.RawMessage(deep(5000)) }, "InvalidSpec"},
	"an unknown field nested 5,000 deep": {func(c *cluster) { spec(c)["x"] = json.RawMessage(deep(5000)) }, "computed"},
	"lists in lists, 9,000 deep": {func(c *cluster) {
		spec(c, "engine")["tolerations"] = json.RawMessage(strings.Repeat("[", 9000) + strings.Repeat("]", 9000))
	}, "InvalidField"},
	"a field of the engine nested 5,000 deep": {engine("x", json.RawMessage(deep(5000))), "computed"},
	"a field of the runtime's engine nested 5,000 deep": {func(c *cluster) {
		at(c.one("ClusterServingRuntime"), "spec", "engineConfig")["x"] = json.RawMessage(deep(5000))
	}, "computed"},
	"100,000 unknown fields of the engine": {func(c *cluster) { many(spec(c, "engine"), 100_000) }, "computed"},
	"labels that are lists":                {engine("labels", object{"x": []any{}}), "InvalidField"},
	"annotations of a model that are lists": {func(c *cluster) {
		meta(c.one("ClusterBaseModel"))["annotations"] = object{"x": []any{}}
	}, "ModelInvalid"},
	"annotations of a runtime that are lists": {func(c *cluster) {
		at(c.one("ClusterServingRuntime"), "spec", "engineConfig")["annotations"] = []any{}
	}, "RuntimeInvalid"},
	"100,000 unknown fields": {func(c *cluster) { many(spec(c), 100_000) }, "computed"},
	"a field name of 1 MB":   {func(c *cluster) { spec(c)[strings.Repeat("x", 1<<20)] = 1 }, "computed"},
	"20,000 variables":       {engine("runner", object{"image": "i", "env": list(20_000, func(i int) any { return object{"name": fmt.Sprint("V", i), "value": "v"} })}), "part"},
	"20,000 containers":      {engine("containers", list(20_000, func(i int) any { return object{"name": fmt.Sprint("c", i), "image": "i"} })), "part"},
	"10,000 weights":         {func(c *cluster) { spec(c, "model")["fineTunedWeights"] = list(10_000, func(int) any { return "w" }) }, "hold"},
	"an argument of 1 MB":    {engine("runner", object{"image": "i", "args": []any{strings.Repeat("x", 1<<20)}}), "part"},
	"a field twice": {func(c *cluster) {
		c.parent["spec"] = json.RawMessage(`{"model":{"name":"llama"},"model":{"name":"nothing"},"engine":{}}`)
	}, "ModelNotFound"},
	"a list for an object":                  {func(c *cluster) { spec(c)["engine"] = []any{} }, "InvalidField"},
	"a label of the service that is a bool": {func(c *cluster) { at(c.parent, "metadata")["labels"] = object{"gpu": true} }, "InvalidField"},
	"a list of annotations":                 {func(c *cluster) { at(c.parent, "metadata")["annotations"] = []any{object{"team": "a"}} }, "InvalidField"},
	"a number for a text":                   {func(c *cluster) { spec(c, "model")["name"] = 7 }, "InvalidField"},
	"a text for a number":                   {engine("minReplicas", "many"), "InvalidField"},
	"null everywhere": {func(c *cluster) {
		c.parent["spec"] = json.RawMessage(`{"model":null,"engine":null,"decoder":null,"router":null}`)
	}, "InvalidSpec"},
	"a null component":                  {engine("runner", nil), "computed"},
	"negative replicas":                 {engine("minReplicas", -5), "computed"},
	"more replicas than 32 bits hold":   {engine("maxReplicas", 1<<40), "InvalidSpec"},
	"more replicas than 64 bits hold":   {engine("maxReplicas", json.RawMessage("99999999999999999999999")), "InvalidField"},
	"a fraction of a replica":           {engine("minReplicas", json.RawMessage("1.5")), "InvalidField"},
	"a number with an endless exponent": {engine("minReplicas", json.RawMessage("1e999999999")), "InvalidField"},
	"two billion workers":               {engine("worker", object{"size": 1<<31 - 1}), "part"},
	"two billion Ray clusters": {func(c *cluster) {
		engine("minReplicas", 1<<31-1)(c)
		engine("annotations", object{"ome.io/deploymentMode": "MultiNodeRayVLLM"})(c)
	}, "part"},
	"a quantity without end": {engine("resources", object{"limits": object{"nvidia.com/gpu": "9999999999999999999999999E"}}), "computed"},
	"a quantity that takes minutes to parse": {
		engine("resources", object{"limits": object{"cpu": "1e-2147483647"}}), "InvalidField",
	},
	"a runtime with a quantity that takes minutes": {func(c *cluster) {
		at(c.one("ClusterServingRuntime"), "spec", "engineConfig", "runner", "resources", "limits")["cpu"] = "1e88888888400"
	}, "RuntimeInvalid"},
	"a class with a quantity that takes minutes": {func(c *cluster) {
		at(c.one("AcceleratorClass"), "spec", "capabilities")["memoryGB"] = "1e-2147483647"
	}, "hold"},
	"a quantity that is none":             {engine("resources", object{"limits": object{"cpu": "lots"}}), "InvalidField"},
	"a negative quantity":                 {engine("resources", object{"limits": object{"nvidia.com/gpu": "-8"}}), "computed"},
	"a name with control characters":      {func(c *cluster) { meta(c.parent)["name"] = zalgo }, "InvalidSpec"},
	"a name of 300 characters":            {func(c *cluster) { meta(c.parent)["name"] = strings.Repeat("x", 300) }, "InvalidSpec"},
	"a name with a path":                  {func(c *cluster) { meta(c.parent)["name"] = "../../etc" }, "InvalidSpec"},
	"a name in capitals":                  {func(c *cluster) { meta(c.parent)["name"] = "Chat" }, "InvalidSpec"},
	"a reference with control characters": {func(c *cluster) { spec(c, "model")["name"] = zalgo }, "ModelNotFound"},
	"a reference of 1 MB":                 {func(c *cluster) { spec(c, "runtime")["name"] = strings.Repeat("x", 1<<20) }, "RuntimeNotFound"},
	"an annotation of control characters": {annotate("note", zalgo), "computed"},
	"an annotation of 1 MB":               {annotate("note", strings.Repeat("x", 1<<20)), "part"},
	"a class of control characters":       {annotate("ome.io/autoscalerClass", zalgo), "InvalidSpec"},
	"a label of control characters":       {engine("labels", object{"x": zalgo}), "computed"},
	"a label key that is illegal":         {engine("labels", object{zalgo: "x"}), ""},
	"a template that calls itself":        {both(routed, annotate("ome.io/ingress-domain-template", `{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`)), "part"},
	"a template that loops":               {both(routed, annotate("ome.io/ingress-domain-template", `{{range $i := .Labels}}{{end}}`)), "part"},
	"a template that grows":               {both(routed, annotate("ome.io/ingress-domain-template", `{{printf "%1000000000d" 1}}`)), "part"},
	"a template that indexes":             {both(routed, annotate("ome.io/ingress-domain-template", `{{index .Name 99999999}}.{{slice .Name 5 2}}`)), "part"},
	"a template that is cut off":          {both(routed, annotate("ome.io/ingress-domain-template", `{{ .Name`)), "part"},
	"a template of control characters":    {both(routed, annotate("ome.io/ingress-domain-template", zalgo)), "part"},
	"a placeholder in its own value":      {both(annotate("self", "{{.Annotations.self}}"), engine("runner", object{"image": "i", "args": []any{"{{.Annotations.self}}{{.Annotations.self}}"}})), "computed"},
	"placeholders without end":            {engine("runner", object{"image": "i", "args": []any{strings.Repeat("{{", 50_000)}}), "computed"},
	"a query of control characters":       {keda(object{"customPromQuery": zalgo}), "computed"},
	"a query of formats":                  {keda(object{"customPromQuery": "%s%s%n%9999999d%!%"}), "computed"},
	"a query of 1 MB":                     {keda(object{"customPromQuery": strings.Repeat("%s", 1<<19)}), "part"},
	"a threshold without end":             {keda(object{"scalingThreshold": "1e308", "scalingOperator": "LessThan"}), ""},
	"a threshold that is none":            {keda(object{"scalingThreshold": "NaN"}), ""},
	"an address that is none":             {keda(object{"promServerAddress": "javascript:alert(1)"}), ""},
	"a model of a long size": {func(c *cluster) {
		at(c.one("ClusterBaseModel"), "spec")["modelParameterSize"] = "99999999999999999999999999B"
	}, ""},
	"a model in a long place": {func(c *cluster) {
		at(c.one("ClusterBaseModel"), "spec", "storage")["path"] = strings.Repeat("/x", 200_000)
	}, ""},
	"a model of many parameters": {func(c *cluster) {
		at(c.one("ClusterBaseModel"), "spec", "storage")["parameters"] = object{"x": strings.Repeat("x", 300_000)}
	}, "computed"},
	"a model with a strange claim": {func(c *cluster) {
		at(c.one("ClusterBaseModel"), "spec", "storage")["storageUri"] = "pvc://::/../" + zalgo
	}, ""},
	"a runtime that is a list": {func(c *cluster) { c.one("ClusterServingRuntime")["spec"] = []any{} }, "RuntimeInvalid"},
	"a runtime with a long name of all": {func(c *cluster) {
		at(c.one("ClusterServingRuntime"), "spec")["engineConfig"] = object{"runner": object{"name": strings.Repeat("x", 1000), "image": zalgo}}
	}, ""},
	"a status from another world": {func(c *cluster) { c.parent["status"] = object{"conditions": object{"x": 1}, "url": 7} }, "computed"},
	"1,000 old conditions": {func(c *cluster) {
		c.parent["status"] = object{"conditions": list(1000, func(i int) any { return object{"type": fmt.Sprint("T", i), "status": "True"} })}
	}, "computed"},
	"a generation below zero": {func(c *cluster) { meta(c.parent)["generation"] = -1 }, "computed"},
}

func both(first, second func(*cluster)) func(*cluster) {
	return func(c *cluster) { first(c); second(c) }
}

func many(into object, n int) {
	for i := range n {
		into[fmt.Sprint("x", i)] = i
	}
}

func routed(c *cluster) { configured(withGateway)(c) }

func keda(settings object) func(*cluster) {
	return func(c *cluster) {
		settings["enableKeda"] = true
		spec(c, "engine")["kedaConfig"] = settings
	}
}

// TestHostileRequestsAreAnswered: whatever a service or a related object says,
// there is an answer soon, with a status that can be stored and messages of a
// bounded length, and no child is lost.
func TestHostileRequestsAreAnswered(t *testing.T) {
	for sentence, h := range hostiles {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			c := served(t, clientSide)
			before := c.children
			h.make(c)
			request := c.request(t)
			start := time.Now()
			response, err := sync.Sync(request)
			assert.Less(t, time.Since(start), slowdown*10*time.Second)
			require.NoError(t, err)
			judge(t, h.want, response)
			bounded(t, response)
			confined(t, request, response)
			assert.NoError(t, hook.CheckChildren(request, hook.Parent{Namespace: "team-a"}, response.Children))
			for _, line := range deletions(before, response.Children) {
				autoscaler := strings.HasPrefix(line, "delete HorizontalPodAutoscaler") // KEDA takes its place
				if !autoscaler && !strings.Contains(sentence, "name") {
					assert.Fail(t, line)
				}
			}
			_, err = sync.Customize(request.Parent, sync.CustomizeOptions{Pods: true})
			assert.NoError(t, err)
		})
	}
}

// TestWhatIsNoServiceIsAnError: there is nothing to answer for, and whoever asks
// must leave everything as it is.
func TestWhatIsNoServiceIsAnError(t *testing.T) {
	for sentence, parent := range map[string]string{
		"nothing": ``, "no JSON": `{"metadata":`, "null": `null`, "a list": `[]`, "a text": `"x"`, "no metadata": `{}`,
		"no name": `{"metadata":{"namespace":"n"}}`, "a name that is a number": `{"metadata":{"name":7}}`,
		"nested 20,000 deep": `{"metadata":{"name":"x"},"spec":` + deep(20_000) + `}`,
		"metadata of 1 MB":   `{"metadata":"` + strings.Repeat("x", 1<<20) + `"}`,
		"a number of owners": `{"metadata":{"name":"x","namespace":"n","ownerReferences":7}}`,
	} {
		t.Run(sentence, func(t *testing.T) {
			_, err := sync.Sync(&sync.Request{Parent: json.RawMessage(parent)})
			require.Error(t, err)
			assert.Less(t, len(err.Error()), 1000)
			_, err = sync.Customize(json.RawMessage(parent), sync.CustomizeOptions{})
			assert.Error(t, err)
		})
	}
}

func judge(t *testing.T, want string, response *sync.Response) {
	t.Helper()
	switch {
	case want == "":
	case want == "computed":
		assert.Nil(t, response.Hold)
		assert.Empty(t, response.Partial)
	case want == "part":
		assert.Nil(t, response.Hold)
		assert.NotEmpty(t, response.Partial)
	case want == "hold":
		assert.NotNil(t, response.Hold)
	default:
		require.NotNil(t, response.Hold)
		assert.Equal(t, want, response.Hold.Reason)
	}
}

// bounded asserts that what goes into the status and the logs has an end.
func bounded(t *testing.T, response *sync.Response) {
	t.Helper()
	text := jsonText(response.Status)
	assert.Less(t, len(text), 100_000, "the status")
	assert.Empty(t, statusViolations(t, text))
	for _, c := range response.Status.Conditions {
		assert.LessOrEqual(t, len(c.Message), 4096, c.Type)
		assert.True(t, utf8.ValidString(c.Message), c.Type)
	}
	for _, c := range response.Children {
		assert.NoError(t, child.CheckAppliable(c.Object))
	}
	if response.Hold != nil {
		assert.LessOrEqual(t, len(response.Hold.Message), 1100)
	}
	for _, part := range response.Partial {
		assert.LessOrEqual(t, len(part.Message), 1100, part.Subject)
	}
}

// TestHostileObjectsAmongTheObservedAreSurvived: whatever the cluster shows of a
// child, the answer keeps it or asks to come back.
func TestHostileObjectsAmongTheObservedAreSurvived(t *testing.T) {
	const annotation = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a","annotations":{"metacontroller.k8s.io/last-applied-configuration":%q}}}`
	for sentence, raw := range map[string]string{
		"no JSON":                  `{`,
		"null":                     `null`,
		"a list":                   `[]`,
		"an empty object":          `{}`,
		"metadata that is a text":  `{"metadata":"x"}`,
		"owners that are a text":   `{"metadata":{"name":"chat-engine","ownerReferences":"x"}}`,
		"labels of numbers":        `{"metadata":{"name":"chat-engine","labels":{"component":7}}}`,
		"a spec that is a list":    `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a"},"spec":[]}`,
		"an annotation of nothing": fmt.Sprintf(annotation, ``),
		"an annotation nested":     fmt.Sprintf(annotation, deep(5000)),
		"managed fields nested":    `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a","managedFields":[{"manager":"metacontroller","operation":"Apply","apiVersion":"apps/v1","fieldsV1":` + deep(5000) + `}]}}`,
		"managed fields of texts":  `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a","managedFields":["x",{"fieldsV1":7}]}}`,
		"nested 20,000 deep":       deep(20000),
		"quantities that take minutes": `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a"},
			"spec":{"template":{"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"1e-2147483647"}}}]}}}}`,
		"replicas that are a text": `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a"},"spec":{"replicas":"x","selector":7,"template":null},"status":{"replicas":-1}}`,
	} {
		for state, related := range map[string]bool{"computed": true, "held": false} {
			t.Run(sentence+"/"+state, func(t *testing.T) {
				c := served(t, clientSide)
				if !related {
					c.related = nil
				}
				request := c.request(t)
				request.Children[kinds.Deployment]["team-a/chat-engine"] = observed.Object{Raw: json.RawMessage(raw)}
				response, err := sync.Sync(request)
				require.NoError(t, err)
				bounded(t, response)
				if response.RetryAfter == 0 {
					assert.Contains(t, view{t, response}.refs(), "Deployment/chat-engine")
				}
				if related {
					assert.Zero(t, response.RetryAfter, "nothing is in doubt")
				}
			})
		}
	}
}
