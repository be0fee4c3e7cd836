package inject

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
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

// workloadIdentity is the kind of authentication that needs a service account.
const workloadIdentity = "OkeWorkloadIdentity"

// requireAgentConfig is the section of the configuration that an agent container is made from, or
// the problem that there is none.
func requireAgentConfig(in Input, annotation, section string, injector config.Injector) (config.Injector, *finding.Finding) {
	if injector.IsConfigured() {
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

// makeAgentContainer is a container of OME's agent that runs one command, with the security context
// of the main container. It is a problem where the kind of authentication needs a service account
// and the pod names none. For that kind the pod mounts the account's token.
func makeAgentContainer(pod *corev1.PodSpec, in Input, annotation, name, command string, from config.Injector) (corev1.Container, *finding.Finding) {
	main := mainContainerOf(pod, in)
	if main == nil {
		return corev1.Container{}, invalidAnnotation(in, annotation,
			"the pod has no main container: name one %q or give the component a runner", names.MainContainer)
	}
	if from.AuthType == workloadIdentity {
		if pod.ServiceAccountName == "" {
			return corev1.Container{}, invalidAnnotation(in, annotation,
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
		Resources:                from.ResourceRequirements(),
	}, nil
}

// agentVariables makes environment variables from names and values in turn, and puts the prefix of
// OME's agent before the names.
func agentVariables(pairs ...string) []corev1.EnvVar {
	list := make([]corev1.EnvVar, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, corev1.EnvVar{Name: "OME_AGENT_" + pairs[i], Value: pairs[i+1]})
	}
	return list
}

// mountOfModelEmptyDir mounts the volume into which models and weights are unpacked.
func mountOfModelEmptyDir(path, subPath string) corev1.VolumeMount {
	return corev1.VolumeMount{Name: names.ModelEmptyDir, MountPath: path, SubPath: subPath}
}

// isStackedCohereWeight reports whether the weight is one of Cohere's that is stored beside the
// base model and loaded together with it.
func isStackedCohereWeight(annotations map[string]string) bool {
	return annotations[v1beta1.AnnotationBaseModelVendor] == "cohere" &&
		annotations[v1beta1.AnnotationFineTunedStrategy] == "tfew" &&
		annotations[v1beta1.AnnotationFineTunedMerged] != "true"
}
