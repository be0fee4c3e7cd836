package status

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// podState is what one pod says about the model.
type podState struct {
	state   v1beta1.ModelState
	failure *failure
	waiting string
}

// failure is why a pod does not serve.
type failure struct {
	pod      string
	created  string
	revision string
	reason   v1beta1.FailureReason
	message  string
	exitCode int32
	time     string
}

// podRule looks at a pod and either decides or returns nil.
type podRule func(*pod) *podState

// podRules say what a pod does with the model. The first that decides wins.
func podRules() []podRule {
	return []podRule{
		podEnded,        // evicted, or otherwise gone for good
		podReady,        // answers requests
		containerFailed, // in the order of the statuses, init containers first
		podLoading,      // something runs and nothing has failed
		podUnschedulable,
		podPending,
	}
}

func firstState(p *pod) podState {
	for _, rule := range podRules() {
		if said := rule(p); said != nil {
			return *said
		}
	}
	return podState{state: v1beta1.Pending}
}

func podEnded(p *pod) *podState {
	if p.report.Phase != phaseFailed {
		return nil
	}
	message := strings.TrimSpace(p.report.Reason + " " + p.report.Message)
	return &podState{state: v1beta1.FailedToLoad, failure: &failure{
		reason: v1beta1.RuntimeUnhealthy, message: bounded("the pod has ended: " + message),
	}}
}

func podReady(p *pod) *podState {
	if !p.report.Conditions.get(conditionPodReady).isTrue() {
		return nil
	}
	return &podState{state: v1beta1.Loaded}
}

func containerFailed(p *pod) *podState {
	for _, list := range [][]container{p.report.InitContainerStatuses, p.report.ContainerStatuses} {
		for i := range list {
			if f := list[i].failure(); f != nil {
				return &podState{state: v1beta1.FailedToLoad, failure: f}
			}
		}
	}
	return nil
}

// podLoading counts a finished init container too: the model may be there
// already while the runner is being started.
func podLoading(p *pod) *podState {
	for _, list := range [][]container{p.report.InitContainerStatuses, p.report.ContainerStatuses} {
		for i := range list {
			if list[i].State.Running != nil || list[i].State.Terminated != nil {
				return &podState{state: v1beta1.Loading}
			}
		}
	}
	return nil
}

func podUnschedulable(p *pod) *podState {
	scheduled := p.report.Conditions.get(conditionPodScheduled)
	if !scheduled.isFalse() || scheduled.Reason != reasonPodUnschedulable {
		return nil
	}
	return &podState{state: v1beta1.Pending, waiting: bounded(scheduled.Reason + ": " + scheduled.Message)}
}

func podPending(*pod) *podState { return &podState{state: v1beta1.Pending} }

// failure is why a container does not do its work; nil if it does, or may do.
//
// A container that runs again after a failure has still failed until it is
// ready: otherwise the state of a crash loop would change with every attempt.
func (c *container) failure() *failure {
	switch state := c.State; {
	case state.Terminated.failed():
		return c.exited(state.Terminated)
	case state.Waiting.crashLooping() && c.LastState.Terminated != nil:
		return c.exited(c.LastState.Terminated)
	case state.Waiting.stuck():
		return c.unstartable(state.Waiting)
	case state.Terminated == nil && !c.Ready && c.LastState.Terminated.failed():
		return c.exited(c.LastState.Terminated)
	}
	return nil
}

func (t *termination) failed() bool {
	return t != nil && (t.ExitCode != 0 || t.Reason != "" && t.Reason != "Completed")
}

func (w *waiting) crashLooping() bool { return w != nil && w.Reason == reasonCrashLoopBackOff }

// stuck reports whether a container waits for anything but its turn: an image
// that cannot be pulled, a Secret that is missing, a device that fails.
func (w *waiting) stuck() bool {
	return w != nil && w.Reason != "" && w.Reason != reasonContainerCreating && w.Reason != reasonPodInitializing
}

func (c *container) exited(t *termination) *failure {
	message := fmt.Sprintf("container %s exited with code %d", c.Name, t.ExitCode)
	if t.Reason != "" {
		message += " (" + t.Reason + ")"
	}
	return &failure{
		reason: v1beta1.ModelLoadFailed, message: detailed(message, t.Message),
		exitCode: t.ExitCode, time: t.FinishedAt,
	}
}

// unstartable drops the words by which the kubelet tells a failed attempt to
// pull an image from the pause after it, so that the message stays the same.
func (c *container) unstartable(w *waiting) *failure {
	reason, detail := w.Reason, w.Message
	if reason == "ErrImagePull" {
		reason = "ImagePullBackOff"
	}
	if _, cause, found := strings.Cut(detail, "ErrImagePull: "); found {
		detail = cause
	}
	return &failure{
		reason:  v1beta1.RuntimeUnhealthy,
		message: detailed(fmt.Sprintf("container %s cannot be started (%s)", c.Name, reason), detail),
	}
}

// detailed adds what a program said to what is known without it.
func detailed(message, detail string) string {
	if detail = strings.TrimSpace(detail); detail != "" {
		message += ": " + detail
	}
	return bounded(message)
}
