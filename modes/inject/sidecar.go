package inject

import (
	"path"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// sidecarName is the name of the container that exchanges weights at run time.
const sidecarName = "serving-sidecar"

// weightInfoVariable is the variable that names the file with the weights to load. Its value is its
// own name, as in OME.
const weightInfoVariable = "FINE_TUNED_WEIGHT_INFO_FILE_PATH"

// injectServingSidecar adds the container that downloads weights while the runner serves:
// annotation ome.io/inject-serving-sidecar "true".
func injectServingSidecar(template *corev1.PodTemplateSpec, in Input) *finding.Finding {
	annotation, pod := v1beta1.AnnotationInjectServingSidecar, &template.Spec
	if template.Annotations[annotation] != "true" || podspec.HasContainer(pod, sidecarName) {
		return nil
	}
	from, problem := requireAgentConfig(in, annotation, config.SectionServingSidecar, in.Config.ServingSidecar)
	if problem != nil {
		return problem
	}
	strategy := template.Annotations[v1beta1.AnnotationFineTunedStrategy]
	if strategy == "" {
		return invalidAnnotation(in, annotation, "there is no annotation %s: name a fine-tuned weight "+
			"whose hyperParameters have a strategy in spec.model.fineTunedWeights", v1beta1.AnnotationFineTunedStrategy)
	}
	container, problem := makeAgentContainer(pod, in, annotation, sidecarName, "serving-agent", from)
	if problem != nil {
		return problem
	}
	weights := path.Join("/opt/ml", strategy)
	container.Env = agentVariables(
		"AUTH_TYPE", from.AuthType,
		"COMPARTMENT_ID", from.CompartmentID,
		"REGION", from.Region,
		weightInfoVariable, "OME_AGENT_"+weightInfoVariable,
		"UNZIPPED_FINE_TUNED_WEIGHT_DIRECTORY", weights,
		"ZIPPED_FINE_TUNED_WEIGHT_DIRECTORY", weightDownloadPath,
	)
	container.VolumeMounts = []corev1.VolumeMount{
		mountOfModelEmptyDir(weightDownloadPath, downloadSubPath), mountOfModelEmptyDir(weights, finetunedSubPath),
	}
	pod.Containers = append(pod.Containers, container)
	podspec.AddVolumeIfAbsent(pod, podspec.VolumeInMemory(names.ModelEmptyDir))
	return nil
}
