package modes

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"knative.dev/pkg/kmap"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/inject"
	"github.com/isvc-io/isvc/modes/names"
)

// multiNodeMode is the mode whose replicas are groups of a leader and its workers: a
// LeaderWorkerSet.
func multiNodeMode() Mode {
	return Mode{
		Name:            v1beta1.MultiNode,
		Workload:        kinds.LeaderWorkerSet,
		WorkloadName:    names.LeaderWorkerSet,
		ReplicasPath:    "spec.replicas",
		PodsFormGroups:  true,
		ServingPodLabel: leaderLabel,
		PodTemplates: []PodTemplate{
			{Path: "spec.leaderWorkerTemplate.leaderTemplate"},
			{
				Path:                "spec.leaderWorkerTemplate.workerTemplate",
				CountPath:           "spec.leaderWorkerTemplate.size",
				CountIncludesLeader: true,
			},
		},
		TemplatePaths: []string{"spec.leaderWorkerTemplate", "spec.networkConfig"},
		PodMarks: PodMarks{
			Workload: []string{lwsv1.SetNameLabelKey},
			Revision: lwsv1.RevisionKey,
			Replica:  []string{lwsv1.SetNameLabelKey, lwsv1.GroupIndexLabelKey},
		},
		ServicesOfController: func(workload map[string]any) []string { return []string{nameIn(workload)} },
		UsableAutoscaler:     autoscalerOfGroups,
		Canary:               CanaryInGroups,
		Uses:                 []string{"maxReplicas", "scaleTarget", "scaleMetric", "deploymentStrategy", "minAvailable", "maxUnavailable", "kedaConfig", "servicePortAppProtocols", "lifecycle", "autoscaler"},
		RestartsPods:         true,
		RunsWorkers:          true,
		build:                multiNodeObjects,
	}
}

// leaderLabel is a label that leaders and heads have and their workers lack. KubeRay writes it too.
func leaderLabel(string) (key, value string) {
	return v1beta1.LabelRayNodeType, v1beta1.RayNodeTypeHead
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
		makeGroupDisruptionBudget(env, c, labelsWithApp(c)),
		Built{Objects: makeIstioSidecar(c)},
		scaler,
	), problem
}

// makeLeaderWorkerSet makes the groups.
func makeLeaderWorkerSet(env *Env, c *Component) (Built, *finding.Finding) {
	annotations, findings := annotationsOfLeaderWorkerSet(c)
	leader, leaderFindings, problem := makeGroupPodTemplate(env, c, leaderOfGroup, c.Pod, labelsOfLeaderPods(c), c.PodAnnotations)
	findings = append(findings, leaderFindings...)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	worker, workerFindings, problem := makeGroupPodTemplate(env, c, workerOfGroup, workerPodOrLeaderPod(c), podLabels(c), annotationsOfWorkerPods(c))
	findings = append(findings, workerFindings...)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	return Built{Findings: findings, Objects: Objects{&lwsv1.LeaderWorkerSet{
		TypeMeta:   typeMetaOf(kinds.LeaderWorkerSet),
		ObjectMeta: componentObjectMeta(c, names.LeaderWorkerSet(c.Name), componentLabels(c), annotations),
		Spec: lwsv1.LeaderWorkerSetSpec{
			Replicas:        replicasOfGroups(c),
			StartupPolicy:   lwsv1.LeaderCreatedStartupPolicy,
			RolloutStrategy: groupRolloutStrategy(c),
			NetworkConfig:   &lwsv1.NetworkConfig{SubdomainPolicy: ptr.To(lwsv1.SubdomainShared)},
			LeaderWorkerTemplate: lwsv1.LeaderWorkerTemplate{
				Size:           ptr.To(podsPerGroup(c)),
				RestartPolicy:  restartPolicyOfGroups(c),
				LeaderTemplate: &leader,
				WorkerTemplate: worker,
			},
		},
	}}}, nil
}

// annotationsOfLeaderWorkerSet are the component's annotations, without the one that places parts of
// groups: LeaderWorkerSet refuses it where groups have no parts, and here they have none.
func annotationsOfLeaderWorkerSet(c *Component) (map[string]string, []finding.Finding) {
	const key = lwsv1.SubGroupExclusiveKeyAnnotationKey
	if _, given := c.Annotations[key]; !given {
		return c.Annotations, nil
	}
	kept := kmap.Filter(c.Annotations, func(other string) bool { return other == key })
	return kept, []finding.Finding{{
		Subject: string(c.Type) + "/topology", Reason: ReasonFieldIgnored, Message: fmt.Sprintf(
			"annotation %s of the %s has no effect: the groups have no parts, and LeaderWorkerSet refuses it without them; remove it, or use %s for whole groups",
			key, c.Type, lwsv1.ExclusiveKeyAnnotationKey),
	}}
}

// makeGroupPodTemplate is the template of a leader or worker, with OME's defaults. OME gives these
// pods no default readiness probe.
func makeGroupPodTemplate(
	env *Env, c *Component, runner runnerOfGroup, pod corev1.PodSpec, labels, annotations map[string]string,
) (corev1.PodTemplateSpec, []finding.Finding, *finding.Finding) {
	defaulted := pod.DeepCopy()
	applyPodDefaults(defaulted)
	addOMEVariables(defaulted, omeVariablesOfGroup(c, runner))
	if runner == leaderOfGroup {
		spreadReplicas(c, defaulted)
	} else {
		keepWithLeader(c, defaulted)
	}
	return makePodTemplate(env, c, defaulted, labelsOfRunner(c, runner, labels), annotations)
}

// replicasOfGroups is the number of groups; nil where it belongs to an autoscaler.
func replicasOfGroups(c *Component) *int32 {
	if c.Scaling.Replicas == nil {
		return nil
	}
	return ptr.To(max(0, *c.Scaling.Replicas))
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
	return kmap.Union(podLabelsWithApp(c), map[string]string{v1beta1.LabelRayNodeType: v1beta1.RayNodeTypeHead})
}

// annotationsOfWorkerPods are those of pods without those that announce metrics or ask for probes,
// because only leaders take requests.
func annotationsOfWorkerPods(c *Component) map[string]string {
	return kmap.Filter(inject.AnnotationsWithoutServing(c.PodAnnotations), func(key string) bool {
		switch key {
		case v1beta1.AnnotationPrometheusScrape, v1beta1.AnnotationPrometheusPort, v1beta1.AnnotationPrometheusPath:
			return true
		}
		return false
	})
}

// makeGroupAutoscaler scales whole groups through the scale subresource of the LeaderWorkerSet.
func makeGroupAutoscaler(env *Env, c *Component) (Built, *finding.Finding) {
	return makeAutoscaler(env, c, labelsWithApp(c), scaleTargetReference(kinds.LeaderWorkerSet, names.LeaderWorkerSet(c.Name)))
}
