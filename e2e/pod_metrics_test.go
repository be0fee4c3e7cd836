package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// podMetrics stands in for the metrics server of Kubernetes: it is the part of the cluster's API by which
// HorizontalPodAutoscalers learn what pods use. Every container uses one share of the processors that it asks
// for, and each second another one.
type podMetrics struct {
	api     *cluster.Client
	percent atomic.Int64
}

// used is how many of a hundred parts of processors are used now: up to 5 more than told, so that autoscalers always
// have something to report.
func (m *podMetrics) used() int64 { return m.percent.Load() + time.Now().Unix()%6 }

const metricsAPI = "/apis/metrics.k8s.io/v1beta1"

// servePodMetrics adds it to the cluster until the end of a test.
func servePodMetrics(t *testing.T) *podMetrics {
	t.Helper()
	ctx := context.Background()
	m := &podMetrics{api: connect(t, "pod-metrics")}
	server := httptest.NewTLSServer(http.HandlerFunc(m.answer))
	t.Cleanup(server.Close)
	_, text, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	port, err := strconv.ParseInt(text, 10, 32)
	require.NoError(t, err)
	for _, object := range []*unstructured.Unstructured{
		{Object: map[string]any{
			"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "pod-metrics", "namespace": "default"},
			"spec": map[string]any{"type": "ExternalName", "externalName": "localhost"},
		}},
		{Object: map[string]any{
			"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": "v1beta1.metrics.k8s.io"},
			"spec": map[string]any{
				"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": int64(100), "versionPriority": int64(100),
				"insecureSkipTLSVerify": true, "service": map[string]any{"name": "pod-metrics", "namespace": "default", "port": port},
			},
		}},
	} {
		resource, err := m.api.Of(object)
		require.NoError(t, err)
		_, err = resource.Create(ctx, object, metav1.CreateOptions{})
		require.NoError(t, err)
		// Backward: a part of the API without its server makes discovery fail for everybody.
		t.Cleanup(func() { assert.NoError(t, resource.Delete(ctx, object.GetName(), metav1.DeleteOptions{})) })
	}
	return m
}

func (m *podMetrics) answer(w http.ResponseWriter, r *http.Request) {
	var answer any
	switch {
	case r.URL.Path == metricsAPI:
		answer = metav1.APIResourceList{
			TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: "metrics.k8s.io/v1beta1",
			APIResources: []metav1.APIResource{{Name: "pods", Kind: "PodMetrics", Namespaced: true, Verbs: metav1.Verbs{"get", "list"}}},
		}
	case strings.HasPrefix(r.URL.Path, metricsAPI+"/namespaces/") && strings.HasSuffix(r.URL.Path, "/pods"):
		namespace := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, metricsAPI+"/namespaces/"), "/pods")
		pods, err := m.api.Kind("v1", "Pod", namespace)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		list, err := pods.List(r.Context(), metav1.ListOptions{LabelSelector: r.URL.Query().Get("labelSelector")})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		items := []any{}
		for i := range list.Items {
			if podIsReady(&list.Items[i]) {
				items = append(items, m.of(&list.Items[i]))
			}
		}
		answer = map[string]any{"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetricsList", "metadata": map[string]any{}, "items": items}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // who asked asks again
}

// of is what a pod uses.
func (m *podMetrics) of(pod *unstructured.Unstructured) map[string]any {
	var used []any
	containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
	for _, item := range containers {
		container := item.(map[string]any)
		asked, _, _ := unstructured.NestedString(container, "resources", "requests", "cpu")
		if amount, err := resource.ParseQuantity(asked); err == nil {
			used = append(used, map[string]any{"name": container["name"], "usage": map[string]any{
				"cpu": fmt.Sprintf("%dm", amount.MilliValue()*m.used()/100), "memory": "1Mi",
			}})
		}
	}
	return map[string]any{
		"metadata":  map[string]any{"name": pod.GetName(), "namespace": pod.GetNamespace(), "labels": pod.GetLabels()},
		"timestamp": time.Now().UTC().Format(time.RFC3339), "window": "1s", "containers": used,
	}
}

// scalesByUse lets pods use more and less than autoscalers aim at, and waits for as many pods as the most and the
// fewest replicas have.
func (w *world) scalesByUse(t *testing.T, most, fewest int) {
	t.Helper()
	metrics := servePodMetrics(t)
	for _, step := range []struct {
		percent int64
		pods    int
	}{{160, most}, {5, fewest}} {
		metrics.percent.Store(step.percent)
		w.await(t, fmt.Sprintf("%d pods", step.pods), func() error { return w.podsRun(step.pods) })
		w.awaitReady(t)
		w.await(t, "rest", func() error { return w.quiet(t, 2*time.Second) })
		require.NoError(t, w.podsRun(step.pods), "the number of pods belongs to the autoscaler")
	}
}
