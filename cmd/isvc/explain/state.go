package explain

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	gosync "sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// State is what counts of a service: whether it is ready, and if not, why and what to do next. It is
// computed now, from the objects and pods that the input shows.
type State struct {
	// Deployed is false where the input shows no object of the service: then nothing is known of what runs.
	Deployed bool `json:"deployed"`
	// Ready is True, False or Unknown, and Since when; empty where the input does not say.
	Ready string `json:"ready"`
	Since string `json:"since,omitempty"`
	// Part is the part that decides: engine, decoder, router or ingress; empty for the service as a whole.
	Part string `json:"part,omitempty"`
	// Reason and Message are those of the condition Ready, without the name of the part.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Pod says what the newest pod that does not serve says: its name and its words.
	Pod *PodWords `json:"pod,omitempty"`
	// Next is what to do, in the words of docs/conditions.md.
	Next string `json:"next,omitempty"`
	// Update says what the pods of a rolling update wait for; empty where nothing is known to be missing.
	Update string `json:"update,omitempty"`
	// Serving is why requests are answered or not; see the condition.
	Serving *Stage `json:"serving,omitempty"`
	// Canary is where the canary stands, and what to do next.
	Canary *Stage `json:"canary,omitempty"`
	// Ingress says whether the routes exist and are accepted, and Autoscaler whether the autoscalers can
	// scale; see the conditions.
	Ingress    *Stage `json:"ingress,omitempty"`
	Autoscaler *Stage `json:"autoscaler,omitempty"`
	// Parts are the components with their replicas and what these ask for, by name.
	Parts []Part `json:"parts,omitempty"`
	// Transitions are the last changes of conditions, the oldest first.
	Transitions []v1beta1.ConditionTransition `json:"transitions,omitempty"`
	// Summary is the service in one line.
	Summary v1beta1.ServiceSummary `json:"summary"`
}

// PodWords is what a pod says.
type PodWords struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// Stage is a condition with what to do about it.
type Stage struct {
	Status  string `json:"status"`
	Since   string `json:"since,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Next    string `json:"next,omitempty"`
}

// Part is a component as it runs.
type Part struct {
	Type string `json:"type"`
	v1beta1.ComponentWorkload
	// Condition is whether the component is ready; see the conditions EngineReady, DecoderReady and
	// RouterReady.
	Condition *Stage `json:"condition,omitempty"`
}

//go:embed fixes.json
var fixesFile []byte

// fixes are the sentences of docs/conditions.md that say what to do, by reason.
var fixes = gosync.OnceValue(func() map[string]string {
	table := map[string]string{}
	if err := json.Unmarshal(fixesFile, &table); err != nil {
		panic("fixes.json is not what the tests of sync write: " + err.Error())
	}
	return table
})

// fixOf is what to do about a reason; empty where no page says it, or where there is nothing to do.
func fixOf(reason string) string {
	if strings.HasPrefix(reason, "ExitCode") {
		reason = "ExitCode"
	}
	if fix := fixes()[reason]; fix != "Nothing." {
		return fix
	}
	return ""
}

// NewState reads a computed status. The service is deployed where the input shows an object of it.
func NewState(namespace string, status *v1beta1.InferenceServiceStatus, deployed bool) *State {
	state := &State{Deployed: deployed, Transitions: status.Transitions}
	if status.Summary != nil {
		state.Summary = *status.Summary
	}
	for _, component := range slices.Sorted(maps.Keys(status.Components)) {
		if workload := status.Components[component].Workload; workload != nil {
			state.Parts = append(state.Parts, Part{Type: string(component), ComponentWorkload: *workload})
		}
	}
	for i := range status.Conditions {
		switch c := &status.Conditions[i]; c.Type {
		case v1beta1.Ready:
			state.Ready, state.Since, state.Reason = string(c.Status), timeOf(c), c.Reason
			state.Part, state.Message = splitPart(c.Message)
		case v1beta1.EngineReady, v1beta1.DecoderReady, v1beta1.RouterReady:
			if _, waits, found := strings.Cut(c.Message, "the update waits for "); found {
				state.Update = "waits for " + waits
			}
			state.addConditionOfPart(c)
		case v1beta1.Serving:
			state.Serving = stageOf(c)
		case v1beta1.CanaryReady:
			state.Canary = stageOf(c)
		case v1beta1.IngressReady:
			state.Ingress = stageOf(c)
		case v1beta1.AutoscalerReady:
			state.Autoscaler = stageOf(c)
		}
	}
	state.addNext(namespace, status)
	return state
}

// addConditionOfPart adds the condition of a component to its part.
func (s *State) addConditionOfPart(c *v1beta1.Condition) {
	for i := range s.Parts {
		if strings.EqualFold(s.Parts[i].Type+"Ready", string(c.Type)) {
			s.Parts[i].Condition = stageOf(c)
		}
	}
}

// addNext says what the pods say and what to do: about what the newest pod says, else about the reason of
// Ready.
func (s *State) addNext(namespace string, status *v1beta1.InferenceServiceStatus) {
	if s.Ready == string(corev1.ConditionTrue) {
		return
	}
	if before, rest, found := strings.Cut("; "+s.Message, "; pod "); found {
		name, words, _ := strings.Cut(rest, ": ")
		s.Pod, s.Message = &PodWords{Name: name, Message: words}, strings.TrimPrefix(before, "; ")
	}
	s.Next = fixOf(s.Summary.Reason)
	if s.Next == "" || s.Summary.Reason == s.Reason {
		s.Next = fixOf(s.Reason)
	}
	failure := status.ModelStatus.LastFailureInfo
	if failure != nil && s.Pod != nil && failure.Location == s.Pod.Name && failure.Reason == v1beta1.ModelLoadFailed {
		s.Next += fmt.Sprintf(" kubectl logs -n %s %s --all-containers --previous", namespace, s.Pod.Name)
	}
	s.Next = strings.TrimSpace(s.Next)
}

// splitPart takes the name of the part from the front of the message of Ready.
func splitPart(message string) (part, rest string) {
	if part, rest, found := strings.Cut(message, ": "); found && (isComponent(part) || part == "ingress") {
		return part, rest
	}
	return "", message
}

func stageOf(c *v1beta1.Condition) *Stage {
	return &Stage{Status: string(c.Status), Since: timeOf(c), Reason: c.Reason, Message: c.Message, Next: fixOf(c.Reason)}
}

// timeOf is the time at which a condition last changed; empty where it is not known.
func timeOf(c *v1beta1.Condition) string {
	if c.LastTransitionTime.IsZero() {
		return ""
	}
	return c.LastTransitionTime.UTC().Format(time.RFC3339)
}
