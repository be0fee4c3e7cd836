package sync_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
)

// trafficIntents are about requests that arrive and are not cut.
var trafficIntents = map[string]intent{
	"route-timeouts": func(t *testing.T, responses []*sync.Response) {
		require.Len(t, responses, 3)
		behindRouter, endless, plain := view{t, responses[0]}, view{t, responses[1]}, view{t, responses[2]}
		assert.Equal(t, "600s", requestTimeout(behindRouter, "behind-router"), "the limit of the component that takes the requests")
		assert.Equal(t, "600s", requestTimeout(behindRouter, "behind-router-router"))
		assert.Equal(t, "900s", requestTimeout(behindRouter, "behind-router-engine"))
		behindRouter.quiet()
		assert.Equal(t, "0s", requestTimeout(endless, "endless"), "without limit, whatever the gateway does by itself")
		assert.Empty(t, requestTimeout(plain, "plain"), "streams are not cut")
		plain.quiet()
	},
	"route-timeouts-configured": one(func(v view) {
		assert.Equal(v.t, "300s", requestTimeout(v, "behind-router"))
		assert.Equal(v.t, "900s", requestTimeout(v, "behind-router-engine"))
		v.hasFinding("FieldIgnored", "spec.engine.timeoutSeconds", "spec.router.timeoutSeconds")
	}),
	"names-two-services": func(t *testing.T, responses []*sync.Response) {
		require.Len(t, responses, 2)
		chat, engine := sync.ExclusiveNames(responses[0].Children), sync.ExclusiveNames(responses[1].Children)
		assert.Contains(t, chat, "Service team-a/chat-engine")
		assert.Contains(t, engine, "Service team-a/chat-engine")
	},
	"route-host-too-long": one(func(v view) {
		const name = "assistant-for-customers-in-the-north-east"
		route := decodeChild[modes.HTTPRoute](v, "HTTPRoute/"+name)
		assert.Equal(v.t, []string{name + "-customer-care-team.models.example.com", name + "-customer-care-team.alt.example.net"}, route.Spec.Hostnames)
		assert.NotContains(v.t, v.refs(), "HTTPRoute/"+name+"-engine")
		assert.NotContains(v.t, v.refs(), "HTTPRoute/"+name+"-decoder")
		v.hasFinding("InvalidIngressConfig", "engine", "must be no more than 63")
		v.hasFinding("InvalidIngressConfig", "decoder", "must be no more than 63")
		v.hasFinding("InvalidIngressConfig", "alt_two.example.net", "additionalIngressDomains")
		assert.Nil(v.t, v.Hold)
		assert.Empty(v.t, v.Partial)
	}),
	"raw-app-protocol": one(func(v view) {
		for service, want := range map[string][]string{"chat": {"kubernetes.io/ws", "kubernetes.io/ws"}, "chat-engine": {"kubernetes.io/ws", ""}} {
			for i, port := range v.service(service).Spec.Ports {
				assert.Equal(v.t, want[i], ptr.Deref(port.AppProtocol, ""), "%s %s", service, port.Name)
			}
		}
	}),
	"external-service-grpc": one(func(v view) {
		var names []string
		for _, service := range []string{"chat", "chat-engine"} {
			for _, port := range v.service(service).Spec.Ports {
				names = append(names, port.Name)
				require.NotNil(v.t, port.AppProtocol)
				assert.Equal(v.t, "kubernetes.io/h2c", *port.AppProtocol)
			}
		}
		assert.Equal(v.t, "grpc grpc-80 grpc", strings.Join(names, " "))
	}),
}

// requestTimeout is the limit of requests through an HTTPRoute; empty without one.
func requestTimeout(v view, route string) string {
	v.t.Helper()
	timeouts := decodeChild[modes.HTTPRoute](v, "HTTPRoute/"+route).Spec.Rules[0].Timeouts
	if timeouts == nil {
		return ""
	}
	return timeouts.Request
}
