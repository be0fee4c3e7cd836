package modes

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// The part of gateway.networking.k8s.io/v1 that routes need. Fields which the API server defaults
// are always written, because Metacontroller replaces the lists of a route as a whole.
//
// The structs are our own because those of sigs.k8s.io/gateway-api leave such fields out when they
// are empty, and because that module depends on client-go and controller-runtime.

// HTTPRoute attaches hosts and paths of a Gateway to Service objects.
type HTTPRoute struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              HTTPRouteSpec `json:"spec"`
}

// HTTPRouteSpec is the desired state of an HTTPRoute.
type HTTPRouteSpec struct {
	ParentRefs []ParentReference `json:"parentRefs"`
	Hostnames  []string          `json:"hostnames,omitempty"`
	Rules      []HTTPRouteRule   `json:"rules"`
}

// ParentReference names the Gateway.
type ParentReference struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// HTTPRouteRule sends the requests that match to backends. Rules have no name: with one,
// Metacontroller would merge the lists inside them by port.
type HTTPRouteRule struct {
	Matches     []HTTPRouteMatch  `json:"matches"`
	Filters     []HTTPRouteFilter `json:"filters,omitempty"`
	BackendRefs []HTTPBackendRef  `json:"backendRefs"`
	Timeouts    *HTTPTimeouts     `json:"timeouts,omitempty"`
}

// HTTPRouteMatch chooses requests.
type HTTPRouteMatch struct {
	Path HTTPPathMatch `json:"path"`
}

// HTTPPathMatch chooses requests by path. Type is PathPrefix or Exact.
type HTTPPathMatch struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// HTTPRouteFilter changes requests. Type names the field that is set.
type HTTPRouteFilter struct {
	Type                  string              `json:"type"`
	RequestHeaderModifier *HTTPHeaderModifier `json:"requestHeaderModifier,omitempty"`
	URLRewrite            *HTTPURLRewrite     `json:"urlRewrite,omitempty"`
}

// HTTPHeaderModifier sets headers.
type HTTPHeaderModifier struct {
	Set []HTTPHeader `json:"set"`
}

// HTTPHeader is one header.
type HTTPHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// HTTPURLRewrite replaces a part of the path.
type HTTPURLRewrite struct {
	Path HTTPPathModifier `json:"path"`
}

// HTTPPathModifier replaces the prefix that matched. Type is ReplacePrefixMatch.
type HTTPPathModifier struct {
	Type               string `json:"type"`
	ReplacePrefixMatch string `json:"replacePrefixMatch"`
}

// HTTPBackendRef is a Service object in the namespace of the route. Group is empty for Service
// objects.
type HTTPBackendRef struct {
	Group  string `json:"group"`
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Port   int32  `json:"port"`
	Weight int32  `json:"weight"`
}

// HTTPTimeouts limits requests. Request is a Gateway API duration, for example "60s"; "0s" turns
// off the limit that a gateway has by itself.
type HTTPTimeouts struct {
	Request string `json:"request"`
}
