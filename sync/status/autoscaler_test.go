package status

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

func TestReadAutoscaler(t *testing.T) {
	const hpa, keda = kinds.HorizontalPodAutoscaler, kinds.ScaledObject
	for name, test := range map[string]struct {
		kind       kinds.Kind
		conditions string
		want       string
		scales     bool
	}{
		"an HPA that scales":           {hpa, `{type: ScalingActive, status: "True", reason: ValidMetricFound, message: m}`, "AutoscalersScale: ValidMetricFound: m", true},
		"an HPA that says nothing":     {hpa, ``, "", false},
		"an HPA without its metric":    {hpa, `{type: AbleToScale, status: "True"}, {type: ScalingActive, status: "False", reason: FailedGetResourceMetric, message: no metrics}`, "AutoscalerFails: FailedGetResourceMetric: no metrics", false},
		"an HPA that may not scale":    {hpa, `{type: AbleToScale, status: "False", reason: FailedGetScale, message: forbidden}`, "AutoscalerFails: FailedGetScale: forbidden", false},
		"an HPA of a stopped model":    {hpa, `{type: ScalingActive, status: "False", reason: ScalingDisabled, message: replica count is zero}`, "AutoscalerPaused: ScalingDisabled: replica count is zero", false},
		"an HPA at its limit":          {hpa, `{type: ScalingActive, status: "True", reason: V, message: v}, {type: ScalingLimited, status: "True", reason: TooManyReplicas, message: m}`, "AtMaxReplicas: TooManyReplicas: m", true},
		"an HPA at its minimum":        {hpa, `{type: ScalingActive, status: "True", reason: V, message: v}, {type: ScalingLimited, status: "True", reason: TooFewReplicas, message: m}`, "AutoscalersScale: V: v", true},
		"an HPA blind at its limit":    {hpa, `{type: ScalingLimited, status: "True", reason: TooManyReplicas, message: m}, {type: ScalingActive, status: "False", reason: FailedGetExternalMetric, message: x}`, "AutoscalerFails: FailedGetExternalMetric: x", false},
		"KEDA scales":                  {keda, `{type: Ready, status: "True", reason: ScaledObjectReady, message: m}, {type: Fallback, status: "False"}, {type: Paused, status: "False"}`, "AutoscalersScale: ScaledObjectReady: m", true},
		"KEDA has not looked":          {keda, `{type: Ready, status: Unknown}`, "", false},
		"KEDA refuses the object":      {keda, `{type: Ready, status: "False", reason: ScaledObjectCheckFailed, message: no such target}`, "AutoscalerFails: ScaledObjectCheckFailed: no such target", false},
		"some of KEDA's triggers fail": {keda, `{type: Ready, status: Unknown, reason: PartialTriggerError, message: some}`, "AutoscalerFails: PartialTriggerError: some", false},
		"KEDA falls back":              {keda, `{type: Ready, status: "True", reason: R, message: r}, {type: Fallback, status: "True", reason: FallbackExists, message: at least one}`, "AutoscalerFails: FallbackExists: at least one", false},
		"KEDA is paused":               {keda, `{type: Ready, status: "False", reason: R, message: r}, {type: Paused, status: "True", reason: ScaledObjectPaused, message: paused}`, "AutoscalerPaused: ScaledObjectPaused: paused", false},
		"another kind":                 {kinds.Deployment, `{type: ScalingActive, status: "False", reason: R, message: m}`, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			raw, _ := fromYAML("{metadata: {name: x}, status: {conditions: [" + test.conditions + "]}}")
			got, known := ReadAutoscaler(test.kind, observed.Object{Raw: raw})
			assert.Equal(t, test.want != "", known)
			assert.Equal(t, test.scales, got.Scales)
			if known {
				assert.Equal(t, test.want, got.State.Reason+": "+got.State.Message)
			}
		})
	}
	_, known := ReadAutoscaler(hpa, observed.Object{})
	assert.False(t, known, "an autoscaler that does not exist")
}

func TestAScaledObjectAtItsMaximum(t *testing.T) {
	const ready, active = `{type: Ready, status: "True", reason: R, message: m}`, `, {type: Active, status: "True"}`
	for sentence, test := range map[string]struct {
		conditions string
		replicas   int32
		want       string
	}{
		"at its maximum with load": {ready + active, 6, "AtMaxReplicas: there are 6 replicas, and maxReplicas allows no more"},
		"above it":                 {ready + active, 7, "AtMaxReplicas: there are 7 replicas, and maxReplicas allows no more"},
		"below it":                 {ready + active, 5, "AutoscalersScale: R: m"},
		"without load":             {ready + `, {type: Active, status: "False"}`, 6, "AutoscalersScale: R: m"},
		"without its metrics":      {`{type: Ready, status: "False", reason: R, message: m}` + active, 6, "AutoscalerFails: R: m"},
		"paused":                   {ready + active + `, {type: Paused, status: "True", reason: P, message: p}`, 6, "AutoscalerPaused: P: p"},
	} {
		t.Run(sentence, func(t *testing.T) {
			raw, _ := fromYAML("{metadata: {name: x}, status: {conditions: [" + test.conditions + "]}}")
			read, known := ReadAutoscaler(kinds.ScaledObject, observed.Object{Raw: raw})
			assert.True(t, known)
			got := read.AtMaximumOfKEDA(test.replicas, 6).State
			assert.Equal(t, test.want, got.Reason+": "+got.Message)
		})
	}
}

func TestAutoscalerReadyIsAboutTheWorst(t *testing.T) {
	state := func(reason, message string, scales bool) Autoscaler {
		return Autoscaler{State: finding.Finding{Reason: reason, Message: message}, Scales: scales}
	}
	fine, limited := state(ReasonAutoscalersScale, "f", true), state(ReasonAtMaxReplicas, "l", true)
	blind, paused := state(ReasonAutoscalerFails, "b", false), state(ReasonAutoscalerPaused, "p", false)
	for sentence, test := range map[string]struct {
		all  []Autoscaler
		want string
	}{
		"no autoscaler speaks": {nil, ""},
		"all scale":            {[]Autoscaler{fine, fine}, "True AutoscalersScale "},
		"one is at its limit":  {[]Autoscaler{fine, limited}, "True AtMaxReplicas l"},
		"one is blind":         {[]Autoscaler{limited, blind, fine}, "False AutoscalerFails b"},
		"two have problems":    {[]Autoscaler{blind, paused}, "False SeveralAutoscalers b; p"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := ""
			for _, c := range autoscalerReadyConditions(test.all) {
				got += string(c.Status) + " " + c.Reason + " " + c.Message
				assert.Equal(t, v1beta1.AutoscalerReady, c.Type)
				assert.Equal(t, v1beta1.SeverityInfo, c.Severity)
			}
			assert.Equal(t, test.want, got)
		})
	}
}
