package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
)

// selectRuntime chooses the best of all runtimes that can serve the model.
func selectRuntime(cat *Catalog, in RuntimeInput, rec *trace.Recorder) (*Runtime, *finding.Finding) {
	if in.Model == nil {
		return nil, newFailuref(NoSupportingRuntime, "the service names neither a runtime nor a model to select one for: set spec.runtime.name or spec.model.name")
	}
	req := newRequirements(cat, in, true, rec.IsExplaining())
	if req.formatUnknown {
		return nil, newFailuref(ModelMetadataMissing,
			"%s has no spec.modelFormat.name yet, so no runtime can be selected for it: wait until the model agent has read the model, set the field, or name a runtime in spec.runtime.name",
			describeModel(in.Model))
	}
	eligible, rejected := req.evaluateAll(cat.allRuntimes(), rec)
	if len(eligible) == 0 {
		return nil, noRuntimeFits(req, in.Model, rejected)
	}
	slices.SortFunc(eligible, byRank)
	recordRanking(eligible, rec)
	return bestOfRanked(eligible), nil
}

// evaluateAll divides runtimes into eligible and rejected ones, and records why it rejects one.
func (req *requirements) evaluateAll(runtimes []*Runtime, rec *trace.Recorder) (eligible, rejected []evaluation) {
	for _, runtime := range runtimes {
		v := req.evaluate(runtime)
		if v.holds {
			eligible = append(eligible, v)
			continue
		}
		rejected = append(rejected, v)
		if rec.IsExplaining() {
			rec.AddEntry(v.traceEntry(trace.Rejected))
		}
	}
	return eligible, rejected
}

// bestOfRanked is the first of the ranked candidates, with what is known about the choice.
func bestOfRanked(ranked []evaluation) *Runtime {
	best := ranked[0]
	runtime := best.runtime
	runtime.Format, runtime.Score, runtime.Selected = best.entry, best.score, true
	if len(ranked) > 1 {
		runtime.RunnerUp = ranked[1].runtime.Name
	}
	return runtime
}

// criterion compares two candidates in one respect; less is better. It also explains the
// difference, for the trace.
type criterion struct {
	compare func(a, b evaluation) int
	explain func(a, b evaluation) string
}

// rankingCriteria are the respects in which candidates are ranked, the weightiest first. The last
// one differs for any two candidates.
func rankingCriteria() [4]criterion {
	return [4]criterion{
		{compareScopes, explainScope},       // the namespace's before the cluster's
		{compareScores, explainScore},       // the higher score
		{compareDistances, explainDistance}, // the closer size range
		{compareNames, explainName},         // the alphabet
	}
}

func compareScopes(a, b evaluation) int    { return cmp.Compare(scopeRank(a), scopeRank(b)) }
func compareScores(a, b evaluation) int    { return cmp.Compare(b.score, a.score) }
func compareDistances(a, b evaluation) int { return cmp.Compare(a.sizeDistance, b.sizeDistance) }
func compareNames(a, b evaluation) int     { return strings.Compare(a.runtime.Name, b.runtime.Name) }

func scopeRank(v evaluation) int {
	if v.runtime.Kind == KindServingRuntime {
		return 0
	}
	return 1
}

func explainScope(evaluation, evaluation) string {
	return "a ServingRuntime of the namespace goes before every ClusterServingRuntime"
}

func explainScore(a, b evaluation) string {
	return fmt.Sprintf("score %d against %d", a.score, b.score)
}

func explainDistance(a, b evaluation) string {
	return fmt.Sprintf("equal scores; the limits of the size range are %d parameters away from the model against %d", a.sizeDistance, b.sizeDistance)
}

func explainName(a, b evaluation) string {
	return fmt.Sprintf("equal in everything else; %s comes before %s in the alphabet", a.runtime.Name, b.runtime.Name)
}

// byRank orders candidates, the best first.
func byRank(a, b evaluation) int {
	for _, c := range rankingCriteria() {
		if order := c.compare(a, b); order != 0 {
			return order
		}
	}
	return 0
}

// explainMargin says why a ranks before b.
func explainMargin(a, b evaluation) string {
	for _, c := range rankingCriteria() {
		if c.compare(a, b) != 0 {
			return c.explain(a, b)
		}
	}
	return ""
}

// recordRanking records the candidates in order, each with what separates it from its neighbour.
func recordRanking(ranked []evaluation, rec *trace.Recorder) {
	if !rec.IsExplaining() {
		return
	}
	for i, v := range ranked {
		outcome := trace.Candidate
		switch {
		case i > 0:
			v.message = fmt.Sprintf("behind %s: %s", ranked[0].runtime.Name, explainMargin(ranked[0], v))
		case len(ranked) == 1:
			outcome, v.message = trace.Chosen, "the only runtime that can serve the model"
		default:
			outcome, v.message = trace.Chosen, fmt.Sprintf("before %s: %s", ranked[1].runtime.Name, explainMargin(v, ranked[1]))
		}
		v.reason = Ranked
		rec.AddEntry(v.traceEntry(outcome))
	}
	recordFormat(ranked[0], rec)
}
