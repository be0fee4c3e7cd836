package compose

import (
	"fmt"
	"slices"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// limited is a field of a component that only some modes use.
type limited struct {
	name  string
	set   func(p *parts) bool
	modes []v1beta1.DeploymentMode
}

// limitedFields lists the fields that only some modes use.
var limitedFields = []limited{
	{"canaryTrafficPercent", func(p *parts) bool { return p.CanaryTrafficPercent != nil }, serverless},
	{"containerConcurrency", func(p *parts) bool { return p.ContainerConcurrency != nil }, serverless},
	{"deploymentStrategy", func(p *parts) bool { return p.DeploymentStrategy != nil }, raw},
	{"minAvailable", func(p *parts) bool { return p.MinAvailable != nil }, budgeted},
	{"maxUnavailable", func(p *parts) bool { return p.MaxUnavailable != nil }, budgeted},
	{"kedaConfig", func(p *parts) bool { return p.KedaConfig != nil }, budgeted},
}

var (
	serverless = []v1beta1.DeploymentMode{v1beta1.Serverless}
	raw        = []v1beta1.DeploymentMode{v1beta1.RawDeployment}
	budgeted   = []v1beta1.DeploymentMode{v1beta1.RawDeployment, v1beta1.MultiNode}
)

// noteIgnored reports each field that the service sets and its mode ignores.
func (b *builder) noteIgnored() {
	for _, f := range limitedFields {
		if f.set(b.own) && !slices.Contains(f.modes, b.out.Mode) {
			b.Record.Note(string(b.kind)+"/"+f.name, modes.ReasonFieldIgnored, fmt.Sprintf(
				"spec.%s.%s has no effect in mode %s: remove it, or choose a mode that uses it (%s)",
				b.kind, f.name, b.out.Mode, list(f.modes)))
		}
	}
}

func list(all []v1beta1.DeploymentMode) string {
	text := string(all[0])
	for _, m := range all[1:] {
		text += ", " + string(m)
	}
	return text
}
