package modes

import (
	"fmt"
	"maps"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// invalidBlock is the problem of an autoscaler block that cannot be used. The field is a path below the
// block, such as ".keda.triggers".
func invalidBlock(c *Component, field, format string, args ...any) *finding.Finding {
	return &finding.Finding{
		Reason: ReasonInvalidAutoscaling, Message: fmt.Sprintf("the %s cannot be scaled as %s%s asks: %s",
			c.inWords(), c.Scaling.Place, field, fmt.Sprintf(format, args...)),
	}
}

// malformedMetric is the problem of the first metric that Kubernetes would refuse: one of a type without
// the field of that type, or with a target that the type does not have.
func malformedMetric(c *Component, metrics []autoscalingv2.MetricSpec) *finding.Finding {
	for i := range metrics {
		if field, wrong := wrongInMetric(&metrics[i]); wrong != "" {
			return invalidBlock(c, fmt.Sprintf(".hpa.metrics[%d]%s", i, field), "%s", wrong)
		}
	}
	return nil
}

// metricSource is the part of a metric that its type names.
type metricSource struct {
	// field is the name of the part.
	field string
	// isGiven is false where the part is absent, missing is the name of what it must have and lacks.
	isGiven bool
	missing string
	target  autoscalingv2.MetricTarget
	// targets are the types of target that the type has.
	targets []autoscalingv2.MetricTargetType
}

// wrongInMetric says what is wrong with a metric, and in which field of it; empty for a good one.
func wrongInMetric(metric *autoscalingv2.MetricSpec) (field, wrong string) {
	source, known := sourceOfMetric(metric)
	switch {
	case !known:
		return ".type", fmt.Sprintf("%q is no type of metric: use Resource, ContainerResource, Pods, Object or External", metric.Type)
	case !source.isGiven:
		return "", fmt.Sprintf("its type is %s, and it has no %s: add it, or name the type of what is there", metric.Type, source.field)
	case source.missing != "":
		return "." + source.field, "it has no " + source.missing
	case !slices.Contains(source.targets, source.target.Type):
		return "." + source.field + ".target.type", fmt.Sprintf("a metric of type %s cannot aim at %q: use %s", metric.Type, source.target.Type, joinedWithOr(source.targets))
	}
	if member := missingInTarget(source.target); member != "" {
		return "." + source.field + ".target", fmt.Sprintf("its type is %s, and it has no %s above 0", source.target.Type, member)
	}
	return "", ""
}

// sourceOfMetric is the part of a metric that its type names; it returns false for an unknown type.
func sourceOfMetric(metric *autoscalingv2.MetricSpec) (metricSource, bool) {
	average := []autoscalingv2.MetricTargetType{autoscalingv2.AverageValueMetricType}
	ofResource := append([]autoscalingv2.MetricTargetType{autoscalingv2.UtilizationMetricType}, average...)
	ofObject := append([]autoscalingv2.MetricTargetType{autoscalingv2.ValueMetricType}, average...)
	switch metric.Type {
	case autoscalingv2.ResourceMetricSourceType:
		source := metricSource{field: "resource", targets: ofResource}
		if m := metric.Resource; m != nil {
			source.isGiven, source.target, source.missing = true, m.Target, unlessGiven("name", string(m.Name))
		}
		return source, true
	case autoscalingv2.ContainerResourceMetricSourceType:
		source := metricSource{field: "containerResource", targets: ofResource}
		if m := metric.ContainerResource; m != nil {
			source.isGiven, source.target, source.missing = true, m.Target, unlessGiven("name", string(m.Name))+unlessGiven("container", m.Container)
		}
		return source, true
	case autoscalingv2.PodsMetricSourceType:
		source := metricSource{field: "pods", targets: average}
		if m := metric.Pods; m != nil {
			source.isGiven, source.target, source.missing = true, m.Target, unlessGiven("metric.name", m.Metric.Name)
		}
		return source, true
	case autoscalingv2.ObjectMetricSourceType:
		source := metricSource{field: "object", targets: ofObject}
		if m := metric.Object; m != nil {
			source.isGiven, source.target, source.missing = true, m.Target, unlessGiven("metric.name", m.Metric.Name)
			if source.missing == "" && (m.DescribedObject.Kind == "" || m.DescribedObject.Name == "") {
				source.missing = "describedObject with kind and name"
			}
		}
		return source, true
	case autoscalingv2.ExternalMetricSourceType:
		source := metricSource{field: "external", targets: ofObject}
		if m := metric.External; m != nil {
			source.isGiven, source.target, source.missing = true, m.Target, unlessGiven("metric.name", m.Metric.Name)
		}
		return source, true
	}
	return metricSource{}, false
}

// unlessGiven is the name of a member that is empty.
func unlessGiven(name, value string) string {
	if value == "" {
		return name
	}
	return ""
}

// missingInTarget is the member of a target that its type needs; empty where it is there.
func missingInTarget(target autoscalingv2.MetricTarget) string {
	switch {
	case target.Type == autoscalingv2.UtilizationMetricType && (target.AverageUtilization == nil || *target.AverageUtilization <= 0):
		return "averageUtilization"
	case target.Type == autoscalingv2.AverageValueMetricType && (target.AverageValue == nil || target.AverageValue.Sign() <= 0):
		return "averageValue"
	case target.Type == autoscalingv2.ValueMetricType && (target.Value == nil || target.Value.Sign() <= 0):
		return "value"
	}
	return ""
}

// scaledObjectOfBlock is a ScaledObject with what the autoscaler block says, as it says it. KEDA scales
// to zero here, because the triggers are the user's: whether they need pods is theirs to know.
func scaledObjectOfBlock(c *Component, given *v1beta1.KedaAutoscaler) (ScaledObjectSpec, *finding.Finding) {
	minReplicas, maxReplicas, _ := autoscalerBounds(c, false)
	spec := ScaledObjectSpec{MinReplicaCount: minReplicas, MaxReplicaCount: maxReplicas}
	if given == nil || len(given.Triggers) == 0 {
		return spec, invalidBlock(c, ".keda.triggers", "class KEDA needs at least one trigger: add one, such as type prometheus, or remove the block")
	}
	for i := range given.Triggers {
		trigger, wrong := verbatimTrigger(given.Triggers[i])
		if wrong != "" {
			return spec, invalidBlock(c, fmt.Sprintf(".keda.triggers[%d]", i), "%s", wrong)
		}
		spec.Triggers = append(spec.Triggers, trigger)
	}
	if idle := given.IdleReplicaCount; idle != nil && (*idle < 0 || *idle >= minReplicas) {
		return spec, invalidBlock(c, ".keda.idleReplicaCount",
			"it is %d, and KEDA needs a number from 0 to less than minReplicas, which is %d: raise minReplicas, or remove it", *idle, minReplicas)
	}
	spec.PollingInterval, spec.CooldownPeriod, spec.IdleReplicaCount = given.PollingInterval, given.CooldownPeriod, given.IdleReplicaCount
	for _, part := range []struct {
		field string
		from  *runtime.RawExtension
		into  *map[string]any
	}{{"advanced", given.Advanced, &spec.Advanced}, {"fallback", given.Fallback, &spec.Fallback}} {
		if part.from == nil {
			continue
		}
		if *part.into = objectOfJSON(*part.from); *part.into == nil {
			return spec, invalidBlock(c, ".keda."+part.field, "it is not an object")
		}
	}
	spec.Advanced = withNameOfHPA(c, spec.Advanced)
	return spec, nil
}

// verbatimTrigger is a trigger as its author wrote it, or what KEDA would refuse about it.
func verbatimTrigger(given runtime.RawExtension) (trigger map[string]any, wrong string) {
	trigger = objectOfJSON(given)
	if trigger == nil {
		return nil, "it is not an object"
	}
	if kind, _ := trigger["type"].(string); kind == "" {
		return nil, "it has no type: name one of KEDA's scalers, such as prometheus"
	}
	metadata, isObject := trigger["metadata"].(map[string]any)
	if !isObject {
		return nil, "it has no metadata: add the settings of its type"
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if _, isText := metadata[key].(string); !isText {
			return nil, fmt.Sprintf("metadata.%s is not a string, which KEDA needs: write the value in quotes", key)
		}
	}
	return trigger, ""
}

// objectOfJSON reads an object; nil for any other value.
func objectOfJSON(given runtime.RawExtension) map[string]any {
	var object map[string]any
	if len(given.Raw) == 0 || utiljson.Unmarshal(given.Raw, &object) != nil {
		return nil
	}
	return object
}
