// Package manifests holds what is applied to a cluster to install isvc, and
// puts it together for the kinds that the cluster has.
//
// The YAML files are written for kustomize: a base, and a component for each
// group of optional kinds. Render makes of them what kubectl kustomize makes,
// for people who have the program and not the files.
package manifests

import "embed"

// files are the base, the components and the custom resource definitions.
//
//go:embed base components crds
var files embed.FS
