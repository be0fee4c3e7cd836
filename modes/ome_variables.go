package modes

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/kmap"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// omeVariableNames are how the variables begin that OME's own mode gives every container, and by which
// runtimes of OME v1.3 find the pods of their group. OME_RUNNER_INDEX of a worker is left out: it is
// the worker's number less one, which no field of a pod has.
var omeVariableNames = []string{"OME_INFERENCESERVICE_NAME", "OME_COMPONENT", "OME_RUNNER", "OME_INSTANCE_", "OME_LEADER_ADDRESS"}

// runnerOfGroup is what a pod is in its group, as the label ome.io/runner and OME_RUNNER have it.
type runnerOfGroup string

const (
	leaderOfGroup runnerOfGroup = "leader"
	workerOfGroup runnerOfGroup = "worker"
)

// mentionsOMEVariables reports whether a command, an argument or a variable of a pod refers to one of
// the variables. Other pods do not get them, so that they stay as they are.
func mentionsOMEVariables(pod *corev1.PodSpec) bool {
	mentions := func(text string) bool {
		return slices.ContainsFunc(omeVariableNames, func(name string) bool { return strings.Contains(text, name) })
	}
	return slices.ContainsFunc(slices.Concat(pod.InitContainers, pod.Containers), func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Command, mentions) || slices.ContainsFunc(c.Args, mentions) ||
			slices.ContainsFunc(c.Env, func(v corev1.EnvVar) bool { return mentions(v.Value) })
	})
}

// omeVariables are those of every pod of a component.
func omeVariables(c *Component) []corev1.EnvVar {
	return []corev1.EnvVar{
		{Name: "OME_INFERENCESERVICE_NAME", Value: c.Service},
		{Name: "OME_COMPONENT", Value: string(c.Type)},
		{Name: "OME_RUNNER_SIZE", Value: "1"},
	}
}

// omeVariablesOfGroup are those of the pods of a group besides. LeaderWorkerSet labels its pods with
// what the downward API hands on. The address is the one of LWS_LEADER_ADDRESS, and does not depend on
// the order in which LeaderWorkerSet adds its own variables.
func omeVariablesOfGroup(c *Component, runner runnerOfGroup) []corev1.EnvVar {
	set := names.LeaderWorkerSet(c.Name)
	pods := int64(podsPerGroup(c))
	variables := []corev1.EnvVar{
		{Name: "OME_RUNNER", Value: string(runner)},
		{Name: "OME_INSTANCE_POD_COUNT", Value: strconv.FormatInt(pods, 10)},
		variableOfLabel("OME_INSTANCE_INDEX", lwsv1.GroupIndexLabelKey),
		variableOfLabel("OME_INSTANCE_POD_RANK", lwsv1.WorkerIndexLabelKey),
		{Name: "OME_LEADER_ADDRESS", Value: set + "-$(OME_INSTANCE_INDEX)." + set + "." + c.Namespace},
	}
	if runner == leaderOfGroup {
		return append(variables, corev1.EnvVar{Name: "OME_RUNNER_INDEX", Value: "0"})
	}
	return append(variables, corev1.EnvVar{Name: "OME_RUNNER_SIZE", Value: strconv.FormatInt(pods-1, 10)})
}

func variableOfLabel(name, label string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels['" + label + "']"},
	}}
}

// addOMEVariables puts variables before those of every container of a pod that mentions one. What a
// container has already wins.
func addOMEVariables(pod *corev1.PodSpec, variables []corev1.EnvVar) {
	if !mentionsOMEVariables(pod) {
		return
	}
	for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range containers {
			own := containers[i].Env
			missing := slices.DeleteFunc(slices.Clone(variables), func(v corev1.EnvVar) bool { return podspec.IndexOfVariable(own, v.Name) >= 0 })
			containers[i].Env = slices.Concat(missing, own)
		}
	}
}

// labelsOfRunner are labels of pods of a group with the one by which routers of OME v1.3 select them,
// where the group uses OME's variables.
func labelsOfRunner(c *Component, runner runnerOfGroup, labels map[string]string) map[string]string {
	if !mentionsOMEVariables(&c.Pod) && (c.Worker == nil || !mentionsOMEVariables(c.Worker)) {
		return labels
	}
	return kmap.Union(labels, map[string]string{v1beta1.LabelRunner: string(runner)})
}
