package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// readiness is the service's condition Ready and the generation it is about.
type readiness struct {
	status, reason, message string
	current                 bool
}

func (w *world) readiness() (readiness, error) {
	service, err := w.read(w.service)
	if err != nil {
		return readiness{}, err
	}
	generation, _, _ := unstructured.NestedInt64(service.Object, "status", "observedGeneration")
	conditions, _, _ := unstructured.NestedSlice(service.Object, "status", "conditions")
	for _, condition := range conditions {
		c, _ := condition.(map[string]any)
		if c["type"] == "Ready" {
			text := func(key string) string { s, _ := c[key].(string); return s }
			return readiness{text("status"), text("reason"), text("message"), generation == service.GetGeneration()}, nil
		}
	}
	return readiness{}, errors.New("there is no condition Ready")
}

// awaitReady waits for Ready=True about the newest generation, with everything
// rolled out.
func (w *world) awaitReady(t *testing.T) {
	t.Helper()
	w.await(t, "Ready", func() error {
		r, err := w.readiness()
		if err == nil && (r.status != "True" || !r.current) {
			err = fmt.Errorf("Ready is %+v", r)
		}
		return err
	})
}

// notReady passes if Ready is False for a reason.
func (w *world) notReady(reason string) error {
	r, err := w.readiness()
	if err != nil {
		return err
	}
	if r.status != "False" || r.reason != reason {
		return fmt.Errorf("Ready is %+v", r)
	}
	return nil
}

// serving passes if the condition Serving is True for a reason.
func (w *world) serving(reason string) error {
	service, err := w.read(w.service)
	if err != nil {
		return err
	}
	if serving := conditionOf(service, "Serving"); serving["status"] != "True" || serving["reason"] != reason {
		return fmt.Errorf("Serving is %v", serving)
	}
	return nil
}

// isChangingItsMode passes if the status says that what served before still does, and which mode the engine changes to.
func (w *world) isChangingItsMode(t *testing.T) {
	t.Helper()
	require.NoError(t, w.serving("ServesAsBefore"))
	assert.Contains(t, conditionOf(w.get(t, w.service), "SpecHonored")["message"], "the engine changes to mode")
}

// field passes if a field of an object has a value.
func (w *world) field(object *unstructured.Unstructured, want any, path ...string) error {
	found, err := w.read(object)
	if err != nil {
		return err
	}
	got, _, err := unstructured.NestedFieldNoCopy(found.Object, path...)
	if err != nil || got != want {
		return fmt.Errorf("%s is %v, not %v", strings.Join(path, "."), got, want)
	}
	return nil
}

// container is the runner in the Deployment's template.
func (w *world) container() (map[string]any, error) {
	deployment, err := w.read(w.deployment())
	if err != nil {
		return nil, err
	}
	containers, _, err := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		return nil, fmt.Errorf("the Deployment has %d containers", len(containers))
	}
	return containers[0].(map[string]any), nil
}

func (w *world) image(want string) error {
	container, err := w.container()
	if err == nil && container["image"] != want {
		err = fmt.Errorf("the image is %v", container["image"])
	}
	return err
}

func (w *world) variable(name, value string) error {
	container, err := w.container()
	if err != nil {
		return err
	}
	variables, _ := container["env"].([]any)
	for _, variable := range variables {
		if v, _ := variable.(map[string]any); v["name"] == name && v["value"] == value {
			return nil
		}
	}
	return fmt.Errorf("the variables are %v", variables)
}

// pods are those of the namespace that are not on their way out.
func (w *world) pods() ([]unstructured.Unstructured, error) {
	resource, err := w.api.Kind("v1", "Pod", w.namespace)
	if err != nil {
		return nil, err
	}
	list, err := resource.List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

func (w *world) runningPods(t *testing.T) []string {
	t.Helper()
	pods, err := w.pods()
	require.NoError(t, err)
	var running []string
	for _, pod := range pods {
		if phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase"); phase == "Running" {
			running = append(running, pod.GetName())
		}
	}
	return running
}

// podsRun passes if there are exactly so many pods and all run.
func (w *world) podsRun(n int) error {
	pods, err := w.pods()
	if err != nil {
		return err
	}
	running := 0
	for _, pod := range pods {
		if phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase"); phase == "Running" {
			running++
		}
	}
	if running != n || len(pods) != n {
		return fmt.Errorf("%d of %d pods run", running, len(pods))
	}
	return nil
}

// podsHave passes if all pods run with an image.
func (w *world) podsHave(image string) error {
	pods, err := w.pods()
	if err != nil {
		return err
	}
	for _, pod := range pods {
		containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
		if c, _ := containers[0].(map[string]any); c["image"] != image {
			return fmt.Errorf("the pod %s has the image %v", pod.GetName(), c["image"])
		}
	}
	if len(pods) == 0 {
		return errors.New("there is no pod")
	}
	return nil
}
