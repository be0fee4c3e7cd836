package podspec_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/modes/podspec"
)

func TestKeysOfMetadataThatAPodReads(t *testing.T) {
	for sentence, test := range map[string]struct {
		pod                 string
		labels, annotations []string
	}{
		"nothing": {`{containers: [{env: [{name: A, value: b}]}]}`, nil, nil},
		"a variable with a label": {`{containers: [{env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels['team']"}}}]}]}`,
			[]string{"team"}, nil},
		"a variable of an init container with an annotation": {
			`{initContainers: [{env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['example.com/a']"}}}]}]}`,
			nil, []string{"example.com/a"}},
		"a variable with another field": {`{containers: [{env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}`, nil, nil},
		"a variable from elsewhere":     {`{containers: [{env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}`, nil, nil},
		"a volume": {`{volumes: [{downwardAPI: {items: [{path: a, fieldRef: {fieldPath: "metadata.labels['team']"}},
			{path: b, resourceFieldRef: {resource: limits.cpu}}]}}]}`, []string{"team"}, nil},
		"a projected volume": {`{volumes: [{projected: {sources: [{configMap: {name: c}}, {downwardAPI: {items: [
			{path: a, fieldRef: {fieldPath: "metadata.annotations['a']"}}]}}]}}]}`, nil, []string{"a"}},
		"a volume with all labels": {`{volumes: [{downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.labels}}]}}]}`, nil, nil},
		"affinity": {`{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
			{labelSelector: {matchLabels: {a: x}, matchExpressions: [{key: b, operator: Exists}]}, namespaceSelector: {matchLabels: {n: x}}}]}}}`,
			[]string{"a", "b"}, nil},
		"weighted affinity by the keys alone": {`{affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
			{weight: 1, podAffinityTerm: {matchLabelKeys: [a], mismatchLabelKeys: [b]}}]}}}`, []string{"a", "b"}, nil},
		"anti-affinity": {`{affinity: {podAntiAffinity: {
			requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {a: x}}}],
			preferredDuringSchedulingIgnoredDuringExecution: [{podAffinityTerm: {labelSelector: {matchLabels: {b: x}}}}]}}}`,
			[]string{"a", "b"}, nil},
		"spread constraints": {`{topologySpreadConstraints: [{labelSelector: {matchLabels: {a: x}}, matchLabelKeys: [b]}]}`,
			[]string{"a", "b"}, nil},
		"labels of nodes are none of pods": {`{nodeSelector: {a: x}, affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {
			nodeSelectorTerms: [{matchExpressions: [{key: b, operator: Exists}]}]}}}}`, nil, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			var pod corev1.PodSpec
			require.NoError(t, yaml.UnmarshalStrict([]byte(test.pod), &pod))
			read := podspec.MetadataReadBy(nil, &pod, &corev1.PodSpec{})
			assert.Equal(t, test.labels, slices.Sorted(maps.Keys(read.Labels)))
			assert.Equal(t, test.annotations, slices.Sorted(maps.Keys(read.Annotations)))
		})
	}
}
