package child

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
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
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"
	"sigs.k8s.io/yaml"
)

const cases = "../../../shared/corpus/cases"

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

// documents returns the JSON of the objects in the files that match.
func documents(t *testing.T, pattern string) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cases, pattern))
	require.NoError(t, err)
	var all [][]byte
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content))); ; {
			document, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, file)
			object, err := yaml.YAMLToJSON(document)
			require.NoError(t, err, file)
			all = append(all, object)
		}
	}
	if len(all) == 0 {
		t.Skip("the corpus is not beside the repository")
	}
	return all
}

// For real objects of every kind the walk gives what pruning the object's JSON gives.
func TestObjectAgreesWithPrunedJSON(t *testing.T) {
	checked := 0
	for _, document := range documents(t, "*[05]*/out/children.yaml") {
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
	for _, document := range documents(t, "*[37]-*/out/children.yaml") {
		var object map[string]any
		require.NoError(t, utiljson.Unmarshal(document, &object))
		once := minimal(object)
		addServerDefaults(once)
		require.Equal(t, once.Object, minimal(once.Object).Object)
	}
}
