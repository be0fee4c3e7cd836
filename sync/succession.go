package sync

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
)

// pinExternal keeps the external Service, while a component changes its mode,
// on the pods of the former workload: by service and component alone it would
// reach the new pods too, among them workers that do not serve.
func (p *pass) pinExternal(c *modes.Component, former []childKey) {
	external := p.children[childKey{kinds.Service, p.service.Name}]
	if external == nil || external.GetLabels()[v1beta1.LabelComponent] != v1beta1.ExternalServiceComponent {
		return
	}
	label, value := podLabel(c, former)
	if selector, found, _ := unstructured.NestedStringMap(external.Object, "spec", "selector"); found && label != "" {
		selector[label] = value
		_ = unstructured.SetNestedStringMap(external.Object, selector, "spec", "selector")
	}
}

// podLabel is a label that the pods of the former workload have and those of
// other modes that do not serve lack.
func podLabel(c *modes.Component, former []childKey) (label, value string) {
	for _, key := range former {
		switch key.kind {
		case kinds.Deployment:
			return v1beta1.LabelApp, names.App(c.Name)
		case kinds.KnativeService:
			return v1beta1.LabelKnativeService, key.name
		}
	}
	return "", ""
}
