package sync_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// oldImage is the image in templates that another version of isvc made.
const oldImage = "made-by-another-version"

// eachModeAndStrategy runs a test on a service of each mode that another version of isvc has made, under
// strategiesOf it: all its pods have another image than this version gives them.
func eachModeAndStrategy(t *testing.T, test func(t *testing.T, u *upgraded)) {
	t.Helper()
	for i, mode := range modeNames {
		for _, s := range strategiesOf(i) {
			t.Run(string(s)+"/"+mode, func(t *testing.T) {
				u := &upgraded{cluster: switching(t, mode), strategy: s, mode: mode}
				u.madeBefore(t, setImage(oldImage))
				test(t, u)
			})
		}
	}
}

// upgraded is a cluster whose children another version of isvc has made.
type upgraded struct {
	*cluster
	strategy strategy
	mode     string
}

// madeBefore makes the children what another version of isvc would have made: templates differ by a
// change.
func (u *upgraded) madeBefore(t testing.TB, change func(template map[string]any)) {
	t.Helper()
	response := u.sync(t)
	require.Nil(t, response.Hold)
	for _, child := range response.Children {
		for _, template := range podTemplatesOf(child) {
			change(template)
		}
	}
	u.apply(t, u.strategy, response)
}

// setImage gives all containers of a template an image.
func setImage(image string) func(map[string]any) {
	return func(template map[string]any) {
		each(at(template, "spec"), "containers", func(c map[string]any) { c["image"] = image })
	}
}

// podTemplatesOf are the pod templates of a workload.
func podTemplatesOf(object *unstructured.Unstructured) []map[string]any {
	mode, known := modes.OfWorkload(kinds.New(object.GetKind(), object.GetAPIVersion()))
	if !known || strings.HasSuffix(object.GetName(), "-mnp") {
		return nil
	}
	var out []map[string]any
	for _, found := range mode.FindPodTemplates(object.Object) {
		out = append(out, found.Template)
	}
	return out
}

// images are the images in the templates of the workloads of a response.
func images(response *sync.Response) []string {
	var out []string
	for _, child := range response.Children {
		for _, template := range podTemplatesOf(child) {
			each(at(template, "spec"), "containers", func(c map[string]any) { out = append(out, c["image"].(string)) })
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// annotate sets an annotation of the service.
func (c *cluster) annotate(key, value string) { at(meta(c.parent), "annotations")[key] = value }

// assertHeld: pods stay, nothing is written, and the condition says why.
func (u *upgraded) assertHeld(t *testing.T, reason string) *sync.Response {
	t.Helper()
	response := u.sync(t)
	assert.Equal(t, []string{oldImage}, images(response))
	require.Len(t, response.Held, 1)
	assert.Equal(t, reason, response.Held[0].Reason)
	status, gotReason, message := view{t, response}.condition("UpdateAvailable")
	assert.Equal(t, "True "+reason, status+" "+gotReason)
	assert.Contains(t, message, "the pods of the engine keep their template: ")
	assert.Contains(t, message, ".image")
	assert.Contains(t, message, "isvc release chat -n default")
	return response
}

// assertRolled: the pods take what this version computes.
func (u *upgraded) assertRolled(t *testing.T) *sync.Response {
	t.Helper()
	response := u.sync(t)
	assert.NotContains(t, images(response), oldImage)
	assert.Empty(t, response.Held)
	status, _, _ := view{t, response}.condition("UpdateAvailable")
	assert.Equal(t, "absent", status)
	return response
}

func TestAnUpgradeOfIsvcRestartsNothing(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		for range 3 {
			response := u.assertHeld(t, sync.ReasonUpgradeHeld)
			assert.Empty(t, writes(t, u.strategy, u.children, response.Children), "repeating writes nothing")
			u.apply(t, u.strategy, response)
		}
	})
}

// TestWhatRunsIsToldBeforeLabels: a message lists few paths, and templates of OME have many labels that
// isvc does not write.
func TestWhatRunsIsToldBeforeLabels(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		u.madeBefore(t, func(template map[string]any) {
			setImage(oldImage)(template)
			for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
				at(template, "metadata", "labels")[name] = "x"
			}
		})
		message := u.assertHeld(t, sync.ReasonUpgradeHeld).Held[0].Message
		assert.Contains(t, message, ".metadata.labels.a")
		assert.Contains(t, message, " more of ")
	})
}

func TestAnUpgradeOfIsvcRollsWhereItIsAllowed(t *testing.T) {
	for sentence, allow := range map[string]func(c *cluster){
		"by the configuration": func(c *cluster) { c.config = map[string]string{"rollout": `{"onUpgrade":"Roll"}`} },
		"by the service":       func(c *cluster) { c.annotate("isvc.io/on-upgrade", "Roll") },
		"for all services":     func(c *cluster) { c.config = map[string]string{"rollout": `{"percent":100}`} },
		"by a release":         func(c *cluster) { c.annotate("isvc.io/release", "2026-11-29") },
	} {
		t.Run(sentence, func(t *testing.T) {
			eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
				u.config = map[string]string{"rollout": `{}`}
				u.madeBefore(t, setImage(oldImage))
				u.assertHeld(t, sync.ReasonUpgradeHeld)
				allow(u.cluster)
				u.assertRolled(t)
			})
		})
	}
}

func TestAServiceHoldsAnUpgradeWhateverTheConfigurationAllows(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		u.config = map[string]string{"rollout": `{"onUpgrade":"Roll","percent":100}`}
		u.madeBefore(t, setImage(oldImage))
		for _, text := range []string{"Hold", "hold", ""} {
			u.annotate("isvc.io/on-upgrade", text)
			response := u.assertHeld(t, sync.ReasonUpgradeHeld)
			_, _, message := view{t, response}.condition("SpecHonored")
			complaint := fmt.Sprintf("annotation isvc.io/on-upgrade: %q must be Hold or Roll", text)
			assert.Equal(t, text != "Hold", strings.Contains(message, complaint), message)
		}
	})
}

func TestAReleaseIsForWhatIsHeldThen(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		u.annotate("isvc.io/release", "first")
		response := u.assertRolled(t)
		u.apply(t, u.strategy, response)
		assert.Equal(t, "first", workloadOf(t, response).GetAnnotations()["isvc.io/release"], "the workload repeats it")
		assert.Empty(t, writes(t, u.strategy, u.children, u.sync(t).Children))

		u.madeBefore(t, setImage(oldImage))
		u.assertHeld(t, sync.ReasonUpgradeHeld)
		delete(at(meta(u.parent), "annotations"), "isvc.io/release")
		response = u.assertHeld(t, sync.ReasonUpgradeHeld)
		assert.Empty(t, writes(t, u.strategy, u.children, response.Children), "to remove the text is no release")
		u.annotate("isvc.io/release", "first")
		u.assertHeld(t, sync.ReasonUpgradeHeld)
		u.annotate("isvc.io/release", "second")
		u.assertRolled(t)
	})
}

// workloadOf is the first workload of the engine.
func workloadOf(t testing.TB, response *sync.Response) *unstructured.Unstructured {
	t.Helper()
	for _, child := range response.Children {
		if len(podTemplatesOf(child)) > 0 {
			return child
		}
	}
	require.Fail(t, "no workload")
	return nil
}

func TestAUsersChangeTakesWhatIsHeld(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		u.assertHeld(t, sync.ReasonUpgradeHeld)
		spec(u.cluster, "engine")["nodeSelector"] = map[string]any{"pool": "b"}
		u.assertRolled(t)
	})
}

func TestAChangeBesideThePodsReleasesNothing(t *testing.T) {
	for sentence, change := range map[string]func(c *cluster){
		"replicas": func(c *cluster) { spec(c, "engine")["minReplicas"] = int64(2) },
		"another component": func(c *cluster) {
			spec(c)["router"] = map[string]any{"runner": map[string]any{"name": "r", "image": "r"}}
		},
		"canary":             func(c *cluster) { spec(c, "engine")["canaryTrafficPercent"] = int64(10) },
		"a budget":           func(c *cluster) { spec(c, "engine")["minAvailable"] = int64(1) },
		"an ingress setting": func(c *cluster) { c.annotate("ome.io/ingress-domain", "example.org") },
	} {
		t.Run(sentence, func(t *testing.T) {
			eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
				if sentence == "replicas" && u.mode == "serverless" {
					t.Skip("Knative's replicas are in the template")
				}
				change(u.cluster)
				response := u.sync(t)
				assert.Contains(t, images(response), oldImage)
				require.Len(t, response.Held, 1)
			})
		})
	}
}

func TestScaleFollowsTheServiceWhileATemplateIsHeld(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		if u.mode == "serverless" {
			t.Skip("Knative's replicas are in the template")
		}
		spec(u.cluster, "engine")["minReplicas"] = int64(2)
		spec(u.cluster, "engine")["maxReplicas"] = int64(2)
		at(meta(u.parent), "annotations")["ome.io/autoscalerClass"] = "none"
		response := u.assertHeld(t, sync.ReasonUpgradeHeld)
		if u.mode == "ray" {
			count := 0
			for _, child := range response.Children {
				count += min(1, len(podTemplatesOf(child)))
				if child.GetKind() == "RayCluster" {
					head, _, _ := unstructured.NestedString(child.Object, "spec", "headGroupSpec", "headService", "metadata", "name")
					assert.Equal(t, child.GetName(), head, "each cluster has a head of its own")
				}
			}
			assert.Equal(t, 2, count, "a second cluster, of the version of the first")
			return
		}
		replicas, _, _ := unstructured.NestedInt64(workloadOf(t, response).Object, "spec", "replicas")
		assert.EqualValues(t, 2, replicas)
	})
}

// editRuntime changes what the runtime puts into the pods of engines.
func editRuntime(c *cluster) {
	for _, o := range c.related {
		if strings.HasSuffix(o["kind"].(string), "ServingRuntime") {
			at(o, "spec", "engineConfig")["nodeSelector"] = map[string]any{"pool": "edited"}
		}
	}
}

func TestAnEditedRuntimeRollsAsInOME(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		editRuntime(u.cluster)
		u.assertRolled(t)
	})
}

func TestAnEditedRuntimeIsHeldWhereThatIsAskedFor(t *testing.T) {
	for sentence, ask := range map[string]func(c *cluster){
		"by the configuration": func(c *cluster) { c.config = map[string]string{"rollout": `{"onCatalogueChange":"Hold"}`} },
		"by the service":       func(c *cluster) { c.annotate("isvc.io/on-catalogue-change", "Hold") },
	} {
		t.Run(sentence, func(t *testing.T) {
			eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
				ask(u.cluster)
				u.madeBefore(t, setImage(oldImage)) // the configuration is no change of today
				editRuntime(u.cluster)
				response := u.assertHeld(t, sync.ReasonCatalogueHeld)
				assert.Empty(t, writes(t, u.strategy, u.children, response.Children))
				_, _, message := view{t, response}.condition("UpdateAvailable")
				assert.Contains(t, message, "nodeSelector")
				u.annotate("isvc.io/release", "x")
				u.assertRolled(t)
			})
		})
	}
}

// TestAConfiguredAcceleratorIsAChangeOfTheConfiguration: a resource that becomes an accelerator gives
// the pods PARALLELISM_SIZE, and nobody changed the service.
func TestAConfiguredAcceleratorIsAChangeOfTheConfiguration(t *testing.T) {
	const hold = `{"onCatalogueChange":"Hold"}`
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		u.config = map[string]string{"rollout": hold}
		for _, o := range u.related {
			if strings.HasSuffix(o["kind"].(string), "ServingRuntime") {
				limits := at(o, "spec", "engineConfig", "runner", "resources", "limits")
				delete(at(o, "spec", "engineConfig", "runner", "resources", "requests"), "nvidia.com/gpu")
				delete(limits, "nvidia.com/gpu")
				limits["example.com/npu"] = "2"
			}
		}
		u.madeBefore(t, setImage(oldImage))
		u.config = map[string]string{
			"rollout": hold, "deploy": `{"defaultDeploymentMode": "RawDeployment", "acceleratorResources": ["example.com/*"]}`,
		}
		u.assertHeld(t, sync.ReasonCatalogueHeld)
		u.annotate("isvc.io/release", "x")
		released := u.assertRolled(t)
		assert.Contains(t, jsonText(workloadOf(t, released).Object), `"PARALLELISM_SIZE"`)
	})
}

// TestAPinnedRuntimeIsHeld: autoSync false and ome.io/runtime-sync are OME's words for it.
func TestAPinnedRuntimeIsHeld(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		name := ""
		for _, child := range u.sync(t).Children {
			name = cmp.Or(name, child.GetLabels()["serving-runtime"])
		}
		spec(u.cluster, "runtime")["name"] = name
		u.annotate("ome.io/runtime-sync", "first")
		u.madeBefore(t, setImage(oldImage))
		spec(u.cluster, "runtime")["autoSync"] = false
		spec(u.cluster, "runtime")["revision"] = "cr-x-12345678"
		u.annotate("ome.io/runtime-sync", "")
		editRuntime(u.cluster)
		response := u.assertHeld(t, sync.ReasonCatalogueHeld)
		_, _, message := view{t, response}.condition("SpecHonored")
		assert.Contains(t, message, `spec.runtime.revision "cr-x-12345678" is ignored`)
		u.annotate("ome.io/runtime-sync", "second")
		u.assertRolled(t)
	})
}

func TestADeletedWorkloadComesBack(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		for kind := range u.children {
			if _, isWorkload := modes.OfWorkload(kind); isWorkload {
				delete(u.children, kind)
			}
		}
		u.assertRolled(t)
	})
}

// withoutLastApplied removes what says what was applied last from all workloads.
func (u *upgraded) withoutLastApplied(t testing.TB) {
	t.Helper()
	for kind, byKey := range u.children {
		if _, isWorkload := modes.OfWorkload(kind); !isWorkload {
			continue
		}
		for key, object := range byKey {
			var seen map[string]any
			require.NoError(t, utiljson.Unmarshal(object.Raw, &seen))
			delete(at(seen, "metadata", "annotations"), "metacontroller.k8s.io/last-applied-configuration")
			delete(meta(seen), "managedFields")
			raw, err := json.Marshal(seen)
			require.NoError(t, err)
			byKey[key] = observed.Object{Raw: raw}
		}
	}
}

// TestWithoutLastAppliedNothingRolls: somebody removed the annotation, so that it is not known what
// was applied. The pods stay, and what the API server added to the template is no change.
func TestWithoutLastAppliedNothingRolls(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		known := u.assertHeld(t, sync.ReasonUpgradeHeld)
		u.withoutLastApplied(t)
		response := u.assertHeld(t, sync.ReasonUpgradeHeld)
		assert.Equal(t, known.Held[0].Message, response.Held[0].Message)
		u.assertNoTemplateChanges(t, response)
		u.apply(t, u.strategy, response)
		again := u.assertHeld(t, sync.ReasonUpgradeHeld)
		assert.Equal(t, known.Held[0].Message, again.Held[0].Message)
		assert.Empty(t, writes(t, u.strategy, u.children, again.Children))

		beforeEdit := u.parent
		u.parent = tree(t, jsonText(u.parent))
		spec(u.cluster, "engine")["nodeSelector"] = map[string]any{"pool": "b"}
		u.assertRolled(t)
		u.parent = beforeEdit

		u.annotate("isvc.io/release", "x")
		response = u.assertRolled(t)
		u.apply(t, u.strategy, response)
		u.withoutLastApplied(t)
		response = u.assertRolled(t)
		u.assertNoTemplateChanges(t, response)
	})
}

// assertNoTemplateChanges: no write changes what pods are made from. Without managed fields the forecast
// of a server-side apply does not know the keys of lists, and says nothing of use.
func (u *upgraded) assertNoTemplateChanges(t testing.TB, response *sync.Response) {
	t.Helper()
	if u.strategy == serverSide {
		return
	}
	for _, line := range writes(t, u.strategy, u.children, response.Children) {
		for _, part := range []string{"emplate", "headGroupSpec", "workerGroupSpecs"} {
			assert.False(t, strings.Contains(line, " spec.") && strings.Contains(line, part) && !strings.Contains(line, "last-applied"), line)
		}
	}
}

// TestWhatWasMadeBeforeTheDigestsIsHeld: objects of a version without digests say nothing about who
// caused a change.
func TestWhatWasMadeBeforeTheDigestsIsHeld(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		response := u.sync(t)
		for _, child := range response.Children {
			annotations := child.GetAnnotations()
			delete(annotations, "isvc.io/input")
			if child.SetAnnotations(annotations); len(annotations) == 0 {
				delete(meta(child.Object), "annotations")
			}
		}
		u.apply(t, u.strategy, response)
		again := u.assertHeld(t, sync.ReasonUpgradeHeld)
		for _, line := range withoutAnnotation(writes(t, u.strategy, u.children, again.Children)) {
			assert.Contains(t, line, "metadata.annotations", "the digests alone are written")
		}
		u.apply(t, u.strategy, again)
		assert.Empty(t, writes(t, u.strategy, u.children, u.assertHeld(t, sync.ReasonUpgradeHeld).Children))
		spec(u.cluster, "engine")["nodeSelector"] = map[string]any{"pool": "b"}
		u.assertRolled(t)
	})
}

// TestAHandEditIsHealed: a change that somebody made to the template of a workload is no change of
// isvc's, and goes.
func TestAHandEditIsHealed(t *testing.T) {
	for _, s := range strategies {
		for _, mode := range modeNames {
			t.Run(string(s)+"/"+mode, func(t *testing.T) {
				u := &upgraded{cluster: switching(t, mode), strategy: s, mode: mode}
				u.apply(t, s, u.sync(t))
				u.editByHand(t)
				assert.Empty(t, u.assertRolled(t).Held)
			})
		}
	}
}

// editByHand gives the containers of all workloads another image, as kubectl edit does: under
// server-side apply, the field is then no longer Metacontroller's.
func (u *upgraded) editByHand(t testing.TB) {
	t.Helper()
	for kind, byKey := range u.children {
		mode, isWorkload := modes.OfWorkload(kind)
		if !isWorkload {
			continue
		}
		for key, object := range byKey {
			var seen map[string]any
			require.NoError(t, utiljson.Unmarshal(object.Raw, &seen))
			edited := &unstructured.Unstructured{Object: seen}
			if u.strategy == serverSide {
				fields, _ := meta(seen)["managedFields"].([]any)
				meta(seen)["managedFields"] = append(fields, handOver(t, fields[0].(map[string]any)))
			}
			for _, found := range mode.FindPodTemplates(seen) {
				setImage(oldImage)(found.Template)
			}
			raw, err := json.Marshal(edited.Object)
			require.NoError(t, err)
			byKey[key] = observed.Object{Raw: raw}
		}
	}
}

// handOver moves the ownership of images from an entry of managed fields to a new one, and of whole
// lists or templates that hold them where the list is owned as a whole.
func handOver(t testing.TB, ours map[string]any) map[string]any {
	t.Helper()
	theirs, moved := moveImages(ours["fieldsV1"].(map[string]any))
	require.True(t, moved)
	return map[string]any{"manager": "kubectl-edit", "operation": "Update", "apiVersion": ours["apiVersion"],
		"fieldsType": "FieldsV1", "fieldsV1": theirs, "time": "2026-01-01T00:00:00Z"}
}

func moveImages(fields map[string]any) (taken map[string]any, moved bool) {
	taken = map[string]any{}
	for name, value := range fields {
		below, _ := value.(map[string]any)
		if name == "f:image" || (name == "f:containers" || name == "f:workerGroupSpecs") && len(below) == 0 {
			taken[name], moved = map[string]any{}, true
			delete(fields, name)
			continue
		}
		if part, ok := moveImages(below); ok {
			taken[name], moved = part, true
		}
	}
	return taken, moved
}

func TestAPercentageTakesItsShareOfTheServices(t *testing.T) {
	const services = 10_000
	taken := map[int]bool{}
	for _, percent := range []int{0, 5, 25, 50, 100} {
		now := map[int]bool{}
		for i := range services {
			uid := fmt.Sprintf("%08x-0000-4000-8000-%012d", i*2654435761%(1<<32), i)
			if sync.PercentileOf(uid) < int32(percent) {
				now[i] = true
			}
		}
		assert.InDelta(t, percent, float64(len(now))*100/services, 1)
		for i := range taken {
			assert.True(t, now[i], "a larger percentage only adds services")
		}
		taken = now
	}
}

// TestWhatIsMadeForATemplateIsKeptWithIt: the runner of the old version listened on another port.
func TestWhatIsMadeForATemplateIsKeptWithIt(t *testing.T) {
	for _, s := range strategies {
		for _, ingress := range []string{withIngress, withGateway, ""} {
			for _, mode := range []string{"raw", "multinode", "ray"} {
				t.Run(string(s)+"/"+mode, func(t *testing.T) {
					u := &upgraded{cluster: switching(t, mode), strategy: s, mode: mode}
					if ingress != "" {
						configured(ingress)(u.cluster)
					}
					u.setRuntimePort(9000)
					u.annotate("isvc.io/on-catalogue-change", "Hold")
					u.apply(t, s, u.sync(t))
					u.setRuntimePort(9100)
					response := u.sync(t)
					require.Len(t, response.Held, 1)
					assert.Empty(t, writes(t, s, u.children, response.Children))
					assert.NotContains(t, jsonText(response.Children), "9100")
					u.annotate("isvc.io/release", "x")
					for range 3 { // routes and Service objects change in steps
						u.apply(t, s, u.sync(t))
					}
					released := jsonText(u.sync(t).Children)
					assert.NotContains(t, released, "9000")
					assert.Contains(t, released, "9100")
				})
			}
		}
	}
}

// setRuntimePort gives the runner of the runtimes' engines one port.
func (c *cluster) setRuntimePort(port int64) {
	for _, o := range c.related {
		if strings.HasSuffix(o["kind"].(string), "ServingRuntime") {
			at(o, "spec", "engineConfig", "runner")["ports"] = []any{map[string]any{"containerPort": port}}
		}
	}
}

// TestWhatAKeptTemplateRefersToStays: an older version gave the pods an account with rights, and a
// ConfigMap, that this one does not make.
func TestWhatAKeptTemplateRefersToStays(t *testing.T) {
	for _, s := range strategies {
		t.Run(string(s), func(t *testing.T) {
			u := &upgraded{cluster: switching(t, "raw"), strategy: s, mode: "raw"}
			response := u.sync(t)
			for _, template := range podTemplatesOf(workloadOf(t, response)) {
				setImage(oldImage)(template)
				at(template, "spec")["serviceAccountName"] = "old-account"
				at(template, "spec")["volumes"] = []any{map[string]any{"name": "old", "configMap": map[string]any{"name": "old-config"}}}
			}
			labels := map[string]any{"component": "engine"}
			for _, object := range []map[string]any{
				{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": "old-account", "labels": labels}},
				{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "old-config", "labels": labels}},
				{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "unused", "labels": labels}},
				{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": map[string]any{"name": "old-role", "labels": labels}},
				{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": map[string]any{"name": "old-binding", "labels": labels},
					"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "old-role"},
					"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": "old-account"}}},
			} {
				meta(object)["namespace"] = "default"
				response.Children = append(response.Children, &unstructured.Unstructured{Object: tree(t, jsonText(object))})
			}
			u.apply(t, s, response)
			gone := strings.Join(writes(t, s, u.children, u.assertHeld(t, sync.ReasonUpgradeHeld).Children), "\n")
			assert.Equal(t, "delete ConfigMap.v1 default/unused", gone)
			u.annotate("isvc.io/release", "x")
			gone = strings.Join(writes(t, s, u.children, u.assertRolled(t).Children), "\n")
			for _, name := range []string{"old-account", "old-config", "old-role", "old-binding"} {
				assert.Contains(t, gone, "default/"+name)
			}
		})
	}
}

// TestAModeThatTheRuntimeAsksForIsHeld: the runtime gets workers, so that another workload would
// replace the Deployment. Nothing changes until the change is released, and the service itself may
// change its mode at any time.
func TestAModeThatTheRuntimeAsksForIsHeld(t *testing.T) {
	for _, s := range strategies {
		for _, ingress := range []string{withIngress, withGateway, ""} {
			t.Run(string(s), func(t *testing.T) {
				u := &upgraded{cluster: switching(t, "raw"), strategy: s, mode: "raw"}
				if ingress != "" {
					configured(ingress)(u.cluster)
				}
				u.annotate("isvc.io/on-catalogue-change", "Hold")
				u.apply(t, s, u.sync(t))
				u.ready(t)
				u.apply(t, s, u.sync(t))
				u.ready(t)
				for _, o := range u.related {
					if strings.HasSuffix(o["kind"].(string), "ServingRuntime") {
						at(o, "spec", "engineConfig", "worker")["size"] = int64(1)
						at(o, "spec", "engineConfig", "worker")["runner"] = at(o, "spec", "engineConfig")["runner"]
					}
				}
				response := u.sync(t)
				require.Len(t, response.Held, 1)
				assert.Equal(t, sync.ReasonCatalogueHeld, response.Held[0].Reason)
				assert.Contains(t, response.Held[0].Message, "would change Deployment chat-engine into a LeaderWorkerSet")
				assert.Empty(t, writes(t, s, u.children, response.Children))
				view{t, response}.isCondition("EngineReady", "True", "")
				u.annotate("isvc.io/release", "x")
				released := u.sync(t)
				assert.Empty(t, released.Held)
				view{t, released}.raw("LeaderWorkerSet/lws-chat-engine")

				delete(at(meta(u.parent), "annotations"), "isvc.io/release")
				spec(u.cluster, "engine", "annotations")["ome.io/deploymentMode"] = "MultiNodeRayVLLM"
				asked := u.sync(t)
				assert.Empty(t, asked.Held)
				view{t, asked}.raw("RayCluster/chat-engine-0")
			})
		}
	}
}

// TestAModeThatTheRuntimeAsksForPromotesNoCanary: the change of the service is in the canary already.
func TestAModeThatTheRuntimeAsksForPromotesNoCanary(t *testing.T) {
	for _, s := range strategies {
		u := &upgraded{cluster: switching(t, "raw"), strategy: s, mode: "raw"}
		u.annotate("isvc.io/on-catalogue-change", "Hold")
		const before = "v1"
		spec(u.cluster, "engine", "runner")["name"], spec(u.cluster, "engine", "runner")["image"] = "ome-container", before
		rest := func() {
			for range 3 {
				u.apply(t, s, u.sync(t))
				u.ready(t)
			}
		}
		rest()
		spec(u.cluster, "engine")["canaryTrafficPercent"] = int64(10)
		spec(u.cluster, "engine", "runner")["image"] = "v2"
		rest()
		require.NotNil(t, view{t, u.sync(t)}.raw("Deployment/chat-engine-canary"), s)
		for _, o := range u.related {
			if strings.HasSuffix(o["kind"].(string), "ServingRuntime") {
				at(o, "spec", "engineConfig", "worker")["size"] = int64(1)
				at(o, "spec", "engineConfig", "worker")["runner"] = at(o, "spec", "engineConfig")["runner"]
			}
		}
		for _, image := range []string{"v2", "before"} { // as it is, and when the change is undone
			spec(u.cluster, "engine", "runner")["image"] = image
			if image == "before" {
				spec(u.cluster, "engine", "runner")["image"] = before
			}
			response := u.sync(t)
			require.Len(t, response.Held, 1, "%s %s", s, image)
			assert.Equal(t, sync.ReasonCatalogueHeld, response.Held[0].Reason)
			assert.Empty(t, writes(t, s, u.children, response.Children), "%s %s", s, image)
		}
	}
}

// TestAUserMayChangeTheModeAtAnyTime in each way in which a service chooses it.
func TestAUserMayChangeTheModeAtAnyTime(t *testing.T) {
	eachSwitch(t, func(t *testing.T, from, to string) {
		u := &upgraded{cluster: switching(t, from), strategy: clientSide, mode: from}
		u.config = map[string]string{"rollout": `{"onCatalogueChange":"Hold"}`}
		u.apply(t, clientSide, u.sync(t))
		u.engine(t, to)
		response := u.sync(t)
		assert.Empty(t, response.Held)
		for _, name := range servingRefs[to] {
			view{t, response}.raw(name)
		}
	})
}

// TestAProberKeepsItsTemplateToo: another version of isvc does not restart what watches a Ray cluster,
// and another image in the configuration does, unless changes of the configuration are held.
func TestAProberKeepsItsTemplateToo(t *testing.T) {
	prober := func(response *sync.Response) string {
		text := ""
		for _, child := range response.Children {
			if strings.HasSuffix(child.GetName(), "-mnp") {
				text += jsonText(child.Object["spec"])
			}
		}
		return text
	}
	for _, s := range strategies {
		u := &upgraded{cluster: switching(t, "ray"), strategy: s, mode: "ray"}
		u.config = map[string]string{"multinodeProber": `{"image":"first"}`}
		response := u.sync(t)
		for _, child := range response.Children {
			if strings.HasSuffix(child.GetName(), "-mnp") {
				setImage(oldImage)(at(child.Object, "spec", "template"))
			}
		}
		u.apply(t, s, response)
		held := u.sync(t)
		require.Len(t, held.Held, 1)
		assert.Contains(t, prober(held), oldImage)
		assert.Empty(t, writes(t, s, u.children, held.Children))

		u.config = map[string]string{"multinodeProber": `{"image":"configured"}`}
		rolled := u.sync(t)
		assert.Empty(t, rolled.Held)
		assert.Contains(t, prober(rolled), "configured")
		u.annotate("isvc.io/on-catalogue-change", "Hold")
		held = u.sync(t)
		require.Len(t, held.Held, 1)
		assert.Equal(t, sync.ReasonCatalogueHeld, held.Held[0].Reason)
		assert.Contains(t, prober(held), oldImage)
	}
}

// TestKEDAAsksTheServerThatRuns: while pods keep their template, the queries are about the server in it,
// and thresholds are those of today.
func TestKEDAAsksTheServerThatRuns(t *testing.T) {
	serve := func(u *upgraded, command ...any) {
		for _, o := range u.related {
			if strings.HasSuffix(o["kind"].(string), "ServingRuntime") {
				runner := at(o, "spec", "engineConfig", "runner")
				runner["command"], runner["args"] = command, []any{"--port=8080"}
			}
		}
	}
	queries := func(t *testing.T, response *sync.Response) []string {
		t.Helper()
		var all []string
		for _, trigger := range (view{t, response}).triggers("scaledobject-chat-engine") {
			all = append(all, trigger.Metadata["query"]+" at "+trigger.Metadata["threshold"])
		}
		return all
	}
	for _, s := range strategies {
		t.Run(string(s), func(t *testing.T) {
			u := &upgraded{cluster: switching(t, "raw"), strategy: s, mode: "raw"}
			u.config = map[string]string{"rollout": `{"onCatalogueChange":"Hold"}`}
			spec(u.cluster, "kedaConfig")["enableKeda"] = true
			serve(u, "vllm", "serve")
			u.madeBefore(t, func(map[string]any) {})
			before := queries(t, u.sync(t))
			require.Len(t, before, 2)
			assert.Contains(t, before[0], "vllm:num_requests_waiting")

			serve(u, "sglang", "serve", "--enable-metrics")
			held := u.sync(t)
			require.Len(t, held.Held, 1)
			assert.Equal(t, before, queries(t, held))
			u.config["kedaConfig"] = `{"queueLength": 3}`
			assert.Contains(t, queries(t, u.sync(t))[0], "vllm:num_requests_waiting")
			assert.Contains(t, queries(t, u.sync(t))[0], " at 3")

			u.annotate("isvc.io/release", "x")
			released := u.sync(t)
			require.Empty(t, released.Held)
			assert.Contains(t, queries(t, released)[0], "sglang:num_queue_reqs")
		})
	}
}

// TestReferencesToFieldsOfPodsAreNoUpdate: the API server completes them, and owns them as a whole for us under
// server-side apply. What somebody asks for of them is a change all the same.
func TestReferencesToFieldsOfPodsAreNoUpdate(t *testing.T) {
	const service = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default}, spec: {engine: {minReplicas: 1, maxReplicas: 1,
		runner: {name: main, image: i, env: [
			{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}},
			{name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP, apiVersion: v1}}},
			{name: CPUS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]}}}}`
	for _, s := range strategies {
		c := newCluster(t, service)
		c.apply(t, s, c.sync(t))
		response := c.sync(t)
		assert.Empty(t, response.Held, s)
		assert.Empty(t, writes(t, s, c.children, response.Children), s)
		at(c.parent, "spec", "engine", "runner")["env"].([]any)[2] = map[string]any{
			"name": "CPUS", "valueFrom": map[string]any{"resourceFieldRef": map[string]any{"resource": "limits.cpu", "divisor": "1m"}}}
		assert.NotEmpty(t, writes(t, s, c.children, c.sync(t).Children), s)
	}
}
