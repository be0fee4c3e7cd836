package main

import (
	"context"
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
	"github.com/isvc-io/isvc/sync/load"
)

// TestTheAPIServerTakesDescribedDefinitions gives the definitions with descriptions to the validation that
// the API server has for them: structural schemas, the cost of rules and the rest.
func TestTheAPIServerTakesDescribedDefinitions(t *testing.T) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	for _, kind := range load.CatalogueKinds() {
		name, _ := kind.NameAndVersion()
		document, err := manifests.DescribedDefinitionOf(name)
		require.NoError(t, err)
		crd, internal := &apiextensionsv1.CustomResourceDefinition{}, &apiextensions.CustomResourceDefinition{}
		require.NoError(t, yaml.UnmarshalStrict(document, crd))
		assert.NotEmpty(t, crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Description, crd.Name)
		scheme.Default(crd)
		require.NoError(t, scheme.Convert(crd, internal, nil))
		assert.Empty(t, validation.ValidateCustomResourceDefinition(context.Background(), internal), crd.Name)
	}
}
