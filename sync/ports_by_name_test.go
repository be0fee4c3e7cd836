package sync_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
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
	assert.Equal(t, "FormerPodsUnreachable: the engine now serves on port 8081, and pods of its former template do not: "+
		"they take no requests until they are replaced", w.specHonored())
	w.settle(t, func() {})
	assert.Empty(t, w.specHonored())
}

// targetPort is the number or name to which the Service object of the engine leads.
func (w *canaryWorld) targetPort() any {
	ports, _, _ := unstructured.NestedSlice(w.object(w.t, kinds.Service, "chat-engine").Object, "spec", "ports")
	return ports[0].(map[string]any)["targetPort"]
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
