package sync_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

// TestANameThatSomebodyElseHas: a Service object with the name of one that the service needs is left
// alone, and the service says whose it is instead of being ready.
func TestANameThatSomebodyElseHas(t *testing.T) {
	const other, ours = "9f4e1a2b-0000-4000-8000-000000000002", parentUID
	owned := func(apiVersion, kind, name, uid string) string {
		return `"ownerReferences": [{"apiVersion": "` + apiVersion + `", "kind": "` + kind + `", "name": "` + name + `", "uid": "` + uid + `", "controller": true}]`
	}
	for sentence, test := range map[string]struct {
		name, metadata string
		condition      string
		reason         string
		says           []string
		isSent         bool
	}{
		"the external Service of another service": {
			name: "chat", metadata: owned("ome.io/v1beta1", "InferenceService", "cha", other),
			condition: "IngressReady", reason: status.ReasonNameTaken, says: []string{"Service chat", "InferenceService cha"},
		},
		"the component's Service of another service": {
			name: "chat-engine", metadata: owned("ome.io/v1beta1", "InferenceService", "chat-engine", other),
			condition: "EngineReady", reason: status.ReasonNameTaken, says: []string{"Service chat-engine", "InferenceService chat-engine"},
		},
		"a Service that somebody made by hand": {
			name: "chat", metadata: `"labels": {"app": "x"}`,
			condition: "IngressReady", reason: status.ReasonNameTaken, says: []string{"no InferenceService"},
		},
		"a Service that was left of this service": {
			name: "chat", metadata: `"labels": {"ome.io/inferenceservice": "chat"}`,
			condition: "IngressReady", reason: status.ReasonIngressNotCreated, isSent: true,
		},
		"a Service that was made just now": {
			name: "chat", metadata: owned("ome.io/v1beta1", "InferenceService", "chat", ours),
			condition: "IngressReady", reason: status.ReasonIngressNotCreated, isSent: true,
		},
		"a Service that Knative is about to delete": {
			name: "chat-engine", metadata: owned("serving.knative.dev/v1", "Route", "chat-engine", other),
			condition: "EngineReady", reason: status.ReasonIngressNotCreated, says: []string{"Knative's Route chat-engine", "when that is gone"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := switching(t, "raw")
			c.apply(t, clientSide, c.sync(t))
			c.ready(t)
			delete(c.children[kinds.Service], "default/"+test.name)
			c.related = append(c.related, tree(t, `{apiVersion: v1, kind: Service, metadata: {"name": `+test.name+`, "namespace": default, `+test.metadata+`}}`))
			v := view{t, c.sync(t)}
			status, reason, message := v.condition(test.condition)
			assert.NotEqual(t, "True", status)
			assert.Equal(t, test.reason, reason)
			for _, part := range test.says {
				assert.Contains(t, message, part)
			}
			ready, _, _ := v.condition("Ready")
			assert.Equal(t, status, ready)
			if test.isSent {
				assert.Contains(t, v.refs(), "Service/"+test.name)
			} else {
				assert.NotContains(t, v.refs(), "Service/"+test.name, "what is not ours is not touched")
			}
			assert.Contains(t, v.refs(), "Deployment/chat-engine", "all else goes on")
		})
	}
}

// TestOurOwnObjectsAreNotTaken: what the service has is shown twice, as a child and by its name.
func TestOurOwnObjectsAreNotTaken(t *testing.T) {
	for _, s := range strategies {
		c := switching(t, "raw")
		c.apply(t, s, c.sync(t))
		c.ready(t)
		want := c.sync(t)
		request := c.request(t)
		request.Related[kinds.Service] = map[string]observed.Object{}
		for key, object := range request.Children[kinds.Service] {
			request.Related[kinds.Service][key] = object
		}
		got := answer(t, request)
		text, err := json.Marshal(want)
		require.NoError(t, err)
		assert.Equal(t, string(text), string(got), s)
	}
}

// TestAHostThatAnotherServiceHas: of two services with one host, the one whose route is younger is not
// ready, because the gateway follows the older route.
func TestAHostThatAnotherServiceHas(t *testing.T) {
	const theirs = `{apiVersion: %s, kind: %s, metadata: {name: search, namespace: default, creationTimestamp: %q,
		labels: {isvc.io/shared-host: "true"}, ownerReferences: [{kind: InferenceService, name: search, uid: other, controller: true}]},
		spec: %s}`
	const httpRoute = `{hostnames: [%s], rules: [{matches: [{path: {type: PathPrefix, value: /}}]}]}`
	const ingress = `{rules: [{host: %s, http: {paths: [{path: /}]}}]}`
	for sentence, test := range map[string]struct {
		apiVersion, kind, spec string
		host, created          string
		gateway                bool
		reason                 string
	}{
		"an older HTTPRoute":             {"gateway.networking.k8s.io/v1", "HTTPRoute", httpRoute, "models.example.com", "2025-01-01T00:00:00Z", true, status.ReasonHostInUse},
		"a younger HTTPRoute":            {"gateway.networking.k8s.io/v1", "HTTPRoute", httpRoute, "models.example.com", "2026-02-01T00:00:00Z", true, ""},
		"an older HTTPRoute, other host": {"gateway.networking.k8s.io/v1", "HTTPRoute", httpRoute, "search.example.com", "2025-01-01T00:00:00Z", true, ""},
		"an older Ingress":               {"networking.k8s.io/v1", "Ingress", ingress, "models.example.com", "2025-01-01T00:00:00Z", false, status.ReasonHostInUse},
		"an Ingress of the same second":  {"networking.k8s.io/v1", "Ingress", ingress, "models.example.com", "2026-01-01T00:00:00Z", false, ""},
		"an older Ingress, another kind": {"networking.k8s.io/v1", "Ingress", ingress, "models.example.com", "2025-01-01T00:00:00Z", true, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := switching(t, "raw")
			c.config = map[string]string{"ingress": fmt.Sprintf(
				`{"ingressGateway":"a/b","ingressService":"c","enableGatewayAPI":%t,"omeIngressGateway":"gw/public","ingressDomain":"example.com","domainTemplate":"models.{{ .IngressDomain }}"}`, test.gateway)}
			c.apply(t, clientSide, c.sync(t))
			c.related = append(c.related, tree(t, fmt.Sprintf(theirs, test.apiVersion, test.kind, test.created, fmt.Sprintf(test.spec, test.host))))
			v := view{t, c.sync(t)}
			_, reason, message := v.condition("IngressReady")
			if test.reason == "" {
				assert.NotEqual(t, status.ReasonHostInUse, reason)
				return
			}
			assert.Equal(t, test.reason, reason)
			assert.Contains(t, message, "host models.example.com")
			assert.Contains(t, message, "InferenceService search")
		})
	}
}
