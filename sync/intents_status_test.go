package sync_test

import (
	"github.com/stretchr/testify/assert"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// statusIntents are about what the status believes.
var statusIntents = map[string]intent{
	"status-autoscaler-blind": one(func(v view) {
		v.isCondition("Ready", "True", "")
		v.hasFinding("AutoscalerFails", "HorizontalPodAutoscaler chat-engine", "engine", "FailedGetResourceMetric")
		v.isCondition("SpecHonored", "False", "AutoscalerFails")
		v.isCondition("AutoscalerReady", "False", "AutoscalerFails")
	}),
	"status-route-former-gateway": one(func(v view) {
		v.isCondition("IngressReady", "True", "")
		v.isCondition("Ready", "True", "")
	}),
	"status-ray-head-lost": one(func(v view) {
		v.isCondition("EngineReady", "False", "ContainersNotReady")
		_, _, message := v.condition("Ready")
		assert.Contains(v.t, message, "Insufficient nvidia.com/gpu")
		assert.Equal(v.t, v1beta1.Pending, v.Status.ModelStatus.ModelRevisionStates.TargetModelState)
	}),
	"status-canary-on-its-way": one(func(v view) {
		engine := v.Status.Components[v1beta1.EngineComponent]
		assert.Equal(v.t, "chat-engine-00002", engine.LatestRolledoutRevision)
		assert.Equal(v.t, "chat-engine-00001", engine.PreviousRolledoutRevision)
		traffic := v.knative("chat-engine").Spec.Traffic
		assert.Len(v.t, traffic, 2)
		assert.Equal(v.t, "chat-engine-00002", traffic[1].RevisionName, "never to the version before the last")
		assert.EqualValues(v.t, 90, *traffic[1].Percent)
	}),
	"names-taken": one(func(v view) {
		v.isCondition("EngineReady", "True", "MinimumReplicasAvailable")
		v.isCondition("IngressReady", "False", "NameTaken")
		v.isCondition("Ready", "False", "NameTaken")
		_, _, message := v.condition("Ready")
		assert.Contains(v.t, message, "Service chat-engine belongs to InferenceService chat")
		assert.NotContains(v.t, v.refs(), "Service/chat-engine", "it is not ours to write")
		v.hasFinding("NameTaken", "Service chat-engine is not made", "InferenceService chat")
		assert.Empty(v.t, v.Status.URL, "that address leads to another model")
		assert.Nil(v.t, v.Status.Address)
		assert.Contains(v.t, v.refs(), "Service/chat-engine-engine")
	}),
	"status-rollout-waits": one(func(v view) {
		v.isCondition("Ready", "True", "")
		_, _, message := v.condition("EngineReady")
		assert.Contains(v.t, message, "the update waits for pod chat-engine-bb-1: Unschedulable")
		assert.Contains(v.t, message, "no node has enough free nvidia.com/gpu: free some, or set maxSurge 0 and maxUnavailable 1 in spec.engine.deploymentStrategy")
		assert.Equal(v.t, []v1beta1.TrafficTarget{
			{RevisionName: "chat-engine-00002", LatestRevision: ptr.To(true), Percent: ptr.To[int64](0)},
			{RevisionName: "chat-engine-00001", LatestRevision: ptr.To(false), Percent: ptr.To[int64](100)},
		}, v.Status.Components[v1beta1.EngineComponent].Traffic)
		assert.Equal(v.t, v1beta1.InProgress, v.Status.ModelStatus.TransitionStatus)
	}),
}
