package inject

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// The RDMA profiles of OME v1.3. OME had oci-roce alone before, which is the default.
const (
	ociRoCE     = "oci-roce"
	cksGBSGLang = "cks-gb-sglang"
	cksGBRDMA   = "cks-gb-rdma"
)

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
	profile := profileOfRDMA(a)
	if profile != ociRoCE && profile != cksGBSGLang && profile != cksGBRDMA {
		return nil, invalidAnnotation(in, v1beta1.AnnotationRDMAProfile, "profile %q is unknown: the profiles are %s, %s and %s", profile, ociRoCE, cksGBSGLang, cksGBRDMA)
	}
	container := containerForRDMA(template, in)
	if container == nil {
		return rdmaSkippedFindings(in, cmp.Or(a[v1beta1.AnnotationRDMAContainerName], names.MainContainer)), nil
	}
	if profile == cksGBRDMA {
		return nil, addNetworksOfCKS(template, in)
	}
	grants := profile == ociRoCE && !saysRightsItself(container)
	for _, variable := range rdmaVariables(profile, grants) {
		podspec.AddVariableIfAbsent(container, variable.Name, variable.Value)
	}
	mountVolumeIfAbsent(pod, container, podspec.VolumeInMemory(sharedMemoryVolume), sharedMemoryPath)
	mountVolumeIfAbsent(pod, container, corev1.Volume{Name: infinibandVolume, VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: infinibandPath},
	}}, infinibandPath)
	if !grants {
		addCapability(container, "IPC_LOCK")
		return nil, nil
	}
	return grantRDMAPrivileges(in, container), nil
}

func profileOfRDMA(annotations map[string]string) string {
	return cmp.Or(annotations[v1beta1.AnnotationRDMAProfile], ociRoCE)
}

// saysRightsItself reports whether a container says itself whether it is privileged, as the runtimes of
// OME v1.3 do: their profile grants no privileges, which hand out every device of a node, and leaves the
// network of UCX alone. Other runtimes rely on the profile of before, and so do those that say all of it.
func saysRightsItself(container *corev1.Container) bool {
	rights := container.SecurityContext
	if rights == nil || rights.Privileged == nil {
		return false
	}
	return rights.Capabilities == nil || !slices.Contains(rights.Capabilities.Add, capabilitySysAdmin)
}

// capabilitySysAdmin is as OME's profile and runtimes spell it.
const capabilitySysAdmin corev1.Capability = "CAP_SYS_ADMIN"

// DescribeRDMA says which settings a pod with the annotation gets, for an explanation; empty without any.
// The names are of the containers that may be the pod's main container.
func DescribeRDMA(annotations map[string]string, pod *corev1.PodSpec, in Input) string {
	container := containerForRDMA(&corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Annotations: annotations}, Spec: *pod}, in)
	if annotations[v1beta1.AnnotationRDMAAutoInject] != "true" || container == nil {
		return ""
	}
	profile := profileOfRDMA(annotations)
	switch {
	case profile != ociRoCE:
		return profile
	case saysRightsItself(container):
		return profile + " of OME v1.3, without privileges and UCX_*, because container " + container.Name + " says itself whether it is privileged"
	}
	return profile + " of before OME v1.3, with privileges and UCX_*: a container that says itself whether it is privileged gets that of v1.3"
}

// networksOfCKS are the namespace and number of the networks of a node of CoreWeave: one for each port of
// each of its hosts.
const (
	namespaceOfCKS = "cw-multus"
	hostsOfCKS     = 4
	portsOfCKS     = 4
)

// addNetworksOfCKS adds the networks of a node to those that the pod asks of Multus.
func addNetworksOfCKS(template *corev1.PodTemplateSpec, in Input) *finding.Finding {
	var networks []json.RawMessage
	seen := map[[2]string]bool{}
	if text := template.Annotations[annotationNetworks]; text != "" {
		if err := json.Unmarshal([]byte(text), &networks); err != nil {
			return invalidAnnotation(in, annotationNetworks, "it is no JSON list of networks, to which profile %s adds: write [{\"name\": \"NAME\", \"namespace\": \"NAMESPACE\"}]", cksGBRDMA)
		}
	}
	type network struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	}
	for _, raw := range networks {
		var given network
		if err := json.Unmarshal(raw, &given); err != nil {
			return invalidAnnotation(in, annotationNetworks, "an item is no network: %v", err)
		}
		seen[[2]string{given.Namespace, given.Name}] = true
	}
	for host := range hostsOfCKS {
		for port := range portsOfCKS {
			added := network{fmt.Sprintf("ibs%dp%d-macvlan", host, port), namespaceOfCKS}
			if seen[[2]string{added.Namespace, added.Name}] {
				continue
			}
			raw, err := json.Marshal(added)
			if err != nil {
				return invalidAnnotation(in, annotationNetworks, "%v", err)
			}
			networks = append(networks, raw)
		}
	}
	text, err := json.Marshal(networks)
	if err != nil {
		return invalidAnnotation(in, annotationNetworks, "%v", err)
	}
	annotationsOfTemplate(template)[annotationNetworks] = string(text)
	return nil
}

// annotationNetworks is what Multus reads.
const annotationNetworks = "k8s.v1.cni.cncf.io/networks"

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

// mountVolumeIfAbsent mounts a volume where the container has nothing mounted: one path can be mounted
// once, whatever the volume is called. A mount of a volume that the pod does not have waits for this one,
// as in OME's catalogue.
func mountVolumeIfAbsent(pod *corev1.PodSpec, container *corev1.Container, volume corev1.Volume, path string) {
	if at := podspec.IndexOfMount(container.VolumeMounts, path); at >= 0 {
		volume.Name = container.VolumeMounts[at].Name
		podspec.AddVolumeIfAbsent(pod, volume)
		return
	}
	container.VolumeMounts = append(container.VolumeMounts, corev1.VolumeMount{Name: volume.Name, MountPath: path})
	podspec.AddVolumeIfAbsent(pod, volume)
}

// grantRDMAPrivileges gives the container the rights that it needs for pinned memory and the
// devices. A container that refuses privileges still refuses them; one that refuses to gain any
// cannot be given those that amount to all.
func grantRDMAPrivileges(in Input, container *corev1.Container) []finding.Finding {
	if container.SecurityContext == nil {
		container.SecurityContext = &corev1.SecurityContext{}
	}
	rights := container.SecurityContext
	refusesAny := rights.AllowPrivilegeEscalation != nil && !*rights.AllowPrivilegeEscalation
	if rights.Privileged == nil && !refusesAny {
		privileged := true
		rights.Privileged = &privileged
	}
	addCapability(container, "IPC_LOCK")
	if !refusesAny {
		addCapability(container, capabilitySysAdmin)
		return nil
	}
	return []finding.Finding{{
		Subject: "injection/rdma", Reason: ReasonSkipped, Message: fmt.Sprintf(
			"annotation %s gives container %s of the %s no privileges, because its securityContext has allowPrivilegeEscalation false: "+
				"remove it where the devices of the network need privileges", v1beta1.AnnotationRDMAAutoInject, container.Name, in.Subject),
	}}
}

// addCapability adds a capability that a container does not have.
func addCapability(container *corev1.Container, capability corev1.Capability) {
	if container.SecurityContext == nil {
		container.SecurityContext = &corev1.SecurityContext{}
	}
	rights := container.SecurityContext
	if rights.Capabilities == nil {
		rights.Capabilities = &corev1.Capabilities{}
	}
	if !slices.Contains(rights.Capabilities.Add, capability) {
		rights.Capabilities.Add = append(rights.Capabilities.Add, capability)
	}
}

// rdmaVariables are those of a profile. Those of UCX belong to the profile that grants privileges: since
// v1.3 OME leaves them out, because they move the transfer of a cache off the network.
func rdmaVariables(profile string, grants bool) []corev1.EnvVar {
	if profile == cksGBSGLang {
		return []corev1.EnvVar{
			{Name: "MC_TE_METRIC", Value: "true"},
			{Name: "NCCL_CUMEM_ENABLE", Value: "1"},
			{Name: "NCCL_IB_ADDR_FAMILY", Value: "AF_INET6"},
			{Name: "NCCL_MNNVL_ENABLE", Value: "1"},
			{Name: "NCCL_SOCKET_FAMILY", Value: "AF_INET6"},
			{Name: "NCCL_SOCKET_IFNAME", Value: "eth0"},
		}
	}
	variables := ociRoCEVariables()
	if !grants {
		variables = slices.DeleteFunc(variables, func(v corev1.EnvVar) bool { return strings.HasPrefix(v.Name, "UCX_") })
	}
	return variables
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
