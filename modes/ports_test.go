package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// withRunnerPorts gives the runner ports.
func withRunnerPorts(ports ...corev1.ContainerPort) func(*Component) {
	return func(c *Component) { c.Pod.Containers[0].Ports = ports }
}

// withSidecar puts a container with a port in front of the runner.
func withSidecar(c *Component) {
	sidecar := corev1.Container{Name: "proxy", Ports: []corev1.ContainerPort{{Name: "admin", ContainerPort: 15000}}}
	c.Pod.Containers = append([]corev1.Container{sidecar}, c.Pod.Containers...)
}

func TestServicePorts(t *testing.T) {
	tcp := func(name string, number int32) corev1.ServicePort {
		return makeServicePort(name, number, corev1.ProtocolTCP)
	}
	udp := corev1.ContainerPort{Name: "dns", ContainerPort: 53, Protocol: corev1.ProtocolUDP}
	cases := map[string]struct {
		change []func(*Component)
		want   []corev1.ServicePort
		runner int32
	}{
		"the runner's port": {nil, []corev1.ServicePort{tcp("http", 8080)}, 8080},
		"the runner's, not a sidecar's": {
			[]func(*Component){withSidecar}, []corev1.ServicePort{tcp("http", 8080)}, 8080},
		"without a port it is 8080, named after the container": {
			[]func(*Component){withRunnerPorts()}, []corev1.ServicePort{tcp("ome-container", 8080)}, 8080},
		"without a port it is not a sidecar's": {
			[]func(*Component){withRunnerPorts(), withSidecar}, []corev1.ServicePort{tcp("ome-container", 8080)}, 8080},
		"one port needs no name": {
			[]func(*Component){withRunnerPorts(corev1.ContainerPort{ContainerPort: 9000})},
			[]corev1.ServicePort{tcp("", 9000)}, 9000},
		"several ports need names": {
			[]func(*Component){withRunnerPorts(corev1.ContainerPort{ContainerPort: 9000}, corev1.ContainerPort{Name: "grpc", ContainerPort: 9001})},
			[]corev1.ServicePort{tcp("port-9000", 9000), tcp("grpc", 9001)}, 9000},
		"names are unique": {
			[]func(*Component){withRunnerPorts(corev1.ContainerPort{ContainerPort: 9000}, corev1.ContainerPort{Name: "port-9000", ContainerPort: 9001})},
			[]corev1.ServicePort{tcp("port-9000-1", 9000), tcp("port-9000", 9001)}, 9000},
		"of TCP and UDP on one number TCP stays": {
			[]func(*Component){withRunnerPorts(udp, corev1.ContainerPort{Name: "dns-tcp", ContainerPort: 53}, corev1.ContainerPort{Name: "http", ContainerPort: 80})},
			[]corev1.ServicePort{tcp("dns-tcp", 53), tcp("http", 80)}, 53},
		"requests come by TCP": {
			[]func(*Component){withRunnerPorts(udp, corev1.ContainerPort{Name: "http", ContainerPort: 80})},
			[]corev1.ServicePort{makeServicePort("dns", 53, corev1.ProtocolUDP), tcp("http", 80)}, 80},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			component := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, c.change...)
			assert.Equal(t, c.want, componentServicePorts(component))
			assert.Equal(t, c.runner, ServingPort(component))
		})
	}
}

func TestPodWithoutContainersHasThePortOfARunner(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) { c.Pod.Containers = nil })
	assert.Equal(t, int32(8080), ServingPort(c))
}

func TestServiceType(t *testing.T) {
	cases := map[string]struct {
		annotations map[string]string
		kind        corev1.ServiceType
		address     string
	}{
		"none is ClusterIP":               {nil, corev1.ServiceTypeClusterIP, ""},
		"an unknown one is ClusterIP":     {map[string]string{v1beta1.AnnotationServiceType: "Best"}, corev1.ServiceTypeClusterIP, ""},
		"NodePort":                        {map[string]string{v1beta1.AnnotationServiceType: "NodePort"}, corev1.ServiceTypeNodePort, ""},
		"a load balancer has its address": {map[string]string{v1beta1.AnnotationServiceType: "LoadBalancer", v1beta1.AnnotationLoadBalancerIP: "10.0.0.9"}, corev1.ServiceTypeLoadBalancer, "10.0.0.9"},
		"ClusterIP ignores the address":   {map[string]string{v1beta1.AnnotationLoadBalancerIP: "10.0.0.9"}, corev1.ServiceTypeClusterIP, ""},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			component := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(component *Component) { component.Annotations = c.annotations })
			service := makeServiceObject(component, labelsWithApp(component), appLabelSelector(component))
			assert.Equal(t, c.kind, service.Spec.Type)
			assert.Equal(t, c.address, service.Spec.LoadBalancerIP)
		})
	}
}

func TestServiceLeavesTheAnnotationsOfPodsOut(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
		c.Annotations = map[string]string{
			"prometheus.io/port": "1", "rdma.ome.io/auto-inject": "true", "ome.io/inject-model-init": "true",
			"k8s.grafana.com/scrape": "true", "team": "a",
		}
	})
	service := makeServiceObject(c, labelsWithApp(c), appLabelSelector(c))
	assert.Equal(t, map[string]string{"team": "a"}, service.Annotations)
	assert.Len(t, c.Annotations, 5, "the component keeps them")
}

func TestAppProtocolsOfPortsAreThoseOfTheComponent(t *testing.T) {
	of := func(ports []corev1.ServicePort) map[string]string {
		protocols := map[string]string{}
		for _, port := range ports {
			protocols[port.Name] = ptr.Deref(port.AppProtocol, "")
		}
		return protocols
	}
	named := func(ports ...corev1.ContainerPort) *Component {
		return sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
			c.Pod.Containers[0].Ports = ports
			c.Extension.ServicePortAppProtocols = map[string]string{"api": "kubernetes.io/h2c", "ome-container": "grpc", "gone": "x"}
		})
	}
	several := named(corev1.ContainerPort{Name: "api", ContainerPort: 9000}, corev1.ContainerPort{Name: "metrics", ContainerPort: 9001}, corev1.ContainerPort{ContainerPort: 9002})
	assert.Equal(t, map[string]string{"api": "kubernetes.io/h2c", "metrics": "", "port-9002": ""}, of(componentServicePorts(several)))
	assert.Equal(t, map[string]string{"http": "kubernetes.io/h2c", "http-80": "kubernetes.io/h2c"}, of(externalServicePorts(several)), "the external Service object leads to the port that serves")
	none := named()
	assert.Equal(t, map[string]string{"ome-container": "grpc"}, of(componentServicePorts(none)), "a runner without ports is its own name")
	assert.Equal(t, map[string]string{"http": "grpc", "http-80": "grpc"}, of(externalServicePorts(none)))
	assert.Equal(t, []string{"api", "metrics"}, NamesOfServicePorts(several))
	assert.Equal(t, []string{"ome-container"}, NamesOfServicePorts(none))
}
