package packaging

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
)

const chart = "../chart"

// helmProgram builds the Helm that go.mod names, once, and returns its path.
var helmProgram = sync.OnceValues(func() (string, error) {
	output, err := exec.Command("go", "tool", "-n", "helm").Output()
	return strings.TrimSpace(string(output)), err
})

// runHelm runs Helm and returns what it prints.
func runHelm(t *testing.T, args ...string) (out, complaints string, err error) {
	t.Helper()
	program, err := helmProgram()
	require.NoError(t, err)
	var printed, warned bytes.Buffer
	command := exec.Command(program, args...)
	command.Stdout, command.Stderr = &printed, &warned
	command.Env = append(os.Environ(), "HOME="+t.TempDir(), "KUBECONFIG=/dev/null")
	err = command.Run()
	return printed.String(), warned.String(), err
}

// render is what the chart makes of flags of helm template.
func render(t *testing.T, flags ...string) string {
	t.Helper()
	out, complaints, err := runHelm(t, append([]string{"template", "isvc", chart, "--namespace", "isvc-system"}, flags...)...)
	require.NoError(t, err, complaints)
	return out
}

// objectsOf are the objects of a stream by kind and name, without the annotation that tells Helm to keep
// the definitions.
func objectsOf(t *testing.T, stream string) map[string]map[string]any {
	t.Helper()
	objects := map[string]map[string]any{}
	for _, document := range strings.Split("\n"+stream, "\n---\n") {
		var object map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(document), &object))
		if len(object) == 0 {
			continue
		}
		metadata := object["metadata"].(map[string]any)
		if annotations, are := metadata["annotations"].(map[string]any); are {
			delete(annotations, "helm.sh/resource-policy")
		}
		name := fmt.Sprint(object["kind"], " ", metadata["name"])
		require.NotContains(t, objects, name, "there are two")
		objects[name] = object
	}
	return objects
}

// apiVersions are the flags that tell Helm which optional kinds the cluster has.
func apiVersions(components ...string) (flags []string) {
	for _, c := range kinds.ManifestComponents() {
		if slices.Contains(components, c.Name) {
			for _, kind := range c.Kinds {
				name, version := kind.NameAndVersion()
				flags = append(flags, "--api-versions", version+"/"+name, "--api-versions", version)
			}
		}
	}
	return flags
}

// TestTheChartRendersWhatKustomizeBuilds compares the objects of the chart with those of the kustomize form.
func TestTheChartRendersWhatKustomizeBuilds(t *testing.T) {
	authority, err := os.ReadFile("../overlays/tls/authority.yaml")
	require.NoError(t, err)
	var placeholder struct {
		Spec struct {
			EndpointConfigs []struct {
				CABundle struct {
					Inline string `json:"inline"`
				} `json:"caBundle"`
			} `json:"endpointConfigs"`
		} `json:"spec"`
	}
	require.NoError(t, yaml.Unmarshal(authority, &placeholder))
	bundle := filepath.Join(t.TempDir(), "ca.crt")
	require.NoError(t, os.WriteFile(bundle, []byte(placeholder.Spec.EndpointConfigs[0].CABundle.Inline), 0o600))
	tls := []string{"--set", "tls.enabled=true", "--set-file", "tls.caBundle=" + bundle}

	for sentence, test := range map[string]struct {
		flags  []string
		folder string
	}{
		"without optional kinds": {folder: overlay(t, nil, "")},
		"with the kinds of two projects": {
			flags: apiVersions("istio", "lws"), folder: overlay(t, []string{"istio", "lws"}, ""),
		},
		"with all optional kinds": {flags: apiVersions(all()...), folder: "../overlays/all"},
		"with HTTPS":              {flags: tls, folder: "../overlays/tls"},
		"with a token":            {flags: append(tls, "--set", "token.enabled=true"), folder: "../overlays/token"},
		"in another namespace, with another image and revision": {
			flags:  []string{"--namespace", "models", "--set", "image.repository=registry.example:5000/team/isvc,image.tag=v9.9.9,revision=spring,kinds.keda=true"},
			folder: overlay(t, []string{"keda"}, elsewhere),
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := objectsOf(t, render(t, append([]string{"--set", "namespace.create=true"}, test.flags...)...))
			want := objectsOf(t, build(t, test.folder))
			require.Greater(t, len(want), 15, "kustomize built too little to compare")
			assert.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got)))
			for name, object := range want {
				if name == "Deployment isvc" {
					dropTokenItems(got[name])
				}
				assert.Equal(t, object, got[name], name)
			}
		})
	}
}

// dropTokenItems drops the name of the file of the token, which the kustomize form has as the key in the
// Secret.
func dropTokenItems(deployment map[string]any) {
	pod := deployment["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	for _, v := range pod["volumes"].([]any) {
		if volume := v.(map[string]any); volume["name"] == "token" {
			delete(volume["secret"].(map[string]any), "items")
		}
	}
}

// managed are the resources of the CompositeController beyond those of every cluster.
func managed(t *testing.T, stream string) (resources []string) {
	t.Helper()
	for _, child := range objectsOf(t, stream)["CompositeController isvc"]["spec"].(map[string]any)["childResources"].([]any) {
		resources = append(resources, child.(map[string]any)["resource"].(string))
	}
	require.GreaterOrEqual(t, len(resources), len(kinds.Core()))
	return resources[len(kinds.Core()):]
}

func TestTheChartDetectsOptionalKinds(t *testing.T) {
	for _, c := range kinds.ManifestComponents() {
		assert.Len(t, managed(t, render(t, apiVersions(c.Name)...)), len(c.Kinds), c.Name)
		assert.Len(t, managed(t, render(t, "--set", "kinds."+c.Name+"=true")), len(c.Kinds), "%s, whatever the cluster has", c.Name)
		assert.Empty(t, managed(t, render(t, append(apiVersions(c.Name), "--set", "kinds."+c.Name+"=false")...)), "%s is not wanted", c.Name)
	}
	assert.Empty(t, managed(t, render(t, "--api-versions", "networking.istio.io/v1beta1/VirtualService")), "Istio is there only in part")
	assert.Empty(t, managed(t, render(t, "--api-versions", "serving.knative.dev/v1alpha1/Service")), "Knative is there in another version")
}

// effectsOfValues says for each value of the chart what it changes: flags of helm template, and what is in
// the output with them and not without them.
var effectsOfValues = map[string]struct {
	flags []string
	shows string
}{
	"crds.enabled":                      {nil, ""}, // TestDefinitionsStay
	"namespace.create":                  {[]string{"--set", "namespace.create=true"}, "pod-security.kubernetes.io/enforce: restricted"},
	"image.repository":                  {[]string{"--set", "image.repository=localhost:5000/isvc"}, "image: localhost:5000/isvc:v0.1.0\n"},
	"image.tag":                         {[]string{"--set", "image.tag=v7"}, "sync?rev=v7\n"},
	"image.digest":                      {[]string{"--set", "image.digest=sha256:" + strings.Repeat("0123456789abcdef", 4)}, "customize?rev=0123456789ab\n"},
	"image.pullPolicy":                  {[]string{"--set", "image.pullPolicy=Always"}, "imagePullPolicy: Always"},
	"imagePullSecrets":                  {[]string{"--set", "imagePullSecrets[0].name=registry"}, "imagePullSecrets:\n      - name: registry"},
	"revision":                          {[]string{"--set", "revision=a b&c"}, "sync?rev=a+b%26c\n"},
	"replicas":                          {[]string{"--set", "replicas=3"}, "replicas: 3\n"},
	"resources.requests.cpu":            {[]string{"--set", "resources.requests.cpu=3"}, "cpu: 3\n"},
	"resources.requests.memory":         {[]string{"--set", "resources.requests.memory=3Gi"}, "memory: 3Gi"},
	"resources.limits.memory":           {[]string{"--set", "resources.limits.memory=4Gi"}, "memory: 4Gi"},
	"env":                               {[]string{"--set", "env.GOMEMLIMIT=2GiB"}, "value: 2GiB"},
	"podAnnotations":                    {[]string{"--set-string", `podAnnotations.prometheus\.io/scrape=false`, "--set-string", "podAnnotations.team=models"}, "team: models"},
	"podLabels":                         {[]string{"--set", "podLabels.team=models"}, "team: models"},
	"nodeSelector":                      {[]string{"--set", "nodeSelector.pool=system"}, "pool: system"},
	"tolerations":                       {[]string{"--set", "tolerations[0].key=system"}, "key: system"},
	"affinity":                          {[]string{"--set-json", `affinity={"nodeAffinity":{}}`}, "nodeAffinity: {}"},
	"priorityClassName":                 {[]string{"--set", "priorityClassName=system-cluster-critical"}, "priorityClassName: system-cluster-critical"},
	"configuration":                     {[]string{"--set", "configuration.ingress.disableIngressCreation=false"}, `"disableIngressCreation": false`},
	"tls.enabled":                       {[]string{"--set", "tls.enabled=true", "--set", "tls.caBundle=-----BEGIN CERTIFICATE-----"}, "https://isvc.isvc-system.svc/sync"},
	"tls.secretName":                    {[]string{"--set", "tls.enabled=true,tls.secretName=hooks", "--set", "tls.caBundle=-----BEGIN CERTIFICATE-----"}, "secretName: hooks"},
	"tls.caBundle":                      {[]string{"--set", "tls.enabled=true", "--set", "tls.caBundle=-----BEGIN CERTIFICATE-----"}, "inline: '-----BEGIN CERTIFICATE-----'"},
	"token.enabled":                     {[]string{"--set", "token.enabled=true,tls.enabled=true", "--set", "tls.caBundle=-----BEGIN CERTIFICATE-----"}, "name: isvc-metacontroller-token"},
	"token.secretName":                  {[]string{"--set", "token.enabled=true,token.secretName=bearer,tls.enabled=true", "--set", "tls.caBundle=-----BEGIN CERTIFICATE-----"}, "secretName: bearer"},
	"token.secretKey":                   {[]string{"--set", "token.enabled=true,token.secretKey=t2,tls.enabled=true", "--set", "tls.caBundle=-----BEGIN CERTIFICATE-----"}, "key: t2\n            path: token"},
	"metacontroller.namespace":          {[]string{"--set", "metacontroller.namespace=control"}, "kubernetes.io/metadata.name: control"},
	"metacontroller.rights":             {[]string{"--set", "metacontroller.rights=replace"}, "aggregationRule:"},
	"networkPolicy.enabled":             {nil, ""}, // TestWhatIsLeftOut
	"monitoring.podMonitor.enabled":     {[]string{"--set", "monitoring.podMonitor.enabled=true"}, "kind: PodMonitor"},
	"monitoring.podMonitor.labels":      {[]string{"--set", "monitoring.podMonitor.enabled=true,monitoring.podMonitor.labels.release=p"}, `"release":"p"`},
	"monitoring.prometheusRule.enabled": {[]string{"--set", "monitoring.prometheusRule.enabled=true"}, "alert: IsvcAbsent"},
	"monitoring.prometheusRule.labels":  {[]string{"--set", "monitoring.prometheusRule.enabled=true,monitoring.prometheusRule.labels.release=p"}, `"release":"p"`},
	"monitoring.dashboard.enabled":      {[]string{"--set", "monitoring.dashboard.enabled=true"}, `"grafana_dashboard":"1"`},
	"monitoring.dashboard.labels.grafana_dashboard": {[]string{"--set", "monitoring.dashboard.enabled=true", "--set-string", "monitoring.dashboard.labels.grafana_dashboard=2"}, `"grafana_dashboard":"2"`},
}

// leavesOf are the paths of the values without a value below them.
func leavesOf(prefix string, value any) (leaves []string) {
	object, is := value.(map[string]any)
	if !is || len(object) == 0 {
		return []string{strings.TrimPrefix(prefix, ".")}
	}
	for name, below := range object {
		leaves = append(leaves, leavesOf(prefix+"."+name, below)...)
	}
	return leaves
}

func TestEveryValueHasAnEffect(t *testing.T) {
	text, err := os.ReadFile(chart + "/values.yaml")
	require.NoError(t, err)
	var values map[string]any
	require.NoError(t, yaml.UnmarshalStrict(text, &values))
	delete(values, "kinds") // TestTheChartDetectsOptionalKinds
	assert.ElementsMatch(t, leavesOf("", values), slices.Collect(maps.Keys(effectsOfValues)))
	plain := render(t, "--set", "crds.enabled=false")
	for value, effect := range effectsOfValues {
		if effect.flags == nil {
			continue
		}
		output := render(t, append([]string{"--set", "crds.enabled=false"}, effect.flags...)...)
		assert.Contains(t, output, effect.shows, value)
		assert.NotContains(t, plain, effect.shows, value)
	}
}

func TestDefinitionsStay(t *testing.T) {
	with, without := render(t), render(t, "--set", "crds.enabled=false")
	assert.Equal(t, 7, strings.Count(with, "\nkind: CustomResourceDefinition\n"))
	assert.Equal(t, 7, strings.Count(with, "\n    helm.sh/resource-policy: keep\n"))
	assert.NotContains(t, without, "CustomResourceDefinition")
}

func TestWhatIsLeftOut(t *testing.T) {
	assert.Contains(t, render(t), "kind: NetworkPolicy")
	assert.NotContains(t, render(t, "--set", "networkPolicy.enabled=false"), "kind: NetworkPolicy")
	assert.NotContains(t, render(t, "--set", "replicas=1"), "kind: PodDisruptionBudget", "it would keep a node from being drained")
}

func TestNarrowedRights(t *testing.T) {
	none, roles, replace := objectsOf(t, render(t)), objectsOf(t, render(t, "--set", "metacontroller.rights=roles,metacontroller.namespace=control")), objectsOf(t, render(t, "--set", "metacontroller.rights=replace"))
	assert.Contains(t, none, "ClusterRole isvc-metacontroller")
	assert.NotContains(t, none, "ClusterRole metacontroller-self")
	assert.Contains(t, roles, "ClusterRole metacontroller-self")
	assert.NotContains(t, roles, "ClusterRole metacontroller", "it belongs to the chart of Metacontroller")
	binding := roles["RoleBinding metacontroller-leader-election"]
	assert.Equal(t, "control", binding["metadata"].(map[string]any)["namespace"])
	assert.Equal(t, "control", binding["subjects"].([]any)[0].(map[string]any)["namespace"])
	for name, object := range objectsOf(t, build(t, "../metacontroller-rbac")) {
		assert.Equal(t, object, replace[name], name)
	}
}

// TestTheConfigurationIsMerged changes one key of a section, replaces a section and adds one.
func TestTheConfigurationIsMerged(t *testing.T) {
	shipped := objectsOf(t, render(t))["ConfigMap inferenceservice-config"]["data"].(map[string]any)
	changed := objectsOf(t, render(t, "--set", "configuration.ingress.ingressDomain=models.example",
		"--set-string", `configuration.deploy=\{"defaultDeploymentMode": "Serverless"\}`, "--set", "configuration.rollout.onUpgrade=Roll"))["ConfigMap inferenceservice-config"]["data"].(map[string]any)
	assert.Equal(t, `{"defaultDeploymentMode": "Serverless"}`, changed["deploy"])
	assert.JSONEq(t, `{"onUpgrade": "Roll"}`, changed["rollout"].(string))
	assert.JSONEq(t, strings.Replace(shipped["ingress"].(string), `"ingressDomain": "svc.cluster.local"`, `"ingressDomain": "models.example"`, 1), changed["ingress"].(string))
	assert.Equal(t, shipped["multinodeProber"], changed["multinodeProber"])
}

func TestValuesThatAreRefused(t *testing.T) {
	for value, want := range map[string]string{
		"replicaCount=3":               "additional properties 'replicaCount' not allowed",
		"kinds.kedda=true":             "additional properties 'kedda' not allowed",
		"kinds.keda=yes":               "at '/kinds/keda': value must be one of 'auto', true, false",
		"replicas=0":                   "at '/replicas': minimum: got 0, want 1",
		"image.digest=v1":              "at '/image/digest'",
		"env.ISVC_REVISION=v1":         "at '/env/ISVC_REVISION'",
		"tls.caBundle=/etc/ca.crt":     "at '/tls/caBundle'",
		"tls.enabled=true":             "tls.enabled needs tls.caBundle",
		"token.enabled=true":           "token.enabled needs tls.enabled",
		"metacontroller.rights=narrow": "at '/metacontroller/rights'",
	} {
		_, complaints, err := runHelm(t, "template", "isvc", chart, "--set", value)
		assert.Error(t, err, value)
		assert.Contains(t, complaints, want, value)
	}
}

func TestTheSchemaHasNoOtherValues(t *testing.T) {
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	var values map[string]any
	for name, into := range map[string]any{"values.schema.json": &schema, "values.yaml": &values} {
		text, err := os.ReadFile(filepath.Join(chart, name))
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, into))
	}
	delete(schema.Properties, "global") // Helm gives it to every chart
	assert.ElementsMatch(t, slices.Collect(maps.Keys(values)), slices.Collect(maps.Keys(schema.Properties)))
}

func TestHelmsLinterFindsNothing(t *testing.T) {
	for sentence, flags := range map[string][]string{
		"as it is": {},
		"with everything": {"--set", "namespace.create=true,metacontroller.rights=replace,monitoring.podMonitor.enabled=true,monitoring.prometheusRule.enabled=true,monitoring.dashboard.enabled=true",
			"--set", "tls.enabled=true,token.enabled=true", "--set", "tls.caBundle=-----BEGIN CERTIFICATE-----",
			"--set", "kinds.gateway-api=true,kinds.istio=true,kinds.keda=true,kinds.knative=true,kinds.lws=true,kinds.prometheus-operator=true,kinds.ray=true"},
	} {
		out, complaints, err := runHelm(t, append([]string{"lint", "--strict", "--kube-version", "v1.37.0", chart}, flags...)...)
		assert.NoError(t, err, "%s: %s%s", sentence, out, complaints)
		assert.NotContains(t, out, "[WARNING]", sentence)
	}
}

// TestThePackedChartIsTheSame renders the chart as a release has it, where links are files.
func TestThePackedChartIsTheSame(t *testing.T) {
	folder := t.TempDir()
	out, complaints, err := runHelm(t, "package", chart, "--version", "9.9.9", "--app-version", "v9.9.9", "--destination", folder)
	require.NoError(t, err, out+complaints)
	flags := apiVersions(all()...)
	packed, complaints, err := runHelm(t, append([]string{"template", "isvc", filepath.Join(folder, "isvc-9.9.9.tgz"), "--namespace", "isvc-system"}, flags...)...)
	require.NoError(t, err, complaints)
	assert.Equal(t, strings.ReplaceAll(render(t, flags...), "v0.1.0", "v9.9.9"), packed)
	info, err := os.Stat(filepath.Join(folder, "isvc-9.9.9.tgz"))
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(200_000), "a release of Helm is a Secret, which has one megabyte")
}

// TestServersAndURLsHaveOneRevision compares both sides of every way to name a revision.
func TestServersAndURLsHaveOneRevision(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	for want, flags := range map[string][]string{
		"v0.1.0":             {},
		"v9":                 {"--set", "image.repository=registry.example:5000/isvc,image.tag=v9"},
		"0123456789ab":       {"--set", "image.tag=v9,image.digest=" + digest},
		"2026-05-06 a&b=c%+": {"--set", "image.tag=latest,revision=2026-05-06 a&b=c%+"},
	} {
		objects := objectsOf(t, render(t, flags...))
		served := ""
		pod := objects["Deployment isvc"]["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
		for _, v := range pod["containers"].([]any)[0].(map[string]any)["env"].([]any) {
			if variable := v.(map[string]any); variable["name"] == "ISVC_REVISION" {
				served = variable["value"].(string)
			}
		}
		assert.Equal(t, want, served)
		hooks := objects["CompositeController isvc"]["spec"].(map[string]any)["hooks"].(map[string]any)
		require.Len(t, hooks, 2)
		for name, hook := range hooks {
			asked, err := url.Parse(hook.(map[string]any)["webhook"].(map[string]any)["url"].(string))
			require.NoError(t, err)
			assert.Equal(t, want, asked.Query().Get("rev"), name)
		}
	}
}
