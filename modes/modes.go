// Package modes makes the Kubernetes objects of components.
//
// A component arrives with every decision made; its Mode says what is special about the way it is
// deployed, and All lists the modes. A file per mode makes its workload, a file per companion makes
// what belongs to it: Service object, autoscaler, disruption budget, permissions, routes.
//
// Builders are pure: component, service and configuration in, objects and findings out. They read
// nothing else, change none of their arguments and record nothing.
package modes

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
)

// BuildComponent makes the objects of a component: what its mode builds and, for a router, its
// permissions. With a problem there are no objects.
func BuildComponent(env *Env, c *Component) (Built, *finding.Finding) {
	mode, known := Of(c.Mode)
	if !known {
		return Built{}, &finding.Finding{Reason: ReasonModeUnsupported, Message: fmt.Sprintf(
			"the %s cannot be deployed in mode %q: use %s", c.inWords(), c.Mode, modeNames())}
	}
	built, problem := mode.build(env, c)
	if problem == nil {
		built = concatBuilt(built, Built{Objects: routerAccessObjects(env, c)})
		problem = checkKindsAreDeclared(env, c, built.Objects)
	}
	if problem != nil {
		return Built{Findings: built.Findings}, problem
	}
	return built, nil
}
