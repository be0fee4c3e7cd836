// Package validation checks what can be said of an InferenceService without
// looking at anything else: the rules of OME's validating webhook, and numbers
// that no workload can have. The custom resource definition refuses most of
// this already; a manifest that is rendered offline meets it here.
package validation

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// ReasonInvalidSpec: the service breaks a rule of the specification; nothing of
// it changes until that is corrected. Seen in Ready. Fix: correct the fields
// that the message names.
const ReasonInvalidSpec = "InvalidSpec"

// invalidField is the finding of a field that breaks a rule.
func invalidField(field, format string, args ...any) []finding.Finding {
	return []finding.Finding{{Field: field, Message: fmt.Sprintf(format, args...)}}
}

// rule checks one thing. It returns the findings in a stable order.
type rule func(s *v1beta1.InferenceService) []finding.Finding

// rules are checked in this order; the first finding is the one that counts.
var rules = []rule{
	name,                  // a name that is a legal prefix of every child's name
	engineForOthers,       // a decoder or a router stands beside an engine
	numbers,               // replicas and other numbers in their ranges
	autoscalerClass,       // a class that exists, with a metric it has
	targetUtilization,     // a percentage
	kedaOfService,         // operator, threshold, server and modes that KEDA knows
	acceleratorPolicy,     // a policy that exists
	modelReference,        // references have names
	fineTunedWeightsNamed, // no empty weight names
}

// Service returns what is wrong with a service, the most important first.
func Service(s *v1beta1.InferenceService) []finding.Finding {
	var findings []finding.Finding
	for _, check := range rules {
		findings = append(findings, check(s)...)
	}
	return findings
}

// isName reports whether a text consists of lower-case letters, digits and
// dashes, begins with a letter and does not end with a dash.
func isName(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	return text != "" && strings.Trim(text, letters+"0123456789-") == "" &&
		strings.IndexByte(letters, text[0]) >= 0 && text[len(text)-1] != '-'
}

// maxNameLength is what a label value holds: the name is the value of the
// label by which pods are found.
const maxNameLength = 63

func name(s *v1beta1.InferenceService) []finding.Finding {
	switch {
	case !isName(s.Name):
		return invalidField("metadata.name",
			"%q is not a name for a service: use lower-case letters, digits and dashes, beginning with a letter and not ending with a dash", s.Name)
	case len(s.Name) > maxNameLength:
		return invalidField("metadata.name",
			"the name has %d characters and can have %d: use a shorter name", len(s.Name), maxNameLength)
	}
	return nil
}

func engineForOthers(s *v1beta1.InferenceService) []finding.Finding {
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

// extensions returns the component extensions of a service by field.
func extensions(s *v1beta1.InferenceService) []component {
	var out []component
	if e := s.Spec.Engine; e != nil {
		out = append(out, component{"spec.engine", &e.ComponentExtensionSpec, e.Worker})
	}
	if d := s.Spec.Decoder; d != nil {
		out = append(out, component{"spec.decoder", &d.ComponentExtensionSpec, d.Worker})
	}
	if r := s.Spec.Router; r != nil {
		out = append(out, component{"spec.router", &r.ComponentExtensionSpec, nil})
	}
	return out
}

type component struct {
	field  string
	ext    *v1beta1.ComponentExtensionSpec
	worker *v1beta1.WorkerSpec
}

func numbers(s *v1beta1.InferenceService) []finding.Finding {
	var out []finding.Finding
	for _, c := range extensions(s) {
		out = append(out, c.numbers()...)
	}
	return out
}

func (c component) numbers() []finding.Finding {
	var out []finding.Finding
	at := func(field string, n *int64, least, greatest int64) {
		if n != nil && (*n < least || *n > greatest) {
			out = append(out, invalidField(c.field+"."+field,
				"%d is out of range: use a number from %d to %d", *n, least, greatest)...)
		}
	}
	at("minReplicas", wide(c.ext.MinReplicas), 0, maxInt32)
	at("maxReplicas", wide(&c.ext.MaxReplicas), 0, maxInt32)
	at("scaleTarget", wide(c.ext.ScaleTarget), 1, maxInt32)
	at("containerConcurrency", c.ext.ContainerConcurrency, 0, maxInt32)
	at("timeoutSeconds", c.ext.TimeoutSeconds, 0, maxInt32)
	at("canaryTrafficPercent", c.ext.CanaryTrafficPercent, 0, 100)
	if c.worker != nil {
		at("worker.size", wide(c.worker.Size), 0, maxInt32)
	}
	return out
}

const maxInt32 = 1<<31 - 1

func wide(n *int) *int64 {
	if n == nil {
		return nil
	}
	w := int64(*n)
	return &w
}

// annotationField is the path of an annotation.
func annotationField(key string) string { return "metadata.annotations[" + key + "]" }

func autoscalerClass(s *v1beta1.InferenceService) []finding.Finding {
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

func targetUtilization(s *v1beta1.InferenceService) []finding.Finding {
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

// setting is a text with the field that it stands in.
type setting struct{ field, text string }

// kedaOfService checks the KEDA settings of a service that uses KEDA.
func kedaOfService(s *v1beta1.InferenceService) []finding.Finding {
	if s.Annotations[v1beta1.AnnotationAutoscalerClass] != "keda" {
		return nil
	}
	var out []finding.Finding
	if k := s.Spec.KedaConfig; k != nil {
		out = append(out, kedaSettings(
			setting{"spec.kedaConfig.scalingOperator", k.ScalingOperator},
			setting{"spec.kedaConfig.scalingThreshold", k.ScalingThreshold},
			setting{"spec.kedaConfig.promServerAddress", k.PromServerAddress})...)
		out = append(out, authModes(setting{"spec.kedaConfig.authModes", k.AuthModes})...)
	}
	a := func(key string) setting { return setting{annotationField(key), s.Annotations[key]} }
	return append(out, kedaSettings(a(v1beta1.AnnotationKedaOperator),
		a(v1beta1.AnnotationKedaThreshold), a(v1beta1.AnnotationKedaServerAddress))...)
}

var kedaOperators = []string{"GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"}

func kedaSettings(operator, threshold, server setting) []finding.Finding {
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
	if server.text != "" && !isHTTP(server.text) {
		out = append(out, invalidField(server.field,
			"%q is not the address of a Prometheus server: use http://host:port or https://host:port", server.text)...)
	}
	return out
}

func isHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

var kedaAuthModes = []string{"basic", "tls", "bearer", "custom"}

func authModes(modes setting) []finding.Finding {
	for _, mode := range strings.Split(modes.text, ",") {
		mode = strings.TrimSpace(mode)
		if mode != "" && !slices.Contains(kedaAuthModes, mode) {
			return invalidField(modes.field,
				"%q is not an authentication mode: use %s", mode, strings.Join(kedaAuthModes, ", "))
		}
	}
	return nil
}

var policies = []v1beta1.AcceleratorSelectionPolicy{
	"", v1beta1.BestFit, v1beta1.Cheapest, v1beta1.MostCapable, v1beta1.FirstAvailable,
}

func acceleratorPolicy(s *v1beta1.InferenceService) []finding.Finding {
	out := policyOf("spec.acceleratorSelector", s.Spec.AcceleratorSelector)
	if e := s.Spec.Engine; e != nil {
		out = append(out, policyOf("spec.engine.acceleratorOverride", e.AcceleratorOverride)...)
	}
	if d := s.Spec.Decoder; d != nil {
		out = append(out, policyOf("spec.decoder.acceleratorOverride", d.AcceleratorOverride)...)
	}
	return out
}

func policyOf(field string, selector *v1beta1.AcceleratorSelector) []finding.Finding {
	if selector == nil || slices.Contains(policies, selector.Policy) {
		return nil
	}
	return invalidField(field+".policy",
		"%q is not a policy: use BestFit, Cheapest, MostCapable or FirstAvailable", selector.Policy)
}

func modelReference(s *v1beta1.InferenceService) []finding.Finding {
	var out []finding.Finding
	if s.Spec.Model != nil && s.Spec.Model.Name == "" {
		out = append(out, invalidField("spec.model.name", "the reference to the model has no name: set it, or remove spec.model")...)
	}
	return out
}

func fineTunedWeightsNamed(s *v1beta1.InferenceService) []finding.Finding {
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
