package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestATriggerMustWakeFromZero(t *testing.T) {
	const cpu = `{type: cpu, metadata: {}}`
	query := func(text string) string { return `{type: prometheus, metadata: {query: '` + text + `'}}` }
	for sentence, test := range map[string]struct {
		block string
		least int32
		idles bool
		said  bool
	}{
		"a gateway":                             {query(`sum(gateway_waiting{model="vllm:x"}) by (pod)`), 0, false, false},
		"a server's queue":                      {query(`sum(vllm:num_requests_waiting{namespace="a"})`), 0, false, true},
		"a server's queue, or nothing":          {query(`sum by (pod) (rate(sglang:num_requests_total[5m])) or vector(0)`), 0, false, true},
		"a server's queue, or a gateway's":      {query(`sum(vllm:num_requests_waiting) or sum(gateway_waiting)`), 0, false, false},
		"a server's queue, beside a gateway's":  {query(`sum(vllm:num_requests_waiting)`) + ", " + query(`gateway_waiting`), 0, false, false},
		"the CPU":                               {cpu, 0, false, true},
		"the CPU, and a clock":                  {cpu + ", {type: cron, metadata: {}}", 0, false, false},
		"another scaler":                        {`{type: external-push, metadata: {}}`, 0, false, false},
		"a query that is not understood":        {query(`up`), 0, false, false},
		"a query without a metric":              {query(`vector(1)`), 0, false, false},
		"a server's queue with a replica":       {query(`sum(vllm:num_requests_waiting)`), 1, false, false},
		"a server's queue with an idle replica": {query(`sum(vllm:num_requests_waiting)`), 1, true, true},
	} {
		t.Run(sentence, func(t *testing.T) {
			keda := `triggers: [` + test.block + `]`
			if test.idles {
				keda += ", idleReplicaCount: 0"
			}
			made, problem := BuildComponent(sampleEnv(), scaledByBlock(t, test.least, 4, `{class: KEDA, keda: {`+keda+`}}`))
			require.Nil(t, problem)
			if !test.said {
				assert.Empty(t, made.Findings)
				return
			}
			require.Equal(t, []string{ReasonNothingWakes}, reasonsOf(made.Findings))
			assert.Contains(t, made.Findings[0].Message, "spec.engine.minReplicas")
		})
	}
}
