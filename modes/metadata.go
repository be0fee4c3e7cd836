package modes

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// componentObjectMeta is the metadata of one of the component's objects. Objects share the
// annotations, so that they must not be modified; what is sent is a copy. There are no owner
// references, because Metacontroller adds them.
func componentObjectMeta(c *Component, name string, labels, annotations map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:        name,
		Namespace:   c.Namespace,
		Labels:      withLegalValues(labels),
		Annotations: annotations,
	}
}

// serviceObjectMeta is the metadata of an object that belongs to the service as a whole. The
// annotations must not be modified.
func serviceObjectMeta(parent *v1beta1.InferenceService, name string, annotations map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:        name,
		Namespace:   parent.Namespace,
		Labels:      withLegalValues(map[string]string{v1beta1.LabelInferenceService: parent.Name}),
		Annotations: annotations,
	}
}

// typeMetaOf spells out the apiVersion and kind of an object.
func typeMetaOf(kind kinds.Kind) metav1.TypeMeta {
	name, apiVersion := kind.NameAndVersion()
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: name}
}

// componentLabels are on every object of the component.
func componentLabels(c *Component) map[string]string { return c.Labels }

// componentAndQueueLabels are componentLabels and the labels of the batch scheduler's queue.
func componentAndQueueLabels(c *Component) map[string]string {
	return kmap.Union(c.Labels, c.QueueLabels)
}

// labelsWithApp are componentAndQueueLabels and the label by which a Deployment selects its pods.
func labelsWithApp(c *Component) map[string]string {
	return kmap.Union(c.Labels, c.QueueLabels, appLabelSelector(c))
}

// podLabels are on every pod of the component: those that are for pods, and the labels of the batch
// scheduler's queue.
func podLabels(c *Component) map[string]string {
	return kmap.Union(c.PodLabels, c.QueueLabels)
}

// podLabelsWithApp are podLabels and the label by which a Deployment selects its pods.
func podLabelsWithApp(c *Component) map[string]string {
	return kmap.Union(podLabels(c), appLabelSelector(c))
}

// appLabelSelector selects the pods of a raw deployment.
func appLabelSelector(c *Component) map[string]string {
	return map[string]string{v1beta1.LabelApp: names.App(c.Name)}
}

// componentIdentityLabels say to which service and component an object or pod belongs.
func componentIdentityLabels(c *Component) map[string]string {
	return withLegalValues(map[string]string{
		v1beta1.LabelInferenceService: c.Service,
		v1beta1.LabelComponent:        string(c.Type),
	})
}

// selectorOfDeployedPods selects the pods of a raw deployment that take requests: with those of a canary
// where they share the requests.
func selectorOfDeployedPods(c *Component) map[string]string {
	if c.Canary.Beside != nil && c.Canary.Beside.SharesPods {
		return componentIdentityLabels(c)
	}
	return appLabelSelector(c)
}

// servingPodSelector selects the pods of a component that take requests, in any mode: only the
// leaders where pods form groups, and without those of a canary that do not share the requests.
func servingPodSelector(c *Component) map[string]string {
	if c.Canary.Beside != nil && !c.Canary.Beside.SharesPods {
		return appLabelSelector(c)
	}
	selector := componentIdentityLabels(c)
	if mode, _ := Of(c.Mode); mode.PodsFormGroups {
		selector[v1beta1.LabelRayNodeType] = v1beta1.RayNodeTypeHead
	}
	return selector
}

// SelectorOfServingPods selects the pods that take requests in a workload of a component, whose kind may be that of
// another mode.
func SelectorOfServingPods(c *Component, workload kinds.Kind) map[string]string {
	inMode := *c
	mode, _ := OfWorkload(workload)
	inMode.Mode, inMode.Canary.Beside = mode.Name, nil
	return servingPodSelector(&inMode)
}

// AnnotationsInheritedFromService are the annotations of a service that its objects inherit. They
// do not include annotations that are only about the service, nor the bookkeeping of tools, with
// which every run of a tool would change the objects.
func AnnotationsInheritedFromService(annotations map[string]string) map[string]string {
	return kmap.Filter(annotations, isOnlyForService)
}

// isOnlyForService reports whether no object inherits an annotation from the service.
func isOnlyForService(key string) bool {
	switch key {
	case v1beta1.AnnotationKnativeMinScale, v1beta1.AnnotationKnativeMaxScale,
		v1beta1.AnnotationStorageInitializerSourceURI:
		return true
	}
	return hasAnyPrefix(key, []string{
		v1beta1.AnnotationPrefixKubectl, v1beta1.AnnotationPrefixArgoCD, v1beta1.AnnotationPrefixHelm,
		v1beta1.AnnotationPrefixFluxKustomize, v1beta1.AnnotationPrefixFluxHelm, v1beta1.AnnotationPrefixMetacontroller,
		v1beta1.AnnotationPrefixIsvc,
	})
}

// podAnnotationPrefixes are the prefixes of annotations that mean something on pods and would
// mislead on a Service object.
func podAnnotationPrefixes() []string {
	return []string{
		v1beta1.AnnotationPrefixGrafana, v1beta1.AnnotationPrefixLoki, v1beta1.AnnotationPrefixPrometheus,
		v1beta1.AnnotationPrefixGoogleNetworking, v1beta1.AnnotationPrefixRDMA,
		v1beta1.AnnotationInjectModelInit, v1beta1.AnnotationInjectFineTunedAdapter, v1beta1.AnnotationInjectServingSidecar,
	}
}

// annotationsOfServiceObject are the component's annotations without those for pods.
func annotationsOfServiceObject(c *Component) map[string]string {
	prefixes := podAnnotationPrefixes()
	return kmap.Filter(c.Annotations, func(key string) bool { return hasAnyPrefix(key, prefixes) })
}

// hasAnyPrefix reports whether a key begins with one of the prefixes.
func hasAnyPrefix(key string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// withLegalValues copies labels and makes every value legal.
func withLegalValues(labels map[string]string) map[string]string {
	legal := make(map[string]string, len(labels))
	for key, value := range labels {
		legal[key] = names.LabelValue(value)
	}
	return legal
}
