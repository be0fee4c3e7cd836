package operators

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/internal/crdsource"
)

func pinned(t *testing.T, by, module string) (folder string) {
	t.Helper()
	folder, err := crdsource.PinnedModuleFolder(context.Background(), by, module)
	require.NoError(t, err)
	return folder
}

func TestControllersAreOfTheVersionsOfTheirDefinitions(t *testing.T) {
	published, err := crdsource.OfOptionalKinds(context.Background())
	require.NoError(t, err)
	for by, module := range map[string]string{"lws": lwsModule, "keda": kedaModule, "knative": knativeModule} {
		folder := pinned(t, by, module)
		assert.True(t, slices.ContainsFunc(published, func(p crdsource.Published) bool { return strings.HasSuffix(folder, "/"+p.Module) }),
			"no definition is of the module in %s", folder)
	}
}

// TestKEDAIsPartOfTheAPI: what its own manifests say of Service objects is said of loopback.
func TestKEDAIsPartOfTheAPI(t *testing.T) {
	k := &keda{admission: 1234, external: 5678}
	objects, err := k.objects(pinned(t, "keda", kedaModule), []byte("authority"))
	require.NoError(t, err)
	kinds := []string{}
	for _, object := range objects {
		kinds = append(kinds, object.GetKind())
	}
	require.Equal(t, []string{"ValidatingWebhookConfiguration", "APIService", "Service"}, kinds)
	webhooks, _, err := unstructured.NestedSlice(objects[0].Object, "webhooks")
	require.NoError(t, err)
	for _, item := range webhooks {
		webhook := item.(map[string]any)
		url, _, _ := unstructured.NestedString(webhook, "clientConfig", "url")
		assert.True(t, strings.HasPrefix(url, "https://127.0.0.1:1234/validate-"), url)
		assert.Equal(t, "Fail", webhook["failurePolicy"])
	}
	reference, _, _ := unstructured.NestedMap(objects[1].Object, "spec", "service")
	assert.Equal(t, map[string]any{"name": objects[2].GetName(), "namespace": "keda", "port": int64(5678)}, reference)
	external, _, _ := unstructured.NestedString(objects[2].Object, "spec", "externalName")
	assert.Equal(t, "localhost", external)
}

// TestKnativeIsAsPublished, but for where its webhooks and its activator are, and for what tests do not wait for.
func TestKnativeIsAsPublished(t *testing.T) {
	objects, err := knativeObjects(pinned(t, "knative", knativeModule), 1234)
	require.NoError(t, err)
	webhooks, set := 0, map[string]bool{}
	for _, object := range objects {
		configured, _, err := unstructured.NestedSlice(object.Object, "webhooks")
		require.NoError(t, err)
		for _, item := range configured {
			service, _, _ := unstructured.NestedMap(item.(map[string]any), "clientConfig", "service")
			assert.Equal(t, map[string]any{"name": "webhook", "namespace": KnativeNamespace, "port": int64(1234)}, service)
			webhooks++
		}
		for key, value := range knativeSettings[object.GetName()] {
			written, _, _ := unstructured.NestedString(object.Object, "data", key)
			assert.Equal(t, value, written, key)
			set[object.GetName()] = true
		}
	}
	assert.Equal(t, 3, webhooks, "defaults, validation, and validation of settings")
	assert.Len(t, set, len(knativeSettings))
}

// TestWebhooksAreCalledByAddress: they are those of the project, and only pods of
// LeaderWorkerSets need them.
func TestWebhooksAreCalledByAddress(t *testing.T) {
	objects, err := leaderWorkerSetWebhooks(filepath.Join(pinned(t, "lws", lwsModule), "config/webhook"), "127.0.0.1:1234", []byte("authority"))
	require.NoError(t, err)
	require.Len(t, objects, 2)
	called := map[string]bool{}
	for _, object := range objects {
		webhooks, _, err := unstructured.NestedSlice(object.Object, "webhooks")
		require.NoError(t, err)
		for _, item := range webhooks {
			webhook := item.(map[string]any)
			url, _, _ := unstructured.NestedString(webhook, "clientConfig", "url")
			path, found := strings.CutPrefix(url, "https://127.0.0.1:1234/")
			assert.True(t, found, url)
			called[path] = true
			assert.NotContains(t, webhook["clientConfig"], "service")
			assert.Equal(t, strings.HasSuffix(path, "-pod"), webhook["objectSelector"] != nil, path)
		}
	}
	for _, path := range []string{
		"mutate-leaderworkerset-x-k8s-io-v1-leaderworkerset", "mutate--v1-pod",
		"validate-leaderworkerset-x-k8s-io-v1-leaderworkerset", "validate--v1-pod",
	} {
		assert.True(t, called[path], path)
	}
}
