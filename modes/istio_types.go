package modes

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// The part of networking.istio.io/v1beta1 that routes and sidecars need.
//
// The structs are our own because Istio's are generated from protocol buffers, which are neither
// compared nor written like other objects, and their module depends on client-go and gRPC.

// VirtualService routes the requests to hosts that enter at gateways.
type VirtualService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              VirtualServiceSpec `json:"spec"`
}

// VirtualServiceSpec is the desired state of a VirtualService.
type VirtualServiceSpec struct {
	Hosts    []string    `json:"hosts"`
	Gateways []string    `json:"gateways"`
	HTTP     []IstioRule `json:"http"`
}

// IstioRule sends the requests that match to destinations.
type IstioRule struct {
	Match   []IstioMatch       `json:"match,omitempty"`
	Rewrite *IstioRewrite      `json:"rewrite,omitempty"`
	Route   []IstioDestination `json:"route"`
	Headers *IstioHeaders      `json:"headers,omitempty"`
}

// IstioMatch chooses requests by path, host and gateway.
type IstioMatch struct {
	URI       *IstioStringMatch `json:"uri,omitempty"`
	Authority *IstioStringMatch `json:"authority,omitempty"`
	Gateways  []string          `json:"gateways,omitempty"`
}

// IstioStringMatch has one of its fields set.
type IstioStringMatch struct {
	Exact  string `json:"exact,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	Regex  string `json:"regex,omitempty"`
}

// IstioRewrite replaces the part of the path that matched.
type IstioRewrite struct {
	URI string `json:"uri"`
}

// IstioDestination is where requests go, with a weight in percent.
type IstioDestination struct {
	Destination IstioHost `json:"destination"`
	Weight      int32     `json:"weight"`
}

// IstioHost is a host and its port.
type IstioHost struct {
	Host string          `json:"host"`
	Port IstioPortNumber `json:"port"`
}

// IstioPortNumber is the number of a port.
type IstioPortNumber struct {
	Number int32 `json:"number"`
}

// IstioHeaders changes the headers of requests.
type IstioHeaders struct {
	Request IstioHeaderOperations `json:"request"`
}

// IstioHeaderOperations sets headers.
type IstioHeaderOperations struct {
	Set map[string]string `json:"set"`
}

// Sidecar limits what the Istio proxies of some pods listen to.
type Sidecar struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              SidecarSpec `json:"spec"`
}

// SidecarSpec is the desired state of a Sidecar.
type SidecarSpec struct {
	WorkloadSelector SidecarSelector   `json:"workloadSelector"`
	Ingress          []SidecarListener `json:"ingress"`
	Egress           []SidecarListener `json:"egress"`
}

// SidecarSelector chooses pods by label.
type SidecarSelector struct {
	Labels map[string]string `json:"labels"`
}

// SidecarListener is a port on which the proxy takes traffic. Hosts is for egress only: "./*" is
// every host of the namespace.
type SidecarListener struct {
	Port  SidecarPort `json:"port"`
	Hosts []string    `json:"hosts,omitempty"`
}

// SidecarPort is the number and the protocol of a port.
type SidecarPort struct {
	Number   int32  `json:"number"`
	Protocol string `json:"protocol"`
}
