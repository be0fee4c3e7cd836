package merge

import (
	"reflect"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// oneOf are the structs in which Kubernetes accepts a single member.
var oneOf = map[reflect.Type]bool{
	reflect.TypeFor[corev1.ProbeHandler]():     true,
	reflect.TypeFor[corev1.LifecycleHandler](): true,
	reflect.TypeFor[corev1.VolumeSource]():     true,
	reflect.TypeFor[corev1.EnvVarSource]():     true,
	reflect.TypeFor[corev1.PodResourceClaim](): true, // beside its name
}

// clearExclusive clears in dst what cannot stand beside what src sets.
func (m merger) clearExclusive(at string, dst, src reflect.Value) {
	if oneOf[dst.Type()] {
		clearOtherMembers(dst, src)
		return
	}
	wrote := func(name string) bool { return m.rules.Zeros[joinPath(at, name)] }
	switch d := dst.Addr().Interface().(type) {
	case *corev1.EnvVar:
		clearOtherValue(d, addressed[corev1.EnvVar](src), wrote("value"))
	case *corev1.VolumeMount:
		clearOtherMount(d, addressed[corev1.VolumeMount](src), wrote("readOnly"))
	case *corev1.ResourceRequirements:
		asked := m.rules.Accelerators.DemandOf(addressed[corev1.ResourceRequirements](src))
		*d = m.rules.Accelerators.WithoutReplaced(*d, asked)
	case *corev1.SecurityContext:
		clearOtherPrivileges(d, addressed[corev1.SecurityContext](src))
	case *corev1.SeccompProfile:
		if s := addressed[corev1.SeccompProfile](src); s.Type != "" && s.Type != corev1.SeccompProfileTypeLocalhost {
			d.LocalhostProfile = nil
		}
	case *corev1.AppArmorProfile:
		if s := addressed[corev1.AppArmorProfile](src); s.Type != "" && s.Type != corev1.AppArmorProfileTypeLocalhost {
			d.LocalhostProfile = nil
		}
	case *corev1.TopologySpreadConstraint:
		clearOtherSpread(d, addressed[corev1.TopologySpreadConstraint](src))
	case *v1beta1.PodSpec:
		clearOtherPodFields(fieldsOfPod(d), fieldsOfPod(addressed[v1beta1.PodSpec](src)))
	case *corev1.PodSpec:
		clearOtherPodFields(fieldsOfCorePod(d), fieldsOfCorePod(addressed[corev1.PodSpec](src)))
	case *appsv1.DeploymentStrategy:
		clearOtherStrategy(d, addressed[appsv1.DeploymentStrategy](src))
	case *appsv1.RollingUpdateDeployment:
		leaveOneAboveZero(d, addressed[appsv1.RollingUpdateDeployment](src))
	case *v1beta1.ComponentExtensionSpec:
		clearOtherBound(d, addressed[v1beta1.ComponentExtensionSpec](src))
	}
}

// addressed is the value of src, which is only read.
func addressed[T any](src reflect.Value) *T { return src.Addr().Interface().(*T) }

// clearOtherMembers clears every member of a one-of when src sets another one.
func clearOtherMembers(dst, src reflect.Value) {
	for i := range src.NumField() {
		if !src.Field(i).IsZero() && dst.Field(i).IsZero() {
			dst.SetZero()
			return
		}
	}
}

// clearOtherValue lets the value of a variable and the source of one replace each other.
func clearOtherValue(dst, src *corev1.EnvVar, emptyValue bool) {
	if src.ValueFrom != nil {
		dst.Value = ""
	}
	if src.Value != "" || emptyValue {
		dst.ValueFrom = nil
	}
}

// clearOtherMount lets a mount of another volume replace the mount at its path as a whole, because
// what it says is about its volume, and one of the two forms of a path in the volume the other.
func clearOtherMount(dst, src *corev1.VolumeMount, writable bool) {
	switch {
	case src.Name != "" && src.Name != dst.Name:
		*dst = corev1.VolumeMount{}
	case src.SubPath != "":
		dst.SubPathExpr = ""
	case src.SubPathExpr != "":
		dst.SubPath = ""
	}
	if writable || src.MountPropagation != nil && *src.MountPropagation != corev1.MountPropagationNone {
		dst.RecursiveReadOnly = nil
	}
	if src.RecursiveReadOnly != nil {
		dst.MountPropagation = nil
	}
}

// clearOtherPrivileges lets privileges, and the refusal to gain any, replace each other.
func clearOtherPrivileges(dst, src *corev1.SecurityContext) {
	isTrue := func(b *bool) bool { return b != nil && *b }
	isFalse := func(b *bool) bool { return b != nil && !*b }
	if isFalse(src.AllowPrivilegeEscalation) {
		if isTrue(dst.Privileged) {
			dst.Privileged = nil
		}
		if dst.Capabilities != nil {
			dst.Capabilities.Add = slices.DeleteFunc(slices.Clone(dst.Capabilities.Add), isSystemAdministrator)
		}
	}
	addsRights := isTrue(src.Privileged) || src.Capabilities != nil && slices.ContainsFunc(src.Capabilities.Add, isSystemAdministrator)
	if addsRights && isFalse(dst.AllowPrivilegeEscalation) {
		dst.AllowPrivilegeEscalation = nil
	}
}

func isSystemAdministrator(c corev1.Capability) bool { return c == "SYS_ADMIN" || c == "CAP_SYS_ADMIN" }

// clearOtherSpread drops a least number of domains from a constraint that need not hold, and a label
// that is compared twice: by its value and with the pod's own.
func clearOtherSpread(dst, src *corev1.TopologySpreadConstraint) {
	if src.WhenUnsatisfiable == corev1.ScheduleAnyway {
		dst.MinDomains = nil
	}
	if dst.LabelSelector != nil {
		for _, key := range src.MatchLabelKeys {
			delete(dst.LabelSelector.MatchLabels, key)
		}
	}
	if src.LabelSelector != nil {
		dst.MatchLabelKeys = slices.DeleteFunc(slices.Clone(dst.MatchLabelKeys), func(key string) bool {
			_, compared := src.LabelSelector.MatchLabels[key]
			return compared
		})
	}
}

// podFields are the fields of a pod that exclude each other; they are part of it.
type podFields struct {
	serviceAccountName, serviceAccount, priorityClassName *string
	priority                                              **int32
	hostNetwork, hostPID, hostIPC                         *bool
	hostUsers, shareProcessNamespace                      **bool
	securityContext                                       **corev1.PodSecurityContext
}

func fieldsOfPod(p *v1beta1.PodSpec) podFields {
	return podFields{
		&p.ServiceAccountName, &p.DeprecatedServiceAccount, &p.PriorityClassName, &p.Priority,
		&p.HostNetwork, &p.HostPID, &p.HostIPC, &p.HostUsers, &p.ShareProcessNamespace, &p.SecurityContext,
	}
}

func fieldsOfCorePod(p *corev1.PodSpec) podFields {
	return podFields{
		&p.ServiceAccountName, &p.DeprecatedServiceAccount, &p.PriorityClassName, &p.Priority,
		&p.HostNetwork, &p.HostPID, &p.HostIPC, &p.HostUsers, &p.ShareProcessNamespace, &p.SecurityContext,
	}
}

// clearOtherPodFields lets the two names of a service account replace each other, and fields of a
// pod that exclude each other.
func clearOtherPodFields(dst, src podFields) {
	if *src.serviceAccountName+*src.serviceAccount != "" {
		*dst.serviceAccountName, *dst.serviceAccount = "", ""
	}
	if *src.priorityClassName != "" {
		*dst.priority = nil
	}
	if *src.hostUsers != nil && !**src.hostUsers {
		*dst.hostNetwork, *dst.hostPID, *dst.hostIPC = false, false, false
	}
	if *src.hostNetwork || *src.hostPID || *src.hostIPC {
		*dst.hostUsers = nil
	}
	if *src.hostPID {
		*dst.shareProcessNamespace = nil
	}
	if *src.shareProcessNamespace != nil && **src.shareProcessNamespace {
		*dst.hostPID = false
	}
	if *src.hostNetwork {
		dropSysctls(*dst.securityContext, isNetworkSysctl)
	}
	if *src.hostIPC {
		dropSysctls(*dst.securityContext, isIPCSysctl)
	}
	*dst.hostNetwork = *dst.hostNetwork && !hasSysctl(*src.securityContext, isNetworkSysctl)
	*dst.hostIPC = *dst.hostIPC && !hasSysctl(*src.securityContext, isIPCSysctl)
}

// isNetworkSysctl and isIPCSysctl report whether a kernel parameter belongs to a namespace that a pod
// may share with its node. Then it is the node's and cannot be set.
func isNetworkSysctl(s corev1.Sysctl) bool { return strings.HasPrefix(s.Name, "net.") }

func isIPCSysctl(s corev1.Sysctl) bool {
	return strings.HasPrefix(s.Name, "kernel.shm") || strings.HasPrefix(s.Name, "kernel.msg") ||
		s.Name == "kernel.sem" || strings.HasPrefix(s.Name, "fs.mqueue.")
}

func hasSysctl(security *corev1.PodSecurityContext, test func(corev1.Sysctl) bool) bool {
	return security != nil && slices.ContainsFunc(security.Sysctls, test)
}

func dropSysctls(security *corev1.PodSecurityContext, test func(corev1.Sysctl) bool) {
	if security != nil {
		security.Sysctls = slices.DeleteFunc(slices.Clone(security.Sysctls), test)
	}
}

// clearOtherStrategy drops the parameters of a rolling update when the strategy becomes Recreate,
// and the type Recreate when parameters are given.
func clearOtherStrategy(dst, src *appsv1.DeploymentStrategy) {
	if src.Type == appsv1.RecreateDeploymentStrategyType {
		dst.RollingUpdate = nil
	}
	if src.RollingUpdate != nil && src.Type == "" {
		dst.Type = ""
	}
}

// leaveOneAboveZero gives way by one pod where the patch sets one parameter of a rolling update to
// zero and the other one is zero already: with both no pod could be replaced.
func leaveOneAboveZero(dst, src *appsv1.RollingUpdateDeployment) {
	one := intstr.FromInt32(1)
	switch {
	case IsZeroPods(src.MaxSurge) && src.MaxUnavailable == nil && IsZeroPods(dst.MaxUnavailable):
		dst.MaxUnavailable = &one
	case IsZeroPods(src.MaxUnavailable) && src.MaxSurge == nil && IsZeroPods(dst.MaxSurge):
		dst.MaxSurge = &one
	}
}

// clearOtherBound lets a bound of the disruption budget replace the other one.
func clearOtherBound(dst, src *v1beta1.ComponentExtensionSpec) {
	if src.MinAvailable != nil && src.MaxUnavailable == nil {
		dst.MaxUnavailable = nil
	}
	if src.MaxUnavailable != nil && src.MinAvailable == nil {
		dst.MinAvailable = nil
	}
}

// IsZeroPods reports whether a number or percentage of pods is given and is zero.
func IsZeroPods(n *intstr.IntOrString) bool {
	if n == nil {
		return false
	}
	scaled, err := intstr.GetScaledValueFromIntOrPercent(n, 100, true)
	return err == nil && scaled == 0
}
