package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/operators"
)

// TestKnativeUnderTheDriver leads a service through its life as a Knative Service, with Knative's own
// controllers, webhooks and autoscalers, and the driver in Metacontroller's place, under both ways of
// applying.
//
// Knative decides here about revisions, traffic, Service objects and replicas. What carries requests is not
// there: knativeNetwork stands in for the gateway, the activator and the proxies in pods, and ends where a
// request would be sent. kwok ends where containers would run: a pod is ready as soon as it has a node, so
// that one which never serves is one without a node.
func TestKnativeUnderTheDriver(t *testing.T) {
	begin := runKnative(t)
	underTheDriver(t, "knative", nil, begin)
}

// TestKnativeUnderMetacontroller does the same with the real Metacontroller.
func TestKnativeUnderMetacontroller(t *testing.T) {
	program := metacontroller(t)
	begin := runKnative(t)
	underMetacontroller(t, program, "knative-meta", nil, begin)
}

// runKnative runs Knative with its network, and the controllers of the groups and Ray clusters to which a service
// changes, until the end of a test.
func runKnative(t *testing.T) beginning {
	t.Helper()
	network := startKnativeNetwork(t)
	runOperator(t, "Knative's controllers, webhooks and autoscalers", operators.Knative{Network: network.URL}.StartServing)
	runOperator(t, "LeaderWorkerSet's controller and webhooks", operators.StartLeaderWorkerSet)
	runOperator(t, "KubeRay's operator and webhooks", operators.StartKubeRay)
	network.work(t)
	return func(t *testing.T, name, user string) (*world, func(*testing.T)) {
		s := newServerless(t, name, user, network)
		return s.world, s.life
	}
}

// serverless is a service whose component is a Knative Service.
type serverless struct {
	*world
	network *knativeNetwork
	knative *unstructured.Unstructured
	// change is what isvc plan says about the last edit that was planned.
	change *plannedChange
}

func newServerless(t *testing.T, name, user string, network *knativeNetwork) *serverless {
	t.Helper()
	w := newWorldOf(t, "testdata/knative.yaml", name, user)
	s := &serverless{world: w, network: network, knative: w.object("serving.knative.dev/v1", "Service", "chat-engine")}
	s.setFeatures(t, "disabled")
	return s
}

// life is the whole story. Each step needs the ones before it.
func (s *serverless) life(t *testing.T) {
	leadThrough(t, []step{
		{"Knative refuses a service that needs features which are off, and its status says so", s.shows(s.isRefused, in(v1beta1.Serverless, accepted)...)},
		{"when they are on, it becomes ready by itself", s.shows(s.becomesReady, in(v1beta1.Serverless, accepted, started, becomesReady)...)},
		// Knative's autoscaler decides anew every two seconds, over the last six.
		{"nothing is written at rest", s.shows(s.restsFor(max(*longRest, 20*time.Second)), in(v1beta1.Serverless, atRest)...)},
		{"the operator completes what was applied as is known", s.completes("serving.knative.dev/v1", "Service", "Knative Service")},
		{"another image is rolled out", s.shows(s.rollsOut, in(v1beta1.Serverless, rollout)...)},
		{"an image whose pods never serve takes no requests, and the status says so", s.shows(s.failsToRollOut, in(v1beta1.Serverless, failedRollout)...)},
		{"an edit at 20 percent gives a fifth of the requests to another revision", s.shows(s.startsCanary, in(v1beta1.Serverless, canaryRuns)...)},
		{"nothing is written at rest during a canary", s.shows(s.rests, in(v1beta1.Serverless, atRest)...)},
		{"at 60 percent the same revision gets more", s.shows(s.growsCanary, in(v1beta1.Serverless, canaryRuns)...)},
		{"another edit replaces the canary alone", s.shows(s.changesAgain, in(v1beta1.Serverless, canaryRuns)...)},
		{"at 0 percent the former revision has all requests", s.shows(s.stopsCanary, in(v1beta1.Serverless, canaryRuns)...)},
		{"the revision has all requests when the percentage is removed", s.shows(s.promotesCanary, in(v1beta1.Serverless, canaryRuns)...)},
		{"replicas rise and fall with requests", s.scales},
		{"without requests it comes to no replica", s.shows(s.goesToZero, in(v1beta1.Serverless, toZero)...)},
		{"nothing is written at rest without a replica", s.shows(s.rests, in(v1beta1.Serverless, atRest)...)},
		{"a request wakes it", s.shows(s.wakes, in(v1beta1.Serverless, toZero)...)},
		{"scaled by its use of processors, it has an autoscaler of Kubernetes", s.shows(s.scalesByProcessors, in(v1beta1.Serverless, scaledByHPA)...)},
		{"a deleted runtime holds everything", s.shows(s.holdsWithoutRuntime, in(v1beta1.Serverless, runtimeDeleted)...)},
		{"Knative serves until single pods are ready", s.changesMode(v1beta1.Serverless, v1beta1.RawDeployment, 2)},
		{"nothing is written at rest with single pods", s.rests},
		{"single pods serve until Knative's are ready", s.changesMode(v1beta1.RawDeployment, v1beta1.Serverless, 1)},
		{"Knative serves until groups are ready", s.changesMode(v1beta1.Serverless, v1beta1.MultiNode, 2)},
		{"groups serve until Ray clusters are ready", s.changesMode(v1beta1.MultiNode, v1beta1.MultiNodeRayVLLM, 3)},
		{"nothing is written at rest with Ray clusters", s.rests},
		{"Ray clusters serve until Knative's pods are ready", s.changesMode(v1beta1.MultiNodeRayVLLM, v1beta1.Serverless, 1)},
		{"Knative serves until Ray clusters are ready", s.changesMode(v1beta1.Serverless, v1beta1.MultiNodeRayVLLM, 3)},
		{"Ray clusters serve until groups are ready", s.changesMode(v1beta1.MultiNodeRayVLLM, v1beta1.MultiNode, 2)},
		{"groups serve until Knative's pods are ready", s.changesMode(v1beta1.MultiNode, v1beta1.Serverless, 1)},
		{"Knative serves until prefill, decode and a router are ready", s.changesMode(v1beta1.Serverless, v1beta1.PDDisaggregated, 3)},
		{"prefill and decode serve until Ray clusters are ready", s.changesMode(v1beta1.PDDisaggregated, v1beta1.MultiNodeRayVLLM, 3)},
		{"Ray clusters serve until prefill, decode and a router are ready", s.changesMode(v1beta1.MultiNodeRayVLLM, v1beta1.PDDisaggregated, 3)},
		{"prefill and decode serve until Knative's pods are ready", s.changesMode(v1beta1.PDDisaggregated, v1beta1.Serverless, 1)},
		{"nothing is written at rest in the end", s.shows(s.rests, in(v1beta1.Serverless, atRest)...)},
		{"a serverless service that is deleted leaves nothing", s.shows(s.leavesNothing, in(v1beta1.Serverless, serviceDeleted)...)},
	})
}

// setFeatures switches the features of Knative that pods with a model need.
func (s *serverless) setFeatures(t *testing.T, value string) {
	t.Helper()
	features := s.object("v1", "ConfigMap", "config-features")
	features.SetNamespace(operators.KnativeNamespace)
	s.patch(t, features, fmt.Sprintf(`{"data":{"kubernetes.podspec-nodeselector":%[1]q,"kubernetes.podspec-volumes-hostpath":%[1]q}}`, value))
}

// edit gives the engine an image and a percentage; none with a negative one.
func (s *serverless) edit(t *testing.T, image string, percent int) {
	t.Helper()
	share := "null"
	if percent >= 0 {
		share = fmt.Sprint(percent)
	}
	s.edits(t, fmt.Sprintf(
		`{"spec":{"engine":{"canaryTrafficPercent":%s,"runner":{"name":"ome-container","image":"registry.example/engine:%s"}}}}`, share, image))
}

// edits patches the service, after isvc plan has said what that does.
func (s *serverless) edits(t *testing.T, patch string) {
	t.Helper()
	s.change = s.plans(t, patch, s.uidsOfReadyPods(t, s.revisionsWithTraffic(t)))
	s.patch(t, s.service, patch)
}

// uidsOfReadyPods are those of the pods that serve, of some revisions or of all.
func (s *serverless) uidsOfReadyPods(t *testing.T, of []string) []string {
	t.Helper()
	pods, err := s.pods()
	require.NoError(t, err)
	var uids []string
	for i := range pods {
		isOf := of == nil || slices.Contains(of, pods[i].GetLabels()[labelOfRevision])
		if isOf && podIsReady(&pods[i]) && pods[i].GetDeletionTimestamp() == nil {
			uids = append(uids, string(pods[i].GetUID()))
		}
	}
	return uids
}

// revisionsWithTraffic are the names of those that Knative sends requests to. Pods of others end anyway.
func (s *serverless) revisionsWithTraffic(t *testing.T) []string {
	t.Helper()
	names := []string{}
	targets, _, _ := unstructured.NestedSlice(s.get(t, s.knative).Object, "status", "traffic")
	for _, target := range targets {
		name, _ := target.(map[string]any)["revisionName"].(string)
		names = append(names, name)
	}
	return names
}

// isRefused: SpecHonored names the features, and nothing is Ready.
func (s *serverless) isRefused(t *testing.T) {
	s.apply(t, s.service)
	s.await(t, "a condition that names the features", func() error {
		honored := conditionOf(s.get(t, s.service), "SpecHonored")
		message, _ := honored["message"].(string)
		if honored["status"] != "False" || honored["reason"] != "KnativeFeatureNeeded" ||
			!strings.Contains(message, "kubernetes.podspec-nodeselector") || !strings.Contains(message, "kubernetes.podspec-volumes-hostpath") {
			return fmt.Errorf("SpecHonored is %v", honored)
		}
		return nil
	})
	time.Sleep(2 * time.Second)
	assert.NoError(t, s.gone(s.knative))
	service := s.get(t, s.service)
	for _, kind := range []v1beta1.ConditionType{"Ready", "EngineReady", "Serving"} {
		assert.NotEqual(t, "True", conditionOf(service, kind)["status"], kind)
	}
	numbers.record("EngineReady while Knative refuses, "+s.user+" "+s.name, "%.200s", conditionOf(service, "EngineReady")["message"])
}

func (s *serverless) becomesReady(t *testing.T) {
	start := time.Now()
	s.setFeatures(t, "enabled")
	s.awaitReady(t)
	numbers.record("seconds to Ready, "+s.user+" "+s.name, "%.1f", time.Since(start).Seconds())
	s.isHonored(t)
	s.hasTraffic(t, "1=100")
	s.hasRolledOut(t, 1, 0)
	require.NoError(t, s.podsRun(1))
	require.NoError(t, s.leads())
}

// isHonored waits until no condition speaks of what Knative may refuse.
func (s *serverless) isHonored(t *testing.T) {
	t.Helper()
	s.await(t, "SpecHonored", func() error {
		if honored := conditionOf(s.get(t, s.service), "SpecHonored"); honored != nil && honored["status"] != "True" {
			return fmt.Errorf("SpecHonored is %v", honored)
		}
		return nil
	})
}

// revision is the number of a revision in its name.
func revision(name string) int {
	number := 0
	_, _ = fmt.Sscanf(name, "chat-engine-%05d", &number)
	return number
}

// traffic is what the status says of the shares of revisions, as "2=20 1=80 prev".
func (s *serverless) traffic(t *testing.T) string {
	t.Helper()
	targets, _, _ := unstructured.NestedSlice(s.get(t, s.service).Object, "status", "components", "engine", "traffic")
	var parts []string
	for _, item := range targets {
		target := item.(map[string]any)
		name, _ := target["revisionName"].(string)
		percent, _ := target["percent"].(int64)
		tag, _ := target["tag"].(string)
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d=%d %s", revision(name), percent, tag)))
	}
	return strings.Join(parts, ", ")
}

func (s *serverless) hasTraffic(t *testing.T, want string) {
	t.Helper()
	s.await(t, "the traffic "+want, func() error {
		if got := s.traffic(t); got != want {
			return fmt.Errorf("the traffic is %s", got)
		}
		return nil
	})
}

// hasRolledOut waits until the status names revisions as rolled out last and before; 0 is none.
func (s *serverless) hasRolledOut(t *testing.T, latest, previous int) {
	t.Helper()
	s.await(t, fmt.Sprintf("revision %d rolled out after %d", latest, previous), func() error {
		service := s.get(t, s.service)
		text := func(field string) int {
			name, _, _ := unstructured.NestedString(service.Object, "status", "components", "engine", field)
			return revision(name)
		}
		if l, p := text("latestRolledoutRevision"), text("previousRolledoutRevision"); l != latest || p != previous {
			return fmt.Errorf("revision %d is rolled out after %d", l, p)
		}
		return nil
	})
}

// leads passes if requests by each address that the status names come to a ready pod, and each Service object by
// which requests came before leads somewhere.
func (s *serverless) leads() error {
	for {
		service, err := s.read(s.service)
		if err != nil {
			return err
		}
		failure := s.addressesLead(service)
		if failure == nil {
			return nil
		}
		again, err := s.read(s.service)
		if err != nil {
			return err
		}
		if fmt.Sprint(addressesOf(again)) == fmt.Sprint(addressesOf(service)) {
			return fmt.Errorf("%w; the conditions are %v", failure, again.Object["status"].(map[string]any)["conditions"])
		}
	}
}

func (s *serverless) addressesLead(service *unstructured.Unstructured) error {
	addresses := addressesOf(service)
	if len(addresses) == 0 {
		return errors.New("the status has no address")
	}
	for _, address := range addresses {
		parsed, err := url.Parse(address)
		if err != nil {
			return err
		}
		labels := strings.Split(parsed.Hostname(), ".")
		if len(labels) < 3 || labels[1] != s.namespace || labels[2] != "svc" {
			return fmt.Errorf("%s is no address of a Service object", address)
		}
		if err := s.serviceLeads(labels[0]); err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
	}
	return nil
}

// addressesOf are those that a status names: of the service, inside the cluster, and of its engine.
func addressesOf(service *unstructured.Unstructured) []string {
	var addresses []string
	for _, path := range [][]string{{"url"}, {"address", "url"}, {"components", "engine", "url"}, {"components", "engine", "address", "url"}} {
		address, found, _ := unstructured.NestedString(service.Object, append([]string{"status"}, path...)...)
		if found && !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// untilEndpoints is how long a new Service object may have no endpoint: Kubernetes makes them a moment later, and
// nobody but it knows when.
const untilEndpoints = 3 * time.Second

// serviceLeads passes if a Service object leads to a ready pod: by itself, or through Knative's gateway.
func (s *serverless) serviceLeads(name string) error {
	ctx := context.Background()
	object, err := s.read(s.object("v1", "Service", name))
	if err != nil {
		return err
	}
	if external, _, _ := unstructured.NestedString(object.Object, "spec", "externalName"); external == "" {
		addresses, err := s.network.endpoints(ctx, s.namespace, name)
		if time.Since(object.GetCreationTimestamp().Time) < untilEndpoints {
			return nil
		}
		if err == nil && len(addresses) == 0 {
			err = fmt.Errorf("the Service object %s leads nowhere", name)
		}
		return err
	} else if external != knativeGateway {
		return fmt.Errorf("the Service object %s leads to %s", name, external)
	}
	ingress, err := s.read(s.object("networking.internal.knative.dev/v1alpha1", "Ingress", name))
	if err != nil {
		return err
	}
	for revision := range servicesOfIngress(ingress) {
		addresses, err := s.network.endpoints(ctx, s.namespace, revision+"-private")
		if err == nil && len(addresses) == 0 {
			err = fmt.Errorf("the revision %s has no ready pod", revision)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whileLeading does something during which requests always find a ready pod.
func (s *serverless) whileLeading(t *testing.T, do func()) {
	t.Helper()
	throughout(t, s.leads, do)
}

// imagesOf are the images of ready pods, by the number of the revision.
func (s *serverless) imagesOf(t *testing.T) map[int]string {
	t.Helper()
	pods, err := s.pods()
	require.NoError(t, err)
	images := map[int]string{}
	for i := range pods {
		if podIsReady(&pods[i]) {
			images[revision(pods[i].GetLabels()[labelOfRevision])] = imageOf(&pods[i])
		}
	}
	return images
}

func (s *serverless) rollsOut(t *testing.T) {
	start := time.Now()
	s.splitsRequests(t, "1.5", -1, "2=100", 2, 1)
	assert.Equal(t, "1.5", s.imagesOf(t)[2])
	numbers.record("seconds to roll, "+s.user+" "+s.name, "%.1f", time.Since(start).Seconds())
}

// failsToRollOut asks for a node that is not there, beside another image.
func (s *serverless) failsToRollOut(t *testing.T) {
	place := func(image, node string) {
		s.patch(t, s.service, fmt.Sprintf(`{"spec":{"engine":{"nodeSelector":%s,`+
			`"runner":{"name":"ome-container","image":"registry.example/engine:%s"}}}}`, node, image))
	}
	s.whileLeading(t, func() {
		place("1.6", `{"example.com/none":"here"}`)
		s.await(t, "the failure of revision 3", func() error {
			service := s.get(t, s.service)
			ready := conditionOf(service, "EngineReady")
			message, _ := ready["message"].(string)
			if ready["status"] != "False" || ready["reason"] != "RevisionFailed" || !strings.Contains(message, "chat-engine-00003") {
				return fmt.Errorf("EngineReady is %v", ready)
			}
			return s.notReady("RevisionFailed")
		})
		require.NoError(t, s.serving("ServesAsBefore"))
		s.await(t, "rest", func() error { return s.quiet(t, 2*time.Second) })
		s.hasTraffic(t, "2=100")
		s.hasRolledOut(t, 2, 1)
		place("1.5", "null")
		s.hasTraffic(t, "4=100")
	})
	s.awaitReady(t)
	s.hasRolledOut(t, 4, 2)
}

// splitsRequests edits the image and the percentage, and waits for the traffic and for what is rolled out then.
func (s *serverless) splitsRequests(t *testing.T, image string, percent int, traffic string, latest, previous int) {
	t.Helper()
	s.whileLeading(t, func() {
		s.edit(t, image, percent)
		s.hasTraffic(t, traffic)
	})
	s.awaitReady(t)
	s.hasRolledOut(t, latest, previous)
	s.isAsPlanned(t)
}

// untilScaled is how long Knative's autoscaler looks back, and decides anew.
const untilScaled = 8 * time.Second

// isAsPlanned compares what isvc plan said about the last edit with the pods that there are now, and a while later.
func (s *serverless) isAsPlanned(t *testing.T) {
	t.Helper()
	planned := func() error { return s.change.isWhatHappened(s.uidsOfReadyPods(t, nil)) }
	s.await(t, "the pods that isvc plan says", planned)
	time.Sleep(untilScaled)
	require.NoError(t, planned())
	numbers.count("edits of Knative Services whose pods were replaced as isvc plan says", 1)
}

func (s *serverless) startsCanary(t *testing.T) {
	s.splitsRequests(t, "1.7", 20, "5=20, 4=80 prev", 4, 2)
	assert.Subset(t, s.imagesOf(t), map[int]string{4: "1.5", 5: "1.7"})
}

func (s *serverless) growsCanary(t *testing.T) {
	s.splitsRequests(t, "1.7", 60, "5=60, 4=40 prev", 4, 2)
}

func (s *serverless) changesAgain(t *testing.T) {
	s.splitsRequests(t, "1.8", 60, "6=60, 4=40 prev", 4, 2)
}

func (s *serverless) stopsCanary(t *testing.T) {
	s.splitsRequests(t, "1.8", 0, "6=0, 4=100 prev", 4, 2)
}

func (s *serverless) promotesCanary(t *testing.T) {
	s.splitsRequests(t, "1.8", -1, "6=100", 6, 4)
}

func (s *serverless) scales(t *testing.T) {
	for _, at := range []struct {
		requests float64
		replicas int
	}{{20, 3}, {1000, 4}, {0, 1}} {
		s.network.set(s.namespace, at.requests)
		s.await(t, fmt.Sprintf("%d replicas", at.replicas), func() error { return s.podsRun(at.replicas) })
		s.awaitReady(t)
	}
}

// isActive waits until Knative's autoscaler says whether a revision takes requests with pods of its own.
func (s *serverless) isActive(t *testing.T, number int, want string) {
	t.Helper()
	scaler := s.object("autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler", fmt.Sprintf("chat-engine-%05d", number))
	s.await(t, "the PodAutoscaler's condition Active "+want, func() error {
		seen := conditionOf(s.get(t, scaler), "Active")
		if seen["status"] != want {
			return fmt.Errorf("Active is %v", seen)
		}
		return nil
	})
}

func (s *serverless) goesToZero(t *testing.T) {
	s.edits(t, `{"spec":{"engine":{"minReplicas":0}}}`)
	s.hasTraffic(t, "7=100")
	s.await(t, "no replica", func() error { return s.podsRun(0) })
	s.isAsPlanned(t)
	s.isActive(t, 7, "False")
	s.await(t, "the reason Standby", func() error { return s.field(s.service, "Standby", "status", "summary", "reason") })
	s.awaitReady(t)
	require.NoError(t, s.serving("Serves"))
}

func (s *serverless) wakes(t *testing.T) {
	s.network.set(s.namespace, 5)
	s.await(t, "one replica", func() error { return s.podsRun(1) })
	s.isActive(t, 7, "True")
	s.awaitReady(t)
	s.network.set(s.namespace, 20)
	s.await(t, "three replicas", func() error { return s.podsRun(3) })
}

// scalesByProcessors lets Knative scale by an autoscaler of Kubernetes, which it makes.
func (s *serverless) scalesByProcessors(t *testing.T) {
	s.whileLeading(t, func() {
		s.edits(t, `{"spec":{"engine":{"minReplicas":1,"scaleMetric":"cpu","scaleTarget":70}}}`) // three pods end
		s.hasTraffic(t, "8=100")
	})
	s.awaitReady(t)
	s.isHonored(t)
	hpa := s.get(t, s.object("autoscaling/v2", "HorizontalPodAutoscaler", "chat-engine-00008"))
	least, _, _ := unstructured.NestedInt64(hpa.Object, "spec", "minReplicas")
	most, _, _ := unstructured.NestedInt64(hpa.Object, "spec", "maxReplicas")
	assert.Equal(t, []int64{1, 4}, []int64{least, most})
	s.network.set(s.namespace, 0)
	s.await(t, "the end of the pods of the revision before", func() error { return s.podsRun(1) })
	s.isAsPlanned(t)
	s.whileLeading(t, func() { s.scalesByUse(t, 4, 1) })
	s.whileLeading(t, func() {
		s.edits(t, `{"spec":{"engine":{"scaleMetric":"concurrency","scaleTarget":10}}}`)
		s.hasTraffic(t, "9=100")
	})
	s.awaitReady(t)
	// Knative lets an autoscaler of Kubernetes keep one replica of a revision that takes no requests any more.
	s.await(t, "one replica of each of the last revisions", func() error { return s.podsRun(2) })
	s.isAsPlanned(t)
}

// workloadOf is what serves in a mode, and editOf the edit that asks for it.
func (s *serverless) workloadOf(mode v1beta1.DeploymentMode) *unstructured.Unstructured {
	switch mode {
	case v1beta1.MultiNode:
		return s.object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "lws-chat-engine")
	case v1beta1.MultiNodeRayVLLM:
		return s.object("ray.io/v1", "RayCluster", "chat-engine-0")
	case v1beta1.Serverless:
		return s.knative
	case v1beta1.PDDisaggregated:
		return s.object("apps/v1", "Deployment", "chat-router")
	}
	return s.deployment()
}

func (s *serverless) editOf(mode v1beta1.DeploymentMode) string {
	runtime, pods, annotation, others := "single", `"leader":null,"worker":null`, fmt.Sprintf("%q", mode), `"decoder":null,"router":null`
	switch mode {
	case v1beta1.MultiNode:
		runtime, pods, annotation = "several", `"leader":{},"worker":{"size":1}`, "null" // that is what asks for it
	case v1beta1.PDDisaggregated:
		runtime, annotation, others = "pair", "null", `"decoder":{},"router":{}`
	}
	return fmt.Sprintf(`{"spec":{"runtime":{"name":"%s-%s"},"engine":{"scaleMetric":null,"scaleTarget":null,"runner":null,`+
		`%s,"annotations":{"ome.io/deploymentMode":%s}},%s}}`, runtime, s.name, pods, annotation, others)
}

// becomes are the steps in which a service of a mode gets another one.
var becomes = map[v1beta1.DeploymentMode]string{
	v1beta1.RawDeployment: toRaw, v1beta1.MultiNode: toGroups, v1beta1.MultiNodeRayVLLM: toRay, v1beta1.Serverless: toServerless,
	v1beta1.PDDisaggregated: toPair,
}

// changesMode changes the mode, without a node for the new pods at first: what served before serves, and goes
// when the new workload is ready. In the end there are so many pods.
func (s *serverless) changesMode(from, to v1beta1.DeploymentMode, pods int) func(*testing.T) {
	return s.shows(func(t *testing.T) {
		s.whileLeading(t, func() {
			before := s.runningPods(t)
			s.cordon(t, true)
			s.patch(t, s.service, s.editOf(to))
			s.await(t, "the new workload", func() error { return s.exists(s.workloadOf(to)) })
			s.await(t, "rest", func() error { return s.quiet(t, 2*time.Second) })
			require.Equal(t, before, s.runningPods(t), "what served before serves until the new workload is ready")
			s.isChangingItsMode(t)
			s.cordon(t, false)
			s.await(t, "the end of the former workload", func() error { return s.gone(s.workloadOf(from)) })
			s.awaitReady(t)
		})
		switch from {
		case v1beta1.Serverless:
			s.await(t, "the end of what Knative made", func() error { return s.ofKnative(t) })
		case v1beta1.MultiNodeRayVLLM:
			s.await(t, "the end of what KubeRay made", func() error { return s.ofKubeRay(t) })
		}
		s.await(t, "the pods of the new workload alone", func() error { return s.podsRun(pods) })
	}, in(from, becomes[to])...)
}

func (s *serverless) leavesNothing(t *testing.T) {
	s.world.leavesNothing(t)
	s.await(t, "the end of what Knative made", func() error { return s.ofKnative(t) })
}

// ofKnative passes if nothing is left of what Knative makes.
func (s *serverless) ofKnative(t *testing.T) error {
	t.Helper()
	for _, kind := range [][2]string{
		{"serving.knative.dev/v1", "Configuration"}, {"serving.knative.dev/v1", "Revision"}, {"serving.knative.dev/v1", "Route"},
		{"networking.internal.knative.dev/v1alpha1", "Ingress"}, {"autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler"},
		{"networking.internal.knative.dev/v1alpha1", "ServerlessService"},
	} {
		resource, err := s.api.Kind(kind[0], kind[1], s.namespace)
		require.NoError(t, err)
		list, err := resource.List(context.Background(), metav1.ListOptions{})
		require.NoError(t, err)
		if len(list.Items) > 0 {
			return fmt.Errorf("there are still %d objects of kind %s", len(list.Items), kind[1])
		}
	}
	return nil
}
