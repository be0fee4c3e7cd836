package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/openapi"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/manifests"
	"github.com/isvc-io/isvc/sync/load"
)

// TestDescribedDefinitionsAreInstalled applies the definitions with descriptions over the plain ones, as
// kubectl apply --server-side does, and asks for a description as kubectl explain does.
func TestDescribedDefinitionsAreInstalled(t *testing.T) {
	api := connect(t, "definitions")
	applyDefinitions := func(definition func(kind string) ([]byte, error)) (largest int) {
		for _, kind := range load.CatalogueKinds() {
			name, _ := kind.NameAndVersion()
			text, err := definition(name)
			require.NoError(t, err)
			crd := &unstructured.Unstructured{}
			require.NoError(t, yaml.Unmarshal(text, &crd.Object))
			resource, err := api.Of(crd)
			require.NoError(t, err)
			stored, err := resource.Apply(context.Background(), crd.GetName(), crd, metav1.ApplyOptions{FieldManager: "kubectl", Force: true})
			require.NoError(t, err, crd.GetName())
			size, err := json.Marshal(stored)
			require.NoError(t, err)
			largest = max(largest, len(size))
		}
		return largest
	}
	largest := applyDefinitions(manifests.DescribedDefinitionOf)
	t.Cleanup(func() { applyDefinitions(manifests.DefinitionOf) })
	numbers.record("largest definition with descriptions", "%d bytes as the API server keeps it", largest)
	assert.Less(t, largest, 1536*1024, "etcd takes no more")

	config, err := plane.Config("definitions")
	require.NoError(t, err)
	server, err := discovery.NewDiscoveryClientForConfig(config)
	require.NoError(t, err)
	published := func() bool {
		text, err := publishedSchema(server.OpenAPIV3())
		return err == nil && strings.Contains(text, "maxReplicas is the upper limit of replicas")
	}
	require.Eventually(t, published, time.Minute, time.Second, "the API server does not publish the descriptions")
}

// publishedSchema is what the API server tells kubectl explain of the kinds of ome.io.
func publishedSchema(client openapi.Client) (string, error) {
	paths, err := client.Paths()
	if err != nil {
		return "", err
	}
	group, there := paths["apis/ome.io/v1beta1"]
	if !there {
		return "", nil
	}
	text, err := group.Schema("application/json")
	return string(text), err
}
