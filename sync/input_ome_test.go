package sync_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/load"
)

// TestInputsOfOMECountWhereTheyBelong changes what a golden case refers to beside a model and a runtime of
// its own: a change that reaches pods counts as one of the object that changed.
func TestInputsOfOMECountWhereTheyBelong(t *testing.T) {
	for sentence, test := range map[string]struct {
		name, old, now       string
		ofService, ofOthers  bool
		component            string
		leavesTemplateAsItIs bool
	}{
		"where an overlay is stored": {name: "model-overlays", old: "path: /var/models/style", now: "path: /mnt/style", ofOthers: true},
		"the claim of an overlay":    {name: "model-overlays", old: "pvc://models/draft", now: "pvc://models/other", ofOthers: true},
		"an overlay that is enabled": {name: "model-overlays", old: "disabled: true", now: "disabled: false", ofOthers: true},
		"the vendor of an overlay": {name: "model-overlays", old: "    storageUri: hf://acme/style", now: "    storageUri: hf://acme/style-2",
			leavesTemplateAsItIs: true},
		"an overlay less":                  {name: "model-overlays", old: "      - name: style-v1.5\n", now: "", ofService: true, ofOthers: true},
		"an overlay of a router":           {name: "model-overlays", old: "path: /var/models/style", now: "path: /mnt/style", component: "router", leavesTemplateAsItIs: true},
		"what a parent says":               {name: "runtime-inherited", old: "sglang:v0.4.9", now: "sglang:v0.5.0", ofOthers: true},
		"what the parent's parent says":    {name: "runtime-inherited", old: "value: /cache", now: "value: /tmp", ofOthers: true},
		"a parent less":                    {name: "runtime-inherited", old: ", ome.io/inherit-from: site", now: "", ofOthers: true},
		"a profile of pods of the runtime": {name: "pod-profiles", old: `probe-port: "8080"`, now: `probe-port: "8081"`, ofOthers: true},
		"a profile of pods of the service": {name: "pod-profiles", old: "metadata:\n  name: chat\n", now: "metadata:\n  name: chat\n  annotations: {runtime.ome.io/observability-port: \"1\"}\n",
			ofService: true, component: "decoder"},
	} {
		t.Run(sentence, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(goldenFolder, test.name, "in", "service.yaml"))
			require.NoError(t, err)
			require.Contains(t, string(data), test.old)
			if test.component == "" {
				test.component = "engine"
			}
			before := podsOfText(t, string(data), test.component)
			after := podsOfText(t, strings.ReplaceAll(string(data), test.old, test.now), test.component)
			assert.Equal(t, test.leavesTemplateAsItIs, before.template == after.template, "the pod template stays")
			was, is := strings.Split(before.input, "."), strings.Split(after.input, ".")
			assert.Equal(t, test.ofService, was[1] != is[1], "a change of the service: %s, %s", before.input, after.input)
			assert.Equal(t, test.ofOthers, was[2] != is[2], "a change of what services share: %s, %s", before.input, after.input)
		})
	}
}

// podsOfText are what the pods of a component are made from, for the one service of a text.
func podsOfText(t *testing.T, text, component string) podsMade {
	t.Helper()
	set, problems := load.Files([]load.File{{Name: "in.yaml", Data: []byte(text)}}, "default")
	require.Empty(t, problems)
	requests := set.Requests(load.Options{Kinds: kinds.All()})
	require.Len(t, requests, 1)
	made := outcomeOf(t, requests[0]).components
	require.Contains(t, made, component)
	return made[component]
}
