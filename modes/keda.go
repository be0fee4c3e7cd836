package modes

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// The values that OME uses for what a kedaConfig leaves out, and KEDA's names of the trigger and of
// a metric that is not divided by the replicas.
const (
	defaultThreshold  = "10"
	prometheusTrigger = "prometheus"
	metricTypeValue   = "Value"
	workloadLabel     = "ome_io_inferenceservice"
)

// makeScaledObject makes KEDA scale on a Prometheus query.
//
// KEDA scales out only when the value of the query rises. That is what the operators GreaterThan
// and GreaterThanOrEqual mean: the threshold is the value of one replica. For LessThan and
// LessThanOrEqual the query is inverted, so that the number of replicas grows by threshold/value
// while the value is below the threshold. The annotations autoscaling.keda.sh/* win over the
// kedaConfig.
func makeScaledObject(env *Env, c *Component, target autoscalingv2.CrossVersionObjectReference) (*ScaledObject, *finding.Finding) {
	trigger, problem := makePrometheusTrigger(c, env.Config.Keda.PromServerAddress)
	if problem != nil {
		return nil, problem
	}
	minReplicas, maxReplicas := autoscalerBounds(c.Scaling)
	labels := kmap.Filter(componentLabels(c), func(key string) bool { return key == v1beta1.LabelLensResourceVersion })
	return &ScaledObject{
		TypeMeta:   typeMetaOf(kinds.ScaledObject),
		ObjectMeta: componentObjectMeta(c, names.ScaledObject(c.Name), labels, c.Annotations),
		Spec: ScaledObjectSpec{
			ScaleTargetRef:  ScaleTarget{APIVersion: target.APIVersion, Kind: target.Kind, Name: target.Name},
			MinReplicaCount: minReplicas,
			MaxReplicaCount: maxReplicas,
			Triggers:        []ScaleTrigger{trigger},
		},
	}, nil
}

// makePrometheusTrigger is the query, its threshold and the Prometheus server. The server's address
// is the configured one where the component gives none.
func makePrometheusTrigger(c *Component, serverAddress string) (ScaleTrigger, *finding.Finding) {
	keda := v1beta1.KedaConfig{}
	if c.Scaling.Keda != nil {
		keda = *c.Scaling.Keda
	}
	threshold := cmp.Or(c.Annotations[v1beta1.AnnotationKedaThreshold], keda.ScalingThreshold, defaultThreshold)
	if !isPositiveNumber(threshold) {
		return ScaleTrigger{}, invalidKedaValue(c, "threshold %q: it must be a number greater than 0 "+
			"(kedaConfig.scalingThreshold or annotation %s)", threshold, v1beta1.AnnotationKedaThreshold)
	}
	query, inverted, problem := prometheusQuery(c, keda, threshold)
	if problem != nil {
		return ScaleTrigger{}, problem
	}
	metadata := map[string]string{
		"serverAddress": cmp.Or(c.Annotations[v1beta1.AnnotationKedaServerAddress], keda.PromServerAddress, serverAddress),
		"query":         query,
		"threshold":     threshold,
	}
	credentials := prometheusCredentials(keda.AuthenticationRef)
	if credentials != nil && keda.AuthModes != "" {
		metadata["authModes"] = keda.AuthModes
	}
	metricType := ""
	if inverted {
		metricType = metricTypeValue
	}
	return ScaleTrigger{
		Type: prometheusTrigger, MetricType: metricType, Metadata: metadata, AuthenticationRef: credentials,
	}, nil
}

// prometheusCredentials refers to the credentials for the Prometheus server.
func prometheusCredentials(ref *v1beta1.AuthenticationRef) *ScaleTriggerSecret {
	if ref == nil {
		return nil
	}
	return &ScaleTriggerSecret{Name: ref.Name, Kind: cmp.Or(ref.Kind, v1beta1.TriggerAuthenticationKind)}
}

// prometheusQuery is the query that KEDA asks, and whether it is inverted.
//
// Without an operator, a query of the user's own scales out when its value rises. That is what it
// does under OME, although OME's default operator is another. The built-in query has OME's default,
// LessThanOrEqual.
func prometheusQuery(c *Component, keda v1beta1.KedaConfig, threshold string) (query string, inverted bool, problem *finding.Finding) {
	own := cmp.Or(c.Annotations[v1beta1.AnnotationKedaQuery],
		strings.ReplaceAll(keda.CustomPromQuery, "%s", names.Service(c.Name)))
	operator := cmp.Or(c.Annotations[v1beta1.AnnotationKedaOperator], keda.ScalingOperator)
	switch operator {
	case v1beta1.ScalingGreaterThan, v1beta1.ScalingGreaterThanOrEqual:
		return cmp.Or(own, starvedReplicasQuery(c)), false, nil
	case v1beta1.ScalingLessThan, v1beta1.ScalingLessThanOrEqual:
	case "":
		if own != "" {
			return own, false, nil
		}
	default:
		return "", false, invalidKedaValue(c, "operator %q: it must be GreaterThan, GreaterThanOrEqual, LessThan or LessThanOrEqual "+
			"(kedaConfig.scalingOperator or annotation %s)", operator, v1beta1.AnnotationKedaOperator)
	}
	if own != "" {
		return invertQuery(own, threshold), true, nil
	}
	return invertQuery(averageThroughputQuery(c), threshold) + " * (" + servesRequestsQuery(c) + ")", true, nil
}

// starvedReplicasQuery is OME's built-in query: the number of replicas that generate fewer than ten
// tokens a second, times the number of replicas that serve.
func starvedReplicasQuery(c *Component) string {
	return fmt.Sprintf("sum(%s < bool 10) * sum(%s > bool 0.50)", tokenRateQuery(c), requestRateQuery(c))
}

// averageThroughputQuery is the number of tokens a second that a replica generates on average.
func averageThroughputQuery(c *Component) string { return fmt.Sprintf("avg(%s)", tokenRateQuery(c)) }

// servesRequestsQuery is 1 while requests are served and 0 otherwise. An idle service generates few
// tokens too, and must not grow for it.
func servesRequestsQuery(c *Component) string {
	return fmt.Sprintf("sum(%s) > bool 0.50", requestRateQuery(c))
}

func tokenRateQuery(c *Component) string {
	return fmt.Sprintf("avg_over_time(vllm:avg_generation_throughput_toks_per_s{%s}[5m])", componentSeriesMatcher(c))
}

func requestRateQuery(c *Component) string {
	return fmt.Sprintf("rate(vllm:request_success_total{%s}[1m])", componentSeriesMatcher(c))
}

// componentSeriesMatcher selects the series of the component's pods by the labels of the pods, in
// the spelling that Prometheus gives them.
func componentSeriesMatcher(c *Component) string {
	return fmt.Sprintf("%s=%q, component=%q", workloadLabel, names.LabelValue(c.Service), c.Type)
}

// invertQuery turns a query whose value should stay above a threshold into one whose value should
// stay below it: threshold squared over value equals the threshold where the value does, and grows
// as the value falls. The thousandth keeps it finite at zero, because KEDA refuses an infinite
// value.
func invertQuery(query, threshold string) string {
	return fmt.Sprintf("%[2]s * %[2]s / ((\n%[1]s\n) + %[2]s / 1000)", query, threshold)
}

// isPositiveNumber reports whether a string is a finite number above zero.
func isPositiveNumber(value string) bool {
	number, err := strconv.ParseFloat(value, 64)
	return err == nil && number > 0 && !math.IsInf(number, 0)
}

// invalidKedaValue is the problem of a value that KEDA cannot use.
func invalidKedaValue(c *Component, format string, args ...any) *finding.Finding {
	return &finding.Finding{
		Reason:  ReasonInvalidAutoscaling,
		Message: fmt.Sprintf("the %s cannot be scaled with %s", c.inWords(), fmt.Sprintf(format, args...)),
	}
}
