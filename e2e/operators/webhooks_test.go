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

func lwsFolder(t *testing.T) string {
	t.Helper()
	folder, err := crdsource.PinnedModuleFolder(context.Background(), "lws", lwsModule)
	require.NoError(t, err)
	return folder
}

func TestTheControllerIsOfTheVersionOfItsDefinitions(t *testing.T) {
	folder := lwsFolder(t)
	published, err := crdsource.OfOptionalKinds(context.Background())
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(published, func(p crdsource.Published) bool { return strings.HasSuffix(folder, "/"+p.Module) }),
		"no definition is of the module in %s", folder)
}

// TestWebhooksAreCalledByAddress: they are those of the project, and only pods of
// LeaderWorkerSets need them.
func TestWebhooksAreCalledByAddress(t *testing.T) {
	objects, err := leaderWorkerSetWebhooks(filepath.Join(lwsFolder(t), "config/webhook"), "127.0.0.1:1234", []byte("authority"))
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
