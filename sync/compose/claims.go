package compose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/modes/podspec"
)

// warnAboutUncounted says that PARALLELISM_SIZE is not known although the runner refers to it: claims
// and shares of devices do not say how many accelerators they are.
func warnAboutUncounted(s *sources, draft podDraft, runner corev1.Container, demand accelerators.Demand) {
	if !s.servesModel() || !demand.IsUncounted() {
		return
	}
	what := "shares " + joinNames(demand.Shares)
	if len(demand.Claims) > 0 {
		what = "claims " + strings.Join(demand.Claims, ", ")
	}
	if podspec.IndexOfVariable(runner.Env, envParallelism) >= 0 || !refersTo(runner, envParallelism) {
		return
	}
	s.record.AddFinding(s.traceSubject("container/"+runner.Name+"/env/"+envParallelism), ReasonAcceleratorsNotCounted, fmt.Sprintf(
		"the runner of the %s refers to $(%s), and its %s do not say how many accelerators they are: "+
			"set the variable %s in env of spec.%s%s.runner to the number of accelerators in all pods of one replica, or write the number",
		s.component, envParallelism, what, envParallelism, s.component, draft.field))
}

// refersTo reports whether a container uses a variable in its words or in another variable, as
// Kubernetes or as a shell writes it.
func refersTo(container corev1.Container, variable string) bool {
	texts := slices.Concat(container.Command, container.Args)
	for _, other := range container.Env {
		texts = append(texts, other.Value)
	}
	return slices.ContainsFunc(texts, func(text string) bool {
		return slices.Contains(podspec.References(text), variable) ||
			strings.Contains(text, "$"+variable) || strings.Contains(text, "${"+variable)
	})
}

// warnAboutClaims says that claims of the service take the place of the runtime's accelerators, or
// the service's accelerators that of the runtime's claims. The two count as one because a claim does
// not say what it is for.
func warnAboutClaims(s *sources, draft podDraft, final corev1.ResourceRequirements) {
	if s.fromRuntime == nil || draft.serviceResources == nil {
		return
	}
	runtimeRunner := draft.ofRuntime.runner
	if runtimeRunner == nil {
		return
	}
	asked, had := s.accelerators.DemandOf(draft.serviceResources), s.accelerators.DemandOf(&runtimeRunner.Resources)
	left := s.accelerators.DemandOf(&final)
	field := fmt.Sprintf("spec.%s%s.runner.resources", s.component, draft.field)
	switch {
	case len(asked.Claims) > 0 && len(had.Devices) > 0 && !hasAnyResource(final, had.Devices):
		s.record.AddFinding(s.traceSubject("accelerator"), ReasonAcceleratorReplaced, fmt.Sprintf(
			"the claims %s of the service count as its accelerators, and the pods do not ask for %s of %s: "+
				"to say so, write %s: 0 into limits of %s; to have both, write the number",
			strings.Join(asked.Claims, ", "), joinNames(had.Devices), s.runtimeName(), had.Devices[0], field))
	case len(asked.Devices) > 0 && len(had.Claims) > 0 && len(left.Claims) == 0 && len(final.Claims) == 0:
		s.record.AddFinding(s.traceSubject("accelerator"), ReasonAcceleratorReplaced, fmt.Sprintf(
			"the service asks for %s, and the claims %s of %s count as accelerators, so that the pods have none of them: "+
				"to have both, write the claims into %s", joinNames(asked.Devices), strings.Join(had.Claims, ", "), s.runtimeName(), field))
	}
}

func hasAnyResource(r corev1.ResourceRequirements, names []corev1.ResourceName) bool {
	return slices.ContainsFunc(names, func(name corev1.ResourceName) bool { return hasResource(r, name) })
}

// claimsInUse returns the claims of a pod without those of the runtime that no container refers to
// any more: a claim is allocated for its pod whether something uses it or not.
func claimsInUse(s *sources, draft podDraft, pod corev1.PodSpec) []corev1.PodResourceClaim {
	if s.fromRuntime == nil || len(pod.ResourceClaims) == 0 {
		return pod.ResourceClaims
	}
	runtimePod, runtimeRunner := draft.ofRuntime.spec, draft.ofRuntime.runner
	former := claimsOf(slices.Concat(runtimePod.InitContainers, runtimePod.Containers))
	if runtimeRunner != nil {
		former = append(former, claimsOf([]corev1.Container{*runtimeRunner})...)
	}
	servicePod := draft.ofService.spec
	used := claimsOf(slices.Concat(pod.InitContainers, pod.Containers))
	return slices.DeleteFunc(slices.Clone(pod.ResourceClaims), func(claim corev1.PodResourceClaim) bool {
		isServices := slices.ContainsFunc(servicePod.ResourceClaims, func(own corev1.PodResourceClaim) bool { return own.Name == claim.Name })
		return slices.Contains(former, claim.Name) && !slices.Contains(used, claim.Name) && !isServices
	})
}

// claimsOf lists the claims to which containers refer.
func claimsOf(containers []corev1.Container) []string {
	var names []string
	for _, container := range containers {
		for _, claim := range container.Resources.Claims {
			names = append(names, claim.Name)
		}
	}
	return names
}
