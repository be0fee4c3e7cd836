package sync

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/apply"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/emit"
)

// children are desired objects by kind and name; all are in the service's
// namespace.
type children map[childKey]*unstructured.Unstructured

type childKey struct {
	kind kinds.Kind
	name string
}

func keyOf(child *unstructured.Unstructured) childKey {
	return childKey{kinds.New(child.GetKind(), child.GetAPIVersion()), child.GetName()}
}

// add stores typed objects in their canonical form and returns their keys.
func (c children) add(objects ...any) []childKey {
	keys := make([]childKey, 0, len(objects))
	for _, object := range objects {
		child := emit.Object(object)
		emit.Defaults(child)
		key := keyOf(child)
		c[key] = child
		keys = append(keys, key)
	}
	return keys
}

// keys returns the keys of the children by kind, name and version.
func (c children) keys() []childKey {
	keys := slices.AppendSeq(make([]childKey, 0, len(c)), maps.Keys(c))
	slices.SortFunc(keys, func(a, b childKey) int {
		kindA, versionA := a.kind.Split()
		kindB, versionB := b.kind.Split()
		return cmp.Or(strings.Compare(kindA, kindB), strings.Compare(a.name, b.name), strings.Compare(versionA, versionB))
	})
	return keys
}

// build writes every component down as objects, then those that belong to the
// service as a whole.
func (p *pass) build() {
	for i := range p.components {
		p.buildComponent(&p.components[i])
	}
	if m := p.found.model; m != nil {
		var weight *v1beta1.FineTunedWeightSpec
		if p.found.weight != nil {
			weight = &p.found.weight.Object.Spec
		}
		p.describe(modes.MakeModelConfigMap(p.env(), m.Name, m.Spec, weight))
	}
	p.buildIngress()
}

// describe adds the ConfigMap that describes the model. Where it cannot be
// made, the one that exists is kept, and the service runs without a new one.
func (p *pass) describe(object any) {
	built := children{}
	built.add(object)
	p.undescribed = built.refused(p.req.Managed)
	if p.undescribed != nil {
		p.record.Note("model/ConfigMap", p.undescribed.Reason, p.undescribed.Message)
		return
	}
	maps.Copy(p.children, built)
}

// refused is why one of the children must not be returned: its kind is not
// managed, so that it would be made once and never changed or deleted, or it is
// unsafe.
func (c children) refused(managed kinds.Set) *finding.Finding {
	for _, key := range c.keys() {
		if !managed.Has(key.kind) {
			kind, _ := key.kind.Split()
			return &finding.Finding{Reason: modes.ReasonKindNotInstalled, Message: fmt.Sprintf(
				"%s %s is not made: it is %s", kind, key.name, modes.DescribeUndeclaredKind(key.kind))}
		}
	}
	return c.unsafe()
}

func (p *pass) buildComponent(result *compose.Result) {
	if result.Problem != nil {
		return
	}
	if result.Problem = tooMany(result.Component); result.Problem != nil {
		return
	}
	p.mirrorReplicas(result.Component)
	made, problem := modes.BuildComponent(p.env(), result.Component)
	p.recordFindings(made.Findings)
	if problem != nil {
		result.Problem = problem
		return
	}
	built := children{}
	built.add(made.Objects...)
	if result.Problem = built.unsafe(); result.Problem == nil {
		maps.Copy(p.children, built)
	}
}

// ReasonTooManyClusters: a component asks for more Ray clusters than one
// service may have. Seen in EngineReady, DecoderReady and RouterReady. Fix:
// lower minReplicas, or use several services.
const ReasonTooManyClusters = "TooManyClusters"

// maxClusters is how many Ray clusters a component may have. Each is an object,
// and all objects of a service are in one answer.
const maxClusters = 200

// tooMany is the problem of a component whose replicas are objects of their own
// and have no reasonable number.
func tooMany(c *modes.Component) *finding.Finding {
	if c.Mode != v1beta1.MultiNodeRayVLLM || c.Scaling.Min <= maxClusters {
		return nil
	}
	return &finding.Finding{Reason: ReasonTooManyClusters, Message: fmt.Sprintf(
		"minReplicas of the %s is %d, and in mode %s each replica is an object of its own: use at most %d", c.Type, c.Scaling.Min, c.Mode, maxClusters)}
}

// ReasonUnsafeToApply: an object cannot be applied again and again, or is too
// large. Seen in EngineReady, DecoderReady, RouterReady, IngressReady and
// SpecHonored. Fix: correct the list or the size that the message names.
const ReasonUnsafeToApply = "UnsafeToApply"

// unsafe is the first child that Metacontroller would spoil or refuse.
func (c children) unsafe() *finding.Finding {
	for _, key := range c.keys() {
		if err := apply.Safe(c[key].Object); err != nil {
			kind, _ := key.kind.Split()
			return &finding.Finding{Reason: ReasonUnsafeToApply, Message: fmt.Sprintf(
				"%s %s cannot be applied: %v: change what the service or its runtime says there", kind, key.name, err)}
		}
	}
	return nil
}

// composed are the components that could be built.
func (p *pass) composed() []*modes.Component {
	var out []*modes.Component
	for _, result := range p.components {
		if result.Problem == nil {
			out = append(out, result.Component)
		}
	}
	return out
}
