package status

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/manifests/statusschema"
	"github.com/isvc-io/isvc/sync/observed"
)

const (
	testNamespace = "team-a"
	testURL       = "http://chat.team-a.svc.cluster.local"
)

var testNow = metav1.NewTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))

// option changes an input.
type option func(*Input)

// input is a service "chat" with a raw engine, no children, ingress disabled and pods unknown.
func input(options ...option) *Input {
	in := &Input{
		Parent: &v1beta1.InferenceService{
			ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: testNamespace, Generation: 5},
		},
		Now:         testNow,
		ServiceMode: v1beta1.RawDeployment,
		Components:  []Component{component(v1beta1.EngineComponent, v1beta1.RawDeployment)},
		Children:    observed.Objects{},
		Ingress:     Ingress{Disabled: true, URL: testURL, Address: testURL},
	}
	for _, o := range options {
		o(in)
	}
	return in
}

func component(kind v1beta1.ComponentType, mode v1beta1.DeploymentMode) Component {
	return Component{
		Type: kind, Mode: mode, Name: "chat-" + string(kind), Replicas: 1,
		URL: "http://chat-" + string(kind) + ".team-a.example.com",
	}
}

func with(kind v1beta1.ComponentType, mode v1beta1.DeploymentMode) option {
	return func(in *Input) { in.Components = append(in.Components, component(kind, mode)) }
}

func mode(m v1beta1.DeploymentMode) option {
	return func(in *Input) { in.Components[0].Mode = m }
}

func serviceMode(m v1beta1.DeploymentMode) option { return func(in *Input) { in.ServiceMode = m } }

func engine(change func(*Component)) option { return func(in *Input) { change(&in.Components[0]) } }

// updating says that a workload of the engine does not have its new specification yet.
func updating(workload string) option { return engine(func(c *Component) { c.Updating = workload }) }

func problem(reason, message string) option {
	return engine(func(c *Component) { c.Problem = &finding.Finding{Reason: reason, Message: message} })
}

func failing(reason string, why v1beta1.FailureReason) option {
	return func(in *Input) {
		in.Failure = &finding.Finding{Reason: reason, Message: "what is wrong", ModelReason: why}
		in.Ingress = Ingress{}
	}
}

func ingress(i Ingress) option { return func(in *Input) { in.Ingress = i } }

// previous sets the status that the service had before.
func previous(status v1beta1.InferenceServiceStatus) option {
	return func(in *Input) { in.Parent.Status = status }
}

// wasTrue gives the service a condition that has been True for a day.
func wasTrue(kinds ...v1beta1.ConditionType) option {
	return func(in *Input) {
		for _, kind := range kinds {
			in.Parent.Status.Conditions = append(in.Parent.Status.Conditions, v1beta1.Condition{
				Type: kind, Status: "True", LastTransitionTime: metav1.NewTime(testNow.Add(-24 * time.Hour)),
			})
		}
	}
}

// child adds an observed object given as YAML.
func child(kind kinds.Kind, text string) option {
	return func(in *Input) {
		raw, name := fromYAML(text)
		in.Children.Add(kind, testNamespace, name, raw)
	}
}

// pods makes the pods of the service known: each is YAML.
func pods(texts ...string) option {
	return func(in *Input) {
		in.Pods = map[string]observed.Object{}
		for _, text := range texts {
			raw, name := fromYAML(text)
			in.Pods[testNamespace+"/"+name] = observed.Object{Raw: raw}
		}
	}
}

// fromYAML converts YAML to JSON and finds the name.
func fromYAML(text string) (json.RawMessage, string) {
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		panic(err)
	}
	var o struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || o.Metadata.Name == "" {
		panic("not an object: " + text)
	}
	return raw, o.Metadata.Name
}

// computed runs Compute twice, checks what every status must satisfy, and returns it as it comes
// back from the API server.
func computed(t *testing.T, in *Input) v1beta1.InferenceServiceStatus {
	t.Helper()
	first, err := json.Marshal(Compute(in))
	require.NoError(t, err)
	second, err := json.Marshal(Compute(in))
	require.NoError(t, err)
	assert.Equal(t, string(first), string(second), "the same input gives the same bytes")
	violations, err := statusschema.Violations(first)
	require.NoError(t, err)
	assert.Empty(t, violations, "the status satisfies the custom resource definition: %s", first)

	var out v1beta1.InferenceServiceStatus
	require.NoError(t, json.Unmarshal(first, &out))
	settled := *in
	parent := *in.Parent
	parent.Status = out
	settled.Parent = &parent
	settled.Now = metav1.NewTime(in.Now.Add(time.Hour))
	again, err := json.Marshal(Compute(&settled))
	require.NoError(t, err)
	assert.Equal(t, string(first), string(again), "nothing changes while nothing happens")
	return out
}

// describeCondition returns "Status Reason: message" of a condition, "absent" without it.
func describeCondition(status v1beta1.InferenceServiceStatus, kind v1beta1.ConditionType) string {
	c := findCondition(status.Conditions, kind)
	if c == nil {
		return "absent"
	}
	text := string(c.Status)
	if c.Reason != "" {
		text += " " + c.Reason
	}
	if c.Message != "" {
		text += ": " + c.Message
	}
	return text
}
