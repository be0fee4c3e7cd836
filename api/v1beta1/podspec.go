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
	// Containers beside the runner, or the complete set when there is no runner.
	// +optional
	// +listType=map
	// +listMapKey=name
	Containers []corev1.Container `json:"containers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// EphemeralContainers are carried for compatibility; pods cannot be created with them.
	// +optional
	// +listType=map
	// +listMapKey=name
	EphemeralContainers []corev1.EphemeralContainer `json:"ephemeralContainers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// RestartPolicy of all containers: Always, OnFailure or Never.
	// +optional
	RestartPolicy corev1.RestartPolicy `json:"restartPolicy,omitempty"`
	// TerminationGracePeriodSeconds is the time between the stop signal and the kill.
	// +optional
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// ActiveDeadlineSeconds limits the life of the pod, in seconds.
	// +optional
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// DNSPolicy of the pod, for example ClusterFirst or None.
	// +optional
	DNSPolicy corev1.DNSPolicy `json:"dnsPolicy,omitempty"`
	// NodeSelector lists the labels that a node must have.
	// +optional
	// +mapType=atomic
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// ServiceAccountName is the account that the pod runs as.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
	// DeprecatedServiceAccount is the old name of serviceAccountName.
	// +optional
	DeprecatedServiceAccount string `json:"serviceAccount,omitempty"`
	// AutomountServiceAccountToken says whether the account's token is mounted.
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
	// ShareProcessNamespace shares one process namespace among the containers.
	// +optional
	ShareProcessNamespace *bool `json:"shareProcessNamespace,omitempty"`
	// SecurityContext holds security settings of the whole pod.
	// +optional
	SecurityContext *corev1.PodSecurityContext `json:"securityContext,omitempty"`
	// ImagePullSecrets name the secrets with registry credentials.
	// +optional
	// +listType=map
	// +listMapKey=name
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// Hostname of the pod.
	// +optional
	Hostname string `json:"hostname,omitempty"`
	// Subdomain of the pod's host name.
	// +optional
	Subdomain string `json:"subdomain,omitempty"`
	// Affinity holds node, pod and pod anti-affinity rules.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
	// SchedulerName is the scheduler that places the pod.
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
	// PriorityClassName of the pod.
	// +optional
	PriorityClassName string `json:"priorityClassName,omitempty"`
	// Priority is normally filled from priorityClassName.
	// +optional
	Priority *int32 `json:"priority,omitempty"`
	// DNSConfig adds to what dnsPolicy generates.
	// +optional
	DNSConfig *corev1.PodDNSConfig `json:"dnsConfig,omitempty"`
	// ReadinessGates are further conditions that the pod's readiness waits for.
	// +optional
	// +listType=atomic
	ReadinessGates []corev1.PodReadinessGate `json:"readinessGates,omitempty"`
	// RuntimeClassName selects the container runtime.
	// +optional
	RuntimeClassName *string `json:"runtimeClassName,omitempty"`
	// EnableServiceLinks puts Service addresses into the environment.
	// +optional
	EnableServiceLinks *bool `json:"enableServiceLinks,omitempty"`
	// PreemptionPolicy says whether the pod may displace others.
	// +optional
	PreemptionPolicy *corev1.PreemptionPolicy `json:"preemptionPolicy,omitempty"`
	// Overhead of the pod's runtime class.
	// +optional
	Overhead corev1.ResourceList `json:"overhead,omitempty"`
	// TopologySpreadConstraints spread the pods over topology domains.
	// +optional
	// +listType=map
	// +listMapKey=topologyKey
	// +listMapKey=whenUnsatisfiable
	TopologySpreadConstraints []corev1.TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty" patchStrategy:"merge" patchMergeKey:"topologyKey"`
	// SetHostnameAsFQDN uses the full name as the host name.
	// +optional
	SetHostnameAsFQDN *bool `json:"setHostnameAsFQDN,omitempty"`
	// OS of the containers.
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
