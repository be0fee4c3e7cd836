// Package manifests holds what is applied to a cluster to install isvc, and puts it together for
// the kinds that the cluster has.
//
// The YAML files are written for kustomize: a base, and a component for each group of optional
// kinds. Render makes of them what kubectl kustomize makes, for people who have the program and not
// the files.
package manifests

import (
	"archive/zip"
	"bytes"
	"embed"
	"io/fs"
	"strings"
)

// files are the base, the components and, in the folder crds, the custom resource definitions.
var files fs.FS = carried{}

//go:embed base components
var plain embed.FS

// definitions is the folder crds as an archive, because the definitions are large: go generate
// ./api/... writes it.
//
//go:embed crds.zip
var definitions []byte

// carried are the files that the program carries.
type carried struct{}

// Open opens a file or a folder.
func (carried) Open(name string) (fs.File, error) {
	if name != "crds" && !strings.HasPrefix(name, "crds/") {
		return plain.Open(name)
	}
	archive, err := zip.NewReader(bytes.NewReader(definitions), int64(len(definitions)))
	if err != nil {
		return nil, err
	}
	return archive.Open(name)
}
