package status

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// deployment is what matters of a Deployment.
type deployment struct {
	subject
	desired int32
	report  deploymentStatus
}

type deploymentStatus struct {
	ObservedGeneration int64      `json:"observedGeneration"`
	Replicas           int32      `json:"replicas"`
	UpdatedReplicas    int32      `json:"updatedReplicas"`
	Conditions         conditions `json:"conditions"`
}

// deploymentRules say whether a Deployment serves. The first that decides wins.
func deploymentRules() []rule[*deployment] {
	return []rule[*deployment]{
		func(d *deployment) *verdict { return notCreated(&d.subject) },
		func(d *deployment) *verdict { return terminating(&d.subject) },
		func(d *deployment) *verdict { return notObserved(&d.subject) },
		deadlineExceeded,    // the new template does not come up, whatever the old one does
		deploymentAvailable, // also in the middle of a rolling update
		replicaFailure,      // says more than that replicas are missing
		deploymentUnavailable,
		func(d *deployment) *verdict { return notReported(&d.subject) },
	}
}

func deadlineExceeded(d *deployment) *verdict {
	progressing := d.report.Conditions.get("Progressing")
	if progressing.isFalse() && progressing.Reason == "ProgressDeadlineExceeded" {
		return progressing.verdict()
	}
	return nil
}

func deploymentAvailable(d *deployment) *verdict {
	if available := d.report.Conditions.get("Available"); available.isTrue() {
		return available.verdict()
	}
	return nil
}

func replicaFailure(d *deployment) *verdict {
	if failure := d.report.Conditions.get("ReplicaFailure"); failure.isTrue() {
		return no(failure.Reason, failure.Message)
	}
	return nil
}

func deploymentUnavailable(d *deployment) *verdict {
	if available := d.report.Conditions.get("Available"); !available.absent() {
		return available.verdict()
	}
	return nil
}

// deployment reads a Deployment; was says whether it was ready before.
func (p *pass) deployment(name string, was bool) *deployment {
	d := &deployment{
		subject: subject{object: p.child(kinds.Deployment, name), kind: "Deployment", called: name, was: was},
		desired: 1,
	}
	if d.object == nil {
		return d
	}
	lenient(observed.Member(d.spec, "replicas"), &d.desired)
	lenient(d.status, &d.report)
	d.observedGeneration = d.report.ObservedGeneration
	d.available = d.report.Conditions.get("Available").isTrue()
	return d
}

// observedNow reports whether the status is about the newest generation.
func (s *subject) observedNow() bool {
	return s.object != nil && s.observedGeneration >= s.generation
}

// raw looks at the Deployment of a component.
func (p *pass) raw(c *Component) workload {
	d := p.deployment(c.Name, p.wasReady(c))
	w := workload{
		ready:   firstOf(d, deploymentRules()),
		exists:  d.object != nil,
		current: d.observedNow() && d.report.Replicas == d.report.UpdatedReplicas,
		asleep:  d.object != nil && d.desired == 0,
	}
	w.report.URL = c.URL
	if w.exists {
		w.report.LatestCreatedRevision = rawRevision(c.Name, d.annotation(v1beta1.AnnotationDeploymentRevision))
	}
	p.rawTraffic(c, &w)
	return w
}

// rawRevision names a revision of a Deployment as Knative would: "chat-engine",
// "7" gives "chat-engine-00007". OME reports the bare number.
func rawRevision(name, revision string) string {
	number, err := strconv.Atoi(revision)
	if err != nil || number <= 0 {
		return ""
	}
	return fmt.Sprintf("%s-%05d", name, number)
}

// rawTraffic reports the newest revision that was completely rolled out. Until
// a rollout is complete, that is the one of the previous status.
func (p *pass) rawTraffic(c *Component, w *workload) {
	ready := p.previous(c).LatestReadyRevision
	switch {
	case w.current && w.ready.isTrue() && !c.Updating:
		ready = w.report.LatestCreatedRevision
	case !w.exists || !strings.HasPrefix(ready, c.Name+"-"):
		ready = ""
	}
	if ready == "" {
		return
	}
	w.report.LatestReadyRevision = ready
	w.report.Traffic = []v1beta1.TrafficTarget{{
		RevisionName: ready, LatestRevision: ptr.To(true), Percent: ptr.To[int64](100),
	}}
}
