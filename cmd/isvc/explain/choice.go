package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/sync/resolve"
)

// choice collects what is said about candidates of one kind.
type choice struct {
	out    Choice
	groups map[string]*Group
	spoken bool
}

// read takes an entry; rest is its subject without the first word.
func (c *choice) read(rest string, e trace.Entry) {
	c.spoken = true
	name, detail, further := strings.Cut(rest, "/")
	candidate := Candidate{Object: cmp.Or(object(e.Source), name), Reason: e.Reason, Message: e.Message, Score: e.Score}
	switch {
	case name == "":
		c.out.Reason, c.out.Message = e.Reason, e.Message
	case further:
		c.detail(detail, e)
	case e.Verdict == trace.Chosen:
		c.out.Chosen = &candidate
	case e.Verdict == trace.Candidate:
		c.out.Others = append(c.out.Others, candidate)
	case e.Verdict == trace.Absent:
		c.out.Absent = append(c.out.Absent, candidate)
	default:
		c.reject(candidate)
	}
}

// object is the "<kind>/<name>" at the front of a source.
func object(source string) string {
	head, _, _ := strings.Cut(source, " ")
	return head
}

// detail takes what is said about a candidate further down.
func (c *choice) detail(what string, e trace.Entry) {
	if what != "format" {
		return
	}
	c.out.Detail = e.Value
	if c.out.Chosen != nil {
		c.out.Chosen.Score = cmp.Or(c.out.Chosen.Score, e.Score)
	}
}

// reject takes a candidate that a rule excluded. One that was named and failed
// was not chosen after all.
func (c *choice) reject(candidate Candidate) {
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

// result closes the choice; nil when nothing was said.
func (c *choice) result() *Choice {
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

// nearestFirst orders groups by how far their candidates came.
func nearestFirst(a, b Group) int {
	return cmp.Or(cmp.Compare(distance(a.Reason), distance(b.Reason)), strings.Compare(a.Reason, b.Reason))
}

// distance tells how far from the end of its chain of rules a rule stands; a
// reason that is not known is farthest.
func distance(reason string) int {
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
