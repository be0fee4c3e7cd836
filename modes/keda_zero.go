package modes

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
)

// findingsAboutZero say where KEDA lets a component go to no replica, and no trigger brings one back: all of
// them measure pods.
func findingsAboutZero(c *Component, spec *ScaledObjectSpec) []finding.Finding {
	if !spec.GoesToZero() || slices.ContainsFunc(spec.Triggers, canWake) {
		return nil
	}
	return []finding.Finding{{Subject: string(c.Type) + "/autoscaling", Reason: ReasonNothingWakes, Message: fmt.Sprintf(
		"KEDA may take the last replica of the %s, and none of its triggers brings one back, because without pods they have no value: "+
			"add one that has, such as the requests that wait in a gateway, or set spec.%s.minReplicas to 1", c.Type, c.Type)}}
}

// GoesToZero reports whether KEDA may take the last replica.
func (s *ScaledObjectSpec) GoesToZero() bool {
	return s.MinReplicaCount == 0 || s.IdleReplicaCount != nil && *s.IdleReplicaCount == 0
}

// canWake reports whether a trigger may have a value while there is no pod. KEDA itself says that cpu and
// memory have none; a query has none if it asks for metrics of servers alone.
func canWake(given any) bool {
	switch kind, query := typeAndQueryOf(given); kind {
	case "cpu", "memory":
		return false
	case prometheusTrigger:
		return !asksServersAlone(query)
	}
	return true
}

// typeAndQueryOf are the type of a trigger, which is a ScaleTrigger or JSON in Go values, and its query.
func typeAndQueryOf(given any) (kind, query string) {
	switch trigger := given.(type) {
	case ScaleTrigger:
		return trigger.Type, trigger.Metadata["query"]
	case map[string]any:
		metadata, _ := trigger["metadata"].(map[string]any)
		kind, _ = trigger["type"].(string)
		query, _ = metadata["query"].(string)
	}
	return kind, query
}

// The parts of a query: what is no name of a metric, such as text, matchers, ranges and lists of labels; names;
// and what begins the metrics of servers.
var (
	besideMetrics  = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`|\\{[^{}]*\\}|\\[[^\\]]*\\]|\\b(?i:by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)")
	nameInQuery    = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*\s*\(?`)
	metricOfServer = regexp.MustCompile(`^(vllm:|sglang:|trtllm_|nv_trt_llm_)`)
	wordsOfQueries = []string{"and", "or", "unless", "bool", "offset", "inf", "nan", "atan2", "group_left", "group_right"}
)

// asksServersAlone reports whether every metric of a query is one of servers of models, which pods have. It
// is false for a query that it does not understand.
func asksServersAlone(query string) bool {
	found := false
	for _, name := range nameInQuery.FindAllString(besideMetrics.ReplaceAllString(query, " "), -1) {
		if strings.HasSuffix(name, "(") || slices.Contains(wordsOfQueries, strings.ToLower(strings.TrimSpace(name))) {
			continue
		}
		if !metricOfServer.MatchString(name) {
			return false
		}
		found = true
	}
	return found
}
