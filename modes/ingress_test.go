package modes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

func engine(mode v1beta1.DeploymentMode, change ...func(*Component)) *Component {
	return sampleComponent(v1beta1.EngineComponent, mode, change...)
}

func decoder(change ...func(*Component)) *Component {
	return sampleComponent(v1beta1.DecoderComponent, v1beta1.RawDeployment, change...)
}

func router(change ...func(*Component)) *Component {
	return sampleComponent(v1beta1.RouterComponent, v1beta1.RawDeployment, append([]func(*Component){onPort(8000)}, change...)...)
}

// routed resolves the configuration of a service and routes to its components.
func routed(t *testing.T, env *Env, components ...*Component) (Route, Built, *finding.Finding) {
	t.Helper()
	in, problem := IngressConfigOf(env.Config, env.Parent)
	require.Nil(t, problem)
	r := Route{Config: in, Components: components, KnativeURLs: map[v1beta1.ComponentType]string{}}
	for _, c := range components {
		if c.Mode == v1beta1.Serverless {
			r.KnativeURLs[c.Type] = "http://" + c.Name + ".team-a.example.com"
		}
	}
	built, problem := BuildRoutes(env, r)
	return r, built, problem
}

func annotated(pairs ...string) func(*Env) {
	return func(env *Env) {
		env.Parent.Annotations = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			env.Parent.Annotations[pairs[i]] = pairs[i+1]
		}
	}
}

func clusterLocalService(env *Env) {
	env.Parent.Labels = map[string]string{v1beta1.LabelKnativeVisibility: v1beta1.VisibilityClusterLocal}
}

func viaGateway(env *Env) {
	env.Config.Ingress.EnableGatewayAPI = true
	env.Config.Ingress.OMEIngressGateway = "gw-ns/main-gw"
}

func TestIngressEqualsOME(t *testing.T) {
	ready := omecases.ReadyChanges
	routerPort := func(t *testing.T, want map[string]any) {
		for i := range 2 {
			at(t, want, int64(8000), "spec", "rules", i, "http", "paths", 0, "backend", "service", "port", "number")
		}
	}
	for name, test := range map[string]struct {
		recorded   string
		env        func(*Env)
		components []*Component
		differs    func(*testing.T, map[string]any)
	}{
		"a router, on its own port": {
			recorded: "163-ingress-k8s-router", env: annotated("ome.io/deploymentMode", "RawDeployment"),
			components: []*Component{engine(v1beta1.RawDeployment), router()}, differs: routerPort,
		},
		"engine and decoder": {
			recorded: "164-ingress-k8s-pd", env: annotated("ome.io/deploymentMode", "PDDisaggregated"),
			components: []*Component{decoder(), engine(v1beta1.RawDeployment)},
		},
		"a multi-node engine": {
			recorded: "166-ingress-k8s-multinode", env: annotated("ome.io/deploymentMode", "RawDeployment"),
			components: []*Component{ofGroups()},
		},
		"templates by annotation": {
			recorded: "178-ingress-templates",
			env: func(env *Env) {
				annotated("ome.io/deploymentMode", "RawDeployment",
					"ome.io/ingress-domain-template", "{{ .Name }}-{{ .Labels.team }}.{{ .Namespace }}.{{ .IngressDomain }}",
					"ome.io/ingress-domain", "tenant.example.com", "ome.io/ingress-url-scheme", "https",
					"ome.io/ingress-path-template", "/v/{{ .Name }}", "ome.io/ingress-additional-domains", "a.example, b.example")(env)
				env.Parent.Labels = map[string]string{"team": "red"}
			},
			components: []*Component{engine(v1beta1.RawDeployment)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := recordedObject(t, test.recorded, ready, "Ingress", "chat")
			at(t, want, map[string]any{"ome.io/inferenceservice": "chat"}, "metadata", "labels")
			if test.differs != nil {
				test.differs(t, want)
			}
			_, routes, problem := routed(t, sampleEnv(test.env), test.components...)
			require.Nil(t, problem)
			require.Len(t, routes.Objects, 1)
			assert.Equal(t, want, tree(routes.Objects[0]))
		})
	}
}

func TestVirtualServiceEqualsOME(t *testing.T) {
	for name, test := range map[string]struct {
		recorded string
		env      func(*Env)
	}{
		"hosts alone": {"173-ingress-istio-serverless-annotated", annotated("ome.io/deploymentMode", "Serverless")},
		"a path and additional domains": {"172-ingress-istio-serverless-path", func(env *Env) {
			annotated("ome.io/deploymentMode", "RawDeployment")(env)
			env.Config.Ingress.PathTemplate = "/serving/{{ .Namespace }}/{{ .Name }}"
			env.Config.Ingress.AdditionalIngressDomains = []string{"alt.example.net"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			want := recordedObject(t, test.recorded, omecases.ReadyChildren, "VirtualService", "chat")
			at(t, want, map[string]any{"ome.io/inferenceservice": "chat"}, "metadata", "labels")
			_, routes, problem := routed(t, sampleEnv(test.env), engine(v1beta1.Serverless))
			require.Nil(t, problem)
			assert.Equal(t, want, tree(find[*VirtualService](t, routes.Objects)))

			alias := find[*corev1.Service](t, routes.Objects)
			assert.Equal(t, corev1.ServiceTypeExternalName, alias.Spec.Type)
			assert.Equal(t, "knative-local-gateway.istio-system.svc.cluster.local", alias.Spec.ExternalName)
		})
	}
}

func TestVirtualServiceHosts(t *testing.T) {
	const inside = "chat.team-a.svc.cluster.local"
	for name, test := range map[string]struct {
		env      func(*Env)
		knative  string
		hosts    []string
		gateways int
		rules    int
	}{
		"the host is Knative's without the component": {
			knative: "http://chat-engine.team-a.example.com", hosts: []string{inside, "chat.team-a.example.com"}, gateways: 3, rules: 1,
		},
		"until Knative has a host, the service has its inside name": {hosts: []string{inside}, gateways: 3, rules: 1},
		"a cluster-local service is not let out": {
			env: func(env *Env) {
				clusterLocalService(env)
				env.Config.Ingress.PathTemplate = "/{{ .Name }}"
			},
			knative: "http://chat-engine.team-a.svc.cluster.local", hosts: []string{inside}, gateways: 2, rules: 1,
		},
		"a host that Knative routes itself is left to it": {
			knative: "http://elsewhere.example.com", hosts: []string{inside}, gateways: 3, rules: 1,
		},
		"a path needs no host of Knative": {
			env:   func(env *Env) { env.Config.Ingress.PathTemplate = "/{{ .Name }}" },
			hosts: []string{inside, "apps.example.org"}, gateways: 3, rules: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv()
			if test.env != nil {
				test.env(env)
			}
			in, problem := IngressConfigOf(env.Config, env.Parent)
			require.Nil(t, problem)
			built, problem := BuildRoutes(env, Route{
				Config: in, Components: []*Component{engine(v1beta1.Serverless)},
				KnativeURLs: map[v1beta1.ComponentType]string{v1beta1.EngineComponent: test.knative},
			})
			require.Nil(t, problem)
			spec := find[*VirtualService](t, built.Objects).Spec
			assert.Equal(t, test.hosts, spec.Hosts)
			assert.Len(t, spec.Gateways, test.gateways)
			assert.Len(t, spec.HTTP, test.rules)
		})
	}
}

func TestHTTPRouteOfAnEngine(t *testing.T) {
	env := sampleEnv(viaGateway, annotated("ome.io/deploymentMode", "RawDeployment", "argocd.argoproj.io/sync-wave", "2"))
	env.Config.Ingress.AdditionalIngressDomains = []string{"alt.example.net", "apps.example.org"}
	_, routes, problem := routed(t, env, engine(v1beta1.RawDeployment, func(c *Component) { c.Extension.TimeoutSeconds = ptr.To(int64(30)) }))
	require.Nil(t, problem)
	require.Len(t, routes.Objects, 1)
	assert.Equal(t, map[string]any{
		"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
		"metadata": map[string]any{
			"name": "chat", "namespace": "team-a",
			"labels":      map[string]any{"ome.io/inferenceservice": "chat"},
			"annotations": map[string]any{"ome.io/deploymentMode": "RawDeployment"},
		},
		"spec": map[string]any{
			"parentRefs": []any{map[string]any{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "gw-ns", "name": "main-gw"}},
			"hostnames":  []any{"chat.team-a.apps.example.org", "chat.team-a.alt.example.net"},
			"rules": []any{map[string]any{
				"matches": []any{map[string]any{"path": map[string]any{"type": "PathPrefix", "value": "/"}}},
				"filters": []any{map[string]any{
					"type": "RequestHeaderModifier",
					"requestHeaderModifier": map[string]any{"set": []any{
						map[string]any{"name": "OMe-Isvc-Name", "value": "chat"},
						map[string]any{"name": "OME-Isvc-Namespace", "value": "team-a"},
					}},
				}},
				"backendRefs": []any{map[string]any{"group": "", "kind": "Service", "name": "chat-engine", "port": int64(8080), "weight": int64(1)}},
				"timeouts":    map[string]any{"request": "30s"},
			}},
		},
	}, tree(routes.Objects[0]))
}

func TestHTTPRoutesOfSeveralComponents(t *testing.T) {
	env := sampleEnv(viaGateway)
	env.Config.Ingress.PathTemplate = "/serving/{{ .Name }}/"
	_, routes, problem := routed(t, env, engine(v1beta1.RawDeployment), decoder(), router())
	require.Nil(t, problem)
	got := map[string]string{}
	for _, object := range routes.Objects {
		route := object.(*HTTPRoute)
		require.Len(t, route.Spec.Rules, 1)
		rule := route.Spec.Rules[0]
		got[route.Name] = strings.Join(route.Spec.Hostnames, ",") + rule.Matches[0].Path.Value + " " + rule.BackendRefs[0].Name
	}
	assert.Equal(t, map[string]string{
		"chat":         "chat.team-a.apps.example.org/ chat-router",
		"chat-router":  "chat-router.team-a.apps.example.org/ chat-router",
		"chat-engine":  "chat-engine.team-a.apps.example.org/ chat-engine",
		"chat-decoder": "chat-decoder.team-a.apps.example.org/ chat-decoder",
		"chat-path":    "apps.example.org/serving/chat chat-router",
	}, got)
}

// TestRoutesCutStreamsOnlyWhereAsked: a timeout counts the whole of a streamed answer, so that a route
// has one only where the component or the configuration says so.
func TestRoutesCutStreamsOnlyWhereAsked(t *testing.T) {
	limited := func(seconds int64) func(*Component) {
		return func(c *Component) { c.Extension.TimeoutSeconds = &seconds }
	}
	for name, test := range map[string]struct {
		configured *int64
		engine     func(*Component)
		want       any
	}{
		"nothing is said":                       {want: nil},
		"the component says it":                 {engine: limited(900), want: "900s"},
		"the component turns the limit off":     {engine: limited(0), want: "0s"},
		"the component wins":                    {configured: ptr.To[int64](60), engine: limited(900), want: "900s"},
		"the configuration says it":             {configured: ptr.To[int64](60), want: "60s"},
		"the configuration turns the limit off": {configured: ptr.To[int64](0), want: "0s"},
		"a runtime with nonsense":               {engine: limited(-5), want: nil},
		"as many digits as the API reads":       {engine: limited(99999), want: "99999s"},
		"more digits":                           {engine: limited(100000), want: "27h2800s"},
		"more than the API can say":             {engine: limited(1 << 62), want: "99999h2704s"},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv(viaGateway)
			env.Config.Ingress.DefaultRouteTimeoutSeconds = test.configured
			env.Config.Ingress.PathTemplate = "/serving/{{ .Name }}"
			change := test.engine
			if change == nil {
				change = func(*Component) {}
			}
			_, routes, problem := routed(t, env, engine(v1beta1.RawDeployment, change))
			require.Nil(t, problem)
			require.Len(t, routes.Objects, 2, "for hosts and for the path")
			for _, object := range routes.Objects {
				timeouts := object.(*HTTPRoute).Spec.Rules[0].Timeouts
				if test.want == nil {
					assert.Nil(t, timeouts)
					continue
				}
				require.NotNil(t, timeouts)
				assert.Equal(t, test.want, timeouts.Request)
			}
		})
	}
}

// TestIgnoredTimeoutsAreSaid: a timeoutSeconds of the service that does not limit the requests to the
// service is reported.
func TestIgnoredTimeoutsAreSaid(t *testing.T) {
	const engineField, routerField = "spec.engine.timeoutSeconds", "spec.router.timeoutSeconds"
	disabled := func(env *Env) { env.Config.Ingress.DisableIngressCreation = true }
	for name, test := range map[string]struct {
		env         func(*Env)
		engineMode  v1beta1.DeploymentMode
		withRouter  bool
		setByRouter bool
		// says are parts of the only message; none where nothing is reported.
		says []string
	}{
		"HTTPRoutes to the engine":                   {env: viaGateway},
		"an Ingress has no timeouts":                 {says: []string{engineField, "HTTPRoutes", "Serverless"}},
		"no routes at all":                           {env: disabled, says: []string{engineField, "HTTPRoutes"}},
		"Knative limits by itself":                   {engineMode: v1beta1.Serverless},
		"Knative limits by itself, without routes":   {env: disabled, engineMode: v1beta1.Serverless},
		"a router that does not limit":               {env: viaGateway, withRouter: true, says: []string{engineField, "router", routerField}},
		"a router that limits":                       {env: viaGateway, withRouter: true, setByRouter: true},
		"a router in front of a serverless engine":   {env: viaGateway, engineMode: v1beta1.Serverless, withRouter: true},
		"a router that limits nothing, with Ingress": {withRouter: true, says: []string{engineField, "HTTPRoutes"}},
	} {
		t.Run(name, func(t *testing.T) {
			limit := func(c *Component) { c.Extension.TimeoutSeconds = ptr.To[int64](900) }
			env := sampleEnv()
			if test.env != nil {
				test.env(env)
			}
			env.Parent.Spec.Engine = &v1beta1.EngineSpec{}
			env.Parent.Spec.Engine.TimeoutSeconds = ptr.To[int64](900)
			mode := test.engineMode
			if mode == "" {
				mode = v1beta1.RawDeployment
			}
			components := []*Component{engine(mode, limit)}
			if test.withRouter {
				env.Parent.Spec.Router = &v1beta1.RouterSpec{}
				components = append(components, router())
			}
			if test.setByRouter {
				env.Parent.Spec.Router.TimeoutSeconds = ptr.To[int64](900)
				limit(components[1])
			}
			_, routes, problem := routed(t, env, components...)
			require.Nil(t, problem)
			var messages []string
			for _, found := range routes.Findings {
				if found.Reason == ReasonFieldIgnored {
					messages = append(messages, found.Message)
				}
			}
			if test.says == nil {
				assert.Empty(t, messages)
				return
			}
			require.Len(t, messages, 1)
			for _, part := range test.says {
				assert.Contains(t, messages[0], part)
			}
		})
	}
	t.Run("a runtime's limit is not the service's mistake", func(t *testing.T) {
		env := sampleEnv()
		env.Parent.Spec.Engine = &v1beta1.EngineSpec{}
		_, routes, _ := routed(t, env, engine(v1beta1.RawDeployment, func(c *Component) { c.Extension.TimeoutSeconds = ptr.To[int64](900) }))
		assert.Empty(t, routes.Findings)
	})
}

func TestEveryRouteLeadsToTheEntry(t *testing.T) {
	for name, test := range map[string]struct {
		components []*Component
		service    string
		port       int32
	}{
		"the engine alone":                  {[]*Component{engine(v1beta1.RawDeployment)}, "chat-engine", 8080},
		"the engine before the decoder":     {[]*Component{decoder(), engine(v1beta1.RawDeployment, onPort(9000))}, "chat-engine", 9000},
		"the router before all":             {[]*Component{decoder(), engine(v1beta1.RawDeployment), router()}, "chat-router", 8000},
		"the heads of Ray clusters":         {[]*Component{ofRay(1)}, "chat-engine", 8080},
		"a router before serverless engine": {[]*Component{engine(v1beta1.Serverless), router()}, "chat-router", 8000},
	} {
		t.Run(name, func(t *testing.T) {
			_, routes, problem := routed(t, sampleEnv(), test.components...)
			require.Nil(t, problem)
			backend := find[*networkingv1.Ingress](t, routes.Objects).Spec.Rules[0].HTTP.Paths[0].Backend.Service
			assert.Equal(t, test.service, backend.Name)
			assert.Equal(t, test.port, backend.Port.Number)

			_, routes, problem = routed(t, sampleEnv(viaGateway), test.components...)
			require.Nil(t, problem)
			ref := find[*HTTPRoute](t, routes.Objects).Spec.Rules[0].BackendRefs[0]
			assert.Equal(t, test.service, ref.Name)
			assert.Equal(t, test.port, ref.Port)
		})
	}
}

func TestATemplateWithoutNameNeverDivertsRequests(t *testing.T) {
	components := []*Component{engine(v1beta1.RawDeployment), decoder(), router()}
	env := sampleEnv(annotated("ome.io/ingress-domain-template", "{{ .Namespace }}.{{ .IngressDomain }}"))
	_, routes, problem := routed(t, env, components...)
	require.Nil(t, problem)
	rules := find[*networkingv1.Ingress](t, routes.Objects).Spec.Rules
	require.Len(t, rules, 1)
	assert.Equal(t, "chat-router", rules[0].HTTP.Paths[0].Backend.Service.Name)
	assert.Equal(t, []string{ReasonHostTaken, ReasonHostTaken, ReasonHostTaken}, reasonsOf(routes.Findings))

	viaGateway(env)
	_, routes, problem = routed(t, env, components...)
	require.Nil(t, problem)
	assert.Equal(t, 1, count[*HTTPRoute](routes.Objects))
}

// TestABadHostDropsOnlyThatHost: a host of a component or on an additional domain that is not a domain
// name is missing and said; the service and the others are reached.
func TestABadHostDropsOnlyThatHost(t *testing.T) {
	long := strings.Repeat("n", 54)
	joined := func(env *Env) { env.Config.Ingress.DomainTemplate = "{{ .Name }}-" + long + ".{{ .IngressDomain }}" }
	hostsOf := func(routes Built) (hosts []string) {
		for _, object := range routes.Objects {
			switch o := object.(type) {
			case *HTTPRoute:
				hosts = append(hosts, o.Spec.Hostnames...)
			case *networkingv1.Ingress:
				for _, rule := range o.Spec.Rules {
					hosts = append(hosts, rule.Host)
				}
			case *VirtualService:
				hosts = append(hosts, o.Spec.Hosts...)
			}
		}
		return hosts
	}
	service := "chat-" + long + ".apps.example.org"
	for name, test := range map[string]struct {
		env        func(*Env)
		components []*Component
		want       []string
		says       []string
	}{
		"of components, through an Ingress": {
			env: joined, components: []*Component{engine(v1beta1.RawDeployment), router()},
			want: []string{service}, says: []string{"router", "engine"},
		},
		"of components, through HTTPRoutes": {
			env: func(env *Env) { viaGateway(env); joined(env) }, components: []*Component{engine(v1beta1.RawDeployment), router()},
			want: []string{service}, says: []string{"router", "engine"},
		},
		"on an additional domain, through an HTTPRoute": {
			env: func(env *Env) {
				viaGateway(env)
				env.Config.Ingress.AdditionalIngressDomains = []string{"not_a_domain", "alt.example.net"}
			},
			components: []*Component{engine(v1beta1.RawDeployment)},
			want:       []string{"chat.team-a.apps.example.org", "chat.team-a.alt.example.net"},
			says:       []string{"not_a_domain"},
		},
		"on an additional domain, through a VirtualService": {
			env: func(env *Env) {
				env.Config.Ingress.AdditionalIngressDomains = []string{"not_a_domain", "alt.example.net"}
			},
			components: []*Component{engine(v1beta1.Serverless)},
			want:       []string{"chat.team-a.svc.cluster.local", "chat.team-a.example.com", "chat.team-a.alt.example.net"},
			says:       []string{"not_a_domain"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, routes, problem := routed(t, sampleEnv(test.env), test.components...)
			require.Nil(t, problem)
			assert.Equal(t, test.want, hostsOf(routes))
			require.Len(t, routes.Findings, len(test.says))
			for i, part := range test.says {
				assert.Equal(t, ReasonInvalidIngressConfig, routes.Findings[i].Reason)
				assert.Contains(t, routes.Findings[i].Message, part)
				assert.Contains(t, routes.Findings[i].Message, "is not a domain name")
			}
		})
	}
}

// TestRoutesSayThatTheirHostIsShared: only a route whose host or path another service can have has the
// label.
func TestRoutesSayThatTheirHostIsShared(t *testing.T) {
	for name, test := range map[string]struct {
		domain, path string
		gateway      bool
		// shared are the names of the routes with the label.
		shared []string
	}{
		"the host has the name":                {domain: "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}", path: "/{{ .Name }}", gateway: true},
		"the host has the name, of an Ingress": {domain: "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"},
		"the host has no name":                 {domain: "{{ .Namespace }}.{{ .IngressDomain }}", path: "/{{ .Name }}", gateway: true, shared: []string{"chat"}},
		"the host has no name, of an Ingress":  {domain: "{{ .Namespace }}.{{ .IngressDomain }}", shared: []string{"chat"}},
		"the path has no name":                 {domain: "{{ .Name }}.{{ .IngressDomain }}", path: "/{{ .Namespace }}/", gateway: true, shared: []string{"chat-path"}},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv(func(env *Env) {
				if test.gateway {
					viaGateway(env)
				}
				env.Config.Ingress.DomainTemplate, env.Config.Ingress.PathTemplate = test.domain, test.path
			})
			_, routes, problem := routed(t, env, engine(v1beta1.RawDeployment))
			require.Nil(t, problem)
			var shared []string
			for _, object := range routes.Objects {
				if route := object.(metav1.Object); route.GetLabels()[v1beta1.LabelSharedHost] == "true" {
					shared = append(shared, route.GetName())
				}
			}
			assert.Equal(t, test.shared, shared)
		})
	}
}

func TestBackendIsTheServiceThatIsMade(t *testing.T) {
	c := engine(v1beta1.RawDeployment, named("a-service-with-a-name-of-sixty-characters-which-is-quite-long"), onPort(9000))
	env := sampleEnv(func(env *Env) { env.Parent.Name = c.Service })
	service := find[*corev1.Service](t, built(t, env, c))
	_, routes, problem := routed(t, env, c)
	require.Nil(t, problem)
	backend := find[*networkingv1.Ingress](t, routes.Objects).Spec.Rules[0].HTTP.Paths[0].Backend.Service
	assert.Equal(t, service.Name, backend.Name)
	assert.Equal(t, service.Spec.Ports[0].Port, backend.Port.Number)
}

func TestNoIngress(t *testing.T) {
	for name, test := range map[string]struct {
		env        func(*Env)
		components []*Component
	}{
		"where the configuration disables it": {
			func(env *Env) { env.Config.Ingress.DisableIngressCreation = true }, []*Component{engine(v1beta1.RawDeployment)},
		},
		"where the service disables it": {
			annotated("ome.io/ingress-disable-creation", "true"), []*Component{engine(v1beta1.RawDeployment)},
		},
		"where Knative's own host is used": {
			func(env *Env) { env.Config.Ingress.DisableIstioVirtualHost = true }, []*Component{engine(v1beta1.Serverless)},
		},
		"without components": {func(*Env) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, routes, problem := routed(t, sampleEnv(test.env), test.components...)
			assert.Nil(t, problem)
			assert.Empty(t, routes.Objects)
		})
	}
}

func TestIngressProblems(t *testing.T) {
	for name, test := range map[string]struct {
		env        func(*Env)
		components []*Component
		reason     string
		says       string
	}{
		"no gateway is named": {
			func(env *Env) { viaGateway(env); env.Config.Ingress.OMEIngressGateway = "" },
			[]*Component{engine(v1beta1.RawDeployment)}, ReasonInvalidIngressConfig, "omeIngressGateway",
		},
		"the gateway has no namespace": {
			func(env *Env) { viaGateway(env); env.Config.Ingress.OMEIngressGateway = "main-gw" },
			[]*Component{engine(v1beta1.RawDeployment)}, ReasonInvalidIngressConfig, "omeIngressGateway",
		},
		"the gateway has too many parts": {
			func(env *Env) { viaGateway(env); env.Config.Ingress.OMEIngressGateway = "a/b/c" },
			[]*Component{engine(v1beta1.RawDeployment)}, ReasonInvalidIngressConfig, "omeIngressGateway",
		},
		"Gateway API is not installed": {
			func(env *Env) { viaGateway(env); withoutKind(kinds.HTTPRoute)(env) },
			[]*Component{engine(v1beta1.RawDeployment)}, ReasonKindNotInstalled, "HTTPRoute",
		},
		"Istio is not installed": {
			withoutKind(kinds.VirtualService), []*Component{engine(v1beta1.Serverless)}, ReasonKindNotInstalled, "VirtualService",
		},
		"the local gateway has no Service": {
			func(env *Env) { env.Config.Ingress.LocalGatewayService = "" },
			[]*Component{engine(v1beta1.Serverless)}, ReasonInvalidIngressConfig, "localGatewayService",
		},
		"the domain is not a domain": {
			annotated("ome.io/ingress-domain-template", "{{ .Name }}_{{ .IngressDomain }}"),
			[]*Component{engine(v1beta1.RawDeployment)}, ReasonInvalidIngressConfig, "chat_apps.example.org",
		},
		"the path is not a path": {
			annotated("ome.io/ingress-path-template", "serving"),
			[]*Component{engine(v1beta1.Serverless)}, ReasonInvalidIngressConfig, "pathTemplate",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, routes, problem := routed(t, sampleEnv(test.env), test.components...)
			require.NotNil(t, problem)
			assert.Empty(t, routes.Objects)
			assert.Equal(t, test.reason, problem.Reason)
			assert.Contains(t, problem.Message, test.says)
			assert.Contains(t, problem.Message, "team-a/chat")
		})
	}
}

func TestIngressNotesWhatItCannotFollow(t *testing.T) {
	for name, test := range map[string]struct {
		env      func(*Env)
		findings int
	}{
		"a path":             {annotated("ome.io/ingress-path-template", "/x"), 1},
		"additional domains": {annotated("ome.io/ingress-additional-domains", "a.example"), 1},
		"the visibility":     {clusterLocalService, 1},
		"nothing else":       {annotated("ome.io/ingress-domain", "b.example"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv(test.env)
			_, routes, problem := routed(t, env, engine(v1beta1.RawDeployment))
			require.Nil(t, problem)
			assert.Len(t, routes.Findings, test.findings)
		})
	}
}

func TestResolveIngress(t *testing.T) {
	for name, test := range map[string]struct {
		annotations []string
		given       config.Ingress
		want        config.Ingress
	}{
		"without annotations the configuration holds": {
			given: config.Ingress{IngressDomain: "a.b", PathTemplate: "/x", URLScheme: "http"},
			want:  config.Ingress{IngressDomain: "a.b", PathTemplate: "/x", URLScheme: "http"},
		},
		"annotations win": {
			annotations: []string{"ome.io/ingress-domain", "c.d", "ome.io/ingress-domain-template", "{{.Name}}.e.f", "ome.io/ingress-url-scheme", "https",
				"ome.io/ingress-additional-domains", " a.x , ,b.x", "ome.io/ingress-path-template", "/y"},
			given: config.Ingress{IngressDomain: "a.b", PathTemplate: "/x", URLScheme: "http", AdditionalIngressDomains: []string{"z"}},
			want: config.Ingress{IngressDomain: "c.d", DomainTemplate: "{{.Name}}.e.f", URLScheme: "https", PathTemplate: "/y",
				AdditionalIngressDomains: []string{"a.x", "b.x"}},
		},
		"an empty annotation changes nothing, except for paths": {
			annotations: []string{"ome.io/ingress-domain", "", "ome.io/ingress-url-scheme", "", "ome.io/ingress-path-template", "", "ome.io/ingress-additional-domains", " , "},
			given:       config.Ingress{IngressDomain: "a.b", PathTemplate: "/x", URLScheme: "http", AdditionalIngressDomains: []string{"z"}},
			want:        config.Ingress{IngressDomain: "a.b", URLScheme: "http", AdditionalIngressDomains: []string{"z"}},
		},
		"a switch is on when it says true": {
			annotations: []string{"ome.io/ingress-disable-creation", "true", "ome.io/ingress-disable-istio-virtualhost", "true"},
			given:       config.Ingress{URLScheme: "http"},
			want:        config.Ingress{URLScheme: "http", DisableIngressCreation: true, DisableIstioVirtualHost: true},
		},
		"a switch is off when it says anything else": {
			annotations: []string{"ome.io/ingress-disable-creation", "True", "ome.io/ingress-disable-istio-virtualhost", ""},
			given:       config.Ingress{URLScheme: "http", DisableIngressCreation: true, DisableIstioVirtualHost: true},
			want:        config.Ingress{URLScheme: "http"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv(annotated(test.annotations...))
			env.Config.Ingress = test.given
			got, problem := IngressConfigOf(env.Config, env.Parent)
			require.Nil(t, problem)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.given, env.Config.Ingress, "the configuration must stay as it is")
		})
	}
}

func TestResolveIngressProblems(t *testing.T) {
	for name, test := range map[string]struct {
		env  func(*Env)
		says string
	}{
		"a section that cannot be read": {
			func(env *Env) {
				env.Config.Problems = map[string]string{"ingress": "ingressGateway and ingressService are required"}
			},
			"ingressService are required",
		},
		"a scheme that is not a scheme": {annotated("ome.io/ingress-url-scheme", "ht tp"), "ht tp"},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv(test.env)
			_, problem := IngressConfigOf(env.Config, env.Parent)
			require.NotNil(t, problem)
			assert.Equal(t, ReasonInvalidIngressConfig, problem.Reason)
			assert.Contains(t, problem.Message, test.says)
		})
	}
}

func TestPath(t *testing.T) {
	for name, test := range map[string]struct {
		template string
		want     string
		fails    bool
	}{
		"none":                             {template: ""},
		"a path":                           {template: "/serving/{{ .Namespace }}/{{ .Name }}", want: "/serving/team-a/chat"},
		"a slash at the end goes":          {template: "/{{ .Name }}/", want: "/chat"},
		"no slash before":                  {template: "serving", fails: true},
		"a whole URL":                      {template: "http://x/y", fails: true},
		"the root of the domain":           {template: "/", fails: true},
		"a query":                          {template: "/x?y=z", fails: true},
		"a label, which paths do not have": {template: "/{{ .Labels.x }}", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := Route{Config: config.Ingress{PathTemplate: test.template, IngressDomain: "a.b"}}
			got, problem := r.pathOnIngressDomain(sampleEnv())
			assert.Equal(t, test.fails, problem != nil, "%v", problem)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestInsideRegexMatchesEveryNameInTheCluster(t *testing.T) {
	assert.Equal(t, `^chat\.team-a(\.svc(\.cluster\.local)?)?(?::\d{1,5})?$`, authorityInClusterRegex(sampleEnv()))
	for _, host := range []string{"chat.team-a", "chat.team-a.svc", "chat.team-a.svc.cluster.local:8080"} {
		assert.Regexp(t, authorityInClusterRegex(sampleEnv()), host)
	}
	for _, host := range []string{"chat", "chatXteam-a", "chat.team-a.svc.evil", "x.chat.team-a"} {
		assert.NotRegexp(t, authorityInClusterRegex(sampleEnv()), host)
	}
}

func TestURLs(t *testing.T) {
	const entry, service = "http://chat-engine.team-a.svc.cluster.local:8080", "http://chat.team-a.svc.cluster.local"
	disabled := func(env *Env) {
		env.Config.Ingress.DisableIngressCreation = true
		env.Config.Ingress.IngressDomain = "svc.cluster.local"
	}
	for name, test := range map[string]struct {
		env        func(*Env)
		components []*Component
		url        string
		address    string
		component  string
	}{
		"without an ingress the service's name is all": {
			disabled, []*Component{engine(v1beta1.RawDeployment)}, service, service, "http://chat-engine.team-a.svc.cluster.local",
		},
		"a cluster-local service has no name of its own": {
			func(env *Env) { disabled(env); clusterLocalService(env) }, []*Component{engine(v1beta1.RawDeployment)},
			entry, entry, "http://chat-engine.team-a.svc.cluster.local",
		},
		"an Ingress": {
			func(*Env) {}, []*Component{engine(v1beta1.RawDeployment)},
			"http://chat.team-a.apps.example.org", entry, "http://chat-engine.team-a.apps.example.org",
		},
		"an Ingress before a router": {
			func(*Env) {}, []*Component{engine(v1beta1.RawDeployment), router()},
			"http://chat.team-a.apps.example.org", "http://chat-router.team-a.svc.cluster.local:8000", "http://chat-engine.team-a.apps.example.org",
		},
		"port 80 goes without saying, and the scheme is for outside": {
			annotated("ome.io/ingress-url-scheme", "https"), []*Component{engine(v1beta1.RawDeployment, onPort(80))},
			"https://chat.team-a.apps.example.org", "http://chat-engine.team-a.svc.cluster.local", "http://chat-engine.team-a.apps.example.org",
		},
		"a VirtualService": {
			func(*Env) {}, []*Component{engine(v1beta1.Serverless)},
			"http://chat.team-a.example.com", service, "http://chat-engine.team-a.example.com",
		},
		"a VirtualService with a path": {
			annotated("ome.io/ingress-path-template", "/v/{{ .Name }}/"), []*Component{engine(v1beta1.Serverless)},
			"http://apps.example.org/v/chat", service, "http://chat-engine.team-a.example.com",
		},
		"a cluster-local VirtualService": {
			clusterLocalService, []*Component{engine(v1beta1.Serverless)}, service, service, "http://chat-engine.team-a.example.com",
		},
		"Knative's own host": {
			annotated("ome.io/ingress-disable-istio-virtualhost", "true", "ome.io/ingress-url-scheme", "https"),
			[]*Component{engine(v1beta1.Serverless)},
			"https://chat-engine.team-a.example.com", "http://chat-engine.team-a.svc.cluster.local", "http://chat-engine.team-a.example.com",
		},
		"without components": {func(*Env) {}, nil, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv(test.env)
			r, _, problem := routed(t, env, test.components...)
			require.Nil(t, problem)
			addresses, problem := ComputeAddresses(env, r)
			require.Nil(t, problem)
			assert.Equal(t, test.url, addresses.URL)
			assert.Equal(t, test.address, addresses.Address)
			assert.Equal(t, test.component, addresses.Components[v1beta1.EngineComponent])
		})
	}
}

func TestURLsThatAreNotKnownYet(t *testing.T) {
	env := sampleEnv()
	r := Route{Config: env.Config.Ingress, Components: []*Component{engine(v1beta1.Serverless)}}
	addresses, problem := ComputeAddresses(env, r)
	require.Nil(t, problem)
	assert.Empty(t, addresses.URL)
	assert.Empty(t, addresses.Components)
}

func TestURLsNeedADomainOnlyForAnIngress(t *testing.T) {
	bad := annotated("ome.io/ingress-domain-template", "{{ .Name }}_x")
	for name, disabled := range map[string]bool{"with an ingress": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv(bad)
			in, problem := IngressConfigOf(env.Config, env.Parent)
			require.Nil(t, problem)
			in.DisableIngressCreation = disabled
			addresses, problem := ComputeAddresses(env, Route{Config: in, Components: []*Component{engine(v1beta1.RawDeployment)}})
			assert.Equal(t, disabled, problem == nil)
			assert.Equal(t, disabled, addresses.URL != "")
		})
	}
}
