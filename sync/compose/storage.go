package compose

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// Where the parts of a fine-tuned model are in a pod.
const (
	modelDirectory  = "/opt/ml/model"
	tfewDirectory   = "/opt/ml/tfew"
	modelEmptyDir   = "model-empty-dir"
	claimScheme     = "pvc://"
	defaultClaimDir = "/mnt/models"
)

// modelPath is where the model is in the pod, empty when it is not mounted.
// It is storage.path; a model on a claim without one is at /mnt/models.
func (b *builder) modelPath() string {
	storage := b.storage()
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

func (b *builder) storage() *v1beta1.StorageSpec {
	if b.Model == nil {
		return nil
	}
	return b.Model.Spec.Storage
}

// mountsModel reports whether the runner sees the base model: not when an init
// container decrypts it first, nor when a merged weight replaces it.
func (b *builder) mountsModel() bool {
	a := b.out.Annotations
	return a[v1beta1.AnnotationInjectModelInit] != "true" && a[v1beta1.AnnotationFineTunedMerged] != "true"
}

// addMounts mounts the model and the weight into the runner.
func (b *builder) addMounts(p *pod) {
	if !b.serving() {
		return
	}
	if path := b.modelPath(); path != "" && b.mountsModel() {
		_, subPath, _ := b.claim()
		addMount(p.runner, corev1.VolumeMount{
			Name: names.VolumeName(b.Model.Name), MountPath: path, SubPath: subPath, ReadOnly: true,
		})
	}
	if b.Weight != nil {
		b.addWeightMounts(p.runner)
	}
}

// addMount mounts a volume unless something is mounted at its path.
func addMount(c *corev1.Container, mount corev1.VolumeMount) {
	for i := range c.VolumeMounts {
		if c.VolumeMounts[i].MountPath == mount.MountPath {
			return
		}
	}
	c.VolumeMounts = append(c.VolumeMounts, mount)
}

// addWeightMounts mounts the directory into which the weight is downloaded.
func (b *builder) addWeightMounts(c *corev1.Container) {
	at := -1
	for i := range c.VolumeMounts {
		if c.VolumeMounts[i].Name == modelEmptyDir {
			at = i
			break
		}
	}
	if at < 0 {
		at = len(c.VolumeMounts)
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: modelEmptyDir, MountPath: modelDirectory})
	}
	if !b.stackedTFEW() {
		return
	}
	format := b.out.Annotations[v1beta1.AnnotationBaseModelFormat]
	c.VolumeMounts[at] = corev1.VolumeMount{Name: modelEmptyDir, MountPath: modelDirectory + "/" + format, SubPath: "base"}
	c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{
		Name: modelEmptyDir, MountPath: tfewDirectory + "/" + format, SubPath: "finetuned", ReadOnly: true,
	})
}

// stackedTFEW reports whether the weight is one that a server of vendor cohere
// loads beside the base model.
func (b *builder) stackedTFEW() bool {
	return b.Weight != nil && !b.Weight.Merged && b.vendor() == "cohere" && b.Weight.Strategy == "tfew"
}

// addVolumes gives the pod the volumes that its runner mounts. A router gets
// none: it does not read the model.
func (b *builder) addVolumes(p *pod) {
	if !b.serving() {
		return
	}
	if path := b.modelPath(); path != "" {
		addVolume(&p.spec, corev1.Volume{Name: names.VolumeName(b.Model.Name), VolumeSource: b.modelSource(path)})
	}
	a := b.out.Annotations
	if a[v1beta1.AnnotationInjectModelInit] == "true" || a[v1beta1.AnnotationInjectFineTunedAdapter] != "" {
		addVolume(&p.spec, corev1.Volume{Name: modelEmptyDir, VolumeSource: corev1.VolumeSource{
			EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory},
		}})
	}
}

// addVolume adds a volume unless there is one of its name.
func addVolume(spec *corev1.PodSpec, volume corev1.Volume) {
	for i := range spec.Volumes {
		if spec.Volumes[i].Name == volume.Name {
			return
		}
	}
	spec.Volumes = append(spec.Volumes, volume)
}

// modelSource is a claim for a model that lies on one, else the directory of
// the node into which OME's model agent downloads.
func (b *builder) modelSource(path string) corev1.VolumeSource {
	if claim, _, ok := b.claim(); ok {
		return corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{
			ClaimName: claim, ReadOnly: true,
		}}
	}
	return corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}}
}

// claim splits "pvc://[namespace:]claim/path" into the claim and the path.
func (b *builder) claim() (name, subPath string, ok bool) {
	storage := b.storage()
	if storage == nil {
		return "", "", false
	}
	rest, ok := strings.CutPrefix(storage.StorageURI, claimScheme)
	if !ok {
		return "", "", false
	}
	name, subPath, _ = strings.Cut(rest, "/")
	if namespace, claim, scoped := strings.Cut(name, ":"); scoped {
		b.checkNamespace(namespace, claim)
		name = claim
	}
	return name, strings.Trim(subPath, "/"), name != ""
}

// checkNamespace notes a claim that a pod of this service cannot mount.
func (b *builder) checkNamespace(namespace, claim string) {
	if namespace == b.Service.Namespace {
		return
	}
	b.Record.Note(string(b.kind)+"/storage", ReasonVolumeElsewhere, fmt.Sprintf(
		"model %s lies on claim %s of namespace %s, and a pod can only mount claims of its own namespace %s: create a claim %s there",
		b.Model.Name, claim, namespace, b.Service.Namespace, claim))
}
