package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/modes"
)

// limitedField is a field of a component that only some modes use, see modes.Mode.OnlySomeModesUse.
type limitedField struct {
	name  string
	isSet func(c *componentSpec) bool
}

var limitedFields = []limitedField{
	{"canaryTrafficPercent", func(c *componentSpec) bool { return c.CanaryTrafficPercent != nil }},
	{"containerConcurrency", func(c *componentSpec) bool { return c.ContainerConcurrency != nil }},
	{"deploymentStrategy", func(c *componentSpec) bool { return c.DeploymentStrategy != nil }},
	{"minAvailable", func(c *componentSpec) bool { return c.MinAvailable != nil }},
	{"maxUnavailable", func(c *componentSpec) bool { return c.MaxUnavailable != nil }},
	{"kedaConfig", func(c *componentSpec) bool { return c.KedaConfig != nil }},
}

// noteIgnoredFields notes each field that the service sets and the mode ignores.
func noteIgnoredFields(s *sources, mode modes.Mode) {
	for _, field := range limitedFields {
		if field.isSet(s.fromService) && !slices.Contains(mode.OnlySomeModesUse, field.name) {
			s.record.Note(s.traceSubject(field.name), modes.ReasonFieldIgnored, fmt.Sprintf(
				"spec.%s.%s has no effect in mode %s: remove it, or choose a mode that uses it (%s)",
				s.component, field.name, mode.Name, modesThatUse(field.name)))
		}
	}
}

// modesThatUse lists modes for a message: "RawDeployment, MultiNode".
func modesThatUse(field string) string {
	var users []string
	for _, mode := range modes.All() {
		if slices.Contains(mode.OnlySomeModesUse, field) {
			users = append(users, string(mode.Name))
		}
	}
	return strings.Join(users, ", ")
}
