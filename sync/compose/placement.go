package compose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// place decides on which nodes a pod may run. Per key of the node selector the
// service's component wins over the accelerator class, that over the old-style
// runtime, that over the merged template.
func (b *builder) place(p *pod) {
	if !b.serving() {
		return
	}
	if key := b.modelNodeLabel(); key != "" && !b.mergedWeight() {
		if _, present := p.spec.NodeSelector[key]; !present {
			p.spec.NodeSelector = united(p.spec.NodeSelector, map[string]string{key: v1beta1.NodeModelReady})
			b.tell(string(b.kind)+"/nodeSelector/"+key, trace.Set, "ModelOnNode",
				"the pod waits for a node that holds the model")
		}
	}
	if over := b.nodeSelectorOverlay(); len(over) > 0 {
		p.spec.NodeSelector = united(p.spec.NodeSelector, over)
	}
	if b.accelerator != nil && !p.own.affinity && b.accelerator.Class.Spec.Discovery.Affinity != nil {
		p.spec.Affinity = b.accelerator.Class.Spec.Discovery.Affinity.DeepCopy()
		b.tell(string(b.kind)+"/affinity", trace.Set, "AcceleratorClass", "the affinity of "+b.classSource()+" is used")
	}
	b.tellClassNodes(p)
}

// tellClassNodes records on which nodes the accelerator class puts a pod, and
// what of it the service overrides.
func (b *builder) tellClassNodes(p *pod) {
	if b.accelerator == nil || !b.Record.On() {
		return
	}
	labels := b.accelerator.Class.Spec.Discovery.NodeSelector
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if p.spec.NodeSelector[key] != labels[key] {
			b.tell(string(b.kind)+"/nodeSelector/"+key, trace.Overridden, "ServiceOverridesClass",
				fmt.Sprintf("%s of the service replaces %s of %s", p.spec.NodeSelector[key], labels[key], b.classSource()))
			continue
		}
		b.tell(string(b.kind)+"/nodeSelector/"+key, trace.Set, "AcceleratorClass",
			fmt.Sprintf("%s, of %s", labels[key], b.classSource()))
	}
}

// modelNodeLabel is the label that OME's model agent puts on a node once the
// model is there. A model on a claim is not on nodes, so nothing waits for it.
func (b *builder) modelNodeLabel() string {
	switch {
	case b.Model == nil || b.onClaim():
		return ""
	case b.Model.Namespace == "":
		return names.ClusterModelLabel(b.Model.Name)
	}
	return names.NamespacedModelLabel(b.Model.Namespace, b.Model.Name)
}

func (b *builder) onClaim() bool {
	storage := b.storage()
	return storage != nil && strings.HasPrefix(storage.StorageURI, claimScheme)
}

func (b *builder) nodeSelectorOverlay() map[string]string {
	over := map[string]string{}
	if b.Runtime != nil {
		over = united(over, b.Runtime.Spec.NodeSelector)
	}
	if b.accelerator != nil {
		over = united(over, b.accelerator.Class.Spec.Discovery.NodeSelector)
	}
	return united(over, b.own.NodeSelector)
}
