package compose

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// mergedEngine composes an engine of what a runtime and a service say.
func mergedEngine(t *testing.T, runtime, service string) corev1.PodSpec {
	t.Helper()
	in := input{spec: `{engine: ` + service + `}`, runtime: `{engineConfig: ` + runtime + `}`}.input(t)
	return composed(t, in, v1beta1.EngineComponent).Pod
}

func TestPortsOfTheNode(t *testing.T) {
	for sentence, test := range map[string]struct {
		runtime, service string
		want             [][2]int32 // container port and port of the node
	}{
		"the network of the node has the container's ports": {
			`{runner: {name: c, image: i, ports: [{containerPort: 8080, hostPort: 80}, {containerPort: 9090}]}}`, `{hostNetwork: true}`,
			[][2]int32{{8080, 8080}, {9090, 0}},
		},
		"the service takes a port of the node from the runtime": {
			`{runner: {name: c, image: i, ports: [{containerPort: 8080, hostPort: 80}]}}`, `{runner: {ports: [{containerPort: 9000, hostPort: 80}]}}`,
			[][2]int32{{8080, 0}, {9000, 80}},
		},
		"the first takes it of two that one author gives": {
			`{containers: [{name: s, image: i, ports: [{containerPort: 1, hostPort: 80}]}], runner: {name: c, image: i, ports: [{containerPort: 2, hostPort: 80}]}}`, `{}`,
			[][2]int32{{1, 80}, {2, 0}},
		},
		"another protocol is another port": {
			`{runner: {name: c, image: i, ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80, protocol: UDP}]}}`, `{}`,
			[][2]int32{{1, 80}, {2, 80}},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			pod := mergedEngine(t, test.runtime, test.service)
			var got [][2]int32
			for _, port := range portsOf(&pod) {
				got = append(got, [2]int32{port.ContainerPort, port.HostPort})
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestOnePortOfANumberOrAName(t *testing.T) {
	for sentence, test := range map[string]struct {
		ports string
		want  []string
	}{
		"requests come by TCP":          {`[{containerPort: 1, name: quic, protocol: UDP}, {containerPort: 1, name: http}, {containerPort: 2}]`, []string{"http 1 TCP", " 2 TCP"}},
		"of one protocol the first":     {`[{containerPort: 1, name: a}, {containerPort: 1, name: b}]`, []string{"a 1 TCP"}},
		"of one name the first has it":  {`[{containerPort: 1, name: a}, {containerPort: 2, name: a}]`, []string{"a 1 TCP", " 2 TCP"}},
		"but the one for TCP":           {`[{containerPort: 1, name: a, protocol: UDP}, {containerPort: 2, name: a}]`, []string{" 1 UDP", "a 2 TCP"}},
		"its place is its own":          {`[{containerPort: 1, protocol: UDP}, {containerPort: 2}, {containerPort: 1}]`, []string{" 2 TCP", " 1 TCP"}},
		"a name is free with its port":  {`[{containerPort: 1, name: a, protocol: UDP}, {containerPort: 1}, {containerPort: 2, name: a}]`, []string{" 1 TCP", "a 2 TCP"}},
		"only those without TCP remain": {`[{containerPort: 1, name: a, protocol: SCTP}, {containerPort: 1, name: b, protocol: UDP}]`, []string{"a 1 SCTP"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			pod := mergedEngine(t, `{runner: {name: c, image: i, ports: `+test.ports+`}}`, `{}`)
			var got []string
			for _, port := range portsOf(&pod) {
				got = append(got, fmt.Sprintf("%s %d %s", port.Name, port.ContainerPort, cmp.Or(port.Protocol, corev1.ProtocolTCP)))
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestPausesFitIntoTheTimeToStop(t *testing.T) {
	for sentence, test := range map[string]struct {
		runtime, service string
		pause, grace     int64
	}{
		"they fit":                                {`{terminationGracePeriodSeconds: 60, runner: {name: c, image: i, lifecycle: {preStop: {sleep: {seconds: 30}}}}}`, `{}`, 30, 60},
		"the service's pause needs more time":     {`{terminationGracePeriodSeconds: 60, runner: {name: c, image: i}}`, `{runner: {lifecycle: {preStop: {sleep: {seconds: 90}}}}}`, 90, 90},
		"the service gives less time":             {`{terminationGracePeriodSeconds: 60, runner: {name: c, image: i, lifecycle: {preStop: {sleep: {seconds: 30}}}}}`, `{terminationGracePeriodSeconds: 5}`, 5, 5},
		"a pause that is longer than the default": {`{runner: {name: c, image: i, lifecycle: {preStop: {sleep: {seconds: 45}}}}}`, `{}`, 45, 45},
	} {
		t.Run(sentence, func(t *testing.T) {
			pod := mergedEngine(t, test.runtime, test.service)
			assert.Equal(t, test.pause, pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds)
			assert.Equal(t, test.grace, *pod.TerminationGracePeriodSeconds)
		})
	}
}
