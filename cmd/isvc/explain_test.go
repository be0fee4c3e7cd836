package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/cmd/isvc/explain"
)

func TestExplainTellsWhatWasChosen(t *testing.T) {
	got := isvc(all, "explain", "-f", "-")
	require.Equal(t, 0, got.code, got.err)
	assert.Contains(t, got.out, "InferenceService team-a/chat")
	assert.Contains(t, got.out, "ClusterServingRuntime/rt")
	assert.Contains(t, got.out, "registry.example/engine:1")
	assert.NotContains(t, got.out, "\x1b", "no colour outside of a terminal")
}

func TestExplainAsJSONHasItsVersion(t *testing.T) {
	got := isvc(all, "explain", "-f", "-", "-o", "json", "chat")
	require.Equal(t, 0, got.code, got.err)
	var report explain.Report
	require.NoError(t, json.Unmarshal([]byte(got.out), &report))
	assert.Equal(t, "isvc.io/explain/v1", report.APIVersion)
	require.Len(t, report.Services, 1)
	assert.Equal(t, "team-a", report.Services[0].Namespace)
	assert.Equal(t, "ClusterServingRuntime/rt", report.Services[0].Runtime.Chosen.Object)
}

func TestExplainWithAllNamesSources(t *testing.T) {
	source := "[ClusterServingRuntime/rt"
	assert.NotContains(t, isvc(all, "explain", "-f", "-").out, source)
	assert.Contains(t, isvc(all, "explain", "-f", "-", "--all").out, source)
}

func TestExplainExplainsWhatCannotBeResolved(t *testing.T) {
	got := isvc(model+"---\n"+chat, "explain", "-f", "-")
	assert.Equal(t, exitUnresolved, got.code)
	assert.Contains(t, got.out, "RuntimeNotFound")
}

func TestExplainDraws(t *testing.T) {
	got := isvc(all, "explain", "-f", "-", "-o", "html")
	require.Equal(t, exitOK, got.code, got.err)
	assert.True(t, strings.HasPrefix(got.out, "<!DOCTYPE html>"))
	assert.Contains(t, got.out, "<title>InferenceService team-a/chat</title>")
	got = isvc(all, "explain", "-f", "-", "-o", "mermaid")
	require.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, `["InferenceService<br>chat<br>○ not deployed"]:::quiet`)
	got = isvc(model+"---\n"+chat, "explain", "-f", "-", "-o", "html")
	assert.Equal(t, exitUnresolved, got.code, "it is drawn all the same")
	assert.Contains(t, got.out, "</html>")
}

func TestExplainRefusesWhatItCannotUse(t *testing.T) {
	for sentence, args := range map[string][]string{
		"a form that does not exist":    {"explain", "-f", "-", "-o", "yaml"},
		"a service that does not exist": {"explain", "-f", "-", "assist"},
		"no input":                      {"explain"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := isvc(all, args...)
			assert.Equal(t, exitUnusable, got.code)
			assert.NotEmpty(t, got.err)
		})
	}
}
