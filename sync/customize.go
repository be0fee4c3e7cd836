package sync

import (
	"encoding/json"
	"errors"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/defaulting"
	"github.com/isvc-io/isvc/sync/resolve"
)

// CustomizeOptions says what Customize may ask for.
type CustomizeOptions struct {
	// Pods asks for the service's pods, from which the state of the model is
	// told. They are many; without them it is told from the workloads.
	Pods bool
}

// Rule selects related objects in Metacontroller's form: all objects of a kind
// in a namespace (none for a cluster-scoped kind), those of the names, or
// those of the labels.
type Rule struct {
	APIVersion    string                `json:"apiVersion"`
	Resource      string                `json:"resource"`
	Namespace     string                `json:"namespace,omitempty"`
	Names         []string              `json:"names,omitempty"`
	LabelSelector *metav1.LabelSelector `json:"labelSelector,omitempty"`
}

// Customize returns the objects that a decision about the service needs. It
// looks at the specification and the identity of the parent only, because
// Metacontroller asks again only when those change. The error is for a parent
// that is not an object with a name and a namespace: a rule without a namespace
// would show it the objects of all others.
//
// A specification that cannot be decoded asks for nothing: the service is held
// whatever else there is.
func Customize(parent json.RawMessage, opts CustomizeOptions) ([]Rule, error) {
	service, raw, err := decodeIdentity(parent)
	if err != nil {
		return nil, err
	}
	if service.Namespace == "" {
		return nil, errors.New("cannot select related objects: metadata.namespace of the parent is missing")
	}
	p := &pass{raw: raw, parent: service}
	if p.decodeSpec() != nil {
		return []Rule{}, nil
	}
	p.service = defaulting.Service(service, "")
	rules := append(p.modelRules(), p.runtimeRules()...)
	rules = append(rules, p.acceleratorRules()...)
	if opts.Pods {
		rules = append(rules, Rule{APIVersion: "v1", Resource: "pods", Namespace: service.Namespace,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{v1beta1.LabelInferenceService: service.Name}}})
	}
	return rules, nil
}

// modelRules ask for the model in both scopes and the weights. Which model a
// weight was tuned from is not known yet, so all models are asked for where a
// weight stands in the model's place.
func (p *pass) modelRules() []Rule {
	ref := p.service.Spec.Model
	if ref == nil || ref.Name == "" {
		return nil
	}
	names, weights := []string{ref.Name}, ref.FineTunedWeights
	if ref.Kind != nil && *ref.Kind == resolve.KindFineTunedWeight {
		names, weights = nil, append([]string{ref.Name}, weights...)
	}
	rules := p.bothScopes(kinds.BaseModel, kinds.ClusterBaseModel, names)
	if len(weights) > 0 {
		rules = append(rules, clusterRule(kinds.FineTunedWeight, weights))
	}
	return rules
}

// runtimeRules ask for the named runtime in both scopes, or for all of them.
func (p *pass) runtimeRules() []Rule {
	var names []string
	if ref := p.service.Spec.Runtime; ref != nil && ref.Name != "" {
		names = []string{ref.Name}
	}
	return p.bothScopes(kinds.ServingRuntime, kinds.ClusterServingRuntime, names)
}

// acceleratorRules ask for the classes where the service names one or leaves
// the choice to a policy.
func (p *pass) acceleratorRules() []Rule {
	selectors := []*v1beta1.AcceleratorSelector{p.service.Spec.AcceleratorSelector}
	if e := p.service.Spec.Engine; e != nil {
		selectors = append(selectors, e.AcceleratorOverride)
	}
	if d := p.service.Spec.Decoder; d != nil {
		selectors = append(selectors, d.AcceleratorOverride)
	}
	for _, s := range selectors {
		if s != nil {
			return []Rule{clusterRule(kinds.AcceleratorClass, nil)}
		}
	}
	return nil
}

func (p *pass) bothScopes(namespaced, cluster kinds.Kind, names []string) []Rule {
	rule := clusterRule(namespaced, names)
	rule.Namespace = p.parent.Namespace
	return []Rule{rule, clusterRule(cluster, names)}
}

// clusterRule selects objects of a kind of ours, all of them without names.
func clusterRule(kind kinds.Kind, names []string) Rule {
	short, apiVersion := kind.Split()
	return Rule{APIVersion: apiVersion, Resource: plural(short), Names: names}
}

// plural is the resource name of a kind of the API group ome.io.
func plural(kind string) string {
	resource := strings.ToLower(kind)
	if strings.HasSuffix(resource, "class") {
		return resource + "es"
	}
	return resource + "s"
}
