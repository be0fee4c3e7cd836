package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/isvc-io/isvc/api/definition"
)

// packFolder writes the YAML files of a folder, and the descriptions that were taken out of them, into
// an archive beside it, with the name of the folder. An archive that has exactly these files stays as
// it is, because other releases of Go compress differently.
func packFolder(folder string, descriptions *definition.Descriptions) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return fmt.Errorf("cannot list %s: %w", folder, err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("cannot read a definition: %w", err)
		}
		files[filepath.Base(folder)+"/"+filepath.Base(name)] = data
	}
	text, err := json.Marshal(descriptions)
	if err != nil {
		return fmt.Errorf("cannot encode the descriptions: %w", err)
	}
	files[filepath.Base(folder)+"/descriptions.json"] = text
	archive := filepath.Clean(folder) + ".zip"
	if archiveHolds(archive, files) {
		return nil
	}
	var out bytes.Buffer
	if err := writeArchive(&out, files); err != nil {
		return fmt.Errorf("cannot pack the definitions: %w", err)
	}
	return os.WriteFile(archive, out.Bytes(), 0o644)
}

// writeArchive packs the files in the order of their names, without times.
func writeArchive(out io.Writer, files map[string][]byte) error {
	w := zip.NewWriter(out)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	for _, name := range slices.Sorted(maps.Keys(files)) {
		part, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if _, err := part.Write(files[name]); err != nil {
			return err
		}
	}
	return w.Close()
}

// archiveHolds reports whether an archive has the files and no others.
func archiveHolds(archive string, files map[string][]byte) bool {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return false
	}
	defer r.Close()
	for name, data := range files {
		packed, err := fs.ReadFile(r, name)
		if err != nil || !bytes.Equal(packed, data) {
			return false
		}
	}
	return len(r.File) == len(files)
}
