// Package validation checks an InferenceService without looking at any other object: the rules of
// OME's validating webhook, and numbers that a workload cannot have. The custom resource definition
// refuses most of these mistakes already; a manifest that is rendered offline is checked only here.
package validation

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

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
	engineIsPresent,               // a decoder or a router needs an engine
	numbersAreInRange,             // replicas and other numbers
	autoscalerClassExists,         // with a metric that it has
	targetUtilizationIsPercentage, // a whole number from 1 to 100
	kedaSettingsAreKnown,          // operator, threshold, server and modes of authentication
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

func engineIsPresent(s *v1beta1.InferenceService) []finding.Finding {
	if s.Spec.Engine != nil {
		return nil
	}
	switch {
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
				"%d is out of range: use a number from %d to %d", *n, least, greatest)...)
		}
	}
	check("minReplicas", toInt64(c.extension.MinReplicas), 0, math.MaxInt32)
	check("maxReplicas", toInt64(&c.extension.MaxReplicas), 0, math.MaxInt32)
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

// setting is a string with the path of its field.
type setting struct{ field, text string }

// kedaSettingsAreKnown checks the KEDA settings of a service that asks for KEDA by annotation.
func kedaSettingsAreKnown(s *v1beta1.InferenceService) []finding.Finding {
	if s.Annotations[v1beta1.AnnotationAutoscalerClass] != "keda" {
		return nil
	}
	var out []finding.Finding
	if k := s.Spec.KedaConfig; k != nil {
		out = append(out, invalidKedaSettings(
			setting{"spec.kedaConfig.scalingOperator", k.ScalingOperator},
			setting{"spec.kedaConfig.scalingThreshold", k.ScalingThreshold},
			setting{"spec.kedaConfig.promServerAddress", k.PromServerAddress})...)
		out = append(out, invalidAuthModes(setting{"spec.kedaConfig.authModes", k.AuthModes})...)
	}
	annotated := func(key string) setting { return setting{annotationField(key), s.Annotations[key]} }
	return append(out, invalidKedaSettings(annotated(v1beta1.AnnotationKedaOperator),
		annotated(v1beta1.AnnotationKedaThreshold), annotated(v1beta1.AnnotationKedaServerAddress))...)
}

var kedaOperators = []string{"GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"}

func invalidKedaSettings(operator, threshold, server setting) []finding.Finding {
	var out []finding.Finding
	if operator.text != "" && !slices.Contains(kedaOperators, operator.text) {
		out = append(out, invalidField(operator.field,
			"%q is not an operator: use %s", operator.text, strings.Join(kedaOperators, ", "))...)
	}
	if n, err := strconv.ParseFloat(threshold.text, 64); threshold.text != "" &&
		(err != nil || math.IsNaN(n) || math.IsInf(n, 0)) {
		out = append(out, invalidField(threshold.field,
			"%q is not a number: use one such as 10 or 0.5", threshold.text)...)
	}
	if server.text != "" && !isHTTPAddress(server.text) {
		out = append(out, invalidField(server.field,
			"%q is not the address of a Prometheus server: use http://host:port or https://host:port", server.text)...)
	}
	return out
}

func isHTTPAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

var kedaAuthModes = []string{"basic", "tls", "bearer", "custom"}

func invalidAuthModes(modes setting) []finding.Finding {
	for _, mode := range strings.Split(modes.text, ",") {
		mode = strings.TrimSpace(mode)
		if mode != "" && !slices.Contains(kedaAuthModes, mode) {
			return invalidField(modes.field,
				"%q is not an authentication mode: use %s", mode, strings.Join(kedaAuthModes, ", "))
		}
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
