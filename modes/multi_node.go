package modes

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"knative.dev/pkg/kmap"
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

// autoscalerOfGroups scales groups only up to a larger maximum that the user gave, because a group
// takes many accelerators. A HorizontalPodAutoscaler cannot start from zero, so zero stays zero.
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

// multiNodeObjects are a LeaderWorkerSet, the Service object in front of the leaders, their
// disruption budget and, where the groups scale, their autoscaler.
func multiNodeObjects(env *Env, c *Component) (Built, *finding.Finding) {
	set, problem := makeLeaderWorkerSet(env, c)
	if problem != nil {
		return set, problem
	}
	scaler, problem := makeGroupAutoscaler(env, c)
	return concatBuilt(
		set,
		Built{Objects: Objects{makeServiceObject(c, componentLabels(c), servingPodSelector(c))}},
		makePodDisruptionBudget(c, labelsWithApp(c)),
		Built{Objects: makeIstioSidecar(c)},
		scaler,
	), problem
}

// makeLeaderWorkerSet makes the groups. A group restarts as a whole, because its pods compute
// together.
func makeLeaderWorkerSet(env *Env, c *Component) (Built, *finding.Finding) {
	leader, findings, problem := makeGroupPodTemplate(env, c, c.Pod, labelsOfLeaderPods(c), c.Annotations)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	worker, workerFindings, problem := makeGroupPodTemplate(env, c, workerPodOrLeaderPod(c), componentAndQueueLabels(c), annotationsOfWorkerPods(c))
	findings = append(findings, workerFindings...)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	return Built{Findings: findings, Objects: Objects{&lwsv1.LeaderWorkerSet{
		TypeMeta:   typeMetaOf(kinds.LeaderWorkerSet),
		ObjectMeta: componentObjectMeta(c, names.LeaderWorkerSet(c.Name), componentLabels(c), c.Annotations),
		Spec: lwsv1.LeaderWorkerSetSpec{
			Replicas:        replicasOfGroups(c),
			StartupPolicy:   lwsv1.LeaderCreatedStartupPolicy,
			RolloutStrategy: groupRolloutStrategy(),
			NetworkConfig:   &lwsv1.NetworkConfig{SubdomainPolicy: ptr.To(lwsv1.SubdomainShared)},
			LeaderWorkerTemplate: lwsv1.LeaderWorkerTemplate{
				Size:           ptr.To(podsPerGroup(c)),
				RestartPolicy:  lwsv1.RecreateGroupOnPodRestart,
				LeaderTemplate: &leader,
				WorkerTemplate: worker,
			},
		},
	}}}, nil
}

// makeGroupPodTemplate is the template of a leader or worker, with OME's defaults. OME gives these
// pods no default readiness probe.
func makeGroupPodTemplate(
	env *Env, c *Component, pod corev1.PodSpec, labels, annotations map[string]string,
) (corev1.PodTemplateSpec, []finding.Finding, *finding.Finding) {
	defaulted := pod.DeepCopy()
	applyPodDefaults(defaulted)
	return makePodTemplate(env, c, defaulted, labels, annotations)
}

// replicasOfGroups is the number of groups; nil where it belongs to an autoscaler.
func replicasOfGroups(c *Component) *int32 {
	if c.Scaling.Replicas == nil {
		return nil
	}
	return ptr.To(max(0, *c.Scaling.Replicas))
}

// groupRolloutStrategy replaces one group at a time and starts the new one first.
func groupRolloutStrategy() lwsv1.RolloutStrategy {
	return lwsv1.RolloutStrategy{
		Type: lwsv1.RollingUpdateStrategyType,
		RollingUpdateConfiguration: &lwsv1.RollingUpdateConfiguration{
			MaxUnavailable: intstr.FromInt32(1),
			MaxSurge:       intstr.FromInt32(1),
		},
	}
}

// podsPerGroup is the number of pods of a group, the leader included.
func podsPerGroup(c *Component) int32 {
	if c.Worker == nil {
		return 1
	}
	return 1 + max(0, c.WorkerSize)
}

// workerPodOrLeaderPod is the pod of the workers. The API requires one even where the leader is
// alone and no worker is made: then it is the leader's.
func workerPodOrLeaderPod(c *Component) corev1.PodSpec {
	if c.Worker == nil {
		return c.Pod
	}
	return *c.Worker
}

// labelsOfLeaderPods mark the pods that take requests.
func labelsOfLeaderPods(c *Component) map[string]string {
	return kmap.Union(labelsWithApp(c), map[string]string{v1beta1.LabelRayNodeType: v1beta1.RayNodeTypeHead})
}

// annotationsOfWorkerPods are the component's without those that announce metrics, because only
// leaders have metrics.
func annotationsOfWorkerPods(c *Component) map[string]string {
	return kmap.Filter(c.Annotations, func(key string) bool {
		switch key {
		case v1beta1.AnnotationPrometheusScrape, v1beta1.AnnotationPrometheusPort, v1beta1.AnnotationPrometheusPath:
			return true
		}
		return false
	})
}

// makeGroupAutoscaler scales whole groups through the scale subresource of the LeaderWorkerSet,
// where there is a range to scale in.
func makeGroupAutoscaler(env *Env, c *Component) (Built, *finding.Finding) {
	if c.Scaling.Max <= c.Scaling.Min {
		return Built{}, nil
	}
	return makeAutoscaler(env, c, labelsWithApp(c), scaleTargetReference(kinds.LeaderWorkerSet, names.LeaderWorkerSet(c.Name)))
}
