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

// usageOfRevisions is what a Knative Service uses before and after an edit, which may remove it. Knative keeps the pods of a
// revision while spec.traffic names it, be it with 0 percent, and ends them when it does not any more. The latest
// revision is always in the traffic.
func usageOfRevisions(was, is *unstructured.Unstructured, before, after capacity.Counter, mode modes.Mode, by effect.Effect) workloadUsage {
	named, stillNamed := revisionsNamed(was), revisionsNamed(is)
	latest := latestRevision(was, before)
	if latest == "" { // then it is what is named first now: a canary begins beside it
		latest = firstNotIn(stillNamed, named)
	}
	revisions := podsOfRevisions(was, latest, before, mode)
	isNew := by >= effect.NewRevision
	out := workloadUsage{restarts: is == nil || firstNotIn(named, stillNamed) != "" || isNew && len(stillNamed) == 0}
	var stays capacity.Usage
	ofLatest, ended, replaced, isBeside := int64(0), int64(0), int64(0), false
	for name, revision := range revisions {
		out.before = out.before.Plus(revision.ofPod.Times(revision.pods))
		isNamed := slices.Contains(named, name)
		switch {
		case slices.Contains(stillNamed, name):
			stays, isBeside = stays.Plus(revision.ofPod.Times(revision.pods)), true
		case is == nil || isNew || isNamed:
			kept := int64(0)
			if is != nil && scalesByHPA(was) {
				kept = min(1, revision.pods)
			}
			stays = stays.Plus(revision.ofPod.Times(kept))
			out.restarts, out.restarted = true, out.restarted.Plus(revision.ofPod.Times(revision.pods-kept))
			ended += revision.pods
			if !isNamed {
				replaced += revision.pods
			}
		default:
			ofLatest += revision.pods
		}
	}
	if is == nil {
		out.peak = out.before
		return out
	}
	// The latest revision takes over from those that end: all that are not named where others stay beside it.
	pods := ofLatest + ended
	if isBeside {
		pods = ofLatest + replaced
	}
	if before.Pods == nil { // then the numbers are the least ones, and so is this
		pods = 0
	}
	pods = max(pods, leastReplicasOfRevision(is))
	if most := capacity.MostReplicasOfRevision(is); most > 0 {
		pods = min(pods, most)
	}
	if !isNew && slices.Contains(stillNamed, latest) { // it has its pods as one that is named
		pods = 0
	}
	ofPod, _ := after.OfWorkload(is, mode)
	begun := max(0, pods-ofLatest)
	if isNew {
		begun = max(1, pods) // Knative starts one to see whether it serves
	}
	out.after = stays.Plus(ofPod.Times(pods))
	out.peak = out.after.Max(out.before)
	if isNew || out.restarts {
		out.peak = out.before.Plus(ofPod.Times(begun))
	}
	switch {
	case out.restarts && isNew:
		out.rollout = "the new revision runs beside the old one"
	case out.restarts:
		out.rollout = "the former revision ends"
	}
	return out
}

// revision is how many pods a revision has, and what one of them asks for.
type revision struct {
	pods  int64
	ofPod capacity.Usage
}

// podsOfRevisions are the revisions of a Knative Service that have pods, by name. Without pods in the input, each that
// takes requests has the least number.
func podsOfRevisions(workload *unstructured.Unstructured, latest string, counter capacity.Counter, mode modes.Mode) map[string]revision {
	named, least := revisionsNamed(workload), leastReplicasOfRevision(workload)
	ofPod, _ := counter.OfWorkload(workload, mode)
	revisions := map[string]revision{}
	if counter.Pods == nil {
		for _, name := range append(named, latest) {
			revisions[name] = revision{least, ofPod}
		}
		return revisions
	}
	unnamed, serving := int64(0), servingRevisions(workload, counter)
	for name, pod := range capacity.ServerlessPods(counter.Pods, v1beta1.ComponentType(workload.GetLabels()[v1beta1.LabelComponent])) {
		if len(serving) > 0 && !slices.Contains(serving, name) && !slices.Contains(named, name) {
			continue // it ends anyway
		}
		of := revisions[name]
		if shown, isShown := counter.OfPod(pod); isShown && of.pods == 0 {
			of.ofPod = shown
		} else if of.pods == 0 {
			of.ofPod = ofPod
		}
		of.pods++
		revisions[name] = of
		if !slices.Contains(named, name) {
			unnamed++
		}
	}
	// More pods of the latest may be on their way; it may be one that is named, too.
	if missing := least - unnamed; missing > 0 && !slices.Contains(named, latest) && (latest != "" || len(named) == 0) {
		revisions[latest] = revision{revisions[latest].pods + missing, ofPod}
	}
	return revisions
}

// leastReplicasOfRevision is the least number of pods that a revision has.
func leastReplicasOfRevision(workload *unstructured.Unstructured) int64 {
	least := capacity.LeastReplicasOfRevision(workload)
	if scalesByHPA(workload) {
		return max(1, least)
	}
	return least
}

// scalesByHPA reports whether Knative lets an autoscaler of Kubernetes scale revisions, which keeps one pod of each.
func scalesByHPA(workload *unstructured.Unstructured) bool {
	class, _, _ := unstructured.NestedString(workload.Object, "spec", "template", "metadata", "annotations", "autoscaling.knative.dev/class")
	return class == modes.KnativeHorizontalAutoscaler
}

// latestRevision is the name of the revision that a Knative Service in the input made last; "" where it shows none.
func latestRevision(workload *unstructured.Unstructured, counter capacity.Counter) string {
	return inStatusOfKnative(workload, counter, "latestCreatedRevisionName")
}

// servingRevisions are the revision that a Knative Service in the input made last, and the last one that was ready,
// which serves until then; none where it shows none.
func servingRevisions(workload *unstructured.Unstructured, counter capacity.Counter) (names []string) {
	for _, field := range []string{"latestCreatedRevisionName", "latestReadyRevisionName"} {
		if name := inStatusOfKnative(workload, counter, field); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func inStatusOfKnative(workload *unstructured.Unstructured, counter capacity.Counter, field string) string {
	shown := counter.Shown.Get(kinds.KnativeService, workload.GetNamespace(), workload.GetName())
	name, _ := observed.DecodeString(shown.Member("status", field))
	return name
}

// revisionsNamed are the revisions that a Knative Service names beside its latest; none without one.
func revisionsNamed(workload *unstructured.Unstructured) (names []string) {
	if workload == nil {
		return nil
	}
	targets, _, _ := unstructured.NestedSlice(workload.Object, "spec", "traffic")
	for _, target := range targets {
		fields, _ := target.(map[string]any)
		if name, _ := fields["revisionName"].(string); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// firstNotIn is the first of some names that is none of others; "" where all are.
func firstNotIn(names, others []string) string {
	for _, name := range names {
		if !slices.Contains(others, name) {
			return name
		}
	}
	return ""
}
