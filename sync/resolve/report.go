package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
)

// maxListed bounds how many runtimes a failure names.
const maxListed = 5

// noneFits is the Failure of a selection without a candidate. It groups the
// runtimes by the rule that rejected them, those that came nearest first.
func noneFits(q *question, m *Model, rejected []verdict) *finding.Finding {
	head := fmt.Sprintf("no runtime can be selected for %s ('%s')", modelText(m), modelLabel(q.model))
	const tail = "name a runtime in spec.runtime.name, or add one that supports the model"
	if len(rejected) == 0 {
		return failf(NoSupportingRuntime, "%s: there are no runtimes: %s", head, tail)
	}
	return failf(NoSupportingRuntime, "%s: checked %d runtimes (%d namespace-scoped, %d cluster-scoped): %s: %s",
		head, len(rejected), inScope(rejected, KindServingRuntime), inScope(rejected, KindClusterServingRuntime),
		groups(q, rejected), tail)
}

func inScope(all []verdict, kind string) int {
	count := 0
	for _, v := range all {
		if v.runtime.Kind == kind {
			count++
		}
	}
	return count
}

// groups lists the reasons with their counts and, while the bound allows, each
// runtime with its message.
func groups(q *question, rejected []verdict) string {
	sorted := slices.SortedStableFunc(slices.Values(rejected), nearestFirst)
	wordy := *q
	wordy.words = true
	var texts []string
	for listed := 0; len(sorted) > 0; {
		n := sameReason(sorted)
		shown := min(n, maxListed-listed)
		texts = append(texts, groupText(&wordy, sorted[:n], shown))
		listed += shown
		sorted = sorted[n:]
	}
	return strings.Join(texts, "; ")
}

// nearestFirst orders by how far the rules held, then by reason; within a
// reason the order of the runtimes stays.
func nearestFirst(a, b verdict) int {
	return cmp.Or(cmp.Compare(b.passed, a.passed), strings.Compare(a.reason, b.reason))
}

// sameReason counts the verdicts at the front that have one reason.
func sameReason(sorted []verdict) int {
	n := 1
	for n < len(sorted) && sorted[n].reason == sorted[0].reason {
		n++
	}
	return n
}

// groupText is one reason: "SizeOutOfRange 2 (a: ..., b: ...)".
func groupText(q *question, group []verdict, shown int) string {
	text := fmt.Sprintf("%s %d", group[0].reason, len(group))
	if shown == 0 {
		return text
	}
	var lines []string
	for _, v := range group[:shown] {
		lines = append(lines, v.runtime.Name+": "+q.judge(v.runtime).message)
	}
	if shown < len(group) {
		lines = append(lines, "...")
	}
	return text + " (" + strings.Join(lines, ", ") + ")"
}
