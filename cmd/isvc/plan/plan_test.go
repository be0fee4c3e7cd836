package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

const gpu = "nvidia.com/gpu"

// TestOneRuntimeChangesItsServices: exactly the services of the runtime, one cause, and the numbers
// that come out by hand. Of the 60 services, 20 each have 1, 2 and 3 replicas of 8 GPUs, and each surges
// by one pod. The 4 serverless ones have one pod each, and a second one beside it.
func TestOneRuntimeChangesItsServices(t *testing.T) {
	edited := strings.Replace(document(t, catalogue, "name: h100"), "server:1", "server:2", 1)
	r := planned(t, fleet(), edited)
	assert.Equal(t, 104, r.Summary.Services)
	assert.Equal(t, 64, r.Summary.Changed)
	assert.Equal(t, map[string]int{"rolling": 60, "new revision": 4}, r.Summary.Effects)
	require.Len(t, r.Causes, 1)
	assert.Equal(t, []plan.Field{{Path: "spec.engineConfig.runner.image", File: "edit.yaml", Line: 9}}, r.Causes[0].Fields)
	require.Len(t, r.Causes[0].Services, 64)
	for _, s := range r.Causes[0].Services {
		assert.Contains(t, []string{"team-a", "team-e"}, s.Namespace)
	}
	for _, s := range r.Services {
		if s.Namespace == "team-a" || s.Namespace == "team-e" {
			continue
		}
		assert.Equal(t, effect.None, s.Effect, s.Name)
		assert.NotEmpty(t, s.Children, "objects without a change are there too")
	}
	const (
		bigPods    = 20 * (1 + 2 + 3)
		smallPods  = 20 * 2
		pairGroups = 12 * 2
		rays       = 8 * 2
		zeroPods   = 4
		gpus       = 8*bigPods + smallPods + 16*pairGroups + 16*rays + 8*zeroPods
	)
	assert.Equal(t, plan.Count{Services: 64, Pods: bigPods + zeroPods, Accelerators: map[string]int64{gpu: 8 * (bigPods + zeroPods)}}, r.Summary.Restarts)
	assert.Equal(t, map[string]plan.Amount{gpu: {Before: gpus, After: gpus, Peak: gpus + 8*60 + 8*zeroPods}}, r.Summary.Accelerators)
}

func TestAnUnusedRuntimeChangesNothing(t *testing.T) {
	edited := strings.Replace(document(t, catalogue, "name: unused"), "unused:1", "unused:2", 1)
	r := planned(t, fleet(), edited)
	assert.Zero(t, r.Summary.Changed)
	require.Len(t, r.Causes, 1)
	assert.Empty(t, r.Causes[0].Services)
	assert.Equal(t, "None of 104 services changes.\n\nno downstream change: ClusterServingRuntime unused\n", plan.Text(r, plan.TextOptions{}))
}

// TestDefaultsOfTheAPIServerAreNoEdit: what runs was read from a cluster, which stores the defaults of the
// definitions, and the edit from a file, which leaves them out.
func TestDefaultsOfTheAPIServerAreNoEdit(t *testing.T) {
	const inFile, stored = "ports: [{containerPort: 80}]", "ports: [{containerPort: 80, protocol: TCP}]"
	is := strings.Replace(fleet(), "image: unused:1", "image: unused:1, "+stored, 1)
	file := strings.Replace(document(t, catalogue, "name: unused"), "image: unused:1", "image: unused:1, "+inFile, 1)
	assert.Empty(t, planned(t, is, file).Causes)
	r := planned(t, is, strings.Replace(file, "unused:1", "unused:2", 1))
	require.Len(t, r.Causes, 1)
	require.Len(t, r.Causes[0].Fields, 1)
	assert.Equal(t, "spec.engineConfig.runner.image", r.Causes[0].Fields[0].Path)
	r = planned(t, is, strings.Replace(file, "containerPort: 80", "containerPort: 80, protocol: UDP", 1))
	require.Len(t, r.Causes, 1)
	assert.NotEmpty(t, r.Causes[0].Fields)
}

func TestAServiceThatCannotBeResolvedIsARow(t *testing.T) {
	is := join(fleet(), service("team-z", "lost", "absent", "{}"))
	edited := strings.Replace(document(t, catalogue, "name: l4"), "small:1", "small:2", 1)
	r := planned(t, is, edited)
	assert.Equal(t, 20, r.Summary.Changed)
	assert.Equal(t, 1, r.Summary.Unresolved)
	lost := of(t, r, "lost")
	require.Len(t, lost.Problems, 1)
	assert.Equal(t, "both", lost.Problems[0].When)
	assert.Equal(t, "RuntimeNotFound", lost.Problems[0].Reason)
	assert.Contains(t, plan.Text(r, plan.TextOptions{}), "team-z/lost: its objects stay as they are\n  cannot be resolved, before and after: RuntimeNotFound: ")
}

func TestAnEditThatBreaksServices(t *testing.T) {
	r := planned(t, fleet(), "", load.ObjectName{Kind: kinds.ClusterServingRuntime, Name: "l4"})
	assert.Equal(t, 20, r.Summary.Unresolved)
	assert.Equal(t, 20, r.Summary.Changed)
	assert.Equal(t, effect.None, r.Summary.Effect, "what runs stays")
	assert.Equal(t, "after", of(t, r, "small-03").Problems[0].When)
	require.Len(t, r.Causes, 1)
	assert.Equal(t, plan.Removed, r.Causes[0].Edit)
	assert.Len(t, r.Causes[0].Services, 20)
}

func TestWhatEachModeNeedsWhileItRolls(t *testing.T) {
	replace := func(from, to string) func(string) string {
		return func(text string) string { return strings.Replace(text, from, to, 1) }
	}
	for sentence, test := range map[string]struct {
		runtime, engine string
		edit            func(runtime string) string
		want            plan.Amount
		effect          effect.Effect
		restarted       int64
		rollout         string
	}{
		"a Deployment surges by one pod, as isvc writes": {
			"h100", "{minReplicas: 4, maxReplicas: 4}", replace("server:1", "server:2"), plan.Amount{Before: 32, After: 32, Peak: 40}, effect.Rolling, 32, "surge 1"},
		"a Deployment surges by its percentage, rounded up": {
			"h100", `{minReplicas: 4, maxReplicas: 4, deploymentStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: "30%"}}}`,
			replace("server:1", "server:2"), plan.Amount{Before: 32, After: 32, Peak: 48}, effect.Rolling, 32, "surge 2"},
		"a Deployment surges by a quarter by default": {
			"h100", `{minReplicas: 8, maxReplicas: 8, deploymentStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}}`,
			replace("server:1", "server:2"), plan.Amount{Before: 64, After: 64, Peak: 80}, effect.Rolling, 64, "surge 2"},
		"a Deployment that may be short of a pod needs no more": {
			"h100", `{minReplicas: 2, maxReplicas: 2, deploymentStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}`,
			replace("server:1", "server:2"), plan.Amount{Before: 16, After: 16, Peak: 16}, effect.Rolling, 16, "surge 0"},
		"a Deployment that is made anew needs no more": {
			"h100", `{minReplicas: 2, maxReplicas: 2, deploymentStrategy: {type: Recreate}}`,
			replace("server:1", "server:2"), plan.Amount{Before: 16, After: 16, Peak: 16}, effect.Recreate, 16, "all pods go first"},
		"pods that need more": {
			"l4", "{minReplicas: 4, maxReplicas: 4}", replace("nvidia.com/gpu: 1", "nvidia.com/gpu: 4"), plan.Amount{Before: 4, After: 16, Peak: 17}, effect.Rolling, 4, "surge 1"},
		"pods that need less": {
			"h100", "{minReplicas: 4, maxReplicas: 4}", replace("nvidia.com/gpu: 8", "nvidia.com/gpu: 2"), plan.Amount{Before: 32, After: 8, Peak: 34}, effect.Rolling, 32, "surge 1"},
		"a LeaderWorkerSet surges by groups": {
			"pair", "{minReplicas: 2, maxReplicas: 2}", replace("group:1", "group:2"), plan.Amount{Before: 32, After: 32, Peak: 48}, effect.Rolling, 32, "surge 1"},
		"a group of more pods": {
			"pair", "{minReplicas: 1, maxReplicas: 1}", replace("size: 1", "size: 2"), plan.Amount{Before: 16, After: 24, Peak: 40}, effect.Rolling, 16, "surge 1"},
		"a Knative revision runs beside the old one": {
			"h100", "{minReplicas: 2, maxReplicas: 3, annotations: {ome.io/deploymentMode: Serverless}}",
			replace("server:1", "server:2"), plan.Amount{Before: 16, After: 16, Peak: 32}, effect.NewRevision, 16, "the new revision runs beside the old one"},
		"Ray clusters are replaced one after another": {
			"ray", "{minReplicas: 2}", replace("image: ray:1", "image: ray:2"), plan.Amount{Before: 32, After: 32, Peak: 32}, effect.Recreate, 32, "one cluster at a time, whose pods go first"},
	} {
		t.Run(sentence, func(t *testing.T) {
			is := join(catalogue, service("team-a", "chat", test.runtime, test.engine))
			edited := test.edit(document(t, catalogue, "name: "+test.runtime+"}"))
			chat := of(t, planned(t, is, edited), "chat")
			assert.Equal(t, map[string]plan.Amount{gpu: test.want}, chat.Accelerators)
			var workload plan.Child
			for _, child := range chat.Children {
				if child.Restarts != nil || child.Unnoticed {
					workload = child
				}
			}
			assert.Equal(t, test.effect.String(), workload.Effect.String())
			assert.Equal(t, test.rollout, workload.Rollout)
			if test.restarted == 0 {
				assert.Nil(t, chat.Restarts)
				assert.True(t, chat.Unnoticed)
				return
			}
			assert.Equal(t, map[string]int64{gpu: test.restarted}, chat.Restarts.Accelerators)
		})
	}
}

func TestAChangeOfModeIsFollowedToItsEnd(t *testing.T) {
	is := join(catalogue, service("team-a", "chat", "h100", "{minReplicas: 2, maxReplicas: 2}"))
	edited := service("team-a", "chat", "h100", "{minReplicas: 2, maxReplicas: 2, annotations: {ome.io/deploymentMode: Serverless}}")
	r := planned(t, is, edited)
	chat := of(t, r, "chat")
	assert.Equal(t, effect.Delete, chat.Effect, "the former workload goes in the end")
	assert.Equal(t, plan.Amount{Before: 2, After: 2, Peak: 4}, chat.Pods, "both run until the new one is ready")
	edits := map[string]string{}
	for _, child := range chat.Children {
		edits[child.Kind+"/"+child.APIVersion] = child.Edit
	}
	assert.Equal(t, plan.Removed, edits["Deployment/apps/v1"])
	assert.Equal(t, plan.Added, edits["Service/serving.knative.dev/v1"])
	require.Len(t, r.Selections, 1)
	assert.Equal(t, "mode of the engine", r.Selections[0].What)
}

// TestPodsThatRunAreGoneInTheEnd: pods that run now hold back what they refer to, and the requests that they serve.
// A plan tells the end, when they have gone.
func TestPodsThatRunAreGoneInTheEnd(t *testing.T) {
	const routed = "  router: {minReplicas: 1, runner: {name: ome-router, image: router:1}}\n"
	for name, test := range map[string]struct {
		is, edited string
		removed    []string
	}{
		"router removed": {
			is: service("team-a", "chat", "h100", "{minReplicas: 2}") + routed, edited: service("team-a", "chat", "h100", "{minReplicas: 2}"),
			removed: []string{"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service", "ServiceAccount", "Role", "RoleBinding"},
		},
		"other mode": {
			is: service("team-a", "chat", "h100", "{minReplicas: 2}"), edited: service("team-a", "chat", "pair", "{minReplicas: 2}"),
			removed: []string{"Deployment", "HorizontalPodAutoscaler"},
		},
		"other template": {
			is:     service("team-a", "chat", "ray", "{minReplicas: 2}"),
			edited: service("team-a", "chat", "ray", "{minReplicas: 2, leader: {runner: {name: ome-container, image: ray:2}}}"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := join(catalogue, test.is)
			withPods := planned(t, join(is, podsOf(t, is)), test.edited)
			var removed []string
			for _, child := range of(t, withPods, "chat").Children {
				if child.Edit == plan.Removed {
					removed = append(removed, child.Kind)
				}
			}
			assert.ElementsMatch(t, test.removed, removed)
			assert.Equal(t, planned(t, is, test.edited), withPods)
		})
	}
}

// TestAddressesOfTheMomentEnd: the status names the bridge of a change back to RawDeployment that has just ended, and
// another change to Serverless comes to its end all the same.
func TestAddressesOfTheMomentEnd(t *testing.T) {
	const status = "status: {address: {url: http://chat-engine-bridge.team-a.svc.cluster.local}, url: http://chat-engine-bridge.team-a.svc.cluster.local}\n"
	raw := service("team-a", "chat", "h100", "{minReplicas: 2}")
	documents := strings.Split(running(t, join(catalogue, raw+status), func(map[string]any) {}), "---\n")
	own := slices.IndexFunc(documents, func(text string) bool {
		return strings.Contains(text, `"kind":"Service"`) && strings.Contains(text, `"name":"chat-engine"`)
	})
	bridge := strings.ReplaceAll(documents[own], `"name":"chat-engine"`, `"name":"chat-engine-bridge"`)
	is := join(append(documents, strings.ReplaceAll(bridge, `\"name\":\"chat-engine\"`, `\"name\":\"chat-engine-bridge\"`))...)
	chat := of(t, planned(t, is, service("team-a", "chat", "h100", "{minReplicas: 2, annotations: {ome.io/deploymentMode: Serverless}}")), "chat")
	edits := map[string]string{}
	for _, child := range chat.Children {
		edits[child.Kind+"/"+child.Name] = child.Edit
	}
	assert.Equal(t, plan.Removed, edits["Deployment/chat-engine"])
	assert.Equal(t, plan.Amount{Before: 2, After: 2, Peak: 4}, chat.Pods)
}

// TestAStuckChangeThatGoesOn: the last of three Ray clusters has an image that never serves, and the others wait for it.
// An edit that removes that one lets the next one take the image.
func TestAStuckChangeThatGoesOn(t *testing.T) {
	ray := func(image string, replicas int) string {
		return service("team-a", "chat", "ray", fmt.Sprintf("{minReplicas: %d, leader: {runner: {name: ome-container, image: %q}}}", replicas, image))
	}
	reports := func(image, state, isAvailable string) []string {
		return strings.Split(running(t, join(catalogue, ray(image, 3)), func(object map[string]any) {
			object["metadata"].(map[string]any)["generation"] = int64(1)
			object["status"] = map[string]any{
				"observedGeneration": int64(1), "state": state, "replicas": int64(1), "updatedReplicas": int64(1), "availableReplicas": int64(1),
				"conditions": []any{map[string]any{"type": "Available", "status": isAvailable}},
			}
		}), "---\n")
	}
	isOfTheLast := func(text string) bool { return strings.Contains(text, "engine-2") }
	documents := append(slices.DeleteFunc(reports("ray:1", "ready", "True"), isOfTheLast),
		slices.DeleteFunc(reports("ray:bad", "failed", "False"), func(text string) bool { return !isOfTheLast(text) })...)
	stuck := strings.Replace(join(documents...), ray("ray:1", 3), ray("ray:bad", 3), 1)
	still := of(t, planned(t, stuck, ""), "chat")
	assert.Nil(t, still.Restarts, "nothing is edited")
	r := planned(t, stuck, ray("ray:bad", 2))
	chat := of(t, r, "chat")
	restarted := map[string]string{}
	for _, child := range chat.Children {
		if child.Restarts != nil {
			restarted[child.Name] = child.Effect.String()
		}
	}
	assert.Equal(t, map[string]string{"chat-engine-1": "recreate", "chat-engine-2": "delete"}, restarted)
	assert.Equal(t, map[string]int64{gpu: 32}, chat.Restarts.Accelerators)
	assert.Equal(t, int64(4), r.Summary.Restarts.Pods)
	const said = "a change of RayCluster chat-engine-0, RayCluster chat-engine-1 is under way: its end is compared with the end after the edit"
	assert.Equal(t, said, chat.UnderWay)
	assert.Contains(t, plan.Text(r, plan.TextOptions{Width: 400}), said)
	assert.Contains(t, plan.Markdown(r), said)
}

// TestTheSameVersionChangesNothing: a version whose answers are the same is blamed for no change that is under way.
func TestTheSameVersionChangesNothing(t *testing.T) {
	routed := service("team-a", "chat", "h100", "{minReplicas: 2}") + "  router: {minReplicas: 1, runner: {name: ome-router, image: router:1}}\n"
	for name, test := range map[string]struct{ was, is string }{
		"router removed": {routed, service("team-a", "chat", "h100", "{minReplicas: 2}")},
		"other mode":     {routed, service("team-a", "chat", "pair", "{minReplicas: 2}")},
		"other template": {service("team-a", "chat", "ray", "{minReplicas: 3}"), service("team-a", "chat", "ray",
			"{minReplicas: 3, leader: {runner: {name: ome-container, image: ray:2}}}")},
		"at rest": {routed, routed},
	} {
		t.Run(name, func(t *testing.T) {
			is := strings.Replace(running(t, join(catalogue, test.was), func(map[string]any) {}), test.was, test.is, 1)
			set, _ := loaded(t, "is.yaml", join(is, podsOf(t, join(catalogue, test.was))))
			former := &plan.Former{From: "isvc 1", To: "isvc 1", Children: map[string]observed.Objects{}}
			for _, request := range set.Requests(load.Options{Kinds: kinds.All()}) {
				response, err := sync.Sync(request)
				require.NoError(t, err)
				children := observed.Objects{}
				for _, child := range response.Children {
					text, err := json.Marshal(child.Object)
					require.NoError(t, err)
					kind := kinds.New(child.GetKind(), child.GetAPIVersion())
					if children[kind] == nil {
						children[kind] = map[string]observed.Object{}
					}
					children[kind][observed.ObjectKey(child.GetNamespace(), child.GetName())] = observed.NewIndexedObject(text)
				}
				former.Children["team-a/chat"] = children
			}
			r := report(t, plan.Options{Before: set, After: set, Former: former})
			require.Len(t, r.Services, 1)
			assert.Zero(t, r.Summary.Changed, "%s", plan.Text(r, plan.TextOptions{Width: 200}))
		})
	}
}

// TestWhatKnativeReportsAndOwns: the names of revisions count for a canary, and the Service object of Knative goes with
// its Knative Service.
func TestWhatKnativeReportsAndOwns(t *testing.T) {
	serverless := service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 3, annotations: {ome.io/deploymentMode: Serverless}}")
	is := running(t, join(catalogue, serverless+"status: {components: {engine: {latestRolledoutRevision: chat-engine-00007}}}\n"), func(object map[string]any) {
		if object["apiVersion"] == "serving.knative.dev/v1" {
			object["status"] = map[string]any{
				"url": "http://chat-engine.team-a.example.org", "latestReadyRevisionName": "chat-engine-00007", "latestCreatedRevisionName": "chat-engine-00007",
				"traffic": []any{map[string]any{"revisionName": "chat-engine-00007", "percent": int64(100), "latestRevision": true}},
			}
		}
	})
	canary := strings.Replace(serverless, "minReplicas: 1,", "minReplicas: 1, canaryTrafficPercent: 10, runner: {name: ome-container, image: server:2},", 1)
	before, _ := loaded(t, "is.yaml", is)
	applied, _ := loaded(t, "edit.yaml", canary)
	r := report(t, plan.Options{Before: before, After: before.After(load.Edit{Apply: applied}), Values: plan.NewValues(nil)})
	assert.Contains(t, plan.Text(r, plan.TextOptions{Full: true, Width: 400}), "chat-engine-00007")

	const ofKnative = "apiVersion: v1\nkind: Service\nmetadata: {name: chat-engine, namespace: team-a, labels: {ome.io/inferenceservice: chat}, ownerReferences: " +
		"[{apiVersion: serving.knative.dev/v1, kind: Route, name: chat-engine, uid: r, controller: true}]}\nspec: {type: ExternalName, externalName: x}\n"
	raw := service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 3, annotations: {ome.io/deploymentMode: RawDeployment}}")
	chat := of(t, planned(t, join(is, ofKnative), raw), "chat")
	edits := map[string]string{}
	for _, child := range chat.Children {
		edits[child.Kind+"/"+child.APIVersion+"/"+child.Name] = child.Edit
	}
	assert.Equal(t, plan.Added, edits["Service/v1/chat-engine"])
	assert.NotContains(t, edits, "Service/v1/chat-engine-bridge")
	assert.Equal(t, plan.Removed, edits["Service/serving.knative.dev/v1/chat-engine"])
}

// TestPodsOfRevisions: Knative ends the pods of a revision when its traffic does not name it any more, and not before.
func TestPodsOfRevisions(t *testing.T) {
	engine := func(more, image string) string {
		return service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 8, "+more+
			"annotations: {ome.io/deploymentMode: Serverless}, runner: {name: ome-container, image: server:"+image+"}}")
	}
	const (
		at10, at0 = "canaryTrafficPercent: 10, ", "canaryTrafficPercent: 0, "
		byCPU     = "scaleMetric: cpu, scaleTarget: 70, "
		beside    = "the new revision runs beside the old one"
	)
	for name, test := range map[string]struct {
		is, edited     string
		created, ready int   // the last revision, and the last that was ready
		pods           []int // by their revisions
		restarted      int64
		rollout        string
		want           plan.Amount
	}{
		"a canary begins": {
			is: engine("", "1"), edited: engine(at10, "2"), created: 7, ready: 7, pods: []int{7, 7, 7, 7},
			want: plan.Amount{Before: 4, After: 5, Peak: 5},
		},
		"a canary gets no requests": {
			is: engine(at10, "2"), edited: engine(at0, "2"), created: 8, ready: 8, pods: []int{7, 7, 7, 7, 8, 8},
			want: plan.Amount{Before: 6, After: 6, Peak: 6},
		},
		"another canary": {
			is: engine(at10, "2"), edited: engine(at10, "3"), created: 8, ready: 8, pods: []int{7, 7, 7, 7, 8, 8},
			restarted: 2, rollout: beside, want: plan.Amount{Before: 6, After: 6, Peak: 8},
		},
		"a canary is promoted, and takes all requests": {
			is: engine(at10, "2"), edited: engine("", "2"), created: 8, ready: 8, pods: []int{7, 7, 7, 7, 8, 8},
			restarted: 4, rollout: "the former revision ends", want: plan.Amount{Before: 6, After: 6, Peak: 10},
		},
		"another image replaces both": {
			is: engine(at10, "2"), edited: engine("", "3"), created: 8, ready: 8, pods: []int{7, 7, 7, 7, 8, 8},
			restarted: 6, rollout: beside, want: plan.Amount{Before: 6, After: 6, Peak: 12},
		},
		"a percentage without another template": {
			is: engine("", "1"), edited: engine(at10, "1"), created: 7, ready: 7, pods: []int{7, 7, 7, 7},
			want: plan.Amount{Before: 4, After: 4, Peak: 4},
		},
		"a canary beside a revision that is the latest, too": {
			is: engine(at10, "1"), edited: engine(at10, "2"), created: 7, ready: 7, pods: []int{7, 7, 7, 7},
			want: plan.Amount{Before: 4, After: 5, Peak: 5},
		},
		"after a rollout that failed": {
			is: engine("", "bad"), edited: engine("", "3"), created: 8, ready: 7, pods: []int{7, 7, 7, 7, 8},
			restarted: 5, rollout: beside, want: plan.Amount{Before: 5, After: 5, Peak: 10},
		},
		"a canary after a rollout that failed": {
			is: engine("", "bad"), edited: engine(at10, "3"), created: 8, ready: 7, pods: []int{7, 7, 7, 7, 8},
			restarted: 1, rollout: beside, want: plan.Amount{Before: 5, After: 5, Peak: 6},
		},
		"pods of a revision that ends anyway": {
			is: engine("", "1"), edited: engine(at10, "2"), created: 7, ready: 7, pods: []int{7, 7, 6},
			want: plan.Amount{Before: 2, After: 3, Peak: 3},
		},
		"fewer at most": {
			is: engine("", "1"), edited: strings.Replace(engine("", "1"), "maxReplicas: 8", "maxReplicas: 2", 1), created: 7, ready: 7, pods: []int{7, 7, 7, 7},
			restarted: 4, rollout: beside, want: plan.Amount{Before: 4, After: 2, Peak: 6},
		},
		"an autoscaler of Kubernetes keeps one": {
			is: engine(byCPU, "1"), edited: engine(byCPU, "2"), created: 7, ready: 7, pods: []int{7, 7, 7, 7},
			restarted: 3, rollout: beside, want: plan.Amount{Before: 4, After: 5, Peak: 8},
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := running(t, join(catalogue, test.is+"status: {components: {engine: {latestRolledoutRevision: chat-engine-00007}}}\n"), func(object map[string]any) {
				if object["apiVersion"] == "serving.knative.dev/v1" {
					object["status"] = map[string]any{
						"latestReadyRevisionName": fmt.Sprintf("chat-engine-%05d", test.ready), "latestCreatedRevisionName": fmt.Sprintf("chat-engine-%05d", test.created),
					}
				}
			})
			for i, revision := range test.pods {
				is = join(is, fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: chat-%d, namespace: team-a, labels: {ome.io/inferenceservice: chat, "+
					"component: engine, serving.knative.dev/service: chat-engine, serving.knative.dev/revision: chat-engine-%05d}}\n"+
					"spec: {containers: [{name: ome-container, image: i, resources: {limits: {nvidia.com/gpu: %d}}}]}\n", i, revision, revision))
			}
			chat := of(t, planned(t, is, test.edited), "chat")
			assert.Equal(t, test.want, chat.Pods)
			accelerators := int64(0)
			for _, revision := range test.pods {
				if revision >= 7 {
					accelerators += int64(revision)
				}
			}
			assert.Equal(t, accelerators, chat.Accelerators[gpu].Before, "those of the pods, not of a template")
			restarts, rollout := plan.Restart{}, ""
			for _, child := range chat.Children {
				if child.Restarts != nil {
					restarts, rollout = *child.Restarts, child.Rollout
					assert.GreaterOrEqual(t, child.Effect, effect.Rolling)
				}
			}
			assert.Equal(t, test.restarted, restarts.Pods)
			assert.Equal(t, test.rollout, rollout)
		})
	}
}

func TestAnotherRuntimeIsChosen(t *testing.T) {
	automatic := strings.Replace(service("team-a", "chat", "x", "{minReplicas: 1, maxReplicas: 1}"), "  runtime: {name: x}\n", "", 1)
	is := join(catalogue, automatic)
	edited := strings.Replace(document(t, catalogue, "name: h100"), "spec:\n", "spec:\n  modelSizeRange: {min: 60B, max: 80B}\n", 1)
	r := planned(t, is, edited)
	require.Len(t, r.Selections, 1)
	assert.Equal(t, "runtime", r.Selections[0].What)
	assert.Equal(t, "ClusterServingRuntime/h100", r.Selections[0].Before)
	assert.Equal(t, "ClusterServingRuntime/l4", r.Selections[0].After)
	assert.Contains(t, r.Selections[0].Because, "ClusterServingRuntime/h100: ")
	assert.Contains(t, r.Selections[0].Because, "60B")
	assert.Contains(t, plan.Text(r, plan.TextOptions{Width: 400}), "\nruntime of team-a/chat: ClusterServingRuntime/h100 → ClusterServingRuntime/l4 because ")
}

func TestEachEditHasItsServices(t *testing.T) {
	edits := join(
		strings.Replace(document(t, catalogue, "name: h100"), "server:1", "server:2", 1),
		strings.Replace(document(t, catalogue, "name: l4"), "small:1", "small:2", 1),
		strings.Replace(document(t, catalogue, "name: unused"), "unused:1", "unused:2", 1),
		service("team-b", "small-00", "l4", "{minReplicas: 3, maxReplicas: 5}"),
		service("team-b", "small-01", "l4", "{minReplicas: 2, maxReplicas: 5}"),
	)
	r := planned(t, fleet(), edits)
	services := map[string]int{}
	for _, cause := range r.Causes {
		services[cause.Kind+"/"+cause.Name] = len(cause.Services)
	}
	assert.Equal(t, map[string]int{
		"ClusterServingRuntime/h100": 64, "ClusterServingRuntime/l4": 20, "ClusterServingRuntime/unused": 0,
		"InferenceService/small-00": 1, // small-01 is what it was
	}, services)
	for _, cause := range r.Causes {
		if cause.Name == "small-00" {
			assert.Equal(t, effect.Scale, cause.Services[0].Effect, "alone, the service only scales")
		}
	}
	assert.Equal(t, effect.Rolling, of(t, r, "small-00").Effect)
}

// TestEditsThatOnlyWorkTogether: the label of the service alone reaches objects, the configuration alone
// the digests, and only both together the pods.
func TestEditsThatOnlyWorkTogether(t *testing.T) {
	chat := service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 1}")
	is := join(catalogue, chat, configMap("  deploy: '{\"defaultDeploymentMode\": \"RawDeployment\"}'\n"))
	edits := join(
		strings.Replace(chat, "namespace: team-a,", "namespace: team-a, labels: {cost: x},", 1),
		configMap("  deploy: '{\"defaultDeploymentMode\": \"RawDeployment\", \"templateLabels\": [\"cost\"]}'\n"),
	)
	r := planned(t, is, edits)
	assert.Equal(t, effect.Rolling, of(t, r, "chat").Effect)
	for _, cause := range r.Causes {
		require.Len(t, cause.Services, 1, cause.Kind)
		assert.Equal(t, effect.Rolling, cause.Services[0].Effect, cause.Kind)
	}
}

func TestAnEditOfTheConfiguration(t *testing.T) {
	is := join(fleet(), configMap("  deploy: '{\"defaultDeploymentMode\": \"RawDeployment\"}'\n"))
	edited := configMap("  deploy: |-\n    {\"defaultDeploymentMode\": \"RawDeployment\",\n     \"templateLabels\": [\"team\"]}\n")
	r := planned(t, is, edited)
	require.Len(t, r.Causes, 1)
	assert.Equal(t, "ConfigMap", r.Causes[0].Kind)
	assert.Equal(t, []plan.Field{{Path: "data.deploy.templateLabels", File: "edit.yaml", Line: 5}}, r.Causes[0].Fields)
	assert.Len(t, r.Causes[0].Services, 104, "the digests of all workloads follow")
	assert.Equal(t, effect.Metadata, r.Summary.Effect)
}

// TestAConfigurationOfTheCommandLine: it is that of before and after, unless the edit has another.
func TestAConfigurationOfTheCommandLine(t *testing.T) {
	given := config.Parse(map[string]string{"deploy": `{"defaultDeploymentMode": "RawDeployment", "templateLabels": ["team"]}`})
	section := "  deploy: '{\"defaultDeploymentMode\": \"RawDeployment\"}'\n"
	for sentence, test := range map[string]struct {
		is, with     string
		removeOthers bool
		causes       []string
	}{
		"nothing else has one":               {is: catalogue, with: catalogue},
		"what is has another":                {is: join(catalogue, configMap(section)), with: catalogue},
		"the other set of files has none":    {is: join(catalogue, configMap(section)), with: catalogue, removeOthers: true},
		"the edit has another":               {is: join(catalogue, configMap(section)), with: configMap(strings.Replace(section, "\"}", "\", \"templateLabels\": [\"x\"]}", 1)), causes: []string{"ConfigMap"}},
		"the edit has the one that there is": {is: join(catalogue, configMap(section)), with: configMap(section)},
	} {
		t.Run(sentence, func(t *testing.T) {
			chat := service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 1}")
			before, _ := loaded(t, "is.yaml", join(test.is, chat))
			applied, _ := loaded(t, "edit.yaml", join(test.with, chat))
			r := report(t, plan.Options{Before: before, After: before.After(load.Edit{Apply: applied, RemoveOthers: test.removeOthers}), Config: given})
			var causes []string
			for _, cause := range r.Causes {
				causes = append(causes, cause.Kind)
			}
			assert.Equal(t, test.causes, causes)
		})
	}
}

func TestWhatIsHeldBackWaitsForARelease(t *testing.T) {
	is := join(fleet(), configMap("  rollout: '{\"onCatalogueChange\": \"Hold\"}'\n"))
	edited := strings.Replace(document(t, catalogue, "name: l4"), "small:1", "small:2", 1)
	r := planned(t, is, edited)
	assert.Equal(t, 20, r.Summary.Changed)
	assert.Equal(t, plan.Count{}, r.Summary.Restarts)
	assert.Equal(t, plan.Count{Services: 20, Pods: 40, Accelerators: map[string]int64{gpu: 40}}, r.Summary.Waiting)
	waiting := of(t, r, "small-07").Waiting
	require.Len(t, waiting, 1)
	assert.Equal(t, "CatalogueHeld", waiting[0].Reason)
	assert.True(t, waiting[0].New)
	assert.Equal(t, effect.Rolling, waiting[0].Effect)
	require.Len(t, waiting[0].Children, 1)
	assert.Equal(t, "small-07-engine", waiting[0].Children[0].Name)
	paths := []string{}
	for _, change := range waiting[0].Children[0].Changes {
		paths = append(paths, change.Path)
	}
	assert.Equal(t, []string{"metadata.annotations[isvc.io/input]", "spec.template.spec.containers[ome-container].image"}, paths)
	assert.Equal(t, 20, r.Summary.NewlyWaiting)
	assert.Len(t, r.Causes[0].Services, 20)
	text := plan.Text(r, plan.TextOptions{Width: 120})
	assert.Contains(t, text, "20 of 104 services change: 20 begin to wait. 20 services wait for a release: 40 pods, 40 nvidia.com/gpu.")
	assert.Contains(t, text, `
team-b/small-07: nothing until it is released
  engine waits for a release (CatalogueHeld): isvc release small-07 -n team-b
  waits         Deployment small-07-engine: rolling, 2 pods, 2 nvidia.com/gpu (surge 1)
                  spec.template.spec.containers[ome-container].image
`)
}

// TestWhatWaitsAlreadyGoesOnToWait: an edit of something else neither releases what is held back nor
// counts it again.
func TestWhatWaitsAlreadyGoesOnToWait(t *testing.T) {
	chat := service("team-a", "chat", "h100", "{minReplicas: 2, maxReplicas: 2}")
	is := running(t, join(catalogue, chat, configMap("  rollout: '{\"onCatalogueChange\": \"Hold\"}'\n")), func(map[string]any) {})
	is = strings.Replace(is, "server:1", "server:2", 1) // in the runtime, which comes first
	r := planned(t, is, service("team-a", "chat", "h100", "{minReplicas: 3, maxReplicas: 3}"))
	assert.Equal(t, plan.Count{Services: 1, Pods: 3, Accelerators: map[string]int64{gpu: 24}}, r.Summary.Waiting)
	assert.Zero(t, r.Summary.NewlyWaiting)
	assert.Equal(t, plan.Count{}, r.Summary.Restarts)
	assert.Equal(t, effect.Scale, of(t, r, "chat").Effect)
	assert.Contains(t, plan.Text(r, plan.TextOptions{}), "  engine waits for a release, as before (CatalogueHeld): isvc release chat -n team-a\n")
}

func TestServicesThatComeAndGo(t *testing.T) {
	is := join(catalogue, service("team-a", "old", "h100", "{minReplicas: 2, maxReplicas: 2}"))
	r := planned(t, is, service("team-a", "fresh", "l4", "{minReplicas: 1, maxReplicas: 1}"),
		load.ObjectName{Kind: kinds.InferenceService, Namespace: "team-a", Name: "old"})
	old, fresh := of(t, r, "old"), of(t, r, "fresh")
	assert.Equal(t, plan.Removed, old.Edit)
	assert.Equal(t, effect.Delete, old.Effect)
	assert.Equal(t, map[string]plan.Amount{gpu: {Before: 16, After: 0, Peak: 16}}, old.Accelerators)
	assert.Equal(t, plan.Added, fresh.Edit)
	assert.Equal(t, effect.Scale, fresh.Effect, "nothing that runs changes")
	assert.Nil(t, fresh.Restarts)
	assert.Equal(t, 1, r.Summary.Added)
	assert.Equal(t, 1, r.Summary.Deleted)
	assert.Equal(t, 1, r.Summary.Restarts.Services)
}

// TestReplicasOfAnAutoscaler: what the autoscaler has made of a workload counts, within its bounds.
func TestReplicasOfAnAutoscaler(t *testing.T) {
	is := running(t, join(catalogue, service("team-b", "small", "l4", "{minReplicas: 2, maxReplicas: 8}")), func(object map[string]any) {
		if object["kind"] == "Deployment" {
			object["spec"].(map[string]any)["replicas"] = 6
		}
	})
	small := of(t, planned(t, is, service("team-b", "small", "l4", "{minReplicas: 2, maxReplicas: 4}")), "small")
	assert.Equal(t, map[string]plan.Amount{gpu: {Before: 6, After: 4, Peak: 6}}, small.Accelerators)
	assert.Equal(t, effect.Scale, small.Effect)
}

// TestReplicasOfAnAutoscalerAreThoseThatAnEditMeets: six replicas run of the one that is the least.
func TestReplicasOfAnAutoscalerAreThoseThatAnEditMeets(t *testing.T) {
	const canary = "{minReplicas: 1, maxReplicas: 8, canaryTrafficPercent: 50, "
	for name, test := range map[string]struct {
		is, edited      string
		restarted       int64 // GPUs
		pods            plan.Amount
		after, most     int64 // GPUs
		withServingPods bool
	}{
		"canary of groups": {
			is:        service("team-a", "chat", "pair", "{minReplicas: 1, maxReplicas: 8}"),
			edited:    service("team-a", "chat", "pair", canary+"leader: {runner: {name: ome-container, image: group:2}}}"),
			restarted: 48, pods: plan.Amount{Before: 12, After: 12, Peak: 12}, after: 96, most: 96,
		},
		"canary of a Deployment": {
			is:     service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 8}"),
			edited: service("team-a", "chat", "h100", canary+"runner: {name: ome-container, image: server:2}}"),
			pods:   plan.Amount{Before: 6, After: 9, Peak: 9}, after: 72, most: 72,
		},
		"other mode": {
			is:        service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 8}"),
			edited:    service("team-a", "chat", "pair", "{minReplicas: 1, maxReplicas: 8}"),
			restarted: 48, pods: plan.Amount{Before: 6, After: 12, Peak: 18}, after: 96, most: 144,
		},
		"Serverless rolls": {
			is:        service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 8, annotations: {ome.io/deploymentMode: Serverless}}"),
			edited:    service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 8, annotations: {ome.io/deploymentMode: Serverless}, runner: {name: ome-container, image: server:2}}"),
			restarted: 48, pods: plan.Amount{Before: 6, After: 6, Peak: 12}, after: 48, most: 96, withServingPods: true,
		},
		"Serverless becomes RawDeployment": {
			is:        service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 8, annotations: {ome.io/deploymentMode: Serverless}}"),
			edited:    service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 8, annotations: {ome.io/deploymentMode: RawDeployment}}"),
			restarted: 48, pods: plan.Amount{Before: 6, After: 6, Peak: 12}, after: 48, most: 96, withServingPods: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := running(t, join(catalogue, test.is), func(object map[string]any) {
				if kind := object["kind"]; kind == "Deployment" || kind == "LeaderWorkerSet" {
					object["spec"].(map[string]any)["replicas"] = int64(6)
				}
			})
			if test.withServingPods {
				for i := range 6 {
					is = join(is, fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: chat-%d, namespace: team-a, labels: "+
						"{ome.io/inferenceservice: chat, component: engine, serving.knative.dev/service: chat-engine, serving.knative.dev/revision: chat-engine-00001}}\n", i))
				}
			}
			chat := of(t, planned(t, is, test.edited), "chat")
			assert.Equal(t, test.pods, chat.Pods)
			assert.Equal(t, test.after, chat.Accelerators[gpu].After)
			assert.Equal(t, test.most, chat.Accelerators[gpu].Peak)
			restarted := int64(0)
			if chat.Restarts != nil {
				restarted = chat.Restarts.Accelerators[gpu]
			}
			assert.Equal(t, test.restarted, restarted)
		})
	}
}

// TestAWorkloadWithoutASpecification: what was applied last of it is not what isvc writes.
func TestAWorkloadWithoutASpecification(t *testing.T) {
	is := running(t, join(catalogue, service("team-a", "chat", "h100", "{minReplicas: 2}")), func(object map[string]any) {
		if object["kind"] == "Deployment" {
			object["metadata"].(map[string]any)["annotations"].(map[string]any)[child.LastAppliedAnnotation] =
				`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat-engine","namespace":"team-a","labels":{"component":"engine"}}}`
		}
	})
	is = strings.Replace(is, "runtime: {name: h100}", "runtime: {name: nothing}", 1)
	assert.NotPanics(t, func() { planned(t, is, service("team-a", "chat", "nothing", "{minReplicas: 3}")) })
}

// TestWhichAcceleratorsCount: the scheduler's sum, for every resource that the program, an accelerator
// class or the configuration knows as an accelerator.
func TestWhichAcceleratorsCount(t *testing.T) {
	for sentence, test := range map[string]struct {
		engine, more string
		want         map[string]int64
	}{
		"limits of a container": {engine: "runner: {name: ome-container, image: a:1, resources: {limits: {nvidia.com/gpu: 4, cpu: 8}}}", want: map[string]int64{gpu: 4}},
		"a slice of a device":   {engine: "runner: {name: ome-container, image: a:1, resources: {limits: {nvidia.com/mig-1g.10gb: 2}}}", want: map[string]int64{"nvidia.com/mig-1g.10gb": 2}},
		"containers together": {
			engine: "runner: {name: ome-container, image: a:1, resources: {limits: {nvidia.com/gpu: 4}}}\n    containers: [{name: side, image: b:1, resources: {limits: {nvidia.com/gpu: 1}}}]",
			want:   map[string]int64{gpu: 5}},
		"an init container with more": {
			engine: "runner: {name: ome-container, image: a:1, resources: {limits: {nvidia.com/gpu: 2}}}\n    initContainers: [{name: warm, image: b:1, resources: {limits: {nvidia.com/gpu: 3}}}]",
			want:   map[string]int64{gpu: 3}},
		"an init container that keeps running": {
			engine: "runner: {name: ome-container, image: a:1, resources: {limits: {nvidia.com/gpu: 2}}}\n    initContainers: [{name: side, image: b:1, restartPolicy: Always, resources: {limits: {nvidia.com/gpu: 1}}}]",
			want:   map[string]int64{gpu: 3}},
		"a resource of the configuration": {
			engine: "runner: {name: ome-container, image: a:1, resources: {limits: {example.com/npu: 2}}}",
			more:   configMap("  deploy: '{\"defaultDeploymentMode\": \"RawDeployment\", \"acceleratorResources\": [\"example.com/npu\"]}'\n"),
			want:   map[string]int64{"example.com/npu": 2}},
		"a resource of a class": {
			engine: "runner: {name: ome-container, image: a:1, resources: {limits: {example.com/tpu: 2}}}",
			more:   "apiVersion: ome.io/v1beta1\nkind: AcceleratorClass\nmetadata: {name: c}\nspec: {discovery: {}, capabilities: {}, resources: [{name: example.com/tpu, quantity: \"1\"}]}\n",
			want:   map[string]int64{"example.com/tpu": 2}},
		"a claim that each pod has for itself": {
			engine: "runner: {name: ome-container, image: a:1, resources: {claims: [{name: gpus}]}}\n    resourceClaims: [{name: gpus, resourceClaimTemplateName: two}, {name: unused, resourceClaimTemplateName: nic}]",
			want:   map[string]int64{capacity.ClaimsOfDevices: 1}},
		"a claim beside devices is something else": {
			engine: "runner: {name: ome-container, image: a:1, resources: {limits: {nvidia.com/gpu: 2}, claims: [{name: nic}]}}\n    resourceClaims: [{name: nic, resourceClaimTemplateName: nic}]",
			want:   map[string]int64{gpu: 2}},
		"none": {engine: "runner: {name: ome-container, image: a:1, resources: {limits: {cpu: 8}}}"},
	} {
		t.Run(sentence, func(t *testing.T) {
			runtime := "apiVersion: ome.io/v1beta1\nkind: ClusterServingRuntime\nmetadata: {name: r}\nspec:\n  supportedModelFormats: [{modelFormat: {name: safetensors}}]\n  engineConfig:\n    " + test.engine + "\n"
			is := []string{document(t, catalogue, "kind: ClusterBaseModel"), runtime, service("team-a", "chat", "r", "{minReplicas: 1, maxReplicas: 1}")}
			if test.more != "" {
				is = append(is, test.more)
			}
			chat := of(t, planned(t, join(is...), strings.Replace(runtime, "a:1", "a:2", 1)), "chat")
			require.NotNil(t, chat.Restarts)
			assert.Equal(t, test.want, chat.Restarts.Accelerators)
		})
	}
}

// TestOnlyWhatIsEditedChanges: objects of others that a service depends on are the same before and after
// an edit, here the pull secrets of the namespace that the account of a router has, and a Service object
// that has the name of a service's own.
func TestOnlyWhatIsEditedChanges(t *testing.T) {
	is := join(catalogue, strings.Replace(service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 1}"),
		"  engine:", "  router: {minReplicas: 1, runner: {name: router, image: router:1}}\n  engine:", 1),
		service("team-a", "talk", "h100", "{minReplicas: 1, maxReplicas: 1}"),
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: team-a}\nimagePullSecrets: [{name: pull}]\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: talk, namespace: team-a, uid: u7, ownerReferences: [{apiVersion: v1, kind: Other, name: x, uid: u8, controller: true}]}\nspec: {}\n")
	r := planned(t, is, strings.Replace(document(t, catalogue, "name: h100"), "server:1", "server:2", 1))
	for _, name := range []string{"chat", "talk"} {
		changed := map[string]string{}
		for _, child := range of(t, r, name).Children {
			if child.Effect > effect.None {
				changed[child.Kind+" "+child.Name] = child.Effect.String()
			}
		}
		assert.Equal(t, map[string]string{"Deployment " + name + "-engine": "rolling"}, changed)
	}
}

// TestClaimsOfDevices: each pod has a claim of its own, unless the claim exists by itself.
func TestClaimsOfDevices(t *testing.T) {
	for sentence, test := range map[string]struct {
		claim string
		want  plan.Amount
		words string
	}{
		"of each pod": {"resourceClaimTemplateName: two", plan.Amount{Before: 3, After: 3, Peak: 4},
			"team-a/chat: rolling, 3 pods, 3 claims of devices; 1 claim of devices more while it rolls\n"},
		"of all pods": {"resourceClaimName: shared", plan.Amount{Before: 1, After: 1, Peak: 1},
			"team-a/chat: rolling, 3 pods, 1 claim of devices\n"},
	} {
		t.Run(sentence, func(t *testing.T) {
			runtime := "apiVersion: ome.io/v1beta1\nkind: ClusterServingRuntime\nmetadata: {name: r}\nspec:\n  supportedModelFormats: [{modelFormat: {name: safetensors}}]\n" +
				"  engineConfig:\n    runner: {name: ome-container, image: a:1, resources: {claims: [{name: gpus}]}}\n    resourceClaims: [{name: gpus, " + test.claim + "}]\n"
			is := join(document(t, catalogue, "kind: ClusterBaseModel"), runtime, service("team-a", "chat", "r", "{minReplicas: 3, maxReplicas: 3}"))
			r := planned(t, is, strings.Replace(runtime, "a:1", "a:2", 1))
			assert.Equal(t, map[string]plan.Amount{capacity.ClaimsOfDevices: test.want}, of(t, r, "chat").Accelerators)
			assert.Contains(t, plan.Text(r, plan.TextOptions{}), test.words)
		})
	}
}

// TestASurgeOfGroups: LeaderWorkerSet makes no more groups beside its own than it has.
func TestASurgeOfGroups(t *testing.T) {
	for _, test := range []struct {
		surge          any
		replicas, want int64
	}{{nil, 4, 0}, {int64(1), 4, 1}, {int64(9), 4, 4}, {"30%", 4, 2}, {"100%", 4, 4}, {int64(1), 0, 0}} {
		set := &unstructured.Unstructured{Object: map[string]any{}}
		if test.surge != nil {
			require.NoError(t, unstructured.SetNestedField(set.Object, test.surge, "spec", "rolloutStrategy", "rollingUpdateConfiguration", "maxSurge"))
		}
		got, words := plan.SurgeOfLeaderWorkerSet(set, test.replicas)
		assert.Equal(t, test.want, got, "%v of %d", test.surge, test.replicas)
		assert.Equal(t, fmt.Sprintf("surge %d", test.want), words)
	}
}
