package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
)

func TestKeysThatReachPods(t *testing.T) {
	for sentence, test := range map[string]struct {
		key               string
		label, annotation bool
	}{
		"a whole key":                               {"gpu-fraction", false, true},
		"a key that only begins like one":           {"gpu-fractions", false, false},
		"a key of a domain":                         {"istio.io/rev", true, true},
		"a key of a domain below it":                {"sidecar.istio.io/inject", true, true},
		"a key of a domain two levels below it":     {"traffic.sidecar.istio.io/excludeOutboundPorts", true, true},
		"a domain whose name only ends like it":     {"notistio.io/rev", false, false},
		"a domain above it":                         {"io/rev", false, false},
		"a domain that only begins like it":         {"istio.io.example.com/rev", false, false},
		"a domain as a key":                         {"irq-load-balancing.crio.io", false, true},
		"a key that begins as one says":             {"io.katacontainers.config.hypervisor.default_vcpus", false, true},
		"a key for annotations is none for labels":  {"prometheus.io/scrape", false, true},
		"a key for labels is none for annotations":  {"istio-locality", true, false},
		"a key that matters in one mode":            {"autoscaling.knative.dev/target", false, true},
		"a key that the mode's field replaces":      {"autoscaling.knative.dev/min-scale", false, false},
		"an annotation that becomes a queue label":  {v1beta1.AnnotationVolcanoQueue, false, true},
		"an annotation that becomes another queue":  {v1beta1.AnnotationKueueEnabled, false, true},
		"an annotation that restricts runtimes":     {v1beta1.AnnotationAcceleratorClass, false, false},
		"an annotation of an injection":             {v1beta1.AnnotationInjectModelInit, false, true},
		"a setting":                                 {v1beta1.AnnotationAutoscalerClass, false, false},
		"a setting that nobody knows yet":           {"ome.io/some-day", false, false},
		"a setting of KEDA":                         {"autoscaling.keda.sh/paused", false, false},
		"an annotation of isvc":                     {"isvc.io/release", false, false},
		"a label of the service that isvc replaces": {v1beta1.LabelInferenceService, false, false},
		"the label by which Deployments select":     {v1beta1.LabelApp, false, false},
		"the label of leaders":                      {v1beta1.LabelRayNodeType, false, false},
		"anything else":                             {"team", false, false},
		"Helm":                                      {"helm.sh/chart", false, false},
		"recommended labels":                        {"app.kubernetes.io/instance", false, false},
		"Argo CD":                                   {"argocd.argoproj.io/instance", false, false},
		"Flux":                                      {"kustomize.toolkit.fluxcd.io/name", false, false},
		"kubectl, which is also not inherited":      {"kubectl.kubernetes.io/restartedAt", false, false},
		"Ingress controllers":                       {"nginx.ingress.kubernetes.io/proxy-body-size", false, false},
		"no key":                                    {"", false, false},
		"a slash":                                   {"/", false, false},
		"a dot":                                     {".", false, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, test.label, LabelReachesPods(test.key, ""), "label")
			assert.Equal(t, test.annotation, AnnotationReachesPods(test.key, ""), "annotation")
		})
	}
}

func TestKnativesKeysAreForRevisionsAlone(t *testing.T) {
	given := map[string]string{"autoscaling.knative.dev/target": "5", "prometheus.io/scrape": "true", "team": "a"}
	assert.Equal(t, map[string]string{"autoscaling.knative.dev/target": "5", "prometheus.io/scrape": "true"},
		PodMetadataRule{Mode: v1beta1.Serverless}.AnnotationsOfService(given))
	assert.Equal(t, map[string]string{"prometheus.io/scrape": "true"}, PodMetadataRule{Mode: v1beta1.RawDeployment}.AnnotationsOfService(given))
}

func TestKeysThatAPodReadsReachIt(t *testing.T) {
	rule := PodMetadataRule{Mode: v1beta1.RawDeployment, Read: podspec.MetadataKeys{
		Labels: map[string]bool{"team": true}, Annotations: map[string]bool{"contact": true, "argocd.argoproj.io/sync-wave": true},
	}}
	given := map[string]string{"team": "a", "contact": "b", "argocd.argoproj.io/sync-wave": "1", "other": "c"}
	assert.Equal(t, map[string]string{"team": "a"}, rule.LabelsOfService(given))
	assert.Equal(t, map[string]string{"contact": "b"}, rule.AnnotationsOfService(given), "bookkeeping of a tool is not inherited")
}

func TestAComponentsAnnotationsAreForItsPodsExceptForSettings(t *testing.T) {
	given := map[string]string{
		"team": "a", "argocd.argoproj.io/sync-wave": "1", v1beta1.AnnotationInjectModelInit: "true", "rdma.ome.io/profile": "x",
		"ome.io/service-type": "NodePort", "autoscaling.keda.sh/paused": "true", "isvc.io/x": "y", "kueue-enabled": "", "volcano": "",
	}
	assert.Equal(t, map[string]string{
		"team": "a", "argocd.argoproj.io/sync-wave": "1", v1beta1.AnnotationInjectModelInit: "true", "rdma.ome.io/profile": "x",
	}, PodMetadataRule{Mode: v1beta1.RawDeployment}.AnnotationsOfComponent(given))
	assert.Equal(t, given, PodMetadataRule{Mode: v1beta1.RawDeployment, Named: config.Deploy{TemplateAnnotations: config.KeyPatterns{"*"}}}.AnnotationsOfComponent(given))
}

func TestTheTableOfPodKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range PodKeys() {
		assert.NotEmpty(t, row.ReadBy, row.Key)
		assert.False(t, seen[row.Key], "%s is listed twice", row.Key)
		seen[row.Key] = true
	}
	for _, prefix := range podAnnotationPrefixes() {
		assert.True(t, AnnotationReachesPods(prefix, "") || AnnotationReachesPods(prefix+"x", ""), "%s is for pods and not for Service objects", prefix)
	}
}
