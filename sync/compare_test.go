package sync_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/internal/yamlstream"
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
	objects, err := yamlstream.Objects(data)
	require.NoError(t, err, file)
	return objects
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
