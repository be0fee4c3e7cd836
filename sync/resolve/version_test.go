package resolve

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersionsMatch(t *testing.T) {
	for sentence, c := range map[string]struct {
		runtime, model, operator string
		want                     bool
	}{
		"an unofficial version equals itself whatever the operator": {"4.47.0.dev0", "4.47.0.dev0", "GreaterThanOrEqual", true},
		"a newer runtime takes an older model":                      {"4.48.0", "4.47.0", "GreaterThanOrEqual", true},
		"an older runtime does not take a newer model":              {"4.46.0", "4.47.0", "GreaterThanOrEqual", false},
		"ordering needs the same precision":                         {"4.48", "4.47.0", "GreaterThanOrEqual", false},
		"equality does not need the same precision":                 {"1", "1.0.0", "Equal", true},
		"equality does not need the same prefix":                    {"v1", "1", "Equal", true},
		"ordering needs the same prefix":                            {"v1", "1", "GreaterThanOrEqual", false},
		"both with the prefix are ordered":                          {"v2", "v1", "GreaterThanOrEqual", true},
		"GreaterThan excludes equal":                                {"4.47.0", "4.47.0", "GreaterThan", false},
		"GreaterThan takes greater":                                 {"4.48.0", "4.47.0", "GreaterThan", true},
		"an unofficial model forces equality":                       {"4.48.0", "4.47.0.dev0", "GreaterThan", false},
		"an unofficial runtime forces equality":                     {"4.48.0-rc.1", "4.47.0", "GreaterThan", false},
		"an unknown operator means equal":                           {"2.0.0", "1.0.0", "Bogus", false},
		"an unknown operator takes equal versions":                  {"1.0.0", "1.0.0", "Bogus", true},
		"an unknown operator needs the same precision":              {"1", "1.0.0", "Bogus", false},
		"at least includes equal":                                   {"1.0", "1.0", "GreaterThanOrEqual", true},
		"no operator means equal":                                   {"1.0", "1.0", "", true},
		"numbers are compared as numbers":                           {"4.10.0", "4.9.0", "GreaterThan", true},
		"a version that cannot be read does not equal itself":       {"1.2-rc1", "1.2-rc1", "Equal", false},
		"an empty version does not equal itself":                    {"", "", "Equal", false},
		"a leading zero cannot be read":                             {"1.02.0", "1.2.0", "Equal", false},
		"a fourth number is a dev part":                             {"1.2.3.4", "1.2.3.4", "Equal", true},
		"a fourth number counts":                                    {"1.2.3.4", "1.2.3", "Equal", false},
		"a pre-release differs from its release":                    {"1.2.3-rc.1", "1.2.3", "Equal", false},
		"a build part counts":                                       {"1.2.3+cuda12", "1.2.3+cuda11", "Equal", false},
		"pre-release, build and dev parts are read together":        {"1.2.3.dev1-rc.1+b.2", "1.2.3.dev1-rc.1+b.2", "Equal", true},
		"an empty part cannot be read":                              {"1.2.3-", "1.2.3-", "Equal", false},
		"a sign cannot be read":                                     {"+1.0", "+1.0", "Equal", false},
		"an upper-case prefix cannot be read":                       {"V1", "V1", "Equal", false},
	} {
		t.Run(sentence, func(t *testing.T) {
			var operator *string
			if c.operator != "" {
				operator = &c.operator
			}
			assert.Equal(t, c.want, versionsMatch(c.runtime, c.model, operator))
		})
	}
}
