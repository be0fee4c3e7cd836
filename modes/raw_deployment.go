package modes

import (
	"cmp"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// The values that OME gives to every Deployment. They are those of the API server.
const (
	revisionHistoryLimit    int32 = 10
	progressDeadlineSeconds int32 = 600
)

// rawDeploymentMode is the mode with one pod per replica: a Deployment.
func rawDeploymentMode() Mode {
	return Mode{
		Name:          v1beta1.RawDeployment,
		Workload:      kinds.Deployment,
		WorkloadName:  func(component string) string { return component },
		ReplicasPath:  "spec.replicas",
		PodTemplates:  []PodTemplate{{Path: "spec.template"}},
		TemplatePaths: []string{"spec.template"},
		PodMarks: PodMarks{
			Workload: []string{v1beta1.LabelApp, appsv1.DefaultDeploymentUniqueLabelKey},
			Revision: appsv1.DefaultDeploymentUniqueLabelKey,
		},
		ServingPodLabel: func(workload string) (key, value string) {
			return v1beta1.LabelApp, names.App(workload)
		},
		RestartsPods:     true,
		Canary:           CanaryInWorkloadBeside,
		UsableAutoscaler: func(asked Autoscaler, _, _ int32, _ bool) Autoscaler { return asked },
		Uses:             []string{"maxReplicas", "scaleTarget", "scaleMetric", "deploymentStrategy", "minAvailable", "maxUnavailable", "kedaConfig", "servicePortAppProtocols", "lifecycle", "autoscaler"},
		build:            rawDeploymentObjects,
	}
}

// rawDeploymentObjects are a Deployment, its Service object, its disruption budget and its
// autoscaler, if it has one.
func rawDeploymentObjects(env *Env, c *Component) (Built, *finding.Finding) {
	labels := labelsWithApp(c)
	workload, problem := makeDeployment(env, c, labels)
	if problem != nil {
		return workload, problem
	}
	scaler, problem := makeAutoscaler(env, c, labels, scaleTargetReference(kinds.Deployment, c.Name))
	return concatBuilt(
		workload,
		Built{Objects: Objects{makeServiceObject(c, labels, selectorOfDeployedPods(c))}},
		makePodDisruptionBudget(env, c, labels, appLabelSelector(c)),
		scaler,
	), problem
}

// makeDeployment makes the workload of a raw deployment.
func makeDeployment(env *Env, c *Component, labels map[string]string) (Built, *finding.Finding) {
	pod := c.Pod.DeepCopy()
	applyPodDefaults(pod)
	spreadReplicas(c, pod)
	template, findings, problem := makePodTemplate(env, c, pod, podLabelsWithApp(c), c.PodAnnotations)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	addDefaultReadinessProbe(&template.Spec)
	history, deadline := revisionHistoryLimit, progressDeadlineSeconds
	return Built{Findings: findings, Objects: Objects{&appsv1.Deployment{
		TypeMeta:   typeMetaOf(kinds.Deployment),
		ObjectMeta: componentObjectMeta(c, c.Name, labels, c.Annotations),
		Spec: appsv1.DeploymentSpec{
			Replicas:                c.Scaling.Replicas,
			Selector:                &metav1.LabelSelector{MatchLabels: appLabelSelector(c)},
			Template:                template,
			Strategy:                deploymentStrategyOf(c.Extension.DeploymentStrategy),
			MinReadySeconds:         minReadySeconds(env, c),
			RevisionHistoryLimit:    &history,
			ProgressDeadlineSeconds: &deadline,
		},
	}}}, nil
}

// deploymentStrategyOf completes the component's strategy: a rolling update where it names none,
// which adds one pod and removes none at a time unless the component says otherwise.
func deploymentStrategyOf(given *appsv1.DeploymentStrategy) appsv1.DeploymentStrategy {
	var s appsv1.DeploymentStrategy
	if given != nil {
		s = *given.DeepCopy()
	}
	s.Type = cmp.Or(s.Type, appsv1.RollingUpdateDeploymentStrategyType)
	switch {
	case s.Type != appsv1.RollingUpdateDeploymentStrategyType:
		s.RollingUpdate = nil
	case s.RollingUpdate == nil:
		unavailable, surge := intstr.FromInt32(0), intstr.FromInt32(1)
		s.RollingUpdate = &appsv1.RollingUpdateDeployment{MaxUnavailable: &unavailable, MaxSurge: &surge}
	}
	return s
}
