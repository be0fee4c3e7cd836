package merge_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	utiljson "k8s.io/apimachinery/pkg/util/json"
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
		"items are found by a name that is in an inlined struct": {
			base:  `{ephemeralContainers: [{name: a, image: a, env: [{name: A}]}, {name: b}]}`,
			patch: `{ephemeralContainers: [{name: a, image: z, env: [{name: A, value: x}]}]}`,
			want:  `{ephemeralContainers: [{name: a, image: z, env: [{name: A, value: x}]}, {name: b}]}`,
		},
		"an empty list of the patch keeps the list": {
			base:  `{runner: {name: r, args: [a]}}`,
			patch: `{runner: {name: r, args: []}}`,
			want:  `{runner: {name: r, args: [a]}}`,
		},
		"new items of the patch come first": {
			base:  `{runner: {name: r, env: [{name: A}]}}`,
			patch: `{runner: {name: r, env: [{name: B}]}}`,
			want:  `{runner: {name: r, env: [{name: B}, {name: A}]}}`,
		},
		"ports of the base come first, in its order": {
			base:  `{runner: {name: r, ports: [{containerPort: 8080}, {containerPort: 9090}]}}`,
			patch: `{runner: {name: r, ports: [{containerPort: 7070}, {containerPort: 9090, name: b}]}}`,
			want:  `{runner: {name: r, ports: [{containerPort: 8080}, {containerPort: 9090, name: b}, {containerPort: 7070}]}}`,
		},
		"a port takes the place of the port of its name": {
			base:  `{runner: {name: r, ports: [{containerPort: 8080, name: http, hostPort: 80}, {containerPort: 9090, name: metrics}]}}`,
			patch: `{runner: {name: r, ports: [{containerPort: 9091, name: metrics}, {containerPort: 8000, name: http}]}}`,
			want:  `{runner: {name: r, ports: [{containerPort: 8000, name: http}, {containerPort: 9091, name: metrics}]}}`,
		},
		"a port of the same name whose number the patch has too stays": {
			base:  `{runner: {name: r, ports: [{containerPort: 8080, name: http}]}}`,
			patch: `{runner: {name: r, ports: [{containerPort: 8000, name: http}, {containerPort: 8080, name: old}]}}`,
			want:  `{runner: {name: r, ports: [{containerPort: 8080, name: old}, {containerPort: 8000, name: http}]}}`,
		},
		"a port whose new name another port had replaces both": {
			base:  `{runner: {name: r, ports: [{containerPort: 9090, name: metrics}, {containerPort: 8080, name: http}]}}`,
			patch: `{runner: {name: r, ports: [{containerPort: 8080, name: metrics}]}}`,
			want:  `{runner: {name: r, ports: [{containerPort: 8080, name: metrics}]}}`,
		},
		"init containers of the base run first, in its order": {
			base:  `{initContainers: [{name: a}, {name: b}]}`,
			patch: `{initContainers: [{name: z}, {name: b, image: i}]}`,
			want:  `{initContainers: [{name: a}, {name: b, image: i}, {name: z}]}`,
		},
		"mounts of one path are one, with and without a slash": {
			base:  `{runner: {name: r, volumeMounts: [{name: v, mountPath: /data, readOnly: true, subPath: s}]}}`,
			patch: `{runner: {name: r, volumeMounts: [{name: v, mountPath: /data/, subPath: t}]}}`,
			want:  `{runner: {name: r, volumeMounts: [{name: v, mountPath: /data/, readOnly: true, subPath: t}]}}`,
		},
		"a mount of another volume takes nothing from the one that it replaces": {
			base:  `{runner: {name: r, volumeMounts: [{name: v, mountPath: /data, readOnly: true, subPath: s}]}}`,
			patch: `{runner: {name: r, volumeMounts: [{name: w, mountPath: /data}]}}`,
			want:  `{runner: {name: r, volumeMounts: [{name: w, mountPath: /data}]}}`,
		},
		"a path in the volume and an expression for one replace each other": {
			base:  `{runner: {name: r, volumeMounts: [{name: v, mountPath: /a, subPath: s}, {name: v, mountPath: /b, subPathExpr: s}]}}`,
			patch: `{runner: {name: r, volumeMounts: [{mountPath: /a, name: v, subPathExpr: t}, {mountPath: /b, name: v, subPath: t}]}}`,
			want:  `{runner: {name: r, volumeMounts: [{name: v, mountPath: /a, subPathExpr: t}, {name: v, mountPath: /b, subPath: t}]}}`,
		},
		"parts of an affinity merge apart": {
			base: `{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Exists}]}}]},
				podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: host}]}}}`,
			patch: `{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: b, operator: Exists}]}]}}}}`,
			want: `{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Exists}]}}],
				requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: b, operator: Exists}]}]}},
				podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: host}]}}}`,
		},
		"a claim has one source": {
			base:  `{resourceClaims: [{name: a, resourceClaimTemplateName: t}, {name: b, resourceClaimName: c}]}`,
			patch: `{resourceClaims: [{name: a, resourceClaimName: c}, {name: b, resourceClaimTemplateName: t}]}`,
			want:  `{resourceClaims: [{name: a, resourceClaimName: c}, {name: b, resourceClaimTemplateName: t}]}`,
		},
		"a container asks for one kind of accelerators": {
			base:  `{runner: {name: r, resources: {limits: {cpu: 1, nvidia.com/gpu: 1}, requests: {nvidia.com/gpu: 1}}}, containers: [{name: s, resources: {limits: {nvidia.com/gpu: 1}}}]}`,
			patch: `{runner: {name: r, resources: {limits: {nvidia.com/mig-3g.40gb: 2}}}, containers: [{name: s, resources: {limits: {amd.com/gpu: 1}}}]}`,
			want:  `{runner: {name: r, resources: {limits: {cpu: 1, nvidia.com/mig-3g.40gb: 2}, requests: {}}}, containers: [{name: s, resources: {limits: {amd.com/gpu: 1}}}]}`,
		},
		"a claim replaces counted accelerators, and these a claim": {
			base:  `{runner: {name: r, resources: {limits: {nvidia.com/gpu: 1}}}, containers: [{name: s, resources: {claims: [{name: c}]}}]}`,
			patch: `{runner: {name: r, resources: {claims: [{name: c}]}}, containers: [{name: s, resources: {limits: {amd.com/gpu: 1}}}]}`,
			want:  `{runner: {name: r, resources: {limits: {}, claims: [{name: c}]}}, containers: [{name: s, resources: {limits: {amd.com/gpu: 1}}}]}`,
		},
		"a rolling update can replace pods: no surge": {
			base:  `{deploymentStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}}`,
			patch: `{deploymentStrategy: {rollingUpdate: {maxSurge: 0}}}`,
			want:  `{deploymentStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}`,
		},
		"a rolling update can replace pods: none unavailable": {
			base:  `{deploymentStrategy: {rollingUpdate: {maxSurge: "0%", maxUnavailable: 1}}}`,
			patch: `{deploymentStrategy: {rollingUpdate: {maxUnavailable: "0%"}}}`,
			want:  `{deploymentStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: "0%"}}}`,
		},
		"a rolling update keeps what is above zero": {
			base:  `{deploymentStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 2}}}`,
			patch: `{deploymentStrategy: {rollingUpdate: {maxSurge: 0}}}`,
			want:  `{deploymentStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 2}}}`,
		},
		"both parameters of one author stay": {
			base:  `{deploymentStrategy: {rollingUpdate: {maxSurge: 1}}}`,
			patch: `{deploymentStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}`,
			want:  `{deploymentStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}`,
		},
		"a profile of the node goes with its type": {
			base:  `{securityContext: {seccompProfile: {type: Localhost, localhostProfile: p}, appArmorProfile: {type: Localhost, localhostProfile: p}}}`,
			patch: `{securityContext: {seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: Unconfined}}}`,
			want:  `{securityContext: {seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: Unconfined}}}`,
		},
		"privileges replace the refusal of privileges": {
			base:  `{runner: {name: r, securityContext: {allowPrivilegeEscalation: false, runAsUser: 7}}}`,
			patch: `{runner: {name: r, securityContext: {privileged: true}}}`,
			want:  `{runner: {name: r, securityContext: {privileged: true, runAsUser: 7}}}`,
		},
		"the refusal of privileges replaces privileges": {
			base:  `{runner: {name: r, securityContext: {privileged: true, capabilities: {add: [IPC_LOCK, CAP_SYS_ADMIN]}}}}`,
			patch: `{runner: {name: r, securityContext: {allowPrivilegeEscalation: false}}}`,
			want:  `{runner: {name: r, securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [IPC_LOCK]}}}}`,
		},
		"a least number of domains is for constraints that must hold": {
			base:  `{topologySpreadConstraints: [{topologyKey: z, maxSkew: 1, whenUnsatisfiable: DoNotSchedule, minDomains: 2}]}`,
			patch: `{topologySpreadConstraints: [{topologyKey: z, whenUnsatisfiable: ScheduleAnyway, maxSkew: 1}]}`,
			want:  `{topologySpreadConstraints: [{topologyKey: z, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway}]}`,
		},
		"a label is compared once": {
			base:  `{topologySpreadConstraints: [{topologyKey: a, matchLabelKeys: [x, q]}, {topologyKey: b, labelSelector: {matchLabels: {x: "1", q: "1"}}}]}`,
			patch: `{topologySpreadConstraints: [{topologyKey: a, labelSelector: {matchLabels: {x: "1"}}}, {topologyKey: b, matchLabelKeys: [x]}]}`,
			want:  `{topologySpreadConstraints: [{topologyKey: a, matchLabelKeys: [q], labelSelector: {matchLabels: {x: "1"}}}, {topologyKey: b, matchLabelKeys: [x], labelSelector: {matchLabels: {q: "1"}}}]}`,
		},
		"kernel parameters go with the pod's own namespaces": {
			base:  `{securityContext: {sysctls: [{name: net.core.somaxconn, value: "1"}, {name: kernel.shmmax, value: "1"}]}, leader: {hostNetwork: true, hostIPC: true}}`,
			patch: `{hostNetwork: true, leader: {securityContext: {sysctls: [{name: net.core.somaxconn, value: "1"}]}}}`,
			want:  `{securityContext: {sysctls: [{name: kernel.shmmax, value: "1"}]}, hostNetwork: true, leader: {hostIPC: true, securityContext: {sysctls: [{name: net.core.somaxconn, value: "1"}]}}}`,
		},
		"mounts below that are read-only, and mounts that appear later": {
			base:  `{runner: {name: r, volumeMounts: [{name: v, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled}, {name: v, mountPath: /b, mountPropagation: HostToContainer}]}}`,
			patch: `{runner: {name: r, volumeMounts: [{name: v, mountPath: /a, mountPropagation: HostToContainer}, {name: v, mountPath: /b, readOnly: true, recursiveReadOnly: Enabled}]}}`,
			want:  `{runner: {name: r, volumeMounts: [{name: v, mountPath: /a, readOnly: true, mountPropagation: HostToContainer}, {name: v, mountPath: /b, readOnly: true, recursiveReadOnly: Enabled}]}}`,
		},
		"the two names of a service account replace each other": {
			base:  `{serviceAccountName: a, leader: {serviceAccount: b}}`,
			patch: `{serviceAccount: c, leader: {serviceAccountName: d}}`,
			want:  `{serviceAccount: c, leader: {serviceAccountName: d}}`,
		},
		"a class of priorities replaces a priority": {
			base:  `{priority: 1000, priorityClassName: high}`,
			patch: `{priorityClassName: low}`,
			want:  `{priorityClassName: low}`,
		},
		"users of their own and the node's namespaces replace each other": {
			base:  `{hostUsers: false, leader: {hostNetwork: true, hostPID: true}}`,
			patch: `{hostNetwork: true, leader: {hostUsers: false}}`,
			want:  `{hostNetwork: true, leader: {hostUsers: false}}`,
		},
		"one process namespace of the pod and the node's replace each other": {
			base:  `{shareProcessNamespace: true, leader: {hostPID: true}}`,
			patch: `{hostPID: true, leader: {shareProcessNamespace: true}}`,
			want:  `{hostPID: true, leader: {shareProcessNamespace: true}}`,
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
			merge.Into(base, patch, merge.Rules{})
			assert.Equal(t, engine(t, c.want), base)
			assert.Equal(t, before, patch, "the patch must not change")
		})
	}
}

func TestObserverHearsWhatThePatchBrings(t *testing.T) {
	base := engine(t, `{runner: {name: r, image: a, env: [{name: A, value: x}]}}`)
	patch := engine(t, `{runner: {name: r, image: b, env: [{name: A, value: w}, {name: B, value: z}]}}`)
	heard := map[string]any{}
	merge.Into(base, patch, merge.Rules{Observe: func(path string, replaced, _ any) { heard[path] = replaced }})
	assert.Equal(t, "a", heard["runner/image"])
	assert.Equal(t, "x", heard["runner/env/A/value"])
	assert.Contains(t, heard, "runner/env/B")
	assert.Nil(t, heard["runner/env/B"])
}

func TestIntoNilPatch(t *testing.T) {
	base := &appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	merge.Into(base, nil, merge.Rules{})
	assert.Equal(t, appsv1.RecreateDeploymentStrategyType, base.Type)
}

func TestQuantityAndIntOrStringAreSingleValues(t *testing.T) {
	base := &corev1.HTTPGetAction{Path: "/a", Port: intstr.FromString("http")}
	merge.Into(base, &corev1.HTTPGetAction{Port: intstr.FromInt32(9)}, merge.Rules{})
	assert.Equal(t, &corev1.HTTPGetAction{Path: "/a", Port: intstr.FromInt32(9)}, base)
}

func TestZerosThatAreWrittenWin(t *testing.T) {
	for sentence, test := range map[string]struct{ base, patch, want string }{
		"a field of the pod": {
			`{hostNetwork: true, dnsPolicy: None, maxReplicas: 5, priorityClassName: high}`,
			`{hostNetwork: false, dnsPolicy: "", maxReplicas: 0}`,
			`{priorityClassName: high}`,
		},
		"a field of a part": {
			`{runner: {name: r, image: i, readinessProbe: {initialDelaySeconds: 600, periodSeconds: 10, httpGet: {path: /h, port: 80}}}}`,
			`{runner: {readinessProbe: {initialDelaySeconds: 0, httpGet: {path: ""}}}}`,
			`{runner: {name: r, image: i, readinessProbe: {periodSeconds: 10, httpGet: {port: 80}}}}`,
		},
		"the value of a variable, over a value and over a source": {
			`{runner: {name: r, env: [{name: A, value: x}, {name: B, valueFrom: {fieldRef: {fieldPath: f}}}, {name: C, value: z}]}}`,
			`{runner: {env: [{name: B, value: ""}, {name: A, value: ""}, {name: C}]}}`,
			`{runner: {name: r, env: [{name: B}, {name: A}, {name: C, value: z}]}}`,
		},
		"a mount, at a path with a slash": {
			`{runner: {name: r, volumeMounts: [{name: v, mountPath: /data, readOnly: true, recursiveReadOnly: Enabled}]}}`,
			`{runner: {volumeMounts: [{name: v, mountPath: /data/, readOnly: false}]}}`,
			`{runner: {name: r, volumeMounts: [{name: v, mountPath: /data/}]}}`,
		},
		"a port": {
			`{containers: [{name: s, ports: [{containerPort: 80, name: http, hostPort: 80}]}]}`,
			`{containers: [{name: s, ports: [{containerPort: 80, hostPort: 0}]}]}`,
			`{containers: [{name: s, ports: [{containerPort: 80, name: http}]}]}`,
		},
		"a leader": {
			`{leader: {hostIPC: true, runner: {name: l, tty: true}}}`,
			`{leader: {hostIPC: false, runner: {tty: false}}}`,
			`{leader: {runner: {name: l}}}`,
		},
		"what Go programs always write says nothing": {
			`{runner: {name: r, resources: {limits: {cpu: 1}}, readinessProbe: {httpGet: {port: 80}}}}`,
			`{runner: {name: "", resources: {}, readinessProbe: {httpGet: {port: 0}}}}`,
			`{runner: {name: r, resources: {limits: {cpu: 1}}, readinessProbe: {httpGet: {port: 80}}}}`,
		},
		"null says nothing": {
			`{hostNetwork: true, affinity: {}, runner: {name: r, env: [{name: A, value: x}]}}`,
			`{hostNetwork: null, affinity: null, runner: {env: [{name: A, value: null}, null]}}`,
			`{hostNetwork: true, affinity: {}, runner: {name: r, env: [{name: A, value: x}, {name: ""}]}}`,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			var object map[string]any
			text, err := yaml.YAMLToJSON([]byte(test.patch))
			assert.NoError(t, err)
			assert.NoError(t, utiljson.Unmarshal(text, &object))
			base, patch := engine(t, test.base), engine(t, test.patch)
			merge.Into(base, patch, merge.Rules{Zeros: merge.ZerosIn[v1beta1.EngineSpec](object)})
			assert.Equal(t, engine(t, test.want), base)
		})
	}
}

func TestZerosBelow(t *testing.T) {
	zeros := merge.Zeros{"engine/hostNetwork": true, "engine/runner/tty": true, "engineer/x": true, "kedaConfig/authModes": true}
	assert.Equal(t, merge.Zeros{"hostNetwork": true, "runner/tty": true}, zeros.Below("engine"))
	assert.Equal(t, merge.Zeros{"tty": true}, zeros.Below("engine").Below("runner"))
	assert.Empty(t, zeros.Below("router"))
}

func TestObserverHearsOfZeros(t *testing.T) {
	base, patch := engine(t, `{hostNetwork: true}`), engine(t, `{hostNetwork: false}`)
	heard := map[string]any{}
	merge.Into(base, patch, merge.Rules{
		Zeros:   merge.Zeros{"hostNetwork": true},
		Observe: func(path string, replaced, value any) { heard[path] = []any{replaced, value} },
	})
	assert.Equal(t, map[string]any{"hostNetwork": []any{true, false}}, heard)
}

// TestEverySpecificationCanBeMerged merges specifications in which every list has an item.
func TestEverySpecificationCanBeMerged(t *testing.T) {
	merged := fullOf[v1beta1.InferenceServiceSpec]()
	merge.Into(merged, fullOf[v1beta1.InferenceServiceSpec](), merge.Rules{})
	assert.Len(t, merged.Engine.EphemeralContainers, 1)
	assert.Len(t, merged.Engine.Containers[0].Env, 1)
	runtime := fullOf[v1beta1.ServingRuntimeSpec]()
	merge.Into(runtime, fullOf[v1beta1.ServingRuntimeSpec](), merge.Rules{})
	assert.Len(t, runtime.DecoderConfig.Leader.Volumes, 1)
}

// fullOf is a value in which every pointer leads to something and every list has an item.
func fullOf[T any]() *T {
	var out T
	fill(reflect.ValueOf(&out).Elem())
	return &out
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}
