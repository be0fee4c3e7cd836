package trace_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
)

// recordSample records two decisions and three findings, one of them twice.
func recordSample(r *trace.Recorder) {
	r.AddEntry(trace.Entry{Subject: "runtime/a", Verdict: trace.Chosen, Reason: "Named"})
	r.AddFinding("engine/port", "FieldIgnored", "port has no effect")
	r.AddFinding("decoder/port", "FieldIgnored", "port has no effect")
	r.AddFinding("engine/size", "FieldIgnored", "size has no effect")
	r.AddFinding("engine/port", "UnknownField", "port has no effect")
	r.AddEntry(trace.Entry{Subject: "engine/mode", Verdict: trace.Set, Value: "MultiNode"})
}

var sampleFindings = []finding.Finding{
	{Reason: "FieldIgnored", Message: "port has no effect"},
	{Reason: "FieldIgnored", Message: "size has no effect"},
	{Reason: "UnknownField", Message: "port has no effect"},
}

func TestWhatARecorderKeeps(t *testing.T) {
	for sentence, test := range map[string]struct {
		recorder *trace.Recorder
		on       bool
		findings []finding.Finding
		subjects []string
	}{
		"no recorder keeps nothing":          {recorder: nil},
		"the zero value keeps findings only": {recorder: &trace.Recorder{}, findings: sampleFindings},
		"one that explains keeps decisions as well": {recorder: trace.NewExplainingRecorder(), on: true, findings: sampleFindings,
			subjects: []string{"runtime/a", "engine/port", "engine/size", "engine/port", "engine/mode"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, test.on, test.recorder.IsExplaining())
			recordSample(test.recorder)
			assert.Equal(t, test.findings, test.recorder.Findings(), "a finding is kept once, whatever its subject, in the order of finding")
			var subjects []string
			for _, e := range test.recorder.Entries() {
				subjects = append(subjects, e.Subject)
			}
			assert.Equal(t, test.subjects, subjects)
		})
	}
}

func TestAFindingIsAnEntryToo(t *testing.T) {
	r := trace.NewExplainingRecorder()
	r.AddFinding("engine/port", "FieldIgnored", "port has no effect")
	assert.Equal(t, []trace.Entry{{
		Subject: "engine/port", Verdict: trace.Warned, Reason: "FieldIgnored", Message: "port has no effect",
	}}, r.Entries())
}

func TestADecisionMayBeRecordedTwice(t *testing.T) {
	r := trace.NewExplainingRecorder()
	e := trace.Entry{Subject: "engine/container/a/env/X", Verdict: trace.Overridden, Value: "1"}
	r.AddEntry(e)
	r.AddEntry(e)
	assert.Equal(t, []trace.Entry{e, e}, r.Entries())
}
