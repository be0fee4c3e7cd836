// Package argocd tests what GitOps tools are told about the health of a service.
package argocd

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/sync/status"
)

// health runs the script as Argo CD does: with the object in obj.
func health(t *testing.T, object string) (status, message string) {
	t.Helper()
	text, err := yaml.YAMLToJSON([]byte(object))
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(text, &value))

	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	state.Push(state.NewFunction(lua.OpenBase)) // Argo CD gives a script no access to the system
	state.Call(0, 0)
	state.SetGlobal("obj", table(state, value))
	require.NoError(t, state.DoFile("health.lua"))
	result, ok := state.Get(-1).(*lua.LTable)
	require.True(t, ok, "the script returns a table")
	return result.RawGetString("status").String(), result.RawGetString("message").String()
}

// table turns a decoded JSON value into a Lua value.
func table(state *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		t := state.NewTable()
		for key, member := range v {
			t.RawSetString(key, table(state, member))
		}
		return t
	case []any:
		t := state.NewTable()
		for _, item := range v {
			t.Append(table(state, item))
		}
		return t
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case bool:
		return lua.LBool(v)
	}
	return lua.LNil
}

func TestHealth(t *testing.T) {
	for name, test := range map[string]struct{ object, status, message string }{
		"a service without status is progressing": {
			`{metadata: {generation: 1}}`, "Progressing", "waiting for the first status",
		},
		"a service without the condition Ready is progressing": {
			`{metadata: {generation: 1}, status: {observedGeneration: 1, conditions: [{type: IngressReady, status: "True"}]}}`,
			"Progressing", "waiting for the first status",
		},
		"a status of an older generation says nothing": {
			`{metadata: {generation: 2}, status: {observedGeneration: 1, conditions: [{type: Ready, status: "True"}]}}`,
			"Progressing", "waiting for the status of the newest generation",
		},
		"a ready service is healthy": {
			`{metadata: {generation: 2}, status: {observedGeneration: 2, conditions: [{type: Ready, status: "True"}], modelStatus: {transitionStatus: UpToDate, modelRevisionStates: {activeModelState: Loaded}}}}`,
			"Healthy", "the service is ready",
		},
		"a service that others serve is healthy": {
			`{status: {conditions: [{type: Ready, status: "True", reason: VirtualDeployment}]}}`, "Healthy", "the service is ready",
		},
		"a service scaled to zero is healthy": {
			`{status: {conditions: [{type: Ready, status: "True"}], modelStatus: {transitionStatus: UpToDate, modelRevisionStates: {activeModelState: Standby}}}}`,
			"Healthy", "scaled to zero",
		},
		"a rollout is progressing although the service is ready": {
			`{status: {conditions: [{type: Ready, status: "True"}], modelStatus: {transitionStatus: InProgress}}}`,
			"Progressing", "the model that serves is being replaced",
		},
		"a rollout that fails is degraded although the service is ready": {
			`{status: {conditions: [{type: Ready, status: "True"}], modelStatus: {transitionStatus: BlockedByFailedLoad, lastFailureInfo: {message: boom}}}}`,
			"Degraded", "an older version serves: boom",
		},
		"a failure without a message is named": {
			`{status: {conditions: [{type: Ready, status: "True"}], modelStatus: {transitionStatus: InvalidSpec}}}`,
			"Degraded", "an older version serves: InvalidSpec",
		},
		"an unknown state is progressing, whatever the reason": {
			`{status: {conditions: [{type: Ready, status: Unknown, reason: RevisionMissing, message: m}], modelStatus: {transitionStatus: InProgress}}}`,
			"Progressing", "RevisionMissing: m",
		},
		"missing replicas are progressing": {
			`{status: {conditions: [{type: Ready, status: "False", reason: MinimumReplicasUnavailable}], modelStatus: {transitionStatus: InProgress}}}`,
			"Progressing", "MinimumReplicasUnavailable",
		},
		"missing replicas are degraded when the model fails": {
			`{status: {conditions: [{type: Ready, status: "False", reason: MinimumReplicasUnavailable}], modelStatus: {transitionStatus: BlockedByFailedLoad}}}`,
			"Degraded", "MinimumReplicasUnavailable",
		},
		"a deadline that has passed is degraded": {
			`{status: {conditions: [{type: Ready, status: "False", reason: ProgressDeadlineExceeded, message: m}], modelStatus: {transitionStatus: InProgress}}}`,
			"Degraded", "ProgressDeadlineExceeded: m",
		},
		"a service that is held and serves is degraded, and serves": {
			`{status: {conditions: [{type: Ready, status: "False", reason: RuntimeNotFound, message: m}, {type: Serving, status: "True"}], modelStatus: {transitionStatus: InvalidSpec}}}`,
			"Degraded", "still serves: RuntimeNotFound: m",
		},
		"a service that is held and does not serve is down": {
			`{status: {conditions: [{type: Ready, status: "False", reason: RuntimeNotFound, message: m}, {type: Serving, status: "False"}], modelStatus: {transitionStatus: InvalidSpec}}}`,
			"Degraded", "down: RuntimeNotFound: m",
		},
		"a service that cannot be resolved is degraded": {
			`{status: {conditions: [{type: Ready, status: "False", reason: RuntimeNotFound, message: m}], modelStatus: {transitionStatus: InvalidSpec}}}`,
			"Degraded", "RuntimeNotFound: m",
		},
		"an ingress that is refused is degraded": {
			`{status: {conditions: [{type: Ready, status: "False", reason: NoMatchingParent, message: m}], modelStatus: {transitionStatus: UpToDate}}}`,
			"Degraded", "NoMatchingParent: m",
		},
		"a False without any word is degraded": {
			`{status: {conditions: [{type: Ready, status: "False"}]}}`, "Degraded", "",
		},
		"a suspended workload is suspended": {
			`{status: {conditions: [{type: Ready, status: "False", reason: Suspended, message: m}], modelStatus: {transitionStatus: InProgress}}}`,
			"Suspended", "Suspended: m",
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, message := health(t, test.object)
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.message, message)
		})
	}
}

func TestEveryReasonOfTheStatusHasAHealth(t *testing.T) {
	for reason, want := range map[string]string{
		status.ReasonWorkloadNotCreated:    "Progressing",
		status.ReasonWorkloadTerminating:   "Progressing",
		status.ReasonInitializing:          "Progressing",
		status.ReasonGenerationNotObserved: "Progressing",
		status.ReasonGroupsNotReady:        "Progressing",
		status.ReasonIngressNotCreated:     "Progressing",
		status.ReasonRouteNotReported:      "Progressing",
		status.ReasonUpdateNotApplied:      "Progressing",
		status.ReasonRayHeadNotReady:       "Progressing",
		status.ReasonRayWorkersNotReady:    "Progressing",
		"ContainersNotReady":               "Progressing", // KubeRay about a head that starts
		"HeadPodNotFound":                  "Progressing",
		status.ReasonNameTaken:             "Degraded",
		status.ReasonHostInUse:             "Degraded",
		status.ReasonSuspended:             "Suspended",
		status.ReasonRayClusterFailed:      "Degraded",
		status.ReasonNoReplicas:            "Degraded",
		status.ReasonModeUnknown:           "Degraded",
		status.ReasonNoComponent:           "Degraded",
	} {
		got, _ := health(t, `{status: {conditions: [{type: Ready, status: "False", reason: `+reason+`}], modelStatus: {transitionStatus: UpToDate}}}`)
		assert.Equal(t, want, got, reason)
	}
}
