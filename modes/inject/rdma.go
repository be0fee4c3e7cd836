package inject

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// ociRoCE is the only RDMA profile of OME, and the default.
const ociRoCE = "oci-roce"

// The volumes that RDMA needs.
const (
	sharedMemoryVolume = "dshm"
	sharedMemoryPath   = "/dev/shm"
	infinibandVolume   = "devinf"
	infinibandPath     = "/dev/infiniband"
)

// injectRDMA prepares a container for an RDMA network: annotation rdma.ome.io/auto-inject "true".
// Other annotations name the profile and the container. Without the container nothing is done.
//
// A variable that the container already has keeps its value.
func injectRDMA(template *corev1.PodTemplateSpec, in Input) ([]finding.Finding, *finding.Finding) {
	a, pod := template.Annotations, &template.Spec
	if a[v1beta1.AnnotationRDMAAutoInject] != "true" {
		return nil, nil
	}
	if profile := cmp.Or(a[v1beta1.AnnotationRDMAProfile], ociRoCE); profile != ociRoCE {
		return nil, invalidAnnotation(in, v1beta1.AnnotationRDMAProfile, "profile %q is unknown: the only profile is %q", profile, ociRoCE)
	}
	container := containerForRDMA(template, in)
	if container == nil {
		return rdmaSkippedFindings(in, cmp.Or(a[v1beta1.AnnotationRDMAContainerName], names.MainContainer)), nil
	}
	for _, variable := range ociRoCEVariables() {
		podspec.AddVariableIfAbsent(container, variable.Name, variable.Value)
	}
	addMountIfAbsent(container, sharedMemoryVolume, sharedMemoryPath)
	addMountIfAbsent(container, infinibandVolume, infinibandPath)
	grantRDMAPrivileges(container)
	podspec.AddVolumeIfAbsent(pod, podspec.VolumeInMemory(sharedMemoryVolume))
	podspec.AddVolumeIfAbsent(pod, corev1.Volume{Name: infinibandVolume, VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: infinibandPath},
	}})
	return nil, nil
}

// rdmaSkippedFindings say that a pod which loads the model is without RDMA. A router has the
// annotation of its service too and does not need RDMA.
func rdmaSkippedFindings(in Input, container string) []finding.Finding {
	if !in.WithModel {
		return nil
	}
	return []finding.Finding{{
		Subject: "injection/rdma", Reason: ReasonSkipped, Message: fmt.Sprintf(
			"annotation %s has no effect on the %s: the pod has no container %q",
			v1beta1.AnnotationRDMAAutoInject, in.Subject, container),
	}}
}

// containerForRDMA is the container that the annotation names, else the main container of a pod
// that loads the model.
func containerForRDMA(template *corev1.PodTemplateSpec, in Input) *corev1.Container {
	name := cmp.Or(template.Annotations[v1beta1.AnnotationRDMAContainerName], names.MainContainer)
	if container := podspec.ContainerNamed(template.Spec.Containers, name); container != nil {
		return container
	}
	if name != names.MainContainer || !in.WithModel {
		return nil
	}
	return mainContainerOf(&template.Spec, in)
}

// addMountIfAbsent mounts a volume that the container does not mount yet.
func addMountIfAbsent(container *corev1.Container, volume, path string) {
	for _, mount := range container.VolumeMounts {
		if mount.Name == volume {
			return
		}
	}
	container.VolumeMounts = append(container.VolumeMounts, corev1.VolumeMount{Name: volume, MountPath: path})
}

// grantRDMAPrivileges gives the container the rights that it needs for pinned memory and the
// devices. A container that refuses privileges still refuses them.
func grantRDMAPrivileges(container *corev1.Container) {
	if container.SecurityContext == nil {
		container.SecurityContext = &corev1.SecurityContext{}
	}
	rights := container.SecurityContext
	if rights.Privileged == nil {
		privileged := true
		rights.Privileged = &privileged
	}
	if rights.Capabilities == nil {
		rights.Capabilities = &corev1.Capabilities{}
	}
	for _, capability := range []corev1.Capability{"IPC_LOCK", "CAP_SYS_ADMIN"} {
		if !slices.Contains(rights.Capabilities.Add, capability) {
			rights.Capabilities.Add = append(rights.Capabilities.Add, capability)
		}
	}
}

// ociRoCEVariables configure NCCL, UCX and Gloo for the network of OCI's bare-metal GPU shapes.
// They are sorted by name.
func ociRoCEVariables() []corev1.EnvVar {
	return []corev1.EnvVar{
		{Name: "GLOO_SOCKET_IFNAME", Value: "eth0"},
		{Name: "HCOLL_ENABLE_MCAST_ALL", Value: "0"},
		{Name: "IB_RX_QUEUE_LEN", Value: "8192"},
		{Name: "NCCL_CROSS_NIC", Value: "2"},
		{Name: "NCCL_CUMEM_ENABLE", Value: "0"},
		{Name: "NCCL_DEBUG", Value: "INFO"},
		{Name: "NCCL_IB_GID_INDEX", Value: "3"},
		{Name: "NCCL_IB_HCA", Value: "=mlx5_0,mlx5_1,mlx5_3,mlx5_4,mlx5_5,mlx5_6,mlx5_7,mlx5_8," +
			"mlx5_9,mlx5_10,mlx5_12,mlx5_13,mlx5_14,mlx5_15,mlx5_16,mlx5_17"},
		{Name: "NCCL_IB_QPS_PER_CONNECTION", Value: "16"},
		{Name: "NCCL_IB_SL", Value: "0"},
		{Name: "NCCL_IB_SPLIT_DATA_ON_QPS", Value: "0"},
		{Name: "NCCL_IB_TC", Value: "41"},
		{Name: "NCCL_IB_TIMEOUT", Value: "22"},
		{Name: "NCCL_IGNORE_CPU_AFFINITY", Value: "1"},
		{Name: "NCCL_NET_PLUGIN", Value: "none"},
		{Name: "NCCL_SOCKET_IFNAME", Value: "eth0"},
		{Name: "NCCL_SOCKET_NTHREADS", Value: "16"},
		{Name: "RX_QUEUE_LEN", Value: "8192"},
		{Name: "UCX_NET_DEVICES", Value: "eth0"},
		{Name: "UCX_TLS", Value: "tcp"},
		{Name: "coll_hcoll_enable", Value: "0"},
	}
}
