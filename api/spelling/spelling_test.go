package spelling

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNearest(t *testing.T) {
	list := []string{"deploymentMode", "service-type", "hpa", "keda"}
	for text, want := range map[string]string{
		"deployment-mode": "deploymentMode", "DeploymentMode": "deploymentMode", "deploymantMode": "deploymentMode",
		"deployment": "", "servicetype": "service-type", "hpaa": "hpa", "vpa": "", "karpenter": "", "": "",
		"deplyomentMode": "deploymentMode", "kdea": "keda", "kead": "keda", "akde": "",
	} {
		assert.Equal(t, want, Nearest(text, list), text)
	}
}
