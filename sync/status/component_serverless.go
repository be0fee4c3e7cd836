package status

import (
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// knativeService is what matters of a Knative Service. Which of its conditions
// the rules look at is in about.
type knativeService struct {
	subject
	about  string
	report knativeServiceStatus
}

type knativeServiceStatus struct {
	ObservedGeneration        int64                   `json:"observedGeneration"`
	Conditions                conditions              `json:"conditions"`
	LatestCreatedRevisionName string                  `json:"latestCreatedRevisionName"`
	LatestReadyRevisionName   string                  `json:"latestReadyRevisionName"`
	Traffic                   []v1beta1.TrafficTarget `json:"traffic"`
	URL                       string                  `json:"url"`
	Address                   *v1beta1.Address        `json:"address"`
}

// knativeRules say what a Knative Service reports. The first that decides wins.
func knativeRules() []rule[*knativeService] {
	return []rule[*knativeService]{
		func(k *knativeService) *verdict { return notCreated(&k.subject) },
		func(k *knativeService) *verdict { return terminating(&k.subject) },
		func(k *knativeService) *verdict { return notObserved(&k.subject) },
		knativeReports,
		func(k *knativeService) *verdict { return notReported(&k.subject) },
	}
}

func knativeReports(k *knativeService) *verdict {
	if c := k.report.Conditions.get(k.about); !c.absent() {
		return c.verdict()
	}
	return nil
}

// asked returns the verdict about one condition of the Knative Service.
func (p *pass) asked(k knativeService, about string, condition v1beta1.ConditionType) verdict {
	k.about = about
	k.was = p.wasTrue(condition)
	k.available = k.report.Conditions.get(about).isTrue()
	return firstOf(&k, knativeRules())
}

// serverless looks at the Knative Service of a component.
func (p *pass) serverless(c *Component) workload {
	name := names.KnativeService(c.Name)
	k := knativeService{subject: subject{object: p.child(kinds.KnativeService, name), kind: "Knative Service", called: name}}
	if k.object != nil {
		lenient(k.status, &k.report)
		k.observedGeneration = k.report.ObservedGeneration
	}
	types := conditionTypes(c.Type)
	routes := p.asked(k, "RoutesReady", types.routes)
	configuration := p.asked(k, "ConfigurationsReady", types.configuration)
	w := workload{
		ready:         p.asked(k, "Ready", types.ready),
		routes:        &routes,
		configuration: &configuration,
		exists:        k.object != nil,
		current:       k.observedNow() && k.report.LatestCreatedRevisionName == k.report.LatestReadyRevisionName,
		report:        knativeReport(&k.report, p.previous(c)),
	}
	w.asleep = p.in.Pods != nil && w.ready.isTrue()
	return w
}

// knativeReport is the component's part of the status: Knative's words, and
// which revisions were rolled out, which only the previous status remembers.
func knativeReport(k *knativeServiceStatus, previous v1beta1.ComponentStatusSpec) v1beta1.ComponentStatusSpec {
	report := v1beta1.ComponentStatusSpec{
		LatestReadyRevision:       k.LatestReadyRevisionName,
		LatestCreatedRevision:     k.LatestCreatedRevisionName,
		PreviousRolledoutRevision: previous.PreviousRolledoutRevision,
		LatestRolledoutRevision:   previous.LatestRolledoutRevision,
		Traffic:                   k.Traffic,
		URL:                       k.URL,
		Address:                   k.Address,
	}
	for i := range k.Traffic {
		rollOut(&report, &k.Traffic[i])
	}
	return report
}

// rollOut keeps the books about revisions as OME does. A revision that receives
// all traffic is rolled out, and the one before it is remembered. Where a split
// gives the rolled out revision less than all, but all of the traffic goes to
// it in the end, the split was made between it and itself: the canary is then
// measured against the revision before.
func rollOut(report *v1beta1.ComponentStatusSpec, entry *v1beta1.TrafficTarget) {
	latest := report.LatestReadyRevision
	if latest == "" || entry.RevisionName != latest || entry.LatestRevision == nil || !*entry.LatestRevision {
		return
	}
	switch percent := share(entry); {
	case report.LatestRolledoutRevision != latest && percent == 100:
		report.PreviousRolledoutRevision = report.LatestRolledoutRevision
		report.LatestRolledoutRevision = latest
	case report.LatestRolledoutRevision == latest && latest == report.LatestCreatedRevision && percent < 100 &&
		shareOf(report.Traffic, latest) == 100 && report.PreviousRolledoutRevision != "":
		report.LatestRolledoutRevision = report.PreviousRolledoutRevision
	}
}

func share(entry *v1beta1.TrafficTarget) int64 {
	if entry.Percent == nil {
		return 0
	}
	return *entry.Percent
}

// shareOf is the traffic of a revision over all entries.
func shareOf(traffic []v1beta1.TrafficTarget, revision string) int64 {
	var sum int64
	for i := range traffic {
		if traffic[i].RevisionName == revision {
			sum += share(&traffic[i])
		}
	}
	return sum
}
