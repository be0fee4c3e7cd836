package inject

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// modelInitName is the name of the init container that decrypts the model.
const modelInitName = "model-init"

// injectModelInit adds the init container that copies the model from the node into memory and
// decrypts it there: annotation ome.io/inject-model-init "true".
func injectModelInit(template *corev1.PodTemplateSpec, in Input) *finding.Finding {
	annotation, pod := v1beta1.AnnotationInjectModelInit, &template.Spec
	if template.Annotations[annotation] != "true" || podspec.HasContainer(pod, modelInitName) {
		return nil
	}
	from, problem := requireAgentConfig(in, annotation, config.SectionModelInit, in.Config.ModelInit)
	if problem != nil {
		return problem
	}
	container, problem := makeAgentContainer(pod, in, annotation, modelInitName, "enigma", from)
	if problem != nil {
		return problem
	}
	model := names.VolumeName(template.Annotations[v1beta1.AnnotationBaseModelName])
	if !podspec.HasVolume(pod, model) {
		return invalidAnnotation(in, annotation, "the pod has no volume %q with the model: give the model a storage.path", model)
	}
	container.Env = withReplacements(modelInitVariables(template, in, from), from.ExtraEnvVars,
		func(variable corev1.EnvVar) string { return variable.Name })
	container.VolumeMounts = withReplacements(modelInitVolumeMounts(template, in, model), from.ExtraVolumeMounts,
		func(mount corev1.VolumeMount) string { return path.Clean(mount.MountPath) })
	pod.InitContainers = append(pod.InitContainers, container)
	podspec.AddVolumeIfAbsent(pod, podspec.VolumeInMemory(names.ModelEmptyDir))
	return nil
}

// withReplacements adds items to a list. One whose key the list has already takes the place of that
// item: a key can be there once.
func withReplacements[T any](list, items []T, key func(T) string) []T {
	for _, item := range items {
		at := slices.IndexFunc(list, func(other T) bool { return key(other) == key(item) })
		if at < 0 {
			list = append(list, item)
			continue
		}
		list[at] = item
	}
	return list
}

// modelInitVolumeMounts mount the volume with the model and the volume into which it is decrypted.
func modelInitVolumeMounts(template *corev1.PodTemplateSpec, in Input, model string) []corev1.VolumeMount {
	subPath := ""
	if isStackedCohereWeight(template.Annotations) {
		subPath = baseSubPath
	}
	return []corev1.VolumeMount{
		mountOfModelEmptyDir(modelPath, subPath),
		{Name: model, MountPath: modelSourcePath, ReadOnly: in.ModelIsReadOnly},
	}
}

// modelInitVariables say how the agent authenticates, what it decrypts and with which key.
func modelInitVariables(template *corev1.PodTemplateSpec, in Input, from config.Injector) []corev1.EnvVar {
	a := template.Annotations
	format := agentFrameworkName(a[v1beta1.AnnotationBaseModelFormat])
	list := agentVariables(
		"AUTH_TYPE", from.AuthType,
		"COMPARTMENT_ID", from.CompartmentID,
		"VAULT_ID", from.VaultID,
		"MODEL_NAME", a[v1beta1.AnnotationBaseModelName],
		"KEY_NAME", a[v1beta1.AnnotationDecryptionKeyName],
		"SECRET_NAME", a[v1beta1.AnnotationDecryptionSecretName],
		"DISABLE_MODEL_DECRYPTION", cmp.Or(a[v1beta1.AnnotationDisableModelDecryption], "false"),
		"MODEL_TYPE", cmp.Or(template.Labels[v1beta1.LabelBaseModelType], v1beta1.BaseModelTypeServing),
		"LOCAL_PATH", modelSourcePath,
		"MODEL_STORE_DIRECTORY", modelPath,
		"REGION", from.Region,
		"MODEL_FRAMEWORK", format,
	)
	if format != "tensorrtllm" {
		return list
	}
	list = append(list, agentVariables("TENSORRTLLM_VERSION", a[v1beta1.AnnotationBaseModelFormatVersion])...)
	demand := accelerators.Known(in.Config).DemandOf(&mainContainerOf(&template.Spec, in).Resources)
	if demand.Count > 0 {
		list = append(list, agentVariables("NUM_OF_GPU", strconv.FormatInt(demand.Count, 10))...)
	}
	return list
}

// agentFrameworkName is a format's name as the agent spells it: "TensorRT-LLM" gives "tensorrtllm".
func agentFrameworkName(format string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(format))
}
