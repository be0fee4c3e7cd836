package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/sync/resolve"
)

// choiceReader collects the entries about candidates of one kind.
type choiceReader struct {
	out    Choice
	groups map[string]*Group
	spoken bool
}

// addEntry sorts an entry; rest is its subject without the first word.
func (c *choiceReader) addEntry(rest string, e trace.Entry) {
	c.spoken = true
	name, detail, further := strings.Cut(rest, "/")
	candidate := Candidate{Object: cmp.Or(objectOfSource(e.Source), name), Reason: e.Reason, Message: e.Message, Score: e.Score}
	if e.Score != 0 {
		candidate.Sum = e.Value
	}
	switch {
	case name == "":
		c.out.Reason, c.out.Message = e.Reason, e.Message
	case further:
		c.addDetail(detail, e)
	case e.Verdict == trace.Chosen:
		c.out.Chosen = &candidate
	case e.Verdict == trace.Candidate:
		c.out.Others = append(c.out.Others, candidate)
	case e.Verdict == trace.Absent:
		c.out.Absent = append(c.out.Absent, candidate)
	case e.Verdict == trace.Set:
		c.out.Notes = append(c.out.Notes, finding.Finding{Subject: e.Subject, Reason: e.Reason, Message: e.Message})
	default:
		c.addRejected(candidate)
	}
}

// objectOfSource is the "<kind>/<name>" at the front of a source.
func objectOfSource(source string) string {
	head, _, _ := strings.Cut(source, " ")
	return head
}

// addDetail adds an entry about a part of the chosen candidate.
func (c *choiceReader) addDetail(what string, e trace.Entry) {
	if what != "format" {
		return
	}
	c.out.Detail = e.Value
	if c.out.Chosen != nil {
		c.out.Chosen.Score, c.out.Chosen.Sum = cmp.Or(c.out.Chosen.Score, e.Score), cmp.Or(c.out.Chosen.Sum, e.Message)
	}
}

// addRejected adds a candidate that a rule excluded. A named candidate is recorded as chosen before
// a rule excludes it.
func (c *choiceReader) addRejected(candidate Candidate) {
	if c.out.Chosen != nil && c.out.Chosen.Object == candidate.Object {
		c.out.Chosen = nil
	}
	if c.groups == nil {
		c.groups = map[string]*Group{}
	}
	group := c.groups[candidate.Reason]
	if group == nil {
		group = &Group{Reason: candidate.Reason}
		c.groups[candidate.Reason] = group
	}
	group.Count++
	group.Candidates = append(group.Candidates, candidate)
}

// makeChoice returns the choice; nil without entries.
func (c *choiceReader) makeChoice() *Choice {
	if !c.spoken {
		return nil
	}
	for _, group := range c.groups {
		c.out.Rejected = append(c.out.Rejected, *group)
	}
	slices.SortFunc(c.out.Rejected, nearestFirst)
	if c.out.Chosen != nil && len(c.out.Others) > 0 {
		runnerUp := c.out.Others[0]
		c.out.RunnerUp, c.out.Others = &runnerUp, c.out.Others[1:]
		if runnerUp.Score != 0 {
			c.out.Margin = max(0, c.out.Chosen.Score-runnerUp.Score)
		}
	}
	return &c.out
}

// nearestFirst orders groups by the number of rules that their candidates passed.
func nearestFirst(a, b Group) int {
	return cmp.Or(cmp.Compare(ruleDistance(a.Reason), ruleDistance(b.Reason)), strings.Compare(a.Reason, b.Reason))
}

// ruleDistance is how far a rule is from the end of its chain of rules; an unknown rule is the
// farthest.
func ruleDistance(reason string) int {
	order := []string{
		// runtimes
		resolve.NoScore, resolve.AutoSelectOff, resolve.SizeOutOfRange,
		resolve.FrameworkVersionMismatch, resolve.FrameworkMismatch, resolve.FormatVersionMismatch,
		resolve.FormatMismatch, resolve.QuantizationMismatch, resolve.ArchitectureMismatch,
		resolve.DiffusionMismatch, resolve.FormatsUndefined, resolve.AcceleratorUnsupported,
		resolve.RuntimeDisabled, resolve.RuntimeInvalid,
		// accelerator classes
		resolve.ArchitectureTooOld, resolve.FeatureMissing, resolve.MemoryOutOfRange,
		resolve.FamilyNotWanted, resolve.ClassExcluded,
	}
	if at := slices.Index(order, reason); at >= 0 {
		return at
	}
	return len(order)
}
