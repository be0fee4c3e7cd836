package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cases"
	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/e2e/driver"
	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// passes is how often a case is synced: once to create, then to prove rest.
const passes = 3

// TestChildrenRest applies the children of every case for real, reads them back
// as the API server and its controllers completed them, and syncs again with
// them as observed: the second and third pass must write nothing.
func TestChildrenRest(t *testing.T) {
	for _, strategy := range []driver.Strategy{driver.DynamicApply, driver.ServerSideApply} {
		t.Run(string(strategy), func(t *testing.T) {
			r := &rest{api: connect(t, "driver"), strategy: strategy, restless: map[string][]string{}}
			t.Run("cases", func(t *testing.T) {
				for i, c := range allCases(t) {
					t.Run(c.Name, func(t *testing.T) {
						t.Parallel()
						r.run(t, &c, fmt.Sprintf("rest-%s-%d", strategy, i))
					})
				}
			})
			r.summarize(t)
		})
	}
}

// rest proves rest under one strategy.
type rest struct {
	api      *cluster.Client
	strategy driver.Strategy

	mutex sync.Mutex
	// restless are the cases by what was written in them at rest.
	restless map[string][]string
}

// run brings one case to rest in a namespace of its own.
func (r *rest) run(t *testing.T, c *cases.Case, namespace string) {
	for child := range refusedChildren {
		if strings.HasPrefix(child, c.Name+" ") {
			t.Skipf("%s is refused, and never arrives", child)
		}
	}
	ensureNamespace(t, r.api, namespace)
	parent := c.Service.DeepCopy()
	parent.SetNamespace(namespace)
	parent.SetFinalizers(nil)
	parent.SetResourceVersion("")
	parent, err := create(r.api, parent, metav1.CreateOptions{})
	if apierrors.IsInvalid(err) {
		t.Skip("the service itself is refused")
	}
	require.NoError(t, err)
	defer r.remove(t, parent)
	for pass := 1; pass <= passes; pass++ {
		writes := r.pass(t, c, parent)
		if pass == 1 {
			numbers.count(fmt.Sprintf("children applied, %s", r.strategy), len(writes))
			continue
		}
		for _, write := range writes {
			t.Errorf("pass %d: %s", pass, write)
			r.note(c, write)
		}
	}
	countPass(t, fmt.Sprintf("cases brought to rest, %s", r.strategy))
}

// pass syncs once. A new driver each time knows of no earlier pass, so that
// server-side apply sends every child.
func (r *rest) pass(t *testing.T, c *cases.Case, parent *unstructured.Unstructured) []driver.Write {
	ctx := context.Background()
	d := &driver.Driver{API: r.api, Strategy: r.strategy, Kinds: c.Kinds}
	children, err := d.Observe(ctx, parent)
	require.NoError(t, err)
	request := c.Request(asObserved(t, children, c.Service.GetNamespace()), time.Now())
	request.Parent = inNamespace(t, parent, c.Service.GetNamespace())
	response, err := isvc.Sync(request)
	require.NoError(t, err)
	require.Zero(t, response.RetryAfter, "the children could not be repeated: %v", response.Hold)
	var desired []map[string]any
	for _, child := range response.Children {
		child = child.DeepCopy()
		child.SetNamespace(parent.GetNamespace())
		desired = append(desired, child.Object)
	}
	result := &driver.Result{}
	require.NoError(t, d.Manage(ctx, result, parent, children, desired))
	return significant(result.Writes)
}

// asObserved writes children as a request holds them, in the namespace in which
// the case renders them.
func asObserved(t *testing.T, children driver.Objects, namespace string) observed.Objects {
	t.Helper()
	out := observed.Objects{}
	for kind, byKey := range children {
		out[kind] = map[string]observed.Object{}
		for _, child := range byKey {
			out.Add(kind, namespace, child.GetName(), inNamespace(t, child, namespace))
		}
	}
	return out
}

// inNamespace is an object as JSON in another namespace than its own.
func inNamespace(t *testing.T, object *unstructured.Unstructured, namespace string) json.RawMessage {
	t.Helper()
	object = object.DeepCopy()
	object.SetNamespace(namespace)
	raw, err := object.MarshalJSON()
	require.NoError(t, err)
	return raw
}

// significant leaves out what server-side apply sent and the server found to be
// so already.
func significant(writes []driver.Write) []driver.Write {
	var kept []driver.Write
	for _, w := range writes {
		if w.Verb != "apply" || w.Created || len(w.Paths) > 0 {
			kept = append(kept, w)
		}
	}
	return kept
}

func (r *rest) remove(t *testing.T, parent *unstructured.Unstructured) {
	services, err := r.api.Of(parent)
	require.NoError(t, err)
	background := metav1.DeletePropagationBackground
	require.NoError(t, services.Delete(context.Background(), parent.GetName(), metav1.DeleteOptions{PropagationPolicy: &background}))
}

var listIndex = regexp.MustCompile(`\[\d+\]`)

func (r *rest) note(c *cases.Case, write driver.Write) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	kind, _, _ := strings.Cut(write.Object, "/")
	key := write.Verb + " " + kind + " " + listIndex.ReplaceAllString(strings.Join(write.Paths, " "), "[]")
	if cases := r.restless[key]; len(cases) == 0 || cases[len(cases)-1] != c.Name {
		r.restless[key] = append(cases, c.Name)
	}
}

func (r *rest) summarize(t *testing.T) {
	written := 0
	var keys []string
	for key, where := range r.restless {
		keys = append(keys, key)
		written += len(where)
	}
	sort.Strings(keys)
	for _, key := range keys {
		t.Logf("written at rest: %s: %d cases: %v", key, len(r.restless[key]), r.restless[key])
	}
	numbers.record(fmt.Sprintf("writes at rest, %s", r.strategy), "%d", written)
}
