package compose

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
)

// TestPodFieldsBesideALeader: what a component says of its pod reaches leader and workers where
// these say nothing, and what reaches neither is said.
func TestPodFieldsBesideALeader(t *testing.T) {
	const groups = `{engineConfig: {leader: {runner: {name: r, image: "leader:1", args: [--lead], resources: {limits: {cpu: "8"}}}},
		worker: {size: 1, runner: {name: r, image: "worker:1", command: [work]}}}}`
	type pods struct{ leader, worker corev1.PodSpec }
	runnerOf := func(pod corev1.PodSpec) corev1.Container { return *podspec.ContainerNamed(pod.Containers, "r") }
	for sentence, test := range map[string]struct {
		engine, runtime string
		check           func(t *testing.T, p pods)
		lost            string
	}{
		"tolerations, accounts and schedulers reach both": {
			engine: `{tolerations: [{key: gpu, operator: Exists}], serviceAccountName: reader, schedulerName: volcano, imagePullSecrets: [{name: s}]}`,
			check: func(t *testing.T, p pods) {
				for _, pod := range []corev1.PodSpec{p.leader, p.worker} {
					assert.Len(t, pod.Tolerations, 1)
					assert.Equal(t, "reader", pod.ServiceAccountName)
					assert.Equal(t, "volcano", pod.SchedulerName)
					assert.Equal(t, []corev1.LocalObjectReference{{Name: "s"}}, pod.ImagePullSecrets)
				}
			},
		},
		"what a leader says itself wins": {
			engine: `{schedulerName: volcano, leader: {schedulerName: own}}`,
			check: func(t *testing.T, p pods) {
				assert.Equal(t, "own", p.leader.SchedulerName)
				assert.Equal(t, "volcano", p.worker.SchedulerName)
			},
		},
		"named lists are merged by name": {
			engine: `{volumes: [{name: v, emptyDir: {}}], runner: {env: [{name: A, value: a}], volumeMounts: [{name: v, mountPath: /v}]}, leader: {volumes: [{name: w, emptyDir: {}}], runner: {env: [{name: A, value: own}, {name: B, value: b}]}}}`,
			check: func(t *testing.T, p pods) {
				assert.Len(t, p.leader.Volumes, 2)
				assert.Len(t, p.worker.Volumes, 1)
				assert.ElementsMatch(t, []corev1.EnvVar{{Name: "A", Value: "own"}, {Name: "B", Value: "b"}}, runnerOf(p.leader).Env)
				assert.Equal(t, []corev1.EnvVar{{Name: "A", Value: "a"}}, runnerOf(p.worker).Env)
				assert.Len(t, runnerOf(p.worker).VolumeMounts, 1)
			},
		},
		"probes and ports reach the leader alone": {
			engine: `{runner: {ports: [{containerPort: 1}], readinessProbe: {periodSeconds: 3}, startupProbe: {periodSeconds: 3}, livenessProbe: {periodSeconds: 3}}}`,
			check: func(t *testing.T, p pods) {
				leader, worker := runnerOf(p.leader), runnerOf(p.worker)
				assert.Len(t, leader.Ports, 1)
				assert.NotNil(t, leader.ReadinessProbe)
				assert.Empty(t, worker.Ports)
				assert.Nil(t, worker.ReadinessProbe)
				assert.Nil(t, worker.StartupProbe)
				assert.Nil(t, worker.LivenessProbe)
			},
		},
		"an image that both have is said": {
			engine: `{runner: {image: "own:2"}}`,
			check:  func(t *testing.T, p pods) { assert.Equal(t, "leader:1", runnerOf(p.leader).Image) },
			lost:   "spec.engine.runner.image has no effect",
		},
		"what leader and worker say too is not lost": {
			engine: `{runner: {name: r, image: "worker:1"}, leader: {runner: {image: "worker:1"}}}`,
			check:  func(t *testing.T, p pods) { assert.Equal(t, "worker:1", runnerOf(p.leader).Image) },
		},
		"command and arguments belong together": {
			engine: `{runner: {command: [own], args: [--own]}}`,
			check: func(t *testing.T, p pods) {
				assert.Empty(t, runnerOf(p.leader).Command)
				assert.Equal(t, []string{"--lead"}, runnerOf(p.leader).Args)
				assert.Equal(t, []string{"work"}, runnerOf(p.worker).Command)
				assert.Empty(t, runnerOf(p.worker).Args)
			},
			lost: "spec.engine.runner.command, spec.engine.runner.args have no effect",
		},
		"so do resources": {
			engine: `{runner: {resources: {limits: {memory: 1Gi}}}}`,
			check: func(t *testing.T, p pods) {
				assert.Len(t, runnerOf(p.leader).Resources.Limits, 1)
				assert.Contains(t, runnerOf(p.worker).Resources.Limits, corev1.ResourceMemory)
			},
		},
		"a leader and a worker that say nothing have the component's runner": {
			engine:  `{runner: {name: r, image: "own:1", args: [--own], ports: [{containerPort: 1}]}, leader: {}, worker: {size: 2}}`,
			runtime: `{}`,
			check: func(t *testing.T, p pods) {
				for _, pod := range []corev1.PodSpec{p.leader, p.worker} {
					assert.Equal(t, "own:1", runnerOf(pod).Image)
					assert.Equal(t, []string{"--own"}, runnerOf(pod).Args)
				}
			},
		},
		"a worker without a leader is described by itself": {
			engine:  `{schedulerName: own, runner: {name: r, image: "own:1"}, worker: {size: 2, runner: {name: r, image: "worker:1"}}}`,
			runtime: `{}`,
			check: func(t *testing.T, p pods) {
				assert.Equal(t, "own", p.leader.SchedulerName)
				assert.Empty(t, p.worker.SchedulerName)
			},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			if test.runtime == "" {
				test.runtime = groups
			}
			in := input{spec: `{engine: ` + test.engine + `}`, runtime: test.runtime}.input(t)
			c := composed(t, in, v1beta1.EngineComponent)
			require.NotNil(t, c.Worker)
			test.check(t, pods{c.Pod, *c.Worker})
			var messages string
			for _, found := range in.Record.Findings() {
				messages += found.Message + "\n"
			}
			if test.lost == "" {
				assert.Empty(t, messages)
			}
			assert.Contains(t, messages, test.lost)
		})
	}
}
