package explain

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/redact"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// Leaf is one value of an object and where it comes from.
type Leaf struct {
	// Path of the value, such as spec.template.spec.containers[0].image.
	Path string `json:"path"`
	// Value in JSON, cut where it is long and hidden where it probably is a secret.
	Value string `json:"value"`
	// Source is the object and field with which the value changes: "InferenceService/chat
	// spec.engine.runner.image". It is empty where no field of the service or of what it refers to changes
	// the value: then isvc or its configuration decides. "as it was applied before" says that the value stays
	// and would be another one now.
	Source string `json:"source,omitempty"`
}

// maxLeafValue is the longest value of a leaf that is shown, in runes.
const maxLeafValue = 80

// AddLeaves adds to the children of a service their values with the sources of these. The sources are found
// by trying: each field of the service and of what was chosen for it is changed, and the service is computed
// again, without the objects that it has, so that nothing is kept. A value comes from the field with which it
// changes; of several, from the one with which the fewest values change.
func AddLeaves(service *Service, request *sync.Request, response *sync.Response) {
	leaves := leavesOf(response)
	anew, sources := sourcesOf(request)
	for i, child := range response.Children {
		prefix := leafPrefix(child)
		var own []Leaf
		for _, at := range slices.Sorted(maps.Keys(leaves)) {
			if path, isOwn := strings.CutPrefix(at, prefix); isOwn && !isIdentity(path) {
				own = append(own, Leaf{Path: path, Value: shownValue(at, leaves), Source: sourceOfLeaf(at, path, leaves, anew, sources)})
			}
		}
		if i < len(service.Children) {
			service.Children[i].Leaves = own
		}
	}
}

// sourcesOf are the values of a service that is computed anew, and the fields that they come from. Both are
// empty for one that cannot be computed.
func sourcesOf(request *sync.Request) (anew, sources map[string]string) {
	alone := *request
	alone.Children, alone.Related, alone.Explain = observed.Objects{}, maps.Clone(request.Related), true
	delete(alone.Related, kinds.Pod)
	response, err := sync.Sync(&alone)
	if err != nil || response.Hold != nil {
		return nil, nil
	}
	anew, sources = leavesOf(response), map[string]string{}
	fewest := map[string]int{}
	for _, in := range inputsOf(&alone, response.Trace) {
		for _, field := range in.fields() {
			changed := in.valuesChangedBy(field, anew)
			for _, at := range changed {
				if known, found := fewest[at]; !found || len(changed) < known {
					sources[at], fewest[at] = in.title+" "+field, len(changed)
				}
			}
		}
	}
	return anew, sources
}

// isIdentity reports whether a path is that of the kind or version of an object.
func isIdentity(path string) bool { return path == "apiVersion" || path == "kind" }

// sourceOfLeaf is where a value comes from: what was applied before where it would be another one now. A digest
// has no source, because everything changes it.
func sourceOfLeaf(at, path string, leaves, anew, sources map[string]string) string {
	switch value, has := anew[at]; {
	case !has || value != leaves[at] && path != pathOfDigest:
		return sourceBefore
	case path == pathOfDigest:
		return ""
	}
	return sources[at]
}

// pathOfDigest is where a workload says from what its template was made.
const pathOfDigest = "metadata.annotations[" + v1beta1.AnnotationInput + "]"

// sourceBefore is the source of what stays as it was applied before.
const sourceBefore = "as it was applied before"

func leafPrefix(child *unstructured.Unstructured) string {
	return child.GetAPIVersion() + "/" + child.GetKind() + "/" + child.GetName() + " "
}

// leavesOf are all values of the children, in JSON, by object and path.
func leavesOf(response *sync.Response) map[string]string {
	out := map[string]string{}
	for _, child := range response.Children {
		collectLeaves(out, leafPrefix(child), "", child.Object)
	}
	return out
}

func collectLeaves(out map[string]string, prefix, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			collectLeaves(out, prefix, joinPath(path, key), member)
		}
		if len(v) > 0 {
			return
		}
	case []any:
		for i, item := range v {
			collectLeaves(out, prefix, fmt.Sprintf("%s[%d]", path, i), item)
		}
		if len(v) > 0 {
			return
		}
	}
	text, err := json.Marshal(value)
	if err == nil {
		out[prefix+path] = string(text)
	}
}

// joinPath appends a key to a path; one with a dot or slash stands in brackets.
func joinPath(path, key string) string {
	switch {
	case strings.ContainsAny(key, "./"):
		return path + "[" + key + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// input is an object on which the answer depends.
type input struct {
	request *sync.Request
	title   string
	tree    map[string]any
	// with returns the request with another version of the object.
	with func(raw json.RawMessage) *sync.Request
}

// inputsOf are the service and the objects that the trace names as chosen or as the source of a value.
func inputsOf(request *sync.Request, entries []trace.Entry) []input {
	named := map[string]bool{}
	for _, e := range entries {
		if e.Verdict == trace.Chosen || e.Verdict == trace.Set {
			named[objectOfSource(e.Source)] = true
		}
	}
	var inputs []input
	add := func(kind string, raw json.RawMessage, with func(json.RawMessage) *sync.Request) {
		var tree map[string]any
		if json.Unmarshal(raw, &tree) == nil {
			name, _, _ := unstructured.NestedString(tree, "metadata", "name")
			inputs = append(inputs, input{request, kind + "/" + name, tree, with})
		}
	}
	add(v1beta1.KindInferenceService, request.Parent, func(raw json.RawMessage) *sync.Request {
		changed := *request
		changed.Parent = raw
		return &changed
	})
	for kind, key := range request.Related.All() {
		short, _ := kind.NameAndVersion()
		namespace, name := observed.SplitKey(key)
		if kind == kinds.Pod || !named[short+"/"+name] {
			continue
		}
		add(short, request.Related[kind][key].Raw, func(raw json.RawMessage) *sync.Request {
			changed := *request
			changed.Cache, changed.Related = nil, maps.Clone(request.Related)
			changed.Related[kind] = maps.Clone(request.Related[kind])
			changed.Related[kind][observed.ObjectKey(namespace, name)] = observed.NewIndexedObject(raw)
			return &changed
		})
	}
	return inputs
}

// fields are the paths of what a user writes into the object.
func (in *input) fields() []string {
	all := map[string]string{}
	collectLeaves(all, "", "", map[string]any{"spec": in.tree["spec"]})
	metadata, _ := in.tree["metadata"].(map[string]any)
	for _, member := range []string{"labels", "annotations"} {
		if values, has := metadata[member].(map[string]any); has {
			collectLeaves(all, "", "metadata."+member, values)
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// valuesChangedBy are the leaves that another value of a field changes, or its absence where the service
// could not be computed with any other value; nil where neither could be computed.
func (in *input) valuesChangedBy(field string, leaves map[string]string) []string {
	for _, change := range []func(any) (any, bool){otherValue, func(any) (any, bool) { return nil, false }} {
		tree := runtime.DeepCopyJSON(in.tree)
		if !changeAt(tree, splitPath(field), change) {
			continue
		}
		raw, err := json.Marshal(tree)
		if err != nil {
			continue
		}
		request := in.with(raw)
		request.Explain = false
		response, err := sync.Sync(request)
		if err != nil || response.Hold != nil || len(response.Partial) > 0 || response.RetryAfter > 0 {
			continue
		}
		other := leavesOf(response)
		var changed []string
		for at, value := range leaves {
			if is, has := other[at]; !has || is != value {
				changed = append(changed, at)
			}
		}
		if len(changed) > 0 {
			return changed
		}
	}
	return nil
}

// otherValue is another value of the same type that is probably as valid.
func otherValue(value any) (any, bool) {
	switch v := value.(type) {
	case bool:
		return !v, true
	case float64:
		return v + 1, true
	case string:
		if digits := leadingDigits.FindString(v); digits != "" {
			if n, err := strconv.ParseInt(digits, 10, 32); err == nil {
				return strconv.FormatInt(n+1, 10) + v[len(digits):], true
			}
		}
		return v + "x", true
	}
	return nil, false
}

var leadingDigits = regexp.MustCompile(`^[0-9]+`)

// pathPart matches a part of a path: a key, a key in brackets or an index.
var pathPart = regexp.MustCompile(`\[[^\]]*\]|[^.\[]+`)

func splitPath(path string) []string {
	parts := pathPart.FindAllString(path, -1)
	for i, part := range parts {
		parts[i] = strings.Trim(part, "[]")
	}
	return parts
}

// changeAt changes the value at a path in place; it returns false where there is none. A change that gives no
// value removes it.
func changeAt(tree any, path []string, change func(any) (value any, keep bool)) bool {
	for _, key := range path[:len(path)-1] {
		tree = memberOf(tree, key)
	}
	last := path[len(path)-1]
	value := memberOf(tree, last)
	if value == nil {
		return false
	}
	other, keep := change(value)
	switch holder := tree.(type) {
	case map[string]any:
		if holder[last] = other; !keep {
			delete(holder, last)
		}
		return true
	case []any:
		if i, err := strconv.Atoi(last); err == nil && keep {
			holder[i] = other
			return true
		}
	}
	return false
}

func memberOf(tree any, key string) any {
	switch holder := tree.(type) {
	case map[string]any:
		return holder[key]
	case []any:
		if i, err := strconv.Atoi(key); err == nil && i < len(holder) {
			return holder[i]
		}
	}
	return nil
}

// shownValue is a value as people may see it.
func shownValue(at string, leaves map[string]string) string {
	value := leaves[at]
	if of, isValue := strings.CutSuffix(at, ".value"); isValue && redact.IsSecretName(strings.Trim(leaves[of+".name"], `"`)) {
		return hiddenValue
	}
	if name, _, isFlag := strings.Cut(strings.TrimLeft(strings.Trim(value, `"`), "-"), "="); isFlag && redact.IsSecretName(name) {
		return hiddenValue
	}
	if follows, isItem := previousItem(at); isItem {
		if before := strings.Trim(leaves[follows], `"`); strings.HasPrefix(before, "-") && redact.IsSecretName(strings.TrimLeft(before, "-")) {
			return hiddenValue
		}
	}
	return cutToWidth(redact.HideCredentials(value), maxLeafValue)
}

// hiddenValue stands for what is probably a secret.
const hiddenValue = "(hidden)"

// previousItem is the path of the item before that of a path in a list.
func previousItem(path string) (previous string, isItem bool) {
	start := strings.LastIndex(path, "[")
	if start < 0 || !strings.HasSuffix(path, "]") {
		return "", false
	}
	i, err := strconv.Atoi(path[start+1 : len(path)-1])
	if err != nil || i == 0 {
		return "", false
	}
	return fmt.Sprintf("%s[%d]", path[:start], i-1), true
}
