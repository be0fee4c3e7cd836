package status

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// modelStates are the states of the model in one component or in the service.
type modelStates struct {
	// target is the state in the newest template, active the state in whatever serves.
	target v1beta1.ModelState
	active v1beta1.ModelState
}

// modelStatus is the state of the model in the components that load it, and the mistake that keeps
// it from being loaded. It is empty for a service that could be resolved and has a router only.
func modelStatus(
	components []componentState, failure *finding.Finding, previous *v1beta1.FailureInfo, now metav1.Time,
) v1beta1.ModelStatus {
	loaders := componentsWithModel(components)
	states := worstModelStates(loaders)
	out := v1beta1.ModelStatus{
		TransitionStatus: transitionStatus(states.target, loaders),
		ModelCopies:      countModelCopies(loaders),
		LastFailureInfo:  newestPodFailure(loaders),
	}
	if f, component := failureOfSpec(failure, loaders); f != nil {
		states.target = targetStateOfFailure(f.ModelReason)
		out.TransitionStatus = transitionStatusOfFailure(f.ModelReason)
		out.LastFailureInfo = specFailureInfo(f, component, previous, now)
	} else if len(loaders) == 0 {
		return v1beta1.ModelStatus{}
	}
	out.ModelRevisionStates = &v1beta1.ModelRevisionStates{ActiveModelState: states.active, TargetModelState: states.target}
	return out
}

// componentsWithModel returns the components that load the model: all but the router.
func componentsWithModel(components []componentState) []*componentState {
	var loaders []*componentState
	for i := range components {
		if components[i].Type != v1beta1.RouterComponent {
			loaders = append(loaders, &components[i])
		}
	}
	return loaders
}

// worstModelStates returns the worst target state and the worst active state of the components;
// Pending without components.
func worstModelStates(loaders []*componentState) modelStates {
	if len(loaders) == 0 {
		return modelStates{v1beta1.Pending, v1beta1.Pending}
	}
	worst := modelStates{v1beta1.Loaded, v1beta1.Loaded}
	for _, s := range loaders {
		states := s.modelStates()
		worst.target = worseModelState(worst.target, states.target)
		worst.active = worseModelState(worst.active, states.active)
	}
	return worst
}

func worseModelState(a, b v1beta1.ModelState) v1beta1.ModelState {
	fromWorst := []v1beta1.ModelState{v1beta1.FailedToLoad, v1beta1.Pending, v1beta1.Loading, v1beta1.Standby, v1beta1.Loaded}
	if slices.Index(fromWorst, a) < slices.Index(fromWorst, b) {
		return a
	}
	return b
}

// modelStates are what the pods of a component say, or its workload where no pods are known. Any
// replica that serves is active, whatever its template or mode.
func (s *componentState) modelStates() modelStates {
	if len(s.replicas) == 0 {
		state := s.modelStateWithoutPods()
		return modelStates{state, state}
	}
	states := modelStates{target: modelStateOfReplicas(s.newestReplicas())}
	if states.active = states.target; modelStateOfReplicas(s.replicas) == v1beta1.Loaded {
		states.active = v1beta1.Loaded
	}
	return states
}

// modelStateWithoutPods is the state that the workload alone reports. A Knative Service that is
// ready without pods was scaled to zero.
func (s *componentState) modelStateWithoutPods() v1beta1.ModelState {
	switch {
	case s.scaledToZero, s.knative != nil && s.podsKnown && s.ready.isTrue():
		return v1beta1.Standby
	case s.ready.isTrue():
		return v1beta1.Loaded
	}
	return v1beta1.Pending
}

// modelStateOfReplicas is the state of replicas of one template. One loaded replica is enough to
// serve. Without a loaded replica, one that failed matters more than one that still loads.
func modelStateOfReplicas(replicas []replica) v1beta1.ModelState {
	for _, state := range []v1beta1.ModelState{v1beta1.Loaded, v1beta1.FailedToLoad, v1beta1.Loading} {
		if slices.ContainsFunc(replicas, func(r replica) bool { return r.state == state }) {
			return state
		}
	}
	return v1beta1.Pending
}

// newestReplicas are the replicas of the newest template of the component's mode.
func (s *componentState) newestReplicas() []replica {
	revision := s.newestRevision()
	var newest []replica
	for _, r := range s.replicas {
		if s.hasModeOf(&r) && r.revision == revision {
			newest = append(newest, r)
		}
	}
	return newest
}

// hasModeOf reports whether a replica comes from the workload that the component has now, and not
// from its former mode.
func (s *componentState) hasModeOf(r *replica) bool { return r.mode == s.Mode || r.mode == "" }

// newestRevision is the template that Knative names. Elsewhere it is the template whose first pod
// was created last: the youngest pod of all may replace a pod of an old template.
func (s *componentState) newestRevision() string {
	if s.Mode == v1beta1.Serverless && s.status.LatestCreatedRevision != "" {
		return s.status.LatestCreatedRevision
	}
	createdFirst := map[string]string{}
	for i := range s.replicas {
		r := &s.replicas[i]
		if at, known := createdFirst[r.revision]; s.hasModeOf(r) && (!known || r.createdFirst() < at) {
			createdFirst[r.revision] = r.createdFirst()
		}
	}
	newest, since := "", ""
	for revision, at := range createdFirst {
		if at > since || at == since && revision > newest {
			newest, since = revision, at
		}
	}
	return newest
}

// transitionStatus says whether the pods serve what the spec asks for.
func transitionStatus(target v1beta1.ModelState, loaders []*componentState) v1beta1.TransitionStatus {
	isOutdated := func(s *componentState) bool { return !s.isUpdated || s.Updating != "" }
	switch {
	case target == v1beta1.FailedToLoad:
		return v1beta1.BlockedByFailedLoad
	case target != v1beta1.Loaded && target != v1beta1.Standby, slices.ContainsFunc(loaders, isOutdated):
		return v1beta1.InProgress
	}
	return v1beta1.UpToDate
}

// countModelCopies counts the replicas of every template; nil without replicas.
func countModelCopies(loaders []*componentState) *v1beta1.ModelCopies {
	var copies v1beta1.ModelCopies
	for _, s := range loaders {
		for i := range s.replicas {
			copies.TotalCopies++
			if s.replicas[i].state == v1beta1.FailedToLoad {
				copies.FailedCopies++
			}
		}
	}
	if copies.TotalCopies == 0 {
		return nil
	}
	return &copies
}

// newestPodFailure describes the newest pod that fails at present, by creation time and then by
// name; nil if no pod fails.
func newestPodFailure(loaders []*componentState) *v1beta1.FailureInfo {
	var newest *podFailure
	var component *componentState
	for _, s := range loaders {
		for i := range s.replicas {
			if f := s.replicas[i].failure; f != nil && (newest == nil || f.isNewerThan(newest)) {
				newest, component = f, s
			}
		}
	}
	if newest == nil {
		return nil
	}
	return &v1beta1.FailureInfo{
		Location:          newest.pod,
		Reason:            newest.reason,
		Message:           newest.message,
		ExitCode:          newest.exitCode,
		ModelRevisionName: component.revisionNameOf(newest),
		Time:              parseKubeletTime(newest.finishedAt),
	}
}

func (f *podFailure) isNewerThan(other *podFailure) bool {
	if f.created != other.created {
		return f.created > other.created
	}
	return f.pod < other.pod
}

// revisionNameOf is the name of the revision of the pod that failed; empty where it has no name.
func (s *componentState) revisionNameOf(f *podFailure) string {
	switch {
	case s.Mode == v1beta1.Serverless:
		return f.revision
	case f.revision == s.newestRevision():
		return s.status.LatestCreatedRevision
	}
	return ""
}

// parseKubeletTime parses a time in RFC 3339; nil if there is none.
func parseKubeletTime(s string) *metav1.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.IsZero() {
		return nil
	}
	stored := metav1.NewTime(at.UTC())
	return &stored
}

// failureOfSpec returns the mistake that keeps the model from being loaded at all, and the
// component that has it: empty if it concerns the whole service. It returns nil without a mistake.
func failureOfSpec(failure *finding.Finding, loaders []*componentState) (*finding.Finding, string) {
	if failure != nil {
		return failure, ""
	}
	for _, s := range loaders {
		if s.Problem != nil {
			return &finding.Finding{
				Reason: s.Problem.Reason, Message: s.Problem.Message, ModelReason: v1beta1.InvalidPredictorSpec,
			}, string(s.Type)
		}
	}
	return nil, ""
}

// targetStateOfFailure is Pending for a model that does not exist yet, because it may still come,
// and FailedToLoad for any other mistake.
func targetStateOfFailure(reason v1beta1.FailureReason) v1beta1.ModelState {
	switch reason {
	case v1beta1.BaseModelNotFound, v1beta1.BaseModelNotReady:
		return v1beta1.Pending
	}
	return v1beta1.FailedToLoad
}

// transitionStatusOfFailure distinguishes mistakes in what the service asks for from what cannot be
// used at the moment.
func transitionStatusOfFailure(reason v1beta1.FailureReason) v1beta1.TransitionStatus {
	switch reason {
	case v1beta1.BaseModelNotReady, v1beta1.RuntimeUnhealthy, v1beta1.RuntimeDisabled, v1beta1.ModelLoadFailed:
		return v1beta1.BlockedByFailedLoad
	}
	return v1beta1.InvalidSpec
}

// specFailureInfo describes a mistake in the spec. Its time is the time of the first call that saw
// it.
func specFailureInfo(f *finding.Finding, component string, previous *v1beta1.FailureInfo, now metav1.Time) *v1beta1.FailureInfo {
	info := &v1beta1.FailureInfo{
		Location: component,
		Reason:   reasonOfSchema(f.ModelReason),
		Message:  truncateBytes(strings.TrimSpace(f.Message), programMessageLimit),
	}
	switch {
	case previous != nil && previous.Reason == info.Reason && previous.Location == info.Location && previous.Time != nil:
		info.Time = previous.Time
	case !now.IsZero():
		info.Time = &now
	}
	return info
}

// reasonOfSchema returns the reason if the custom resource definition allows it, and
// InvalidPredictorSpec otherwise.
func reasonOfSchema(reason v1beta1.FailureReason) v1beta1.FailureReason {
	switch reason {
	case v1beta1.BaseModelNotReady, v1beta1.BaseModelNotFound, v1beta1.ModelLoadFailed, v1beta1.RuntimeUnhealthy,
		v1beta1.RuntimeDisabled, v1beta1.NoSupportingRuntime, v1beta1.RuntimeNotRecognized, v1beta1.InvalidPredictorSpec:
		return reason
	}
	return v1beta1.InvalidPredictorSpec
}
