package modes

import (
	"fmt"
	"maps"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// objectMeta is the metadata of one of the component's objects. Objects share the
// maps, which nobody changes: what is sent is a copy. Owner references are not
// written: Metacontroller adds them.
func objectMeta(c *Component, name string, labels, annotations map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:        name,
		Namespace:   c.Namespace,
		Labels:      legalLabels(labels),
		Annotations: annotations,
	}
}

// typeMeta spells the apiVersion and kind of an object.
func typeMeta(kind kinds.Kind) metav1.TypeMeta {
	name, apiVersion := kind.Split()
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: name}
}

// baseLabels are what every object of the component carries.
func baseLabels(c *Component) map[string]string { return c.Labels }

// queueLabels are baseLabels and those of the batch scheduler's queue.
func queueLabels(c *Component) map[string]string { return join(c.Labels, c.QueueLabels) }

// appLabels are queueLabels and the label by which a Deployment selects.
func appLabels(c *Component) map[string]string {
	return join(c.Labels, c.QueueLabels, appSelector(c))
}

// appSelector selects the pods of a raw component.
func appSelector(c *Component) map[string]string {
	return map[string]string{v1beta1.LabelApp: names.App(c.Name)}
}

// podSelector selects the pods of a component of any mode; leaders only, where
// a group of pods answers through its leader.
func podSelector(c *Component) map[string]string {
	selector := legalLabels(map[string]string{
		v1beta1.LabelInferenceService: c.Service,
		v1beta1.LabelComponent:        string(c.Type),
	})
	if mode, _ := Of(c.Mode); mode.PodsFormGroups {
		selector[v1beta1.LabelRayNodeType] = v1beta1.RayNodeTypeHead
	}
	return selector
}

// podOnlyPrefixes begin the annotations that mean something on pods and would
// mislead on a Service.
func podOnlyPrefixes() []string {
	return []string{
		v1beta1.AnnotationPrefixGrafana, v1beta1.AnnotationPrefixLoki, v1beta1.AnnotationPrefixPrometheus,
		v1beta1.AnnotationPrefixGoogleNetworking, v1beta1.AnnotationPrefixRDMA,
		v1beta1.AnnotationInjectModelInit, v1beta1.AnnotationInjectFineTunedAdapter, v1beta1.AnnotationInjectServingSidecar,
	}
}

// serviceAnnotations are the component's annotations without those of pods.
func serviceAnnotations(c *Component) map[string]string {
	prefixes := podOnlyPrefixes()
	return without(c.Annotations, func(key string) bool { return hasPrefix(key, prefixes) })
}

// hasPrefix reports whether a key begins with one of the prefixes.
func hasPrefix(key string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// without is a map without the keys to drop: the same map where there are none.
func without(m map[string]string, drop func(key string) bool) map[string]string {
	found := false
	for key := range m {
		found = found || drop(key)
	}
	if !found {
		return m
	}
	kept := maps.Clone(m)
	maps.DeleteFunc(kept, func(key, _ string) bool { return drop(key) })
	return kept
}

// join copies maps into a new one; later maps win.
func join(parts ...map[string]string) map[string]string {
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	joined := make(map[string]string, n)
	for _, part := range parts {
		maps.Copy(joined, part)
	}
	return joined
}

// legalLabels are labels with every value made legal: the same map where every
// value is.
func legalLabels(labels map[string]string) map[string]string {
	for _, value := range labels {
		if names.LabelValue(value) != value {
			return repaired(labels)
		}
	}
	return labels
}

// repaired copies labels and makes every value legal.
func repaired(labels map[string]string) map[string]string {
	legal := make(map[string]string, len(labels))
	for key, value := range labels {
		legal[key] = names.LabelValue(value)
	}
	return legal
}

// missingKind is the problem of a kind that may not be returned; nil when the
// kind is installed.
func missingKind(env *Env, c *Component, kind kinds.Kind) *finding.Finding {
	if env.Kinds.Has(kind) {
		return nil
	}
	return &finding.Finding{Reason: ReasonKindNotInstalled, Message: fmt.Sprintf(
		"the %s of InferenceService %s/%s needs %s", c.Type, c.Namespace, c.Service, NotDeclared(kind))}
}

// NotDeclared says that a kind may not be returned, and what to do about it.
func NotDeclared(kind kinds.Kind) string {
	name, apiVersion := kind.Split()
	remedy := "add it to childResources of the CompositeController isvc"
	if component := kinds.ManifestComponentOf(kind); component != "" {
		remedy = "install the kind and add manifests/components/" + component + " to the kustomization"
	}
	return fmt.Sprintf("a %s (%s), which is not among the kinds that isvc may create: %s", name, apiVersion, remedy)
}
