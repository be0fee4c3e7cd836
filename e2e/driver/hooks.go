package driver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/api/kinds"
	isvc "github.com/isvc-io/isvc/sync"
)

// rule selects related objects.
type rule = isvc.Rule

// answer is the sync hook's.
type answer struct {
	Status             map[string]any   `json:"status"`
	Children           []map[string]any `json:"children"`
	ResyncAfterSeconds float64          `json:"resyncAfterSeconds"`

	retry time.Duration
}

// related are the objects for which the customize hook asks.
func (d *Driver) related(ctx context.Context, view view, parent *unstructured.Unstructured) (Objects, error) {
	rules, err := d.customize(ctx, parent)
	if err != nil {
		return nil, err
	}
	related := Objects{}
	for _, r := range rules {
		if err := d.selectRelated(ctx, view, r, related); err != nil {
			return nil, err
		}
	}
	return related, nil
}

// ask calls the sync hook with what it needs to know.
func (d *Driver) ask(ctx context.Context, parent *unstructured.Unstructured, children, related Objects) (*answer, error) {
	reply := &answer{}
	var err error
	reply.retry, err = d.call(ctx, "/sync", map[string]any{
		"controller": d.controller(), "parent": parent, "children": children, "related": related, "finalizing": false,
	}, reply)
	return reply, err
}

// customize calls the customize hook once for each generation of a parent.
func (d *Driver) customize(ctx context.Context, parent *unstructured.Unstructured) ([]rule, error) {
	key := fmt.Sprint(parent.GetUID(), "/", parent.GetGeneration())
	if rules, known := d.rules[key]; known {
		return rules, nil
	}
	var reply struct {
		RelatedResources []rule `json:"relatedResources"`
	}
	if _, err := d.call(ctx, "/customize", map[string]any{"controller": d.controller(), "parent": parent}, &reply); err != nil {
		return nil, err
	}
	if d.rules == nil {
		d.rules = map[string][]rule{}
	}
	d.rules[key] = reply.RelatedResources
	return reply.RelatedResources, nil
}

// controller is the part of the CompositeController that hooks look at.
func (d *Driver) controller() map[string]any {
	var declared []any
	for _, kind := range d.Kinds.Sorted() {
		_, apiVersion := kind.NameAndVersion()
		declared = append(declared, map[string]any{"apiVersion": apiVersion, "resource": isvc.ResourceName(kind)})
	}
	v2 := map[string]any{"version": "v2"}
	return map[string]any{
		"apiVersion": "metacontroller.k8s.io/v1alpha1", "kind": "CompositeController",
		"spec": map[string]any{"childResources": declared, "hooks": map[string]any{"sync": v2, "customize": v2}},
	}
}

// selectRelated adds the objects of one rule. Like Metacontroller, it names the kind also where there is none: then
// the hook knows that there is none.
func (d *Driver) selectRelated(ctx context.Context, view view, r rule, related Objects) error {
	gv, err := schema.ParseGroupVersion(r.APIVersion)
	if err != nil {
		return fmt.Errorf("cannot read a rule of the customize hook: %w", err)
	}
	kind, err := d.API.KindFor(gv.WithResource(r.Resource))
	if err != nil {
		return err
	}
	selector := labels.Everything()
	if r.LabelSelector != nil {
		if selector, err = metav1.LabelSelectorAsSelector(r.LabelSelector); err != nil {
			return fmt.Errorf("cannot read a rule of the customize hook: %w", err)
		}
	}
	found, err := view.list(ctx, r.APIVersion, kind, r.Namespace, selector)
	if err != nil {
		return err
	}
	related.addKind(kinds.New(kind, r.APIVersion))
	for _, object := range found {
		if len(r.Names) == 0 || slices.Contains(r.Names, object.GetName()) {
			related.add(object)
		}
	}
	return nil
}

// call posts a request. A hook that asks for patience is not an error.
func (d *Driver) call(ctx context.Context, path string, request, reply any) (retry time.Duration, err error) {
	body, err := json.Marshal(request)
	if err != nil {
		return 0, fmt.Errorf("cannot write a request for %s: %w", path, err)
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Hooks+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	post.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(post)
	if err != nil {
		return 0, fmt.Errorf("cannot call %s: %w", path, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, fmt.Errorf("cannot read the answer of %s: %w", path, err)
	}
	switch response.StatusCode {
	case http.StatusOK:
		return 0, utiljson.Unmarshal(data, reply)
	case http.StatusTooManyRequests:
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		return time.Duration(seconds) * time.Second, err
	}
	return 0, fmt.Errorf("cannot use the answer of %s: status %d: %s", path, response.StatusCode, strings.TrimSpace(string(data)))
}
