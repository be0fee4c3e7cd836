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

func TestANameOfAContainerIsTakenInTheWholePod(t *testing.T) {
	pod := &corev1.PodSpec{InitContainers: []corev1.Container{{Name: "init"}}, Containers: []corev1.Container{{Name: "main"}}}
	assert.True(t, podspec.HasContainer(pod, "init"))
	assert.True(t, podspec.HasContainer(pod, "main"))
	assert.False(t, podspec.HasContainer(pod, "other"))
}

func TestAPathIsMountedOnce(t *testing.T) {
	mounts := []corev1.VolumeMount{{Name: "shm", MountPath: "/dev/shm/"}}
	assert.GreaterOrEqual(t, podspec.IndexOfMount(mounts, "/dev/shm"), 0)
	assert.Negative(t, podspec.IndexOfMount(mounts, "/dev"))
	assert.Negative(t, podspec.IndexOfMount(mounts, "/shm"))
}

func TestAVolumeIsAddedOnce(t *testing.T) {
	pod := corev1.PodSpec{Volumes: []corev1.Volume{{Name: "model"}}}
	podspec.AddVolumeIfAbsent(&pod, podspec.VolumeInMemory("model"))
	podspec.AddVolumeIfAbsent(&pod, podspec.VolumeInMemory("cache"))
	assert.Len(t, pod.Volumes, 2)
	assert.Nil(t, pod.Volumes[0].EmptyDir, "the pod's own volume stays")
	assert.Equal(t, corev1.StorageMediumMemory, pod.Volumes[1].EmptyDir.Medium)
}

func TestAMountIsFoundByItsPath(t *testing.T) {
	mounts := []corev1.VolumeMount{{MountPath: "/data"}, {MountPath: "/dev/shm/"}, {MountPath: "/data/x"}}
	for mountPath, want := range map[string]int{"/data": 0, "/data/": 0, "/dev/shm": 1, "/dev//shm": 1, "/data/x/": 2, "/dat": -1, "/": -1} {
		assert.Equal(t, want, podspec.IndexOfMount(mounts, mountPath), mountPath)
	}
}
