package podspec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/modes/podspec"
)

func TestAContainerIsFoundByName(t *testing.T) {
	containers := []corev1.Container{{Name: "a"}, {Name: "b", Image: "first"}, {Name: "b", Image: "second"}}
	assert.Equal(t, 1, podspec.IndexOfContainer(containers, "b"), "the first of a name")
	assert.Equal(t, -1, podspec.IndexOfContainer(containers, "c"))
	podspec.ContainerNamed(containers, "b").Image = "changed"
	assert.Equal(t, "changed", containers[1].Image, "the result is part of the list")
	assert.Nil(t, podspec.ContainerNamed(containers, "c"))
}

func TestAVariableIsAddedOnce(t *testing.T) {
	container := corev1.Container{Env: []corev1.EnvVar{{Name: "A", Value: "own"}}}
	podspec.AddVariableIfAbsent(&container, "A", "other")
	podspec.AddVariableIfAbsent(&container, "B", "2")
	podspec.AddVariableIfAbsent(&container, "B", "3")
	assert.Equal(t, []corev1.EnvVar{{Name: "A", Value: "own"}, {Name: "B", Value: "2"}}, container.Env)
	assert.Equal(t, 1, podspec.IndexOfVariable(container.Env, "B"))
}

func TestAVolumeIsAddedOnce(t *testing.T) {
	pod := corev1.PodSpec{Volumes: []corev1.Volume{{Name: "model"}}}
	podspec.AddVolumeIfAbsent(&pod, podspec.VolumeInMemory("model"))
	podspec.AddVolumeIfAbsent(&pod, podspec.VolumeInMemory("cache"))
	assert.Len(t, pod.Volumes, 2)
	assert.Nil(t, pod.Volumes[0].EmptyDir, "the pod's own volume stays")
	assert.Equal(t, corev1.StorageMediumMemory, pod.Volumes[1].EmptyDir.Medium)
}
