package modes

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// What OME gives to every Deployment; the values of the API server.
const (
	revisionHistoryLimit    int32 = 10
	progressDeadlineSeconds int32 = 600
)

// rawDeploymentMode is the mode with one pod per replica: a Deployment.
func rawDeploymentMode() Mode {
	return Mode{
		Name:         v1beta1.RawDeployment,
		Workload:     kinds.Deployment,
		WorkloadName: func(component string) string { return component },
		ReplicasPath: "spec.replicas",
		PodTemplates: []PodTemplate{{Path: "spec.template"}},
		PodMarks: PodMarks{
			Workload: []string{v1beta1.LabelApp, appsv1.DefaultDeploymentUniqueLabelKey},
			Revision: appsv1.DefaultDeploymentUniqueLabelKey,
		},
		ServingPodLabel: func(component, _ string) (key, value string) {
			return v1beta1.LabelApp, names.App(component)
		},
		UsableAutoscaler: func(asked Autoscaler, _, _ int32, _ bool) Autoscaler { return asked },
		OnlySomeModesUse: []string{"deploymentStrategy", "minAvailable", "maxUnavailable", "kedaConfig"},
		build:            rawDeploymentObjects,
	}
}

// rawDeploymentObjects are a Deployment, its Service, its disruption budget and its autoscaler, if it
// has one.
func rawDeploymentObjects(env *Env, c *Component) (Objects, *finding.Finding) {
	labels := appLabels(c)
	deployment, problem := deployment(env, c, labels)
	if problem != nil {
		return nil, problem
	}
	objects := Objects{deployment, componentService(c, labels, appSelector(c)), disruptionBudget(env, c, labels)}
	scaler, problem := autoscaler(env, c, labels, autoscalingv2.CrossVersionObjectReference{
		APIVersion: deployment.APIVersion, Kind: deployment.Kind, Name: deployment.Name,
	})
	if problem != nil {
		return nil, problem
	}
	if scaler != nil {
		objects = append(objects, scaler)
	}
	return objects, nil
}

// deployment is the workload of a raw component.
func deployment(env *Env, c *Component, labels map[string]string) (*appsv1.Deployment, *finding.Finding) {
	pod := c.Pod.DeepCopy()
	defaultPod(pod)
	defaultReadiness(pod)
	template, problem := podTemplate(env, c, pod, labels, c.Annotations)
	if problem != nil {
		return nil, problem
	}
	history, deadline := revisionHistoryLimit, progressDeadlineSeconds
	return &appsv1.Deployment{
		TypeMeta:   typeMeta(kinds.Deployment),
		ObjectMeta: objectMeta(c, c.Name, labels, c.Annotations),
		Spec: appsv1.DeploymentSpec{
			Replicas:                copyOf(c.Scaling.Replicas),
			Selector:                &metav1.LabelSelector{MatchLabels: appSelector(c)},
			Template:                template,
			Strategy:                strategy(c.Extension.DeploymentStrategy),
			RevisionHistoryLimit:    &history,
			ProgressDeadlineSeconds: &deadline,
		},
	}, nil
}

// strategy completes the component's strategy: rolling when none is named, and
// then one pod more and none less at a time unless it says otherwise.
func strategy(given *appsv1.DeploymentStrategy) appsv1.DeploymentStrategy {
	var s appsv1.DeploymentStrategy
	if given != nil {
		s = *given.DeepCopy()
	}
	fill(&s.Type, appsv1.RollingUpdateDeploymentStrategyType)
	switch {
	case s.Type != appsv1.RollingUpdateDeploymentStrategyType:
		s.RollingUpdate = nil
	case s.RollingUpdate == nil:
		unavailable, surge := intstr.FromInt32(0), intstr.FromInt32(1)
		s.RollingUpdate = &appsv1.RollingUpdateDeployment{MaxUnavailable: &unavailable, MaxSurge: &surge}
	}
	return s
}
