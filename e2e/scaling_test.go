package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/driver"
	"github.com/isvc-io/isvc/e2e/engines"
	"github.com/isvc-io/isvc/e2e/operators"
)

// TestKEDAUnderTheDriver leads services through their load, with KEDA's operator, webhooks and metrics, a
// Prometheus that scrapes pods by the second, LeaderWorkerSet's controller, whose groups KEDA scales through
// their scale subresource, and the driver in Metacontroller's place, under both ways of applying.
func TestKEDAUnderTheDriver(t *testing.T) {
	stage := runKEDA(t)
	stage.leadServices(t, "driver", func(t *testing.T, services []*scaled, strategy driver.Strategy) {
		for _, s := range services {
			s.drive(t, serveHooksWith(t, s.configured), strategy)
		}
	})
}

// TestKEDAUnderMetacontroller does the same with the real Metacontroller.
func TestKEDAUnderMetacontroller(t *testing.T) {
	program := metacontroller(t)
	stage := runKEDA(t)
	installMetacontroller(t)
	stage.leadServices(t, "metacontroller", func(t *testing.T, services []*scaled, strategy driver.Strategy) {
		services[0].driveWithMetacontroller(t, program, serveHooksWith(t, stage.configured), strategy) // all services
	})
}

// scaledServices are the services that are led through their load.
var scaledServices = []struct {
	name     string
	inGroups bool
	story    func(*scaled) []step
}{
	{name: "vllm", story: (*scaled).lifeWithLoad},
	{name: "sglang", story: (*scaled).lifeOfSGLang},
	{name: "zero", story: (*scaled).lifeAtZero},
	{name: "switch", story: (*scaled).lifeWithTwoAutoscalers},
	{name: "groups", inGroups: true, story: (*scaled).lifeWithLoad},
	{name: "groups-zero", inGroups: true, story: (*scaled).lifeAtZero},
}

// leadServices leads the services through their stories, once for each way of applying: start starts the driver or
// Metacontroller. The services do not wait for each other: most of the time is KEDA's, which looks every 30
// seconds.
func (st *stage) leadServices(t *testing.T, user string, start func(*testing.T, []*scaled, driver.Strategy)) {
	t.Helper()
	runOperator(t, "LeaderWorkerSet's controller and webhooks", operators.StartLeaderWorkerSet)
	for _, of := range namesByStrategy {
		t.Run(string(of.strategy), func(t *testing.T) {
			var services []*scaled
			for _, service := range scaledServices {
				s := newScaled(t, "keda-"+service.name+"-"+user+of.end, user, st)
				s.strategy = of.strategy
				if service.inGroups {
					s.inGroups(t)
				}
				services = append(services, s)
			}
			start(t, services, of.strategy)
			for i, service := range scaledServices {
				t.Run(service.name, func(t *testing.T) {
					t.Parallel()
					leadThrough(t, service.story(services[i]))
				})
			}
		})
	}
}

// TestKEDAIsInstalledLater: a service that is told to scale by KEDA serves as before while its kind is
// missing, and KEDA scales it when it is there.
func TestKEDAIsInstalledLater(t *testing.T) {
	w := newWorldOf(t, "testdata/scaling.yaml", "keda-later", "driver")
	unstructured.RemoveNestedField(w.service.Object, "spec", "engine", "kedaConfig")
	hooks, without := serveHooks(t), kinds.All()
	delete(without, kinds.ScaledObject)
	hpa := w.object("autoscaling/v2", "HorizontalPodAutoscaler", "chat-engine")
	scaler := w.object("keda.sh/v1alpha1", "ScaledObject", "scaledobject-chat-engine")
	var served []string
	t.Run("without the kind", func(t *testing.T) {
		w.driveKinds(t, hooks, driver.DynamicApply, without)
		w.apply(t, w.service)
		w.awaitReady(t)
		served = w.runningPods(t)
		require.Len(t, served, 1)
		w.patch(t, w.service, `{"spec":{"engine":{"kedaConfig":{"enableKeda":true}}}}`)
		w.await(t, "a condition that says why", func() error { return w.notReady("KindNotInstalled") })
		w.await(t, "rest", func() error { return w.quiet(t, 2*time.Second) })
		assert.NoError(t, w.exists(hpa), "what scaled before scales on")
		assert.Equal(t, served, w.runningPods(t))
	})
	t.Run("with the kind", func(t *testing.T) {
		w.drive(t, hooks, driver.DynamicApply)
		w.await(t, "the ScaledObject", func() error { return w.exists(scaler) })
		w.await(t, "the end of the other autoscaler", func() error { return w.gone(hpa) })
		w.awaitReady(t)
		assert.Equal(t, served, w.runningPods(t))
	})
}

// stage is what runs beside the cluster where KEDA does.
type stage struct {
	// server speaks the metrics of pods, which the Prometheus at a URL scrapes.
	server     *engines.Server
	prometheus string
	// configured is the configuration of services, which ask this Prometheus.
	configured *config.Config
}

// runKEDA runs KEDA and a Prometheus until the end of a test.
func runKEDA(t *testing.T) *stage {
	t.Helper()
	if os.Getenv(withKEDA) == "" {
		t.Skipf("skipped: KEDA and Prometheus take minutes to build from cold caches; set %s=1", withKEDA)
	}
	ctx, cancel := context.WithTimeout(context.Background(), coldBuild)
	defer cancel()
	load := engines.Start()
	t.Cleanup(load.Close)
	kubeconfig, err := plane.Kubeconfig("prometheus")
	require.NoError(t, err)
	start := time.Now()
	url, stop, err := operators.StartPrometheus(ctx, plane, "operators", load.PrometheusConfiguration(kubeconfig), os.Stdout)
	require.NoError(t, err)
	t.Cleanup(stop)
	numbers.record("Prometheus up", "%.1f s", time.Since(start).Seconds())
	runOperator(t, "KEDA", operators.StartKEDA)
	configured := config.Parse(map[string]string{config.SectionKeda: fmt.Sprintf(`{"promServerAddress": %q}`, url)})
	require.Empty(t, configured.Problems)
	return &stage{load, url, configured}
}

// twoLooks is how long an autoscaler takes to look twice at metrics that have changed.
const twoLooks = 6 * time.Second

// scaled is a service that KEDA scales.
type scaled struct {
	*world
	*stage
	dialect engines.Dialect
	// mode is that of the service.
	mode v1beta1.DeploymentMode
	// podsOf is how many pods a replica has.
	podsOf int
}

func newScaled(t *testing.T, name, user string, stage *stage) *scaled {
	t.Helper()
	s := &scaled{newWorldOf(t, "testdata/scaling.yaml", name, user), stage, engines.VLLM, v1beta1.RawDeployment, 1}
	addModelNode(t, s.api, s.secondNode(), "model-"+name)
	s.has(engines.Load{})
	return s
}

// inGroups runs the service in groups of two pods.
func (s *scaled) inGroups(t *testing.T) {
	t.Helper()
	s.podsOf, s.mode = 2, v1beta1.MultiNode
	unstructured.RemoveNestedField(s.service.Object, "metadata", "annotations")
	require.NoError(t, unstructured.SetNestedField(s.service.Object, "groups-"+s.name, "spec", "runtime", "name"))
	for _, part := range []string{"leader", "worker"} {
		require.NoError(t, unstructured.SetNestedMap(s.service.Object, map[string]any{}, "spec", "engine", part))
	}
}

// lifeWithLoad is the story of a service whose server is vLLM. Each step needs the ones before it.
func (s *scaled) lifeWithLoad() []step {
	return []step{
		{"a service without load has one replica", s.starts},
		{"the operator completes what was applied as is known", s.completes("keda.sh/v1alpha1", "ScaledObject", "ScaledObject")},
		{"replicas rise with the queue", s.shows(func(t *testing.T) { s.comesTo(t, engines.Load{Queue: 25}, 3) }, in(s.mode, scaledByKEDA)...)},
		{"nothing is written at rest", s.restsFor(*longRest)},
		{"at its maximum it says so", s.reachesItsMaximum},
		{"without metrics replicas stay, and the condition says so", s.losesMetrics},
		{"replicas fall with the queue", s.shows(func(t *testing.T) { s.comesTo(t, engines.Load{}, 1) }, in(s.mode, scaledByKEDA)...)},
		{"replicas rise with the use of the KV cache", func(t *testing.T) { s.comesTo(t, engines.Load{Cache: 0.9}, 2) }},
		{"a paused autoscaler says so, and changes nothing", s.isPaused},
		{"it goes on where it was", s.goesOn},
		{"an older name of a metric is as good", func(t *testing.T) {
			s.dialect = engines.VLLMBefore2025May
			s.comesTo(t, engines.Load{Queue: 5}, 1)
			s.comesTo(t, engines.Load{Cache: 1}, 2)
		}},
		{"a service that is deleted leaves nothing", s.leavesNothing},
	}
}

// lifeOfSGLang is the story of a service whose server is SGLang.
func (s *scaled) lifeOfSGLang() []step {
	s.dialect = engines.SGLang
	return []step{
		{"a service without load has one replica", func(t *testing.T) {
			require.NoError(t, unstructured.SetNestedField(s.service.Object, "sglang-"+s.name, "spec", "runtime", "name"))
			s.starts(t)
		}},
		{"replicas rise with the queue", s.shows(func(t *testing.T) { s.comesTo(t, engines.Load{Queue: 25}, 3) }, in(s.mode, scaledByKEDA)...)},
		{"replicas fall with the queue", s.shows(func(t *testing.T) { s.comesTo(t, engines.Load{}, 1) }, in(s.mode, scaledByKEDA)...)},
		{"replicas rise with the use of the KV cache", func(t *testing.T) { s.comesTo(t, engines.Load{Cache: 0.9}, 2) }},
		{"a service that is deleted leaves nothing", s.leavesNothing},
	}
}

// lifeAtZero is the story of a service that has no replica while a gateway has no request for it.
func (s *scaled) lifeAtZero() []step {
	return []step{
		{"a service without requests comes to no replica", s.shows(s.goesToZero, in(s.mode, toZero)...)},
		{"nothing is written at rest without a replica", s.restsFor(*longRest)},
		{"requests wake it, and it becomes ready", s.shows(func(t *testing.T) {
			s.comesTo(t, engines.Load{Queue: 1}, 1)
			s.awaitReady(t)
		}, in(s.mode, toZero)...)},
		{"replicas rise with the requests that wait", s.shows(func(t *testing.T) { s.comesTo(t, engines.Load{Queue: 25}, 3) }, in(s.mode, scaledByKEDA)...)},
		{"without requests it comes to no replica again", func(t *testing.T) { s.comesTo(t, engines.Load{}, 0) }},
		{"requests wake it again", func(t *testing.T) { s.comesTo(t, engines.Load{Queue: 1}, 1) }},
		{"a service that is deleted leaves nothing", s.leavesNothing},
	}
}

// lifeWithTwoAutoscalers is the story of a service that is scaled by Kubernetes, then by KEDA, then by
// Kubernetes again. KEDA refuses a workload that another autoscaler has.
func (s *scaled) lifeWithTwoAutoscalers() []step {
	hpa := s.object("autoscaling/v2", "HorizontalPodAutoscaler", "chat-engine")
	scaler := s.object("keda.sh/v1alpha1", "ScaledObject", "scaledobject-chat-engine")
	ofKEDA := s.object("autoscaling/v2", "HorizontalPodAutoscaler", "keda-hpa-scaledobject-chat-engine")
	return []step{
		{"a service is scaled by Kubernetes", func(t *testing.T) {
			unstructured.RemoveNestedField(s.service.Object, "spec", "engine", "kedaConfig")
			s.apply(t, s.service)
			s.awaitReady(t)
			require.NoError(t, s.exists(hpa))
		}},
		{"KEDA takes over from it", func(t *testing.T) {
			before := s.runningPods(t)
			s.patch(t, s.service, `{"spec":{"engine":{"kedaConfig":{"enableKeda":true}}}}`)
			s.await(t, "the end of the other autoscaler", func() error { return s.gone(hpa) })
			s.says(t, "True", "AutoscalersScale")
			require.NoError(t, s.exists(ofKEDA))
			assert.Equal(t, before, s.runningPods(t))
			s.comesTo(t, engines.Load{Queue: 15}, 2)
		}},
		{"Kubernetes takes over from KEDA", func(t *testing.T) {
			before := s.runningPods(t)
			s.patch(t, s.service, `{"spec":{"engine":{"kedaConfig":{"enableKeda":false}}}}`)
			s.await(t, "the end of the ScaledObject", func() error { return s.gone(scaler) })
			s.await(t, "the other autoscaler", func() error { return s.exists(hpa) })
			s.await(t, "the end of KEDA's autoscaler", func() error { return s.gone(ofKEDA) })
			s.awaitReady(t)
			assert.Equal(t, before, s.runningPods(t))
		}},
		{"a service that is deleted leaves nothing", s.leavesNothing},
	}
}

// has gives the pods something to do.
func (s *scaled) has(load engines.Load) { s.server.Set(s.namespace, s.dialect, load) }

// comesTo gives the pods something to do, and waits for as many replicas as that needs. Pods of a group
// come and go together.
func (s *scaled) comesTo(t *testing.T, load engines.Load, replicas int) {
	t.Helper()
	start := time.Now()
	s.has(load)
	s.await(t, fmt.Sprintf("%d replicas", replicas), func() error { return s.podsRun(replicas * s.podsOf) })
	numbers.record(fmt.Sprintf("seconds to %d replicas, %s", replicas, s.name), "%.1f", time.Since(start).Seconds())
	time.Sleep(twoLooks)
	require.NoError(t, s.podsRun(replicas*s.podsOf), "the load asks for no other number")
}

// says waits for the condition AutoscalerReady, with words of its message.
func (s *scaled) says(t *testing.T, status, reason string, words ...string) {
	t.Helper()
	s.await(t, "AutoscalerReady "+reason, func() error {
		service, err := s.read(s.service)
		if err != nil {
			return err
		}
		seen := conditionOf(service, v1beta1.AutoscalerReady)
		message, _ := seen["message"].(string)
		if seen["status"] != status || seen["reason"] != reason ||
			slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(message, word) }) {
			return fmt.Errorf("AutoscalerReady is %v", seen)
		}
		return nil
	})
}

func (s *scaled) starts(t *testing.T) {
	s.has(engines.Load{})
	s.apply(t, s.service)
	s.awaitReady(t)
	s.says(t, "True", "AutoscalersScale")
	require.NoError(t, s.podsRun(s.podsOf))
	s.isMonitored(t)
}

// isMonitored compares the PodMonitor with the pods, as the Prometheus Operator does: it makes a target of each
// port of that name of each pod that it selects.
func (s *scaled) isMonitored(t *testing.T) {
	t.Helper()
	monitor := s.get(t, s.object("monitoring.coreos.com/v1", "PodMonitor", "chat-engine"))
	selector, _, _ := unstructured.NestedStringMap(monitor.Object, "spec", "selector", "matchLabels")
	endpoints, _, _ := unstructured.NestedSlice(monitor.Object, "spec", "podMetricsEndpoints")
	require.Len(t, endpoints, 1)
	pods, err := s.pods()
	require.NoError(t, err)
	targets := 0
	for _, pod := range pods {
		assert.True(t, selected(pod.GetLabels(), selector), pod.GetName())
		containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
		for _, container := range containers {
			ports, _, _ := unstructured.NestedSlice(container.(map[string]any), "ports")
			for _, port := range ports {
				if port.(map[string]any)["name"] == endpoints[0].(map[string]any)["port"] {
					targets++
				}
			}
		}
	}
	assert.Equal(t, 1, targets, "the pod that takes requests is scraped, once")
}

func (s *scaled) reachesItsMaximum(t *testing.T) {
	s.comesTo(t, engines.Load{Queue: 1000}, 6)
	s.says(t, "True", "AtMaxReplicas", "6")
	s.awaitReady(t)
}

func (s *scaled) losesMetrics(t *testing.T) {
	dialect := s.dialect
	s.dialect = engines.Silent
	s.has(engines.Load{})
	s.says(t, "False", "AutoscalerFails")
	s.awaitReady(t)
	require.NoError(t, s.podsRun(6*s.podsOf), "no value is not 0")
	s.dialect = dialect
	s.has(engines.Load{Queue: 1000})
	s.says(t, "True", "AtMaxReplicas")
}

func (s *scaled) isPaused(t *testing.T) {
	s.patch(t, s.service, `{"metadata":{"annotations":{"autoscaling.keda.sh/paused":"true"}}}`)
	s.says(t, "False", "AutoscalerPaused")
	s.has(engines.Load{Queue: 40})
	time.Sleep(twoLooks)
	require.NoError(t, s.podsRun(2*s.podsOf))
	s.awaitReady(t)
}

func (s *scaled) goesOn(t *testing.T) {
	s.patch(t, s.service, `{"metadata":{"annotations":{"autoscaling.keda.sh/paused":null}}}`)
	s.comesTo(t, engines.Load{Queue: 40}, 4)
	s.says(t, "True", "AutoscalersScale")
}

func (s *scaled) goesToZero(t *testing.T) {
	engine := s.service.Object["spec"].(map[string]any)["engine"].(map[string]any)
	delete(engine, "kedaConfig")
	engine["minReplicas"] = int64(0)
	engine["autoscaler"] = map[string]any{"class": "KEDA", "keda": map[string]any{
		"pollingInterval": int64(1), "cooldownPeriod": int64(2),
		"triggers": []any{map[string]any{"type": "prometheus", "metadata": map[string]any{
			"serverAddress": s.prometheus, "threshold": "10", "query": fmt.Sprintf("sum(%s{model_namespace=%q})", engines.GatewayMetric, s.namespace),
		}}},
	}}
	s.has(engines.Load{Queue: 1})
	s.apply(t, s.service)
	s.awaitReady(t)
	s.comesTo(t, engines.Load{}, 0)
	s.await(t, "the reason Standby", func() error { return s.field(s.service, "Standby", "status", "summary", "reason") })
	s.awaitReady(t)
}
