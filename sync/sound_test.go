package sync_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/modes"
)

// TestGoldenObjectsAreSound checks every object of every case against rules of
// the API server that no schema states.
func TestGoldenObjectsAreSound(t *testing.T) {
	for _, name := range goldenCases(t) {
		t.Run(name, func(t *testing.T) {
			for _, response := range renderCase(t, name) {
				v := view{t, response}
				for _, r := range v.refs() {
					for _, template := range templatesOf(v, r) {
						soundPod(t, r, template)
					}
					soundLabels(v, r)
					soundService(v, r)
				}
			}
		})
	}
}

// templatesOf are the pod templates of a child.
func templatesOf(v view, r string) []corev1.PodTemplateSpec {
	v.t.Helper()
	kind, name, _ := strings.Cut(r, "/")
	switch kind {
	case "Deployment":
		return []corev1.PodTemplateSpec{*v.pod(name)}
	case "LeaderWorkerSet":
		group := decodeChild[lwsv1.LeaderWorkerSet](v, r).Spec.LeaderWorkerTemplate
		return []corev1.PodTemplateSpec{*group.LeaderTemplate, group.WorkerTemplate}
	case "KnativeService":
		template := decodeChild[servingv1.Service](v, r).Spec.Template
		return []corev1.PodTemplateSpec{{ObjectMeta: template.ObjectMeta, Spec: template.Spec.PodSpec}}
	case "RayCluster":
		spec := decodeChild[modes.RayCluster](v, r).Spec
		return []corev1.PodTemplateSpec{spec.HeadGroupSpec.Template, spec.WorkerGroupSpecs[0].Template}
	}
	return nil
}

// soundPod checks what must be unique in a pod, that mounts have volumes, and
// that no request exceeds its limit.
func soundPod(t testing.TB, r string, template corev1.PodTemplateSpec) {
	t.Helper()
	volumes := set{}
	for _, volume := range template.Spec.Volumes {
		volumes.once(t, r+" volume", volume.Name)
		assert.Empty(t, validation.IsDNS1123Label(volume.Name), "%s volume %s", r, volume.Name)
	}
	containers := set{}
	for _, list := range [][]corev1.Container{template.Spec.InitContainers, template.Spec.Containers} {
		for i := range list {
			containers.once(t, r+" container", list[i].Name)
			assert.NotEmpty(t, list[i].Image, "%s container %s", r, list[i].Name)
			soundContainer(t, r+" "+list[i].Name, &list[i], volumes)
		}
	}
	for key, value := range template.Labels {
		assert.Empty(t, validation.IsValidLabelValue(value), "%s label %s", r, key)
	}
}

func soundContainer(t testing.TB, where string, c *corev1.Container, volumes set) {
	t.Helper()
	variables, paths, names := set{}, set{}, set{}
	for _, variable := range c.Env {
		variables.once(t, where+" env", variable.Name)
	}
	for _, mount := range c.VolumeMounts {
		paths.once(t, where+" mount", mount.MountPath)
		assert.True(t, volumes[mount.Name], "%s mounts %s, which is no volume", where, mount.Name)
	}
	for _, port := range c.Ports {
		if port.Name != "" {
			names.once(t, where+" port", port.Name)
		}
	}
	for name, request := range c.Resources.Requests {
		if limit, limited := c.Resources.Limits[name]; limited {
			assert.LessOrEqual(t, request.Cmp(limit), 0, "%s requests more %s than its limit", where, name)
		}
	}
}

// soundLabels checks the values of labels.
func soundLabels(v view, r string) {
	v.t.Helper()
	for key, value := range v.raw(r).GetLabels() {
		assert.Empty(v.t, validation.IsValidLabelValue(value), "%s label %s", r, key)
	}
}

// soundService checks the name and the ports of a Service.
func soundService(v view, r string) {
	v.t.Helper()
	kind, name, _ := strings.Cut(r, "/")
	if kind != "Service" {
		return
	}
	assert.Empty(v.t, validation.IsDNS1035Label(name), r)
	names, numbers := set{}, set{}
	list := v.service(name).Spec.Ports
	for _, port := range list {
		numbers.once(v.t, r+" port", jsonText(port.Port)+string(port.Protocol))
		if len(list) > 1 {
			names.once(v.t, r+" port", port.Name)
			assert.NotEmpty(v.t, port.Name, "%s has several ports", r)
		}
	}
}

// set holds what was seen.
type set map[string]bool

func (s set) once(t testing.TB, what, name string) {
	t.Helper()
	assert.False(t, s[name], "%s %s is there twice", what, name)
	s[name] = true
}
