package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/cmd/isvc/lint"
)

func TestLintPrintsAFindingALine(t *testing.T) {
	root := folder(t, map[string]string{"all.yaml": all})
	got := isvc("", "lint", "-f", root)
	require.Equal(t, 0, got.code, got.err)
	assert.Regexp(t, `(?m)^\S*all\.yaml: warning: InferenceService team-a/chat: .* \[ISVC002 NoAccelerator\]$`, got.out)
}

func TestLintFailsAtASeverity(t *testing.T) {
	for severity, code := range map[string]int{"error": 0, "warning": 1, "info": 1, "none": 0} {
		assert.Equal(t, code, isvc(all, "lint", "-f", "-", "--fail-on", severity).code, severity)
	}
	unresolved := model + "---\n" + chat
	assert.Equal(t, 1, isvc(unresolved, "lint", "-f", "-").code)
	assert.Equal(t, 0, isvc(unresolved, "lint", "-f", "-", "--fail-on", "none").code)
}

func TestLintAsJSONIsAList(t *testing.T) {
	var findings []lint.Finding
	got := isvc(all, "lint", "-f", "-", "-o", "json")
	require.NoError(t, json.Unmarshal([]byte(got.out), &findings))
	require.NotEmpty(t, findings)
	assert.Equal(t, "standard input", findings[0].File)
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
