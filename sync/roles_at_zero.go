package sync

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// ReasonRolesAtZeroApart: prefill and decode serve together, and KEDA may take the last replica of one of them
// while the other one runs. Seen in SpecHonored. Fix: give both roles the same triggers and the same least
// number of replicas, or set minReplicas of both to 1.
const ReasonRolesAtZeroApart = "RolesAtZeroApart"

// warnAboutRolesAtZero reports that prefill and decode do not go to zero and come back together: one of them
// does not go, or they wait for different things.
func warnAboutRolesAtZero(desired desiredState, record *trace.Recorder) {
	engine, hasEngine := wakingOf(v1beta1.EngineComponent, desired)
	decoder, hasDecoder := wakingOf(v1beta1.DecoderComponent, desired)
	if !hasEngine || !hasDecoder {
		return
	}
	report := func(stays, goes v1beta1.ComponentType) {
		record.AddFinding(string(goes)+"/autoscaling", ReasonRolesAtZeroApart, fmt.Sprintf(
			"KEDA may take the last replica of the %s, and the %s keeps running, so that accelerators wait for requests that nothing answers: "+
				"set spec.%s.minReplicas to 0 and give it the same triggers, or set spec.%s.minReplicas to 1", goes, stays, stays, goes))
	}
	switch {
	case engine.goes && !decoder.goes:
		report(v1beta1.DecoderComponent, v1beta1.EngineComponent)
	case decoder.goes && !engine.goes:
		report(v1beta1.EngineComponent, v1beta1.DecoderComponent)
	case engine.goes && !reflect.DeepEqual(engine.triggers, decoder.triggers):
		record.AddFinding(string(v1beta1.DecoderComponent)+"/autoscaling", ReasonRolesAtZeroApart,
			"KEDA takes the last replica of engine and decoder, and brings it back, for different reasons, so that one may run without the other: "+
				"give both the same triggers, which may differ in their threshold, or set minReplicas of both to 1")
	}
}

// waking is how KEDA treats a role without load.
type waking struct {
	// goes is true if KEDA may take its last replica.
	goes bool
	// triggers are what brings one back, without how many replicas it asks for.
	triggers []any
}

// wakingOf is how a component goes to zero; ok is false for one that is not computed. Knative starts pods for
// each request, whatever else runs.
func wakingOf(role v1beta1.ComponentType, desired desiredState) (out waking, ok bool) {
	at := slices.IndexFunc(desired.components, func(c builtComponent) bool { return c.Type == role })
	if at < 0 || desired.components[at].Problem != nil || desired.components[at].keptWhole {
		return waking{}, false
	}
	component := desired.components[at]
	if component.Component.Mode == v1beta1.Serverless {
		return waking{}, false
	}
	scaler := component.children[childKey{kinds.ScaledObject, names.ScaledObject(component.Component.Name)}]
	if scaler == nil {
		return waking{}, true
	}
	isZero := func(field string) bool {
		n, given, _ := unstructured.NestedInt64(scaler.Object, "spec", field)
		return given && n == 0
	}
	out.goes = isZero("minReplicaCount") || isZero("idleReplicaCount")
	triggers, _, _ := unstructured.NestedSlice(scaler.Object, "spec", "triggers")
	for _, item := range triggers {
		trigger, _ := item.(map[string]any)
		metadata, _ := trigger["metadata"].(map[string]any)
		asked := maps.Clone(metadata)
		delete(asked, "threshold")
		out.triggers = append(out.triggers, []any{trigger["type"], asked})
	}
	return out, true
}
