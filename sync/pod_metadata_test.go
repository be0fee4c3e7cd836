package sync_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/internal/yamlstream"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// serviceMetadata is what a test writes into the metadata of services.
type serviceMetadata struct{ labels, annotations map[string]string }

// renderWithMetadata renders a golden case whose services have more metadata.
func renderWithMetadata(t *testing.T, name string, more serviceMetadata, extra ...load.File) []*sync.Response {
	t.Helper()
	return renderChanged(t, name, func(service map[string]any) {
		addToMap(t, service, more.labels, "metadata", "labels")
		addToMap(t, service, more.annotations, "metadata", "annotations")
	}, extra...)
}

// renderChanged renders a golden case with other services and more files.
func renderChanged(t *testing.T, name string, change func(service map[string]any), extra ...load.File) []*sync.Response {
	t.Helper()
	files := readFolder(t, filepath.Join(goldenFolder, name, "in"))
	for i, file := range files {
		if bytes.Contains(file.Data, []byte("kind: InferenceService\n")) {
			files[i].Data = withChangedServices(t, file.Data, change)
		}
	}
	return renderFiles(t, name, append(files, extra...))
}

func withChangedServices(t *testing.T, stream []byte, change func(service map[string]any)) []byte {
	t.Helper()
	objects, err := yamlstream.Objects(stream)
	require.NoError(t, err)
	var out bytes.Buffer
	for _, object := range objects {
		if object["kind"] == "InferenceService" {
			change(object)
		}
		writeDocument(t, &out, object)
	}
	return out.Bytes()
}

func addToMap(t *testing.T, object map[string]any, more map[string]string, path ...string) {
	t.Helper()
	all, _, err := unstructured.NestedStringMap(object, path...)
	require.NoError(t, err)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, more)
	require.NoError(t, unstructured.SetNestedStringMap(object, all, path...))
}

// withConfiguredKeys is a ConfigMap that names more keys of pods.
func withConfiguredKeys(deploy string) load.File {
	return load.File{Name: "keys.yaml", Data: []byte(`{apiVersion: v1, kind: ConfigMap, metadata: {name: inferenceservice-config, namespace: ome},
		data: {deploy: '` + deploy + `'}}`)}
}

// podsOf are the texts of everything from which the pods of a response are made, by object: the
// pod templates, and whole specs of Ray clusters, because another spec is another cluster there.
func podsOf(responses []*sync.Response) map[string]string {
	pods := map[string]string{}
	for _, response := range responses {
		for _, child := range response.Children {
			key := child.GetNamespace() + "/" + ref(child)
			if child.GetKind() == "RayCluster" {
				pods[key] = jsonText(child.Object["spec"])
				continue
			}
			for _, template := range templates(child.Object) {
				pods[key] += jsonText(template)
			}
		}
	}
	return pods
}

// selectorsOf are the texts of the selectors of Deployments, Service objects and budgets.
func selectorsOf(responses []*sync.Response) map[string]string {
	selectors := map[string]string{}
	for _, response := range responses {
		for _, child := range response.Children {
			if selector, found, _ := unstructured.NestedFieldNoCopy(child.Object, "spec", "selector"); found {
				selectors[child.GetNamespace()+"/"+ref(child)] = jsonText(selector)
			}
		}
	}
	return selectors
}

// casesWithoutConfiguredKeys are the golden cases in which no pod has keys that the configuration
// names.
func casesWithoutConfiguredKeys(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(goldenCases(t), func(name string) bool { return strings.HasPrefix(name, "template-keys") })
}

// TestCosmeticEditsRestartNothing adds metadata to services of every golden case, or replaces what
// they have. Pods stay byte for byte what they are, and so does every selector.
func TestCosmeticEditsRestartNothing(t *testing.T) {
	edits := map[string]serviceMetadata{
		"any label": {labels: map[string]string{"team": "", "example.com/stage": ""}},
		"labels that pods use, of which isvc writes its own": {labels: map[string]string{
			"app": "", "component": "", "ome.io/inferenceservice": "", "serving.ome.io/inferenceservice": "", "ray.io/node-type": "",
			"leaderworkerset.sigs.k8s.io/name": "", "serving.knative.dev/service": "",
		}},
		"any annotation": {annotations: map[string]string{"contact": "", "example.com/contact": ""}},
		"Helm": {
			labels:      map[string]string{"app.kubernetes.io/managed-by": "", "app.kubernetes.io/version": "", "helm.sh/chart": ""},
			annotations: map[string]string{"meta.helm.sh/release-name": "", "helm.sh/hook-weight": ""},
		},
		"Argo CD": {
			labels:      map[string]string{"argocd.argoproj.io/instance": "", "app.kubernetes.io/instance": ""},
			annotations: map[string]string{"argocd.argoproj.io/tracking-id": "", "argocd.argoproj.io/sync-wave": ""},
		},
		"Flux": {
			labels: map[string]string{
				"kustomize.toolkit.fluxcd.io/name": "", "kustomize.toolkit.fluxcd.io/namespace": "", "helm.toolkit.fluxcd.io/name": "",
			},
			annotations: map[string]string{"kustomize.toolkit.fluxcd.io/checksum": "", "reconcile.fluxcd.io/requestedAt": ""},
		},
		"Kustomize": {annotations: map[string]string{"config.kubernetes.io/origin": "", "internal.config.kubernetes.io/path": ""}},
		"kubectl": {annotations: map[string]string{
			"kubectl.kubernetes.io/last-applied-configuration": "", "kubectl.kubernetes.io/restartedAt": "", "kubernetes.io/change-cause": "",
		}},
		"a desktop tool": {labels: map[string]string{"k8slens-edit-resource-version": ""}},
		"routes": {annotations: map[string]string{
			"nginx.ingress.kubernetes.io/proxy-body-size": "", "cert-manager.io/cluster-issuer": "", "external-dns.alpha.kubernetes.io/hostname": "",
			"service.beta.kubernetes.io/aws-load-balancer-type": "",
		}},
		"KEDA":           {annotations: map[string]string{"autoscaling.keda.sh/paused": "", "autoscaling.keda.sh/paused-replicas": ""}},
		"isvc":           {annotations: map[string]string{"isvc.io/note": "", "isvc.io/input": ""}},
		"Metacontroller": {annotations: map[string]string{"metacontroller.k8s.io/last-applied-configuration": ""}},
	}
	all := serviceMetadata{map[string]string{}, map[string]string{}}
	for _, edit := range edits {
		maps.Copy(all.labels, edit.labels)
		maps.Copy(all.annotations, edit.annotations)
	}
	for _, name := range casesWithoutConfiguredKeys(t) {
		before := renderCase(t, name)
		pods, selectors := podsOf(before), selectorsOf(before)
		restartsNothing := func(edit serviceMetadata) bool {
			after := renderWithMetadata(t, name, withValue(edit, "true"))
			return assert.ObjectsAreEqual(pods, podsOf(after)) && assert.ObjectsAreEqual(selectors, selectorsOf(after))
		}
		if restartsNothing(all) {
			continue
		}
		for sentence, edit := range edits {
			assert.True(t, restartsNothing(edit), "%s in %s", sentence, name)
		}
		assert.Fail(t, "all edits together reach pods", name)
	}
}

// withValue gives every key a value.
func withValue(keys serviceMetadata, value string) serviceMetadata {
	give := func(keys map[string]string) map[string]string {
		out := map[string]string{}
		for key := range keys {
			out[key] = value
		}
		return out
	}
	return serviceMetadata{give(keys.labels), give(keys.annotations)}
}

// podsByMode are golden cases and a workload in each: every mode and every component.
var podsByMode = []struct {
	mode      v1beta1.DeploymentMode
	component v1beta1.ComponentType
	name, ref string
}{
	{v1beta1.RawDeployment, v1beta1.EngineComponent, "model-none", "Deployment/embedder-engine"},
	{v1beta1.RawDeployment, v1beta1.DecoderComponent, "pd-raw-raw", "Deployment/chat-decoder"},
	{v1beta1.RawDeployment, v1beta1.RouterComponent, "router-service-account", "Deployment/chat-router"},
	{v1beta1.MultiNode, v1beta1.EngineComponent, "multinode-leader-worker", "LeaderWorkerSet/lws-chat-engine"},
	{v1beta1.MultiNode, v1beta1.DecoderComponent, "pd-raw-multinode", "LeaderWorkerSet/lws-chat-decoder"},
	{v1beta1.MultiNodeRayVLLM, v1beta1.EngineComponent, "ray", "RayCluster/chat-engine-0"},
	{v1beta1.Serverless, v1beta1.EngineComponent, "serverless-tags", "KnativeService/chat-engine"},
}

// TestObjectsHaveAllMetadataOfTheirService: what pods do not have is still on objects.
func TestObjectsHaveAllMetadataOfTheirService(t *testing.T) {
	more := serviceMetadata{
		labels:      map[string]string{"team": "a", "helm.sh/chart": "chat-1.2.3", "argocd.argoproj.io/instance": "chat"},
		annotations: map[string]string{"example.com/contact": "a", "autoscaling.keda.sh/paused": "true", "argocd.argoproj.io/tracking-id": "a", "isvc.io/on-upgrade": "Roll"},
	}
	for _, test := range podsByMode {
		t.Run(string(test.mode)+" "+string(test.component), func(t *testing.T) {
			workload := only(t, renderWithMetadata(t, test.name, more)).raw(test.ref)
			require.NotNil(t, workload)
			for key, value := range more.labels {
				assert.Equal(t, value, workload.GetLabels()[key], key)
			}
			annotations := workload.GetAnnotations()
			if test.mode != v1beta1.Serverless { // Knative takes annotations on revisions alone
				assert.Equal(t, "a", annotations["example.com/contact"])
				assert.Equal(t, "true", annotations["autoscaling.keda.sh/paused"])
			}
			assert.NotContains(t, annotations, "argocd.argoproj.io/tracking-id", "bookkeeping of a tool")
			assert.NotContains(t, annotations, "isvc.io/on-upgrade", "it is about the service")
		})
	}
}

// TestKeysThatAreReadOnPodsReachThem: every row of the table, in the mode that it is for and in no
// other.
func TestKeysThatAreReadOnPodsReachThem(t *testing.T) {
	for _, test := range podsByMode {
		t.Run(string(test.mode)+" "+string(test.component), func(t *testing.T) {
			more := serviceMetadata{map[string]string{}, map[string]string{}}
			wanted := serviceMetadata{map[string]string{}, map[string]string{}}
			for _, row := range modes.PodKeys() {
				key := sampleOf(row)
				for in, maps := range map[modes.MetadataField][2]map[string]string{
					modes.OnlyLabels: {more.labels, wanted.labels}, modes.OnlyAnnotations: {more.annotations, wanted.annotations},
				} {
					if row.In != in && row.In != modes.LabelsAndAnnotations {
						continue
					}
					maps[0][key] = ""
					if row.OnlyIn == "" || row.OnlyIn == test.mode {
						maps[1][key] = ""
					}
				}
			}
			for _, template := range templates(only(t, renderWithMetadata(t, test.name, more)).raw(test.ref).Object) {
				metadata, _ := template["metadata"].(map[string]any)
				assertKeys(t, metadata["labels"], more.labels, wanted.labels)
				assertKeys(t, metadata["annotations"], more.annotations, wanted.annotations)
			}
		})
	}
}

// sampleOf is a key of which a row speaks.
func sampleOf(row modes.PodKey) string {
	if strings.HasSuffix(row.Key, "/") || strings.HasSuffix(row.Key, ".") {
		return row.Key + "x"
	}
	return row.Key
}

// assertKeys asserts which keys of those that were given a template has.
func assertKeys(t *testing.T, template any, given, wanted map[string]string) {
	t.Helper()
	has, _ := template.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		_, want := wanted[key]
		_, got := has[key]
		assert.Equal(t, want, got, key)
	}
}

// settings are valid values of the annotations of a service that change no pod.
var settings = map[string][2]string{
	v1beta1.AnnotationDeploymentMode:                 {"RawDeployment", "Serverless"},
	v1beta1.AnnotationAutoscalerClass:                {"hpa", "external"},
	v1beta1.AnnotationMetrics:                        {"cpu", "memory"},
	v1beta1.AnnotationTargetUtilization:              {"50", "60"},
	v1beta1.AnnotationEnableTagRouting:               {"true", "false"},
	v1beta1.AnnotationServiceType:                    {"NodePort", "LoadBalancer"},
	v1beta1.AnnotationLoadBalancerIP:                 {"192.0.2.1", "192.0.2.2"},
	v1beta1.AnnotationDeprecationWarning:             {"a", "b"},
	v1beta1.AnnotationEntrypointComponent:            {"engine", "router"},
	v1beta1.AnnotationIngressDomain:                  {"a.example.com", "b.example.com"},
	v1beta1.AnnotationIngressDomainTemplate:          {"a.{{ .IngressDomain }}", "b.{{ .IngressDomain }}"},
	v1beta1.AnnotationIngressURLScheme:               {"http", "https"},
	v1beta1.AnnotationIngressPathTemplate:            {"/a", "/b"},
	v1beta1.AnnotationIngressAdditionalDomains:       {"c.example.com", "d.example.com"},
	v1beta1.AnnotationIngressGateway:                 {"a/g", "b/g"},
	v1beta1.AnnotationIngressAdditionalGateways:      {"a/g", "b/g"},
	v1beta1.AnnotationIngressPerISVCSubdomain:        {"true", "false"},
	v1beta1.AnnotationIngressSharedHostPrefix:        {"a", "b"},
	v1beta1.AnnotationIngressConsistentHashHeaders:   {"a", "b"},
	v1beta1.AnnotationIngressDisableIstioVirtualHost: {"true", "false"},
	v1beta1.AnnotationIngressDisableCreation:         {"true", "false"},
	v1beta1.AnnotationKedaThreshold:                  {"5", "6"},
	v1beta1.AnnotationKedaOperator:                   {"LessThan", "GreaterThan"},
	v1beta1.AnnotationKedaServerAddress:              {"http://a.example.com", "http://b.example.com"},
	v1beta1.AnnotationKedaQuery:                      {"a", "b"},
	v1beta1.AnnotationKnativeMinScale:                {"1", "2"},
	v1beta1.AnnotationKnativeMaxScale:                {"3", "4"},
	v1beta1.AnnotationKnativeRolloutDuration:         {"10s", "20s"},
	v1beta1.AnnotationKnativePassthrough:             {"true", "false"},
	v1beta1.AnnotationRayUnavailableSince:            {"a", "b"},
	v1beta1.AnnotationRayOverwriteCommand:            {"true", "false"},
	v1beta1.AnnotationDeploymentRevision:             {"1", "2"},
	v1beta1.AnnotationLastApplied:                    {"{}", "{}"},
	v1beta1.AnnotationStorageInitializerSourceURI:    {"a", "b"},
	v1beta1.AnnotationModelCategory:                  {"SMALL", "LARGE"},
	v1beta1.AnnotationPrefixServiceBeta + "x":        {"a", "b"},
	v1beta1.AnnotationPrefixGoogleCloud + "x":        {"a", "b"},
	v1beta1.AnnotationPrefixService + "x":            {"a", "b"},
	v1beta1.AnnotationPrefixKubectl + "x":            {"a", "b"},
	v1beta1.AnnotationPrefixArgoCD + "x":             {"a", "b"},
	v1beta1.AnnotationPrefixHelm + "x":               {"a", "b"},
	v1beta1.AnnotationPrefixFluxKustomize + "x":      {"a", "b"},
	v1beta1.AnnotationPrefixFluxHelm + "x":           {"a", "b"},
	v1beta1.AnnotationPrefixMetacontroller + "x":     {"a", "b"},
	v1beta1.AnnotationPrefixIsvc + "x":               {"a", "b"},
	v1beta1.AnnotationRuntimeSync:                    {"a", "b"},
	v1beta1.AnnotationInheritFrom:                    {"a", "b"},
	v1beta1.AnnotationRuntimeProfile:                 {"true", "b"},
	v1beta1.AnnotationEngine:                         {"a", "b"},
	v1beta1.AnnotationOnUpgrade:                      {"Hold", "Roll"},
	v1beta1.AnnotationOnCatalogueChange:              {"Hold", "Roll"},
	v1beta1.AnnotationRelease:                        {"a", "b"},
	v1beta1.AnnotationInput:                          {"a", "b"},
	v1beta1.AnnotationFormerTemplate:                 {"a", "b"},
	v1beta1.AnnotationScheduling:                     {"a", "b"},
	v1beta1.AnnotationPrefixLintIgnore + "x":         {"a", "b"},
	v1beta1.AnnotationResetInstances:                 {"a", "b"},
	v1beta1.AnnotationPrefixOME + "x":                {"a", "b"},
	v1beta1.AnnotationPrefixKeda + "x":               {"a", "b"},

	v1beta1.AnnotationPrefixCircuitBreaker:             {"a", "b"},
	v1beta1.AnnotationPrefixRetry:                      {"a", "b"},
	v1beta1.AnnotationPrefixTrafficTimeout:             {"a", "b"},
	v1beta1.AnnotationPrefixBackendTrafficPolicy + "x": {"a", "b"},
	v1beta1.AnnotationPrefixDestinationRule + "x":      {"a", "b"},
}

// TestEverySettingIsKnownToReachPodsOrNot: an annotation of keys.go is one of the settings above,
// or is said to reach pods.
func TestEverySettingIsKnownToReachPodsOrNot(t *testing.T) {
	_, blocks := keyBlocks(t)
	for _, block := range blocks {
		for _, k := range block {
			if !strings.HasPrefix(k.constant, "Annotation") {
				continue
			}
			name := k.name
			if strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".") {
				name += "x"
			}
			_, isSetting := settings[name]
			reachesPods := modes.AnnotationReachesPods(name, "") ||
				name == v1beta1.AnnotationAcceleratorClass || // it restricts runtimes
				name == v1beta1.AnnotationPairRevision // it gives pods a label
			assert.NotEqual(t, isSetting, reachesPods, name)
		}
	}
}

// TestSettingsRestartNothing: another value of every setting leaves the pods as they are.
func TestSettingsRestartNothing(t *testing.T) {
	for _, test := range podsByMode {
		t.Run(string(test.mode)+" "+string(test.component), func(t *testing.T) {
			before := only(t, renderCase(t, test.name))
			for _, i := range []int{0, 1} {
				more := serviceMetadata{annotations: map[string]string{}}
				for key, values := range settings {
					more.annotations[key] = values[i]
				}
				responses := renderWithMetadata(t, test.name, more)
				after := only(t, responses)
				require.Nil(t, after.Hold, "%v", after.Hold)
				require.Empty(t, after.Partial)
				assert.Equal(t, podsOf([]*sync.Response{before.Response}), podsOf(responses))
				assert.NotEqual(t, before.raw(test.ref).GetAnnotations(), after.raw(test.ref).GetAnnotations())
			}
		})
	}
}

// TestSettingsOfAComponentRestartNothing: settings of isvc and KEDA are no more for pods where they
// stand on a component. The mode is left out, because another one has other pods.
func TestSettingsOfAComponentRestartNothing(t *testing.T) {
	for _, test := range podsByMode {
		t.Run(string(test.mode)+" "+string(test.component), func(t *testing.T) {
			before := only(t, renderCase(t, test.name))
			more := map[string]string{v1beta1.AnnotationPrefixIsvc + "x": "a"}
			for key, values := range settings {
				isOurs := strings.HasPrefix(key, v1beta1.AnnotationPrefixOME) || strings.HasPrefix(key, v1beta1.AnnotationPrefixKeda)
				if isOurs && key != v1beta1.AnnotationDeploymentMode {
					more[key] = values[0]
				}
			}
			responses := renderChanged(t, test.name, func(service map[string]any) {
				addToMap(t, service, more, "spec", string(test.component), "annotations")
			})
			require.Nil(t, only(t, responses).Hold)
			assert.Equal(t, podsOf([]*sync.Response{before.Response}), podsOf(responses))
		})
	}
}

// TestConfiguredKeysReachPods: in every mode, and also with a star, which stands for every label
// and every annotation that objects have.
func TestConfiguredKeysReachPods(t *testing.T) {
	more := serviceMetadata{
		labels:      map[string]string{"team": "a", "a.example.com/b": "c", "helm.sh/chart": "chat-1.2.3"},
		annotations: map[string]string{"contact": "a", "a.example.com/b": "c", "autoscaling.keda.sh/x": "y", "kubectl.kubernetes.io/x": "y", "isvc.io/x": "y"},
	}
	for sentence, patterns := range map[string]struct {
		text                string
		labels, annotations []string
	}{
		"nothing":       {`[]`, nil, nil},
		"a key":         {`["team", "contact"]`, []string{"team"}, []string{"contact"}},
		"a domain":      {`["*.example.com/*"]`, []string{"a.example.com/b"}, []string{"a.example.com/b"}},
		"a star":        {`["*"]`, []string{"team", "a.example.com/b", "helm.sh/chart"}, []string{"contact", "a.example.com/b", "autoscaling.keda.sh/x"}},
		"the whole key": {`["isvc.io/x", "kubectl.kubernetes.io/x"]`, nil, nil},
	} {
		configured := withConfiguredKeys(`{"defaultDeploymentMode": "RawDeployment", "templateLabels": ` + patterns.text + `, "templateAnnotations": ` + patterns.text + `}`)
		for _, test := range podsByMode {
			t.Run(sentence+" "+string(test.mode)+" "+string(test.component), func(t *testing.T) {
				v := only(t, renderWithMetadata(t, test.name, more, configured))
				for _, template := range templates(v.raw(test.ref).Object) {
					metadata, _ := template["metadata"].(map[string]any)
					assertKeys(t, metadata["labels"], more.labels, setOf(patterns.labels))
					assertKeys(t, metadata["annotations"], more.annotations, setOf(patterns.annotations))
				}
			})
		}
	}
}

func setOf(keys []string) map[string]string {
	set := map[string]string{}
	for _, key := range keys {
		set[key] = ""
	}
	return set
}

// TestKeysThatPodsReadThemselvesReachThem: in every mode, where a pod of the component has a label or an
// annotation in a variable, or is found by a label.
func TestKeysThatPodsReadThemselvesReachThem(t *testing.T) {
	more := serviceMetadata{
		labels:      map[string]string{"team": "a", "tier": "b", "zone": "c", "other": "d"},
		annotations: map[string]string{"contact": "a", "other": "d"},
	}
	for _, test := range podsByMode {
		t.Run(string(test.mode)+" "+string(test.component), func(t *testing.T) {
			v := only(t, renderChanged(t, test.name, func(service map[string]any) {
				addToMap(t, service, more.labels, "metadata", "labels")
				addToMap(t, service, more.annotations, "metadata", "annotations")
				pod := at(service, "spec", string(test.component))
				if test.mode == v1beta1.MultiNode {
					pod = at(pod, "leader")
				}
				pod["initContainers"] = []any{map[string]any{"name": "reader", "image": "reader", "env": []any{
					map[string]any{"name": "TEAM", "valueFrom": map[string]any{"fieldRef": map[string]any{"fieldPath": "metadata.labels['team']"}}},
					map[string]any{"name": "CONTACT", "valueFrom": map[string]any{"fieldRef": map[string]any{"fieldPath": "metadata.annotations['contact']"}}},
				}}}
				pod["affinity"] = map[string]any{"podAntiAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": []any{
					map[string]any{"topologyKey": "kubernetes.io/hostname", "labelSelector": map[string]any{"matchLabels": map[string]any{"tier": "b"}}},
				}}}
				pod["topologySpreadConstraints"] = []any{map[string]any{"maxSkew": int64(1), "topologyKey": "topology.kubernetes.io/zone",
					"whenUnsatisfiable": "ScheduleAnyway", "labelSelector": map[string]any{"matchLabels": map[string]any{"zone": "c"}}}}
			}))
			for _, template := range templates(v.raw(test.ref).Object) {
				metadata, _ := template["metadata"].(map[string]any)
				assertKeys(t, metadata["labels"], more.labels, setOf([]string{"team", "tier", "zone"}))
				assertKeys(t, metadata["annotations"], more.annotations, setOf([]string{"contact"}))
			}
		})
	}
}

// TestACosmeticEditReleasesNothing: what an upgrade of isvc would change stays held.
func TestACosmeticEditReleasesNothing(t *testing.T) {
	for sentence, edit := range map[string]func(c *cluster){
		"a label":           func(c *cluster) { c.label("team", "b") },
		"a label of Helm":   func(c *cluster) { c.label("helm.sh/chart", "chat-1.2.4") },
		"an annotation":     func(c *cluster) { c.annotate("example.com/contact", "b") },
		"a setting of KEDA": func(c *cluster) { c.annotate("autoscaling.keda.sh/paused", "true") },
		"a setting of ours": func(c *cluster) { c.annotate("ome.io/service-type", "NodePort") },
		"a tool's tracking": func(c *cluster) { c.annotate("argocd.argoproj.io/tracking-id", "b") },
	} {
		t.Run(sentence, func(t *testing.T) {
			eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
				edit(u.cluster)
				u.assertHeld(t, sync.ReasonUpgradeHeld)
			})
		})
	}
}

// label sets a label of the service.
func (c *cluster) label(key, value string) { at(meta(c.parent), "labels")[key] = value }

// TestAnEditOfWhatPodsHaveIsTheUsers: it takes what is held, as every change of the user does.
func TestAnEditOfWhatPodsHaveIsTheUsers(t *testing.T) {
	const configured = `{"defaultDeploymentMode":"RawDeployment","templateLabels":["team"],"templateAnnotations":["contact"]}`
	for sentence, edit := range map[string]func(c *cluster){
		"a label that Kueue reads":            func(c *cluster) { c.label("kueue.x-k8s.io/queue-name", "a") },
		"an annotation that Prometheus reads": func(c *cluster) { c.annotate("prometheus.io/scrape", "true") },
		"an annotation that becomes a label":  func(c *cluster) { c.annotate("ome.io/volcano-queue", "a") },
		"a label that is configured":          func(c *cluster) { c.label("team", "b") },
		"an annotation that is configured":    func(c *cluster) { c.annotate("contact", "b") },
		"a label that is configured, anew":    func(c *cluster) { delete(at(meta(c.parent), "labels"), "team") },
		"a label that the pods read":          func(c *cluster) { c.label("tier", "b") },
	} {
		t.Run(sentence, func(t *testing.T) {
			eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
				u.config = map[string]string{"deploy": configured}
				u.label("team", "a")
				u.label("tier", "a")
				readsTier(u.cluster)
				u.madeBefore(t, setImage(oldImage))
				u.assertHeld(t, sync.ReasonUpgradeHeld)
				edit(u.cluster)
				u.assertRolled(t)
			})
		})
	}
}

// readsTier gives the engine's runner a variable with its label "tier".
func readsTier(c *cluster) {
	for _, o := range c.related {
		if strings.HasSuffix(o["kind"].(string), "ServingRuntime") {
			at(o, "spec", "engineConfig")["initContainers"] = []any{map[string]any{"name": "reader", "image": oldImage, "env": []any{
				map[string]any{"name": "TIER", "valueFrom": map[string]any{"fieldRef": map[string]any{"fieldPath": "metadata.labels['tier']"}}},
			}}}
		}
	}
}

// TestOtherConfiguredKeysAreAChangeOfTheConfiguration, whatever metadata services have.
func TestOtherConfiguredKeysAreAChangeOfTheConfiguration(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		u.label("team", "a")
		u.config = map[string]string{"rollout": `{"onCatalogueChange":"Hold"}`}
		u.madeBefore(t, setImage(oldImage))
		u.config["deploy"] = `{"defaultDeploymentMode":"RawDeployment","templateLabels":["team"]}`
		u.assertHeld(t, sync.ReasonCatalogueHeld)
		u.annotate("isvc.io/release", "x")
		u.assertRolled(t)
	})
}

// TestARuntimeThatBeginsToReadALabelIsAChangeOfTheCatalogue, whatever value the service gives it.
func TestARuntimeThatBeginsToReadALabelIsAChangeOfTheCatalogue(t *testing.T) {
	eachModeAndStrategy(t, func(t *testing.T, u *upgraded) {
		u.label("tier", "a")
		u.config = map[string]string{"rollout": `{"onCatalogueChange":"Hold"}`}
		u.madeBefore(t, setImage(oldImage))
		readsTier(u.cluster)
		u.assertHeld(t, sync.ReasonCatalogueHeld)
		u.annotate("isvc.io/release", "x")
		response := u.sync(t)
		assert.Empty(t, response.Held)
	})
}

// podKeysOfScheme is a digest of the table PodKeys as the digests on workloads know it.
const podKeysOfScheme = "7d3052c368c77cf5"

// TestAnotherTableOfPodKeysIsAnotherScheme: the digest of a service's part is taken over the keys of the
// table. With another table it differs although no user changed anything, and pods would restart at an
// upgrade. So a table that differs from that of a released version needs another inputScheme.
func TestAnotherTableOfPodKeysIsAnotherScheme(t *testing.T) {
	var rows []string
	for _, row := range modes.PodKeys() {
		rows = append(rows, row.Key+" "+string(row.In))
	}
	slices.Sort(rows)
	sum := sha256.Sum256([]byte(strings.Join(rows, "\n")))
	assert.Equal(t, podKeysOfScheme, hex.EncodeToString(sum[:8]),
		"if a version with the former table was released, raise inputScheme in sync/input.go; then write the new digest here")
}

// TestAStarIsWhatOMEDoes: with a star for labels and annotations, the pods of OME's cases have all
// metadata that OME gives them.
func TestAStarIsWhatOMEDoes(t *testing.T) {
	rows := loadDifferences(t, childDifferences)
	withStars := func(request *sync.Request) {
		conf := *config.Default()
		if request.Config != nil {
			conf = *request.Config
		}
		conf.Deploy.TemplateLabels, conf.Deploy.TemplateAnnotations = config.KeyPatterns{"*"}, config.KeyPatterns{"*"}
		request.Config = &conf
	}
	for _, c := range omecases.All(t) {
		if c.Data(omecases.Children) == nil || !triesAllCombinations() && !isSampled(c.Name, 4) {
			continue
		}
		for _, place := range compare(omeChildren(t, c), ourChildren(t, c, withStars)) {
			assert.NotContains(t, []string{"", "cosmetic-metadata"}, explained(rows, c.Name, place), "%s: %s", c.Name, place)
		}
	}
}
