package compose

import (
	"maps"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/modes"
)

// NotOnPods: the entry lists annotations of the service that its pods do not have, because nothing
// is known to read them there. Settings are not listed. Seen in isvc explain.
const NotOnPods = "NotOnPods"

// makePodMetadata makes the labels and annotations of the component's pods. Pods have of the service's
// own metadata what means something on pods, so that a change of anything else restarts nothing. The
// component's metadata is written for its pods.
func makePodMetadata(
	s *sources, merged *componentSpec, layers []labelLayer, rule modes.PodMetadataRule,
) (labels, annotations map[string]string) {
	labels = unionOfLayers(withLabelsOfService(layers, rule.LabelsOfService(s.service.Labels)))
	recordLabels(s, layers, labels)
	ofService := rule.AnnotationsOfService(s.service.Annotations)
	recordAnnotationsNotOnPods(s, ofService)
	return labels, makeAnnotations(s, ofService, rule.AnnotationsOfComponent(merged.Annotations))
}

// recordAnnotationsNotOnPods records which annotations of the service its pods do not have, without
// settings, of which nobody expects it.
func recordAnnotationsNotOnPods(s *sources, forPods map[string]string) {
	if !s.record.IsExplaining() {
		return
	}
	var missing []string
	inherited := modes.AnnotationsInheritedFromService(s.service.Annotations)
	for _, key := range slices.Sorted(maps.Keys(inherited)) {
		if _, onPods := forPods[key]; !onPods && !modes.IsControlAnnotation(key) {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		s.record.AddEntry(trace.Entry{
			Subject: s.traceSubject("annotations"), Verdict: trace.Rejected, Reason: NotOnPods,
			Message: "pods do not have " + strings.Join(missing, ", ") + " of the service, because nothing is known to read it on pods: " +
				"where something does, write it on the component or name it in templateAnnotations of key " + config.SectionDeploy + " of ConfigMap " + config.MapName,
		})
	}
}
