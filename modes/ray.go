package modes

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/inject"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
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
		ServingPodLabel:    leaderLabel,
		PodTemplates: []PodTemplate{
			{Path: "spec.headGroupSpec.template"},
			{List: "spec.workerGroupSpecs", Path: "template", CountPath: "replicas"},
		},
		TemplatePaths:     []string{"spec.headGroupSpec", "spec.workerGroupSpecs"},
		PodMarks:          PodMarks{Workload: []string{labelRayCluster}, Replica: []string{labelRayCluster}},
		IsOtherPort:       isRayPort,
		PathsWithTemplate: []string{"spec.upgradeStrategy"},
		PathsOfOwnName:    []string{"spec.headGroupSpec.headService.metadata.name"},
		Canary:            CanaryInClusters,
		Uses:              []string{"servicePortAppProtocols"},
		InsteadOfField:    map[string]string{"deploymentStrategy": "clusters are replaced one at a time, and none is added for that"},
		ServicesOfController: func(workload map[string]any) []string {
			given, _, _ := unstructured.NestedString(workload, "spec", "headGroupSpec", "headService", "metadata", "name")
			return []string{cmp.Or(given, nameIn(workload)+"-head-svc")}
		},
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
	ports := layOutRayPorts(c)
	head, findings, problem := makePodTemplate(env, c, makeRayHeadPod(c, ports), podLabels(c), c.PodAnnotations)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	worker, workerFindings, problem := makePodTemplate(env, c, makeRayWorkerPod(c, ports), podLabels(c), inject.AnnotationsWithoutServing(c.PodAnnotations))
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
		objects = append(objects, makeRayCluster(c, i, ports, head, worker))
		if watched {
			objects = append(objects, makeRayProber(env, c, i))
		}
	}
	return Built{Objects: objects, Findings: findings}, nil
}

// makeRayCluster makes the i-th replica, counted from zero. The metadata of the head's Service
// object is that of pods, because it is part of the head group: another one is another cluster.
//
// That Service object has no address of its own and tells the head's even before the head is ready:
// workers wait for it before they start, and a server that needs them is not ready without them.
// Its ports are those of the head's container.
func makeRayCluster(c *Component, i int, ports rayLayout, head, worker corev1.PodTemplateSpec) *RayCluster {
	headMeta := componentObjectMeta(c, names.RayHeadService(c.Name, i), podLabels(c), kmap.Union(c.PodAnnotations, schedulingOf(head, worker)))
	return &RayCluster{
		TypeMeta:   typeMetaOf(kinds.RayCluster),
		ObjectMeta: componentObjectMeta(c, names.RayCluster(c.Name, i), componentAndQueueLabels(c), annotationsOfRayCluster(c)),
		Spec: RayClusterSpec{
			UpgradeStrategy: &RayUpgradeStrategy{Type: "Recreate"},
			HeadGroupSpec: RayHeadGroup{
				ServiceType: corev1.ServiceTypeClusterIP,
				HeadService: &RayHeadService{
					ObjectMeta: headMeta,
					Spec:       corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, PublishNotReadyAddresses: true},
				},
				RayStartParams: kmap.Union(ports.headParameters(), map[string]string{"dashboard-host": "0.0.0.0"}),
				Template:       head,
			},
			WorkerGroupSpecs: []RayWorkerGroup{{
				GroupName:      rayWorkerGroup,
				Replicas:       1,
				MaxReplicas:    math.MaxInt32,
				NumOfHosts:     1,
				RayStartParams: ports.workerParameters(),
				Template:       worker,
			}},
		},
	}
}

// schedulingOf is the annotation by which KubeRay replaces pods for another toleration or scheduling gate too.
// It leaves these fields of templates out of what it compares, for queues that put some in. Empty for pods that
// have none.
func schedulingOf(templates ...corev1.PodTemplateSpec) map[string]string {
	type fields struct {
		Tolerations     []corev1.Toleration        `json:"tolerations,omitempty"`
		SchedulingGates []corev1.PodSchedulingGate `json:"schedulingGates,omitempty"`
	}
	var all []fields
	found := false
	for _, template := range templates {
		one := fields{template.Spec.Tolerations, template.Spec.SchedulingGates}
		all = append(all, one)
		found = found || len(one.Tolerations)+len(one.SchedulingGates) > 0
	}
	if !found {
		return nil
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(fmt.Sprintf("tolerations and scheduling gates cannot be written as JSON: %v", err))
	}
	return map[string]string{v1beta1.AnnotationScheduling: string(text)}
}

// rayStartCommand is the variable in which KubeRay gives containers the command that starts Ray.
const rayStartCommand = "KUBERAY_GEN_RAY_START_CMD"

// annotationsOfRayCluster are the component's annotations, and the one by which KubeRay leaves the
// commands of containers as they are, where the runner starts Ray itself. Otherwise KubeRay puts
// "&& ray start" behind the runner's command, which is no command any more where that ends with a
// line break.
func annotationsOfRayCluster(c *Component) map[string]string {
	_, given := c.Annotations[v1beta1.AnnotationRayOverwriteCommand]
	if given || !startsRay(runnerContainerOf(c)) {
		return c.Annotations
	}
	return kmap.Union(c.Annotations, map[string]string{v1beta1.AnnotationRayOverwriteCommand: "true"})
}

// startsRay reports whether a container starts Ray itself.
func startsRay(container *corev1.Container) bool {
	return slices.ContainsFunc(slices.Concat(container.Command, container.Args), func(text string) bool {
		return strings.Contains(text, rayStartCommand) || strings.Contains(text, "ray start")
	})
}

// makeRayHeadPod is the pod that serves and runs the head of Ray.
func makeRayHeadPod(c *Component, ports rayLayout) *corev1.PodSpec {
	pod := podWithRayContainerFirst(c)
	pod.Containers[0].Ports = ports.headPorts()
	return pod
}

// makeRayWorkerPod is the pod of the component, in which the runner's container runs a worker of Ray
// by the start command that KubeRay provides in the environment.
func makeRayWorkerPod(c *Component, ports rayLayout) *corev1.PodSpec {
	pod := podWithRayContainerFirst(c)
	ray := &pod.Containers[0]
	ray.Ports = ports.workerPorts()
	ray.Command = []string{"/bin/bash", "-lc", "--"}
	ray.Args = []string{"ulimit -n 65536; echo worker; $" + rayStartCommand}
	return pod
}

// podWithRayContainerFirst copies the pod of the component. The runner's container comes first,
// because KubeRay runs Ray in the first one, and stops Ray before it stops.
func podWithRayContainerFirst(c *Component) *corev1.PodSpec {
	pod := c.Pod.DeepCopy()
	if at := podspec.IndexOfContainer(pod.Containers, c.Runner); at > 0 {
		runner := pod.Containers[at]
		pod.Containers = slices.Insert(slices.Delete(pod.Containers, at, at+1), 0, runner)
	}
	if ray := &pod.Containers[0]; ray.Lifecycle == nil {
		ray.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{
			Exec: &corev1.ExecAction{Command: []string{"/bin/bash", "-lc", "ray stop"}},
		}}
	}
	for i := range pod.Containers {
		for j := range pod.Containers[i].Ports {
			port := &pod.Containers[i].Ports[j]
			port.Protocol = ProtocolOf(*port)
		}
	}
	return pod
}

// makeRayServiceObject leads to the heads of all clusters, by labels that KubeRay leaves on the
// pods that it makes. OME's selects pods with the component's name, but pods have the service's
// name, so that it finds none.
func makeRayServiceObject(c *Component) *corev1.Service {
	service := makeServiceObject(c, componentAndQueueLabels(c), servingPodSelector(c))
	service.Annotations = maps.Clone(c.Annotations)
	service.Spec.Ports = layOutRayPorts(c).servicePorts(service.Spec.Ports)
	return service
}
