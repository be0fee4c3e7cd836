// Package podspec finds and adds parts of pods: containers, variables and volumes by name, mounts by
// path. It is what composing, building and injecting have in common. What a pod already has is never
// replaced.
package podspec

import (
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// IndexOfContainer returns the position of the container with the name, or -1.
func IndexOfContainer(containers []corev1.Container, name string) int {
	return slices.IndexFunc(containers, func(c corev1.Container) bool { return c.Name == name })
}

// ContainerNamed returns the container with the name, which is part of the list, or nil.
func ContainerNamed(containers []corev1.Container, name string) *corev1.Container {
	if at := IndexOfContainer(containers, name); at >= 0 {
		return &containers[at]
	}
	return nil
}

// IndexOfVariable returns the position of the environment variable with the name, or -1.
func IndexOfVariable(env []corev1.EnvVar, name string) int {
	return slices.IndexFunc(env, func(variable corev1.EnvVar) bool { return variable.Name == name })
}

// AddVariableIfAbsent appends an environment variable unless the container has one with the name.
func AddVariableIfAbsent(container *corev1.Container, name, value string) {
	if IndexOfVariable(container.Env, name) < 0 {
		container.Env = append(container.Env, corev1.EnvVar{Name: name, Value: value})
	}
}

// HasContainer reports whether the pod has a container or init container with the name, which can be
// there only once.
func HasContainer(pod *corev1.PodSpec, name string) bool {
	return IndexOfContainer(pod.InitContainers, name) >= 0 || IndexOfContainer(pod.Containers, name) >= 0
}

// IndexOfMount returns the position of the mount at a path, or -1. A slash at the end of a path means
// nothing.
func IndexOfMount(mounts []corev1.VolumeMount, mountPath string) int {
	return slices.IndexFunc(mounts, func(mount corev1.VolumeMount) bool {
		return path.Clean(mount.MountPath) == path.Clean(mountPath)
	})
}

// HasVolume reports whether the pod has a volume with the name.
func HasVolume(pod *corev1.PodSpec, name string) bool {
	return slices.ContainsFunc(pod.Volumes, func(volume corev1.Volume) bool { return volume.Name == name })
}

// AddVolumeIfAbsent appends a volume unless the pod has one with its name.
func AddVolumeIfAbsent(pod *corev1.PodSpec, volume corev1.Volume) {
	if !HasVolume(pod, volume.Name) {
		pod.Volumes = append(pod.Volumes, volume)
	}
}

// VolumeInMemory is an empty volume in the memory of the node.
func VolumeInMemory(name string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
		EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory},
	}}
}
