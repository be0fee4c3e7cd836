package inject

import (
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// adapterName is the name of the init container that downloads the weight.
const adapterName = "fine-tuned-adapter"

// adapter adds the init container that downloads and unpacks a fine-tuned
// weight: annotation ome.io/inject-fine-tuned-adapter, whose value names it.
func adapter(template *corev1.PodTemplateSpec, in Input) *finding.Finding {
	annotation, pod := v1beta1.AnnotationInjectFineTunedAdapter, &template.Spec
	name := template.Annotations[annotation]
	if name == "" || podspec.ContainerNamed(pod.InitContainers, adapterName) != nil {
		return nil
	}
	from, problem := agentConfig(in, annotation, config.SectionFineTunedAdapter, in.Config.FineTunedAdapter)
	if problem != nil {
		return problem
	}
	stored, problem := weightObject(in, name)
	if problem != nil {
		return problem
	}
	container, problem := agent(pod, in, annotation, adapterName, "fine-tuned-adapter", from)
	if problem != nil {
		return problem
	}
	path, subPath := adapterTarget(template.Annotations)
	if template.Annotations[v1beta1.AnnotationFineTunedMerged] == "true" {
		stored.object += "-merged-weight"
	}
	container.Env = adapterEnv(from, stored, path)
	container.VolumeMounts = []corev1.VolumeMount{modelMount(weightDownloadPath, ""), modelMount(path, subPath)}
	pod.InitContainers = append(pod.InitContainers, container)
	podspec.AddVolumeIfAbsent(pod, podspec.VolumeInMemory(names.ModelEmptyDir))
	return nil
}

// adapterEnv says who the agent is, what it downloads and where it unpacks it.
func adapterEnv(from config.Injector, stored ociObject, path string) []corev1.EnvVar {
	return env(
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

// adapterTarget is where the weight is unpacked, and in which part of the
// volume.
func adapterTarget(annotations map[string]string) (path, subPath string) {
	path = modelPath
	if stacked(annotations) {
		path, subPath = stackedWeightPath, finetunedSubPath
	}
	if annotations[v1beta1.AnnotationBaseModelFormat] == "tensorrtllm" {
		subPath = tensorRTSubPath
	}
	return path, subPath
}

// ociObject is an object in OCI object storage.
type ociObject struct{ namespace, bucket, object string }

// weightObject finds where the weight is stored.
func weightObject(in Input, name string) (ociObject, *finding.Finding) {
	annotation := v1beta1.AnnotationInjectFineTunedAdapter
	if in.Weight == nil || in.Weight.Name != name {
		return ociObject{}, invalid(in, annotation, "FineTunedWeight %q is not among spec.model.fineTunedWeights", name)
	}
	var uri string
	if in.Weight.Spec.Storage != nil {
		uri = in.Weight.Spec.Storage.StorageURI
	}
	stored, ok := parseOCI(uri)
	if !ok {
		return ociObject{}, invalid(in, annotation,
			"spec.storage.storageUri of FineTunedWeight %q is %q: only oci://n/<namespace>/b/<bucket>/o/<object> can be downloaded", name, uri)
	}
	return stored, nil
}

// parseOCI takes "oci://n/<namespace>/b/<bucket>/o/<object>" apart; the object
// may contain slashes.
func parseOCI(uri string) (ociObject, bool) {
	rest, isOCI := strings.CutPrefix(uri, v1beta1.StorageSchemeOCI)
	parts := strings.SplitN(rest, "/", 6)
	if !isOCI || len(parts) != 6 || parts[0] != "n" || parts[2] != "b" || parts[4] != "o" {
		return ociObject{}, false
	}
	stored := ociObject{namespace: parts[1], bucket: parts[3], object: parts[5]}
	return stored, stored.namespace != "" && stored.bucket != "" && stored.object != ""
}
