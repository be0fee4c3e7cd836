package sync_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// TestAKindThatIsNotInstalledIsNamed: the condition says which kind is missing
// and where the manifests for it are.
func TestAKindThatIsNotInstalledIsNamed(t *testing.T) {
	for kind, ask := range map[kinds.Kind]func(*cluster){
		kinds.LeaderWorkerSet: multiNode,
		kinds.KnativeService: func(c *cluster) {
			serverless(c)
			spec(c, "engine")["annotations"] = object{v1beta1.AnnotationDeploymentMode: string(v1beta1.Serverless)}
		},
		kinds.RayCluster:     ray,
		kinds.ScaledObject:   func(c *cluster) { spec(c, "engine", "kedaConfig")["enableKeda"] = true },
		kinds.HTTPRoute:      configured(withGateway),
		kinds.VirtualService: func(c *cluster) { serverless(c); configured(withIngress)(c) },
		kinds.Sidecar:        func(c *cluster) { multiNode(c); at(c.parent, "metadata", "labels")["sidecar.istio.io/inject"] = "true" },
	} {
		t.Run(string(kind), func(t *testing.T) {
			c := newCluster(t, heldService, heldModel, heldRuntime, heldClass)
			ask(c)
			delete(c.kinds, kind)
			response := c.sync(t)
			require.NotEmpty(t, response.Partial)
			held := response.Partial[0]
			assert.Equal(t, modes.ReasonKindNotInstalled, held.Reason)
			short, apiVersion := kind.NameAndVersion()
			assert.Contains(t, held.Message, short+" ("+apiVersion+")")
			assert.Contains(t, held.Message, "manifests/components")
			_, _, message := view{t, response}.condition("Ready")
			assert.Contains(t, message, short)
			confined(t, c.request(t), response)
		})
	}
}

// confined asserts that every child may be returned: its kind is managed, it is
// in the namespace of the service, and no other has its identity.
func confined(t testing.TB, request *sync.Request, response *sync.Response) {
	t.Helper()
	var parent struct{ Metadata struct{ Namespace string } }
	require.NoError(t, json.Unmarshal(request.Parent, &parent))
	seen := map[string]bool{}
	for _, child := range response.Children {
		require.NotNil(t, child)
		kind := kinds.New(child.GetKind(), child.GetAPIVersion())
		assert.True(t, request.Managed.Has(kind), "%s is not managed", kind)
		assert.Equal(t, parent.Metadata.Namespace, child.GetNamespace(), ref(child))
		assert.False(t, seen[string(kind)+child.GetName()], "%s occurs twice", ref(child))
		seen[string(kind)+child.GetName()] = true
	}
}

// TestNothingUndeclaredIsReturned renders every case that there is, with all
// kinds, with those of Kubernetes alone and with Deployments alone.
func TestNothingUndeclaredIsReturned(t *testing.T) {
	inputs := map[string][]load.File{}
	for _, name := range goldenCases(t) {
		inputs[name] = readFolder(t, filepath.Join(goldenFolder, name, "in"))
	}
	for _, c := range omecases.All(t) {
		inputs[c.Name] = inputFiles(c)
	}
	core := kinds.Set{}
	for _, kind := range kinds.Core() {
		core[kind] = true
	}
	fewest := kinds.Set{kinds.Deployment: true}
	for i, name := range slices.Sorted(maps.Keys(inputs)) {
		set, _ := load.Files(inputs[name], "default")
		sets := []kinds.Set{kinds.All(), core, fewest}
		if !triesAllCombinations() {
			sets = sets[i%len(sets):][:1]
		}
		for _, kinds := range sets {
			for _, request := range set.Requests(load.Options{Kinds: kinds, Now: goldenNow}) {
				response, err := sync.Sync(request)
				require.NoError(t, err, name)
				confined(t, request, response)
			}
		}
	}
}

// TestTheLastWorkloadStays is about the answers that would end all serving.
func TestTheLastWorkloadStays(t *testing.T) {
	t.Run("Ray clusters that are asked for no more go", func(t *testing.T) {
		c := served(t, clientSide, ray)
		spec(c, "engine")["minReplicas"] = int64(0)
		response := c.sync(t)
		assert.Nil(t, response.Hold)
		view{t, response}.hasNo("RayCluster")
	})
	t.Run("fewer Ray clusters are no loss of all", func(t *testing.T) {
		c := served(t, clientSide, ray)
		spec(c, "engine")["minReplicas"] = int64(1)
		assert.Equal(t, []string{
			"delete Deployment.apps/v1 team-a/chat-engine-1-mnp", "delete RayCluster.ray.io/v1 team-a/chat-engine-1",
		}, writes(t, clientSide, c.children, c.sync(t).Children))
	})
	t.Run("there is an end to Ray clusters", func(t *testing.T) {
		c := served(t, clientSide, ray)
		spec(c, "engine")["minReplicas"] = int64(200)
		assert.Empty(t, c.sync(t).Partial)
		spec(c, "engine")["minReplicas"] = int64(201)
		response := c.sync(t)
		view{t, response}.partly("engine", sync.ReasonTooManyClusters)
		assert.Empty(t, writes(t, clientSide, c.children, response.Children))
	})
	t.Run("a Deployment scaled to zero is still there", func(t *testing.T) {
		c := served(t, clientSide)
		at(c.parent, "metadata", "annotations")["ome.io/autoscalerClass"] = "none"
		spec(c, "decoder")["minReplicas"] = int64(0)
		v := view{t, c.sync(t)}
		assert.Nil(t, v.Hold)
		assert.Equal(t, int32(0), *v.deployment("chat-decoder").Spec.Replicas)
	})
	t.Run("a service that somebody else serves has no children", func(t *testing.T) {
		c := served(t, clientSide)
		at(c.parent, "metadata", "annotations")["ome.io/deploymentMode"] = "VirtualDeployment"
		response := c.sync(t)
		assert.Nil(t, response.Hold)
		assert.Empty(t, response.Children)
	})
	t.Run("a mode that is asked for and not yet ready leaves the former one", func(t *testing.T) {
		for _, s := range strategies {
			c := served(t, s)
			spec(c, "engine", "annotations")["ome.io/deploymentMode"] = "MultiNode"
			lines := withoutAnnotation(writes(t, s, c.children, c.sync(t).Children))
			assert.Contains(t, lines, "create LeaderWorkerSet/lws-chat-engine")
			for _, line := range lines {
				assert.NotContains(t, line, "delete")
				assert.NotContains(t, line, "Deployment/chat-engine")
			}
		}
	})
	t.Run("a switch to Ray clusters of which none is wanted still leaves the former workload until they are ready", func(t *testing.T) {
		c := served(t, clientSide, func(c *cluster) { delete(spec(c), "decoder"); delete(spec(c), "router") })
		spec(c, "engine", "annotations")["ome.io/deploymentMode"] = "MultiNodeRayVLLM"
		assert.NotContains(t, writes(t, clientSide, c.children, c.sync(t).Children), "delete Deployment.apps/v1 team-a/chat-engine")
	})
}

// TestForeignObjectsAreReportedAndLeftAlone: an object of another controller
// among the observed children is neither changed nor deleted.
func TestForeignObjectsAreReportedAndLeftAlone(t *testing.T) {
	foreign := func(o map[string]any) {
		meta(o)["ownerReferences"] = []any{
			map[string]any{"kind": "InferenceService", "name": "chat", "uid": parentUID},
			map[string]any{"kind": "Rollout", "name": "web", "uid": "another", "controller": true},
		}
	}
	for sentence, test := range map[string]struct {
		change func(o map[string]any)
		make   func(c *cluster)
		safe   bool
	}{
		"a service that is computed":    {change: foreign, make: func(*cluster) {}},
		"a service that is held":        {change: foreign, make: func(c *cluster) { c.related = nil }},
		"a spec that cannot be decoded": {change: foreign, make: func(c *cluster) { spec(c, "engine")["minReplicas"] = "x" }},
		"a service that somebody else serves": {change: foreign, make: func(c *cluster) {
			at(c.parent, "metadata", "annotations")["ome.io/deploymentMode"] = "VirtualDeployment"
		}},
		"an owner that does not control it is fine": {change: func(o map[string]any) {
			meta(o)["ownerReferences"] = []any{map[string]any{"kind": "Rollout", "name": "web", "uid": "another"}}
		}, make: func(*cluster) {}, safe: true},
		"without a uid of the service nobody is foreign": {change: foreign, make: func(c *cluster) { delete(meta(c.parent), "uid") }, safe: true},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := served(t, clientSide)
			edit(t, c, kinds.Service, "chat-engine", test.change)
			test.make(c)
			response := c.sync(t)
			if test.safe {
				assert.Nil(t, response.Hold)
				return
			}
			require.NotNil(t, response.Hold)
			assert.Positive(t, response.RetryAfter, "an answer without the object would delete it")
			assert.NotContains(t, view{t, response}.refs(), "Service/chat-engine")
			if response.Hold.Reason == sync.ReasonForeignObject {
				assert.Contains(t, response.Hold.Message, "Service chat-engine has the name of an object of this service and belongs to Rollout web")
				if sentence != "a service that somebody else serves" { // which is ready whatever there is
					view{t, response}.isCondition("Ready", "False", sync.ReasonForeignObject)
				}
			}
		})
	}
}

// TestImmutableFieldsStay: an object that was made with other values keeps them,
// and its other changes arrive.
func TestImmutableFieldsStay(t *testing.T) {
	for _, s := range strategies {
		t.Run(string(s)+"/the selector of a Deployment", func(t *testing.T) {
			c := served(t, s)
			edit(t, c, kinds.Deployment, "chat-engine", func(o map[string]any) {
				at(o, "spec", "selector")["matchLabels"] = map[string]any{"app": "old", "tier": "gpu"}
				at(o, "spec", "selector")["matchExpressions"] = []any{map[string]any{"key": "fine-tuned-serving", "operator": "DoesNotExist"}}
				labels := at(o, "spec", "template", "metadata", "labels")
				labels["app"], labels["tier"] = "old", "gpu"
				delete(labels, "fine-tuned-serving")
			})
			spec(c, "engine", "runner")["image"] = "sglang:2"
			v := view{t, c.sync(t)}
			v.hasFinding(sync.ReasonImmutableFieldKept, "Deployment chat-engine", "spec.selector")
			deployment := v.deployment("chat-engine")
			assert.Equal(t, map[string]string{"app": "old", "tier": "gpu"}, deployment.Spec.Selector.MatchLabels)
			assert.Len(t, deployment.Spec.Selector.MatchExpressions, 1)
			labels := deployment.Spec.Template.Labels
			assert.True(t, labelSelects(deployment.Spec.Selector.MatchLabels, labels))
			assert.NotContains(t, labels, "fine-tuned-serving")
			assert.Equal(t, "sglang:2", v.runner("chat-engine").Image, "other changes arrive")
			assert.True(t, labelSelects(v.service("chat-engine").Spec.Selector, labels), "the Service follows")
			assert.True(t, labelSelects(v.pdb("chat-engine").Spec.Selector.MatchLabels, labels), "the budget follows")
			assert.True(t, labelSelects(v.service("chat-decoder").Spec.Selector, v.pod("chat-decoder").Labels), "the decoder is as before")
			for _, line := range writes(t, s, c.children, v.Children) {
				assert.NotContains(t, line, "update Deployment/chat-engine: spec.selector")
			}
			c.apply(t, s, v.Response)
			again := c.sync(t)
			assert.Empty(t, writes(t, s, c.children, again.Children), "and it stays so")
			assert.Empty(t, again.Held, "its labels are no update that waits")
		})
		t.Run(string(s)+"/the role of a RoleBinding", func(t *testing.T) {
			c := served(t, s)
			edit(t, c, kinds.RoleBinding, "chat-router", func(o map[string]any) { at(o, "roleRef")["name"] = "old" })
			v := view{t, c.sync(t)}
			v.hasFinding(sync.ReasonImmutableFieldKept, "RoleBinding chat-router", "roleRef")
			name, _, err := unstructured.NestedString(v.raw("RoleBinding/chat-router").Object, "roleRef", "name")
			require.NoError(t, err)
			assert.Equal(t, "old", name)
		})
	}
	t.Run("nothing is noted where nothing differs", func(t *testing.T) {
		view{t, served(t, clientSide).sync(t)}.quiet()
	})
}
