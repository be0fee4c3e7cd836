package plan

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/observed"
)

// usageOfRevisions is what a Knative Service uses that exists before and after. Knative keeps the pods of a revision
// while spec.traffic names it, be it with 0 percent, and ends them when it does not any more.
func usageOfRevisions(was, is *unstructured.Unstructured, before, after capacity.Counter, mode modes.Mode, by effect.Effect) workloadUsage {
	old, _ := before.OfWorkload(was, mode)
	present, _ := after.OfWorkload(is, mode)
	named, stillNamed := revisionsNamed(was), revisionsNamed(is)
	pods := podsOfRevisions(was, named, before)
	// What is named first now was the latest revision: a canary begins beside it.
	becomesPrevious := slices.ContainsFunc(stillNamed, func(name string) bool { return !slices.Contains(named, name) })
	isNew := by >= effect.NewRevision
	latest := max(pods.ofLatest, capacity.LeastReplicasOfRevision(is))
	if isNew && becomesPrevious {
		latest = max(1, capacity.LeastReplicasOfRevision(is))
	}
	kept, ended := int64(0), int64(0)
	for _, name := range named {
		if slices.Contains(stillNamed, name) {
			kept += pods.ofNamed[name]
		} else {
			ended += pods.ofNamed[name]
		}
	}
	endsNamed := slices.ContainsFunc(named, func(name string) bool { return !slices.Contains(stillNamed, name) })
	out := workloadUsage{before: old.Times(pods.ofLatest + kept + ended)}
	switch {
	case isNew && becomesPrevious:
		kept += pods.ofLatest
	case isNew:
		ended += pods.ofLatest
		out.rollout = "the new revision runs beside the old one"
	}
	out.after = old.Times(kept).Plus(present.Times(latest))
	out.peak = out.before.Max(out.after)
	if isNew {
		out.peak = out.before.Plus(present.Times(max(1, latest)))
	}
	out.restarts, out.restarted = endsNamed || isNew && !becomesPrevious, old.Times(ended)
	if out.restarts && out.rollout == "" {
		out.rollout = "the former revision ends"
	}
	return out
}

// revisionPods are the numbers of pods of revisions.
type revisionPods struct {
	ofNamed  map[string]int64
	ofLatest int64
}

// podsOfRevisions are the pods of revisions that a Knative Service names, and of its latest: all others where the input
// does not tell which that is.
func podsOfRevisions(workload *unstructured.Unstructured, named []string, counter capacity.Counter) revisionPods {
	component := v1beta1.ComponentType(workload.GetLabels()[v1beta1.LabelComponent])
	least := capacity.LeastReplicasOfRevision(workload)
	out := revisionPods{ofNamed: map[string]int64{}, ofLatest: capacity.ServerlessReplicas(counter.Pods, component)}
	for _, name := range named {
		count := capacity.ServerlessReplicasOfRevision(counter.Pods, component, name)
		out.ofNamed[name], out.ofLatest = max(count, least), out.ofLatest-count
	}
	status := counter.Shown.Get(kinds.KnativeService, workload.GetNamespace(), workload.GetName()).Member("status", "latestCreatedRevisionName")
	if latest, _ := observed.DecodeString(status); latest != "" {
		out.ofLatest = capacity.ServerlessReplicasOfRevision(counter.Pods, component, latest)
	}
	out.ofLatest = max(out.ofLatest, least)
	return out
}

// revisionsNamed are the revisions that a Knative Service names beside its latest.
func revisionsNamed(workload *unstructured.Unstructured) (names []string) {
	targets, _, _ := unstructured.NestedSlice(workload.Object, "spec", "traffic")
	for _, target := range targets {
		fields, _ := target.(map[string]any)
		if name, _ := fields["revisionName"].(string); name != "" {
			names = append(names, name)
		}
	}
	return names
}
