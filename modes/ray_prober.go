package modes

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// proberNotConfigured says what to configure so that Ray clusters are watched.
func proberNotConfigured(c *Component) finding.Finding {
	return finding.Finding{
		Subject: string(c.Type) + "/prober", Reason: ReasonProberNotConfigured, Message: fmt.Sprintf(
			"the Ray clusters of %s are not watched: set image in key %s of ConfigMap %s", c.Name, config.SectionProber, config.MapName),
	}
}

// makeRayProber makes the Deployment that watches the vLLM endpoint of the i-th cluster. Each
// selects its own pods; OME's probers of one component share a selector.
func makeRayProber(env *Env, c *Component, i int) *appsv1.Deployment {
	name := names.Prober(c.Name, i)
	selector := map[string]string{v1beta1.LabelApp: names.App(name)}
	labels := kmap.Union(componentAndQueueLabels(c), selector)
	quarter := intstr.FromString("25%")
	return &appsv1.Deployment{
		TypeMeta:   typeMetaOf(kinds.Deployment),
		ObjectMeta: componentObjectMeta(c, name, labels, c.Annotations),
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: selector},
			Strategy: appsv1.DeploymentStrategy{
				Type:          appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: &quarter, MaxSurge: &quarter},
			},
			RevisionHistoryLimit:    ptr.To(revisionHistoryLimit),
			ProgressDeadlineSeconds: ptr.To(progressDeadlineSeconds),
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{
					Labels: withLegalValues(kmap.Union(podLabels(c), selector)), Annotations: kmap.Union(c.PodAnnotations),
				},
				Spec: corev1.PodSpec{
					Containers:         []corev1.Container{makeProberContainer(env, c, i)},
					EnableServiceLinks: ptr.To(false),
				},
			},
		},
	}
}

func makeProberContainer(env *Env, c *Component, i int) corev1.Container {
	prober := env.Config.Prober
	return corev1.Container{
		Name:            "multinode-prober",
		Image:           prober.Image,
		ImagePullPolicy: corev1.PullIfNotPresent,
		Args:            []string{"--vllm-endpoint", rayHeadURL(env, c, i), "--addr", fmt.Sprintf("0.0.0.0:%d", DefaultPort)},
		Ports:           []corev1.ContainerPort{{Name: "http", ContainerPort: DefaultPort, Protocol: corev1.ProtocolTCP}},
		Resources:       prober.ResourceRequirements(),
		ReadinessProbe:  makeProberProbe("/healthz"),
		LivenessProbe:   makeProberProbe("/readyz"),
		StartupProbe:    makeProberStartupProbe(prober),
	}
}

// rayHeadURL is the address of the runner on the head of the i-th cluster.
func rayHeadURL(env *Env, c *Component, i int) string {
	return fmt.Sprintf("http://%s:%d", hostInCluster(names.RayHeadService(c.Name, i), c.Namespace, env.Config.ClusterDomain), ServingPort(c))
}

// makeProberProbe asks the prober itself.
func makeProberProbe(path string) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:     httpGetFromProber(path),
		TimeoutSeconds:   5,
		PeriodSeconds:    30,
		SuccessThreshold: 1,
		FailureThreshold: 3,
	}
}

// makeProberStartupProbe gives a cluster the configured time to load its model.
func makeProberStartupProbe(prober config.Prober) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:        httpGetFromProber("/startupz"),
		InitialDelaySeconds: prober.StartupInitialDelaySeconds,
		TimeoutSeconds:      prober.StartupTimeoutSeconds,
		PeriodSeconds:       prober.StartupPeriodSeconds,
		SuccessThreshold:    1,
		FailureThreshold:    prober.StartupFailureThreshold,
	}
}

func httpGetFromProber(path string) corev1.ProbeHandler {
	return corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromInt32(DefaultPort)}}
}
