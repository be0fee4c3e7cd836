// Package modes writes components down as Kubernetes objects.
//
// A component arrives with every decision made; its mode says which kinds it
// becomes. A file per mode builds its workload, a file per companion builds
// what stands beside it: Service, autoscaler, disruption budget, permissions,
// ingress. Builders are pure: component and configuration in, objects out.
package modes

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/isvc-io/isvc/api/kinds"
)

// Build writes a component down as the objects of its mode and, for a router,
// its permissions. A problem means that the component cannot be built, and
// then there are no objects.
func Build(env *Env, c *Component) (Objects, *finding.Finding) {
	mode, known := Of(c.Mode)
	if !known {
		return nil, &finding.Finding{Reason: ReasonModeUnsupported, Message: fmt.Sprintf(
			"the %s of InferenceService %s/%s cannot be deployed in mode %q: use %s",
			c.Type, c.Namespace, c.Service, c.Mode, modeNames())}
	}
	objects, problem := mode.build(env, c)
	if problem != nil {
		return nil, problem
	}
	objects = append(objects, routerAccess(c)...)
	if problem := checkKinds(env, c, objects); problem != nil {
		return nil, problem
	}
	return objects, nil
}

// checkKinds finds the first object of a kind that may not be returned.
func checkKinds(env *Env, c *Component, objects Objects) *finding.Finding {
	for _, object := range objects {
		if problem := missingKind(env, c, kindOf(object)); problem != nil {
			return problem
		}
	}
	return nil
}

// kindOf reads the kind that an object has written on it.
func kindOf(object any) kinds.Kind {
	typed, ok := object.(interface{ GetObjectKind() schema.ObjectKind })
	if !ok {
		return ""
	}
	apiVersion, kind := typed.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	return kinds.New(kind, apiVersion)
}
