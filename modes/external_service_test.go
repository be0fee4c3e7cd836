package modes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

func TestExternalServiceEqualsOMEsWithPort80Beside(t *testing.T) {
	cases := map[string]struct {
		folder string
		entry  v1beta1.ComponentType
		port   int32
		change func(*Env)
	}{
		"an engine":                 {"001-raw-minimal", v1beta1.EngineComponent, 8080, func(*Env) {}},
		"a router in front":         {"185-external-service-router-port", v1beta1.RouterComponent, 8000, func(*Env) {}},
		"a service type of its own": {"184-external-service-nodeport", v1beta1.EngineComponent, 8080, func(env *Env) { env.Parent.Annotations = map[string]string{v1beta1.AnnotationServiceType: "NodePort"} }},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			entry := sampleComponent(c.entry, v1beta1.RawDeployment, onPort(c.port))
			want := recordedObject(t, c.folder, omecases.Children, "Service", "chat")
			ports := want["spec"].(map[string]any)["ports"].([]any)
			at(t, want, append(ports, map[string]any{
				"name": "http-80", "port": int64(80), "targetPort": int64(c.port), "protocol": "TCP",
			}), "spec", "ports")
			assert.Equal(t, want, tree(MakeExternalService(sampleEnv(c.change), entry)))
		})
	}
}

func TestExternalServiceOnPort80HasOnePort(t *testing.T) {
	service := MakeExternalService(sampleEnv(), sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, onPort(80)))
	require.Len(t, service.Spec.Ports, 1)
	assert.Equal(t, corev1.ServicePort{Name: "http", Port: 80, TargetPort: intstr.FromInt32(80), Protocol: corev1.ProtocolTCP}, service.Spec.Ports[0])
}

// TestPortsOfTheExternalServiceNameTheProtocol: a mesh reads the protocol of a port in its name, a
// gateway in appProtocol.
func TestPortsOfTheExternalServiceNameTheProtocol(t *testing.T) {
	for runner, want := range map[string]struct{ ports, appProtocol string }{
		"":             {"http http-80", ""},
		"http":         {"http http-80", ""},
		"http1":        {"http http-80", ""},
		"http-metrics": {"http http-80", ""},
		"serving":      {"http http-80", ""},
		"grpcish":      {"http http-80", ""},
		"grpc":         {"grpc grpc-80", "kubernetes.io/h2c"},
		"grpc-api":     {"grpc grpc-80", "kubernetes.io/h2c"},
		"grpc-web":     {"grpc-web grpc-web-80", ""},
		"h2c":          {"h2c h2c-80", "kubernetes.io/h2c"},
		"http2":        {"http2 http2-80", "kubernetes.io/h2c"},
		"tcp-zmq":      {"tcp tcp-80", ""},
	} {
		t.Run(runner, func(t *testing.T) {
			c := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
				c.Pod.Containers[0].Ports[0].Name = runner
				c.Pod.Containers[0].Ports = append(c.Pod.Containers[0].Ports, corev1.ContainerPort{Name: "grpc-other", ContainerPort: 1})
			})
			var names, protocols []string
			for _, port := range MakeExternalService(sampleEnv(), c).Spec.Ports {
				names, protocols = append(names, port.Name), append(protocols, ptr.Deref(port.AppProtocol, ""))
			}
			assert.Equal(t, want.ports, strings.Join(names, " "))
			assert.Equal(t, []string{want.appProtocol, want.appProtocol}, protocols)
		})
	}
}

func TestExternalServiceSelectsWhoTakesRequests(t *testing.T) {
	pods := func(extra ...string) map[string]string {
		selector := map[string]string{"ome.io/inferenceservice": "chat", "component": "engine"}
		for _, role := range extra {
			selector["ray.io/node-type"] = role
		}
		return selector
	}
	cases := map[v1beta1.DeploymentMode]map[string]string{
		v1beta1.RawDeployment:    pods(),
		v1beta1.Serverless:       pods(),
		v1beta1.MultiNode:        pods("head"),
		v1beta1.MultiNodeRayVLLM: pods("head"),
	}
	for mode, want := range cases {
		t.Run(string(mode), func(t *testing.T) {
			assert.Equal(t, want, MakeExternalService(sampleEnv(), sampleComponent(v1beta1.EngineComponent, mode)).Spec.Selector)
		})
	}
}

func TestExternalServiceAnnotations(t *testing.T) {
	env := sampleEnv(func(env *Env) {
		env.Parent.Annotations = map[string]string{
			"service.beta.kubernetes.io/aws-load-balancer-type": "nlb", "cloud.google.com/neg": "{}", "team": "a",
		}
	})
	service := MakeExternalService(env, sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment))
	assert.Equal(t, map[string]string{
		"service.beta.kubernetes.io/aws-load-balancer-type": "nlb", "cloud.google.com/neg": "{}",
	}, service.Annotations)
}

func TestClusterLocalServiceHasNoExternalService(t *testing.T) {
	env := sampleEnv(func(env *Env) {
		env.Parent.Labels = map[string]string{v1beta1.LabelKnativeVisibility: v1beta1.VisibilityClusterLocal}
	})
	assert.Nil(t, MakeExternalService(env, sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment)))
}
