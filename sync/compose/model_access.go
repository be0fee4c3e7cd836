package compose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync/resolve"
)

// Where the parts of a fine-tuned model are in a pod.
const (
	modelDirectory  = "/opt/ml/model"
	tfewDirectory   = "/opt/ml/tfew"
	modelEmptyDir   = "model-empty-dir"
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
	// overlays are mounted as modelMount is, each with the variable that has its path.
	overlays []mountedOverlay
	// nodeLabels are the labels of the nodes that hold the models; none where the pods wait for none.
	nodeLabels []string
}

// mountedOverlay is a model that a runner has beside the one that it serves.
type mountedOverlay struct {
	model    *resolve.Model
	mount    corev1.VolumeMount
	variable string
}

// planModelAccess decides how the pods get at the model and the weight. It warns about a claim that
// they cannot mount.
func planModelAccess(s *sources, annotations map[string]string) modelAccess {
	if !s.servesModel() {
		return modelAccess{}
	}
	access := modelAccess{}
	if s.model != nil && !s.replacesModel() {
		access.nodeLabels = modelNodeLabels(s.model)
	}
	if path := modelPathInPod(s); path != "" {
		claim := claimOfModel(s, s.model)
		warnAboutClaimInOtherNamespace(s, s.model, claim)
		access.volumes = append(access.volumes, modelVolume(names.VolumeName(s.model.Name), claim, path))
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
	for _, model := range s.overlays {
		access.addOverlay(s, model)
	}
	return access
}

// addOverlay plans the volume, the mount, the variable and the nodes of an overlay. Its volume has a name
// that no model's has.
func (a *modelAccess) addOverlay(s *sources, model *resolve.Model) {
	claim, volume := claimOfModel(s, model), names.VolumeName("overlay/"+model.Name)
	warnAboutClaimInOtherNamespace(s, model, claim)
	a.volumes = append(a.volumes, modelVolume(volume, claim, model.DirectoryOnNode()))
	a.overlays = append(a.overlays, mountedOverlay{
		model:    model,
		mount:    corev1.VolumeMount{Name: volume, MountPath: names.OverlayPath(model.Name), SubPath: claim.subPath, ReadOnly: true},
		variable: names.OverlayVariable(model.Name),
	})
	a.nodeLabels = append(a.nodeLabels, modelNodeLabels(model)...)
}

// modelPathInPod is storage.path; a model on a claim without one is at /mnt/models. It is empty for
// a model that no pod mounts.
func modelPathInPod(s *sources) string {
	switch {
	case s.model == nil:
		return ""
	case s.model.Spec.Storage != nil && s.model.Spec.Storage.Path != nil:
		return *s.model.Spec.Storage.Path
	case s.model.IsOnClaim():
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
func claimOfModel(s *sources, model *resolve.Model) modelClaim {
	if !model.IsOnClaim() {
		return modelClaim{}
	}
	rest := strings.TrimPrefix(model.Spec.Storage.StorageURI, v1beta1.StorageSchemePVC)
	var claim modelClaim
	claim.name, claim.subPath, _ = strings.Cut(rest, "/")
	claim.subPath = strings.Trim(claim.subPath, "/")
	if namespace, name, scoped := strings.Cut(claim.name, ":"); scoped {
		claim.namespace, claim.name = namespace, name
		claim.isElsewhere = namespace != s.service.Namespace
	}
	return claim
}

func warnAboutClaimInOtherNamespace(s *sources, model *resolve.Model, claim modelClaim) {
	if !claim.isElsewhere {
		return
	}
	s.record.AddFinding(s.traceSubject("storage"), ReasonVolumeElsewhere, fmt.Sprintf(
		"model %s lies on claim %s of namespace %s, and a pod can only mount claims of its own namespace %s: create a claim %s there",
		model.Name, claim.name, claim.namespace, s.service.Namespace, claim.name))
}

// modelVolume is the claim of a model, else the directory of the node into which OME's model agent
// downloads it.
func modelVolume(name string, claim modelClaim, path string) corev1.Volume {
	volume := corev1.Volume{Name: name}
	if claim.name != "" {
		volume.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.name, ReadOnly: true}
	} else {
		volume.HostPath = &corev1.HostPathVolumeSource{Path: path}
	}
	return volume
}

// modelNodeLabels are the label that OME's model agent puts on a node once the model is there. A
// model on a claim is not on nodes, so nothing waits for it.
func modelNodeLabels(model *resolve.Model) []string {
	switch {
	case model.IsOnClaim():
		return nil
	case model.Namespace == "":
		return []string{names.ClusterModelLabel(model.Name)}
	}
	return []string{names.NamespacedModelLabel(model.Namespace, model.Name)}
}

// addMounts mounts the model, its overlays and the weight into a runner, unless the runner or the container that it
// becomes mounts something at their paths.
func addMounts(mounts, ofContainer []corev1.VolumeMount, access modelAccess) []corev1.VolumeMount {
	addIfFree := func(mount corev1.VolumeMount) {
		if podspec.IndexOfMount(mounts, mount.MountPath) < 0 && podspec.IndexOfMount(ofContainer, mount.MountPath) < 0 {
			mounts = append(mounts, mount)
		}
	}
	if access.modelMount != nil {
		addIfFree(*access.modelMount)
	}
	for _, overlay := range access.overlays {
		addIfFree(overlay.mount)
	}
	if access.weightMount == nil {
		return mounts
	}
	at := slices.IndexFunc(mounts, func(v corev1.VolumeMount) bool { return v.Name == modelEmptyDir })
	stacked := access.stackedMounts
	switch {
	case at < 0 && len(stacked) == 0:
		addIfFree(*access.weightMount)
	case at >= 0 && len(stacked) > 0:
		mounts[at], stacked = stacked[0], stacked[1:]
	}
	for _, mount := range stacked {
		addIfFree(mount)
	}
	return mounts
}
