package modes

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
)

// PairRevisionVariable is the variable that has the revision which prefill and decode share.
const PairRevisionVariable = "ISVC_PAIR_REVISION"

// ReadsPairRevision reports whether a command, an argument or a variable of a component's pod refers to the
// revision.
func ReadsPairRevision(c *Component) bool {
	return slices.ContainsFunc(slices.Concat(c.Pod.InitContainers, c.Pod.Containers), readsPairRevision)
}

func readsPairRevision(container corev1.Container) bool {
	mentions := func(text string) bool { return strings.Contains(text, PairRevisionVariable) }
	return slices.ContainsFunc(container.Command, mentions) || slices.ContainsFunc(container.Args, mentions) ||
		slices.ContainsFunc(container.Env, func(v corev1.EnvVar) bool { return mentions(v.Value) })
}

// addPairRevision gives a pod the revision that the roles of its service share: workers have it as a label, by
// which a router selects them, and the runner and each container that refers to it have it as a variable. A
// variable of that name that a container has already wins.
func addPairRevision(template *corev1.PodTemplateSpec, c *Component) {
	if c.PairRevision == "" {
		return
	}
	if c.Type != v1beta1.RouterComponent {
		template.Labels[v1beta1.LabelPairRevision] = c.PairRevision
	}
	for _, containers := range [][]corev1.Container{template.Spec.InitContainers, template.Spec.Containers} {
		for i := range containers {
			container := &containers[i]
			isRunner := container.Name == c.Runner || container.Name == c.WorkerRunner
			if (isRunner || readsPairRevision(*container)) && podspec.IndexOfVariable(container.Env, PairRevisionVariable) < 0 {
				container.Env = slices.Concat([]corev1.EnvVar{{Name: PairRevisionVariable, Value: c.PairRevision}}, container.Env)
			}
		}
	}
}
