package status

import (
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// conditionConfigurationsReady is Knative's condition that the newest revision is ready.
const conditionConfigurationsReady = "ConfigurationsReady"

// knativeReadiness has the conditions of a Knative Service beside Ready.
type knativeReadiness struct {
	routes        readiness
	configuration readiness
}

// knativeService is a Knative Service and the one of its conditions that the rules look at.
type knativeService struct {
	reportingObject
	condition observedCondition
}

type knativeServiceStatus struct {
	ObservedGeneration        int64                   `json:"observedGeneration"`
	Conditions                []observedCondition     `json:"conditions"`
	LatestCreatedRevisionName string                  `json:"latestCreatedRevisionName"`
	LatestReadyRevisionName   string                  `json:"latestReadyRevisionName"`
	Traffic                   []v1beta1.TrafficTarget `json:"traffic"`
	URL                       string                  `json:"url"`
	Address                   *v1beta1.Address        `json:"address"`
}

// knativeServiceReadiness says what one condition of a Knative Service reports.
func knativeServiceReadiness(k *knativeService) readiness {
	return firstDecision(k, []rule[*knativeService, readiness]{
		(*knativeService).doesNotExist,            // it is created after this answer
		(*knativeService).isTerminating,           // it is created again when it is gone
		(*knativeService).generationIsNotObserved, // the status may be out of date
		(*knativeService).hasCondition,            // Knative has reported
	}, k.hasNotReported())
}

// hasCondition leaves a condition that is neither True nor False and says nothing to the last rule.
func (k *knativeService) hasCondition() *readiness {
	isSilent := !k.condition.isTrue() && !k.condition.isFalse() && k.condition.Reason == "" && k.condition.Message == ""
	if k.condition.isAbsent() || isSilent {
		return nil
	}
	return k.condition.asReadiness()
}

// readKnativeServiceWorkload reads the Knative Service of a component.
func readKnativeServiceWorkload(
	name string, c *Component, children serviceChildren, previous *v1beta1.InferenceServiceStatus,
) workload {
	service := readReportingObject(kinds.KnativeService, name, children, false)
	var status knativeServiceStatus
	if service.object != nil {
		decodeLenient(service.rawStatus, &status)
	}
	service.observedGeneration = status.ObservedGeneration
	readinessOf := func(knativeType string, reportedAs v1beta1.ConditionType) readiness {
		k := &knativeService{service, conditionOfType(status.Conditions, knativeType)}
		k.reportsReady = k.condition.isTrue()
		k.wasReady = conditionIsTrue(previous.Conditions, reportedAs)
		return knativeServiceReadiness(k)
	}
	types := conditionsOfComponent(c.Type)
	return workload{
		ready: readinessOf("Ready", types.ready),
		knative: &knativeReadiness{
			routes:        readinessOf("RoutesReady", types.routes),
			configuration: readinessOf(conditionConfigurationsReady, types.configuration),
		},
		exists:    service.object != nil,
		isUpdated: service.statusIsCurrent() && status.LatestCreatedRevisionName == status.LatestReadyRevisionName,
		status: knativeComponentStatus(&status, previous.Components[c.Type], c.Updating == "" && service.statusIsCurrent(), func(revision string) bool {
			return KnativeKnows(service.Object, revision)
		}),
	}
}

// KnativeKnows reports whether an observed Knative Service has or had a revision: it has made one with that number,
// or sends requests to it. A status may name one of a Deployment, or of a Knative Service that was deleted.
func KnativeKnows(service observed.Object, revision string) bool {
	if revision == "" {
		return false
	}
	name, _ := observed.DecodeString(service.Member("metadata", "name"))
	latest, _ := observed.DecodeString(service.Member("status", "latestCreatedRevisionName"))
	if number := numberOfRevision(name, revision); number > 0 && number <= numberOfRevision(name, latest) {
		return true
	}
	for _, part := range []string{"spec", "status"} {
		var targets []struct {
			RevisionName string `json:"revisionName"`
		}
		decodeLenient(service.Member(part, "traffic"), &targets)
		for _, target := range targets {
			if target.RevisionName == revision {
				return true
			}
		}
	}
	return false
}

// numberOfRevision is the number at the end of the name of a revision of a Knative Service; 0 for another name.
func numberOfRevision(service, revision string) int {
	text, _ := strings.CutPrefix(revision, service+"-")
	number, _ := strconv.Atoi(text)
	return number
}

// knativeComponentStatus is the component's part of the status: what Knative reports, and which
// revisions were rolled out, which only the previous status remembers. It isCurrent where Knative
// speaks of what this answer asks for, and isKnown says which revisions Knative knows.
func knativeComponentStatus(
	knative *knativeServiceStatus, previous v1beta1.ComponentStatusSpec, isCurrent bool, isKnown func(revision string) bool,
) v1beta1.ComponentStatusSpec {
	status := v1beta1.ComponentStatusSpec{
		LatestReadyRevision:       knative.LatestReadyRevisionName,
		LatestCreatedRevision:     knative.LatestCreatedRevisionName,
		PreviousRolledoutRevision: previous.PreviousRolledoutRevision,
		LatestRolledoutRevision:   previous.LatestRolledoutRevision,
		Traffic:                   knative.Traffic,
		URL:                       knative.URL,
		Address:                   knative.Address,
	}
	// Knative's Route can have the traffic of the newest specification before its Configuration has
	// made a revision of it: the revision that is the latest by name then is the one before.
	hasNewestRevision := isCurrent && conditionOfType(knative.Conditions, conditionConfigurationsReady).isTrue()
	mayGoBack := hasNewestRevision && isKnown(status.PreviousRolledoutRevision)
	for i := range knative.Traffic {
		updateRolledOutRevisions(&status, &knative.Traffic[i], mayGoBack)
	}
	return status
}

// updateRolledOutRevisions follows OME's rules for one entry of the traffic, and only for the entry
// of the latest ready revision. A revision that receives all traffic is rolled out, and the one
// before it is remembered. If a rolled out revision gets less than all traffic by this entry, but
// all of it over all entries, then a canary was split between a revision and itself: OME measures
// the canary against the revision before. It mayGoBack to that where Knative knows it, and no newer revision is on
// its way.
func updateRolledOutRevisions(status *v1beta1.ComponentStatusSpec, entry *v1beta1.TrafficTarget, mayGoBack bool) {
	latest := status.LatestReadyRevision
	if latest == "" || entry.RevisionName != latest || entry.LatestRevision == nil || !*entry.LatestRevision {
		return
	}
	switch percent := trafficPercent(entry); {
	case status.LatestRolledoutRevision != latest && percent == 100:
		status.PreviousRolledoutRevision = status.LatestRolledoutRevision
		status.LatestRolledoutRevision = latest
	case mayGoBack && status.LatestRolledoutRevision == latest && latest == status.LatestCreatedRevision && percent < 100 &&
		trafficPercentOfRevision(status.Traffic, latest) == 100:
		status.LatestRolledoutRevision = status.PreviousRolledoutRevision
	}
}

func trafficPercent(entry *v1beta1.TrafficTarget) int64 {
	if entry.Percent == nil {
		return 0
	}
	return *entry.Percent
}

// trafficPercentOfRevision is the traffic of a revision over all entries.
func trafficPercentOfRevision(traffic []v1beta1.TrafficTarget, revision string) int64 {
	var sum int64
	for i := range traffic {
		if traffic[i].RevisionName == revision {
			sum += trafficPercent(&traffic[i])
		}
	}
	return sum
}

// NewestRevisionIsReady reports whether a Knative Service, as Knative sees it now, has made a ready
// revision of its pod template.
func NewestRevisionIsReady(service observed.Object) bool {
	o := readObject(service)
	if o == nil {
		return false
	}
	var status knativeServiceStatus
	decodeLenient(o.rawStatus, &status)
	return status.ObservedGeneration >= o.generation && conditionOfType(status.Conditions, conditionConfigurationsReady).isTrue()
}
