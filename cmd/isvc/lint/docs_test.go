package lint_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
)

var update = flag.Bool("update", false, "write docs/lint.md from the table of rules")

const docs = "../../../docs/lint.md"

const docsHead = `# isvc lint

` + "`isvc lint`" + ` looks for mistakes that are allowed: services that are accepted and will not run well. It reads each
InferenceService and the objects that it is turned into. Nothing is sent to a cluster.

` + "```text" + `
isvc lint -f PATH… [-o text|json|sarif|junit|github|markdown] [--min-severity error|warning|info] [--fail-on error|warning|info|none] [--rules FILE] [NAME…]
` + "```" + `

The exit status is 1 when a finding is as severe as ` + "`--fail-on`" + ` (error by default) or worse, and 2 when the input could not
be used. Identifiers of rules are stable. The text ends with a count. The forms of output, and the JSON, are those of
[isvc validate](check.md#forms-of-output), which finds what a cluster would refuse; both verbs use the identifiers below.

A rule that does not apply is switched off with a reason, by an annotation of the service or by a file for many services. JSON keeps
what is ignored, with the reason in ` + "`ignored`" + `, SARIF as a suppressed result.

` + "```yaml" + `
metadata:
  annotations:
    isvc.io/lint-ignore.ISVC016: bounded by a quota of the namespace   # or isvc.io/lint-ignore.MaxReplicasUnset
` + "```" + `

` + "```yaml" + `
# isvc lint --rules lint.yaml
minSeverity: warning          # what is less is not shown
ignore:
- rule: ISVC021               # identifier or name
  services: ["sandbox/*"]     # patterns of NAMESPACE/NAME; all without
  objects: ["Deployment/*"]   # patterns of KIND/NAME; all without
  reason: images of the sandbox are built every night
` + "```" + `

The size of a model's weights is computed from ` + "`spec.modelParameterSize`" + ` of the model: 2 bytes for each parameter, 1 with a
quantization of 8 bits (fp8, int8), half of one with 4 bits (int4, awq, gptq). Rules about sizes are silent for a model that does
not state it. Loading is allowed two minutes, and more for weights that take longer at 200 MB a second. GB are 10^9 bytes.

A variable counts as a secret when one of the words of its name is TOKEN, KEY, APIKEY, PASSWORD, PASSWD, SECRET or CREDENTIALS, and
the last does not say that it is a name, a path, a size or the like. Values are never printed.

`

// page is docs/lint.md as the table of rules gives it.
func page() string {
	var b strings.Builder
	b.WriteString(docsHead + "| id | name | severity | what |\n|---|---|---|---|\n")
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.ID, strings.ToLower(r.ID), r.Name, r.Severity, r.Title)
	}
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** (%s). %s\n\n%s\n\nFix: %s\n", r.ID, r.Name, r.Severity, r.Title, r.Why, r.Fix)
	}
	return b.String()
}

func TestDocsAreThoseOfTheTable(t *testing.T) {
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(docs), 0o755))
		require.NoError(t, os.WriteFile(docs, []byte(page()), 0o644))
	}
	got, err := os.ReadFile(docs)
	require.NoError(t, err)
	assert.Equal(t, page(), string(got), "run: go test ./cmd/isvc/lint -update")
}

// TestSARIF checks what readers of SARIF 2.1.0 rely on.
func TestSARIF(t *testing.T) {
	findings := []lint.Finding{
		{ID: "ISVC003", Rule: "ModelLargerThanAccelerators", Severity: lint.Error, File: "a.yaml", Namespace: "team-a", Name: "chat", Object: "Deployment/chat-engine",
			Finding: finding.Finding{Field: "spec", Message: "too large"}},
		{ID: "ISVC019", Rule: "ScalesOnCPU", Severity: lint.Info, Name: "chat", Object: "HorizontalPodAutoscaler/chat-engine",
			Finding: finding.Finding{Message: "by CPU"}},
	}
	text, err := json.Marshal(lint.ToSARIF(findings, "1.2.3"))
	require.NoError(t, err)
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct{ ID string }
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation *struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
					LogicalLocations []struct{ FullyQualifiedName string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &log))
	assert.Equal(t, "2.1.0", log.Version)
	require.Len(t, log.Runs, 1)
	run := log.Runs[0]
	assert.Len(t, run.Tool.Driver.Rules, len(lint.Rules()))
	require.Len(t, run.Results, 2)
	for _, result := range run.Results {
		assert.Equal(t, result.RuleID, run.Tool.Driver.Rules[result.RuleIndex].ID)
	}
	assert.Equal(t, "error", run.Results[0].Level)
	assert.Equal(t, "note", run.Results[1].Level)
	assert.Equal(t, "a.yaml", run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI)
	assert.Equal(t, 1, run.Results[0].Locations[0].PhysicalLocation.Region.StartLine)
	assert.Equal(t, "team-a/chat/Deployment/chat-engine/spec", run.Results[0].Locations[0].LogicalLocations[0].FullyQualifiedName)
	assert.Nil(t, run.Results[1].Locations[0].PhysicalLocation)
}

func TestALogWithoutFindingsHasAnEmptyList(t *testing.T) {
	text, err := json.Marshal(lint.ToSARIF(nil, ""))
	require.NoError(t, err)
	assert.Contains(t, string(text), `"results":[]`)
}
