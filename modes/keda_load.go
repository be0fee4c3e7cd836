package modes

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// metricTypeAverage is the type of a metric that is divided by the replicas.
const metricTypeAverage = "AverageValue"

// loadTriggers follow what a server has to do: the requests that wait, and the use of the KV cache. Both
// are sums over the pods of the component, which KEDA divides by the replicas; whichever asks for more
// replicas counts. A query without a value is an error: taken for 0, it would end replicas that serve.
// The server and the credentials are those of another trigger.
func loadTriggers(configured config.Keda, c *Component, like ScaleTrigger) []ScaleTrigger {
	metrics, pods := metricsOf(c.Server.Engine), podMatcher(c, configured.MatchPodsBy)
	triggerOf := func(name, query string, threshold float64) ScaleTrigger {
		trigger := like
		trigger.Name, trigger.MetricType = name, metricTypeAverage
		trigger.Metadata = map[string]string{
			"serverAddress": like.Metadata["serverAddress"], "query": query,
			"threshold": strconv.FormatFloat(threshold, 'f', -1, 64), "ignoreNullValues": "false",
		}
		if modes := like.Metadata["authModes"]; modes != "" {
			trigger.Metadata["authModes"] = modes
		}
		return trigger
	}
	return []ScaleTrigger{
		triggerOf("queue-length", fmt.Sprintf("sum(%s)", oncePerServer(anyOf(metrics.queue, pods))), configured.QueueLength),
		// One server can have several caches, one for each of its engines.
		triggerOf("kv-cache-usage", fmt.Sprintf("sum(avg by (instance) (%s))", anyOf(metrics.cache, pods)), configured.KVCacheUsage),
	}
}

// oncePerServer adds up the series of each server, once where several jobs scrape the same server: each job
// has all series of it.
func oncePerServer(series string) string {
	return fmt.Sprintf("avg by (instance) (sum by (instance, job) (%s))", series)
}

// anyOf asks for whichever of several metrics a pod has.
func anyOf(metrics []series, pods string) string {
	var parts []string
	for _, m := range metrics {
		parts = append(parts, m.name+"{"+m.matchers(pods)+"}")
	}
	return strings.Join(parts, " or ")
}

// rateOf is how fast whichever of several counters a pod has rises a second.
func rateOf(counters []series, window, pods string) string {
	var parts []string
	for _, m := range counters {
		parts = append(parts, fmt.Sprintf("rate(%s{%s}[%s])", m.name, m.matchers(pods), window))
	}
	return strings.Join(parts, " or ")
}

// matchers choose the series of pods.
func (s series) matchers(pods string) string {
	if s.label == "" {
		return pods
	}
	return s.label + ", " + pods
}

// podMatcher chooses the series of the pods of a component's workload alone: not those of a canary beside
// it, of another component or of another service.
func podMatcher(c *Component, by config.MatchPodsBy) string {
	if findsPodsByLabel(c, by) {
		return fmt.Sprintf("namespace=%q, ome_io_inferenceservice=%q, component=%q, app=%q",
			c.Namespace, names.LabelValue(c.Service), c.Type, names.App(c.Name))
	}
	return fmt.Sprintf("namespace=%q, pod=~%q", c.Namespace, podNamePattern(c))
}

// Kubernetes makes the ends of names from characters without vowels: so the name of a pod of "chat-engine"
// cannot begin with "chat-engine-ca", as those of its canary do. It cuts off what is before the last five
// characters where that is longer than 58.
const (
	randomCharacters = "[^aeiou-]"
	longestBeforeEnd = 58
)

// podNamePattern is a regular expression for the names of the pods of a component that take requests; empty
// where names do not tell them from others. In groups these are the leaders, which are what an autoscaler
// counts.
//
//	Deployment        chat-engine-<hash of the template>-<random>, of which a long name loses the hash
//	LeaderWorkerSet   lws-chat-engine-<number of the group>
func podNamePattern(c *Component) string {
	mode, _ := Of(c.Mode)
	name := regexp.QuoteMeta(mode.WorkloadName(c.Name))
	if mode.PodsFormGroups {
		return name + "-[0-9]+"
	}
	if len(c.Name)+len("-ca") > longestBeforeEnd {
		return "" // what tells the pods of a canary is cut off
	}
	return name + "-" + randomCharacters + "+(-" + randomCharacters + "{5})?"
}

// findingsAboutServer say where the program of a component will not answer the triggers of KEDA, which are
// ScaleTriggers or JSON in Go values.
func findingsAboutServer(c *Component, triggers []any) []finding.Finding {
	switch subject := string(c.Type) + "/autoscaling"; {
	case c.Server.NoMetrics != "" && asksAbout(triggers, c.Server.Engine):
		return []finding.Finding{{
			Subject: subject, Reason: ReasonMetricsNotServed, Message: fmt.Sprintf(
				"KEDA asks for metrics of %s, and the %s serves none, so that it does not scale: %s", c.Server.Engine.Title(), c.Type, c.Server.NoMetrics),
		}}
	case c.Server.Engine == "" && c.AsksBuiltInQuery() && c.Type == v1beta1.RouterComponent:
		return []finding.Finding{{
			Subject: subject, Reason: ReasonMetricsUnknown, Message: "KEDA has no query for the router, which is no server of models and has none of the metrics " +
				"that are asked for, so that it does not scale: set spec.router.kedaConfig.enableKeda to false to scale on the CPU, or give it a customPromQuery",
		}}
	case c.Server.Engine == "" && c.AsksBuiltInQuery():
		return []finding.Finding{{
			Subject: subject, Reason: ReasonMetricsUnknown, Message: fmt.Sprintf(
				"KEDA has no query for the %s, whose program is not recognised (%s): the metrics of vLLM, SGLang and TensorRT-LLM are asked for, "+
					"and if it has none of them it does not scale: give it a customPromQuery, or triggers in spec.%s.autoscaler", c.Type, c.Server.Why, c.Type),
		}}
	}
	return nil
}

// asksAbout reports whether a query of a trigger names a metric of a program.
func asksAbout(triggers []any, engine Engine) bool {
	prefix := string(engine) + ":"
	for _, given := range triggers {
		if _, query := typeAndQueryOf(given); strings.Contains(query, prefix) {
			return true
		}
	}
	return false
}
