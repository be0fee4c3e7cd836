package sync

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
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
	service, problem, err := readService(parent, "")
	if err != nil {
		return nil, err
	}
	namespace, spec := service.given.Namespace, service.effective.Spec
	if namespace == "" {
		return nil, errors.New("cannot select related objects: metadata.namespace of the parent is missing")
	}
	if problem != nil {
		return []Rule{}, nil
	}
	rules := slices.Concat(modelRules(namespace, spec), runtimeRules(namespace, spec), acceleratorRules(spec))
	if opts.Pods {
		rules = append(rules, Rule{APIVersion: "v1", Resource: "pods", Namespace: namespace,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{v1beta1.LabelInferenceService: service.given.Name}}})
	}
	return rules, nil
}

// modelRules select the model in both scopes and the weights. Which model a weight was
// tuned from is not known yet, so all models are selected where a weight stands in the
// model's place.
func modelRules(namespace string, spec v1beta1.InferenceServiceSpec) []Rule {
	ref := spec.Model
	if ref == nil || ref.Name == "" {
		return nil
	}
	names, weights := []string{ref.Name}, ref.FineTunedWeights
	if ref.Kind != nil && *ref.Kind == resolve.KindFineTunedWeight {
		names, weights = nil, append([]string{ref.Name}, weights...)
	}
	rules := rulesForBothScopes(namespace, kinds.BaseModel, kinds.ClusterBaseModel, names)
	if len(weights) > 0 {
		rules = append(rules, clusterRule(kinds.FineTunedWeight, weights))
	}
	return rules
}

// runtimeRules select the named runtime in both scopes, or all runtimes.
func runtimeRules(namespace string, spec v1beta1.InferenceServiceSpec) []Rule {
	var names []string
	if ref := spec.Runtime; ref != nil && ref.Name != "" {
		names = []string{ref.Name}
	}
	return rulesForBothScopes(namespace, kinds.ServingRuntime, kinds.ClusterServingRuntime, names)
}

// acceleratorRules select the classes where the service names one or leaves the choice to
// a policy.
func acceleratorRules(spec v1beta1.InferenceServiceSpec) []Rule {
	selectors := []*v1beta1.AcceleratorSelector{spec.AcceleratorSelector}
	if spec.Engine != nil {
		selectors = append(selectors, spec.Engine.AcceleratorOverride)
	}
	if spec.Decoder != nil {
		selectors = append(selectors, spec.Decoder.AcceleratorOverride)
	}
	for _, selector := range selectors {
		if selector != nil {
			return []Rule{clusterRule(kinds.AcceleratorClass, nil)}
		}
	}
	return nil
}

func rulesForBothScopes(namespace string, namespaced, cluster kinds.Kind, names []string) []Rule {
	rule := clusterRule(namespaced, names)
	rule.Namespace = namespace
	return []Rule{rule, clusterRule(cluster, names)}
}

// clusterRule selects objects of a kind of the API group ome.io: those of the names, or
// all of them.
func clusterRule(kind kinds.Kind, names []string) Rule {
	short, apiVersion := kind.Split()
	return Rule{APIVersion: apiVersion, Resource: resourceName(short), Names: names}
}

// resourceName is the resource name of a kind of the API group ome.io.
func resourceName(kind string) string {
	resource := strings.ToLower(kind)
	if strings.HasSuffix(resource, "class") {
		return resource + "es"
	}
	return resource + "s"
}
