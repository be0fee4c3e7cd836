package modes

import (
	"net/url"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// Route is what decides how a service is reached.
type Route struct {
	// Config is the ingress configuration of the service; see ResolveIngress.
	Config config.Ingress
	// Components are the components of the service, in any order.
	Components []*Component
	// KnativeURLs are the URLs that Knative reports for serverless components;
	// a component is missing until it has one.
	KnativeURLs map[v1beta1.ComponentType]string
}

// Entry is the component that takes the requests to the service: the router,
// else the engine; nil without either.
func (r Route) Entry() *Component {
	if router := r.component(v1beta1.RouterComponent); router != nil {
		return router
	}
	return r.component(v1beta1.EngineComponent)
}

func (r Route) component(kind v1beta1.ComponentType) *Component {
	for _, c := range r.Components {
		if c.Type == kind {
			return c
		}
	}
	return nil
}

// componentRoute is a host and the component to which it leads.
type componentRoute struct {
	host string
	to   *Component
}

// componentRoutes are the hosts of the components, in the order of OME: none
// in a service of one component. A host that is taken leads where it did
// before, so that a template without the component's name cannot divert
// requests from the router or the engine.
func (r Route) componentRoutes(env *Env, taken []string) ([]componentRoute, *finding.Finding) {
	if len(r.Components) < 2 {
		return nil, nil
	}
	var routes []componentRoute
	for _, kind := range []v1beta1.ComponentType{v1beta1.RouterComponent, v1beta1.EngineComponent, v1beta1.DecoderComponent} {
		c := r.component(kind)
		if c == nil {
			continue
		}
		host, problem := r.domain(env, c.Name)
		if problem != nil {
			return nil, problem
		}
		if slices.Contains(taken, host) {
			env.Record.Note("ingress/"+string(kind), ReasonHostTaken, "the "+string(kind)+" has no host of its own: "+
				"domainTemplate gives "+host+", which leads elsewhere; use {{ .Name }} in the template")
			continue
		}
		taken = append(taken, host)
		routes = append(routes, componentRoute{host: host, to: c})
	}
	return routes, nil
}

// Ingress returns the objects by which a service is reached from outside the
// cluster: nothing where ingress is disabled or there is no component to
// reach. Which kind of object it is depends on the entry component and the
// configuration:
//
//	Serverless, Istio hosts not disabled   VirtualService and ExternalName Service
//	other modes, Gateway API enabled       HTTPRoutes
//	other modes                            Ingress
//
// Routes exist from the beginning, also while their backends are not ready.
func Ingress(env *Env, r Route) (Objects, *finding.Finding) {
	entry := r.Entry()
	if entry == nil {
		return nil, nil
	}
	objects, problem := ingressBuilder(r, entry)(env, r, entry)
	if problem == nil {
		problem = checkKinds(env, entry, objects)
	}
	if problem != nil {
		return nil, problem
	}
	return objects, nil
}

// routeBuilder writes a route to the entry component down.
type routeBuilder func(*Env, Route, *Component) (Objects, *finding.Finding)

func ingressBuilder(r Route, entry *Component) routeBuilder {
	none := func(*Env, Route, *Component) (Objects, *finding.Finding) { return nil, nil }
	switch {
	case r.Config.DisableIngressCreation:
		return none
	case entry.Mode == v1beta1.Serverless && r.Config.DisableIstioVirtualHost:
		return none
	case entry.Mode == v1beta1.Serverless:
		return istioIngress
	case r.Config.EnableGatewayAPI:
		return gatewayIngress
	}
	return kubernetesIngress
}

// routeMeta is the metadata of an object of the service as a whole.
func routeMeta(env *Env, kind kinds.Kind, name string) (metav1.TypeMeta, metav1.ObjectMeta) {
	return typeMeta(kind), metav1.ObjectMeta{
		Name:        name,
		Namespace:   env.Parent.Namespace,
		Labels:      legalLabels(map[string]string{v1beta1.LabelInferenceService: env.Parent.Name}),
		Annotations: InheritedAnnotations(env.Parent.Annotations),
	}
}

// InheritedAnnotations are the annotations of a service that its objects inherit: all but those that describe the service alone and the bookkeeping
// of tools, which would make a tool's note a change of the object.
func InheritedAnnotations(annotations map[string]string) map[string]string {
	return without(annotations, func(key string) bool {
		switch key {
		case v1beta1.AnnotationKnativeMinScale, v1beta1.AnnotationKnativeMaxScale,
			v1beta1.AnnotationStorageInitializerSourceURI:
			return true
		}
		return hasPrefix(key, []string{
			v1beta1.AnnotationPrefixKubectl, v1beta1.AnnotationPrefixArgoCD, v1beta1.AnnotationPrefixHelm,
			v1beta1.AnnotationPrefixFluxKustomize, v1beta1.AnnotationPrefixFluxHelm, v1beta1.AnnotationPrefixMetacontroller,
		})
	})
}

// clusterLocal reports whether the service must not be reached from outside
// the cluster.
func clusterLocal(parent *v1beta1.InferenceService) bool {
	return parent.Labels[v1beta1.LabelKnativeVisibility] == v1beta1.VisibilityClusterLocal
}

// backendPort is the port of the Service in front of a component. A Service that a mode's controller
// makes listens on port 80.
func backendPort(c *Component) int32 {
	if mode, _ := Of(c.Mode); mode.MakesService {
		return httpPort
	}
	return runnerPort(c)
}

// serviceHost is the name of a Service inside the cluster.
func serviceHost(name, namespace, clusterDomain string) string {
	return name + "." + namespace + ".svc." + clusterDomain
}

// componentHost is the name of a component's Service inside the cluster.
func componentHost(env *Env, c *Component) string {
	return serviceHost(names.Service(c.Name), c.Namespace, env.Config.ClusterDomain)
}

// parentHost is the name of the Service that is called like the service.
func parentHost(env *Env) string {
	return serviceHost(env.Parent.Name, env.Parent.Namespace, env.Config.ClusterDomain)
}

// knativeHost is the host of the service outside the cluster, made from the one
// that Knative gave the entry component: "chat-engine.prod.example.com" gives
// "chat.prod.example.com". Empty until Knative has said so. A host without the
// component's name in it comes back as it is: Knative routes it already.
func (r Route) knativeHost(entry *Component) string {
	return strings.Replace(urlHost(r.KnativeURLs[entry.Type]), names.KnativeService(entry.Name), entry.Service, 1)
}

// urlHost is the host of a URL, without the port; empty when it is no URL.
func urlHost(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}
