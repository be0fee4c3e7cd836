package plan

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/observed"
)

// restartOf is a usage as what is replaced.
func restartOf(u capacity.Usage) *Restart { return &Restart{Pods: u.Pods, Accelerators: u.Counts()} }

// workloadUsage is what a workload uses before and after an edit, at most in between, and how much of
// it is replaced or deleted.
type workloadUsage struct {
	before, after, peak, restarted capacity.Usage
	// restarts is true where pods are replaced or deleted, be it none at the moment.
	restarts bool
	// rollout says in words how pods are replaced.
	rollout string
}

// usageOf is what a workload uses before and after: either may be nil.
func usageOf(was, is *unstructured.Unstructured, before, after capacity.Counter, kind kinds.Kind, by effect.Effect) workloadUsage {
	mode, isWorkload := modes.OfWorkload(kind)
	if !isWorkload || before.WatchesRayCluster(was) || after.WatchesRayCluster(is) {
		return workloadUsage{}
	}
	if mode.MakesService && was != nil {
		return usageOfRevisions(was, is, before, after, mode, by)
	}
	old, replicasBefore := before.OfWorkload(was, mode)
	present, replicasAfter := after.OfWorkload(is, mode)
	out := workloadUsage{before: old.Times(replicasBefore), after: present.Times(replicasAfter)}
	out.peak = out.before.Max(out.after)
	if by < effect.Rolling || was == nil {
		return out
	}
	out.restarts, out.restarted = true, out.before
	if is == nil {
		return out
	}
	r := rolling{old: old, present: present, replicasBefore: replicasBefore, replicasAfter: replicasAfter}
	switch {
	case by == effect.Rolling && kind == kinds.Deployment:
		r.surge, out.rollout = surgeOfDeployment(is, replicasAfter)
		out.peak = r.peak()
	case by == effect.Rolling && kind == kinds.LeaderWorkerSet:
		out.restarted = old.Times(groupsThatChange(was, is, mode, replicasBefore))
		r.surge, out.rollout = surgeOfLeaderWorkerSet(is, replicasAfter)
		out.peak = r.peak()
	case by == effect.Recreate && mode.ReplicasAreObjects:
		out.rollout = "one cluster at a time, whose pods go first"
	case by == effect.Recreate:
		out.rollout = "all pods go first"
	}
	return out
}

// groupsThatChange is how many groups of a LeaderWorkerSet take another template. Those below the partition keep theirs,
// which the workload remembers while it is not the one of the others.
func groupsThatChange(was, is *unstructured.Unstructured, mode modes.Mode, groups int64) int64 {
	before, after := min(partitionOf(was), groups), min(partitionOf(is), groups)
	switch {
	case hasTemplate(is, templateOf(was, mode)):
		return max(0, before-after)
	case hasTemplate(is, rememberedTemplate(was)):
		return groups - before
	}
	return groups - after
}

func partitionOf(workload *unstructured.Unstructured) int64 {
	n, _, _ := unstructured.NestedInt64(workload.Object, "spec", "rolloutStrategy", "rollingUpdateConfiguration", "partition")
	return n
}

// templateOf are the parts of a workload that make its pods, by path.
func templateOf(workload *unstructured.Unstructured, mode modes.Mode) map[string]any {
	parts := map[string]any{}
	for _, path := range mode.TemplatePaths {
		parts[path], _, _ = unstructured.NestedFieldNoCopy(workload.Object, strings.Split(path, ".")...)
	}
	return parts
}

// rememberedTemplate is the template of the groups of a workload that are no canary; nil without a canary.
func rememberedTemplate(workload *unstructured.Unstructured) map[string]any {
	tree, err := observed.DecodeTree([]byte(workload.GetAnnotations()[v1beta1.AnnotationFormerTemplate]))
	if err != nil {
		return nil
	}
	parts, _ := tree["template"].(map[string]any)
	return parts
}

// hasTemplate reports whether a workload has some parts; false without any.
func hasTemplate(workload *unstructured.Unstructured, parts map[string]any) bool {
	for path, part := range parts {
		has, _, _ := unstructured.NestedFieldNoCopy(workload.Object, strings.Split(path, ".")...)
		if !child.Equal(has, part) {
			return false
		}
	}
	return len(parts) > 0
}

// rolling is a rolling update of replicas that use more or less than before.
type rolling struct {
	old, present                         capacity.Usage
	replicasBefore, replicasAfter, surge int64
}

// peak is the most that a rolling update uses. Old and new replicas together are never more than the
// new number and the surge; pods that end do not count, as the controllers do not count them.
func (r rolling) peak() capacity.Usage {
	limit := r.replicasAfter + r.surge
	mix := func(old, present int64) capacity.Usage {
		return r.old.Times(max(0, old)).Plus(r.present.Times(max(0, present)))
	}
	peak := mix(r.replicasBefore, 0).Max(mix(0, r.replicasAfter))
	peak = peak.Max(mix(min(r.replicasBefore, r.surge), r.replicasAfter))
	return peak.Max(mix(r.replicasBefore, min(r.replicasAfter, limit-r.replicasBefore)))
}

// surgeOfDeployment is how many pods more a Deployment has during a rolling update, 25 % by default.
func surgeOfDeployment(workload *unstructured.Unstructured, replicas int64) (surge int64, inWords string) {
	return surgeOf(workload, replicas, intstr.FromString("25%"), "spec", "strategy", "rollingUpdate", "maxSurge")
}

// surgeOfLeaderWorkerSet is how many groups more a LeaderWorkerSet has during a rolling update, 0 by
// default. There are never more of them than groups.
func surgeOfLeaderWorkerSet(workload *unstructured.Unstructured, replicas int64) (surge int64, inWords string) {
	surge, inWords = surgeOf(workload, replicas, intstr.FromInt32(0), "spec", "rolloutStrategy", "rollingUpdateConfiguration", "maxSurge")
	if surge > replicas {
		return replicas, surgeInWords(replicas)
	}
	return surge, inWords
}

func surgeInWords(surge int64) string { return fmt.Sprintf("surge %d", surge) }

func surgeOf(workload *unstructured.Unstructured, replicas int64, byDefault intstr.IntOrString, path ...string) (surge int64, inWords string) {
	value := byDefault
	given, _, _ := unstructured.NestedFieldNoCopy(workload.Object, path...)
	switch v := given.(type) {
	case int64:
		value = intstr.FromInt32(int32(min(v, 1<<30))) //nolint:gosec // it fits
	case string:
		value = intstr.FromString(v)
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(&value, int(replicas), true)
	if err != nil {
		return 0, ""
	}
	return int64(n), surgeInWords(int64(n))
}
