package sync_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/sync"
)

// TestWhatTwoServicesCannotBothHave compares what pairs of services of one namespace need.
func TestWhatTwoServicesCannotBothHave(t *testing.T) {
	const (
		gateway = `{"ingressGateway":"a/b","ingressService":"c","enableGatewayAPI":true,"omeIngressGateway":"gw/public","ingressDomain":"example.com"%s}`
		ingress = `{"ingressGateway":"a/b","ingressService":"c","ingressDomain":"example.com"%s}`
		istio   = `{"ingressGateway":"a/b","ingressService":"c","localGateway":"a/l","localGatewayService":"l","knativeLocalGatewayService":"k","ingressDomain":"example.com"%s}`
	)
	const (
		plain     = "engine: {runner: {name: ome-container, image: i:1}}"
		zero      = "engine: {minReplicas: 0, runner: {name: ome-container, image: i:1}}"
		canary    = "engine: {minReplicas: 0, canaryTrafficPercent: 10, runner: {name: ome-container, image: i:1}}"
		groups    = "engine: {leader: {runner: {name: ome-container, image: i:1}}, worker: {size: 1, runner: {name: ome-container, image: i:1}}}"
		twoParts  = plain + ", decoder: {runner: {name: ome-container, image: i:1}}"
		sameHost  = `,"domainTemplate":"models.{{ .IngressDomain }}"`
		samePath  = `,"pathTemplate":"/models/{{ .Namespace }}"`
		otherPath = `,"pathTemplate":"/models/{{ .Name }}"`
	)
	for name, test := range map[string]struct {
		ingress            string
		one, another       string
		oneSpec, otherSpec string
		want               []string
	}{
		"names that have nothing in common":           {one: "chat", another: "search", oneSpec: plain, otherSpec: plain},
		"the engine's Service and the external one":   {one: "chat", another: "chat-engine", oneSpec: plain, otherSpec: plain, want: []string{"Service team-a/chat-engine"}},
		"the Service that Knative makes":              {one: "chat", another: "chat-engine", oneSpec: zero, otherSpec: plain, want: []string{"Service team-a/chat-engine"}},
		"the Service that Knative makes for a canary": {one: "chat", another: "prev-chat", oneSpec: canary, otherSpec: plain, want: []string{"Service team-a/prev-chat-engine"}},
		"the Service that LeaderWorkerSet makes":      {one: "chat", another: "lws-chat-engine", oneSpec: groups, otherSpec: plain, want: []string{"Service team-a/lws-chat-engine"}},
		"a component without a route of its own":      {ingress: fmt.Sprintf(gateway, ""), one: "chat", another: "chat-engine", oneSpec: plain, otherSpec: plain},
		"a component with a route of its own": {
			ingress: fmt.Sprintf(gateway, ""), one: "chat", another: "chat-engine", oneSpec: twoParts, otherSpec: plain,
			want: []string{"HTTPRoute team-a/chat-engine", "host chat-engine.team-a.example.com"},
		},
		"one host, through HTTPRoutes": {ingress: fmt.Sprintf(gateway, sameHost), one: "chat", another: "search", oneSpec: plain, otherSpec: plain, want: []string{"host models.example.com"}},
		"one host, through an Ingress": {ingress: fmt.Sprintf(ingress, sameHost), one: "chat", another: "search", oneSpec: plain, otherSpec: plain, want: []string{"host models.example.com"}},
		"one path":                     {ingress: fmt.Sprintf(gateway, samePath), one: "chat", another: "search", oneSpec: plain, otherSpec: plain, want: []string{"host example.com/models/team-a"}},
		"paths of one host":            {ingress: fmt.Sprintf(gateway, otherPath), one: "chat", another: "search", oneSpec: plain, otherSpec: plain},
		"one path on Istio":            {ingress: fmt.Sprintf(istio, samePath), one: "chat", another: "search", oneSpec: zero, otherSpec: zero, want: []string{"host example.com/models/team-a"}},
		"paths of one host on Istio":   {ingress: fmt.Sprintf(istio, otherPath), one: "chat", another: "search", oneSpec: zero, otherSpec: zero},
	} {
		t.Run(name, func(t *testing.T) {
			namesOf := func(service, spec string) []string {
				c := newCluster(t, fmt.Sprintf("{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: %s, namespace: team-a}, spec: {%s}}", service, spec))
				c.config = map[string]string{"ingress": test.ingress}
				if test.ingress == "" {
					c.config = nil
				}
				if spec == canary {
					at(c.parent, "status", "components", "engine")["latestRolledoutRevision"] = service + "-engine-00001"
					c.apply(t, clientSide, c.sync(t))
					c.knativeSays(t, service+"-engine", map[string]any{"latestCreatedRevisionName": service + "-engine-00001"})
				}
				response := c.sync(t)
				assert.Nil(t, response.Hold)
				assert.Empty(t, response.Partial)
				return sync.ExclusiveNames(response.Children)
			}
			one, another := namesOf(test.one, test.oneSpec), namesOf(test.another, test.otherSpec)
			common := slices.DeleteFunc(slices.Clone(one), func(name string) bool { return !slices.Contains(another, name) })
			assert.Equal(t, test.want, nilIfEmpty(common))
		})
	}
}

func nilIfEmpty(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}
