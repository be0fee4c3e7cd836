package modes

import (
	"cmp"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

// ofRay is an engine of so many Ray clusters.
func ofRay(replicas int32, change ...func(*Component)) *Component {
	base := func(c *Component) {
		c.Annotations["ome.io/deploymentMode"] = "MultiNodeRayVLLM"
		c.Scaling = Scaling{Autoscaler: AutoscalerNone, Min: replicas, Max: replicas, Replicas: ptr.To(replicas)}
	}
	return sampleComponent(v1beta1.EngineComponent, v1beta1.MultiNodeRayVLLM, append([]func(*Component){base}, change...)...)
}

func withProber(env *Env) {
	env.Config.Prober.Image = "ghcr.io/moirai-internal/multinode-prober:v0.1.5"
}

func TestRayEqualsOME(t *testing.T) {
	const name, file = "037-ray-vllm", omecases.Children
	cluster := recordedObject(t, name, file, "RayCluster", "chat-engine-0")
	var runs corev1.PodSpec
	t.Run("the cluster, with the defaults of the worker group spelled", func(t *testing.T) {
		group := []any{"spec", "workerGroupSpecs", 0}
		runs = recordedPod(t, cluster, "spec", "headGroupSpec", "template", "spec")
		runs.Containers[0].Lifecycle = nil
		for _, path := range [][]any{{"spec", "headGroupSpec", "template"}, append(group, "template")} {
			injected(t, cluster, path...)
			at(t, cluster, "chat", append(path, "metadata", "labels", "serving.ome.io/inferenceservice")...)
			at(t, cluster, "TCP", append(path, "spec", "containers", 0, "ports", 0, "protocol")...)
		}
		at(t, cluster, map[string]any{"type": "Recreate"}, "spec", "upgradeStrategy")
		at(t, cluster, int64(0), append(group, "minReplicas")...)
		at(t, cluster, int64(2147483647), append(group, "maxReplicas")...)
		at(t, cluster, int64(1), append(group, "numOfHosts")...)
		if head := cluster["spec"].(map[string]any)["headGroupSpec"].(map[string]any)["headService"].(map[string]any); head["status"] != nil {
			delete(head, "status")
		}
		at(t, cluster, map[string]any{"clusterIP": "None", "publishNotReadyAddresses": true}, "spec", "headGroupSpec", "headService", "spec")
		at(t, cluster, "true", "metadata", "annotations", "ray.io/overwrite-container-cmd")
		at(t, cluster, map[string]any{"metrics-export-port": "8000"}, append(group, "rayStartParams")...)
		for _, pod := range []struct {
			template []any
			ports    []corev1.ContainerPort
		}{
			{[]any{"spec", "headGroupSpec", "template"}, []corev1.ContainerPort{
				{Name: "http", ContainerPort: 8080}, {Name: "gcs-server", ContainerPort: 6379}, {Name: "dashboard", ContainerPort: 8265},
				{Name: "client", ContainerPort: 10001}, {Name: "metrics", ContainerPort: 8000},
			}},
			{append(group, "template"), []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {Name: "metrics", ContainerPort: 8000}}},
		} {
			var ports []any
			for _, port := range pod.ports {
				port.Protocol = corev1.ProtocolTCP
				ports = append(ports, tree(port))
			}
			at(t, cluster, ports, append(pod.template, "spec", "containers", 0, "ports")...)
		}
		objects := built(t, sampleEnv(withProber), ofRay(2, func(c *Component) { c.Pod = runs }))
		assert.Equal(t, cluster, tree(find[*RayCluster](t, objects)))
	})
	t.Run("the prober, with a selector of its own", func(t *testing.T) {
		prober := recordedObject(t, name, file, "Deployment", "chat-engine-0-mnp")
		own := "chat-engine-0-mnp"
		at(t, prober, own, "metadata", "labels", "app")
		at(t, prober, own, "spec", "selector", "matchLabels", "app")
		at(t, prober, own, "spec", "template", "metadata", "labels", "app")
		at(t, prober, "TCP", "spec", "template", "spec", "containers", 0, "ports", 0, "protocol")
		at(t, prober, false, "spec", "template", "spec", "enableServiceLinks")
		objects := built(t, sampleEnv(withProber), ofRay(2))
		assert.Equal(t, prober, tree(find[*appsv1.Deployment](t, objects)))
	})
	t.Run("the Service, with a selector that finds heads", func(t *testing.T) {
		service := recordedObject(t, name, file, "Service", "chat-engine")
		at(t, service, map[string]any{"ome.io/inferenceservice": "chat", "component": "engine", "ray.io/node-type": "head"}, "spec", "selector")
		for i := 1; i < 4; i++ {
			at(t, service, "TCP", "spec", "ports", i, "protocol")
		}
		objects := built(t, sampleEnv(withProber), ofRay(2))
		assert.Equal(t, service, tree(find[*corev1.Service](t, objects)))
	})
}

func TestRayReplicas(t *testing.T) {
	for name, test := range map[string]struct {
		replicas int32
		want     int
	}{
		"each replica is a cluster and its prober": {3, 3},
		"none":                             {0, 0},
		"a negative number counts as zero": {-1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			objects := built(t, sampleEnv(withProber), ofRay(test.replicas))
			assert.Equal(t, test.want, count[*RayCluster](objects))
			assert.Equal(t, test.want, count[*appsv1.Deployment](objects))
			assert.Equal(t, 1, count[*corev1.Service](objects))
		})
	}
}

func TestRayProbersDoNotShareSelectors(t *testing.T) {
	seen := map[string]bool{}
	for _, object := range built(t, sampleEnv(withProber), ofRay(3)) {
		if prober, is := object.(*appsv1.Deployment); is {
			app := prober.Spec.Selector.MatchLabels["app"]
			assert.False(t, seen[app], app)
			assert.True(t, selects(prober.Spec.Selector.MatchLabels, prober.Spec.Template.Labels))
			seen[app] = true
		}
	}
	assert.Len(t, seen, 3)
}

func TestRayServicePassesByProbersAndWorkers(t *testing.T) {
	objects := built(t, sampleEnv(withProber), ofRay(1))
	selector := find[*corev1.Service](t, objects).Spec.Selector
	assert.False(t, selects(selector, find[*appsv1.Deployment](t, objects).Spec.Template.Labels))
	group := find[*RayCluster](t, objects).Spec.WorkerGroupSpecs[0]
	assert.False(t, selects(selector, group.Template.Labels), "KubeRay adds the node type of a worker itself")
}

func TestRayWithoutAProberImage(t *testing.T) {
	env := sampleEnv(func(env *Env) { env.Config.Prober.Image = "" })
	made, problem := BuildComponent(env, ofRay(2))
	require.Nil(t, problem)
	objects := made.Objects
	assert.Zero(t, count[*appsv1.Deployment](objects))
	assert.Equal(t, 2, count[*RayCluster](objects))
	require.Equal(t, []string{ReasonProberNotConfigured}, reasonsOf(made.Findings))
	assert.Contains(t, made.Findings[0].Message, "multinodeProber")
}

func TestRayIsTheFirstContainerAndAloneIsRewritten(t *testing.T) {
	shipper := corev1.Container{Name: "shipper", Image: "shipper:1", Command: []string{"ship"}, Args: []string{"logs"}}
	c := ofRay(1, func(c *Component) {
		c.Pod.Containers = append([]corev1.Container{shipper}, c.Pod.Containers...)
	})
	cluster := find[*RayCluster](t, built(t, sampleEnv(), c))
	head, worker := cluster.Spec.HeadGroupSpec.Template.Spec, cluster.Spec.WorkerGroupSpecs[0].Template.Spec
	for _, pod := range []corev1.PodSpec{head, worker} {
		require.Len(t, pod.Containers, 2)
		assert.Equal(t, "ome-container", pod.Containers[0].Name)
		assert.Equal(t, []string{"/bin/bash", "-lc", "ray stop"}, pod.Containers[0].Lifecycle.PreStop.Exec.Command)
		assert.Equal(t, shipper, pod.Containers[1])
	}
	assert.Equal(t, []string{"serve"}, head.Containers[0].Command)
	assert.Contains(t, worker.Containers[0].Args[0], "$KUBERAY_GEN_RAY_START_CMD")
	assert.Equal(t, shipper, c.Pod.Containers[0], "the component must stay as it is")
	assert.Nil(t, c.Pod.Containers[1].Lifecycle, "the component must stay as it is")
}

func TestRayStopsUnlessTheRunnerStopsItself(t *testing.T) {
	own := &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"mine"}}}}
	cluster := find[*RayCluster](t, built(t, sampleEnv(), ofRay(1, func(c *Component) { c.Pod.Containers[0].Lifecycle = own })))
	assert.Equal(t, own, cluster.Spec.HeadGroupSpec.Template.Spec.Containers[0].Lifecycle)
	assert.Equal(t, own, cluster.Spec.WorkerGroupSpecs[0].Template.Spec.Containers[0].Lifecycle)
}

// KubeRay makes "<command> && ulimit -n 65536; ray start" of a command that is not to stay.
func TestKubeRayLeavesTheCommandOfARunnerThatStartsRay(t *testing.T) {
	const key = "ray.io/overwrite-container-cmd"
	for name, test := range map[string]struct {
		change func(*Component)
		want   string
	}{
		"by the command that KubeRay gives": {
			func(c *Component) { c.Pod.Containers[0].Args = []string{"$KUBERAY_GEN_RAY_START_CMD & vllm serve\n"} }, "true"},
		"by a command of its own": {
			func(c *Component) { c.Pod.Containers[0].Command = []string{"bash", "-c", "ray start --head"} }, "true"},
		"unless the component says otherwise": {
			func(c *Component) {
				c.Pod.Containers[0].Args = []string{"$KUBERAY_GEN_RAY_START_CMD"}
				c.Annotations[key] = "false"
			}, "false"},
		"not of one that does not": {func(*Component) {}, ""},
		"not of a sidecar that does": {
			func(c *Component) {
				c.Pod.Containers = append(c.Pod.Containers, corev1.Container{Name: "side", Args: []string{"ray start"}})
			}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, find[*RayCluster](t, built(t, sampleEnv(), ofRay(1, test.change))).Annotations[key])
		})
	}
}

// onPorts gives the runner other ports.
func onPorts(ports ...corev1.ContainerPort) func(*Component) {
	return func(c *Component) { c.Pod.Containers[0].Ports = ports }
}

func tcp(name string, number int32) corev1.ContainerPort {
	return corev1.ContainerPort{Name: name, ContainerPort: number}
}

func TestRayPorts(t *testing.T) {
	beside := func(ports ...corev1.ContainerPort) func(*Component) {
		return func(c *Component) {
			c.Pod.Containers = append(c.Pod.Containers, corev1.Container{Name: "side", Ports: ports})
		}
	}
	for name, test := range map[string]struct {
		change     func(*Component)
		head       map[string]int32
		parameters map[string]string
		service    map[string]int32
	}{
		"those of the runner and of Ray": {
			onPorts(tcp("http", 8080)),
			map[string]int32{"http": 8080, "gcs-server": 6379, "dashboard": 8265, "client": 10001, "metrics": 8000},
			map[string]string{"metrics-export-port": "8000"},
			map[string]int32{"http": 8080, "dashboard": 8265, "metrics": 8000, "redis": 6379},
		},
		"metrics give way to the server": {
			onPorts(tcp("http", 8000)),
			map[string]int32{"http": 8000, "gcs-server": 6379, "dashboard": 8265, "client": 10001, "metrics": 7999},
			map[string]string{"metrics-export-port": "7999"},
			map[string]int32{"http": 8000, "dashboard": 8265, "metrics": 7999, "redis": 6379},
		},
		"the dashboard gives way to the server": {
			onPorts(tcp("http", 8265)),
			map[string]int32{"http": 8265, "gcs-server": 6379, "dashboard": 8264, "client": 10001, "metrics": 8000},
			map[string]string{"metrics-export-port": "8000", "dashboard-port": "8264"},
			map[string]int32{"http": 8265, "dashboard": 8264, "metrics": 8000, "redis": 6379},
		},
		"clients give way, to below the ports of Ray's workers": {
			onPorts(tcp("http", 8080), tcp("grpc", 10001)),
			map[string]int32{"http": 8080, "grpc": 10001, "gcs-server": 6379, "dashboard": 8265, "client": 10000, "metrics": 8000},
			map[string]string{"metrics-export-port": "8000", "ray-client-server-port": "10000"},
			map[string]int32{"http": 8080, "grpc": 10001, "dashboard": 8265, "metrics": 8000, "redis": 6379},
		},
		"even the first port of Ray gives way": {
			onPorts(tcp("http", 6379)),
			map[string]int32{"http": 6379, "gcs-server": 6378, "dashboard": 8265, "client": 10001, "metrics": 8000},
			map[string]string{"metrics-export-port": "8000", "port": "6378"},
			map[string]int32{"http": 6379, "dashboard": 8265, "metrics": 8000, "redis": 6378},
		},
		"so does a port that has no name": {
			onPorts(tcp("http", 52365)),
			map[string]int32{"http": 52365, "gcs-server": 6379, "dashboard": 8265, "client": 10001, "metrics": 8000},
			map[string]string{"metrics-export-port": "8000", "dashboard-agent-listen-port": "52364"},
			map[string]int32{"http": 52365, "dashboard": 8265, "metrics": 8000, "redis": 6379},
		},
		"they give way to a port that is not declared": {
			onPorts(),
			map[string]int32{"gcs-server": 6379, "dashboard": 8265, "client": 10001, "metrics": 8000},
			map[string]string{"metrics-export-port": "8000"},
			map[string]int32{"ome-container": 8080, "dashboard": 8265, "metrics": 8000, "redis": 6379},
		},
		"they give way to other containers": {
			beside(tcp("web", 8000), tcp("", 7999)),
			map[string]int32{"http": 8080, "gcs-server": 6379, "dashboard": 8265, "client": 10001, "metrics": 7998},
			map[string]string{"metrics-export-port": "7998"},
			map[string]int32{"http": 8080, "dashboard": 8265, "metrics": 7998, "redis": 6379},
		},
		"a port with KubeRay's name is Ray's, wherever it stands": {
			onPorts(tcp("gcs-server", 6380), tcp("metrics", 8080), tcp("http", 8000), tcp("ray-dashboard", 8266)),
			map[string]int32{"http": 8000, "gcs-server": 6380, "dashboard": 8266, "client": 10001, "metrics": 8080},
			map[string]string{"port": "6380", "dashboard-port": "8266"},
			map[string]int32{"http": 8000, "dashboard": 8266, "metrics": 8080, "redis": 6380},
		},
		"a port without a name gets one": {
			onPorts(tcp("", 8080)),
			map[string]int32{"": 8080, "gcs-server": 6379, "dashboard": 8265, "client": 10001, "metrics": 8000},
			map[string]string{"metrics-export-port": "8000"},
			map[string]int32{"port-8080": 8080, "dashboard": 8265, "metrics": 8000, "redis": 6379},
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := built(t, sampleEnv(), ofRay(1, test.change))
			cluster := find[*RayCluster](t, objects).Spec
			assert.Equal(t, test.head, numbersByName(cluster.HeadGroupSpec.Template.Spec.Containers[0].Ports))
			delete(cluster.HeadGroupSpec.RayStartParams, "dashboard-host")
			assert.Equal(t, test.parameters, cluster.HeadGroupSpec.RayStartParams)
			service := map[string]int32{}
			for _, port := range find[*corev1.Service](t, objects).Spec.Ports {
				service[port.Name] = port.Port
			}
			assert.Equal(t, test.service, service)

			again := ofRay(1, test.change, func(c *Component) {
				c.Pod.Containers[0].Ports = cluster.HeadGroupSpec.Template.Spec.Containers[0].Ports
			})
			assert.Equal(t, tree(find[*corev1.Service](t, objects)), tree(find[*corev1.Service](t, built(t, sampleEnv(), again))),
				"the ports of pods that keep their template lead to the same Service object")
		})
	}
}

// numbersByName are the numbers of ports by their names.
func numbersByName(ports []corev1.ContainerPort) map[string]int32 {
	numbers := map[string]int32{}
	for _, port := range ports {
		numbers[port.Name] = port.ContainerPort
	}
	return numbers
}

// Whatever the runner's port is, KubeRay's rules make a Service object of the head that the API server
// takes and by which workers find Ray, and no two programs of the head listen on one port.
func TestKubeRayMakesAUsableServiceForAnyPort(t *testing.T) {
	interesting := []int32{1, 80, 6378, 6379, 7999, 8000, 8079, 8080, 8264, 8265, 9000, 10000, 10001, 52364, 52365, 65535}
	for _, serving := range interesting {
		for _, other := range interesting {
			ports := []corev1.ContainerPort{tcp("http", serving)}
			if other != serving {
				ports = append(ports, tcp("grpc", other))
			}
			cluster := find[*RayCluster](t, built(t, sampleEnv(), ofRay(1, onPorts(ports...))))
			requireUsableHeadService(t, cluster)
			head := cluster.Spec.HeadGroupSpec
			used := map[int32]bool{serving: true, other: true}
			for _, port := range rayPorts() {
				number := port.byDefault
				if said, given := head.RayStartParams[port.parameter]; given {
					parsed, err := strconv.Atoi(said)
					require.NoError(t, err)
					number = int32(parsed)
				}
				require.False(t, used[number], "Ray's %s listens on %d, beside a server on %d and %d", port.parameter, number, serving, other)
				used[number] = true
			}
		}
	}
}

// requireUsableHeadService follows BuildServiceForHeadPod of KubeRay 1.6: the ports are those of the
// head's first container by name, and a port "metrics" 8080 where none has that name. A Service object
// that is described keeps its own address unless it says that it has none.
func requireUsableHeadService(t *testing.T, cluster *RayCluster) {
	t.Helper()
	head := cluster.Spec.HeadGroupSpec
	byName := map[string]int32{}
	for _, port := range head.Template.Spec.Containers[0].Ports {
		name := port.Name
		if name == "" {
			name = fmt.Sprint(port.ContainerPort) + "-port"
		}
		require.NotContains(t, byName, name)
		byName[name] = port.ContainerPort
	}
	if _, has := byName["metrics"]; !has {
		byName["metrics"] = 8080
	}
	numbers := map[int32]string{}
	for name, number := range byName {
		require.NotContains(t, numbers, number, "%s has the number of %s", name, numbers[number])
		numbers[number] = name
	}
	gcs := cmp.Or(head.RayStartParams["port"], "6379")
	require.Equal(t, gcs, fmt.Sprint(byName["gcs-server"]), "workers find Ray through the Service object")
	require.Equal(t, fmt.Sprint(byName["metrics"]), cmp.Or(head.RayStartParams["metrics-export-port"], "8080"))
	require.Equal(t, corev1.ClusterIPNone, head.HeadService.Spec.ClusterIP)
	require.True(t, head.HeadService.Spec.PublishNotReadyAddresses)
	require.Empty(t, head.HeadService.Spec.Ports, "KubeRay adds its own")
}

func TestRayWorkersExportMetricsAsTheHeadDoes(t *testing.T) {
	group := find[*RayCluster](t, built(t, sampleEnv(), ofRay(1, onPorts(tcp("http", 8000))))).Spec.WorkerGroupSpecs[0]
	assert.Equal(t, map[string]string{"metrics-export-port": "7999"}, group.RayStartParams)
	assert.Equal(t, map[string]int32{"http": 8000, "metrics": 7999}, numbersByName(group.Template.Spec.Containers[0].Ports))
}

func TestRayProberWatchesTheRunnersPort(t *testing.T) {
	objects := built(t, sampleEnv(withProber), ofRay(1, onPort(9000)))
	args := find[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers[0].Args
	assert.Contains(t, args, "http://chat-engine-0.team-a.svc.cluster.local:9000")
}

// TestKubeRayReplacesPodsForEveryChangeOfThem: KubeRay compares the specification of a cluster without
// tolerations and scheduling gates, replaces no pods for them and never reports that it has seen a change of
// them, so that the next cluster would wait for ever.
func TestKubeRayReplacesPodsForEveryChangeOfThem(t *testing.T) {
	compared := func(change func(*corev1.PodSpec)) RayClusterSpec {
		spec := find[*RayCluster](t, built(t, sampleEnv(), ofRay(1, func(c *Component) { change(&c.Pod) }))).Spec
		for _, pod := range []*corev1.PodSpec{&spec.HeadGroupSpec.Template.Spec, &spec.WorkerGroupSpecs[0].Template.Spec} {
			pod.Tolerations, pod.SchedulingGates = nil, nil
		}
		return spec
	}
	nothing := compared(func(*corev1.PodSpec) {})
	assert.NotContains(t, nothing.HeadGroupSpec.HeadService.Annotations, v1beta1.AnnotationScheduling)
	tolerated := func(key string) func(*corev1.PodSpec) {
		return func(pod *corev1.PodSpec) {
			pod.Tolerations = []corev1.Toleration{{Key: key, Operator: corev1.TolerationOpExists}}
		}
	}
	assert.NotEqual(t, nothing, compared(tolerated("a")))
	assert.NotEqual(t, compared(tolerated("a")), compared(tolerated("b")))
	assert.Equal(t, compared(tolerated("a")), compared(tolerated("a")))
	assert.NotEqual(t, nothing, compared(func(pod *corev1.PodSpec) { pod.SchedulingGates = []corev1.PodSchedulingGate{{Name: "a"}} }))
}

func TestRayNamesOfALongServiceAreLegal(t *testing.T) {
	c := ofRay(1, named("a-service-with-a-name-of-sixty-characters-which-is-quite-long"))
	objects := built(t, sampleEnv(withProber), c)
	cluster, prober := find[*RayCluster](t, objects), find[*appsv1.Deployment](t, objects)
	assert.LessOrEqual(t, len(cluster.Name), 53)
	assert.LessOrEqual(t, len(cluster.Spec.HeadGroupSpec.HeadService.Name), 50)
	assert.LessOrEqual(t, len(prober.Name), 63)
	assert.Contains(t, prober.Spec.Template.Spec.Containers[0].Args[1], "http://"+cluster.Spec.HeadGroupSpec.HeadService.Name+".team-a")
}

func TestRayNeedsKubeRay(t *testing.T) {
	_, problem := BuildComponent(sampleEnv(withoutKind(kinds.RayCluster)), ofRay(1))
	require.NotNil(t, problem)
	assert.Equal(t, ReasonKindNotInstalled, problem.Reason)
}
