package sync_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/child"
)

// TestAnotherPortOfTheSameNameLosesNoRequest: a template with another port rolls out, and requests find the port in
// the pods of both templates.
func TestAnotherPortOfTheSameNameLosesNoRequest(t *testing.T) {
	for _, mode := range []v1beta1.DeploymentMode{v1beta1.RawDeployment, v1beta1.MultiNode, v1beta1.MultiNodeRayVLLM} {
		for _, ingress := range []string{byGateway, routesOff} {
			for _, s := range strategies {
				t.Run(fmt.Sprint(mode, "/", ingress == byGateway, "/", s), func(t *testing.T) {
					w := newCanaryWorldWithPort(t, s, ingress, mode, "http")
					assert.Equal(t, int64(8080), w.targetPort())
					w.step("second edit", func(w *canaryWorld) { w.edit("v3") })
					assert.Equal(t, "http", w.targetPort())
					assert.NotContains(t, w.specHonored(), "port")
					w.settleChecked()
					assert.Equal(t, int64(8081), w.targetPort(), "pods of one template are found by the number")
				})
			}
		}
	}
}

// TestAnotherPortWithoutThatNameIsSaid: the pods of the former template cannot be reached meanwhile.
func TestAnotherPortWithoutThatNameIsSaid(t *testing.T) {
	w := newCanaryWorld(t, strategies[0], routesOff)
	w.showsPods = true
	w.edit("v3")
	w.applyAnswer(t)
	w.applyAnswer(t)
	assert.Equal(t, int64(8081), w.targetPort())
	assert.Equal(t, "PodsOnAnotherPort: requests to the engine go to port 8081, and some of its pods serve on another one: "+
		"they take none until all pods have the same template", w.specHonored())
	w.settle(t, func() {})
	assert.Empty(t, w.specHonored())
}

// TestPortsOfOtherContainersAreNotTheRunners: a sidecar has the number, or the name, of the port.
func TestPortsOfOtherContainersAreNotTheRunners(t *testing.T) {
	for name, test := range map[string]struct {
		runner, sidecar string // ports
		want            any
		said            bool
	}{
		"a runner without ports":             {`[]`, `[{containerPort: 9090}]`, int64(8081), true},
		"another port of the sidecar":        {`[{containerPort: 8080, name: http}]`, `[{containerPort: 9090, name: metrics}]`, "http", false},
		"the new number in the sidecar":      {`[{containerPort: 8080, name: http}]`, `[{containerPort: 8081, name: admin}]`, "http", false},
		"the name in the sidecar":            {`[{containerPort: 8080, name: main}]`, `[{containerPort: 9090, name: http}]`, int64(8081), true},
		"the name of another protocol":       {`[{containerPort: 8080, name: http, protocol: UDP}]`, `[]`, int64(8081), true},
		"the number under another name":      {`[{containerPort: 8081, name: grpc}]`, `[]`, int64(8081), false},
		"the name and number of the runner":  {`[{containerPort: 8081, name: http}]`, `[{containerPort: 9090}]`, int64(8081), false},
		"two ports that change their places": {`[{containerPort: 8080, name: http}, {containerPort: 8081, name: admin}]`, `[]`, "http", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newCanaryWorldWithPort(t, strategies[0], routesOff, v1beta1.RawDeployment, "http")
			w.showsPods = false
			var pod map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: old, namespace: default,
				labels: {ome.io/inferenceservice: chat, component: engine, app: chat-engine}},
				spec: {containers: [{name: sidecar, ports: %s}, {name: main, ports: %s}]}}`, test.sidecar, test.runner)), &pod))
			w.related = append(w.related, pod)
			w.edit("v3")
			w.applyAnswer(t)
			assert.Equal(t, test.want, w.targetPort())
			assert.Equal(t, test.said, w.specHonored() != "", w.specHonored())
		})
	}
}

// TestAnotherPortThatIsNotTheServersIsNotSaid: at rest, and while the runner gets a second port.
func TestAnotherPortThatIsNotTheServersIsNotSaid(t *testing.T) {
	w := newCanaryWorldWithPort(t, strategies[0], routesOff, v1beta1.RawDeployment, "http")
	at(w.engine(), "runner")["ports"] = []any{
		map[string]any{"containerPort": int64(8080), "name": "http"}, map[string]any{"containerPort": int64(9090), "name": "metrics"}}
	w.applyAnswer(t)
	w.applyAnswer(t)
	assert.Empty(t, w.specHonored())
	w.engine()["containers"] = []any{map[string]any{"name": "proxy", "image": "p", "ports": []any{map[string]any{"containerPort": int64(9090)}}}}
	delete(at(w.engine(), "runner"), "ports")
	w.settle(t, func() {})
	assert.Empty(t, w.specHonored(), "a runner without ports serves on 8080")
}

// TestAnotherPortOfRayIsNotTheServers: the server takes the number that the metrics of Ray had.
func TestAnotherPortOfRayIsNotTheServers(t *testing.T) {
	for _, numbers := range [][2]string{{"8080", "8000"}, {"8000", "8080"}} {
		w := newCanaryWorldWithPort(t, clientSide, byGateway, v1beta1.MultiNodeRayVLLM, "http")
		w.setPorts(`[{name: http, containerPort: ` + numbers[0] + `}]`)
		w.settle(t, func() {})
		w.setPorts(`[{name: http, containerPort: ` + numbers[1] + `}]`)
		w.settle(t, func() {
			for _, item := range w.portsOfService() {
				if port := item.(map[string]any); port["name"] == "metrics" {
					assert.NotEqual(t, "http", port["targetPort"])
				}
			}
		})
	}
}

// TestPortsOfServiceObjectsInAnyForm: what was applied last has ports that are none, while the mode changes.
func TestPortsOfServiceObjectsInAnyForm(t *testing.T) {
	for _, bad := range []string{
		`["x"]`, `[{"port":8080,"targetPort":{}}]`, `[{"port":8080,"targetPort":[]},{"targetPort":[]}]`, `[{"port":{},"targetPort":8080}]`, `[{}]`, `[7]`,
	} {
		w := newCanaryWorldWithPort(t, clientSide, routesOff, v1beta1.RawDeployment, "http")
		w.setMode(v1beta1.MultiNode)
		for _, name := range w.names(kinds.Service) {
			service := w.object(t, kinds.Service, name)
			annotations := service.GetAnnotations()
			text := annotations[child.LastAppliedAnnotation]
			before, after, _ := strings.Cut(text, `"ports":`)
			_, after, _ = strings.Cut(after, "]")
			annotations[child.LastAppliedAnnotation] = before + `"ports":` + bad + after
			require.True(t, json.Valid([]byte(annotations[child.LastAppliedAnnotation])), bad)
			service.SetAnnotations(annotations)
			w.put(t, kinds.Service, service)
		}
		assert.NotPanics(t, func() { w.sync(t) }, bad)
	}
}

// targetPort is the number or name to which the Service object of the engine leads.
func (w *canaryWorld) targetPort() any {
	return w.portsOfService()[0].(map[string]any)["targetPort"]
}

// specHonored is what the condition SpecHonored says; empty where all is well.
func (w *canaryWorld) specHonored() string {
	for _, item := range at(w.parent, "status")["conditions"].([]any) {
		if condition := item.(map[string]any); condition["type"] == "SpecHonored" && condition["status"] != "True" {
			return fmt.Sprint(condition["reason"], ": ", condition["message"])
		}
	}
	return ""
}
