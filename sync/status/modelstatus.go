package status

import (
	"slices"
	"strings"
	"time"

	"github.com/isvc-io/isvc/api/finding"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// modelView is what one component says about the model.
type modelView struct {
	// target is the state of the newest template, active that of whatever
	// serves.
	target v1beta1.ModelState
	active v1beta1.ModelState
}

// rank orders the states from the worst. The worst pod of a replica and the
// worst component of a service decide.
func rank(state v1beta1.ModelState) int {
	order := []v1beta1.ModelState{v1beta1.FailedToLoad, v1beta1.Pending, v1beta1.Loading, v1beta1.Standby, v1beta1.Loaded}
	return slices.Index(order, state)
}

// revisionState is the state of replicas of one template: the first of these
// that any of them has. One loaded replica serves; without any, a failure
// matters more than that another replica is still at it.
func revisionState(replicas []replica) v1beta1.ModelState {
	for _, state := range []v1beta1.ModelState{v1beta1.Loaded, v1beta1.FailedToLoad, v1beta1.Loading} {
		if slices.ContainsFunc(replicas, func(r replica) bool { return r.state == state }) {
			return state
		}
	}
	return v1beta1.Pending
}

// modelStatus is the state of the model in the components that load it, engine
// and decoder. A router's pods never decide.
func (p *pass) modelStatus() v1beta1.ModelStatus {
	views := modelView{v1beta1.Loaded, v1beta1.Loaded}
	loaders := p.loaders()
	for _, s := range loaders {
		view := s.modelView()
		views.target = worse(views.target, view.target)
		views.active = worse(views.active, view.active)
	}
	if len(loaders) == 0 {
		views = modelView{v1beta1.Pending, v1beta1.Pending}
	}
	out := v1beta1.ModelStatus{
		TransitionStatus: transitionStatus(views.target, loaders),
		ModelCopies:      modelCopies(loaders),
		LastFailureInfo:  lastFailure(loaders),
	}
	if f, location := p.specFailure(loaders); f != nil {
		views.target = targetOf(f.ModelReason)
		out.TransitionStatus = blockedBy(f.ModelReason)
		out.LastFailureInfo = p.failureInfo(f, location)
	} else if len(loaders) == 0 {
		return v1beta1.ModelStatus{}
	}
	out.ModelRevisionStates = &v1beta1.ModelRevisionStates{ActiveModelState: views.active, TargetModelState: views.target}
	return out
}

// loaders are the components that load the model.
func (p *pass) loaders() []*seen {
	var loaders []*seen
	for i := range p.seen {
		if p.seen[i].Type != v1beta1.RouterComponent {
			loaders = append(loaders, &p.seen[i])
		}
	}
	return loaders
}

func worse(a, b v1beta1.ModelState) v1beta1.ModelState {
	if rank(a) < rank(b) {
		return a
	}
	return b
}

// modelView is what the pods of a component say, or its workload where there
// are no pods to ask. Whatever serves is active, of any template or mode.
func (s *seen) modelView() modelView {
	if len(s.replicas) == 0 {
		state := s.withoutPods()
		return modelView{state, state}
	}
	view := modelView{target: revisionState(s.newest())}
	if view.active = view.target; revisionState(s.replicas) == v1beta1.Loaded {
		view.active = v1beta1.Loaded
	}
	return view
}

// withoutPods is the state as the workload alone tells it.
func (s *seen) withoutPods() v1beta1.ModelState {
	switch {
	case s.asleep:
		return v1beta1.Standby
	case s.ready.isTrue():
		return v1beta1.Loaded
	}
	return v1beta1.Pending
}

// newest are the replicas of the newest template of the component's mode.
func (s *seen) newest() []replica {
	revision := s.newestRevision()
	var newest []replica
	for _, r := range s.replicas {
		if s.isNewest(&r, revision) {
			newest = append(newest, r)
		}
	}
	return newest
}

func (s *seen) isNewest(r *replica, revision string) bool {
	return s.isOurs(r) && r.revision == revision
}

// isOurs reports whether a replica is of the mode that the component has now.
func (s *seen) isOurs(r *replica) bool { return r.mode == s.Mode || r.mode == "" }

// newestRevision is the template that Knative names or, elsewhere, the one whose
// oldest pod is the youngest: a replacement of an old pod may be the youngest
// pod of all.
func (s *seen) newestRevision() string {
	if s.Mode == v1beta1.Serverless && s.report.LatestCreatedRevision != "" {
		return s.report.LatestCreatedRevision
	}
	oldest := map[string]string{}
	for i := range s.replicas {
		r := &s.replicas[i]
		if at, known := oldest[r.revision]; s.isOurs(r) && (!known || r.oldest() < at) {
			oldest[r.revision] = r.oldest()
		}
	}
	newest, since := "", ""
	for revision, at := range oldest {
		if at > since || at == since && revision > newest {
			newest, since = revision, at
		}
	}
	return newest
}

// transitionStatus says whether the pods serve what the spec asks for.
func transitionStatus(target v1beta1.ModelState, loaders []*seen) v1beta1.TransitionStatus {
	outdated := func(s *seen) bool { return !s.current || s.Updating }
	switch {
	case target == v1beta1.FailedToLoad:
		return v1beta1.BlockedByFailedLoad
	case target != v1beta1.Loaded && target != v1beta1.Standby, slices.ContainsFunc(loaders, outdated):
		return v1beta1.InProgress
	}
	return v1beta1.UpToDate
}

// modelCopies counts the replicas that hold or should hold the model, of every
// template.
func modelCopies(loaders []*seen) *v1beta1.ModelCopies {
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

// lastFailure describes the newest pod that fails at present, by creation time,
// then name; nil without one.
func lastFailure(loaders []*seen) *v1beta1.FailureInfo {
	var last *failure
	var of *seen
	for _, s := range loaders {
		for i := range s.replicas {
			if f := s.replicas[i].failure; f != nil && (last == nil || f.newer(last)) {
				last, of = f, s
			}
		}
	}
	if last == nil {
		return nil
	}
	return &v1beta1.FailureInfo{
		Location:          last.pod,
		Reason:            last.reason,
		Message:           last.message,
		ExitCode:          last.exitCode,
		ModelRevisionName: of.revisionName(last),
		Time:              parsed(last.time),
	}
}

func (f *failure) newer(than *failure) bool {
	if f.created != than.created {
		return f.created > than.created
	}
	return f.pod < than.pod
}

// revisionName is the revision of the pod that failed, where it has a name.
func (s *seen) revisionName(f *failure) string {
	switch {
	case s.Mode == v1beta1.Serverless:
		return f.revision
	case f.revision == s.newestRevision():
		return s.report.LatestCreatedRevision
	}
	return ""
}

// parsed is a time that a kubelet wrote; nil when it wrote none.
func parsed(text string) *metav1.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.IsZero() {
		return nil
	}
	stored := metav1.NewTime(at.UTC())
	return &stored
}

// specFailure is the mistake that keeps the model from being loaded at all, and
// the component that has it, if one does.
func (p *pass) specFailure(loaders []*seen) (*finding.Finding, string) {
	if p.in.Failure != nil {
		return p.in.Failure, ""
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

// targetOf is the state of a model whose service has a mistake: a model that is
// not there yet may still come, as the word Pending says.
func targetOf(reason v1beta1.FailureReason) v1beta1.ModelState {
	switch reason {
	case v1beta1.BaseModelNotFound, v1beta1.BaseModelNotReady:
		return v1beta1.Pending
	}
	return v1beta1.FailedToLoad
}

// blockedBy tells mistakes in what the service asks for from things that are
// not usable at the moment.
func blockedBy(reason v1beta1.FailureReason) v1beta1.TransitionStatus {
	switch reason {
	case v1beta1.BaseModelNotReady, v1beta1.RuntimeUnhealthy, v1beta1.RuntimeDisabled, v1beta1.ModelLoadFailed:
		return v1beta1.BlockedByFailedLoad
	}
	return v1beta1.InvalidSpec
}

// failureInfo describes a mistake; its time is that of the first pass that saw
// it.
func (p *pass) failureInfo(f *finding.Finding, location string) *v1beta1.FailureInfo {
	info := &v1beta1.FailureInfo{Location: location, Reason: admitted(f.ModelReason), Message: cut(strings.TrimSpace(f.Message), messageLimit)}
	was := p.in.Parent.Status.ModelStatus.LastFailureInfo
	switch now := p.now(); {
	case was != nil && was.Reason == info.Reason && was.Location == info.Location && was.Time != nil:
		info.Time = was.Time
	case !now.IsZero():
		info.Time = &now
	}
	return info
}

// admitted is a reason that the custom resource definition admits.
func admitted(reason v1beta1.FailureReason) v1beta1.FailureReason {
	switch reason {
	case v1beta1.BaseModelNotReady, v1beta1.BaseModelNotFound, v1beta1.ModelLoadFailed, v1beta1.RuntimeUnhealthy,
		v1beta1.RuntimeDisabled, v1beta1.NoSupportingRuntime, v1beta1.RuntimeNotRecognized, v1beta1.InvalidPredictorSpec:
		return reason
	}
	return v1beta1.InvalidPredictorSpec
}
