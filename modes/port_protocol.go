package modes

import (
	"slices"
	"strings"
)

// The protocols that names of ports begin with, as Istio reads them, and Knative's name for HTTP/2
// without encryption.
const (
	protocolHTTP  = "http"
	protocolHTTP2 = "http2"
	protocolH2C   = "h2c"
	protocolGRPC  = "grpc"
)

// appProtocolH2C is what Kubernetes calls HTTP/2 without encryption in the field appProtocol of a
// port. Gateways speak HTTP/1.1 to a port that does not say it.
const appProtocolH2C = "kubernetes.io/h2c"

// protocolOfPortName is the protocol that the name of a port says: "grpc-web-api" gives "grpc-web". Any
// name that says none, and any kind of HTTP/1, is "http".
func protocolOfPortName(name string) string {
	for _, protocol := range []string{
		"grpc-web", protocolGRPC, protocolH2C, protocolHTTP2, "https", "tls", "tcp", "mongo", "mysql", "redis",
	} {
		if name == protocol || strings.HasPrefix(name, protocol+"-") {
			return protocol
		}
	}
	return protocolHTTP
}

// isHTTP2PortName reports whether the name of a port says HTTP/2 without encryption.
func isHTTP2PortName(name string) bool {
	return slices.Contains([]string{protocolGRPC, protocolH2C, protocolHTTP2}, protocolOfPortName(name))
}

// istioProtocolOfPortName is the protocol of a port in the words of Istio's own objects: "GRPC".
func istioProtocolOfPortName(name string) string {
	if protocol := protocolOfPortName(name); protocol != protocolH2C {
		return strings.ToUpper(protocol)
	}
	return strings.ToUpper(protocolHTTP2)
}
