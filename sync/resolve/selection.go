package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/trace"
)

// selectRuntime chooses among all runtimes the best that can serve the model.
func selectRuntime(cat *Catalog, in RuntimeInput, rec *trace.Recorder) (*Runtime, *finding.Finding) {
	if in.Model == nil {
		return nil, failf(NoSupportingRuntime, "the service names neither a runtime nor a model to select one for: set spec.runtime.name or spec.model.name")
	}
	q := newQuestion(cat, in, true)
	if q.partial {
		return nil, failf(ModelMetadataMissing,
			"%s has no spec.modelFormat.name yet, so no runtime can be selected for it: wait until the model agent has read the model, set the field, or name a runtime in spec.runtime.name",
			modelText(in.Model))
	}
	q.words = rec.On()
	eligible, rejected := q.judgeAll(cat.runtimes(), rec)
	if len(eligible) == 0 {
		return nil, noneFits(q, in.Model, rejected)
	}
	slices.SortFunc(eligible, byRank)
	recordRanking(eligible, rec)
	return chosen(eligible), nil
}

// judgeAll divides runtimes into those that may be selected and the others.
func (q *question) judgeAll(runtimes []*Runtime, rec *trace.Recorder) (eligible, rejected []verdict) {
	for _, runtime := range runtimes {
		v := q.judge(runtime)
		if v.ok {
			eligible = append(eligible, v)
			continue
		}
		rejected = append(rejected, v)
		if rec.On() {
			rec.Add(v.trace(trace.Rejected))
		}
	}
	return eligible, rejected
}

// chosen is the first of the ranked candidates.
func chosen(ranked []verdict) *Runtime {
	best := ranked[0]
	runtime := best.runtime
	runtime.Format, runtime.Score, runtime.Selected = best.entry, best.score, true
	if len(ranked) > 1 {
		runtime.RunnerUp = ranked[1].runtime.Name
	}
	return runtime
}

// criterion compares two candidates in one respect; less is better. It also
// says what it found, for the trace.
type criterion struct {
	compare func(a, b verdict) int
	explain func(a, b verdict) string
}

// criteria are the respects in which candidates are ranked, the weightiest
// first. The last one tells any two candidates apart.
func criteria() [4]criterion {
	return [4]criterion{
		{scopeOrder, explainScope},       // the namespace's before the cluster's
		{scoreOrder, explainScore},       // the higher score
		{distanceOrder, explainDistance}, // the closer size range
		{nameOrder, explainName},         // the alphabet
	}
}

func scopeOrder(a, b verdict) int    { return cmp.Compare(scope(a), scope(b)) }
func scoreOrder(a, b verdict) int    { return cmp.Compare(b.score, a.score) }
func distanceOrder(a, b verdict) int { return cmp.Compare(a.distance, b.distance) }
func nameOrder(a, b verdict) int     { return strings.Compare(a.runtime.Name, b.runtime.Name) }

func scope(v verdict) int {
	if v.runtime.Kind == KindServingRuntime {
		return 0
	}
	return 1
}

func explainScope(verdict, verdict) string {
	return "a ServingRuntime of the namespace goes before every ClusterServingRuntime"
}

func explainScore(a, b verdict) string {
	return fmt.Sprintf("score %d against %d", a.score, b.score)
}

func explainDistance(a, b verdict) string {
	return fmt.Sprintf("equal scores; the limits of the size range are %d parameters away from the model against %d", a.distance, b.distance)
}

func explainName(a, b verdict) string {
	return fmt.Sprintf("equal in everything else; %s comes before %s in the alphabet", a.runtime.Name, b.runtime.Name)
}

// byRank orders candidates, the best first.
func byRank(a, b verdict) int {
	for _, c := range criteria() {
		if order := c.compare(a, b); order != 0 {
			return order
		}
	}
	return 0
}

// margin says why a goes before b.
func margin(a, b verdict) string {
	for _, c := range criteria() {
		if c.compare(a, b) != 0 {
			return c.explain(a, b)
		}
	}
	return ""
}

// recordRanking records the candidates in order, each with what separates it
// from its neighbour.
func recordRanking(ranked []verdict, rec *trace.Recorder) {
	if !rec.On() {
		return
	}
	for i, v := range ranked {
		outcome := trace.Candidate
		switch {
		case i > 0:
			v.message = fmt.Sprintf("behind %s: %s", ranked[0].runtime.Name, margin(ranked[0], v))
		case len(ranked) == 1:
			outcome, v.message = trace.Chosen, "the only runtime that can serve the model"
		default:
			outcome, v.message = trace.Chosen, fmt.Sprintf("before %s: %s", ranked[1].runtime.Name, margin(v, ranked[1]))
		}
		v.reason = Ranked
		rec.Add(v.trace(outcome))
	}
	recordFormat(ranked[0], rec)
}
