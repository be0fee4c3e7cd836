package sync_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
)

// routed are the hosts and the path of an HTTPRoute, and the Gateways to which it is attached.
func (v view) routed(name string) (where, gateways string) {
	v.t.Helper()
	route := decodeChild[modes.HTTPRoute](v, "HTTPRoute/"+name).Spec
	require.Len(v.t, route.Rules, 1)
	var parents []string
	for _, parent := range route.ParentRefs {
		parents = append(parents, parent.Namespace+"/"+parent.Name)
	}
	return strings.Join(route.Hostnames, ",") + route.Rules[0].Matches[0].Path.Value, strings.Join(parents, ",")
}

// leadsFrom asserts the hosts and the path of an HTTPRoute.
func (v view) leadsFrom(name, want string) {
	v.t.Helper()
	where, _ := v.routed(name)
	assert.Equal(v.t, want, where, name)
}

// configIntents are about sections of the configuration that OME v1.3 has.
var configIntents = map[string]intent{
	"config-deploy-defaults": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "own", "zero", "groups")
		bounds := func(v view, name string) []int32 {
			spec := v.hpa(name).Spec
			return []int32{*spec.MinReplicas, spec.MaxReplicas}
		}
		assert.Equal(t, []int32{2, 6}, bounds(views["chat"], "chat-engine"))
		assert.Equal(t, []int32{2, 7}, bounds(views["chat"], "chat-decoder"))
		assert.Equal(t, []int32{4, 4}, bounds(views["chat"], "chat-router"), "the greatest is raised to the least")
		assert.EqualValues(t, 600, *views["chat"].pod("chat-engine").Spec.TerminationGracePeriodSeconds)
		assert.EqualValues(t, 15, views["chat"].deployment("chat-engine").Spec.MinReadySeconds)
		assert.Equal(t, []int32{2, 5}, bounds(views["own"], "own-engine"))
		assert.EqualValues(t, 40, *views["own"].pod("own-engine").Spec.TerminationGracePeriodSeconds)
		knative := views["zero"].knative("zero-engine").Spec.Template
		assert.Equal(t, "6", knative.Annotations["autoscaling.knative.dev/max-scale"])
		assert.Nil(t, knative.Spec.TerminationGracePeriodSeconds, "Knative decides it")
		group := views["groups"].lws("lws-groups-engine").Spec
		assert.EqualValues(t, 2, *group.Replicas)
		assert.EqualValues(t, 600, *group.LeaderWorkerTemplate.LeaderTemplate.Spec.TerminationGracePeriodSeconds)
		assert.EqualValues(t, 600, *group.LeaderWorkerTemplate.WorkerTemplate.Spec.TerminationGracePeriodSeconds)
		views["groups"].hasNo("HorizontalPodAutoscaler")
	},
	"config-accelerator-strategy": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "own", "cpu", "groups", "groups-own", "groups-lifecycle")
		rolls("chat-engine", "0", "1")(views["chat"])
		rolls("own-engine", "1", "0")(views["own"])
		rolls("cpu-engine", "1", "0")(views["cpu"])
		for name, want := range map[string]string{"groups": "0 1", "groups-own": "0 100%", "groups-lifecycle": "2 1"} {
			update := views[name].lws("lws-" + name + "-engine").Spec.RolloutStrategy.RollingUpdateConfiguration
			assert.Equal(t, want, update.MaxSurge.String()+" "+update.MaxUnavailable.String(), name)
		}
		for _, v := range views {
			v.quiet()
		}
	},
	"config-budget": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "own", "groups")
		assert.Equal(t, "50%", views["chat"].pdb("chat-engine").Spec.MinAvailable.String())
		assert.Nil(t, views["chat"].pdb("chat-engine").Spec.MaxUnavailable)
		assert.EqualValues(t, 1, views["own"].pdb("own-engine").Spec.MinAvailable.IntVal)
		assert.EqualValues(t, 2, views["groups"].pdb("groups-engine").Spec.MaxUnavailable.IntVal, "two groups may go, so two pods may")
	},
	"config-budget-broken": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "own")
		assert.EqualValues(t, 1, views["chat"].pdb("chat-engine").Spec.MaxUnavailable.IntVal)
		views["chat"].hasFinding("DisruptionBudgetIgnored", "podDisruptionBudget", "rawDeployment needs one of")
		views["own"].quiet()
	},
	"config-accelerators": one(func(v view) {
		hasAccelerators("chat-engine", "example.com/npu=4", "4")(v)
		v.quiet()
	}),
	"ingress-shared-host": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "pair", "prefix", "subdomain")
		views["chat"].leadsFrom("chat", "llm.example.com,llm.example.org/default/chat/")
		views["chat"].leadsFrom("chat-engine", "llm.example.com,llm.example.org/default/chat-engine/")
		assert.Equal(t, "http://llm.example.com/default/chat/", views["chat"].Status.URL)
		assert.Equal(t, "http://llm.example.com/default/chat-engine/", views["chat"].Status.Components["engine"].URL)
		rule := decodeChild[modes.HTTPRoute](views["chat"], "HTTPRoute/chat").Spec.Rules[0]
		assert.Equal(t, "/", rule.Filters[1].URLRewrite.Path.ReplacePrefixMatch, "servers do not see the path")
		assert.Equal(t, "0s", rule.Timeouts.Request)
		for route, backend := range map[string]string{"pair": "pair-router", "pair-router": "pair-router", "pair-engine": "pair-engine", "pair-decoder": "pair-decoder"} {
			views["pair"].leadsFrom(route, "llm.example.com,llm.example.org/default/"+route+"/")
			assert.Equal(t, backend, decodeChild[modes.HTTPRoute](views["pair"], "HTTPRoute/"+route).Spec.Rules[0].BackendRefs[0].Name)
		}
		views["prefix"].leadsFrom("prefix", "experimental.example.com,experimental.example.org/default/prefix/")
		views["subdomain"].leadsFrom("subdomain", "subdomain.default.example.com,subdomain.default.example.org/")
		assert.Equal(t, "http://subdomain.default.example.com", views["subdomain"].Status.URL)
		for _, v := range views {
			v.quiet()
		}
	},
	"ingress-subdomain-annotation": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "other")
		views["chat"].leadsFrom("chat", "example.com/default/chat/")
		views["other"].leadsFrom("other", "other.default.example.com/")
		assert.NotContains(t, views["other"].refs(), "HTTPRoute/other-engine")
	},
	"ingress-gateways": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		const cluster = "envoy-gateway-system/ome-gateway,edge/public"
		// The service in namespace prod comes last.
		views := map[string]view{}
		for i, name := range []string{"chat", "named", "spoiled", "tenant"} {
			views[name] = view{t, responses[i]}
		}
		for route, want := range map[string]string{
			"chat": "chat.default.example.com,chat.default.public.example.org/", "chat-router": "chat-router.default.example.com,chat-router.default.public.example.org/",
		} {
			where, gateways := views["chat"].routed(route)
			assert.Equal(t, want, where)
			assert.Equal(t, cluster, gateways)
		}
		views["chat"].hasFinding("InvalidIngressConfig", "item 1 of additionalIngressGateways", `"nothing"`)
		where, gateways := views["named"].routed("named")
		assert.Equal(t, "named.default.example.com/ own/gw", where+" "+gateways)
		views["named"].quiet()
		_, gateways = views["spoiled"].routed("spoiled")
		assert.Equal(t, cluster, gateways)
		views["spoiled"].hasFinding("AnnotationIgnored", "ome.io/ingress-additional-gateways", "it is no list of Gateways")
		where, gateways = views["tenant"].routed("tenant")
		assert.Equal(t, "tenant.prod.prod.example.com/ prod/gw", where+" "+gateways)
		assert.Equal(t, "http://tenant.prod.prod.example.com", views["tenant"].Status.URL)
		views["tenant"].quiet()
	},
}
