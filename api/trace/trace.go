// Package trace records what was decided about one InferenceService and why.
//
// Each stage writes an entry when it decides; explain prints the entries and does not decide again.
// Findings are what users see in the status. They are kept with and without an explanation, so an
// answer does not depend on whether it is explained.
package trace

import "github.com/isvc-io/isvc/api/finding"

// Verdict says what a decision did with its subject.
type Verdict string

const (
	// Chosen marks the candidate that won.
	Chosen Verdict = "chosen"
	// Candidate marks a candidate that was eligible and lost.
	Candidate Verdict = "candidate"
	// Rejected marks a candidate that a rule excluded.
	Rejected Verdict = "rejected"
	// Set marks a value that was put into the result.
	Set Verdict = "set"
	// Overridden marks a value that another source replaced.
	Overridden Verdict = "overridden"
	// Absent marks something that was looked for and not found.
	Absent Verdict = "absent"
	// Warned marks a finding that stops nothing.
	Warned Verdict = "warned"
	// Failed marks the finding that stopped the service or a component.
	Failed Verdict = "failed"
)

// Entry is one decision.
type Entry struct {
	// Subject is what was decided, as a slash-separated path, for example "runtime/srt-llama",
	// "engine/mode" or "engine/container/ome-container/env/MODEL_PATH".
	Subject string `json:"subject"`
	// Verdict is the outcome.
	Verdict Verdict `json:"verdict"`
	// Reason is the rule that decided, in CamelCase.
	Reason string `json:"reason"`
	// Message is a sentence for people.
	Message string `json:"message,omitempty"`
	// Source is the object and field that the value came from, for example
	// "ClusterServingRuntime/srt-llama spec.engineConfig.runner".
	Source string `json:"source,omitempty"`
	// Value is the value that was set, where it is short enough to show.
	Value string `json:"value,omitempty"`
	// Score orders candidates, higher first; zero where nothing was scored.
	Score int64 `json:"score,omitempty"`
}

// Recorder collects findings for the status and, when explaining, entries. The zero value collects
// findings only. A nil Recorder collects nothing. It is not safe for concurrent use.
type Recorder struct {
	explain  bool
	entries  []Entry
	findings []finding.Finding
}

// NewExplainingRecorder returns a Recorder that also keeps entries.
func NewExplainingRecorder() *Recorder {
	return &Recorder{explain: true}
}

// IsExplaining reports whether entries are kept. Callers use it to skip work that only an
// explanation needs. It must not change a result.
func (r *Recorder) IsExplaining() bool {
	return r != nil && r.explain
}

// AddEntry records a decision if entries are kept.
func (r *Recorder) AddEntry(e Entry) {
	if r.IsExplaining() {
		r.entries = append(r.entries, e)
	}
}

// AddFinding records a finding for the status and, when explaining, an entry. A finding with the
// same reason and message is recorded once, whatever its subject.
func (r *Recorder) AddFinding(subject, reason, message string) {
	if r == nil {
		return
	}
	added := finding.Finding{Reason: reason, Message: message}
	for _, known := range r.findings {
		if known == added {
			return
		}
	}
	r.findings = append(r.findings, added)
	r.AddEntry(Entry{Subject: subject, Verdict: Warned, Reason: reason, Message: message})
}

// Entries returns the decisions in the order in which they were made.
func (r *Recorder) Entries() []Entry {
	if r == nil {
		return nil
	}
	return r.entries
}

// Findings returns the findings in the order in which they were made.
func (r *Recorder) Findings() []finding.Finding {
	if r == nil {
		return nil
	}
	return r.findings
}
