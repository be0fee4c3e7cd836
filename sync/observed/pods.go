package observed

import (
	"iter"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// LivePods are those of some pods that have not ended and are not on their way out, with their labels.
func LivePods(pods map[string]Object) iter.Seq2[map[string]string, Object] {
	return func(yield func(map[string]string, Object) bool) {
		for _, pod := range pods {
			var labels map[string]string
			isGoing := pod.Member("metadata", "deletionTimestamp") != nil || PodHasEnded(pod)
			if !isGoing && v1beta1.DecodeLenient(pod.Member("metadata", "labels"), &labels) == nil && !yield(labels, pod) {
				return
			}
		}
	}
}

// PodHasEnded reports whether no container of a pod runs any more or will run.
func PodHasEnded(pod Object) bool {
	phase, _ := DecodeString(pod.Member("status", "phase"))
	return phase == string(corev1.PodFailed) || phase == string(corev1.PodSucceeded)
}
