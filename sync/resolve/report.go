package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
)

// maxListed limits how many runtimes a finding names.
const maxListed = 5

// noRuntimeFits is the finding of a selection without a candidate. It groups the runtimes by the
// rule that rejected them, the nearest to fitting first.
func noRuntimeFits(req *requirements, m *Model, rejected []evaluation) *finding.Finding {
	head := fmt.Sprintf("no runtime can be selected for %s ('%s')", describeModel(m), modelLabel(req.model))
	const tail = "name a runtime in spec.runtime.name, or add one that supports the model"
	if len(rejected) == 0 {
		return newFailuref(NoSupportingRuntime, "%s: there are no runtimes: %s", head, tail)
	}
	return newFailuref(NoSupportingRuntime, "%s: checked %d runtimes (%d namespace-scoped, %d cluster-scoped): %s: %s",
		head, len(rejected), countOfKind(rejected, KindServingRuntime), countOfKind(rejected, KindClusterServingRuntime),
		listRejections(req, rejected), tail)
}

func countOfKind(all []evaluation, kind string) int {
	count := 0
	for _, v := range all {
		if v.runtime.Kind == kind {
			count++
		}
	}
	return count
}

// listRejections lists the reasons with their counts and, within maxListed, each runtime with its
// message. Messages that were not wanted before are formatted now.
func listRejections(req *requirements, rejected []evaluation) string {
	sorted := slices.SortedStableFunc(slices.Values(rejected), byRulesPassed)
	explaining := *req
	explaining.explain = true
	var groups []string
	for listed := 0; len(sorted) > 0; {
		n := countSameReason(sorted)
		shown := min(n, maxListed-listed)
		groups = append(groups, describeRejections(&explaining, sorted[:n], shown))
		listed += shown
		sorted = sorted[n:]
	}
	return strings.Join(groups, "; ")
}

// byRulesPassed orders by how many rules held, then by reason; within a reason the order of the
// runtimes stays.
func byRulesPassed(a, b evaluation) int {
	return cmp.Or(cmp.Compare(b.rulesPassed, a.rulesPassed), strings.Compare(a.reason, b.reason))
}

// countSameReason counts the evaluations at the front that have the same reason.
func countSameReason(sorted []evaluation) int {
	n := 1
	for n < len(sorted) && sorted[n].reason == sorted[0].reason {
		n++
	}
	return n
}

// describeRejections writes the runtimes of one reason: "SizeOutOfRange 2 (a: ..., b: ...)".
func describeRejections(req *requirements, group []evaluation, shown int) string {
	text := fmt.Sprintf("%s %d", group[0].reason, len(group))
	if shown == 0 {
		return text
	}
	var lines []string
	for _, v := range group[:shown] {
		lines = append(lines, v.runtime.Name+": "+req.evaluate(v.runtime).message)
	}
	if shown < len(group) {
		lines = append(lines, "...")
	}
	return text + " (" + strings.Join(lines, ", ") + ")"
}
