package compose

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// TestStrategyThatRolls: what a component says of itself wins over its lifecycle, and both over the
// configuration, which speaks of pods with accelerators alone.
func TestStrategyThatRolls(t *testing.T) {
	const (
		gpu        = `runner: {name: ome-container, image: "engine:1", resources: {limits: {nvidia.com/gpu: 1}}}`
		claim      = `resourceClaims: [{name: g, resourceClaimTemplateName: gpus}], runner: {name: ome-container, image: "engine:1", resources: {claims: [{name: g}]}}`
		workers    = `leader: {runner: {name: ome-container, image: "engine:1"}}, worker: {size: 1, runner: {name: ome-container, image: "engine:1", resources: {limits: {nvidia.com/gpu: 1}}}}`
		configured = `{"rollingUpdate":{"maxUnavailable":1,"maxSurge":0}}`
	)
	for sentence, test := range map[string]struct {
		engine, want, says string
	}{
		"the configuration's for accelerators":            {engine: `{` + gpu + `}`, want: configured},
		"the configuration's for claims":                  {engine: `{` + claim + `}`, want: configured},
		"the configuration's for accelerators of workers": {engine: `{` + workers + `}`, want: configured},
		"without accelerators":                            {engine: `{}`, want: `null`},
		"its own":                                         {engine: `{deploymentStrategy: {type: Recreate}, ` + gpu + `}`, want: `{"type":"Recreate"}`},
		"its own for groups":                              {engine: `{deploymentStrategy: {type: Recreate}, ` + workers + `}`, want: `{"type":"Recreate"}`},
		"its own over its lifecycle":                      {engine: `{deploymentStrategy: {rollingUpdate: {maxSurge: 3}}, lifecycle: {updateStrategy: {rollingUpdate: {maxSurge: 2}}}, ` + workers + `}`, want: `{"rollingUpdate":{"maxSurge":3}}`},
		"that of its lifecycle":                           {engine: `{lifecycle: {updateStrategy: {rollingUpdate: {maxSurge: 2}}}, ` + gpu + `}`, want: `{"rollingUpdate":{"maxSurge":2}}`},
		"that of the lifecycle of groups":                 {engine: `{lifecycle: {updateStrategy: {type: RecreatePod}}, ` + workers + `}`, want: `{"rollingUpdate":{"maxUnavailable":1,"maxSurge":0}}`},
		"a lifecycle without bounds":                      {engine: `{lifecycle: {updateStrategy: {rollingUpdate: {partition: 1}}}, ` + workers + `}`, want: configured},
		"zero and zero":                                   {engine: `{deploymentStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: "0%"}}, ` + workers + `}`, want: `{"rollingUpdate":{"maxUnavailable":"0%","maxSurge":1}}`, says: "spec.engine.deploymentStrategy: maxSurge and maxUnavailable are both 0"},
		"zero and zero of a lifecycle":                    {engine: `{lifecycle: {updateStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}}`, want: `{"rollingUpdate":{"maxUnavailable":0,"maxSurge":1}}`, says: "spec.engine.lifecycle.updateStrategy: maxSurge and maxUnavailable are both 0"},
		"what is no number":                               {engine: `{deploymentStrategy: {rollingUpdate: {maxSurge: -1, maxUnavailable: "half"}}}`, want: `{"rollingUpdate":{}}`, says: `maxUnavailable "half" is ignored`},
		"more than all of them":                           {engine: `{deploymentStrategy: {rollingUpdate: {maxSurge: "150%", maxUnavailable: "150%"}}}`, want: `{"rollingUpdate":{"maxSurge":"150%"}}`, says: `maxUnavailable "150%" is ignored`},
		"what recreating does not read":                   {engine: `{deploymentStrategy: {type: Recreate, rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}`, want: `{"type":"Recreate","rollingUpdate":{"maxUnavailable":0,"maxSurge":0}}`},
	} {
		t.Run(sentence, func(t *testing.T) {
			in := input{spec: `{engine: ` + test.engine + `}`, runtime: plainRuntime}.input(t)
			in.Config = config.Parse(map[string]string{config.SectionDeploy: `{"defaultDeploymentMode": "RawDeployment", "acceleratorStrategy": {"maxSurge": 0, "maxUnavailable": 1}}`})
			require.Empty(t, in.Config.Problems)
			text, err := json.Marshal(composed(t, in, v1beta1.EngineComponent).Extension.DeploymentStrategy)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(text))
			said := ""
			for _, found := range in.Record.Findings() {
				if found.Reason == ReasonRolloutAdjusted {
					said += found.Message
				}
			}
			assert.Contains(t, said, test.says)
			assert.Equal(t, test.says == "", said == "", said)
		})
	}
}
