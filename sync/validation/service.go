// Package validation checks an InferenceService without looking at any other object: the rules of
// OME's validating webhook, and numbers that a workload cannot have. The custom resource definition
// refuses most of these mistakes already; a manifest that is rendered offline is checked only here.
// The settings of KEDA are checked where a ScaledObject is made from them, because the runtime, the
// component and the configuration give them too.
package validation

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	kubevalidation "k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// ReasonInvalidSpec: the service breaks a rule of the specification; nothing of it changes until
// that is corrected. Seen in Ready. Fix: correct the fields that the message names.
const ReasonInvalidSpec = "InvalidSpec"

// invalidField is the finding of a field that breaks a rule.
func invalidField(field, format string, args ...any) []finding.Finding {
	return []finding.Finding{{Field: field, Message: fmt.Sprintf(format, args...)}}
}

// rule checks one thing. It returns what breaks the rule, in a stable order.
type rule func(s *v1beta1.InferenceService) []finding.Finding

// rules are checked in this order; the first finding is the most important one.
var rules = []rule{
	nameIsDNSLabel,                // a name that is a legal prefix of every child's name
	deploymentModeExists,          // of spec.deploymentMode
	engineIsPresent,               // a decoder or a router needs an engine
	numbersAreInRange,             // replicas and other numbers
	autoscalerClassExists,         // with a metric that it has
	targetUtilizationIsPercentage, // a whole number from 1 to 100
	acceleratorPoliciesExist,      // of the service, the engine and the decoder
	modelIsNamed,                  // no reference without a name
	fineTunedWeightsAreNamed,      // no empty names
}

// Service returns what is wrong with a service, the most important first.
func Service(s *v1beta1.InferenceService) []finding.Finding {
	var findings []finding.Finding
	for _, check := range rules {
		findings = append(findings, check(s)...)
	}
	return findings
}

// nameIsDNSLabel also limits the length: the name is the value of the label by which pods are found.
func nameIsDNSLabel(s *v1beta1.InferenceService) []finding.Finding {
	problems := len(kubevalidation.IsDNS1035Label(s.Name))
	isTooLong := len(s.Name) > kubevalidation.DNS1035LabelMaxLength
	switch {
	case isTooLong && problems == 1:
		return invalidField("metadata.name",
			"the name has %d characters and can have %d: use a shorter name", len(s.Name), kubevalidation.DNS1035LabelMaxLength)
	case problems > 0:
		return invalidField("metadata.name",
			"%q is not a name for a service: use lower-case letters, digits and dashes, beginning with a letter and not ending with a dash", s.Name)
	}
	return nil
}

func deploymentModeExists(s *v1beta1.InferenceService) []finding.Finding {
	switch s.Spec.DeploymentMode {
	case "", v1beta1.OMENative, v1beta1.RawDeployment:
		return nil
	}
	return invalidField("spec.deploymentMode", "%q is not one of OMENative and RawDeployment: use one of them, or the annotation %s of the engine",
		s.Spec.DeploymentMode, v1beta1.AnnotationDeploymentMode)
}

func engineIsPresent(s *v1beta1.InferenceService) []finding.Finding {
	if s.Spec.Engine != nil {
		return nil
	}
	switch {
	case s.Spec.ReplicaRefs != nil:
		return invalidField("spec.replicaRefs", "isvc makes no InferenceReplicas and fronts none: describe what is to run in spec.engine")
	case s.Spec.Decoder != nil:
		return invalidField("spec.decoder", "a decoder works beside an engine: add spec.engine")
	case s.Spec.Router != nil:
		return invalidField("spec.router", "a router forwards to an engine: add spec.engine")
	}
	return invalidField("spec.engine", "there is nothing to run: add spec.engine")
}

// componentFields are the fields of one component that have numbers to check.
type componentFields struct {
	path      string
	extension *v1beta1.ComponentExtensionSpec
	worker    *v1beta1.WorkerSpec
}

func componentsOf(s *v1beta1.InferenceService) []componentFields {
	var all []componentFields
	if e := s.Spec.Engine; e != nil {
		all = append(all, componentFields{"spec.engine", &e.ComponentExtensionSpec, e.Worker})
	}
	if d := s.Spec.Decoder; d != nil {
		all = append(all, componentFields{"spec.decoder", &d.ComponentExtensionSpec, d.Worker})
	}
	if r := s.Spec.Router; r != nil {
		all = append(all, componentFields{"spec.router", &r.ComponentExtensionSpec, nil})
	}
	return all
}

func numbersAreInRange(s *v1beta1.InferenceService) []finding.Finding {
	var out []finding.Finding
	for _, c := range componentsOf(s) {
		out = append(out, c.numbersOutOfRange()...)
	}
	return out
}

func (c componentFields) numbersOutOfRange() []finding.Finding {
	var out []finding.Finding
	check := func(field string, n *int64, least, greatest int64) {
		if n != nil && (*n < least || *n > greatest) {
			out = append(out, invalidField(c.path+"."+field,
				"%d is out of range: use a number from %d to %d", *n, max(least, 0), greatest)...)
		}
	}
	// OME's definition allows negative bounds, so they are served, with a finding.
	check("minReplicas", toInt64(c.extension.MinReplicas), math.MinInt64, math.MaxInt32)
	check("maxReplicas", toInt64(&c.extension.MaxReplicas), math.MinInt64, math.MaxInt32)
	check("scaleTarget", toInt64(c.extension.ScaleTarget), 1, math.MaxInt32)
	check("containerConcurrency", c.extension.ContainerConcurrency, 0, math.MaxInt32)
	check("timeoutSeconds", c.extension.TimeoutSeconds, 0, math.MaxInt32)
	check("canaryTrafficPercent", c.extension.CanaryTrafficPercent, 0, 100)
	if c.worker != nil {
		check("worker.size", toInt64(c.worker.Size), 0, math.MaxInt32)
	}
	return out
}

func toInt64(n *int) *int64 {
	if n == nil {
		return nil
	}
	converted := int64(*n)
	return &converted
}

// annotationField is the path of an annotation.
func annotationField(key string) string { return "metadata.annotations[" + key + "]" }

func autoscalerClassExists(s *v1beta1.InferenceService) []finding.Finding {
	class, present := s.Annotations[v1beta1.AnnotationAutoscalerClass]
	metric, measured := s.Annotations[v1beta1.AnnotationMetrics]
	switch {
	case !present || class == "keda" || class == "external" || class == "none":
		return nil
	case class != "hpa":
		return invalidField(annotationField(v1beta1.AnnotationAutoscalerClass),
			"%q is not an autoscaler class: use hpa, keda, external or none", class)
	case measured && metric != "cpu" && metric != "memory":
		return invalidField(annotationField(v1beta1.AnnotationMetrics),
			"%q is not a metric of class hpa: use cpu or memory", metric)
	}
	return nil
}

func targetUtilizationIsPercentage(s *v1beta1.InferenceService) []finding.Finding {
	text, present := s.Annotations[v1beta1.AnnotationTargetUtilization]
	if !present {
		return nil
	}
	if n, err := strconv.Atoi(text); err != nil || n < 1 || n > 100 {
		return invalidField(annotationField(v1beta1.AnnotationTargetUtilization),
			"%q is not a percentage: use a whole number from 1 to 100", text)
	}
	return nil
}

var acceleratorPolicies = []v1beta1.AcceleratorSelectionPolicy{
	"", v1beta1.BestFit, v1beta1.Cheapest, v1beta1.MostCapable, v1beta1.FirstAvailable,
}

func acceleratorPoliciesExist(s *v1beta1.InferenceService) []finding.Finding {
	out := invalidPolicy("spec.acceleratorSelector", s.Spec.AcceleratorSelector)
	if e := s.Spec.Engine; e != nil {
		out = append(out, invalidPolicy("spec.engine.acceleratorOverride", e.AcceleratorOverride)...)
	}
	if d := s.Spec.Decoder; d != nil {
		out = append(out, invalidPolicy("spec.decoder.acceleratorOverride", d.AcceleratorOverride)...)
	}
	return out
}

func invalidPolicy(field string, selector *v1beta1.AcceleratorSelector) []finding.Finding {
	if selector == nil || slices.Contains(acceleratorPolicies, selector.Policy) {
		return nil
	}
	return invalidField(field+".policy",
		"%q is not a policy: use BestFit, Cheapest, MostCapable or FirstAvailable", selector.Policy)
}

func modelIsNamed(s *v1beta1.InferenceService) []finding.Finding {
	if s.Spec.Model == nil || s.Spec.Model.Name != "" {
		return nil
	}
	return invalidField("spec.model.name", "the reference to the model has no name: set it, or remove spec.model")
}

func fineTunedWeightsAreNamed(s *v1beta1.InferenceService) []finding.Finding {
	if s.Spec.Model == nil {
		return nil
	}
	for i, weight := range s.Spec.Model.FineTunedWeights {
		if weight == "" {
			return invalidField(fmt.Sprintf("spec.model.fineTunedWeights[%d]", i), "the name is empty: set it, or remove the item")
		}
	}
	return nil
}
