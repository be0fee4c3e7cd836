package v1beta1_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestPlaceOfField(t *testing.T) {
	for unknown, want := range map[string]string{
		"engine.volumeMounts":             "engine.runner.volumeMounts",
		"engine.env":                      "engine.runner.env",
		"engine.image":                    "engine.runner.image",
		"engine.leader.args":              "engine.leader.runner.args",
		"engine.runner.tolerations":       "engine.tolerations",
		"engine.runner.minReplicas":       "engine.minReplicas",
		"engine.leader.minReplicas":       "engine.minReplicas",
		"engine.model":                    "model",
		"engine.containers[0].volumes":    "engine.volumes",
		"engine.rollingUpdate":            "engine.deploymentStrategy.rollingUpdate",
		"engine.minreplicas":              "engine.minReplicas",
		"router.runner.config":            "router.config",
		"engine.limits":                   "engine.resources.limits",
		"engine.nonsense":                 "",
		"scaleTarget":                     "engine.scaleTarget",
		"minReplicas":                     "engine.minReplicas",
		"image":                           "engine.runner.image",
		"engine.maxReplcas":               "engine.maxReplicas",
		"engine.runner.readynessProbe":    "engine.runner.readinessProbe",
		"nonsense.volumeMounts":           "",
		"engine.runner.image":             "",
		"engine.nodeSelector.volumeMount": "",
	} {
		assert.Equal(t, want, v1beta1.PlaceOfField(&v1beta1.InferenceServiceSpec{}, unknown), unknown)
	}
	assert.Equal(t, "engineConfig.runner.image", v1beta1.PlaceOfField(&v1beta1.ServingRuntimeSpec{}, "image"))
	assert.Equal(t, "spec.engine.runner.volumeMounts", v1beta1.PlaceOfField(&v1beta1.InferenceService{}, "spec.engine.volumeMounts"))
}

func TestHasField(t *testing.T) {
	for path, want := range map[string]bool{
		"spec.engine": true, "spec.engine.containers[0].image": true, "spec.engine.nodeSelector.anything": true,
		"spec.engin": false, "spec.engine.containers[0].imag": false,
	} {
		assert.Equal(t, want, v1beta1.HasField(&v1beta1.InferenceService{}, path), path)
	}
}
