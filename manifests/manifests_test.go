package manifests

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/hook"
)

// decode reads a file of this folder strictly.
func decode[T any](t *testing.T, name string) T {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	var into T
	require.NoError(t, yaml.UnmarshalStrict(data, &into), name)
	return into
}

// compositeController has the fields of a CompositeController that the files may use; a field that
// is not here fails the strict decoding.
type compositeController struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ParentResource struct {
			APIVersion          string `json:"apiVersion"`
			Resource            string `json:"resource"`
			IgnoreStatusChanges *bool  `json:"ignoreStatusChanges"`
		} `json:"parentResource"`
		GenerateSelector    bool             `json:"generateSelector"`
		ResyncPeriodSeconds int              `json:"resyncPeriodSeconds"`
		ChildResources      []childResource  `json:"childResources"`
		Hooks               map[string]hooks `json:"hooks"`
	} `json:"spec"`
}

type hooks struct {
	Version string `json:"version"`
	Webhook struct {
		URL     string          `json:"url"`
		Timeout metav1.Duration `json:"timeout"`
		Mode    string          `json:"responseUnMarshallMode"`
	} `json:"webhook"`
}

type childResource struct {
	APIVersion     string `json:"apiVersion"`
	Resource       string `json:"resource"`
	UpdateStrategy struct {
		Method string `json:"method"`
	} `json:"updateStrategy"`
}

// childOf is the rule that a kind needs.
func childOf(kind kinds.Kind) childResource {
	short, apiVersion := kind.NameAndVersion()
	rule := childResource{APIVersion: apiVersion, Resource: plural(short)}
	rule.UpdateStrategy.Method = "InPlace"
	return rule
}

func childrenOf(kinds []kinds.Kind) []childResource {
	var rules []childResource
	for _, kind := range kinds {
		rules = append(rules, childOf(kind))
	}
	return rules
}

// plural is what the API calls the objects of a kind.
func plural(kind string) string {
	resource := strings.ToLower(kind)
	if strings.HasSuffix(resource, "s") {
		return resource + "es"
	}
	return resource + "s"
}

func TestEveryFileIsReadable(t *testing.T) {
	found := 0
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".yaml" || strings.HasPrefix(name, "crds/ome.io") || strings.HasPrefix(name, "chart/templates/") {
			return err
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, doc := range strings.Split(string(data), "\n---\n") {
			var into any
			assert.NoError(t, yaml.UnmarshalStrict([]byte(doc), &into), name)
			assert.NotNil(t, into, name)
		}
		found++
		return nil
	}))
	assert.Greater(t, found, 40)
}

func TestTheListOfDefinitionsIsComplete(t *testing.T) {
	listed := decode[kustomization](t, "crds/kustomization.yaml").Resources
	found, err := filepath.Glob("crds/ome.io_*.yaml")
	require.NoError(t, err)
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	assert.Equal(t, found, listed)
}

// TestTheProgramCarriesTheDefinitions compares the archive with the folder.
func TestTheProgramCarriesTheDefinitions(t *testing.T) {
	names, err := filepath.Glob("crds/*.yaml")
	require.NoError(t, err)
	files, err := definitionFiles()
	require.NoError(t, err)
	carried, err := fs.Glob(files, "crds/*.yaml")
	require.NoError(t, err)
	assert.Equal(t, names, carried)
	for _, name := range names {
		want, err := os.ReadFile(name)
		require.NoError(t, err)
		got, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(want, got), "%s is not the one in crds.zip: run go generate ./api/...", name)
	}
}

// kustomization is the part of kustomize's format that the tests read.
type kustomization struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Resources  []string         `json:"resources"`
	Patches    []map[string]any `json:"patches"`
}

func TestTheBaseManagesExactlyTheCoreKinds(t *testing.T) {
	cc := decode[compositeController](t, "base/compositecontroller.yaml")
	assert.ElementsMatch(t, childrenOf(kinds.Core()), cc.Spec.ChildResources)
}

func TestComponentsManageExactlyTheOptionalKinds(t *testing.T) {
	var all []kinds.Kind
	for _, c := range kinds.ManifestComponents() {
		var rules []childResource
		for _, op := range decode[[]struct {
			Op    string        `json:"op"`
			Path  string        `json:"path"`
			Value childResource `json:"value"`
		}](t, "components/"+c.Name+"/childresources.yaml") {
			rules = append(rules, op.Value)
		}
		assert.Equal(t, childrenOf(c.Kinds), rules, c.Name)
		all = append(all, c.Kinds...)
	}
	assert.ElementsMatch(t, kinds.Optional(), all)
}

func TestEveryFolderOfComponentsIsKnown(t *testing.T) {
	entries, err := os.ReadDir("components")
	require.NoError(t, err)
	var folders []string
	for _, entry := range entries {
		folders = append(folders, entry.Name())
	}
	known := []string{"tls", "token"}
	for _, c := range kinds.ManifestComponents() {
		known = append(known, c.Name)
	}
	assert.ElementsMatch(t, known, folders)
	for _, name := range folders {
		assert.Equal(t, "Component", decode[map[string]any](t, "components/"+name+"/kustomization.yaml")["kind"], name)
	}
}

func TestTheControllerFollowsTheRulesOfMetacontroller(t *testing.T) {
	cc := decode[compositeController](t, "base/compositecontroller.yaml")
	spec := cc.Spec
	assert.Equal(t, kinds.InferenceService, kinds.New("InferenceService", spec.ParentResource.APIVersion))
	assert.Equal(t, "inferenceservices", spec.ParentResource.Resource)
	require.NotNil(t, spec.ParentResource.IgnoreStatusChanges)
	assert.False(t, *spec.ParentResource.IgnoreStatusChanges, "the status is an input of the next traffic split")
	assert.True(t, spec.GenerateSelector)
	assert.Positive(t, spec.ResyncPeriodSeconds)
	assert.Less(t, spec.ResyncPeriodSeconds, 30*60, "a longer period than that of the cache has no effect")
	require.Len(t, spec.Hooks, 2, "sync and customize, and no finalize hook")
	for _, name := range []string{"sync", "customize"} {
		h, there := spec.Hooks[name]
		require.True(t, there, name)
		assert.Equal(t, "v2", h.Version, name)
		assert.Equal(t, "strict", h.Webhook.Mode, name)
		assert.Positive(t, h.Webhook.Timeout.Duration, name)
		assert.Less(t, h.Webhook.Timeout.Duration, time.Minute, "the server gives up after a minute")
	}
}

func TestServersAndURLsHaveTheVersionOfTheImage(t *testing.T) {
	image := container(t).Image
	_, revision, found := strings.Cut(image, ":")
	require.True(t, found, image)
	assert.Contains(t, container(t).Env, corev1.EnvVar{Name: "ISVC_REVISION", Value: revision})
	for _, name := range []string{"sync", "customize"} {
		rest := name + "?rev=" + revision
		assert.Equal(t, "http://isvc.isvc-system.svc/"+rest,
			decode[compositeController](t, "base/compositecontroller.yaml").Spec.Hooks[name].Webhook.URL)
		assert.Equal(t, "https://isvc.isvc-system.svc/"+rest,
			decode[compositeController](t, "components/tls/compositecontroller.yaml").Spec.Hooks[name].Webhook.URL)
	}
}

func deployment(t *testing.T) appsv1.Deployment {
	t.Helper()
	return decode[appsv1.Deployment](t, "base/deployment.yaml")
}

func container(t *testing.T) corev1.Container {
	t.Helper()
	containers := deployment(t).Spec.Template.Spec.Containers
	require.Len(t, containers, 1)
	return containers[0]
}

func TestThePodsHaveNoRights(t *testing.T) {
	pod := deployment(t).Spec.Template.Spec
	require.NotNil(t, pod.AutomountServiceAccountToken)
	assert.False(t, *pod.AutomountServiceAccountToken)
	account := decode[corev1.ServiceAccount](t, "base/serviceaccount.yaml")
	assert.Equal(t, account.Name, pod.ServiceAccountName)
	require.NotNil(t, account.AutomountServiceAccountToken)
	assert.False(t, *account.AutomountServiceAccountToken)
	require.NotNil(t, pod.EnableServiceLinks)
	assert.False(t, *pod.EnableServiceLinks, "ISVC_PORT would be taken for a flag")

	assert.True(t, *pod.SecurityContext.RunAsNonRoot)
	assert.NotZero(t, *pod.SecurityContext.RunAsUser)
	assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
	security := container(t).SecurityContext
	assert.True(t, *security.ReadOnlyRootFilesystem)
	assert.False(t, *security.AllowPrivilegeEscalation)
	assert.Equal(t, []corev1.Capability{"ALL"}, security.Capabilities.Drop)
	assert.Empty(t, security.Capabilities.Add)
	assert.Equal(t, "restricted", decode[corev1.Namespace](t, "base/namespace.yaml").Labels["pod-security.kubernetes.io/enforce"])
}

func TestThePodsAreReplacedWithoutAGap(t *testing.T) {
	d := deployment(t)
	assert.EqualValues(t, 2, *d.Spec.Replicas)
	assert.Zero(t, d.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue())
	assert.Len(t, d.Spec.Template.Spec.TopologySpreadConstraints, 2)
	budget := decode[policyv1.PodDisruptionBudget](t, "base/poddisruptionbudget.yaml")
	assert.Equal(t, 1, budget.Spec.MinAvailable.IntValue())

	c := container(t)
	assert.Equal(t, "/readyz", c.ReadinessProbe.HTTPGet.Path)
	assert.Equal(t, "/healthz", c.LivenessProbe.HTTPGet.Path)
	wait := time.Duration(c.Lifecycle.PreStop.Sleep.Seconds) * time.Second
	grace := time.Duration(*d.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
	assert.Positive(t, wait)
	assert.Greater(t, grace, wait+hook.DefaultDrainDelay+hook.DefaultDrainTimeout)
	assert.False(t, c.Resources.Requests.Cpu().IsZero())
	assert.False(t, c.Resources.Requests.Memory().IsZero())
	assert.False(t, c.Resources.Limits.Memory().IsZero())
}

func TestEverySelectorSelectsThePods(t *testing.T) {
	d := deployment(t)
	pod := labels.Set(d.Spec.Template.Labels)
	selectors := map[string]*metav1.LabelSelector{
		"Deployment":          d.Spec.Selector,
		"PodDisruptionBudget": decode[policyv1.PodDisruptionBudget](t, "base/poddisruptionbudget.yaml").Spec.Selector,
		"NetworkPolicy":       ptrTo(decode[networkingv1.NetworkPolicy](t, "base/networkpolicy.yaml").Spec.PodSelector),
		"Service":             {MatchLabels: decode[corev1.Service](t, "base/service.yaml").Spec.Selector},
	}
	for _, spread := range d.Spec.Template.Spec.TopologySpreadConstraints {
		selectors["spread over "+spread.TopologyKey] = spread.LabelSelector
	}
	for where, s := range selectors {
		compiled, err := metav1.LabelSelectorAsSelector(s)
		require.NoError(t, err, where)
		assert.False(t, compiled.Empty(), where)
		assert.True(t, compiled.Matches(pod), where)
	}
}

func ptrTo[T any](value T) *T { return &value }

func TestOnlyMetacontrollerReachesTheHooks(t *testing.T) {
	ports := map[string]int32{}
	for _, port := range container(t).Ports {
		ports[port.Name] = port.ContainerPort
	}
	policy := decode[networkingv1.NetworkPolicy](t, "base/networkpolicy.yaml").Spec
	assert.ElementsMatch(t, []networkingv1.PolicyType{"Ingress", "Egress"}, policy.PolicyTypes)
	assert.Empty(t, policy.Egress, "the pods call nobody")
	require.Len(t, policy.Ingress, 2)
	for _, rule := range policy.Ingress {
		require.Len(t, rule.Ports, 1, "a rule without ports opens all of them")
		switch rule.Ports[0].Port.IntVal {
		case ports["hooks"]:
			require.Len(t, rule.From, 1)
			assert.Nil(t, rule.From[0].IPBlock)
			assert.Equal(t, map[string]string{"kubernetes.io/metadata.name": "metacontroller"}, rule.From[0].NamespaceSelector.MatchLabels)
		case ports["metrics"]:
			assert.Empty(t, rule.From)
		default:
			t.Errorf("port %v is no port of the container", rule.Ports[0].Port)
		}
	}
}

func TestTheServiceLeadsToTheHooks(t *testing.T) {
	service := decode[corev1.Service](t, "base/service.yaml")
	assert.Equal(t, "isvc", service.Name)
	assert.Equal(t, DefaultNamespace, service.Namespace)
	names := map[string]bool{}
	for _, port := range container(t).Ports {
		names[port.Name] = true
	}
	for _, port := range service.Spec.Ports {
		assert.True(t, names[port.TargetPort.StrVal], "the container has no port %s", port.TargetPort.StrVal)
	}
	assert.EqualValues(t, 80, service.Spec.Ports[0].Port)
}

func TestTheConfigurationIsThatOfOME(t *testing.T) {
	shipped := decode[corev1.ConfigMap](t, "base/configmap.yaml")
	assert.Equal(t, config.MapName, shipped.Name)
	parsed := config.Parse(shipped.Data)
	assert.Empty(t, parsed.Problems)
	assert.Equal(t, shipped.Data, parsed.Sections)
	parsed.Sections = nil
	assert.Equal(t, config.Default(), parsed)
	for name, section := range shipped.Data {
		assert.NotRegexp(t, `ocid1\.|compartmentId|vaultId`, section, "section %s names an account", name)
	}
	volumes := deployment(t).Spec.Template.Spec.Volumes
	require.Len(t, volumes, 1)
	assert.Equal(t, shipped.Name, volumes[0].ConfigMap.Name)
	assert.True(t, *volumes[0].ConfigMap.Optional)
}

// aggregated is the label that Metacontroller's role collects.
const aggregated = "isvc.io/aggregate-to-metacontroller"

func role(t *testing.T, name string) rbacv1.ClusterRole {
	t.Helper()
	r := decode[rbacv1.ClusterRole](t, name)
	assert.Equal(t, "true", r.Labels[aggregated], name)
	for _, rule := range r.Rules {
		for _, list := range [][]string{rule.APIGroups, rule.Resources, rule.Verbs} {
			assert.NotContains(t, list, "*", name)
		}
		assert.NotContains(t, rule.Verbs, "escalate", name)
		assert.NotContains(t, rule.Verbs, "bind", name)
	}
	return r
}

// allows reports whether a role permits all verbs on a resource.
func allows(r rbacv1.ClusterRole, apiVersion, resource string, verbs ...string) bool {
	group := schema.FromAPIVersionAndKind(apiVersion, "").Group
	for _, verb := range verbs {
		if !slices.ContainsFunc(r.Rules, func(rule rbacv1.PolicyRule) bool {
			return slices.Contains(rule.APIGroups, group) && slices.Contains(rule.Resources, resource) && slices.Contains(rule.Verbs, verb)
		}) {
			return false
		}
	}
	return true
}

func childVerbs() []string {
	return []string{"get", "list", "watch", "create", "update", "patch", "delete"}
}

func TestRolesCoverWhatMetacontrollerDoes(t *testing.T) {
	base := role(t, "base/clusterrole.yaml")
	for _, child := range childrenOf(kinds.Core()) {
		assert.True(t, allows(base, child.APIVersion, child.Resource, childVerbs()...), child.Resource)
	}
	related := []kinds.Kind{
		kinds.Pod, kinds.BaseModel, kinds.ClusterBaseModel, kinds.FineTunedWeight,
		kinds.ServingRuntime, kinds.ClusterServingRuntime, kinds.AcceleratorClass,
	}
	for _, rule := range childrenOf(related) {
		assert.True(t, allows(base, rule.APIVersion, rule.Resource, "get", "list", "watch"), rule.Resource)
		assert.False(t, allows(base, rule.APIVersion, rule.Resource, "update"), rule.Resource)
	}
	assert.True(t, allows(base, "ome.io/v1beta1", "inferenceservices", "get", "list", "watch", "update"))
	assert.True(t, allows(base, "ome.io/v1beta1", "inferenceservices/status", "update"))
	assert.True(t, allows(base, "ome.io/v1beta1", "inferenceservices/finalizers", "update"))
	assert.False(t, allows(base, "v1", "secrets", "get"))
}

func TestRolesOfComponentsCoverTheirKindsOnly(t *testing.T) {
	for _, c := range kinds.ManifestComponents() {
		r := role(t, "components/"+c.Name+"/clusterrole.yaml")
		require.Len(t, r.Rules, 1, c.Name)
		children := childrenOf(c.Kinds)
		assert.Len(t, r.Rules[0].Resources, len(children), c.Name)
		for _, child := range children {
			assert.True(t, allows(r, child.APIVersion, child.Resource, childVerbs()...), c.Name)
		}
		kustomization := decode[kustomization](t, "components/"+c.Name+"/kustomization.yaml")
		assert.Equal(t, []string{"clusterrole.yaml"}, kustomization.Resources, c.Name)
	}
}

func TestMetacontrollersRoleCollectsOurs(t *testing.T) {
	union := decode[rbacv1.ClusterRole](t, "metacontroller-rbac/clusterrole.yaml")
	require.NotNil(t, union.AggregationRule)
	require.Len(t, union.AggregationRule.ClusterRoleSelectors, 1)
	assert.Equal(t, map[string]string{aggregated: "true"}, union.AggregationRule.ClusterRoleSelectors[0].MatchLabels)
	assert.Empty(t, union.Rules)
	self := role(t, "metacontroller-rbac/self.yaml")
	assert.True(t, allows(self, "metacontroller.k8s.io/v1alpha1", "compositecontrollers", "get", "list", "watch"))
	assert.True(t, allows(self, "apiextensions.k8s.io/v1", "customresourcedefinitions", "get", "list", "watch"))
	assert.True(t, allows(self, "v1", "namespaces", "list", "watch"))
	assert.True(t, allows(self, "v1", "events", "create", "patch"))
}

// TestTheSettingsOfMetacontrollerAreDocumented compares the patch, the values and the page.
func TestTheSettingsOfMetacontrollerAreDocumented(t *testing.T) {
	patch := decode[appsv1.StatefulSet](t, "metacontroller/settings.yaml").Spec.Template.Spec.Containers[0].Args
	values := decode[struct {
		CommandArgs []string `json:"commandArgs"`
	}](t, "metacontroller/values.yaml").CommandArgs
	assert.Subset(t, values, patch)
	page, err := os.ReadFile("../docs/install.md")
	require.NoError(t, err)
	documented := 0
	for _, row := range regexp.MustCompile("(?m)^\\| `(--[a-z-]+)` \\| [^|]+ \\| `?([a-z0-9-]+)`? \\|").FindAllStringSubmatch(string(page), -1) {
		documented++
		assert.Contains(t, patch, row[1]+"="+row[2])
	}
	assert.Equal(t, 5, documented, "all but leader election, which needs two replicas")
}
