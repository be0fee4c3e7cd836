package modes

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/finding"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// The values that OME gives to what a kedaConfig leaves out, and what KEDA
// calls the trigger and a metric that is not divided by the replicas.
const (
	defaultThreshold  = "10"
	prometheusTrigger = "prometheus"
	metricTypeValue   = "Value"
	workloadLabel     = "ome_io_inferenceservice"
)

// scaledObject makes KEDA scale on a Prometheus query.
//
// KEDA only ever scales out when the query's value rises. The operators
// GreaterThan and GreaterThanOrEqual are that: the threshold is the value of
// one replica. For LessThan and LessThanOrEqual the query is inverted, so that
// the number of replicas grows by threshold/value while the value is below the
// threshold. The annotations autoscaling.keda.sh/* win over the kedaConfig.
func scaledObject(env *Env, c *Component, target autoscalingv2.CrossVersionObjectReference) (*ScaledObject, *finding.Finding) {
	trigger, problem := prometheus(env, c)
	if problem != nil {
		return nil, problem
	}
	least, most := replicaBounds(c.Scaling)
	labels := kmap.Filter(baseLabels(c), func(key string) bool { return key == v1beta1.LabelLensResourceVersion })
	return &ScaledObject{
		TypeMeta:   typeMeta(kinds.ScaledObject),
		ObjectMeta: objectMeta(c, names.ScaledObject(c.Name), labels, c.Annotations),
		Spec: ScaledObjectSpec{
			ScaleTargetRef:  ScaleTarget{APIVersion: target.APIVersion, Kind: target.Kind, Name: target.Name},
			MinReplicaCount: least,
			MaxReplicaCount: most,
			Triggers:        []ScaleTrigger{trigger},
		},
	}, nil
}

// prometheus builds the trigger.
func prometheus(env *Env, c *Component) (ScaleTrigger, *finding.Finding) {
	keda := v1beta1.KedaConfig{}
	if c.Scaling.Keda != nil {
		keda = *c.Scaling.Keda
	}
	threshold := cmp.Or(c.Annotations[v1beta1.AnnotationKedaThreshold], keda.ScalingThreshold, defaultThreshold)
	if !positive(threshold) {
		return ScaleTrigger{}, invalidKeda(c, "threshold %q: it must be a number greater than 0 "+
			"(kedaConfig.scalingThreshold or annotation %s)", threshold, v1beta1.AnnotationKedaThreshold)
	}
	query, inverted, problem := scalingQuery(c, keda, threshold)
	if problem != nil {
		return ScaleTrigger{}, problem
	}
	trigger := ScaleTrigger{Type: prometheusTrigger, Metadata: map[string]string{
		"serverAddress": cmp.Or(c.Annotations[v1beta1.AnnotationKedaServerAddress], keda.PromServerAddress, env.Config.Keda.PromServerAddress),
		"query":         query,
		"threshold":     threshold,
	}}
	if inverted {
		trigger.MetricType = metricTypeValue
	}
	authenticate(&trigger, keda)
	return trigger, nil
}

// authenticate adds the credentials for the Prometheus server.
func authenticate(trigger *ScaleTrigger, keda v1beta1.KedaConfig) {
	ref := keda.AuthenticationRef
	if ref == nil {
		return
	}
	trigger.AuthenticationRef = &ScaleTriggerSecret{
		Name: ref.Name, Kind: cmp.Or(ref.Kind, v1beta1.TriggerAuthenticationKind),
	}
	if keda.AuthModes != "" {
		trigger.Metadata["authModes"] = keda.AuthModes
	}
}

// scalingQuery is the query that KEDA asks, and whether it is inverted.
//
// Without an operator, a query of the user's own scales out when its value
// rises, which is what it does under OME, whatever OME's default operator
// says; the built-in query has OME's default, LessThanOrEqual.
func scalingQuery(c *Component, keda v1beta1.KedaConfig, threshold string) (query string, inverted bool, problem *finding.Finding) {
	own := cmp.Or(c.Annotations[v1beta1.AnnotationKedaQuery],
		strings.ReplaceAll(keda.CustomPromQuery, "%s", names.Service(c.Name)))
	operator := cmp.Or(c.Annotations[v1beta1.AnnotationKedaOperator], keda.ScalingOperator)
	switch operator {
	case v1beta1.ScalingGreaterThan, v1beta1.ScalingGreaterThanOrEqual:
		return cmp.Or(own, starvedReplicas(c)), false, nil
	case v1beta1.ScalingLessThan, v1beta1.ScalingLessThanOrEqual:
	case "":
		if own != "" {
			return own, false, nil
		}
	default:
		return "", false, invalidKeda(c, "operator %q: it must be GreaterThan, GreaterThanOrEqual, LessThan or LessThanOrEqual "+
			"(kedaConfig.scalingOperator or annotation %s)", operator, v1beta1.AnnotationKedaOperator)
	}
	if own != "" {
		return invert(own, threshold), true, nil
	}
	return invert(throughput(c), threshold) + " * (" + serving(c) + ")", true, nil
}

// starvedReplicas is OME's built-in query: the number of replicas that generate
// fewer than ten tokens a second times the number of those that serve.
func starvedReplicas(c *Component) string {
	return fmt.Sprintf("sum(%s < bool 10) * sum(%s > bool 0.50)", tokenRate(c), requestRate(c))
}

// throughput is the tokens a second that a replica generates on average.
func throughput(c *Component) string { return fmt.Sprintf("avg(%s)", tokenRate(c)) }

// serving is 1 while requests are served and 0 while not: an idle service
// generates few tokens too, and must not grow for it.
func serving(c *Component) string { return fmt.Sprintf("sum(%s) > bool 0.50", requestRate(c)) }

func tokenRate(c *Component) string {
	return fmt.Sprintf("avg_over_time(vllm:avg_generation_throughput_toks_per_s{%s}[5m])", podMatcher(c))
}

func requestRate(c *Component) string {
	return fmt.Sprintf("rate(vllm:request_success_total{%s}[1m])", podMatcher(c))
}

// podMatcher selects the series of the component's pods by the labels that the
// pods carry, in the spelling that Prometheus gives them.
func podMatcher(c *Component) string {
	return fmt.Sprintf("%s=%q, component=%q", workloadLabel, names.LabelValue(c.Service), c.Type)
}

// invert turns a query that should stay above a threshold into one that should
// stay below it: threshold squared over value is the threshold where the value
// is, and grows as the value falls. The thousandth keeps it finite at zero,
// where KEDA would refuse an infinite value.
func invert(query, threshold string) string {
	return fmt.Sprintf("%[2]s * %[2]s / ((\n%[1]s\n) + %[2]s / 1000)", query, threshold)
}

// positive reports whether a text is a finite number above zero.
func positive(text string) bool {
	number, err := strconv.ParseFloat(text, 64)
	return err == nil && number > 0 && !math.IsInf(number, 0)
}

// invalidKeda is the problem of a value that KEDA cannot use.
func invalidKeda(c *Component, format string, args ...any) *finding.Finding {
	return &finding.Finding{
		Reason: ReasonInvalidAutoscaling,
		Message: fmt.Sprintf("the %s of InferenceService %s/%s cannot be scaled with %s",
			c.Type, c.Namespace, c.Service, fmt.Sprintf(format, args...)),
	}
}
