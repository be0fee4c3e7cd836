package compose

import (
	"cmp"
	"maps"
	"slices"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// tellLabels records where each label of the component comes from and what it
// replaced.
func (b *builder) tellLabels() {
	if !b.Record.On() {
		return
	}
	layers := b.labelLayers()
	for _, key := range slices.Sorted(maps.Keys(b.out.Labels)) {
		var last value
		for _, l := range layers {
			text, present := l.labels[key]
			if !present {
				continue
			}
			if last.reason != "" && last.text != text {
				b.tellLabel(key, trace.Overridden, last)
			}
			last = value{reason: l.reason, source: l.source, text: text}
		}
		last.reason, last.text = cmp.Or(last.reason, FromDefault), b.out.Labels[key]
		b.tellLabel(key, trace.Set, last)
	}
}

func (b *builder) tellLabel(key string, verdict trace.Verdict, v value) {
	b.Record.Add(trace.Entry{
		Subject: string(b.kind) + "/label/" + key, Verdict: verdict, Reason: v.reason, Source: v.source, Value: v.text,
	})
}

// labelLayers are the labels by side; later ones win.
func (b *builder) labelLayers() []layer {
	layers := []layer{
		{reason: FromService, source: "InferenceService/" + b.Service.Name + " metadata.labels", labels: b.Service.Labels},
	}
	if b.base != nil {
		layers = append(layers, layer{reason: FromRuntime, source: b.runtimeSource() + " spec." + string(b.kind) + "Config.labels", labels: b.base.Labels})
	}
	layers = append(layers, layer{reason: FromService, source: b.serviceSource(".labels"), labels: b.own.Labels},
		layer{reason: FromDefault, labels: map[string]string{
			v1beta1.LabelInferenceService: b.Service.Name, v1beta1.LabelComponent: string(b.kind),
			v1beta1.LabelFineTunedServing: b.out.Labels[v1beta1.LabelFineTunedServing],
		}})
	if b.Runtime != nil {
		layers = append(layers, layer{reason: FromRuntime, source: b.runtimeSource(), labels: map[string]string{v1beta1.LabelServingRuntime: b.Runtime.Name}})
	}
	if b.Model != nil {
		model := map[string]string{}
		b.labelModel(model)
		layers = append(layers, layer{reason: FromModel, source: b.modelSourceField(), labels: model})
	}
	if b.serving() && b.Weight != nil {
		layers = append(layers, layer{reason: FromWeight, source: b.weightSource(), labels: map[string]string{
			v1beta1.LabelFineTunedStrategy: b.out.Labels[v1beta1.LabelFineTunedStrategy],
			v1beta1.LabelFineTunedMerged:   b.out.Labels[v1beta1.LabelFineTunedMerged],
		}})
	}
	return layers
}
