package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/cmd/isvc/lint"
)

func TestLintPrintsAFindingALine(t *testing.T) {
	root := folder(t, map[string]string{"all.yaml": all})
	got := isvc("", "lint", "-f", root)
	require.Equal(t, 0, got.code, got.err)
	assert.Regexp(t, `(?m)^\S*all\.yaml:33:3: warning: InferenceService team-a/chat: .* \[ISVC002 NoAccelerator\]$`, got.out)
}

func TestLintFailsAtASeverity(t *testing.T) {
	for severity, code := range map[string]int{"error": 0, "warning": 1, "info": 1, "none": 0} {
		assert.Equal(t, code, isvc(all, "lint", "-f", "-", "--fail-on", severity).code, severity)
	}
	unresolved := model + "---\n" + chat
	assert.Equal(t, 1, isvc(unresolved, "lint", "-f", "-").code)
	assert.Equal(t, 0, isvc(unresolved, "lint", "-f", "-", "--fail-on", "none").code)
}

func TestLintFailsOnWhatItDoesNotShow(t *testing.T) {
	got := isvc(all, "lint", "-f", "-", "--min-severity", "error", "--fail-on", "warning")
	assert.Equal(t, 1, got.code)
	assert.Equal(t, "no findings\n", got.out)
}

func TestLintSaysOfAnUnknownFieldOnce(t *testing.T) {
	of := func(object, from, to string) result {
		require.Contains(t, object, from)
		return isvc(strings.Replace(all, object, strings.Replace(object, from, to, 1), 1), "lint", "-f", "-")
	}
	got := of(chat, "spec:", "spec:\n  modelz: {}")
	assert.Contains(t, got.out, "spec.modelz")
	assert.Empty(t, got.err)
	got = of(model, "spec:", "spec:\n  vender: acme")
	assert.Contains(t, got.err, "spec.vender", "the rules read services alone")
}

func TestLintEndsWithACount(t *testing.T) {
	assert.Regexp(t, `(?m)^\d+ findings: .*\d warnings?.*\n\z`, isvc(all, "lint", "-f", "-").out)
	assert.Equal(t, "no findings\n", isvc(all, "lint", "-f", "-", "--min-severity", "error").out)
}

func TestLintSwitchesRulesOff(t *testing.T) {
	root := folder(t, map[string]string{
		"lint.yaml":   "ignore: [{rule: NoAccelerator, services: [team-a/*], reason: a stub}]",
		"broken.yaml": "ignore: [{rule: NoAccelerator}]",
	})
	args := []string{"lint", "-f", "-", "--fail-on", "info", "--rules", filepath.Join(root, "lint.yaml")}
	got := isvc(all, args...)
	assert.NotContains(t, got.out, "ISVC002")
	assert.Contains(t, got.out, "; 1 ignored\n")
	assert.Contains(t, isvc(all, append(args, "-o", "json")...).out, `"ignored": "a stub"`)
	broken := isvc(all, "lint", "-f", "-", "--rules", filepath.Join(root, "broken.yaml"))
	assert.Equal(t, exitUnusable, broken.code)
	assert.Contains(t, broken.err, "broken.yaml: ignore[0]: reason is missing")
}

func TestLintAsJSONHasAVersion(t *testing.T) {
	var report lint.Report
	got := isvc(all, "lint", "-f", "-", "-o", "json")
	require.NoError(t, json.Unmarshal([]byte(got.out), &report))
	assert.Equal(t, "isvc.io/findings/v1", report.APIVersion)
	assert.Equal(t, "Findings", report.Kind)
	require.NotEmpty(t, report.Findings)
	assert.Equal(t, len(report.Findings), report.Summary.Warnings)
	assert.Equal(t, "standard input", report.Findings[0].File)
	assert.Equal(t, 33, report.Findings[0].Line)
}

func TestLintAsSARIFNamesTheProgram(t *testing.T) {
	var log lint.SARIF
	got := isvc(all, "lint", "-f", "-", "-o", "sarif")
	require.NoError(t, json.Unmarshal([]byte(got.out), &log))
	assert.Equal(t, "2.1.0", log.Version)
	assert.Equal(t, "isvc", log.Runs[0].Tool.Driver.Name)
	assert.NotEmpty(t, log.Runs[0].Results)
}

func TestLintRefusesWhatItCannotUse(t *testing.T) {
	for sentence, args := range map[string][]string{
		"a form that does not exist":     {"lint", "-f", "-", "-o", "yaml"},
		"a severity that does not exist": {"lint", "-f", "-", "--fail-on", "fatal"},
		"a least severity like that":     {"lint", "-f", "-", "--min-severity", "none"},
		"a file that does not exist":     {"lint", "-f", "-", "--rules", "absent.yaml"},
		"a service that does not exist":  {"lint", "-f", "-", "assist"},
		"no input":                       {"lint"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := isvc(all, args...)
			assert.Equal(t, exitUnusable, got.code)
			assert.NotEmpty(t, got.err)
		})
	}
}
