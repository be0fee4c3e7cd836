package status

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// The reasons that the kubelet gives for a container that waits. They are no constants of the API.
const (
	reasonContainerCreating = "ContainerCreating"
	reasonPodInitializing   = "PodInitializing"
	reasonCrashLoopBackOff  = "CrashLoopBackOff"
	reasonErrImagePull      = "ErrImagePull"
	reasonImagePullBackOff  = "ImagePullBackOff"
)

// podState is what one pod says about the model.
type podState struct {
	state   v1beta1.ModelState
	failure *podFailure
	waiting string
	// missing are the resources of which no node has enough free for the pod.
	missing []string
	// waitingWord says it in one word.
	waitingWord string
}

// podFailure is why a pod does not serve.
type podFailure struct {
	pod      string
	created  string
	revision string
	reason   v1beta1.FailureReason
	message  string
	// word says it in one word: the reason of the kubelet, or "ExitCode1".
	word       string
	exitCode   int32
	finishedAt string
}

// stateOfPod says what a pod does with the model.
func stateOfPod(p *pod) podState {
	return firstDecision(p, []rule[*pod, podState]{
		podHasFailed,       // evicted, or otherwise gone for good
		podIsReadyToServe,  // answers requests
		podHasBadContainer, // in the order of the statuses, init containers first
		podIsLoading,       // something runs and nothing has failed
		podIsUnschedulable,
	}, &podState{state: v1beta1.Pending})
}

func podHasFailed(p *pod) *podState {
	if p.status.Phase != corev1.PodFailed {
		return nil
	}
	detail := strings.TrimSpace(p.status.Reason + " " + p.status.Message)
	return &podState{state: v1beta1.FailedToLoad, failure: &podFailure{
		reason: v1beta1.RuntimeUnhealthy, message: sanitizeMessage("the pod has ended: " + detail),
		word: sanitizeWord(cmp.Or(p.status.Reason, string(corev1.PodFailed))),
	}}
}

func podIsReadyToServe(p *pod) *podState {
	if !conditionOfType(p.status.Conditions, corev1.PodReady).isTrue() {
		return nil
	}
	return &podState{state: v1beta1.Loaded}
}

func podHasBadContainer(p *pod) *podState {
	for _, list := range [][]containerStatus{p.status.InitContainerStatuses, p.status.ContainerStatuses} {
		for i := range list {
			if failure := containerFailure(&list[i]); failure != nil {
				return &podState{state: v1beta1.FailedToLoad, failure: failure}
			}
		}
	}
	return nil
}

// podIsLoading also counts an init container that has finished: the model may be there already
// while the runner is being started.
func podIsLoading(p *pod) *podState {
	for _, list := range [][]containerStatus{p.status.InitContainerStatuses, p.status.ContainerStatuses} {
		for i := range list {
			if list[i].State.Running != nil || list[i].State.Terminated != nil {
				return &podState{state: v1beta1.Loading}
			}
		}
	}
	return nil
}

// podIsUnschedulable decides about a pod without a node: none fits, or a queue holds it back by a
// scheduling gate.
func podIsUnschedulable(p *pod) *podState {
	scheduled := conditionOfType(p.status.Conditions, corev1.PodScheduled)
	if !scheduled.isFalse() {
		return nil
	}
	reason := cmp.Or(scheduled.Reason, corev1.PodReasonUnschedulable)
	message := sanitizeMessage(reason + ": " + scheduled.Message)
	return &podState{
		state: v1beta1.Pending, waiting: message, waitingWord: sanitizeWord(reason), missing: missingResources(message),
	}
}

// insufficientResource is how the scheduler names a resource of which nodes have too little free (plugin
// NodeResourcesFit): "0/4 nodes are available: 3 Insufficient nvidia.com/gpu, 1 Insufficient memory."
var insufficientResource = regexp.MustCompile(`\bInsufficient ([A-Za-z0-9]+(?:[./_-]+[A-Za-z0-9]+)*)`)

// unallocatedClaims is how the scheduler says that no node has the devices of a pod's claims (plugin
// DynamicResources).
const unallocatedClaims = "cannot allocate all claims"

// maxMissingResources is how many resources a message names.
const maxMissingResources = 3

// missingResources are the resources that a message of the scheduler says are missing, sorted.
func missingResources(message string) []string {
	var missing []string
	for _, match := range insufficientResource.FindAllStringSubmatch(message, -1) {
		missing = append(missing, match[1])
	}
	if strings.Contains(message, unallocatedClaims) {
		missing = append(missing, "devices for its claims")
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	return missing[:min(len(missing), maxMissingResources)]
}

// containerFailure says why a container does not work; nil if it works or still may.
//
// A container that runs again after a failure counts as failed until it is ready. Otherwise the
// state of a crash loop would change with every attempt.
func containerFailure(c *containerStatus) *podFailure {
	switch state := c.State; {
	case exitIsFailure(state.Terminated):
		return exitFailure(c.Name, state.Terminated)
	case isCrashLooping(state.Waiting) && c.LastState.Terminated != nil:
		return exitFailure(c.Name, c.LastState.Terminated)
	case cannotStart(state.Waiting):
		return startFailure(c.Name, state.Waiting)
	case state.Terminated == nil && !c.Ready && exitIsFailure(c.LastState.Terminated):
		return exitFailure(c.Name, c.LastState.Terminated)
	}
	return nil
}

func exitIsFailure(t *containerTerminated) bool {
	return t != nil && (t.ExitCode != 0 || t.Reason != "" && t.Reason != "Completed")
}

func isCrashLooping(w *corev1.ContainerStateWaiting) bool {
	return w != nil && w.Reason == reasonCrashLoopBackOff
}

// cannotStart reports whether a container waits for more than its turn: an image that cannot be
// pulled, a Secret that is missing, a device that fails.
func cannotStart(w *corev1.ContainerStateWaiting) bool {
	return w != nil && w.Reason != "" && w.Reason != reasonContainerCreating && w.Reason != reasonPodInitializing
}

func exitFailure(container string, t *containerTerminated) *podFailure {
	message := fmt.Sprintf("container %s exited with code %d", container, t.ExitCode)
	if t.Reason != "" {
		message += " (" + t.Reason + ")"
	}
	word := t.Reason
	if word == "" || word == "Error" {
		word = fmt.Sprintf("ExitCode%d", t.ExitCode)
	}
	return &podFailure{
		reason: v1beta1.ModelLoadFailed, message: messageWithDetail(message, t.Message), word: sanitizeWord(word),
		exitCode: t.ExitCode, finishedAt: t.FinishedAt,
	}
}

// startFailure gives a failed attempt to pull an image and the pause after it the same message, so
// that the status does not change with every attempt.
func startFailure(container string, w *corev1.ContainerStateWaiting) *podFailure {
	reason, detail := w.Reason, w.Message
	if reason == reasonErrImagePull {
		reason = reasonImagePullBackOff
	}
	if _, cause, found := strings.Cut(detail, reasonErrImagePull+": "); found {
		detail = cause
	}
	return &podFailure{
		reason:  v1beta1.RuntimeUnhealthy,
		message: messageWithDetail(fmt.Sprintf("container %s cannot be started (%s)", container, reason), detail),
		word:    sanitizeWord(reason),
	}
}

// messageWithDetail appends what a program printed to a message.
func messageWithDetail(message, detail string) string {
	if detail = strings.TrimSpace(detail); detail != "" {
		message += ": " + detail
	}
	return sanitizeMessage(message)
}
