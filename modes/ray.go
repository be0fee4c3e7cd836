package modes

import (
	"fmt"
	"maps"
	"math"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// The ports on which a Ray head listens in addition to the runner's.
const (
	rayDashboardPort int32 = 8265
	rayMetricsPort   int32 = 8000
	rayRedisPort     int32 = 6379
)

// rayWorkerGroup is the name of the only group of workers.
const rayWorkerGroup = "wg"

// maxRayClusters is how many Ray clusters a component may have: each is an object, and all objects
// of a service are in one answer to Metacontroller.
const maxRayClusters = 200

// labelRayCluster is the label by which KubeRay marks the pods of a RayCluster.
const labelRayCluster = "ray.io/cluster"

// multiNodeRayVLLMMode is the mode whose replicas are Ray clusters that run vLLM, a RayCluster
// each.
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

// rayClusterObjects are the Ray clusters of a component, the Service object in front of their
// heads, and a prober for each cluster.
func rayClusterObjects(env *Env, c *Component) (Built, *finding.Finding) {
	clusters, problem := makeRayClusters(env, c)
	return concatBuilt(
		Built{Objects: Objects{makeRayServiceObject(c)}},
		clusters,
		Built{Objects: makeIstioSidecar(c)},
	), problem
}

// makeRayClusters makes the replicas and their probers. A replica is a head that serves and one
// worker, both with the pod of the component.
func makeRayClusters(env *Env, c *Component) (Built, *finding.Finding) {
	if c.Scaling.Min <= 0 {
		return Built{}, nil
	}
	head, findings, problem := makePodTemplate(env, c, podThatStopsRay(c.Pod, nil), componentAndQueueLabels(c), c.Annotations)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	worker, workerFindings, problem := makePodTemplate(env, c, podThatStopsRay(c.Pod, rayWorkerArguments()), componentAndQueueLabels(c), c.Annotations)
	findings = append(findings, workerFindings...)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	watched := env.Config.Prober.Image != ""
	if !watched {
		findings = append(findings, proberNotConfigured(c))
	}
	var objects Objects
	for i := range int(c.Scaling.Min) {
		objects = append(objects, makeRayCluster(c, i, head, worker))
		if watched {
			objects = append(objects, makeRayProber(env, c, i))
		}
	}
	return Built{Objects: objects, Findings: findings}, nil
}

// makeRayCluster makes the i-th replica, counted from zero.
func makeRayCluster(c *Component, i int, head, worker corev1.PodTemplateSpec) *RayCluster {
	headMeta := componentObjectMeta(c, names.RayHeadService(c.Name, i), componentAndQueueLabels(c), c.Annotations)
	return &RayCluster{
		TypeMeta:   typeMetaOf(kinds.RayCluster),
		ObjectMeta: componentObjectMeta(c, names.RayCluster(c.Name, i), componentAndQueueLabels(c), c.Annotations),
		Spec: RayClusterSpec{
			HeadGroupSpec: RayHeadGroup{
				ServiceType:    corev1.ServiceTypeClusterIP,
				HeadService:    &RayHeadService{ObjectMeta: headMeta},
				RayStartParams: map[string]string{"dashboard-host": "0.0.0.0", "metrics-export-port": fmt.Sprint(rayMetricsPort)},
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
	}
}

// rayShellCommand runs a command in a container of a Ray cluster.
func rayShellCommand() []string { return []string{"/bin/bash", "-lc", "--"} }

// rayWorkerArguments are what every container of a worker runs: the start command that KubeRay
// provides in the environment.
func rayWorkerArguments() []string {
	return []string{"ulimit -n 65536; echo worker; $KUBERAY_GEN_RAY_START_CMD"}
}

// podThatStopsRay copies a pod and stops Ray before its containers stop. Args, if any, replace what
// the containers run.
func podThatStopsRay(pod corev1.PodSpec, args []string) *corev1.PodSpec {
	copied := pod.DeepCopy()
	for i := range copied.Containers {
		container := &copied.Containers[i]
		if args != nil {
			container.Command, container.Args = rayShellCommand(), args
		}
		if container.Lifecycle == nil {
			container.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{
				Exec: &corev1.ExecAction{Command: []string{"/bin/bash", "-lc", "ray stop"}},
			}}
		}
		for j := range container.Ports {
			container.Ports[j].Protocol = protocolOf(container.Ports[j])
		}
	}
	return copied
}

// makeRayServiceObject leads to the heads of all clusters, by labels that KubeRay leaves on the
// pods that it makes. OME's selects pods with the component's name, but pods have the service's
// name, so that it finds none.
func makeRayServiceObject(c *Component) *corev1.Service {
	service := makeServiceObject(c, componentAndQueueLabels(c), servingPodSelector(c))
	service.Annotations = maps.Clone(c.Annotations)
	service.Spec.Ports = withRayPorts(service.Spec.Ports)
	return service
}

// withRayPorts adds the ports of Ray to the runner's ports, which win.
func withRayPorts(ports []corev1.ServicePort) []corev1.ServicePort {
	for _, port := range []corev1.ServicePort{
		makeServicePort("dashboard", rayDashboardPort, corev1.ProtocolTCP),
		makeServicePort("metrics", rayMetricsPort, corev1.ProtocolTCP),
		makeServicePort("redis", rayRedisPort, corev1.ProtocolTCP),
	} {
		if !portClashes(ports, port) {
			ports = append(ports, port)
		}
	}
	return nameSeveralPorts(ports)
}

// portClashes reports whether one of the ports has the number or the name of the other port.
func portClashes(ports []corev1.ServicePort, other corev1.ServicePort) bool {
	for _, port := range ports {
		if port.Port == other.Port || port.Name == other.Name {
			return true
		}
	}
	return false
}
