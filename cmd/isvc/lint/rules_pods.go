package lint

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/podspec"
)

// variableName is a name of a variable. What has lower case is left out: in a shell script it is a command.
var variableName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]+$`)

// The variables that the kubelet gives containers without env: of the API server to all, and of the Service
// objects of the namespace where the pod has service links.
var (
	variableOfAPIServer = regexp.MustCompile(`^KUBERNETES_(SERVICE|PORT)`)
	variableOfService   = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT(_|$)`)
)

// variablesOfControllers are the beginnings of the variables that the controller of a kind adds to
// containers, without and with what follows.
var variablesOfControllers = map[kinds.Kind][]string{
	kinds.LeaderWorkerSet: {"LWS_", "TPU_"},
	kinds.RayCluster:      {"RAY_", "KUBERAY_", "FQ_RAY_IP", "REDIS_"},
	kinds.KnativeService:  {"K_", "PORT"},
}

func undefinedVariable(s *subject, found report) {
	for _, c := range s.allContainers() {
		if len(c.EnvFrom) > 0 {
			continue // what it brings is not in the manifest
		}
		for _, use := range usesOfVariables(c.Container) {
			if podspec.IndexOfVariable(c.Env, use.name) < 0 && !isGivenWithoutEnv(c, use.name) {
				found(c.workload.objectName(), c.field+"."+use.field, "$(%s) is not defined in env: define it, or write $$(%s) for the letters themselves", use.name, use.name)
			}
		}
	}
}

// isGivenWithoutEnv reports whether the kubelet or the controller of the workload gives a container a
// variable.
func isGivenWithoutEnv(c container, name string) bool {
	hasLinks := c.pod.spec.EnableServiceLinks == nil || *c.pod.spec.EnableServiceLinks
	return variableOfAPIServer.MatchString(name) || hasLinks && variableOfService.MatchString(name) ||
		slices.ContainsFunc(variablesOfControllers[c.workload.kind], func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// variableUse is a reference to a variable in a field of a container.
type variableUse struct{ field, name string }

// usesOfVariables lists the references of a container, each once a field.
func usesOfVariables(c *corev1.Container) []variableUse {
	var uses []variableUse
	look := func(field string, texts ...string) {
		for _, text := range texts {
			for _, name := range podspec.References(text) {
				use := variableUse{field, name}
				if variableName.MatchString(name) && !slices.Contains(uses, use) {
					uses = append(uses, use)
				}
			}
		}
	}
	look("command", c.Command...)
	look("args", c.Args...)
	for i := range c.Env {
		look("env["+c.Env[i].Name+"]", c.Env[i].Value)
	}
	return uses
}

func mountWithoutVolume(s *subject, found report) {
	for _, c := range s.allContainers() {
		for _, mount := range c.VolumeMounts {
			if !podspec.HasVolume(&c.pod.spec, mount.Name) {
				found(c.workload.objectName(), c.field+".volumeMounts", "%s is mounted at %s, and the pod has no volume of this name: add it to volumes", mount.Name, mount.MountPath)
			}
		}
		for _, device := range c.VolumeDevices {
			if !podspec.HasVolume(&c.pod.spec, device.Name) {
				found(c.workload.objectName(), c.field+".volumeDevices", "%s is a device at %s, and the pod has no volume of this name: add it to volumes", device.Name, device.DevicePath)
			}
		}
	}
}

func utilizationWithoutRequest(s *subject, found report) {
	for _, c := range s.allContainers() {
		if c.pod != &c.workload.pods[0] || !runsWithPod(c) { // of groups, only the leaders are measured
			continue
		}
		scaler, resources := s.followerOfUse(c)
		for _, resource := range resources {
			if _, requested := c.Resources.Requests[resource]; requested {
				continue
			}
			if _, limited := c.Resources.Limits[resource]; !limited {
				found(c.workload.objectName(), c.field+".resources.requests", "%s follows the use of %s as a share of its request, and container %s has none: request it, in every container that is measured",
					scaler, resource, c.Name)
			}
		}
	}
}

// runsWithPod reports whether a container runs as long as its pod: init containers do where they restart.
func runsWithPod(c container) bool {
	isInit := strings.HasPrefix(c.field, c.pod.field+".initContainers[")
	return !isInit || c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// followerOfUse is the autoscaler that compares the use of resources of a container with their requests.
func (s *subject) followerOfUse(c container) (scaler string, resources []corev1.ResourceName) {
	w := c.workload
	if w.kind == kinds.KnativeService {
		annotations, _, _ := unstructured.NestedStringMap(w.child.Object, "spec", "template", "metadata", "annotations")
		metric := cmp.Or(annotations[v1beta1.AnnotationKnativeMetric], string(v1beta1.ScaleMetricCPU))
		if annotations[v1beta1.AnnotationKnativeClass] == modes.KnativeHorizontalAutoscaler && metric == string(v1beta1.ScaleMetricCPU) {
			return "Knative's autoscaler of class hpa", []corev1.ResourceName{corev1.ResourceCPU} // memory is compared with a number
		}
		return "", nil
	}
	autoscaler := s.childOfComponent(kinds.HorizontalPodAutoscaler, w.component)
	if autoscaler == nil || !scalesInRange(autoscaler) {
		return "", nil
	}
	return "HorizontalPodAutoscaler/" + autoscaler.GetName(), resourcesFollowedByUse(autoscaler, c.Name)
}

// resourcesFollowedByUse are the resources of a container whose use an autoscaler compares with their
// request.
func resourcesFollowedByUse(scaler *unstructured.Unstructured, container string) []corev1.ResourceName {
	var all []corev1.ResourceName
	metrics, _, _ := unstructured.NestedSlice(scaler.Object, "spec", "metrics")
	for _, raw := range metrics {
		metric, _ := raw.(map[string]any)
		for _, source := range []string{"resource", "containerResource"} {
			name, _, _ := unstructured.NestedString(metric, source, "name")
			target, _, _ := unstructured.NestedString(metric, source, "target", "type")
			only, isOne, _ := unstructured.NestedString(metric, source, "container")
			if target == "Utilization" && (!isOne || only == container) && !slices.Contains(all, corev1.ResourceName(name)) {
				all = append(all, corev1.ResourceName(name))
			}
		}
	}
	return all
}

func lintIgnoreUnusable(s *subject, found report) {
	for key, reason := range s.annotations {
		name, isIgnore := strings.CutPrefix(key, v1beta1.AnnotationPrefixLintIgnore)
		switch {
		case !isIgnore:
		case ruleNamed(name) == nil:
			found(s.serviceObject(), "metadata.annotations["+key+"]", "there is no rule %s: name one by its identifier or its name", name)
		case strings.TrimSpace(reason) == "":
			found(s.serviceObject(), "metadata.annotations["+key+"]", "it gives no reason, so the rule is applied: write one as the value")
		}
	}
}

// acceleratorsOfTwoKinds looks at whole pods: a node must have what all of its containers ask for.
func acceleratorsOfTwoKinds(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		for j := range w.pods {
			asked := map[string]bool{}
			for _, containers := range [][]corev1.Container{w.pods[j].spec.InitContainers, w.pods[j].spec.Containers} {
				for k := range containers {
					for _, device := range s.accelerators.DemandOf(&containers[k].Resources).Devices {
						asked[string(device)] = true
					}
				}
			}
			if len(asked) > 1 {
				found(w.objectName(), w.pods[j].field, "the containers of a pod ask for %s, and a node seldom has both: ask for one of them",
					strings.Join(slices.Sorted(maps.Keys(asked)), " and "))
			}
		}
	}
}

// routerAccountNamed: only the account that isvc makes gets the rights that routers need.
func routerAccountNamed(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		account := w.pods[0].spec.ServiceAccountName
		made := s.childOfComponent(kinds.ServiceAccount, w.component)
		if w.component == v1beta1.RouterComponent && account != "" && (made == nil || made.GetName() != account) {
			found(w.objectName(), w.pods[0].field+".serviceAccountName", "isvc gives no rights to the account %s, which the specification names: a router that looks for pods needs get, list and watch of pods in namespace %s",
				account, s.namespace)
		}
	}
}
