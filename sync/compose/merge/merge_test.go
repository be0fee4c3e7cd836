package merge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

func engine(t *testing.T, text string) *v1beta1.EngineSpec {
	t.Helper()
	var e v1beta1.EngineSpec
	assert.NoError(t, yaml.UnmarshalStrict([]byte(text), &e))
	return &e
}

func TestInto(t *testing.T) {
	cases := map[string]struct{ base, patch, want string }{
		"an empty patch changes nothing": {
			base:  `{runner: {name: main, image: a, args: [x]}, minReplicas: 2}`,
			patch: `{}`,
			want:  `{runner: {name: main, image: a, args: [x]}, minReplicas: 2}`,
		},
		"a scalar of the patch wins, and its zero says nothing": {
			base:  `{runner: {name: main, image: a}, hostNetwork: true, maxReplicas: 4}`,
			patch: `{runner: {name: "", image: b}, hostNetwork: false, maxReplicas: 0}`,
			want:  `{runner: {name: main, image: b}, hostNetwork: true, maxReplicas: 4}`,
		},
		"a pointer to zero says zero": {
			base:  `{minReplicas: 2, terminationGracePeriodSeconds: 30}`,
			patch: `{minReplicas: 0, terminationGracePeriodSeconds: 0}`,
			want:  `{minReplicas: 0, terminationGracePeriodSeconds: 0}`,
		},
		"maps are united": {
			base:  `{nodeSelector: {a: "1", b: "1"}, runner: {name: r, resources: {limits: {cpu: "1", memory: 1Gi}}}}`,
			patch: `{nodeSelector: {b: "2", c: "2"}, runner: {name: r, resources: {limits: {cpu: "2"}}}}`,
			want:  `{nodeSelector: {a: "1", b: "2", c: "2"}, runner: {name: r, resources: {limits: {cpu: "2", memory: 1Gi}}}}`,
		},
		"lists without a merge key are replaced": {
			base:  `{runner: {name: r, args: [a, b], command: [c]}, tolerations: [{key: v}]}`,
			patch: `{runner: {name: r, args: [z]}, tolerations: [{key: w}]}`,
			want:  `{runner: {name: r, args: [z], command: [c]}, tolerations: [{key: w}]}`,
		},
		"an empty list of the patch keeps the list": {
			base:  `{runner: {name: r, args: [a]}}`,
			patch: `{runner: {name: r, args: []}}`,
			want:  `{runner: {name: r, args: [a]}}`,
		},
		"new items of the patch come first": {
			base:  `{runner: {name: r, ports: [{containerPort: 8080}]}}`,
			patch: `{runner: {name: r, ports: [{containerPort: 9090}]}}`,
			want:  `{runner: {name: r, ports: [{containerPort: 9090}, {containerPort: 8080}]}}`,
		},
		"an item of the base stays before an item that both have": {
			base:  `{containers: [{name: a}, {name: b}, {name: c}]}`,
			patch: `{containers: [{name: d}, {name: c, image: i}]}`,
			want:  `{containers: [{name: d}, {name: a}, {name: b}, {name: c, image: i}]}`,
		},
		"the patch may turn the order of common items": {
			base:  `{containers: [{name: side1}, {name: side2}]}`,
			patch: `{containers: [{name: side3}, {name: side2}]}`,
			want:  `{containers: [{name: side3}, {name: side1}, {name: side2}]}`,
		},
		"a value replaces a source and a source a value": {
			base:  `{runner: {name: r, env: [{name: A, value: x}, {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}]}}`,
			patch: `{runner: {name: r, env: [{name: A, valueFrom: {fieldRef: {fieldPath: f}}}, {name: B, value: w}]}}`,
			want:  `{runner: {name: r, env: [{name: A, valueFrom: {fieldRef: {fieldPath: f}}}, {name: B, value: w}]}}`,
		},
		"a probe handler replaces another one and keeps the timing": {
			base:  `{runner: {name: r, readinessProbe: {httpGet: {path: /h, port: 80}, periodSeconds: 5}}}`,
			patch: `{runner: {name: r, readinessProbe: {tcpSocket: {port: 90}}}}`,
			want:  `{runner: {name: r, readinessProbe: {tcpSocket: {port: 90}, periodSeconds: 5}}}`,
		},
		"the same probe handler is merged": {
			base:  `{runner: {name: r, readinessProbe: {httpGet: {path: /h, port: 80}}}}`,
			patch: `{runner: {name: r, readinessProbe: {httpGet: {port: 90}}}}`,
			want:  `{runner: {name: r, readinessProbe: {httpGet: {path: /h, port: 90}}}}`,
		},
		"a volume source replaces another one": {
			base:  `{volumes: [{name: v, hostPath: {path: /a}}]}`,
			patch: `{volumes: [{name: v, emptyDir: {medium: Memory}}]}`,
			want:  `{volumes: [{name: v, emptyDir: {medium: Memory}}]}`,
		},
		"recreate drops the parameters of the rolling update": {
			base:  `{deploymentStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}`,
			patch: `{deploymentStrategy: {type: Recreate}}`,
			want:  `{deploymentStrategy: {type: Recreate}}`,
		},
		"a bound of the disruption budget replaces the other": {
			base:  `{minAvailable: 1}`,
			patch: `{maxUnavailable: 50%}`,
			want:  `{maxUnavailable: 50%}`,
		},
		"leader and worker are merged too": {
			base:  `{leader: {runner: {name: l, image: a}}, worker: {size: 1, runner: {name: w}}}`,
			patch: `{worker: {size: 3}}`,
			want:  `{leader: {runner: {name: l, image: a}}, worker: {size: 3, runner: {name: w}}}`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			base, patch := engine(t, c.base), engine(t, c.patch)
			before := patch.DeepCopy()
			merge.Into(base, patch, nil)
			assert.Equal(t, engine(t, c.want), base)
			assert.Equal(t, before, patch, "the patch must not change")
		})
	}
}

func TestObserverHearsWhatThePatchBrings(t *testing.T) {
	base := engine(t, `{runner: {name: r, image: a, env: [{name: A, value: x}]}}`)
	patch := engine(t, `{runner: {name: r, image: b, env: [{name: A, value: w}, {name: B, value: z}]}}`)
	heard := map[string]any{}
	merge.Into(base, patch, func(path string, replaced, _ any) { heard[path] = replaced })
	assert.Equal(t, "a", heard["runner/image"])
	assert.Equal(t, "x", heard["runner/env/A/value"])
	assert.Contains(t, heard, "runner/env/B")
	assert.Nil(t, heard["runner/env/B"])
}

func TestIntoNilPatch(t *testing.T) {
	base := &appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	merge.Into(base, nil, nil)
	assert.Equal(t, appsv1.RecreateDeploymentStrategyType, base.Type)
}

func TestQuantityAndIntOrStringAreSingleValues(t *testing.T) {
	base := &corev1.HTTPGetAction{Path: "/a", Port: intstr.FromString("http")}
	merge.Into(base, &corev1.HTTPGetAction{Port: intstr.FromInt32(9)}, nil)
	assert.Equal(t, &corev1.HTTPGetAction{Path: "/a", Port: intstr.FromInt32(9)}, base)
}
