package observed_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/sync/observed"
)

func TestWhatDoesNotFitIsNamedInTheSameWordsAlways(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                             `cannot decode the object: must be an object, not a list`,
		`{"metadata":{"name":1}}`:        `cannot decode metadata.name: must be a text, not a number`,
		`{"metadata":{"labels":"x"}}`:    `cannot decode metadata.labels: must be an object, not a text`,
		`{"spec":{"containers":{}}}`:     `cannot decode spec.containers: must be a list, not an object`,
		`{"spec":{"hostNetwork":"yes"}}`: `cannot decode spec.hostNetwork: must be true or false, not a text`,
		`{"spec":{"containers":[{"name":"a"},{"ports":[{"containerPort":"x"}]}]}}`:   `cannot decode spec.containers[1].ports[0].containerPort: must be a number, not a text`,
		`{"spec":{"containers":[{"ports":[{"containerPort":99999999999}]}]}}`:        `cannot decode spec.containers[0].ports[0].containerPort: value out of range`,
		`{"spec":{"containers":[{"resources":{"limits":{"cpu":"1e-2147483647"}}}]}}`: `cannot decode spec.containers[0].resources.limits.cpu: its exponent is too large: use one of at most 3 digits, or a suffix such as m or Gi`,
		`{"spec":{"containers":[{"resources":{"limits":{"cpu":"x"}}}]}}`:             `cannot decode spec.containers[0].resources.limits.cpu: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
		`{"spec":{"containers":[{"livenessProbe":{"httpGet":{"port":true}}}]}}`:      ``,
		`{"metadata":{"creationTimestamp":"yesterday"}}`:                             ``,
		`{"spec":`: ``,
	} {
		err := observed.Unmarshal([]byte(text), &corev1.Pod{})
		if assert.Error(t, err, text); want != "" {
			assert.EqualError(t, err, want)
		}
		assert.NotContains(t, err.Error(), "unable to")
		assert.NotContains(t, err.Error(), "cannot unmarshal JSON")
	}
}
