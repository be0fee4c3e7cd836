package podspec

import (
	"regexp"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MetadataKeys are keys of labels and of annotations.
type MetadataKeys struct {
	Labels, Annotations map[string]bool
}

// MetadataReadBy are the keys of their own metadata that pods read: with variables and volumes of
// the downward API, and with the selectors of affinity and spread constraints, which as a rule look
// for pods of the same kind. A volume with all labels or annotations reads no key in particular.
func MetadataReadBy(pods ...*corev1.PodSpec) MetadataKeys {
	keys := MetadataKeys{Labels: map[string]bool{}, Annotations: map[string]bool{}}
	for _, pod := range pods {
		if pod == nil {
			continue
		}
		for _, path := range fieldPathsOf(pod) {
			keys.addFieldPath(path)
		}
		keys.addAffinity(pod.Affinity)
		for _, constraint := range pod.TopologySpreadConstraints {
			keys.addSelector(constraint.LabelSelector)
			keys.addLabels(constraint.MatchLabelKeys)
		}
	}
	return keys
}

// fieldPathsOf are the fields of the pod that its variables and volumes have.
func fieldPathsOf(pod *corev1.PodSpec) []string {
	var paths []string
	add := func(ref *corev1.ObjectFieldSelector) {
		if ref != nil {
			paths = append(paths, ref.FieldPath)
		}
	}
	for _, list := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for _, container := range list {
			for _, variable := range container.Env {
				if variable.ValueFrom != nil {
					add(variable.ValueFrom.FieldRef)
				}
			}
		}
	}
	for _, volume := range pod.Volumes {
		for _, file := range downwardFilesOf(volume) {
			add(file.FieldRef)
		}
	}
	return paths
}

// downwardFilesOf are the files of a volume that the downward API fills.
func downwardFilesOf(volume corev1.Volume) []corev1.DownwardAPIVolumeFile {
	var files []corev1.DownwardAPIVolumeFile
	if volume.DownwardAPI != nil {
		files = append(files, volume.DownwardAPI.Items...)
	}
	if volume.Projected != nil {
		for _, source := range volume.Projected.Sources {
			if source.DownwardAPI != nil {
				files = append(files, source.DownwardAPI.Items...)
			}
		}
	}
	return files
}

// metadataFieldPath is the path of one label or annotation, such as metadata.labels['team'].
var metadataFieldPath = regexp.MustCompile(`^metadata\.(labels|annotations)\['(.+)'\]$`)

func (k MetadataKeys) addFieldPath(path string) {
	match := metadataFieldPath.FindStringSubmatch(path)
	switch {
	case match == nil:
	case match[1] == "labels":
		k.Labels[match[2]] = true
	default:
		k.Annotations[match[2]] = true
	}
}

func (k MetadataKeys) addAffinity(affinity *corev1.Affinity) {
	if affinity == nil {
		return
	}
	var terms []corev1.PodAffinityTerm
	var weighted []corev1.WeightedPodAffinityTerm
	if near := affinity.PodAffinity; near != nil {
		terms = append(terms, near.RequiredDuringSchedulingIgnoredDuringExecution...)
		weighted = append(weighted, near.PreferredDuringSchedulingIgnoredDuringExecution...)
	}
	if apart := affinity.PodAntiAffinity; apart != nil {
		terms = append(terms, apart.RequiredDuringSchedulingIgnoredDuringExecution...)
		weighted = append(weighted, apart.PreferredDuringSchedulingIgnoredDuringExecution...)
	}
	for _, term := range weighted {
		terms = append(terms, term.PodAffinityTerm)
	}
	for _, term := range terms {
		k.addSelector(term.LabelSelector)
		k.addLabels(term.MatchLabelKeys)
		k.addLabels(term.MismatchLabelKeys)
	}
}

func (k MetadataKeys) addSelector(selector *metav1.LabelSelector) {
	if selector == nil {
		return
	}
	for key := range selector.MatchLabels {
		k.Labels[key] = true
	}
	for _, requirement := range selector.MatchExpressions {
		k.Labels[requirement.Key] = true
	}
}

func (k MetadataKeys) addLabels(keys []string) {
	for _, key := range keys {
		k.Labels[key] = true
	}
}
