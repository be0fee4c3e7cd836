package compose

import (
	"strconv"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// annotations are those of the component's objects and pods: the service's,
// the component's on top, then what describes the model and the runtime.
func (b *builder) annotations() map[string]string {
	out := united(modes.AnnotationsInheritedFromService(b.Service.Annotations), b.spec.Annotations)
	if b.serving() && b.Weight != nil {
		b.annotateWeight(out)
	}
	if b.Model != nil {
		b.annotateModel(out)
	}
	if b.Runtime != nil {
		out[v1beta1.AnnotationServingRuntime] = b.Runtime.Name
	}
	return out
}

func (b *builder) annotateWeight(out map[string]string) {
	out[v1beta1.AnnotationInjectFineTunedAdapter] = b.Weight.Object.Name
	out[v1beta1.AnnotationFineTunedStrategy] = b.Weight.Strategy
	if b.Weight.Merged {
		out[v1beta1.AnnotationFineTunedMerged] = "true"
		out[v1beta1.AnnotationInjectModelInit] = "false"
	}
}

func (b *builder) annotateModel(out map[string]string) {
	if !b.mergedWeight() {
		copyKey(out, b.Model.Meta.Annotations, v1beta1.AnnotationDecryptionKeyName)
		copyKey(out, b.Model.Meta.Annotations, v1beta1.AnnotationDecryptionSecretName)
	}
	spec := b.Model.Spec
	out[v1beta1.AnnotationBaseModelName] = b.Model.Name
	setText(out, v1beta1.AnnotationBaseModelVendor, spec.Vendor)
	setText(out, v1beta1.AnnotationBaseModelFormat, &spec.ModelFormat.Name)
	setText(out, v1beta1.AnnotationBaseModelFormatVersion, spec.ModelFormat.Version)
}

// labels are those of the component's objects and pods: the service's, the
// component's on top, then what identifies the component.
func (b *builder) labels() map[string]string {
	out := united(b.Service.Labels, b.spec.Labels)
	out[v1beta1.LabelInferenceService] = b.Service.Name
	out[v1beta1.LabelComponent] = string(b.kind)
	out[v1beta1.LabelFineTunedServing] = strconv.FormatBool(b.serving() && b.Weight != nil)
	if b.Runtime != nil {
		out[v1beta1.LabelServingRuntime] = b.Runtime.Name
	}
	if b.Model != nil {
		b.labelModel(out)
	}
	if b.serving() && b.Weight != nil {
		out[v1beta1.LabelFineTunedStrategy] = b.Weight.Strategy
		out[v1beta1.LabelFineTunedMerged] = strconv.FormatBool(b.Weight.Merged)
	}
	return out
}

func (b *builder) labelModel(out map[string]string) {
	category := b.Model.Meta.Annotations[v1beta1.AnnotationModelCategory]
	if category == "" {
		category = v1beta1.DefaultModelCategory
	}
	out[v1beta1.LabelBaseModelName] = b.Model.Name
	out[v1beta1.LabelBaseModelSize] = category
	out[v1beta1.LabelBaseModelType] = v1beta1.BaseModelTypeServing
	setText(out, v1beta1.LabelBaseModelVendor, b.Model.Spec.Vendor)
}

// mergedWeight reports whether the weight replaces the base model.
func (b *builder) mergedWeight() bool {
	return b.serving() && b.Weight != nil && b.Weight.Merged
}

func copyKey(out, from map[string]string, key string) {
	if value, present := from[key]; present {
		out[key] = value
	}
}

func setText(out map[string]string, key string, value *string) {
	if value != nil && *value != "" {
		out[key] = *value
	}
}

// queueLabels are the labels by which a batch scheduler takes the workload
// into a queue, by the annotations that ask for it.
func queueLabels(annotations map[string]string) map[string]string {
	out := map[string]string{}
	queue, volcano := annotations[v1beta1.AnnotationVolcanoQueue]
	cluster, dedicated := annotations[v1beta1.AnnotationDedicatedAICluster]
	_, kueue := annotations[v1beta1.AnnotationKueueEnabled]
	switch {
	case volcano:
		out[v1beta1.LabelVolcanoQueue] = queue
	case dedicated && kueue:
		out[v1beta1.LabelKueueQueue] = cluster
		out[v1beta1.LabelKueuePriorityClass] = v1beta1.KueuePriorityHigh
	case dedicated:
		out[v1beta1.LabelVolcanoQueue] = cluster
		out[v1beta1.LabelRayPriorityClass] = v1beta1.VolcanoPriorityHigh
	}
	if _, asked := annotations[v1beta1.AnnotationVolcano]; asked {
		out[v1beta1.LabelRayScheduler] = v1beta1.RaySchedulerVolcano
	}
	return out
}
