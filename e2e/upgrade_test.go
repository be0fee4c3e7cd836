package e2e

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/driver"
	"github.com/isvc-io/isvc/modes"
	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
)

// upgradeSizes are how many services are led through an upgrade. The rules of
// the two ways of applying are the same, so that the second fleet is smaller.
var upgradeSizes = map[driver.Strategy]int{driver.DynamicApply: 100, driver.ServerSideApply: 50}

// TestUpgradeUnderTheDriver replaces the hook server of a fleet by another
// version, with the driver in Metacontroller's place, and counts the pods that
// restart.
func TestUpgradeUnderTheDriver(t *testing.T) {
	for _, strategy := range []driver.Strategy{driver.DynamicApply, driver.ServerSideApply} {
		t.Run(string(strategy), func(t *testing.T) {
			f := newFleet(t, "upgraded-"+strings.ToLower(strings.ReplaceAll(string(strategy), "-apply", "")), "driver", upgradeSizes[strategy])
			f.drive(t, strategy)
			f.upgrade(t, strategy)
		})
	}
}

// TestUpgradeUnderMetacontroller does the same with the real program.
func TestUpgradeUnderMetacontroller(t *testing.T) {
	program := metacontroller(t)
	installMetacontroller(t)
	for _, strategy := range []driver.Strategy{driver.DynamicApply, driver.ServerSideApply} {
		t.Run(string(strategy), func(t *testing.T) {
			f := newFleet(t, "meta"+strings.ToLower(strings.ReplaceAll(string(strategy), "-apply", "")), "metacontroller", upgradeSizes[strategy])
			f.driveWithMetacontroller(t, program, strategy)
			f.upgrade(t, strategy)
		})
	}
}

// upgrade is the whole story of a fleet. Each step needs the ones before it.
func (f *fleet) upgrade(t *testing.T, strategy driver.Strategy) {
	u := &upgrade{fleet: f, strategy: strategy}
	leadThrough(t, []step{
		{"every service becomes ready", u.becomeReady},
		{"nothing is written at rest", u.rest},
		{"labels and annotations of tools restart nothing", u.editMetadata},
		{"labels and annotations for pods reach pods", u.editMetadataOfPods},
		{"another version restarts nothing", u.upgradeProgram},
		{"nothing is written at rest while templates are kept", u.rest},
		{"the former version finds nothing to change", u.returnToFormerVersion},
		{"labels of tools restart nothing while templates are kept", u.editLabelsWhileHeld},
		{"a share of the services takes the new version", u.rollShare},
		{"a released service takes the new version", u.releaseOne},
		{"an edited service takes its edit and the new version", u.editOne},
		{"a deleted workload comes back", u.deleteWorkloads},
		{"workloads that forgot what was applied restart nothing", u.forgetLastApplied},
		{"an edited runtime restarts nothing", u.editRuntimes},
		{"the number of pods follows the services", u.scale},
		{"nothing is written at rest in the end", u.rest},
		{"everything is taken", u.rollEverything},
	})
}

// upgrade is a fleet that is being led through an upgrade.
type upgrade struct {
	*fleet
	strategy driver.Strategy
}

// record keeps a number of this upgrade.
func (u *upgrade) record(name, format string, args ...any) {
	numbers.record(u.name+": "+name, format, args...)
}

// serve runs another version, or the same again, in place of the hook server,
// which is killed.
func (u *upgrade) serve(t *testing.T, program string) {
	t.Helper()
	u.server.replace(t, program)
	u.callHooks(t)
}

// killServer kills the hook server and starts it again.
func (u *upgrade) killServer(t *testing.T) {
	t.Helper()
	u.serve(t, u.server.program)
}

// configure puts another section rollout into force.
func (u *upgrade) configure(t *testing.T, rollout string) {
	t.Helper()
	u.server.configure(t, rollout)
	u.killServer(t)
}

// lostNothing passes if no service lost a pod.
func (u *upgrade) lostNothing(t *testing.T, before instances) {
	t.Helper()
	assert.Empty(t, before.lostIn(u.instances(t)), "services that lost pods")
}

// awaitRolled waits until services run nothing of what they ran before and are
// Ready, and makes sure that all others still run what they ran.
func (u *upgrade) awaitRolled(t *testing.T, before instances, services []string) {
	t.Helper()
	u.await(t, "new pods", func() error {
		now := u.instances(t)
		for _, service := range services {
			if err := before.allLostIn(now, service); err != nil {
				return err
			}
		}
		return u.every(t, isReady)
	})
	u.lookedAt(t)
	assert.Equal(t, slices.Sorted(slices.Values(services)), before.lostIn(u.instances(t)), "services that lost pods")
}

func (u *upgrade) becomeReady(t *testing.T) {
	start := time.Now()
	for _, service := range u.services {
		u.create(t, service)
	}
	u.await(t, "Ready", func() error { return u.every(t, isReady) })
	u.lookedAt(t)
	assert.Empty(t, u.holding(t), "services that hold something back although nothing changed")
	u.record("fleet", "%d services with %d pods and %d workloads of other controllers, Ready in %.0f s",
		len(u.services), len(u.pods(t)), len(u.workloadsWithoutController(t)), time.Since(start).Seconds())
}

// rest looks at every service once more and compares what is stored.
func (u *upgrade) rest(t *testing.T) {
	u.lookedAt(t)
	before := u.childVersions(t)
	u.lookedAt(t)
	written := changed(before, u.childVersions(t))
	assert.Empty(t, written, "children that were written at rest")
	u.record("children written at rest", "%d of %d", len(written), len(before))
}

// toolMetadata are labels and annotations that Helm, Argo CD, Flux and Kustomize
// put on everything, those of teams, and the controls of isvc.
func toolMetadata(version string) string {
	return fmt.Sprintf(`{"metadata":{"labels":{
		"app.kubernetes.io/managed-by":"Helm","app.kubernetes.io/instance":"chat-%[1]s","app.kubernetes.io/version":"%[1]s","helm.sh/chart":"chat-%[1]s",
		"argocd.argoproj.io/instance":"models-%[1]s",
		"kustomize.toolkit.fluxcd.io/name":"models-%[1]s","kustomize.toolkit.fluxcd.io/namespace":"flux-system",
		"helm.toolkit.fluxcd.io/name":"chat-%[1]s","helm.toolkit.fluxcd.io/namespace":"flux-system",
		"team":"search-%[1]s","cost-center":"%[1]s"},
	"annotations":{
		"meta.helm.sh/release-name":"chat-%[1]s","meta.helm.sh/release-namespace":"models",
		"argocd.argoproj.io/tracking-id":"models:ome.io/InferenceService:%[1]s","argocd.argoproj.io/sync-wave":"%[1]s",
		"kustomize.toolkit.fluxcd.io/reconcile":"enabled","kustomize.toolkit.fluxcd.io/checksum":"%[1]s",
		"config.kubernetes.io/origin":"path: %[1]s.yaml","kubectl.kubernetes.io/last-applied-configuration":"{\"version\":\"%[1]s\"}",
		"isvc.io/on-catalogue-change":"Roll","isvc.io/note-%[1]s":"a control that does not exist yet",
		"example.com/owner":"someone-%[1]s"}}}`, version)
}

// editMetadata gives every service the labels and annotations of tools, and then
// others. While nothing is held back, a template in which they were would be seen
// as an update, if not by its new pods.
func (u *upgrade) editMetadata(t *testing.T) {
	before, ready := u.instances(t), u.readySince(t)
	for _, version := range []string{"1", "2"} {
		for _, service := range u.services {
			u.patch(t, keyOf(service), toolMetadata(version))
		}
		u.await(t, "the labels on the workloads", func() error {
			for _, object := range u.children(t) {
				if isWorkload(object) && object.GetLabels()["helm.sh/chart"] != "chat-"+version {
					return fmt.Errorf("%s %s has the labels %v", object.GetKind(), keyOf(object), object.GetLabels())
				}
			}
			return nil
		})
		u.lookedAt(t)
		u.lostNothing(t, before)
		assert.Empty(t, u.holding(t), "services that hold something back")
	}
	assert.Empty(t, changed(ready, u.readySince(t)), "services that were not Ready for a moment")
	for _, service := range u.services {
		u.patch(t, keyOf(service), `{"metadata":{"annotations":{"isvc.io/on-catalogue-change":null}}}`)
	}
	u.record("instances lost to labels and annotations of tools", "%d of %d", before.countLost(u.instances(t)), before.count())
}

// editMetadataOfPods gives one service of each sort what Kueue and Istio read on
// pods.
func (u *upgrade) editMetadataOfPods(t *testing.T) {
	before := u.instances(t)
	var edited []string
	for name := range sorts {
		edited = append(edited, ofSort(u.keys(), name)[0])
	}
	for _, service := range edited {
		u.patch(t, service, `{"metadata":{"labels":{"kueue.x-k8s.io/priority-class":"high","sidecar.istio.io/inject":"false"},"annotations":{"sidecar.istio.io/inject":"false"}}}`)
	}
	u.awaitRolled(t, before, edited)
	templates := u.templates(t)
	for _, service := range edited {
		assert.NotEmpty(t, templates[service], service)
		for _, template := range templates[service] {
			labels, _, _ := unstructured.NestedStringMap(template, "metadata", "labels")
			assert.Equal(t, "high", labels["kueue.x-k8s.io/priority-class"], service)
			assert.Equal(t, "false", labels["sidecar.istio.io/inject"], service)
		}
	}
}

func (u *upgrade) keys() []string {
	var keys []string
	for _, service := range u.services {
		keys = append(keys, keyOf(service))
	}
	return keys
}

// templates are the pod templates of the services' workloads, by service.
func (u *upgrade) templates(t *testing.T) map[string][]map[string]any {
	t.Helper()
	templates := map[string][]map[string]any{}
	for _, kind := range modes.WorkloadKinds() {
		name, apiVersion := kind.NameAndVersion()
		mode, _ := modes.OfWorkload(kind)
		for _, workload := range u.list(t, apiVersion, name) {
			if !isWorkload(workload) {
				continue
			}
			for _, found := range mode.FindPodTemplates(workload.Object) {
				templates[serviceOf(workload)] = append(templates[serviceOf(workload)], found.Template)
			}
		}
	}
	return templates
}

// haveNextVersion makes sure that every container of services is as the next
// version writes it.
func (u *upgrade) haveNextVersion(t *testing.T, services []string) {
	t.Helper()
	templates := u.templates(t)
	for _, service := range services {
		assert.NotEmpty(t, templates[service], service)
		for _, template := range templates[service] {
			containers, _, _ := unstructured.NestedSlice(template, "spec", "containers")
			for _, container := range containers {
				c, _ := container.(map[string]any)
				assert.Equal(t, nextValue, c[changedField], "the %s of %s", changedField, service)
			}
		}
	}
}

// scaleByUse lets autoscalers know what pods use, which is not enough for more pods, until the end of a test.
func (u *upgrade) scaleByUse(t *testing.T) *podMetrics {
	t.Helper()
	metrics := servePodMetrics(t)
	metrics.percent.Store(60)
	u.await(t, "autoscalers that know the use of processors", func() error {
		for _, scaler := range u.list(t, "autoscaling/v2", "HorizontalPodAutoscaler") {
			if seen := conditionOf(scaler, "ScalingActive"); seen["status"] != "True" {
				return fmt.Errorf("%s: ScalingActive is %v", keyOf(scaler), seen)
			}
		}
		return nil
	})
	return metrics
}

// versionsOf are the versions of the objects of a kind. They show every write.
func (u *upgrade) versionsOf(t *testing.T, apiVersion, kind string) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, object := range u.list(t, apiVersion, kind) {
		versions[keyOf(object)] = object.GetResourceVersion()
	}
	return versions
}

// podsOfEach passes if each of some services has so many pods.
func (u *upgrade) podsOfEach(t *testing.T, services []string, pods int) error {
	t.Helper()
	for _, service := range services {
		if has := len(u.podsOf(t, service)); has != pods {
			return fmt.Errorf("%s has %d pods", service, has)
		}
	}
	return nil
}

// haveFormerVersion makes sure that no pod of services is as the next version writes it.
func (u *upgrade) haveFormerVersion(t *testing.T, services []string) {
	t.Helper()
	for _, service := range services {
		for _, pod := range u.podsOf(t, service) {
			assert.NotContains(t, fmt.Sprint(pod.Object["spec"]), nextValue, "the pod %s", keyOf(pod))
		}
	}
}

// heldMessage are words of the message of a service whose pods keep their
// template.
func heldMessage(service *unstructured.Unstructured, cause string) []string {
	return []string{
		"keep their template: " + cause + " would change spec.", ".containers[ome-container]." + changedField,
		"run isvc release " + service.GetName() + " -n " + service.GetNamespace(), v1beta1.AnnotationRelease,
	}
}

// upgradeProgram replaces the server while autoscalers report something all the time, and kills the new one when it
// has answered for some services.
func (u *upgrade) upgradeProgram(t *testing.T) {
	metrics := u.scaleByUse(t)
	scalers := u.versionsOf(t, "autoscaling/v2", "HorizontalPodAutoscaler")
	before, ready, versions := u.instances(t), u.readySince(t), u.childVersions(t)
	start := time.Now()
	u.serve(t, u.versions.next)
	u.await(t, "the first services that hold the update back", func() error {
		if len(u.holding(t)) < 5 {
			return fmt.Errorf("%d services do", len(u.holding(t)))
		}
		return nil
	})
	u.killServer(t)
	u.await(t, "services that hold the update back", func() error {
		return u.every(t, func(service *unstructured.Unstructured) error {
			return holds(service, isvc.ReasonUpgradeHeld, heldMessage(service, "another version of isvc")...)
		})
	})
	took := time.Since(start).Seconds()
	u.lookedAt(t)
	u.lostNothing(t, before)
	assert.NoError(t, u.every(t, isReady))
	assert.Empty(t, changed(ready, u.readySince(t)), "services that were not Ready for a moment")
	written := changed(versions, u.childVersions(t))
	assert.Empty(t, written, "children that were written")
	reported := changed(scalers, u.versionsOf(t, "autoscaling/v2", "HorizontalPodAutoscaler"))
	assert.Len(t, reported, len(scalers), "autoscalers that reported something meanwhile")
	u.record("instances lost to another version", "%d of %d; %d of %d services hold it back after %.1f s; %d of %d children written; %d autoscalers reported something meanwhile",
		before.countLost(u.instances(t)), before.count(), len(u.holding(t)), len(u.services), took, len(written), len(versions), len(reported))
	u.growsWhileHeld(t, metrics)
}

// growsWhileHeld lets autoscalers add pods, which have the template that is kept.
func (u *upgrade) growsWhileHeld(t *testing.T, metrics *podMetrics) {
	t.Helper()
	before, serving := u.instances(t), u.conditionSince(t, v1beta1.Serving)
	scaled := ofSort(u.keys(), "scaled")
	metrics.percent.Store(160)
	u.await(t, "three pods of every service that is scaled", func() error { return u.podsOfEach(t, scaled, 3) })
	u.lookedAt(t)
	u.lostNothing(t, before)
	u.haveFormerVersion(t, scaled)
	u.await(t, "Ready", func() error { return u.every(t, isReady) })
	assert.Empty(t, changed(serving, u.conditionSince(t, v1beta1.Serving)), "services that did not serve for a moment")
	assert.Equal(t, u.sorted(u.keys()), u.holding(t))
}

func (u *upgrade) returnToFormerVersion(t *testing.T) {
	before, ready, versions := u.instances(t), u.readySince(t), u.childVersions(t)
	u.serve(t, u.versions.present)
	u.lookedAt(t)
	assert.Empty(t, u.holding(t))
	u.serve(t, u.versions.next)
	u.lookedAt(t)
	assert.Len(t, u.holding(t), len(u.services))
	u.lostNothing(t, before)
	assert.Empty(t, changed(ready, u.readySince(t)), "services that were not Ready for a moment")
	assert.Empty(t, changed(versions, u.childVersions(t)), "children that were written")
}

func (u *upgrade) editLabelsWhileHeld(t *testing.T) {
	before := u.instances(t)
	for _, service := range u.services {
		u.patch(t, keyOf(service), toolMetadata("3"))
		u.patch(t, keyOf(service), `{"metadata":{"annotations":{"isvc.io/on-catalogue-change":null}}}`)
	}
	u.killServer(t)
	u.lookedAt(t)
	u.lostNothing(t, before)
	assert.Equal(t, u.sorted(u.keys()), u.holding(t))
}

func (u *upgrade) sorted(keys []string) []string { return slices.Sorted(slices.Values(keys)) }

// percent is the share of the services that takes the update first.
const percent = 10

// inShare tells whether a share of the services has one, as documented: by the
// first 8 bytes of the SHA-256 of its UID.
func inShare(uid types.UID, percent uint64) bool {
	sum := sha256.Sum256([]byte(uid))
	return binary.BigEndian.Uint64(sum[:8])%100 < percent
}

func (u *upgrade) rollShare(t *testing.T) {
	before, held := u.instances(t), u.holding(t)
	var share []string
	for _, service := range u.list(t, v1beta1.APIVersion, "InferenceService") {
		if inShare(service.GetUID(), percent) {
			share = append(share, keyOf(service))
		}
	}
	u.configure(t, fmt.Sprintf(`{"percent": %d}`, percent))
	u.awaitRolled(t, before, share)
	rolled := before.lostIn(u.instances(t))
	u.haveNextVersion(t, share)
	assert.Equal(t, u.without(held, share), u.holding(t))

	after := u.instances(t)
	u.configure(t, `{"percent": 0}`)
	u.lookedAt(t)
	u.lostNothing(t, after)
	assert.Equal(t, u.without(held, share), u.holding(t))
	u.record("services that rolled at percent 10", "%d of %d, the hash says %d", len(rolled), len(u.services), len(share))
}

func (u *upgrade) without(services, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(services), func(key string) bool { return slices.Contains(gone, key) })
}

// releaseOne releases a service of two components with the command, and one of
// another mode as Git would. Both components take the update.
func (u *upgrade) releaseOne(t *testing.T) {
	before, held := u.instances(t), u.holding(t)
	released := []string{ofSort(held, "routed")[0], ofSort(held, "groups")[0]}
	namespace, name, _ := strings.Cut(released[0], "/")
	t.Log(u.server.isvc(t, "release", name, "-n", namespace, "--timeout=1m"))
	u.patch(t, released[1], `{"metadata":{"annotations":{"isvc.io/release":"reviewed"}}}`)
	u.awaitRolled(t, before, released)
	u.haveNextVersion(t, released)
	assert.Equal(t, u.without(held, released), u.holding(t))

	after := u.instances(t)
	u.patch(t, released[1], `{"metadata":{"annotations":{"isvc.io/release":null}}}`)
	u.lookedAt(t)
	u.lostNothing(t, after)
}

// editOne edits the engine of a service. The server dies while it rolls.
func (u *upgrade) editOne(t *testing.T) {
	before, held := u.instances(t), u.holding(t)
	edited := []string{ofSort(held, "fixed")[0], ofSort(held, "knative")[0]}
	for _, service := range edited {
		u.patch(t, service, `{"spec":{"engine":{"runner":{"name":"ome-container","env":[{"name":"MODE","value":"fast"}]}}}}`)
	}
	u.killServer(t)
	u.awaitRolled(t, before, edited)
	u.haveNextVersion(t, edited)
	templates := u.templates(t)
	for _, service := range edited {
		for _, template := range templates[service] {
			assert.Contains(t, fmt.Sprint(template), "name:MODE value:fast")
		}
	}
	assert.Equal(t, u.without(held, edited), u.holding(t))
}

// deleteWorkloads deletes a workload of each kind that keeps its template.
func (u *upgrade) deleteWorkloads(t *testing.T) {
	before, held := u.instances(t), u.holding(t)
	var deleted []string
	for _, name := range []string{"fixed", "groups", "knative", "ray"} {
		deleted = append(deleted, first(ofSort(held, name))...)
	}
	for _, object := range u.children(t) {
		if isWorkload(object) && slices.Contains(deleted, serviceOf(object)) {
			u.delete(t, object)
		}
	}
	u.await(t, "new workloads", func() error {
		now := u.instances(t)
		for _, service := range deleted {
			if len(before.lostIn(instances{service: now[service]})) == 0 {
				return fmt.Errorf("%s still runs what was deleted", service)
			}
		}
		return u.every(t, isReady)
	})
	u.lookedAt(t)
	assert.Equal(t, u.sorted(deleted), before.lostIn(u.instances(t)), "services that lost pods")
	u.haveNextVersion(t, deleted)
	assert.Equal(t, u.without(held, deleted), u.holding(t))
}

// first is the first service of a list. The share of the services that rolled
// before may have left none of a sort.
func first(services []string) []string { return services[:min(1, len(services))] }

// forgetLastApplied takes from workloads what tells what was applied last: the
// annotation, or the owners of fields.
func (u *upgrade) forgetLastApplied(t *testing.T) {
	before, held := u.instances(t), u.holding(t)
	forget := `{"metadata":{"annotations":{"` + child.LastAppliedAnnotation + `":null}}}`
	if u.strategy == driver.ServerSideApply {
		forget = `{"metadata":{"managedFields":[{}]}}`
	}
	var forgetful []string
	for _, name := range []string{"fixed", "scaled", "pair", "groups", "knative", "ray"} {
		forgetful = append(forgetful, first(ofSort(held, name))...)
	}
	for _, object := range u.children(t) {
		if isWorkload(object) && slices.Contains(forgetful, serviceOf(object)) {
			u.patchObject(t, object.GetAPIVersion(), object.GetKind(), keyOf(object), types.MergePatchType, forget)
		}
	}
	u.killServer(t)
	u.lookedAt(t)
	u.lostNothing(t, before)
	assert.Equal(t, held, u.holding(t))
	u.rest(t)

	released := ofSort(held, "fixed")[:1]
	u.patch(t, released[0], `{"metadata":{"annotations":{"isvc.io/release":"after it forgot"}}}`)
	u.awaitRolled(t, before, released)
	u.haveNextVersion(t, released)
}

// editRuntimes changes every runtime, which changes the templates of every
// service.
func (u *upgrade) editRuntimes(t *testing.T) {
	before, ready := u.instances(t), u.readySince(t)
	u.configure(t, `{"onCatalogueChange": "Hold"}`)
	for _, runtime := range u.runtimes {
		part := `"runner":{"env":[{"name":"LOG_LEVEL","value":"debug"}]}`
		if strings.HasPrefix(runtime.GetName(), "several-") {
			part = `"leader":{` + part + `}`
		}
		u.patchObject(t, runtime.GetAPIVersion(), runtime.GetKind(), "/"+runtime.GetName(), types.MergePatchType, `{"spec":{"engineConfig":{`+part+`}}}`)
	}
	u.await(t, "services that hold the change of the runtime back", func() error {
		return u.every(t, func(service *unstructured.Unstructured) error {
			if strings.HasPrefix(service.GetName(), "routed-") || strings.HasPrefix(service.GetName(), "pair-") {
				return nil // the other component may hold back the new version
			}
			return holds(service, isvc.ReasonCatalogueHeld, "a change of the catalogue or configuration would change", ".env[LOG_LEVEL]")
		})
	})
	u.killServer(t)
	u.lookedAt(t)
	u.lostNothing(t, before)
	assert.Equal(t, u.sorted(u.keys()), u.holding(t))
	assert.Empty(t, changed(ready, u.readySince(t)), "services that were not Ready for a moment")
	u.record("instances lost to edited runtimes on Hold", "%d of %d", before.countLost(u.instances(t)), before.count())
}

// scale asks for another replica of a service of every sort. What is new has the
// kept template.
func (u *upgrade) scale(t *testing.T) {
	before := u.instances(t)
	var scaled []string
	for name, replicas := range map[string]int{"fixed": 2, "scaled": 4, "groups": 2, "ray": 2} { // autoscalers have made 3 of scaled
		all := ofSort(u.keys(), name)
		service := all[len(all)-1]
		u.patch(t, service, fmt.Sprintf(`{"spec":{"engine":{"minReplicas":%d,"maxReplicas":4}}}`, replicas))
		scaled = append(scaled, service)
	}
	u.await(t, "more replicas", func() error {
		now := u.instances(t)
		for _, service := range scaled {
			if strings.Contains(service, "/groups-") {
				if err := u.groupsAre(t, service, 2); err != nil {
					return err
				}
			} else if len(now[service]) <= len(before[service]) {
				return fmt.Errorf("%s still has %v", service, now[service])
			}
		}
		return u.every(t, isReady)
	})
	u.lookedAt(t)
	u.lostNothing(t, before)
	templates := u.templates(t)
	for _, service := range scaled {
		assert.NotContains(t, fmt.Sprint(templates[service]), "debug", "the template of %s", service)
		for _, pod := range u.podsOf(t, service) {
			assert.NotContains(t, fmt.Sprint(pod.Object["spec"]), "debug", "the pod %s", keyOf(pod))
		}
	}
	assert.Equal(t, u.sorted(u.keys()), u.holding(t))
}

// groupsAre passes if the LeaderWorkerSet of a service is to have so many groups.
func (u *upgrade) groupsAre(t *testing.T, service string, groups int64) error {
	t.Helper()
	for _, set := range u.list(t, "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet") {
		if replicas, _, _ := unstructured.NestedInt64(set.Object, "spec", "replicas"); serviceOf(set) == service && replicas != groups {
			return fmt.Errorf("%s has %d replicas", keyOf(set), replicas)
		}
	}
	return nil
}

// rollEverything lets the whole fleet take what is pending.
func (u *upgrade) rollEverything(t *testing.T) {
	before := u.instances(t)
	start := time.Now()
	u.configure(t, `{"onCatalogueChange": "Hold", "percent": 100}`)
	u.await(t, "the end of all updates", func() error {
		if held := u.holding(t); len(held) > 0 {
			return fmt.Errorf("%d services hold something back, such as %s", len(held), held[0])
		}
		return u.every(t, isReady)
	})
	u.lookedAt(t)
	u.haveNextVersion(t, u.keys())
	now := u.instances(t)
	assert.Equal(t, u.sorted(u.keys()), before.lostIn(now))
	u.record("services that rolled at percent 100", "%d of %d in %.0f s", len(before.lostIn(now)), len(u.services), time.Since(start).Seconds())
}
