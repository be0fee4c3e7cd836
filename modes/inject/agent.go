package inject

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// The paths that OME's agent works with.
const (
	modelSourcePath    = "/mnt/model"
	modelPath          = "/opt/ml/model"
	stackedWeightPath  = "/opt/ml/tfew"
	weightDownloadPath = "/mnt/finetuned/download"

	baseSubPath      = "base"
	finetunedSubPath = "finetuned"
	downloadSubPath  = "download"
	tensorRTSubPath  = "tensorrt_llm"
)

// workloadIdentity is the way of authentication that needs a service account.
const workloadIdentity = "OkeWorkloadIdentity"

// agentConfig is the section of the configuration that an agent container is
// made from, or the problem that it is not there.
func agentConfig(in Input, annotation, section string, injector config.Injector) (config.Injector, *finding.Finding) {
	if injector.Configured() {
		return injector, nil
	}
	cause := "is absent"
	if text := in.Config.Problems[section]; text != "" {
		cause = "cannot be used: " + text
	}
	return injector, &finding.Finding{Reason: ReasonConfigMissing, Message: fmt.Sprintf(
		"annotation %s of the %s needs the key %q of the ConfigMap %s, which %s: correct the ConfigMap or remove the annotation",
		annotation, in.Subject, section, config.MapName, cause)}
}

// agent is a container of OME's agent that runs one command, with the rights
// of the main container. It fails where the way of authentication needs a
// service account and the pod names none.
func agent(pod *corev1.PodSpec, in Input, annotation, name, command string, from config.Injector) (corev1.Container, *finding.Finding) {
	main := mainContainer(pod, in)
	if main == nil {
		return corev1.Container{}, invalid(in, annotation,
			"the pod has no main container: name one %q or give the component a runner", names.MainContainer)
	}
	if from.AuthType == workloadIdentity {
		if pod.ServiceAccountName == "" {
			return corev1.Container{}, invalid(in, annotation,
				"authType %s needs serviceAccountName: set it on the component", workloadIdentity)
		}
		mount := true
		pod.AutomountServiceAccountToken = &mount
	}
	return corev1.Container{
		Name:                     name,
		Image:                    from.Image,
		Args:                     []string{command, "--config", "/ome-agent.yaml", "--debug"},
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          main.SecurityContext.DeepCopy(),
		Resources:                from.Resources(),
	}, nil
}

// env builds a list of the agent's variables from names and values in turn;
// the prefix of OME's agent is added.
func env(pairs ...string) []corev1.EnvVar {
	list := make([]corev1.EnvVar, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, corev1.EnvVar{Name: "OME_AGENT_" + pairs[i], Value: pairs[i+1]})
	}
	return list
}

// modelMount mounts the volume into which models and weights are unpacked.
func modelMount(path, subPath string) corev1.VolumeMount {
	return corev1.VolumeMount{Name: names.ModelEmptyDir, MountPath: path, SubPath: subPath}
}

// stacked reports whether the weight is one of Cohere's that lie beside the
// base model and are read together with it.
func stacked(annotations map[string]string) bool {
	return annotations[v1beta1.AnnotationBaseModelVendor] == "cohere" &&
		annotations[v1beta1.AnnotationFineTunedStrategy] == "tfew" &&
		annotations[v1beta1.AnnotationFineTunedMerged] != "true"
}
