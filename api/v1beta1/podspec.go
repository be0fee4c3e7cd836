package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
)

// PodSpec is the part of a pod that a user or a runtime may give for a component.
//
// It has the JSON names and the merge keys of the core PodSpec, but containers are optional: a
// component usually says only what differs from its runtime. The pod-level resources of the core
// PodSpec are absent, because a component's own resources field means its runner container.
type PodSpec struct {
	// Volumes that containers of the pod may mount.
	// +optional
	// +listType=map
	// +listMapKey=name
	Volumes []corev1.Volume `json:"volumes,omitempty" patchStrategy:"merge,retainKeys" patchMergeKey:"name"`
	// InitContainers run to completion, in order, before the containers start.
	// +optional
	// +listType=map
	// +listMapKey=name
	InitContainers []corev1.Container `json:"initContainers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// Containers beside the runner, such as a proxy; without a runner, the first one is the model server.
	// +optional
	// +listType=map
	// +listMapKey=name
	Containers []corev1.Container `json:"containers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// EphemeralContainers have no effect, because pods cannot be created with them: use kubectl debug.
	// +optional
	// +listType=map
	// +listMapKey=name
	EphemeralContainers []corev1.EphemeralContainer `json:"ephemeralContainers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// RestartPolicy of the containers: Always, the default, OnFailure or Never. Workloads that keep pods
	// running have Always only.
	// +optional
	RestartPolicy corev1.RestartPolicy `json:"restartPolicy,omitempty"`
	// TerminationGracePeriodSeconds is the time that a pod has to finish its requests after the signal to
	// stop, in seconds. Default: the one of the configuration, else 30.
	// +optional
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// ActiveDeadlineSeconds is the time after which a pod is ended, in seconds. Workloads that keep pods
	// running do not have it.
	// +optional
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// DNSPolicy says which names the pod can look up: ClusterFirst, ClusterFirstWithHostNet, Default or None.
	// +optional
	DNSPolicy corev1.DNSPolicy `json:"dnsPolicy,omitempty"`
	// NodeSelector lists the labels that a node must have to run the pod.
	// +optional
	// +mapType=atomic
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// ServiceAccountName is the name of the ServiceAccount that the pod runs as.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
	// ServiceAccount is the former name of serviceAccountName: use that.
	// +optional
	DeprecatedServiceAccount string `json:"serviceAccount,omitempty"`
	// AutomountServiceAccountToken false keeps the token of the ServiceAccount out of the containers.
	// +optional
	AutomountServiceAccountToken *bool `json:"automountServiceAccountToken,omitempty"`
	// NodeName binds the pod to one node without the scheduler.
	// +optional
	NodeName string `json:"nodeName,omitempty"`
	// HostNetwork runs the pod in the node's network namespace.
	// +optional
	HostNetwork bool `json:"hostNetwork,omitempty"`
	// HostPID runs the pod in the node's process namespace.
	// +optional
	HostPID bool `json:"hostPID,omitempty"`
	// HostIPC runs the pod in the node's IPC namespace.
	// +optional
	HostIPC bool `json:"hostIPC,omitempty"`
	// ShareProcessNamespace true lets the containers see each other's processes.
	// +optional
	ShareProcessNamespace *bool `json:"shareProcessNamespace,omitempty"`
	// SecurityContext has the security settings of the whole pod, such as users and groups.
	// +optional
	SecurityContext *corev1.PodSecurityContext `json:"securityContext,omitempty"`
	// ImagePullSecrets are the names of secrets with the credentials of image registries.
	// +optional
	// +listType=map
	// +listMapKey=name
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// Hostname that the pod has, in place of its name.
	// +optional
	Hostname string `json:"hostname,omitempty"`
	// Subdomain of the host name, the name of a headless Service.
	// +optional
	Subdomain string `json:"subdomain,omitempty"`
	// Affinity has rules on which nodes, and beside which other pods, the pod may or should run.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
	// SchedulerName is the name of the scheduler that places the pod. Default: default-scheduler.
	// +optional
	SchedulerName string `json:"schedulerName,omitempty"`
	// Tolerations allow the pod onto nodes with matching taints.
	// +optional
	// +listType=atomic
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// HostAliases are added to the pod's hosts file.
	// +optional
	// +listType=map
	// +listMapKey=ip
	HostAliases []corev1.HostAlias `json:"hostAliases,omitempty" patchStrategy:"merge" patchMergeKey:"ip"`
	// PriorityClassName is the name of the PriorityClass of the pod.
	// +optional
	PriorityClassName string `json:"priorityClassName,omitempty"`
	// Priority of the pod. It is normally filled in from priorityClassName.
	// +optional
	Priority *int32 `json:"priority,omitempty"`
	// DNSConfig adds servers, search domains and options to what dnsPolicy gives.
	// +optional
	DNSConfig *corev1.PodDNSConfig `json:"dnsConfig,omitempty"`
	// ReadinessGates are further conditions that must be true before the pod is ready.
	// +optional
	// +listType=atomic
	ReadinessGates []corev1.PodReadinessGate `json:"readinessGates,omitempty"`
	// RuntimeClassName is the name of the RuntimeClass, which selects the container runtime.
	// +optional
	RuntimeClassName *string `json:"runtimeClassName,omitempty"`
	// EnableServiceLinks true puts the addresses of Service objects into the environment. Default false,
	// because a Service object called vllm would configure vLLM.
	// +optional
	EnableServiceLinks *bool `json:"enableServiceLinks,omitempty"`
	// PreemptionPolicy says whether the pod may displace pods of lower priority: PreemptLowerPriority, the
	// default, or Never.
	// +optional
	PreemptionPolicy *corev1.PreemptionPolicy `json:"preemptionPolicy,omitempty"`
	// Overhead is what the RuntimeClass needs beside the containers. It is normally filled in from there.
	// +optional
	Overhead corev1.ResourceList `json:"overhead,omitempty"`
	// TopologySpreadConstraints spread the pods over zones or nodes. Without a labelSelector they are about
	// the pods of the component.
	// +optional
	// +listType=map
	// +listMapKey=topologyKey
	// +listMapKey=whenUnsatisfiable
	TopologySpreadConstraints []corev1.TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty" patchStrategy:"merge" patchMergeKey:"topologyKey"`
	// SetHostnameAsFQDN true makes the full domain name of the pod its host name.
	// +optional
	SetHostnameAsFQDN *bool `json:"setHostnameAsFQDN,omitempty"`
	// OS of the containers: linux or windows.
	// +optional
	OS *corev1.PodOS `json:"os,omitempty"`
	// HostUsers false gives the pod its own user namespace.
	// +optional
	HostUsers *bool `json:"hostUsers,omitempty"`
	// SchedulingGates hold the pod back from scheduling.
	// +optional
	// +listType=map
	// +listMapKey=name
	SchedulingGates []corev1.PodSchedulingGate `json:"schedulingGates,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// ResourceClaims must be allocated before the pod starts.
	// +optional
	// +listType=map
	// +listMapKey=name
	ResourceClaims []corev1.PodResourceClaim `json:"resourceClaims,omitempty" patchStrategy:"merge,retainKeys" patchMergeKey:"name"`
}

// ToCore returns the core pod spec with the same content. The result shares memory with the
// receiver: deep-copy one of them before changing the other.
func (p *PodSpec) ToCore() corev1.PodSpec {
	core := corev1.PodSpec{
		Volumes:             p.Volumes,
		InitContainers:      p.InitContainers,
		Containers:          p.Containers,
		EphemeralContainers: p.EphemeralContainers,
		ImagePullSecrets:    p.ImagePullSecrets,
		ResourceClaims:      p.ResourceClaims,
		SecurityContext:     p.SecurityContext,
		OS:                  p.OS,
	}
	p.lifetimeToCore(&core)
	p.identityToCore(&core)
	p.networkToCore(&core)
	p.schedulingToCore(&core)
	return core
}

func (p *PodSpec) lifetimeToCore(core *corev1.PodSpec) {
	core.RestartPolicy = p.RestartPolicy
	core.TerminationGracePeriodSeconds = p.TerminationGracePeriodSeconds
	core.ActiveDeadlineSeconds = p.ActiveDeadlineSeconds
	core.ReadinessGates = p.ReadinessGates
}

func (p *PodSpec) identityToCore(core *corev1.PodSpec) {
	core.ServiceAccountName = p.ServiceAccountName
	core.DeprecatedServiceAccount = p.DeprecatedServiceAccount
	core.AutomountServiceAccountToken = p.AutomountServiceAccountToken
	core.ShareProcessNamespace = p.ShareProcessNamespace
	core.HostPID = p.HostPID
	core.HostIPC = p.HostIPC
	core.HostUsers = p.HostUsers
}

func (p *PodSpec) networkToCore(core *corev1.PodSpec) {
	core.HostNetwork = p.HostNetwork
	core.Hostname = p.Hostname
	core.Subdomain = p.Subdomain
	core.SetHostnameAsFQDN = p.SetHostnameAsFQDN
	core.HostAliases = p.HostAliases
	core.DNSPolicy = p.DNSPolicy
	core.DNSConfig = p.DNSConfig
	core.EnableServiceLinks = p.EnableServiceLinks
}

func (p *PodSpec) schedulingToCore(core *corev1.PodSpec) {
	core.NodeSelector = p.NodeSelector
	core.NodeName = p.NodeName
	core.Affinity = p.Affinity
	core.Tolerations = p.Tolerations
	core.SchedulerName = p.SchedulerName
	core.SchedulingGates = p.SchedulingGates
	core.PriorityClassName = p.PriorityClassName
	core.Priority = p.Priority
	core.PreemptionPolicy = p.PreemptionPolicy
	core.RuntimeClassName = p.RuntimeClassName
	core.Overhead = p.Overhead
	core.TopologySpreadConstraints = p.TopologySpreadConstraints
}
