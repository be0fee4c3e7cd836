package status

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/capacity"
)

// inShort is "READY REASON MODE RUNTIME REPLICAS GPUS URL", with "-" for what is empty.
func inShort(t *testing.T, options ...option) string {
	t.Helper()
	s := computed(t, input(options...)).Summary
	text := ""
	for _, word := range []string{s.Ready, s.Reason, s.Mode, s.Runtime, s.Replicas, s.Accelerators, s.URL} {
		if word == "" {
			word = "-"
		}
		text += word + " "
	}
	return text[:len(text)-1]
}

func gpus(n int64) option {
	return engine(func(c *Component) {
		c.Usage = capacity.Usage{Pods: 2, Accelerators: map[string]int64{"nvidia.com/gpu": n}}
	})
}

func wasMadeWith(runtime string) option {
	return previous(v1beta1.InferenceServiceStatus{Summary: &v1beta1.ServiceSummary{Runtime: runtime, RuntimeKind: "ServingRuntime"}})
}

const (
	threeOfFour = `{observedGeneration: 7, replicas: 4, updatedReplicas: 4, readyReplicas: 3, availableReplicas: 3, conditions: [{type: Available, status: "True"}]}`
	noneOfFour  = `{observedGeneration: 7, replicas: 4, updatedReplicas: 4, conditions: [{type: Available, status: "False", reason: MinimumReplicasUnavailable, message: m}]}`
)

func TestTheServiceInShort(t *testing.T) {
	const url = "chat.team-a"
	for name, test := range map[string]struct {
		options []option
		want    string
	}{
		"before anything exists": {nil, "Unknown WorkloadNotCreated Raw - 0/1 0 " + url},
		"a service that serves": {
			[]option{fourReplicas(threeOfFour), gpus(8), func(in *Input) { in.Runtime = &Runtime{"ServingRuntime", "vllm"} }},
			"True - Raw vllm 3/4 8 " + url,
		},
		"pods that do not run yet": {[]option{fourReplicas(noneOfFour)}, "False Starting Raw - 0/4 0 " + url},
		"pods that load":           {[]option{fourReplicas(noneOfFour), pods(enginePod("a", 0, "a", podRuns))}, "False Loading Raw - 0/4 0 " + url},
		"pods without a node":      {[]option{fourReplicas(noneOfFour), pods(enginePod("a", 0, "a", podNoNode))}, "False Unschedulable Raw - 0/4 0 " + url},
		"claims are not counted": {[]option{engine(func(c *Component) {
			c.Usage = capacity.Usage{Accelerators: map[string]int64{capacity.ClaimsOfDevices: 1}}
		})}, "Unknown WorkloadNotCreated Raw - 0/1 ? " + url},
		"shares are not counted": {[]option{engine(func(c *Component) {
			c.Usage = capacity.Usage{Accelerators: map[string]int64{"nvidia.com/gpumem": 4000}}
		})}, "Unknown WorkloadNotCreated Raw - 0/1 ? " + url},
		"a service that is held and down": {
			[]option{failing("RuntimeNotFound", v1beta1.RuntimeNotRecognized), fourReplicas(noneOfFour), wasMadeWith("vllm")},
			"False RuntimeNotFound Raw vllm 0/4 0 -",
		},
		"a service that is held and serves": {
			[]option{failing("RuntimeNotFound", v1beta1.RuntimeNotRecognized), fourReplicas(threeOfFour), wasMadeWith("vllm")},
			"Serving RuntimeNotFound Raw vllm 3/4 0 -",
		},
		"engine and decoder": {
			[]option{with(v1beta1.DecoderComponent, v1beta1.MultiNode), with(v1beta1.RouterComponent, v1beta1.RawDeployment)},
			"Unknown WorkloadNotCreated Raw+MultiNode - 0/1+0/1 0 " + url,
		},
		"an address outside stays as it is": {
			[]option{ingress(Ingress{Disabled: true, URL: "https://chat.example.com/v1", Address: testURL})},
			"Unknown WorkloadNotCreated Raw - 0/1 0 https://chat.example.com/v1",
		},
		"an address outside that looks like one inside": {
			[]option{ingress(Ingress{Disabled: true, URL: "http://chat.team-a.svc.example.com", Address: testURL})},
			"Unknown WorkloadNotCreated Raw - 0/1 0 chat.team-a.svc.example.com",
		},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, inShort(t, test.options...)) })
	}
}

// fourReplicas is a Deployment that should have four.
func fourReplicas(status string) option {
	return child("Deployment.apps/v1", `{metadata: {name: chat-engine, generation: 7}, spec: {replicas: 4}, status: `+status+`}`)
}

func TestNamesAreShortenedInTheMiddleAndHostsAtTheEnd(t *testing.T) {
	for text, want := range map[string][2]string{
		"":            {"", ""},
		"vllm-small":  {"vllm-small", "vllm-small"},
		"vllm-small2": {"vllm-small2", "vllm-small2"},
		"srt-llama-4-maverick-17b-128e-instruct-fp8-pd-grpc": {"srt~pd-grpc", "srt-llama-4~"},
		"llama-chat.prod.example.com":                        {"lla~ple.com", "llama-chat.~"},
		strings.Repeat("ü", 30):                              {"üüü~üüüüüüü", strings.Repeat("ü", 11) + "~"},
	} {
		assert.Equal(t, want, [2]string{shortenInTheMiddle(text, roomForName), shortenAtTheEnd(text, roomForURL)}, text)
	}
}

func TestTheSummaryHasFullAndShortNames(t *testing.T) {
	s := computed(t, input(func(in *Input) {
		in.Runtime = &Runtime{"ClusterServingRuntime", strings.Repeat("runtime-", 6)}
		in.Parent.Spec.Model = &v1beta1.ModelRef{Name: strings.Repeat("model-", 8)}
	})).Summary
	assert.Equal(t, strings.Repeat("runtime-", 6), s.Runtime)
	assert.Equal(t, "run~untime- mod~-model-", s.ShortRuntime+" "+s.ShortModel)
}

func TestServing(t *testing.T) {
	for name, test := range map[string]struct {
		options []option
		want    string
	}{
		"nothing exists":      {nil, "False NothingServes: engine: no replica serves"},
		"a service is Ready":  {[]option{fourReplicas(threeOfFour)}, "True Serves"},
		"a part is down":      {[]option{fourReplicas(threeOfFour), with(v1beta1.DecoderComponent, v1beta1.RawDeployment)}, "False NothingServes: decoder: no replica serves"},
		"held, and it serves": {[]option{failing("RuntimeNotFound", ""), fourReplicas(threeOfFour)}, "True ServesAsBefore: requests are answered by what was applied before; Ready says what is wrong"},
		"held, and it is down": {
			[]option{failing("RuntimeNotFound", ""), fourReplicas(noneOfFour)}, "False NothingServes: engine: no replica serves",
		},
		"a component that cannot be composed, and serves": {
			[]option{problem("NoImage", "m"), fourReplicas(threeOfFour)}, "True ServesAsBefore: requests are answered by what was applied before; Ready says what is wrong",
		},
		"an update that has not arrived": {
			[]option{updating("chat-engine"), fourReplicas(threeOfFour)}, "True ServesAsBefore: requests are answered by what was applied before; Ready says what is wrong",
		},
		"one pod serves although the Deployment is not available": {
			[]option{fourReplicas(noneOfFour), pods(enginePod("a", 0, "a", podIsReady))}, "True ServesAsBefore: requests are answered by what was applied before; Ready says what is wrong",
		},
		"no component": {[]option{func(in *Input) { in.Components = nil }}, "False NothingServes: the service has no component"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, describeCondition(computed(t, input(test.options...)), v1beta1.Serving))
		})
	}
}

// TestTransitions: each change of Ready is remembered once, a rest adds nothing, and the oldest are forgotten.
func TestTransitions(t *testing.T) {
	step := func(before v1beta1.InferenceServiceStatus, minute int, options ...option) v1beta1.InferenceServiceStatus {
		in := input(append(options, previous(before))...)
		in.Now = metav1.NewTime(testNow.Add(time.Duration(minute) * time.Minute))
		return computed(t, in)
	}
	said := func(s v1beta1.InferenceServiceStatus) []string {
		var list []string
		for _, c := range s.Transitions {
			list = append(list, fmt.Sprintf("%s %s %s %s", c.Time.UTC().Format("15:04"), c.Type, c.Status, c.Reason))
		}
		return list
	}
	s := step(v1beta1.InferenceServiceStatus{}, 0)
	assert.Equal(t, []string{"12:00 Ready Unknown WorkloadNotCreated"}, said(s))
	s = step(s, 1, fourReplicas(noneOfFour))
	s = step(s, 2, fourReplicas(threeOfFour))
	s = step(s, 3, fourReplicas(threeOfFour))
	assert.Equal(t, []string{
		"12:00 Ready Unknown WorkloadNotCreated", "12:01 Ready False MinimumReplicasUnavailable", "12:02 Ready True ",
	}, said(s))
	s = step(s, 4, fourReplicas(threeOfFour), failing("RuntimeNotFound", ""))
	assert.Equal(t, []string{"12:04 Ready False RuntimeNotFound"}, said(s)[3:], "Serving did not change")
	for minute := 5; minute < 40; minute++ {
		s = step(s, minute, fourReplicas([]string{noneOfFour, threeOfFour}[minute%2]))
	}
	assert.Len(t, s.Transitions, 10)
	assert.Equal(t, "12:39 Ready True ", said(s)[9])
}

func TestACanaryAndAHeldUpdateAreRemembered(t *testing.T) {
	before := []v1beta1.Condition{{Type: v1beta1.CanaryReady, Status: "False", Reason: "A"}}
	after := []v1beta1.Condition{{Type: v1beta1.CanaryReady, Status: "False", Reason: "B"}, {Type: v1beta1.UpdateAvailable, Status: "True", Reason: "C"}}
	words := func(list []v1beta1.ConditionTransition) (words []string) {
		for _, c := range list {
			words = append(words, fmt.Sprintf("%s %s %s", c.Type, c.Status, c.Reason))
		}
		return words
	}
	assert.Equal(t, []string{"CanaryReady False B", "UpdateAvailable True C"}, words(withNewTransitions(nil, before, after, testNow)))
	assert.Equal(t, []string{"CanaryReady  ", "UpdateAvailable  "}, words(withNewTransitions(nil, after, nil, testNow)), "they went away")
	assert.Empty(t, withNewTransitions(nil, before, after, metav1.Time{}), "without a time")
}

func TestTransitionsOfOthersAreBounded(t *testing.T) {
	known := []v1beta1.ConditionTransition{{Type: v1beta1.Ready}}
	for range 50 {
		known = append(known, v1beta1.ConditionTransition{Time: testNow, Type: v1beta1.Ready, Message: string(make([]byte, 5000))})
	}
	list := withNewTransitions(known, nil, nil, testNow)
	assert.Len(t, list, 10)
	assert.LessOrEqual(t, len(list[0].Message), 256)
}
