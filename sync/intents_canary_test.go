package sync_test

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/isvc-io/isvc/modes"
)

// canaryIntents are about new templates that run beside the former one.
var canaryIntents = map[string]intent{
	"canary-weights": one(func(v view) {
		v.has(append(rawChildren("chat", "engine"), "Deployment/chat-engine-canary", "Service/chat-engine-canary",
			"PodDisruptionBudget/chat-engine-canary", "HTTPRoute/chat")...)
		assert.Equal(v.t, "v1", v.pod("chat-engine").Spec.Containers[0].Image, "the pods that run keep their template")
		assert.Equal(v.t, "v2", v.pod("chat-engine-canary").Spec.Containers[0].Image)
		backends := decodeChild[modes.HTTPRoute](v, "HTTPRoute/chat").Spec.Rules[0].BackendRefs
		require.Len(v.t, backends, 2)
		assert.EqualValues(v.t, 80, backends[0].Weight)
		assert.Equal(v.t, "chat-engine-canary", backends[1].Name)
		assert.EqualValues(v.t, 20, backends[1].Weight)
		assert.NotContains(v.t, v.service("chat-engine").Spec.Selector, "component", "the Service object of each leads to its pods alone")
		assert.Equal(v.t, autoscalingv2.DisabledPolicySelect, *v.hpa("chat-engine").Spec.Behavior.ScaleDown.SelectPolicy)
		v.isCondition("CanaryReady", "True", "CanaryRunning")
		v.isCondition("Ready", "True", "")
		v.quiet()
	}),
	"canary-pods": one(func(v view) {
		assert.Equal(v.t, "v2", v.pod("chat-engine-canary").Spec.Containers[0].Image)
		for _, service := range []string{"chat", "chat-engine"} {
			assert.True(v.t, labelSelects(v.service(service).Spec.Selector, v.pod("chat-engine-canary").Labels), service)
			assert.True(v.t, labelSelects(v.service(service).Spec.Selector, v.pod("chat-engine").Labels), service)
		}
		assert.EqualValues(v.t, 50, *v.Status.Components["engine"].Traffic[0].Percent, "one of two pods")
		v.isCondition("CanaryReady", "True", "CanaryRunning")
	}),
	"canary-groups": one(func(v view) {
		set := v.lws("lws-chat-engine")
		assert.EqualValues(v.t, 3, *set.Spec.RolloutStrategy.RollingUpdateConfiguration.Partition)
		assert.Contains(v.t, set.Annotations["isvc.io/former-template"], `"image":"v1"`)
		assert.Equal(v.t, "v2", set.Spec.LeaderWorkerTemplate.WorkerTemplate.Spec.Containers[0].Image)
		v.isCondition("CanaryReady", "True", "CanaryRunning")
	}),
}
