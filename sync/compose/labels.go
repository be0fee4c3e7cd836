package compose

import (
	"maps"
	"slices"
	"strconv"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// labelLayer is the labels that one source gives.
type labelLayer struct {
	by     origin
	labels map[string]string
}

// withLabelsOfService are the layers with other labels of the service itself, which are the first.
func withLabelsOfService(layers []labelLayer, labels map[string]string) []labelLayer {
	out := slices.Clone(layers)
	out[0].labels = labels
	return out
}

func unionOfLayers(layers []labelLayer) map[string]string {
	union := map[string]string{}
	for _, layer := range layers {
		maps.Copy(union, layer.labels)
	}
	return union
}

// labelLayers are the labels of the component's objects by source: those of the service, those of the
// component on top, then what identifies the component, its runtime, model and weight. Later ones
// win.
func labelLayers(s *sources) []labelLayer {
	layers := []labelLayer{
		{origin{reason: FromService, source: "InferenceService/" + s.service.Name + " metadata.labels"}, s.service.Labels},
	}
	if s.fromRuntime != nil {
		layers = append(layers, labelLayer{origin{reason: FromRuntime, source: s.runtimeField(".labels")}, s.fromRuntime.Labels})
	}
	layers = append(layers,
		labelLayer{origin{reason: FromService, source: s.serviceField(".labels")}, s.fromService.Labels},
		labelLayer{origin{reason: FromDefault}, identityLabels(s)})
	if s.runtime != nil {
		layers = append(layers, labelLayer{origin{reason: FromRuntime, source: s.runtimeName()},
			map[string]string{v1beta1.LabelServingRuntime: s.runtime.Name}})
	}
	if s.model != nil {
		layers = append(layers, labelLayer{origin{reason: FromModel, source: s.modelName()}, modelLabels(s)})
	}
	if s.weight != nil {
		layers = append(layers, labelLayer{origin{reason: FromWeight, source: s.weightName()}, map[string]string{
			v1beta1.LabelFineTunedStrategy: s.weight.Strategy,
			v1beta1.LabelFineTunedMerged:   strconv.FormatBool(s.weight.Merged),
		}})
	}
	return layers
}

func identityLabels(s *sources) map[string]string {
	return map[string]string{
		v1beta1.LabelInferenceService: s.service.Name,
		v1beta1.LabelComponent:        string(s.component),
		v1beta1.LabelFineTunedServing: strconv.FormatBool(s.weight != nil),
	}
}

func modelLabels(s *sources) map[string]string {
	category := s.model.Meta.Annotations[v1beta1.AnnotationModelCategory]
	if category == "" {
		category = v1beta1.DefaultModelCategory
	}
	labels := map[string]string{
		v1beta1.LabelBaseModelName: s.model.Name,
		v1beta1.LabelBaseModelSize: category,
		v1beta1.LabelBaseModelType: v1beta1.BaseModelTypeServing,
	}
	setIfNotEmpty(labels, v1beta1.LabelBaseModelVendor, s.model.Spec.Vendor)
	return labels
}

// recordLabels records where each label comes from, what it replaced, and that pods do not have it.
func recordLabels(s *sources, layers []labelLayer, forPods map[string]string) {
	if !s.record.IsExplaining() {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(unionOfLayers(layers))) {
		var last trace.Entry
		for _, layer := range layers {
			value, present := layer.labels[key]
			if !present {
				continue
			}
			if last.Reason != "" && last.Value != value {
				last.Verdict = trace.Overridden
				s.record.AddEntry(last)
			}
			last = layer.by.traceEntry(s.traceSubject("label/"+key), trace.Set, value)
		}
		if _, onPods := forPods[key]; !onPods {
			last.Message = "not on pods"
		}
		s.record.AddEntry(last)
	}
}

// makeQueueLabels makes the labels by which a batch scheduler takes the workload into a queue, by
// the annotations that ask for it.
func makeQueueLabels(annotations map[string]string) map[string]string {
	labels := map[string]string{}
	queue, volcano := annotations[v1beta1.AnnotationVolcanoQueue]
	cluster, dedicated := annotations[v1beta1.AnnotationDedicatedAICluster]
	_, kueue := annotations[v1beta1.AnnotationKueueEnabled]
	switch {
	case volcano:
		labels[v1beta1.LabelVolcanoQueue] = queue
	case dedicated && kueue:
		labels[v1beta1.LabelKueueQueue] = cluster
		labels[v1beta1.LabelKueuePriorityClass] = v1beta1.KueuePriorityHigh
	case dedicated:
		labels[v1beta1.LabelVolcanoQueue] = cluster
		labels[v1beta1.LabelRayPriorityClass] = v1beta1.VolcanoPriorityHigh
	}
	if _, asked := annotations[v1beta1.AnnotationVolcano]; asked {
		labels[v1beta1.LabelRayScheduler] = v1beta1.RaySchedulerVolcano
	}
	return labels
}
