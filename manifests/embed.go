// Package manifests has the custom resource definitions of ome.io with the descriptions of their fields,
// beside the files that install isvc: a kustomize base, a component for each optional kind, and a Helm
// chart of the same objects.
package manifests

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"io/fs"
	"sync"
)

// DefaultNamespace is where the files install isvc.
const DefaultNamespace = "isvc-system"

// crdArchive is the folder crds as an archive, because the custom resource definitions are large, and
// beside them descriptions.json, the descriptions of their fields as definition.Descriptions.
// go generate ./api/... writes it.
//
//go:embed crds.zip
var crdArchive []byte

// definitionFiles opens the archive.
var definitionFiles = sync.OnceValues(func() (fs.FS, error) {
	return zip.NewReader(bytes.NewReader(crdArchive), int64(len(crdArchive)))
})
