package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/sync/load"
)

// stdinPath is the path of standard input.
const stdinPath = "-"

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 30

// readManifests returns the files in the order in which the paths name them, the files of a folder
// by name. A file that is named twice is read once.
func readManifests(paths []string, stdin io.Reader) ([]load.File, error) {
	if len(paths) == 0 {
		return nil, errors.New("nothing to read: name files or folders with -f, or - for standard input")
	}
	var files []load.File
	seen := map[string]bool{}
	for _, path := range paths {
		names, err := expandPath(path)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			file, err := readFile(name, stdin)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}

// expandPath returns the file, or the manifests below the folder, that a path names.
func expandPath(path string) ([]string, error) {
	if path == stdinPath {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, withoutPath(err))
	}
	if !info.IsDir() {
		return []string{filepath.Clean(path)}, nil
	}
	return manifestsBelow(path)
}

// manifestsBelow returns the manifests of a folder and its subfolders, except hidden ones.
func manifestsBelow(folder string) ([]string, error) {
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", folder, withoutPath(err))
	}
	var names []string
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", path, withoutPath(err))
		}
		if path != root && entry.IsDir() && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if isManifest(path, entry) {
			names = append(names, filepath.Join(folder, strings.TrimPrefix(path, root)))
		}
		return nil
	})
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("%s holds no *.yaml, *.yml or *.json", folder)
	}
	return names, err
}

// isManifest reports whether a file of a folder is read. A kustomization says how to build
// manifests and is not a manifest itself.
func isManifest(path string, entry fs.DirEntry) bool {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return false
	}
	switch name := entry.Name(); strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return name != "kustomization.yaml" && name != "kustomization.yml"
	}
	return false
}

func readFile(name string, stdin io.Reader) (load.File, error) {
	reader := stdin
	if name != stdinPath {
		file, err := os.Open(name)
		if err != nil {
			return load.File{}, fmt.Errorf("cannot read %s: %w", name, withoutPath(err))
		}
		defer func() { _ = file.Close() }() // nothing was written to it
		reader = file
	} else {
		name = "standard input"
	}
	data, err := io.ReadAll(io.LimitReader(reader, maxFile+1))
	if err != nil {
		return load.File{}, fmt.Errorf("cannot read %s: %w", name, withoutPath(err))
	}
	if len(data) > maxFile {
		return load.File{}, fmt.Errorf("cannot read %s: it is larger than %d bytes", name, maxFile)
	}
	return load.File{Name: name, Data: data}, nil
}

// withoutPath is an error without the path, which the caller names.
func withoutPath(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// readConfig reads the configuration from a file, or from a folder with a file for each section,
// such as a mounted ConfigMap.
func readConfig(path string) ([]load.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, withoutPath(err))
	}
	if !info.IsDir() {
		file, err := readFile(path, nil)
		return []load.File{file}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, withoutPath(err))
	}
	files := []load.File{}
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		if info, err := os.Stat(name); err != nil || info.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		file, err := readFile(name, nil)
		if err != nil {
			return nil, err
		}
		files = append(files, load.File{Name: entry.Name(), Data: file.Data})
	}
	return files, nil
}

// parseConfig returns the configuration in the files that readConfig read from the path.
func parseConfig(path string, files []load.File) (*config.Config, error) {
	if len(files) == 1 && files[0].Name == path {
		return load.Config(files[0])
	}
	return load.ConfigSections(files), nil
}

// loadConfig reads a configuration that must be usable; nil without a path.
func loadConfig(path string) (*config.Config, error) {
	if path == "" {
		return nil, nil
	}
	files, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	return parseConfig(path, files)
}
