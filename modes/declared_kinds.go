package modes

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
)

// checkKindsAreDeclared returns the problem of the first object of a kind that may not be returned.
func checkKindsAreDeclared(env *Env, c *Component, objects Objects) *finding.Finding {
	for _, object := range objects {
		if problem := undeclaredKindProblem(env, c, kindOfObject(object)); problem != nil {
			return problem
		}
	}
	return nil
}

// kindOfObject reads the kind that an object has written on it.
func kindOfObject(object any) kinds.Kind {
	typed, ok := object.(interface{ GetObjectKind() schema.ObjectKind })
	if !ok {
		return ""
	}
	apiVersion, kind := typed.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	return kinds.New(kind, apiVersion)
}

// undeclaredKindProblem is the problem of a kind that may not be returned; nil for a kind that may
// be.
func undeclaredKindProblem(env *Env, c *Component, kind kinds.Kind) *finding.Finding {
	if env.Kinds.Has(kind) {
		return nil
	}
	return &finding.Finding{Reason: ReasonKindNotInstalled, Message: fmt.Sprintf(
		"the %s needs %s", c.inWords(), DescribeUndeclaredKind(kind))}
}

// DescribeUndeclaredKind says in words that isvc may not return objects of a kind, and what to do
// about it.
func DescribeUndeclaredKind(kind kinds.Kind) string {
	name, apiVersion := kind.NameAndVersion()
	remedy := "add it to childResources of the CompositeController isvc"
	if component := kinds.ManifestComponentOf(kind); component != "" {
		remedy = "install the kind and add manifests/components/" + component + " to the kustomization"
	}
	return fmt.Sprintf("a %s (%s), which is not among the kinds that isvc may create: %s", name, apiVersion, remedy)
}
