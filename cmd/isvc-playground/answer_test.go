//go:build !js

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// manifestsOf are the manifests of a folder.
func manifestsOf(t *testing.T, folder string) string {
	t.Helper()
	text, err := joinedFiles(folder)
	require.NoError(t, err)
	return text
}

func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil { // where the program runs
		panic(err)
	}
	os.Exit(m.Run())
}

func TestAnAnswerHasAllFourParts(t *testing.T) {
	got, err := answerTo(manifestsOf(t, "testdata/raw-crashing/in"))
	require.NoError(t, err)
	assert.Equal(t, "1 service: 1 down; 2 pods, 2 nvidia.com/gpu", got.Summary)
	assert.Contains(t, got.Objects, "kind: Deployment")
	assert.Equal(t, 5, strings.Count(got.Objects, "\n---\n"))
	assert.Contains(t, got.Explanation, "container ome-container exited with code 1 (Error): ValueError")
	assert.Contains(t, got.Picture, "chat-engine-6d9f-0")
	assert.Contains(t, got.Findings, "manifests:6:1: warning: InferenceService default/chat: ")
}

func TestMistakesAreFindings(t *testing.T) {
	for name, test := range map[string]struct {
		manifests, summary, finding string
	}{
		"nothing":                 {"", "the manifests hold no InferenceService", "is empty"},
		"no YAML":                 {"{{", "the manifests hold no InferenceService", "manifests:1:1: error: is not YAML: "},
		"a field that is unknown": {strings.Replace(manifestsOf(t, "testdata/quickstart"), "spec:", "spec:\n  enginee: {}", 1), "1 service", "did you mean spec.engine?"},
		"a runtime that is not":   {manifestsOf(t, "testdata/runtime-missing/in"), "1 service", "ISVC"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := answerTo(test.manifests)
			require.NoError(t, err)
			assert.Contains(t, got.Summary, test.summary)
			assert.Contains(t, got.Findings, test.finding)
		})
	}
}

// TestSamplesAreServices: the page offers nothing that shows nothing.
func TestSamplesAreServices(t *testing.T) {
	for _, s := range samples {
		manifests := manifestsOf(t, s.folder)
		assert.Contains(t, manifests, "kind: InferenceService\n", s.title)
		got, err := answerTo(manifests)
		require.NoError(t, err)
		assert.Contains(t, got.Summary, "1 service: ", s.title)
		assert.NotContains(t, got.Findings, "error: is ", s.title)
	}
	_, err := joinedFiles("testdata/nowhere")
	assert.ErrorContains(t, err, "run the program at the root")
}

func TestHostileManifestsAreText(t *testing.T) {
	got, err := answerTo("apiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: '<img src=x onerror=alert(1)>'}\nspec: {engine: {}}")
	require.NoError(t, err)
	assert.NotContains(t, got.Picture, "<img")
}
