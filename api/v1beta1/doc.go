// Package v1beta1 holds the ome.io/v1beta1 API: the InferenceService, the models, runtimes and
// accelerator classes that it refers to, and the keys of every label and annotation that has a
// meaning.
//
// The types describe the wire format and nothing else: they decide nothing and default nothing.
// JSON names are those of OME, so that its manifests are read unchanged. Deep copies and the
// CustomResourceDefinitions in manifests/crds are generated from the markers in this package.
//
// +kubebuilder:object:generate=true
// +groupName=ome.io
package v1beta1

//go:generate make --no-print-directory -C ../.. generate
