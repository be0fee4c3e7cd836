package child

import (
	"encoding/json"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/internal/yamlstream"
)

// typed returns a new object of the kind, nil for kinds without a type here.
func typed(apiVersion, kind string) any {
	switch apiVersion + " " + kind {
	case "apps/v1 Deployment":
		return &appsv1.Deployment{}
	case "v1 Service":
		return &corev1.Service{}
	case "v1 ConfigMap":
		return &corev1.ConfigMap{}
	case "v1 Pod":
		return &corev1.Pod{}
	case "v1 ServiceAccount":
		return &corev1.ServiceAccount{}
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return &autoscalingv2.HorizontalPodAutoscaler{}
	case "policy/v1 PodDisruptionBudget":
		return &policyv1.PodDisruptionBudget{}
	case "networking.k8s.io/v1 Ingress":
		return &networkingv1.Ingress{}
	case "rbac.authorization.k8s.io/v1 Role":
		return &rbacv1.Role{}
	case "rbac.authorization.k8s.io/v1 RoleBinding":
		return &rbacv1.RoleBinding{}
	case "leaderworkerset.x-k8s.io/v1 LeaderWorkerSet":
		return &lwsv1.LeaderWorkerSet{}
	case "serving.knative.dev/v1 Service":
		return &servingv1.Service{}
	}
	return nil
}

// recorded returns the JSON of the children that OME made in the cases whose name matches.
func recorded(t *testing.T, pattern string) [][]byte {
	t.Helper()
	var all [][]byte
	for _, c := range omecases.All(t) {
		if match, err := path.Match(pattern, c.Name); err != nil || !match {
			require.NoError(t, err)
			continue
		}
		documents, err := yamlstream.Documents(c.Data(omecases.Children))
		require.NoError(t, err, c.Name)
		all = append(all, documents...)
	}
	require.NotEmpty(t, all)
	return all
}

// For real objects of every kind the walk gives what pruning the object's JSON gives.
func TestObjectAgreesWithPrunedJSON(t *testing.T) {
	checked := 0
	for _, document := range recorded(t, "*[05]*") {
		var meta struct{ APIVersion, Kind string }
		require.NoError(t, json.Unmarshal(document, &meta))
		object := typed(meta.APIVersion, meta.Kind)
		if object == nil {
			continue
		}
		require.NoError(t, json.Unmarshal(document, object))
		text, err := json.Marshal(object)
		require.NoError(t, err)
		var roundTripped map[string]any
		require.NoError(t, utiljson.Unmarshal(text, &roundTripped))
		require.Equal(t, minimal(roundTripped).Object, minimal(object).Object)
		checked++
	}
	assert.Greater(t, checked, 100)
}

// What was emitted is canonical: emitting it again changes nothing.
func TestObjectIsIdempotent(t *testing.T) {
	for _, document := range recorded(t, "*[37]-*") {
		var object map[string]any
		require.NoError(t, utiljson.Unmarshal(document, &object))
		once := minimal(object)
		addServerDefaults(once)
		require.Equal(t, once.Object, minimal(once.Object).Object)
	}
}
