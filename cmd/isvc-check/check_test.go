package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	protocol "github.com/isvc-io/isvc/cmd/isvc/check"
)

// deploymentOf is a Deployment with the specification of a pod.
func deploymentOf(pod string) string {
	return `{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: default}, spec: {selector: {matchLabels: {a: a}},
		template: {metadata: {labels: {a: a}}, spec: ` + pod + `}}}`
}

// serviceOf is an InferenceService with a specification.
func serviceOf(spec string) string {
	return `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default}, spec: ` + spec + `}`
}

// TestWhatAClusterRefuses has objects with the field and the words with which a cluster refuses them; none
// for those that it takes.
func TestWhatAClusterRefuses(t *testing.T) {
	const group = `{apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, metadata: {name: a, namespace: default}, spec: {leaderWorkerTemplate: {size: 2, workerTemplate: {spec: `
	for sentence, test := range map[string]struct{ object, field, message string }{
		"a Deployment":                   {deploymentOf(`{containers: [{name: a, image: a}]}`), "", ""},
		"a privileged container":         {deploymentOf(`{containers: [{name: a, image: a, securityContext: {privileged: true}}]}`), "", ""},
		"a port that is too large":       {deploymentOf(`{containers: [{name: a, image: a, ports: [{containerPort: 99999}]}]}`), "spec.template.spec.containers[0].ports[0].containerPort", "must be between 1 and 65535"},
		"a probe with two handlers":      {deploymentOf(`{containers: [{name: a, image: a, readinessProbe: {tcpSocket: {port: 80}, exec: {command: [a]}}}]}`), "spec.template.spec.containers[0].readinessProbe.tcpSocket", "may not specify more than 1 handler type"},
		"huge pages that are not equal":  {deploymentOf(`{containers: [{name: a, image: a, resources: {limits: {cpu: 1, hugepages-2Mi: 5Gi}, requests: {hugepages-2Mi: 1Gi}}}]}`), "spec.template.spec.containers[0].resources.requests", "must be equal to hugepages-2Mi limit of 5Gi"},
		"a rollout that cannot move":     {strings.Replace(deploymentOf(`{containers: [{name: a, image: a}]}`), "spec: {selector", "spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}, selector", 1), "spec.strategy.rollingUpdate.maxUnavailable", "may not be 0 when `maxSurge` is 0"},
		"a misspelt field":               {deploymentOf(`{containers: [{name: a, image: a, imagePulPolicy: Always}]}`), "spec.template.spec.containers[0].imagePulPolicy", "unknown field"},
		"a text for a number":            {`{apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {ports: [{port: http}]}}`, "", "cannot unmarshal string"},
		"an account that is none":        {`{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a, namespace: default}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}, subjects: [{kind: ServiceAccount}]}`, "subjects[0].name", "Required value"},
		"a service":                      {serviceOf(`{engine: {minReplicas: 5, maxReplicas: 2}}`), "", ""},
		"a metric that does not exist":   {serviceOf(`{engine: {scaleMetric: gpu}}`), "spec.engine.scaleMetric", `Unsupported value: "gpu"`},
		"credentials of no kind of KEDA": {serviceOf(`{engine: {kedaConfig: {authenticationRef: {name: a, kind: Foo}}}}`), "spec.engine.kedaConfig.authenticationRef.kind", `Unsupported value: "Foo"`},
		"a decoder alone":                {serviceOf(`{decoder: {}}`), "spec.decoder", "engine"},
		"a field that services lack":     {serviceOf(`{engine: {maxReplcas: 3}}`), "spec.engine.maxReplcas", "unknown field"},
		"a group":                        {group + `{containers: [{name: a, image: a}]}}}}}`, "", ""},
		"a group whose pods end":         {group + `{restartPolicy: Never, containers: [{name: a, image: a}]}}}}}`, "spec.leaderWorkerTemplate.workerTemplate.spec.restartPolicy", `Unsupported value: "Never"`},
		"a group with a wrong port":      {group + `{containers: [{name: a, image: a, ports: [{containerPort: 0}]}]}}}}}`, "spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].ports[0].containerPort", "Required value"},
		"a Ray cluster with two probes":  {`{apiVersion: ray.io/v1, kind: RayCluster, metadata: {name: a, namespace: default}, spec: {headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: a, image: a, livenessProbe: {tcpSocket: {port: 80}, exec: {command: [a]}}}]}}}}}`, "spec.headGroupSpec.template.spec.containers[0].livenessProbe.tcpSocket", "may not specify more than 1 handler type"},
		"a route with a broken timeout":  {`{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a, namespace: default}, spec: {rules: [{timeouts: {request: 1s, backendRequest: 2s}}]}}`, "spec.rules[0].timeouts", "backendRequest timeout cannot be longer than request timeout"},
	} {
		t.Run(sentence, func(t *testing.T) {
			raw, err := yaml.YAMLToJSON([]byte(test.object))
			require.NoError(t, err)
			result := checkerForTests(t).check(raw)
			require.False(t, result.Unknown)
			if test.message == "" {
				assert.Empty(t, result.Findings)
				return
			}
			require.NotEmpty(t, result.Findings)
			found := false
			for _, said := range result.Findings {
				found = found || said.Severity == protocol.Refused && said.Field == test.field && strings.Contains(said.Message, test.message) && said.By != ""
			}
			assert.True(t, found, "%v", result.Findings)
		})
	}
}

// TestEveryKindOfChildIsKnown: isvc makes nothing that isvc-check does not know.
func TestEveryKindOfChildIsKnown(t *testing.T) {
	hello := checkerForTests(t).hello()
	for kind := range kinds.All() {
		assert.NotEmpty(t, hello.Kinds[string(kind)], kind)
	}
	assert.Equal(t, protocol.Version, hello.Protocol)
}

func TestAnswersComeInTheOrderOfTheRequests(t *testing.T) {
	var in strings.Builder
	for i := range 200 {
		name := "good"
		if i%3 == 0 {
			name = "not good"
		}
		in.WriteString(`{"object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "a", "name": "` + name + `"}}}` + "\n\n")
	}
	in.WriteString(`{"object": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}}`)
	var out bytes.Buffer
	require.NoError(t, checkerForTests(t).answer(strings.NewReader(in.String()), &out))
	decoder := json.NewDecoder(&out)
	var hello protocol.Hello
	require.NoError(t, decoder.Decode(&hello))
	for i := range 200 {
		var result protocol.Result
		require.NoError(t, decoder.Decode(&result))
		assert.Equal(t, i%3 == 0, len(result.Findings) > 0, i)
	}
	var last protocol.Result
	require.NoError(t, decoder.Decode(&last))
	assert.True(t, last.Unknown)
	assert.False(t, decoder.More())
}

func TestARequestThatIsNoneIsNamed(t *testing.T) {
	err := checkerForTests(t).answer(strings.NewReader("{\"object\": {}}\nhello\n"), &bytes.Buffer{})
	assert.ErrorContains(t, err, "line 2 is no request")
}

func TestTheProgramSaysWhatItCanCheck(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, checkerForTests(t).describe(&out))
	assert.Contains(t, out.String(), "LeaderWorkerSet.leaderworkerset.x-k8s.io/v1 by sigs.k8s.io/lws v")
	assert.Contains(t, out.String(), "Deployment.apps/v1 by Kubernetes v1.")
	out.Reset()
	assert.ErrorContains(t, run([]string{"x"}, strings.NewReader(""), &out), `there is no argument "x"`)
	require.NoError(t, run([]string{"--help"}, strings.NewReader(""), &out))
	assert.Equal(t, help, out.String())
}
