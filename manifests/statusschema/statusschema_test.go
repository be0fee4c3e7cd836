package statusschema

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAGoodStatusHasNoViolation(t *testing.T) {
	found, err := Violations([]byte(`{"observedGeneration":1,"url":"http://x","conditions":[{"type":"Ready","status":"True"}]}`))
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestTheSchemaCheckFinds(t *testing.T) {
	for name, test := range map[string]struct{ status, want string }{
		"an unknown field":              {`{"conditions":[{"type":"Ready","status":"True","since":1}]}`, "status.conditions[0].since: unknown, would be pruned"},
		"a missing required field":      {`{"conditions":[{"type":"Ready"}]}`, "status.conditions[0].status: required"},
		"a null":                        {`{"url":null}`, "status.url: null"},
		"a value outside an enum":       {`{"modelStatus":{"transitionStatus":"Done"}}`, "status.modelStatus.transitionStatus: Done is not one of [ UpToDate InProgress BlockedByFailedLoad InvalidSpec]"},
		"a field that gets a default":   {`{"modelStatus":{"transitionStatus":"UpToDate","modelRevisionStates":{"activeModelState":"Loaded"}}}`, "status.modelStatus.modelRevisionStates.targetModelState: would be defaulted"},
		"a number for a text":           {`{"url":1}`, "status.url: is a number"},
		"a time that is none":           {`{"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"now"}]}`, "status.conditions[0].lastTransitionTime: is no time"},
		"a quantity that is none":       {`{"components":{"engine":{"selectedAccelerator":{"acceleratorClass":"a","resourceRequests":{"cpu":"many"}}}}}`, ""},
		"an object instead of a string": {`{"url":{}}`, "status.url: not an object in the schema"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Violations([]byte(test.status))
			require.NoError(t, err)
			require.NotEmpty(t, found)
			if test.want != "" {
				assert.Contains(t, found, test.want)
			}
		})
	}
}
