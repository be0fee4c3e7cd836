package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/manifests"
)

// TestTheAPIServerTakesDescribedDefinitions gives the definitions with descriptions to the validation that
// the API server has for them: structural schemas, the cost of rules and the rest.
func TestTheAPIServerTakesDescribedDefinitions(t *testing.T) {
	text, err := manifests.Render(manifests.Options{CRDsOnly: true, Descriptions: true})
	require.NoError(t, err)
	scheme := runtime.NewScheme()
	install.Install(scheme)
	documents := strings.Split(string(text), "\n---\n")
	require.Len(t, documents, 7)
	for _, document := range documents {
		crd, internal := &apiextensionsv1.CustomResourceDefinition{}, &apiextensions.CustomResourceDefinition{}
		require.NoError(t, yaml.UnmarshalStrict([]byte(document), crd))
		assert.NotEmpty(t, crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Description, crd.Name)
		scheme.Default(crd)
		require.NoError(t, scheme.Convert(crd, internal, nil))
		assert.Empty(t, validation.ValidateCustomResourceDefinition(context.Background(), internal), crd.Name)
	}
}
