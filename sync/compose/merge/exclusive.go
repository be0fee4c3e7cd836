package merge

import (
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// oneOf are the structs in which Kubernetes accepts a single member.
var oneOf = map[reflect.Type]bool{
	reflect.TypeFor[corev1.ProbeHandler]():     true,
	reflect.TypeFor[corev1.LifecycleHandler](): true,
	reflect.TypeFor[corev1.VolumeSource]():     true,
	reflect.TypeFor[corev1.EnvVarSource]():     true,
}

// clearExclusive clears in dst what cannot stand beside what src sets.
func clearExclusive(dst, src reflect.Value) {
	if oneOf[dst.Type()] {
		clearOtherMembers(dst, src)
		return
	}
	switch d := dst.Addr().Interface().(type) {
	case *corev1.EnvVar:
		s := src.Interface().(corev1.EnvVar)
		clearOtherValue(d, s)
	case *appsv1.DeploymentStrategy:
		s := src.Interface().(appsv1.DeploymentStrategy)
		clearOtherStrategy(d, s)
	case *v1beta1.ComponentExtensionSpec:
		s := src.Addr().Interface().(*v1beta1.ComponentExtensionSpec)
		clearOtherBound(d, s)
	}
}

// clearOtherMembers clears every member of a one-of when src sets another one.
func clearOtherMembers(dst, src reflect.Value) {
	for i := range src.NumField() {
		if !src.Field(i).IsZero() && dst.Field(i).IsZero() {
			dst.SetZero()
			return
		}
	}
}

func clearOtherValue(dst *corev1.EnvVar, src corev1.EnvVar) {
	if src.ValueFrom != nil {
		dst.Value = ""
	}
	if src.Value != "" {
		dst.ValueFrom = nil
	}
}

// clearOtherStrategy drops the parameters of a rolling update when the strategy becomes Recreate,
// and the type Recreate when parameters are given.
func clearOtherStrategy(dst *appsv1.DeploymentStrategy, src appsv1.DeploymentStrategy) {
	if src.Type == appsv1.RecreateDeploymentStrategyType {
		dst.RollingUpdate = nil
	}
	if src.RollingUpdate != nil && src.Type == "" {
		dst.Type = ""
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
