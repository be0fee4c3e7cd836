package modes

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// multiNodeMode is the mode whose replicas are groups of a leader and its workers: a
// LeaderWorkerSet.
func multiNodeMode() Mode {
	return Mode{
		Name:           v1beta1.MultiNode,
		Workload:       kinds.LeaderWorkerSet,
		WorkloadName:   names.LeaderWorkerSet,
		ReplicasPath:   "spec.replicas",
		PodsFormGroups: true,
		PodTemplates: []PodTemplate{
			{Path: "spec.leaderWorkerTemplate.leaderTemplate"},
			{
				Path:                "spec.leaderWorkerTemplate.workerTemplate",
				CountPath:           "spec.leaderWorkerTemplate.size",
				CountIncludesLeader: true,
			},
		},
		PodMarks: PodMarks{
			Workload: []string{lwsv1.SetNameLabelKey},
			Revision: lwsv1.RevisionKey,
			Replica:  []string{lwsv1.SetNameLabelKey, lwsv1.GroupIndexLabelKey},
		},
		UsableAutoscaler: autoscalerOfGroups,
		OnlySomeModesUse: []string{"minAvailable", "maxUnavailable", "kedaConfig"},
		build:            multiNodeObjects,
	}
}

// autoscalerOfGroups scales groups only from a minimum to a larger maximum that the user gave: a
// group is many accelerators. A HorizontalPodAutoscaler cannot start from zero, so zero stays zero.
func autoscalerOfGroups(asked Autoscaler, minReplicas, maxReplicas int32, maxIsDefault bool) Autoscaler {
	cannotStart := asked == AutoscalerHPA && minReplicas == 0
	switch {
	case asked == AutoscalerExternal:
		return asked
	case cannotStart || maxIsDefault || maxReplicas <= minReplicas:
		return AutoscalerNone
	}
	return asked
}

// multiNodeObjects are a LeaderWorkerSet, the Service in front of the leaders, their disruption
// budget and, where the groups scale, their autoscaler.
func multiNodeObjects(env *Env, c *Component) (Objects, *finding.Finding) {
	set, problem := leaderWorkerSet(env, c)
	if problem != nil {
		return nil, problem
	}
	objects := Objects{set, componentService(c, baseLabels(c), podSelector(c)), disruptionBudget(env, c, appLabels(c))}
	scaler, problem := groupAutoscaler(env, c, set.Name)
	if problem != nil {
		return nil, problem
	}
	return append(append(objects, istioSidecar(c)...), scaler...), nil
}

// leaderWorkerSet describes the groups. A group restarts as a whole, because
// its pods compute together.
func leaderWorkerSet(env *Env, c *Component) (*lwsv1.LeaderWorkerSet, *finding.Finding) {
	leader, problem := groupTemplate(env, c, c.Pod, leaderLabels(c), c.Annotations)
	if problem != nil {
		return nil, problem
	}
	worker, problem := groupTemplate(env, c, workerPod(c), queueLabels(c), workerAnnotations(c))
	if problem != nil {
		return nil, problem
	}
	return &lwsv1.LeaderWorkerSet{
		TypeMeta:   typeMeta(kinds.LeaderWorkerSet),
		ObjectMeta: objectMeta(c, names.LeaderWorkerSet(c.Name), baseLabels(c), c.Annotations),
		Spec: lwsv1.LeaderWorkerSetSpec{
			Replicas:        groupReplicas(c),
			StartupPolicy:   lwsv1.LeaderCreatedStartupPolicy,
			RolloutStrategy: groupRollout(),
			NetworkConfig:   &lwsv1.NetworkConfig{SubdomainPolicy: ptr.To(lwsv1.SubdomainShared)},
			LeaderWorkerTemplate: lwsv1.LeaderWorkerTemplate{
				Size:           ptr.To(groupSize(c)),
				RestartPolicy:  lwsv1.RecreateGroupOnPodRestart,
				LeaderTemplate: &leader,
				WorkerTemplate: worker,
			},
		},
	}, nil
}

// groupTemplate is the template of a leader or worker, with OME's defaults but
// without a readiness probe of ours.
func groupTemplate(env *Env, c *Component, pod corev1.PodSpec, labels, annotations map[string]string) (corev1.PodTemplateSpec, *finding.Finding) {
	defaulted := pod.DeepCopy()
	defaultPod(defaulted)
	return podTemplate(env, c, defaulted, labels, annotations)
}

// groupReplicas is the number of groups, or nothing where it belongs to an
// autoscaler.
func groupReplicas(c *Component) *int32 {
	if c.Scaling.Replicas == nil {
		return nil
	}
	return ptr.To(max(0, *c.Scaling.Replicas))
}

// groupRollout replaces one group at a time and starts the new one first.
func groupRollout() lwsv1.RolloutStrategy {
	return lwsv1.RolloutStrategy{
		Type: lwsv1.RollingUpdateStrategyType,
		RollingUpdateConfiguration: &lwsv1.RollingUpdateConfiguration{
			MaxUnavailable: intstr.FromInt32(1),
			MaxSurge:       intstr.FromInt32(1),
		},
	}
}

// groupSize is the number of pods of a group.
func groupSize(c *Component) int32 {
	if c.Worker == nil {
		return 1
	}
	return 1 + max(0, c.WorkerSize)
}

// workerPod is the pod of the workers. The API requires one also where the
// leader is alone and no worker will ever be made: then it is the leader's.
func workerPod(c *Component) corev1.PodSpec {
	if c.Worker == nil {
		return c.Pod
	}
	return *c.Worker
}

// leaderLabels mark the pods that take requests.
func leaderLabels(c *Component) map[string]string {
	return join(appLabels(c), map[string]string{v1beta1.LabelRayNodeType: v1beta1.RayNodeTypeHead})
}

// workerAnnotations are the component's without those that announce metrics:
// only leaders have any.
func workerAnnotations(c *Component) map[string]string {
	return without(c.Annotations, func(key string) bool {
		switch key {
		case v1beta1.AnnotationPrometheusScrape, v1beta1.AnnotationPrometheusPort, v1beta1.AnnotationPrometheusPath:
			return true
		}
		return false
	})
}

// groupAutoscaler scales whole groups through the scale subresource of the
// LeaderWorkerSet, where there is a range to scale in.
func groupAutoscaler(env *Env, c *Component, set string) (Objects, *finding.Finding) {
	if c.Scaling.Max <= c.Scaling.Min || c.Scaling.Autoscaler != AutoscalerHPA && c.Scaling.Autoscaler != AutoscalerKEDA {
		return nil, nil
	}
	scaler, problem := autoscaler(env, c, appLabels(c), autoscalingv2.CrossVersionObjectReference{
		APIVersion: lwsv1.GroupVersion.String(), Kind: "LeaderWorkerSet", Name: set,
	})
	if problem != nil || scaler == nil {
		return nil, problem
	}
	return Objects{scaler}, nil
}
