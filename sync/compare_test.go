package sync_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	yamlutil "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/sync/child"
)

// readObjects reads a YAML stream; a file that is absent is empty.
func readObjects(t testing.TB, file string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	reader := yamlutil.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	var out []map[string]any
	for {
		doc, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		raw, err := yaml.YAMLToJSON(doc)
		require.NoError(t, err)
		var object map[string]any
		require.NoError(t, utiljson.Unmarshal(raw, &object))
		if object != nil {
			out = append(out, object)
		}
	}
}

// operation is one step of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

var patchTarget = regexp.MustCompile(`(?m)^# \S+ \(((?:Knative )?\w+/[^ )]+)[^)]*\)`)

// readPatches reads the pod webhook's patches by the workload that makes the
// pod.
func readPatches(t *testing.T, file string) map[string][][]operation {
	t.Helper()
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	out := map[string][][]operation{}
	for _, doc := range bytes.Split(data, []byte("\n---\n")) {
		match := patchTarget.FindSubmatch(doc)
		if match == nil {
			continue
		}
		var steps []operation
		require.NoError(t, yaml.Unmarshal(doc, &steps))
		out[string(match[1])] = append(out[string(match[1])], steps)
	}
	return out
}

// templates returns the pod templates of a workload in the order in which the
// corpus lists their patches.
func templates(object any) []map[string]any {
	var out []map[string]any
	for _, fields := range [][]string{
		{"spec", "template"},
		{"spec", "leaderWorkerTemplate", "leaderTemplate"},
		{"spec", "leaderWorkerTemplate", "workerTemplate"},
		{"spec", "headGroupSpec", "template"},
	} {
		tree, _ := object.(map[string]any)
		if template, found, _ := unstructured.NestedFieldNoCopy(tree, fields...); found {
			out = append(out, template.(map[string]any))
		}
	}
	tree, _ := object.(map[string]any)
	groups, _, _ := unstructured.NestedFieldNoCopy(tree, "spec", "workerGroupSpecs")
	list, _ := groups.([]any)
	for _, group := range list {
		out = append(out, group.(map[string]any)["template"].(map[string]any))
	}
	return out
}

func patchTemplates(t *testing.T, object any, patches [][]operation) {
	t.Helper()
	all := templates(object)
	for i, steps := range patches {
		if i >= len(all) {
			t.Logf("a patch has no template: %v", steps)
			return
		}
		for _, step := range steps {
			applyStep(t, all[i], step)
		}
	}
}

// applyStep does an add or replace; the pods of the corpus need no others.
func applyStep(t *testing.T, tree map[string]any, step operation) {
	t.Helper()
	parts := strings.Split(strings.TrimPrefix(step.Path, "/"), "/")
	for i := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
	}
	raw, err := json.Marshal(step.Value)
	require.NoError(t, err)
	var value any
	require.NoError(t, utiljson.Unmarshal(raw, &value))
	setAt(t, tree, parts, value, step)
}

func setAt(t *testing.T, node any, parts []string, value any, step operation) any {
	t.Helper()
	switch n := node.(type) {
	case map[string]any:
		if len(parts) == 1 {
			if step.Op == "remove" {
				delete(n, parts[0])
			} else {
				n[parts[0]] = value
			}
			return n
		}
		n[parts[0]] = setAt(t, n[parts[0]], parts[1:], value, step)
		return n
	case []any:
		at, err := strconv.Atoi(parts[0])
		if parts[0] == "-" {
			at, err = len(n), nil
		}
		require.NoError(t, err)
		switch {
		case len(parts) > 1:
			n[at] = setAt(t, n[at], parts[1:], value, step)
		case step.Op == "add":
			n = append(n[:at:at], append([]any{value}, n[at:]...)...)
		case step.Op == "remove":
			n = append(n[:at:at], n[at+1:]...)
		default:
			n[at] = value
		}
		return n
	}
	return value
}

// normal removes from a child what does not tell anything: owner references,
// which Metacontroller adds, names in pod templates, and empty values.
func normal(t *testing.T, object map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, utiljson.Unmarshal(raw, &tree))
	unstructured.RemoveNestedField(tree, "metadata", "ownerReferences")
	for _, template := range templates(tree) {
		unstructured.RemoveNestedField(template, "metadata", "name")
		unstructured.RemoveNestedField(template, "metadata", "namespace")
	}
	return child.Canonical(tree).Object
}

// compare lists the places in which two sets of objects differ.
func compare(want, got map[string]any) []string {
	var out []string
	for _, key := range unionKeys(want, got) {
		switch {
		case got[key] == nil:
			out = append(out, key+": missing")
		case want[key] == nil:
			out = append(out, key+": added")
		default:
			differ("", want[key], got[key], func(path, what string) { out = append(out, key+": "+path+what) })
		}
	}
	return out
}

func unionKeys(a, b map[string]any) []string {
	keys := map[string]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	list := make([]string, 0, len(keys))
	for key := range keys {
		list = append(list, key)
	}
	sort.Strings(list)
	return list
}

// differ reports the places below a path in which two values differ.
func differ(path string, want, got any, report func(path, what string)) {
	switch w := want.(type) {
	case map[string]any:
		g, same := got.(map[string]any)
		if !same {
			break
		}
		for _, key := range unionKeys(w, g) {
			differ(path+"."+key, w[key], g[key], report)
		}
		return
	case []any:
		g, same := got.([]any)
		if !same {
			break
		}
		differLists(path, w, g, report)
		return
	}
	if !sameValue(want, got) {
		report(path, fmt.Sprintf(": OME %s, ours %s", show(want), show(got)))
	}
}

func differLists(path string, want, got []any, report func(path, what string)) {
	w, wOrder, wNamed := byName(want)
	g, gOrder, gNamed := byName(got)
	if !wNamed || !gNamed {
		if !sameValue(want, got) {
			report(path, fmt.Sprintf(": OME %s, ours %s", show(want), show(got)))
		}
		return
	}
	for _, name := range unionKeys(w, g) {
		differ(path+"["+name+"]", w[name], g[name], report)
	}
	if common(wOrder, g) != common(gOrder, w) {
		report(path, fmt.Sprintf(": order: OME %v, ours %v", wOrder, gOrder))
	}
}

func common(order []string, in map[string]any) string {
	var kept []string
	for _, name := range order {
		if in[name] != nil {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, " ")
}

// byName indexes a list by its items' names, mount paths or types.
func byName(list []any) (index map[string]any, order []string, ok bool) {
	index = map[string]any{}
	for _, item := range list {
		m, isMap := item.(map[string]any)
		name, has := m["name"].(string)
		for _, key := range []string{"mountPath", "type"} {
			if text, is := m[key].(string); is {
				name, has = text, true
			}
		}
		if !isMap || !has || index[name] != nil {
			return nil, nil, false
		}
		index[name] = item
		order = append(order, name)
	}
	return index, order, true
}

func sameValue(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func show(value any) string {
	if value == nil {
		return "nothing"
	}
	text, _ := json.Marshal(value)
	if len(text) > 300 {
		return string(text[:300]) + "…"
	}
	return string(text)
}
