// Package definitions checks objects against custom resource definitions with the code of the API
// server: the schema, the rules in CEL, list types and embedded metadata.
package definitions

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	structuraldefaulting "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemaobjectmeta "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
)

// Definition is one version of a kind that a custom resource definition adds.
type Definition struct {
	isNamespaced bool
	hasStatus    bool
	structural   *structuralschema.Structural
	validator    schemavalidation.SchemaValidator
	rules        *cel.Validator
}

// Source is a custom resource definition before it is compiled.
type Source struct {
	crd apiextensionsv1.CustomResourceDefinition
}

// Read reads a custom resource definition in YAML or JSON.
func Read(text []byte) (*Source, error) {
	source := &Source{}
	if err := yaml.Unmarshal(text, &source.crd); err != nil {
		return nil, err
	}
	if source.crd.Kind != "CustomResourceDefinition" {
		return nil, fmt.Errorf("is a %s: a definition is a CustomResourceDefinition", source.crd.Kind)
	}
	return source, nil
}

// Kinds are the kinds that the definition serves, one for each version.
func (s *Source) Kinds() []kinds.Kind {
	var served []kinds.Kind
	for _, version := range s.crd.Spec.Versions {
		if version.Served {
			served = append(served, s.kind(version.Name))
		}
	}
	return served
}

func (s *Source) kind(version string) kinds.Kind {
	return kinds.New(s.crd.Spec.Names.Kind, s.crd.Spec.Group+"/"+version)
}

// Compile makes one kind of the definition ready to check objects.
func (s *Source) Compile(kind kinds.Kind) (*Definition, error) {
	for _, version := range s.crd.Spec.Versions {
		if version.Served && s.kind(version.Name) == kind {
			return newDefinition(&s.crd, version)
		}
	}
	return nil, fmt.Errorf("%s does not serve %s", s.crd.Name, kind)
}

func newDefinition(crd *apiextensionsv1.CustomResourceDefinition, version apiextensionsv1.CustomResourceDefinitionVersion) (*Definition, error) {
	var internal apiextensions.CustomResourceValidation
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(version.Schema, &internal, nil); err != nil {
		return nil, err
	}
	structural, err := structuralschema.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	validator, _, err := schemavalidation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	return &Definition{
		isNamespaced: crd.Spec.Scope == apiextensionsv1.NamespaceScoped,
		hasStatus:    version.Subresources != nil && version.Subresources.Status != nil,
		structural:   structural,
		validator:    validator,
		rules:        cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}, nil
}

// Check returns the fields that the kind does not have, and what the API server would refuse in an
// object that is created. It changes the object: it gets the defaults of the definition, and loses
// unknown fields and the status.
func (d *Definition) Check(object map[string]any) (unknown []string, refused field.ErrorList) {
	unknown = pruning.PruneWithOptions(object, d.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	if err := schemaobjectmeta.Coerce(nil, object, d.structural, true, false); err != nil {
		return unknown, field.ErrorList{err}
	}
	structuraldefaulting.PruneNonNullableNullsWithoutDefaults(object, d.structural)
	structuraldefaulting.Default(object, d.structural)
	if d.hasStatus {
		delete(object, "status")
	}
	accessor := &unstructured.Unstructured{Object: object}
	refused = validation.ValidateObjectMetaAccessor(accessor, d.isNamespaced, validation.NameIsDNSSubdomain, field.NewPath("metadata"))
	refused = append(refused, schemavalidation.ValidateCustomResource(nil, object, d.validator)...)
	refused = append(refused, schemaobjectmeta.Validate(context.Background(), nil, object, d.structural, false)...)
	refused = append(refused, listtype.ValidateListSetsAndMaps(nil, d.structural, object)...)
	if d.rules != nil && !hasBlockingError(refused) {
		broken, _ := d.rules.Validate(context.Background(), nil, d.structural, object, nil, celconfig.RuntimeCELCostBudget)
		refused = append(refused, broken...)
	}
	return unknown, refused
}

// hasBlockingError reports whether the rules in CEL cannot be applied: the API server does not apply
// them to an object whose types are wrong.
func hasBlockingError(errs field.ErrorList) bool {
	return slices.ContainsFunc(errs, func(err *field.Error) bool {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
		return false
	})
}
