package sync_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// valuesOfAnnotations are the values of annotations that need others than "a" and "b".
var valuesOfAnnotations = map[string][2]string{
	v1beta1.AnnotationDeploymentMode:                 {"Serverless", "MultiNode"},
	v1beta1.AnnotationAutoscalerClass:                {"keda", "none"},
	v1beta1.AnnotationMetrics:                        {"memory", "cpu"},
	v1beta1.AnnotationTargetUtilization:              {"50", "60"},
	v1beta1.AnnotationServiceType:                    {"NodePort", "LoadBalancer"},
	v1beta1.AnnotationAcceleratorClass:               {"class-b", "class-x"},
	v1beta1.AnnotationIngressDomainTemplate:          {"{{ .Name }}.a.example", "{{ .Name }}.b.example"},
	v1beta1.AnnotationIngressURLScheme:               {"https", "http"},
	v1beta1.AnnotationIngressPathTemplate:            {"/a", "/b"},
	v1beta1.AnnotationInjectFineTunedAdapter:         {"weight-a", "weight-b"},
	v1beta1.AnnotationFineTunedMerged:                {"true", "yes"},
	v1beta1.AnnotationRDMAProfile:                    {"oci-roce", "other"},
	v1beta1.AnnotationKedaThreshold:                  {"1", "2"},
	v1beta1.AnnotationKedaOperator:                   {"GreaterThan", "LessThan"},
	v1beta1.AnnotationKedaServerAddress:              {"http://a", "http://b"},
	v1beta1.AnnotationKnativeMinScale:                {"1", "2"},
	v1beta1.AnnotationKnativeMaxScale:                {"7", "8"},
	v1beta1.AnnotationOnUpgrade:                      {"Roll", "roll"},
	v1beta1.AnnotationOnCatalogueChange:              {"Hold", "hold"},
	v1beta1.AnnotationEnableTagRouting:               {"true", "yes"},
	v1beta1.AnnotationIngressDisableIstioVirtualHost: {"true", "yes"},
	v1beta1.AnnotationIngressDisableCreation:         {"false", "yes"},
	v1beta1.AnnotationIngressGateway:                 {"a/g", "b/g"},
	v1beta1.AnnotationIngressAdditionalGateways:      {`[{"omeIngressGateway": "a/g"}]`, `[{"omeIngressGateway": "b/g"}]`},
	v1beta1.AnnotationIngressPerISVCSubdomain:        {"false", "yes"},
	v1beta1.AnnotationInjectModelInit:                {"true", "yes"},
	v1beta1.AnnotationInjectServingSidecar:           {"true", "yes"},
	v1beta1.AnnotationDisableModelDecryption:         {"true", "yes"},
	v1beta1.AnnotationEnableMetricAggregation:        {"true", "yes"},
	v1beta1.AnnotationEnablePrometheusScraping:       {"true", "yes"},
	v1beta1.AnnotationRDMAAutoInject:                 {"true", "yes"},
	v1beta1.AnnotationPairRevision:                   {"true", "yes"},
	v1beta1.AnnotationShmProfile:                     {"default", "other"},
	v1beta1.AnnotationProbeProfile:                   {"sglang-http", "other"},
	v1beta1.AnnotationProbePort:                      {"1", "2"},
	v1beta1.AnnotationObservabilityProfile:           {"prometheus", "other"},
	v1beta1.AnnotationObservabilityPort:              {"1", "2"},
}

// annotationsThatSayNothing are not for the author of a service: what others write there, and what acts on
// pods that run.
var annotationsThatSayNothing = map[string]string{
	v1beta1.AnnotationDeprecationWarning: "a message of isvc",
	v1beta1.AnnotationLastApplied:        "kubectl writes it on every service",
	v1beta1.AnnotationRelease:            "TestARelease… act on pods that run",
}

// annotationKeys are the annotations of api/v1beta1, without prefixes.
func annotationKeys(t *testing.T) []string {
	t.Helper()
	var keys []string
	_, blocks := keyBlocks(t)
	for _, block := range blocks {
		for _, k := range block {
			if strings.HasPrefix(k.constant, "Annotation") && !strings.HasPrefix(k.constant, "AnnotationPrefix") && annotationsThatSayNothing[k.name] == "" {
				keys = append(keys, k.name)
			}
		}
	}
	return keys
}

// placesOfAnnotations are where a service can have an annotation, of those that a setting has.
func (s *scene) placesOfAnnotations() [][]string {
	places := [][]string{{"metadata", "annotations"}, {"metadata", "labels"}}
	if s.children != "" {
		return places // its pods keep their template
	}
	for _, component := range []string{"engine", "decoder", "router", "predictor"} {
		if _, has := at(s.service, "spec")[component]; has {
			places = append(places, []string{"spec", component, "annotations"})
		}
	}
	return places
}

// servesUnderKnativesHost is a serverless service of which Knative has reported the host.
var servesUnderKnativesHost = setting{
	name: "Serverless with a host", spec: `{` + bothNamed + `engine: {}}`, engine: zeroPod, config: istioConfig,
	children: `{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: chat-engine, namespace: default}, status: {url: "http://chat-engine.default.example.com"}}`,
}

// TestNoAnnotationIsSilent writes every annotation on the service and on each of its components, in every
// mode: it changes more than its own copies, or a finding names it.
func TestNoAnnotationIsSilent(t *testing.T) {
	keys := annotationKeys(t)
	tried := 0
	for _, setting := range append(slices.Clone(spokenSettings), servesUnderKnativesHost) {
		scene := newScene(t, setting)
		for _, place := range scene.placesOfAnnotations() {
			for _, key := range keys {
				if !isSampled(setting.name+strings.Join(place, ".")+key, *fieldSample/10) {
					continue
				}
				tried++
				if !scene.hears(t, place, key) {
					assert.Fail(t, "a silent annotation", "%s: %s in %s changes nothing and is not named in a finding", setting.name, key, strings.Join(place, "."))
				}
			}
		}
	}
	t.Logf("%d annotations in %d settings, %d places", len(keys), len(spokenSettings), tried)
}

// hears reports whether an annotation in a place changes something, or is named.
func (s *scene) hears(t *testing.T, place []string, key string) bool {
	t.Helper()
	values, given := valuesOfAnnotations[key]
	if !given {
		values = [2]string{"a", "b"}
	}
	seen := []spoken{s.base}
	for _, value := range values {
		service := deepCopy(s.service).(object)
		at(service, place...)[key] = value
		seen = append(seen, newSpoken(s.sync(t, service, s.runtime, false)))
	}
	for _, a := range seen[1:] {
		for _, text := range a.said {
			if strings.Contains(text, key) {
				return true
			}
		}
		if withoutCopies(a.objects, key) != withoutCopies(seen[0].objects, key) || withoutCopies(a.objects, key) != withoutCopies(seen[1].objects, key) {
			return true
		}
	}
	return false
}

// withoutCopies removes the copies of a setting from objects, which have the annotations of their service.
// Of annotations that others read, a copy is the effect.
func withoutCopies(objects, key string) string {
	if !modes.IsControlAnnotation(key) && !strings.HasSuffix(strings.Split(key, "/")[0], ".ome.io") {
		return objects
	}
	quoted, _ := json.Marshal(key)
	copies := regexp.MustCompile(regexp.QuoteMeta(string(quoted)) + `:"[^"]*",?`)
	return strings.NewReplacer(",}", "}", `"annotations":{},`, "", `,"annotations":{}`, "", `"labels":{},`, "").Replace(copies.ReplaceAllString(objects, ""))
}
