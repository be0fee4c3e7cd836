package modes

import (
	"maps"
	"math"

	"github.com/isvc-io/isvc/api/finding"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// The ports on which a Ray head listens beside the runner's.
const (
	rayDashboardPort int32 = 8265
	rayMetricsPort   int32 = 8000
	rayRedisPort     int32 = 6379
)

// rayWorkerGroup is the name of the one group of workers.
const rayWorkerGroup = "wg"

// maxRayClusters is how many Ray clusters a component may have: each is an object, and all objects of
// a service are in one answer to Metacontroller.
const maxRayClusters = 200

// labelRayCluster is the label by which KubeRay marks the pods of a RayCluster.
const labelRayCluster = "ray.io/cluster"

// multiNodeRayVLLMMode is the mode whose replicas are Ray clusters that run vLLM, a RayCluster each.
func multiNodeRayVLLMMode() Mode {
	return Mode{
		Name:               v1beta1.MultiNodeRayVLLM,
		Workload:           kinds.RayCluster,
		WorkloadName:       func(component string) string { return names.RayCluster(component, 0) },
		ReplicasAreObjects: true,
		MaxReplicas:        maxRayClusters,
		PodsFormGroups:     true,
		PodTemplates: []PodTemplate{
			{Path: "spec.headGroupSpec.template"},
			{List: "spec.workerGroupSpecs", Path: "template", CountPath: "replicas"},
		},
		PodMarks:         PodMarks{Workload: []string{labelRayCluster}, Replica: []string{labelRayCluster}},
		UsableAutoscaler: func(Autoscaler, int32, int32, bool) Autoscaler { return AutoscalerNone },
		build:            rayClusterObjects,
	}
}

// rayClusterObjects are the Ray clusters of a component, the Service in front of their heads, and a
// prober for each cluster.
func rayClusterObjects(env *Env, c *Component) (Objects, *finding.Finding) {
	objects := Objects{rayService(c)}
	for i := range int(max(0, c.Scaling.Min)) {
		cluster, problem := rayCluster(env, c, i)
		if problem != nil {
			return nil, problem
		}
		objects = append(objects, cluster)
		if proberConfigured(env, c) {
			objects = append(objects, rayProber(env, c, i))
		}
	}
	return append(objects, istioSidecar(c)...), nil
}

// rayCluster is the i-th replica: a head that serves and one worker beside it,
// both with the pod of the component.
func rayCluster(env *Env, c *Component, i int) (*RayCluster, *finding.Finding) {
	head, problem := podTemplate(env, c, rayPod(c.Pod, nil), queueLabels(c), c.Annotations)
	if problem != nil {
		return nil, problem
	}
	worker, problem := podTemplate(env, c, rayPod(c.Pod, rayWorkerArgs()), queueLabels(c), c.Annotations)
	if problem != nil {
		return nil, problem
	}
	headMeta := objectMeta(c, names.RayHeadService(c.Name, i), queueLabels(c), c.Annotations)
	return &RayCluster{
		TypeMeta:   typeMeta(kinds.RayCluster),
		ObjectMeta: objectMeta(c, names.RayCluster(c.Name, i), queueLabels(c), c.Annotations),
		Spec: RayClusterSpec{
			HeadGroupSpec: RayHeadGroup{
				ServiceType:    corev1.ServiceTypeClusterIP,
				HeadService:    &RayHeadService{ObjectMeta: headMeta},
				RayStartParams: map[string]string{"dashboard-host": "0.0.0.0", "metrics-export-port": itoa(rayMetricsPort)},
				Template:       head,
			},
			WorkerGroupSpecs: []RayWorkerGroup{{
				GroupName:      rayWorkerGroup,
				Replicas:       1,
				MaxReplicas:    math.MaxInt32,
				NumOfHosts:     1,
				RayStartParams: map[string]string{},
				Template:       worker,
			}},
		},
	}, nil
}

// rayShell is how commands run in the containers of a Ray cluster.
func rayShell() []string { return []string{"/bin/bash", "-lc", "--"} }

// rayWorkerArgs is what every container of a worker runs: the start command
// that KubeRay provides in the environment.
func rayWorkerArgs() []string {
	return []string{"ulimit -n 65536; echo worker; $KUBERAY_GEN_RAY_START_CMD"}
}

// rayPod copies a pod and lets Ray stop before its containers do. Args, if
// any, replace what the containers run.
func rayPod(pod corev1.PodSpec, args []string) *corev1.PodSpec {
	copied := pod.DeepCopy()
	for i := range copied.Containers {
		container := &copied.Containers[i]
		if args != nil {
			container.Command, container.Args = rayShell(), args
		}
		if container.Lifecycle == nil {
			container.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{
				Exec: &corev1.ExecAction{Command: []string{"/bin/bash", "-lc", "ray stop"}},
			}}
		}
		for j := range container.Ports {
			container.Ports[j].Protocol = protocol(container.Ports[j])
		}
	}
	return copied
}

// rayService leads to the heads of all clusters, by labels that KubeRay leaves
// on the pods it makes. OME's selects the component's name where pods carry
// the service's, and so nothing.
func rayService(c *Component) *corev1.Service {
	service := componentService(c, queueLabels(c), podSelector(c))
	service.Annotations = maps.Clone(c.Annotations)
	service.Spec.Ports = rayPorts(service.Spec.Ports)
	return service
}

// rayPorts adds the ports of Ray to those of the runner, which win.
func rayPorts(ports []corev1.ServicePort) []corev1.ServicePort {
	for _, port := range []corev1.ServicePort{
		servicePort("dashboard", rayDashboardPort, corev1.ProtocolTCP),
		servicePort("metrics", rayMetricsPort, corev1.ProtocolTCP),
		servicePort("redis", rayRedisPort, corev1.ProtocolTCP),
	} {
		if !clashes(ports, port) {
			ports = append(ports, port)
		}
	}
	return namePorts(ports)
}

// clashes reports whether a Service that has the ports cannot have another.
func clashes(ports []corev1.ServicePort, other corev1.ServicePort) bool {
	for _, port := range ports {
		if port.Port == other.Port || port.Name == other.Name {
			return true
		}
	}
	return false
}
