package inject

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// adapterName is the name of the init container that downloads the weight.
const adapterName = "fine-tuned-adapter"

// injectFineTunedAdapter adds the init container that downloads and unpacks a fine-tuned weight.
// The annotation ome.io/inject-fine-tuned-adapter names the weight.
func injectFineTunedAdapter(template *corev1.PodTemplateSpec, in Input) *finding.Finding {
	annotation, pod := v1beta1.AnnotationInjectFineTunedAdapter, &template.Spec
	name := template.Annotations[annotation]
	if name == "" || podspec.HasContainer(pod, adapterName) {
		return nil
	}
	from, problem := requireAgentConfig(in, annotation, config.SectionFineTunedAdapter, in.Config.FineTunedAdapter)
	if problem != nil {
		return problem
	}
	stored, problem := weightInObjectStorage(in, name)
	if problem != nil {
		return problem
	}
	container, problem := makeAgentContainer(pod, in, annotation, adapterName, "fine-tuned-adapter", from)
	if problem != nil {
		return problem
	}
	path, subPath := unpackedWeightPath(template.Annotations)
	if template.Annotations[v1beta1.AnnotationFineTunedMerged] == "true" {
		stored.object += "-merged-weight"
	}
	container.Env = adapterVariables(from, stored, path)
	container.VolumeMounts = []corev1.VolumeMount{mountOfModelEmptyDir(weightDownloadPath, ""), mountOfModelEmptyDir(path, subPath)}
	pod.InitContainers = append(pod.InitContainers, container)
	podspec.AddVolumeIfAbsent(pod, podspec.VolumeInMemory(names.ModelEmptyDir))
	return nil
}

// adapterVariables say how the agent authenticates, what it downloads and where it unpacks it.
func adapterVariables(from config.Injector, stored ociObject, path string) []corev1.EnvVar {
	return agentVariables(
		"AUTH_TYPE", from.AuthType,
		"COMPARTMENT_ID", from.CompartmentID,
		"REGION", from.Region,
		"UNZIPPED_FINE_TUNED_WEIGHT_DIRECTORY", path,
		"ZIPPED_FINE_TUNED_WEIGHT_DIRECTORY", weightDownloadPath,
		"MODEL_BUCKET_NAME", stored.bucket,
		"MODEL_NAMESPACE", stored.namespace,
		"MODEL_OBJECT_NAME", stored.object,
	)
}

// unpackedWeightPath is the directory into which the weight is unpacked, and its directory in the
// volume.
func unpackedWeightPath(annotations map[string]string) (path, subPath string) {
	path = modelPath
	if isStackedCohereWeight(annotations) {
		path, subPath = stackedWeightPath, finetunedSubPath
	}
	if annotations[v1beta1.AnnotationBaseModelFormat] == "tensorrtllm" {
		subPath = tensorRTSubPath
	}
	return path, subPath
}

// ociObject is an object in OCI object storage.
type ociObject struct{ namespace, bucket, object string }

// weightInObjectStorage is the object in which the weight is stored.
func weightInObjectStorage(in Input, name string) (ociObject, *finding.Finding) {
	annotation := v1beta1.AnnotationInjectFineTunedAdapter
	if in.Weight == nil || in.Weight.Name != name {
		return ociObject{}, invalidAnnotation(in, annotation, "FineTunedWeight %q is not among spec.model.fineTunedWeights", name)
	}
	var uri string
	if in.Weight.Spec.Storage != nil {
		uri = in.Weight.Spec.Storage.StorageURI
	}
	stored, ok := parseOCIStorageURI(uri)
	if !ok {
		return ociObject{}, invalidAnnotation(in, annotation,
			"spec.storage.storageUri of FineTunedWeight %q is %q: only oci://n/<namespace>/b/<bucket>/o/<object> can be downloaded", name, uri)
	}
	return stored, nil
}

// parseOCIStorageURI splits "oci://n/<namespace>/b/<bucket>/o/<object>"; the object may contain
// slashes.
func parseOCIStorageURI(uri string) (ociObject, bool) {
	rest, isOCI := strings.CutPrefix(uri, v1beta1.StorageSchemeOCI)
	parts := strings.SplitN(rest, "/", 6)
	if !isOCI || len(parts) != 6 || parts[0] != "n" || parts[2] != "b" || parts[4] != "o" {
		return ociObject{}, false
	}
	stored := ociObject{namespace: parts[1], bucket: parts[3], object: parts[5]}
	return stored, stored.namespace != "" && stored.bucket != "" && stored.object != ""
}
