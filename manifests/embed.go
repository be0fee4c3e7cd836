// Package manifests holds the objects that install isvc in a cluster, and puts them together for
// the kinds that the cluster has.
//
// The YAML files are written for kustomize: a base, and a component for each group of optional
// kinds. Render makes the same from them as kubectl kustomize, for users who have the program and
// not the files.
package manifests

import (
	"archive/zip"
	"bytes"
	"embed"
	"io/fs"
	"strings"
)

// files are the base, the components and, in the folder crds, the custom resource definitions.
var files fs.FS = embeddedFiles{}

//go:embed base components
var kustomizeFiles embed.FS

// crdArchive is the folder crds as an archive, because the custom resource definitions are large, and
// beside them descriptions.json, the descriptions of their fields as definition.Descriptions.
// go generate ./api/... writes it.
//
//go:embed crds.zip
var crdArchive []byte

// embeddedFiles are the files that are part of the program.
type embeddedFiles struct{}

// Open opens a file or a folder.
func (embeddedFiles) Open(name string) (fs.File, error) {
	if name != "crds" && !strings.HasPrefix(name, "crds/") {
		return kustomizeFiles.Open(name)
	}
	archive, err := zip.NewReader(bytes.NewReader(crdArchive), int64(len(crdArchive)))
	if err != nil {
		return nil, err
	}
	return archive.Open(name)
}
