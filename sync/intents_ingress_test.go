package sync_test

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/modes"
)

// virtualService decodes the VirtualService of the service "chat".
func virtualService(v view) *modes.VirtualService {
	v.t.Helper()
	return decodeChild[modes.VirtualService](v, "VirtualService/chat")
}

const publicGateway = "knative-serving/knative-ingress-gateway"

// ingressIntents are about the way into a service.
var ingressIntents = map[string]intent{
	"ingress-kubernetes": one(func(v view) {
		ingress := v.ingress("chat")
		assert.Equal(v.t, "nginx", *ingress.Spec.IngressClassName)
		backends := map[string]string{}
		for _, rule := range ingress.Spec.Rules {
			backends[rule.Host] = jsonText(rule.HTTP.Paths[0].Backend.Service)
		}
		assert.Equal(v.t, map[string]string{
			"chat-team-a.models.example.com":        `{"name":"chat-router","port":{"number":8000}}`,
			"chat-router-team-a.models.example.com": `{"name":"chat-router","port":{"number":8000}}`,
			"chat-engine-team-a.models.example.com": `{"name":"chat-engine","port":{"number":8080}}`,
		}, backends)
		assert.NotContains(v.t, v.refs(), "Service/chat", "an ingress takes the place of the external Service")
		assert.Equal(v.t, "https://chat-team-a.models.example.com", v.Status.URL)
		assert.Equal(v.t, "http://chat-router.team-a.svc.cluster.local:8000", v.Status.Address.URL)
	}),
	"ingress-gateway": one(func(v view) {
		v.hasNo("Ingress")
		route := decodeChild[modes.HTTPRoute](v, "HTTPRoute/chat")
		assert.Equal(v.t, "gateways/models", route.Spec.ParentRefs[0].Namespace+"/"+route.Spec.ParentRefs[0].Name)
		require.Len(v.t, route.Spec.Rules, 1)
		require.Len(v.t, route.Spec.Rules[0].BackendRefs, 1)
		assert.Equal(v.t, "chat-router", route.Spec.Rules[0].BackendRefs[0].Name, "not past the router")
		engine := decodeChild[modes.HTTPRoute](v, "HTTPRoute/chat-engine")
		assert.Contains(v.t, jsonText(engine.Spec.Rules[0].Timeouts), "120s")
		assert.Contains(v.t, v.refs(), "HTTPRoute/chat-router")
	}),
	"ingress-gateway-absent": one(func(v view) {
		v.partly("ingress", "KindNotInstalled")
		v.has(refs(rawChildren("chat", "engine"), []string{"ConfigMap/modelconfig-chat"})...)
		v.isCondition("IngressReady", "False", "KindNotInstalled")
		v.isCondition("Ready", "False", "KindNotInstalled")
	}),
	"ingress-istio": one(func(v view) {
		v.has("ConfigMap/modelconfig-chat", "KnativeService/chat-engine", "Service/chat", "VirtualService/chat")
		route := virtualService(v)
		assert.Equal(v.t, []string{"chat.team-a.svc.cluster.local", "chat-team-a.models.example.com"}, route.Spec.Hosts)
		assert.Contains(v.t, route.Spec.Gateways, publicGateway)
		assert.Contains(v.t, jsonText(route), `"Host":"chat-engine.team-a.svc.cluster.local"`)
		assert.Equal(v.t, corev1.ServiceTypeExternalName, v.service("chat").Spec.Type)
		assert.Equal(v.t, "https://chat-team-a.models.example.com", v.Status.URL)
		assert.Equal(v.t, "http://chat.team-a.svc.cluster.local", v.Status.Address.URL)
	}),
	"ingress-path": one(func(v view) {
		route := virtualService(v)
		assert.Contains(v.t, route.Spec.Hosts, "models.example.com")
		require.Len(v.t, route.Spec.HTTP, 2)
		assert.Contains(v.t, jsonText(route.Spec.HTTP[1].Match), "/serving/team-a/chat/")
		assert.Contains(v.t, jsonText(route.Spec.HTTP[1]), `"rewrite":{"uri":"/"}`)
		assert.Equal(v.t, "https://models.example.com/serving/team-a/chat", v.Status.URL)
	}),
	"ingress-disabled-by-annotation": one(func(v view) {
		v.hasNo("Ingress", "HTTPRoute", "VirtualService")
		assert.Contains(v.t, v.refs(), "Service/chat")
		assert.Equal(v.t, "http://chat.team-a.svc.cluster.local", v.Status.URL)
		v.isCondition("IngressReady", "Unknown", "IngressNotCreated")
	}),
	"ingress-cluster-local": one(func(v view) {
		route := virtualService(v)
		assert.NotContains(v.t, route.Spec.Gateways, publicGateway)
		assert.Equal(v.t, []string{"chat.team-a.svc.cluster.local"}, route.Spec.Hosts)
		assert.Equal(v.t, "http://chat.team-a.svc.cluster.local", v.Status.URL)
	}),
	"ingress-bad-template": one(func(v view) {
		v.partly("ingress", "InvalidIngressConfig")
		v.has(refs(rawChildren("chat", "engine"), []string{"ConfigMap/modelconfig-chat"})...)
		v.isCondition("IngressReady", "False", "InvalidIngressConfig")
		_, _, message := v.condition("IngressReady")
		assert.Contains(v.t, message, "chat_models.example.com")
	}),
}
