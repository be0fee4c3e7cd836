package emit

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// servingDeployment is a Deployment of the size that a model server has.
func servingDeployment() *appsv1.Deployment {
	labels := map[string]string{"app": "chat-engine", "component": "engine", "ome.io/inferenceservice": "chat"}
	gpus := corev1.ResourceList{"cpu": resource.MustParse("16"), "memory": resource.MustParse("128Gi"), "nvidia.com/gpu": resource.MustParse("8")}
	container := corev1.Container{
		Name: "ome-container", Image: "lmsysorg/sglang:latest", ImagePullPolicy: corev1.PullIfNotPresent,
		Command:        []string{"/bin/sh", "-c"},
		Args:           []string{"python3 -m sglang.launch_server", "--host=0.0.0.0", "--port=8080", "--tp=8"},
		Ports:          []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
		Env:            []corev1.EnvVar{{Name: "MODEL_PATH", Value: "/models/m"}, {Name: "PARALLELISM_SIZE", Value: "8"}, {Name: "HF_HOME", Value: "/tmp"}},
		Resources:      corev1.ResourceRequirements{Limits: gpus, Requests: gpus},
		VolumeMounts:   []corev1.VolumeMount{{Name: "dshm", MountPath: "/dev/shm"}, {Name: "model", MountPath: "/models/m", ReadOnly: true}},
		ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/health", Port: intstr.FromInt32(8080)}}, PeriodSeconds: 10},
	}
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: "chat-engine", Namespace: "team-a", Labels: labels, Annotations: map[string]string{"ome.io/deploymentMode": "RawDeployment"}},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "chat-engine"}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
				Containers: []corev1.Container{container},
				Volumes: []corev1.Volume{
					{Name: "dshm", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}},
					{Name: "model", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/mnt/m"}}}},
				NodeSelector: map[string]string{"models.ome.io/m": "Ready"},
				Tolerations:  []corev1.Toleration{{Key: "nvidia.com/gpu", Operator: corev1.TolerationOpExists}},
			}},
		},
	}
}

func BenchmarkObjectTyped(b *testing.B) {
	deployment := servingDeployment()
	for b.Loop() {
		Object(deployment)
	}
}

func BenchmarkObjectTree(b *testing.B) {
	deployment := Object(servingDeployment()).Object
	for b.Loop() {
		Object(deployment)
	}
}

func BenchmarkDefaults(b *testing.B) {
	deployment := Object(servingDeployment())
	for b.Loop() {
		Defaults(deployment)
	}
}
