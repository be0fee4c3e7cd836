package sync

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/merge"
	"github.com/isvc-io/isvc/sync/resolve"
)

// maxParents is how many runtimes one may inherit from, each from the next, as in OME.
const maxParents = 5

// inheritance finds what the runtime that a service names inherits from others. Those are found by the
// label of profiles: Metacontroller asks for related objects before it has shown the runtime.
type inheritance struct {
	d            catalogDecoder
	accelerators accelerators.List
}

// inheritedRuntimes are the runtimes of the catalogue that inherit, with what they become, by
// resolve.KindAndName. Only a runtime that the service names inherits, as in OME.
func inheritedRuntimes(d catalogDecoder, catalog *resolve.Catalog, named string, known accelerators.List) map[string]resolve.Inheritance {
	i, inherited := inheritance{d, known}, map[string]resolve.Inheritance{}
	if runtime := catalog.ServingRuntimes[named]; runtime != nil && parentOf(runtime.Annotations) != "" {
		own := runtimeLayer{resolve.RuntimeName{Kind: resolve.KindServingRuntime, Namespace: d.namespace, Name: named}, runtime.Annotations, &runtime.Spec}
		inherited[own.KindAndName()] = i.follow(own)
	}
	if runtime := catalog.ClusterServingRuntimes[named]; runtime != nil && parentOf(runtime.Annotations) != "" {
		own := runtimeLayer{resolve.RuntimeName{Kind: resolve.KindClusterServingRuntime, Name: named}, runtime.Annotations, &runtime.Spec}
		inherited[own.KindAndName()] = i.follow(own)
	}
	return inherited
}

// runtimeLayer is a runtime as it is in the cluster.
type runtimeLayer struct {
	resolve.RuntimeName
	annotations map[string]string
	spec        *v1beta1.ServingRuntimeSpec
}

func parentOf(annotations map[string]string) string {
	return strings.TrimSpace(annotations[v1beta1.AnnotationInheritFrom])
}

// follow merges a runtime over the one that it inherits from, and that over its own, to the last.
func (i inheritance) follow(own runtimeLayer) resolve.Inheritance {
	layers, out := []runtimeLayer{own}, resolve.Inheritance{}
	for last := own; parentOf(last.annotations) != ""; {
		parent, labelled, problem := i.parentOf(last)
		switch {
		case problem != "":
			return resolve.Inheritance{Problem: problem}
		case slices.ContainsFunc(layers, func(l runtimeLayer) bool { return l.RuntimeName == parent.RuntimeName }):
			return resolve.Inheritance{Problem: fmt.Sprintf("%s inherits from itself, through %s: remove the annotation from one of them", parent.KindAndName(), last.KindAndName())}
		case len(layers) > maxParents:
			return resolve.Inheritance{Problem: fmt.Sprintf("%s inherits from more than %d runtimes, each from the next: write some of them together", own.KindAndName(), maxParents)}
		}
		layers, last = append(layers, parent), parent
		out.Parents = append(out.Parents, parent.RuntimeName)
		if !labelled {
			out.Unlabelled = append(out.Unlabelled, parent.KindAndName())
		}
	}
	merged := layers[len(layers)-1].spec.DeepCopy()
	for _, layer := range slices.Backward(layers[:len(layers)-1]) {
		merge.Into(merged, layer.spec.DeepCopy(), merge.Rules{Zeros: i.zerosOf(layer.RuntimeName), Accelerators: i.accelerators})
	}
	out.Spec = merged
	return out
}

// parentOf finds the runtime that a runtime inherits from: in the namespace of a namespaced one, then in
// the cluster. The problem says why there is none.
func (i inheritance) parentOf(child runtimeLayer) (parent runtimeLayer, isLabelled bool, problem string) {
	name := parentOf(child.annotations)
	at := fmt.Sprintf("%s metadata.annotations[%s]", child.KindAndName(), v1beta1.AnnotationInheritFrom)
	isIt := func(other string) bool { return other == name }
	broken := map[string]string{}
	d := i.d
	d.broken = broken
	places := ""
	if child.Kind == resolve.KindServingRuntime {
		if found := decodeKind[v1beta1.ServingRuntime](d, kinds.ServingRuntime, isIt)[name]; found != nil {
			id := resolve.RuntimeName{Kind: resolve.KindServingRuntime, Namespace: d.namespace, Name: name}
			return runtimeLayer{id, found.Annotations, &found.Spec}, isProfile(found.Labels), ""
		}
		places = "a ServingRuntime of namespace " + d.namespace + " or "
	}
	if found := decodeKind[v1beta1.ClusterServingRuntime](d, kinds.ClusterServingRuntime, isIt)[name]; found != nil && len(broken) == 0 {
		id := resolve.RuntimeName{Kind: resolve.KindClusterServingRuntime, Name: name}
		return runtimeLayer{id, found.Annotations, &found.Spec}, isProfile(found.Labels), ""
	}
	for _, which := range []string{resolve.KindServingRuntime, resolve.KindClusterServingRuntime} {
		if why, is := broken[resolve.KindAndName(which, name)]; is {
			return runtimeLayer{}, false, fmt.Sprintf("%s names %s, which cannot be read: %s: correct it", at, name, why)
		}
	}
	return runtimeLayer{}, false, fmt.Sprintf(
		"%s names %s, and isvc sees no such runtime (%sa ClusterServingRuntime): create it, or give it the label %s: \"true\", by which Metacontroller shows it",
		at, name, places, v1beta1.LabelRuntimeProfile)
}

func isProfile(labels map[string]string) bool { return labels[v1beta1.LabelRuntimeProfile] == "true" }

// zerosOf are the zero values that the author of a runtime wrote.
func (i inheritance) zerosOf(runtime resolve.RuntimeName) merge.Zeros {
	raw := i.d.related.RawJSON(kinds.New(runtime.Kind, v1beta1.APIVersion), runtime.Namespace, runtime.Name)
	return merge.ZerosIn[v1beta1.ServingRuntimeSpec](treeAt(raw, "spec"))
}
