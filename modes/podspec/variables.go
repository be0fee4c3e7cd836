package podspec

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// References lists the variables that a text refers to as $(NAME), in the order in which they stand;
// one that is named twice is listed twice. $$(NAME) is an escaped $(NAME) and refers to none, as in
// Kubernetes, whose own package for it is part of the kubelet.
func References(text string) []string {
	var names []string
	for {
		_, rest, found := strings.Cut(text, "$")
		if !found || rest == "" {
			return names
		}
		text = rest[1:]
		if rest[0] != '(' {
			continue // $$ is an escaped dollar, a dollar before anything else is a dollar
		}
		if name, after, closed := strings.Cut(text, ")"); closed {
			names, text = append(names, name), after
		}
	}
}

// OrderVariables puts every variable of a pod's containers after the variables that it refers to,
// because the kubelet fills in only what stands before. Variables that refer to no later one keep
// their order. Where variables refer to each other in a circle, the reference that closes it does
// not count.
func OrderVariables(pod *corev1.PodSpec) {
	for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range containers {
			containers[i].Env = orderVariables(containers[i].Env)
		}
	}
}

// orderVariables moves what is referred to before the first variable that refers to it.
func orderVariables(env []corev1.EnvVar) []corev1.EnvVar {
	if !slices.ContainsFunc(env, func(v corev1.EnvVar) bool { return strings.Contains(v.Value, "$(") }) {
		return env
	}
	position := make(map[string]int, len(env))
	for i, variable := range slices.Backward(env) {
		position[variable.Name] = i
	}
	ordered := make([]corev1.EnvVar, 0, len(env))
	placed := make([]bool, len(env))
	var place func(at int)
	place = func(at int) {
		if placed[at] {
			return
		}
		placed[at] = true
		for _, name := range References(env[at].Value) {
			if other, found := position[name]; found {
				place(other)
			}
		}
		ordered = append(ordered, env[at])
	}
	for at := range env {
		place(at)
	}
	return ordered
}
