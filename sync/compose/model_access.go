package compose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// Where the parts of a fine-tuned model are in a pod.
const (
	modelDirectory  = "/opt/ml/model"
	tfewDirectory   = "/opt/ml/tfew"
	modelEmptyDir   = "model-empty-dir"
	claimScheme     = "pvc://"
	defaultClaimDir = "/mnt/models"
)

// modelAccess is how the pods of a component get at the model and the weight. The zero value is a
// router's, which does not read the model.
type modelAccess struct {
	// volumes are added where the pod has none of the name.
	volumes []corev1.Volume
	// modelPath is where the runner finds the base model; empty where it does not see it.
	modelPath string
	// modelMount is mounted into the runner unless something is mounted at its path; nil without.
	modelMount *corev1.VolumeMount
	// weightMount is where the weight is downloaded to; nil without.
	weightMount *corev1.VolumeMount
	// stackedMounts, where there are any, take the place of weightMount: the base model and the
	// weight that a server loads beside it.
	stackedMounts []corev1.VolumeMount
	// nodeLabel is the label of the nodes that hold the model; empty where the pods wait for none.
	nodeLabel string
}

// planModelAccess decides how the pods get at the model and the weight. It notes a claim that they
// cannot mount.
func planModelAccess(s *sources, annotations map[string]string) modelAccess {
	if !s.servesModel() {
		return modelAccess{}
	}
	access := modelAccess{nodeLabel: modelNodeLabel(s)}
	if path := modelPathInPod(s); path != "" {
		claim := claimOfModel(s)
		noteClaimInOtherNamespace(s, claim)
		access.volumes = append(access.volumes, modelVolume(s, claim, path))
		if runnerSeesModel(annotations) {
			access.modelPath = path
			access.modelMount = &corev1.VolumeMount{
				Name: names.VolumeName(s.model.Name), MountPath: path, SubPath: claim.subPath, ReadOnly: true,
			}
		}
	}
	if annotations[v1beta1.AnnotationInjectModelInit] == "true" || annotations[v1beta1.AnnotationInjectFineTunedAdapter] != "" {
		access.volumes = append(access.volumes, podspec.VolumeInMemory(modelEmptyDir))
	}
	if s.weight != nil {
		access.weightMount = &corev1.VolumeMount{Name: modelEmptyDir, MountPath: modelDirectory}
	}
	if isStackedTFEW(s, annotations) {
		format := annotations[v1beta1.AnnotationBaseModelFormat]
		access.stackedMounts = []corev1.VolumeMount{
			{Name: modelEmptyDir, MountPath: modelDirectory + "/" + format, SubPath: "base"},
			{Name: modelEmptyDir, MountPath: tfewDirectory + "/" + format, SubPath: "finetuned", ReadOnly: true},
		}
	}
	return access
}

// storageOfModel is where the model is stored; nil where that is not said.
func storageOfModel(s *sources) *v1beta1.StorageSpec {
	if s.model == nil {
		return nil
	}
	return s.model.Spec.Storage
}

// modelPathInPod is storage.path; a model on a claim without one is at /mnt/models. It is empty for
// a model that no pod mounts.
func modelPathInPod(s *sources) string {
	storage := storageOfModel(s)
	switch {
	case storage == nil:
		return ""
	case storage.Path != nil:
		return *storage.Path
	case strings.HasPrefix(storage.StorageURI, claimScheme):
		return defaultClaimDir
	}
	return ""
}

// runnerSeesModel reports whether the runner mounts the base model: not when an init container
// decrypts it first, nor when a merged weight replaces it.
func runnerSeesModel(annotations map[string]string) bool {
	return annotations[v1beta1.AnnotationInjectModelInit] != "true" && annotations[v1beta1.AnnotationFineTunedMerged] != "true"
}

// isStackedTFEW reports whether the weight is one that a server of vendor cohere loads beside the
// base model.
func isStackedTFEW(s *sources, annotations map[string]string) bool {
	return s.weight != nil && !s.weight.Merged && s.weight.Strategy == "tfew" &&
		annotations[v1beta1.AnnotationBaseModelVendor] == "cohere"
}

// modelClaim is a PersistentVolumeClaim that holds a model.
type modelClaim struct {
	name, subPath string
	// namespace is empty where the URI names none.
	namespace string
	// isElsewhere is true where the URI names another namespace than the service's.
	isElsewhere bool
}

// claimOfModel splits "pvc://[namespace:]claim/path"; it is zero for a model elsewhere.
func claimOfModel(s *sources) modelClaim {
	rest, found := strings.CutPrefix(storageOfModel(s).StorageURI, claimScheme)
	if !found {
		return modelClaim{}
	}
	var claim modelClaim
	claim.name, claim.subPath, _ = strings.Cut(rest, "/")
	claim.subPath = strings.Trim(claim.subPath, "/")
	if namespace, name, scoped := strings.Cut(claim.name, ":"); scoped {
		claim.namespace, claim.name = namespace, name
		claim.isElsewhere = namespace != s.service.Namespace
	}
	return claim
}

func noteClaimInOtherNamespace(s *sources, claim modelClaim) {
	if !claim.isElsewhere {
		return
	}
	s.record.Note(s.traceSubject("storage"), ReasonVolumeElsewhere, fmt.Sprintf(
		"model %s lies on claim %s of namespace %s, and a pod can only mount claims of its own namespace %s: create a claim %s there",
		s.model.Name, claim.name, claim.namespace, s.service.Namespace, claim.name))
}

// modelVolume is the claim of a model, else the directory of the node into which OME's model agent
// downloads it.
func modelVolume(s *sources, claim modelClaim, path string) corev1.Volume {
	volume := corev1.Volume{Name: names.VolumeName(s.model.Name)}
	if claim.name != "" {
		volume.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.name, ReadOnly: true}
	} else {
		volume.HostPath = &corev1.HostPathVolumeSource{Path: path}
	}
	return volume
}

// modelNodeLabel is the label that OME's model agent puts on a node once the model is there. A
// model on a claim is not on nodes, and a merged weight needs no base model, so nothing waits for
// these.
func modelNodeLabel(s *sources) string {
	storage := storageOfModel(s)
	onClaim := storage != nil && strings.HasPrefix(storage.StorageURI, claimScheme)
	switch {
	case s.model == nil || onClaim || s.replacesModel():
		return ""
	case s.model.Namespace == "":
		return names.ClusterModelLabel(s.model.Name)
	}
	return names.NamespacedModelLabel(s.model.Namespace, s.model.Name)
}

// addMounts mounts the model and the weight into a runner.
func addMounts(mounts []corev1.VolumeMount, access modelAccess) []corev1.VolumeMount {
	if m := access.modelMount; m != nil &&
		!slices.ContainsFunc(mounts, func(v corev1.VolumeMount) bool { return v.MountPath == m.MountPath }) {
		mounts = append(mounts, *m)
	}
	if access.weightMount == nil {
		return mounts
	}
	at := slices.IndexFunc(mounts, func(v corev1.VolumeMount) bool { return v.Name == modelEmptyDir })
	if at < 0 {
		at = len(mounts)
		mounts = append(mounts, *access.weightMount)
	}
	if len(access.stackedMounts) > 0 {
		mounts[at] = access.stackedMounts[0]
		mounts = append(mounts, access.stackedMounts[1:]...)
	}
	return mounts
}
