package modes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/config"
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
)

// makeScaledObject makes KEDA scale: by the triggers of the autoscaler block, else on a Prometheus query. Beside it
// is what makes Prometheus scrape the pods, where the triggers need that.
func makeScaledObject(env *Env, c *Component, target autoscalingv2.CrossVersionObjectReference) (Built, *finding.Finding) {
	var spec ScaledObjectSpec
	var findings []finding.Finding
	var problem *finding.Finding
	if c.Scaling.Block != nil {
		spec, problem = scaledObjectOfBlock(c, c.Scaling.Block.Keda)
		findings = findingsAboutServer(c, spec.Triggers)
	} else {
		spec, findings, problem = scaledObjectOfQuery(env, c)
	}
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	findings = append(findings, findingsAboutZero(c, &spec)...)
	if c.Scaling.OnlyOut {
		spec.Advanced = withOnlyScalingOut(spec.Advanced)
	}
	spec.ScaleTargetRef = ScaleTarget{APIVersion: target.APIVersion, Kind: target.Kind, Name: target.Name}
	labels := kmap.Filter(componentLabels(c), func(key string) bool { return key == v1beta1.LabelLensResourceVersion })
	scaler := &ScaledObject{
		TypeMeta:   typeMetaOf(kinds.ScaledObject),
		ObjectMeta: componentObjectMeta(c, names.ScaledObject(c.Name), labels, c.Annotations),
		Spec:       spec,
	}
	return concatBuilt(Built{Objects: Objects{scaler}, Findings: findings}, makePodMonitor(env, c)), nil
}

// scaledObjectOfQuery is a ScaledObject for the kedaConfig and the annotations autoscaling.keda.sh/*,
// which win over it.
//
// What is asked is decided by what they say:
//
//	a query                      that one
//	no query, but a threshold    OME's query, to which these belong: how many tokens a second a replica
//	or an operator               generates
//	neither                      the length of the queue and the use of the KV cache
//
// KEDA scales out only when the value of the query rises. That is what the operators GreaterThan
// and GreaterThanOrEqual mean: the threshold is the value of one replica. For LessThan and
// LessThanOrEqual the query is inverted, so that the number of replicas grows by threshold/value
// while the value is below the threshold.
func scaledObjectOfQuery(env *Env, c *Component) (ScaledObjectSpec, []finding.Finding, *finding.Finding) {
	if problem := invalidKedaConfig(env, c); problem != nil {
		return ScaledObjectSpec{}, nil, problem
	}
	trigger, findings, problem := makePrometheusTrigger(c, env.Config.Keda)
	if problem != nil {
		return ScaledObjectSpec{}, findings, problem
	}
	triggers := []any{trigger}
	if c.scalesByLoad() {
		triggers = nil
		for _, t := range loadTriggers(env.Config.Keda, c, trigger) {
			triggers = append(triggers, t)
		}
	}
	minReplicas, maxReplicas, more := autoscalerBounds(c, c.AsksBuiltInQuery())
	return ScaledObjectSpec{
		MinReplicaCount: minReplicas,
		MaxReplicaCount: maxReplicas,
		Advanced:        withNameOfHPA(c, nil),
		Triggers:        triggers,
	}, slices.Concat(more, findings, findingsAboutServer(c, triggers)), nil
}

// invalidKedaConfig is the problem of a component that needs the configuration of KEDA, which cannot be used;
// nil for one that names its query and its Prometheus server.
func invalidKedaConfig(env *Env, c *Component) *finding.Finding {
	text, broken := env.Config.Problems[config.SectionKeda]
	namesServer := c.Annotations[v1beta1.AnnotationKedaServerAddress] != "" || c.Scaling.Keda != nil && c.Scaling.Keda.PromServerAddress != ""
	if !broken || namesServer && !c.AsksBuiltInQuery() {
		return nil
	}
	return &finding.Finding{Reason: ReasonInvalidAutoscaling, Message: fmt.Sprintf(
		"the %s cannot be scaled as the configuration says: key %s of ConfigMap %s: %s", c.inWords(), config.SectionKeda, config.MapName, text)}
}

// withNameOfHPA names the HorizontalPodAutoscaler that KEDA makes where KEDA's own name for it would be
// too long, which KEDA refuses, and nobody gives it another one.
func withNameOfHPA(c *Component, advanced map[string]any) map[string]any {
	name, isKEDAs := names.KEDAAutoscaler(c.Name)
	given, _ := advanced["horizontalPodAutoscalerConfig"].(map[string]any)
	if isKEDAs || given["name"] != nil {
		return advanced
	}
	return withMember(advanced, "horizontalPodAutoscalerConfig", withMember(given, "name", name))
}

// withMember is a copy of a map with another value for a key.
func withMember(m map[string]any, key string, value any) map[string]any {
	out := maps.Clone(m)
	if out == nil {
		out = map[string]any{}
	}
	out[key] = value
	return out
}

// AsksBuiltInQuery reports whether KEDA asks for a component what isvc makes up, which measures its pods,
// and no query of the user.
func (c *Component) AsksBuiltInQuery() bool {
	return c.Scaling.Autoscaler == AutoscalerKEDA && c.Scaling.Block == nil && ownQuery(c, c.Scaling.Keda) == ""
}

// scalesByLoad reports whether KEDA follows the queue and the KV cache of a component: nothing says what to
// ask.
func (c *Component) scalesByLoad() bool {
	if !c.AsksBuiltInQuery() {
		return false
	}
	keda := c.Scaling.Keda
	ofField := keda != nil && (keda.ScalingThreshold != "" || keda.ScalingOperator != "")
	return !ofField && c.Annotations[v1beta1.AnnotationKedaThreshold] == "" && c.Annotations[v1beta1.AnnotationKedaOperator] == ""
}

// ownQuery is the query of the user; empty without one. KEDA takes a blank one for none.
func ownQuery(c *Component, keda *v1beta1.KedaConfig) string {
	query := c.Annotations[v1beta1.AnnotationKedaQuery]
	if query == "" && keda != nil {
		query = strings.ReplaceAll(keda.CustomPromQuery, "%s", names.Service(c.Name))
	}
	if strings.TrimSpace(query) == "" {
		return ""
	}
	return query
}

// makePrometheusTrigger is the query, its threshold and the Prometheus server. The values are checked
// here, where they are used: whoever gave them, and however KEDA was turned on.
func makePrometheusTrigger(c *Component, configured config.Keda) (ScaleTrigger, []finding.Finding, *finding.Finding) {
	keda := v1beta1.KedaConfig{}
	if c.Scaling.Keda != nil {
		keda = *c.Scaling.Keda
	}
	credentials, findings, problem := credentialsForKEDA(c, keda)
	if problem != nil {
		return ScaleTrigger{}, nil, problem
	}
	modes, problem := authModesForKEDA(c, keda.AuthModes)
	if problem != nil {
		return ScaleTrigger{}, findings, problem
	}
	threshold, more, problem := thresholdForKEDA(c,
		kedaSettingOf(c, v1beta1.AnnotationKedaThreshold, "scalingThreshold", cmp.Or(keda.ScalingThreshold, defaultThreshold)))
	findings = append(findings, more...)
	if problem != nil {
		return ScaleTrigger{}, findings, problem
	}
	query, inverted, problem := prometheusQuery(c, keda, threshold, configured)
	if problem != nil {
		return ScaleTrigger{}, findings, problem
	}
	address, problem := prometheusAddress(c, keda.PromServerAddress, configured.PromServerAddress)
	if problem != nil {
		return ScaleTrigger{}, findings, problem
	}
	metadata := map[string]string{"serverAddress": address, "query": query, "threshold": threshold}
	if credentials != nil && modes != "" {
		metadata["authModes"] = modes
	}
	metricType := ""
	if inverted {
		metricType = metricTypeValue
	}
	return ScaleTrigger{
		Type: prometheusTrigger, MetricType: metricType, Metadata: metadata, AuthenticationRef: credentials,
	}, findings, nil
}

// prometheusQuery is the query that KEDA asks, and whether it is inverted.
//
// Without an operator, a query of the user's own scales out when its value rises. That is what it
// does under OME, although OME's default operator is another. The built-in query has OME's default,
// LessThanOrEqual.
func prometheusQuery(c *Component, keda v1beta1.KedaConfig, threshold string, configured config.Keda) (query string, inverted bool, problem *finding.Finding) {
	own := ownQuery(c, &keda)
	operator := kedaSettingOf(c, v1beta1.AnnotationKedaOperator, "scalingOperator", keda.ScalingOperator)
	switch operator.value {
	case v1beta1.ScalingGreaterThan, v1beta1.ScalingGreaterThanOrEqual:
		return cmp.Or(own, starvedReplicasQuery(c, configured)), false, nil
	case v1beta1.ScalingLessThan, v1beta1.ScalingLessThanOrEqual:
	case "":
		if own != "" {
			return own, false, nil
		}
	default:
		return "", false, operator.invalid(c, "operator", "use GreaterThan, GreaterThanOrEqual, LessThan or LessThanOrEqual")
	}
	if own != "" {
		return invertQuery(own, threshold), true, nil
	}
	return invertQuery(averageThroughputQuery(c, configured), threshold) + " * (" + servesRequestsQuery(c, configured) + ")", true, nil
}

// starvedReplicasQuery is OME's built-in query: the number of replicas that generate fewer than ten
// tokens a second, times the number of replicas that serve.
func starvedReplicasQuery(c *Component, configured config.Keda) string {
	return fmt.Sprintf("sum(%s < bool 10) * sum(%s > bool 0.50)", tokenRateQuery(c, configured), requestRateQuery(c, configured))
}

// averageThroughputQuery is the number of tokens a second that a replica generates on average.
func averageThroughputQuery(c *Component, configured config.Keda) string {
	return fmt.Sprintf("avg(%s)", tokenRateQuery(c, configured))
}

// servesRequestsQuery is 1 while requests are served and 0 otherwise. An idle service generates few
// tokens too, and must not grow for it.
func servesRequestsQuery(c *Component, configured config.Keda) string {
	return fmt.Sprintf("sum(%s) > bool 0.50", requestRateQuery(c, configured))
}

// tokenRateQuery is the number of tokens a second that a replica generates. OME asks a gauge that vLLM
// removed; the counter was there before and is there now.
func tokenRateQuery(c *Component, configured config.Keda) string {
	return oncePerServer(rateOf(countersOf(c, func(m metricsOfEngine) []series { return m.tokens }), "5m", podMatcher(c, configured.MatchPodsBy)))
}

func requestRateQuery(c *Component, configured config.Keda) string {
	return oncePerServer(rateOf(countersOf(c, func(m metricsOfEngine) []series { return m.requests }), "1m", podMatcher(c, configured.MatchPodsBy)))
}

// countersOf are counters of the program of a component; those of all programs where it has none that is
// known.
func countersOf(c *Component, choose func(metricsOfEngine) []series) []series {
	if counters := choose(metricsOf(c.Server.Engine)); len(counters) > 0 {
		return counters
	}
	return choose(metricsOf(""))
}

// invertQuery turns a query whose value should stay above a threshold into one whose value should
// stay below it: threshold squared over value equals the threshold where the value does, and grows
// as the value falls. The thousandth keeps it finite at zero, because KEDA refuses an infinite
// value.
func invertQuery(query, threshold string) string {
	return fmt.Sprintf("%[2]s * %[2]s / ((\n%[1]s\n) + %[2]s / 1000)", query, threshold)
}
