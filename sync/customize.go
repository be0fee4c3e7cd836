package sync

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/resolve"
)

// CustomizeOptions says what Customize may ask for.
type CustomizeOptions struct {
	// Pods asks for the service's pods, from which the state of the model is
	// told. They are many; without them it is told from the workloads.
	Pods bool
	// Declared are the child kinds that are installed and declared to Metacontroller. It may be asked
	// for objects of these only: an unknown kind stops it.
	Declared kinds.Set
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
	rules := slices.Concat(modelRules(namespace, spec), runtimeRules(namespace, spec), acceleratorRules(spec), accountRules(namespace, spec),
		trafficRules(namespace, service.given.Name, opts.Declared))
	if opts.Pods {
		rules = append(rules, Rule{APIVersion: "v1", Resource: "pods", Namespace: namespace,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{v1beta1.LabelInferenceService: service.given.Name}}})
	}
	return rules, nil
}

// modelRules select the model and its overlays in both scopes and the weights. Which model a weight was
// tuned from is not known yet, so all models are selected where a weight stands in the
// model's place.
func modelRules(namespace string, spec v1beta1.InferenceServiceSpec) []Rule {
	ref := spec.Model
	if ref == nil || ref.Name == "" {
		return nil
	}
	models, weights := []string{ref.Name}, ref.FineTunedWeights
	for _, overlay := range ref.Overlays {
		if overlay.Name != "" {
			models = append(models, overlay.Name)
		}
	}
	if ref.Kind != nil && *ref.Kind == resolve.KindFineTunedWeight {
		models, weights = nil, append([]string{ref.Name}, weights...)
	}
	rules := rulesForBothScopes(namespace, kinds.BaseModel, kinds.ClusterBaseModel, models)
	if len(weights) > 0 {
		rules = append(rules, clusterRule(kinds.FineTunedWeight, weights))
	}
	return rules
}

// runtimeRules select the named runtime in both scopes and the profiles that it may inherit from, or all
// runtimes.
func runtimeRules(namespace string, spec v1beta1.InferenceServiceSpec) []Rule {
	var runtimes []string
	if ref := spec.Runtime; ref != nil && ref.Name != "" {
		runtimes = []string{ref.Name}
	}
	rules := rulesForBothScopes(namespace, kinds.ServingRuntime, kinds.ClusterServingRuntime, runtimes)
	if len(runtimes) > 0 {
		for _, rule := range rulesForBothScopes(namespace, kinds.ServingRuntime, kinds.ClusterServingRuntime, nil) {
			rule.LabelSelector = &metav1.LabelSelector{MatchLabels: map[string]string{v1beta1.LabelRuntimeProfile: "true"}}
			rules = append(rules, rule)
		}
	}
	return rules
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

// accountRules select the default account of the namespace where there is a router, which may get an
// account of its own.
func accountRules(namespace string, spec v1beta1.InferenceServiceSpec) []Rule {
	if spec.Router == nil {
		return nil
	}
	return []Rule{{APIVersion: "v1", Resource: "serviceaccounts", Namespace: namespace, Names: []string{DefaultServiceAccount}}}
}

// trafficRules select the objects whose names the service needs to be reached, whoever owns them: who
// does not own such an object is not reached by its name. They also select the few routes of the
// namespace that can have the host of another service. Metacontroller watches these kinds already, so
// that it costs no memory. What the service has in any mode is selected, because the mode may depend on
// more than the specification.
func trafficRules(namespace, service string, declared kinds.Set) []Rule {
	needed := map[kinds.Kind][]string{kinds.Service: {service}, kinds.HTTPRoute: {service, names.Component(service, modes.PathRoute)}}
	for _, component := range []v1beta1.ComponentType{v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent} {
		name := names.Component(service, string(component))
		needed[kinds.Service] = append(needed[kinds.Service], names.Service(name), names.Service(names.Canary(name)))
		needed[kinds.HTTPRoute] = append(needed[kinds.HTTPRoute], name)
	}
	var rules []Rule
	for _, kind := range trafficKinds() {
		if declared.Has(kind) {
			rule := clusterRule(kind, needed[kind])
			rule.Namespace = namespace
			rules = append(rules, rule)
		}
	}
	for _, kind := range routeKinds() {
		if declared.Has(kind) {
			rule := clusterRule(kind, nil)
			rule.Namespace = namespace
			rule.LabelSelector = &metav1.LabelSelector{MatchLabels: map[string]string{v1beta1.LabelSharedHost: "true"}}
			rules = append(rules, rule)
		}
	}
	return rules
}

// routeKinds are the kinds of routes that are related to a service where they have a host or path that
// does not depend on the name of their service.
func routeKinds() []kinds.Kind { return []kinds.Kind{kinds.HTTPRoute, kinds.Ingress} }

// trafficKinds are the kinds of objects that are related to a service by their names.
func trafficKinds() []kinds.Kind { return []kinds.Kind{kinds.HTTPRoute, kinds.Service} }

func rulesForBothScopes(namespace string, namespaced, cluster kinds.Kind, objects []string) []Rule {
	rule := clusterRule(namespaced, objects)
	rule.Namespace = namespace
	return []Rule{rule, clusterRule(cluster, objects)}
}

// clusterRule selects objects of a kind of the API group ome.io: those of the names, or
// all of them.
func clusterRule(kind kinds.Kind, objects []string) Rule {
	_, apiVersion := kind.NameAndVersion()
	return Rule{APIVersion: apiVersion, Resource: ResourceName(kind), Names: objects}
}

// ResourceName is the name of a kind in paths of the API: "httproutes".
func ResourceName(kind kinds.Kind) string {
	short, _ := kind.NameAndVersion()
	resource := strings.ToLower(short)
	if strings.HasSuffix(resource, "ss") {
		return resource + "es"
	}
	return resource + "s"
}
