package compose

import (
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// makeAnnotations makes the annotations of the component's objects or pods: those of the service,
// those of the component on top, then what describes the weight, the model and the runtime.
func makeAnnotations(s *sources, ofService, ofComponent map[string]string) map[string]string {
	annotations := kmap.Union(ofService, ofComponent)
	if s.weight != nil {
		annotateWeight(annotations, s)
	}
	if s.model != nil {
		annotateModel(annotations, s)
	}
	if s.runtime != nil {
		annotations[v1beta1.AnnotationServingRuntime] = s.runtime.Name
	}
	return annotations
}

func annotateWeight(annotations map[string]string, s *sources) {
	annotations[v1beta1.AnnotationInjectFineTunedAdapter] = s.weight.Object.Name
	annotations[v1beta1.AnnotationFineTunedStrategy] = s.weight.Strategy
	if s.weight.Merged {
		annotations[v1beta1.AnnotationFineTunedMerged] = "true"
		annotations[v1beta1.AnnotationInjectModelInit] = "false"
	}
}

func annotateModel(annotations map[string]string, s *sources) {
	if !s.replacesModel() {
		copyIfPresent(annotations, s.model.Meta.Annotations, v1beta1.AnnotationDecryptionKeyName)
		copyIfPresent(annotations, s.model.Meta.Annotations, v1beta1.AnnotationDecryptionSecretName)
	}
	spec := s.model.Spec
	annotations[v1beta1.AnnotationBaseModelName] = s.model.Name
	setIfNotEmpty(annotations, v1beta1.AnnotationBaseModelVendor, spec.Vendor)
	setIfNotEmpty(annotations, v1beta1.AnnotationBaseModelFormat, &spec.ModelFormat.Name)
	setIfNotEmpty(annotations, v1beta1.AnnotationBaseModelFormatVersion, spec.ModelFormat.Version)
}

func copyIfPresent(out, from map[string]string, key string) {
	if value, present := from[key]; present {
		out[key] = value
	}
}

func setIfNotEmpty(out map[string]string, key string, value *string) {
	if value != nil && *value != "" {
		out[key] = *value
	}
}
