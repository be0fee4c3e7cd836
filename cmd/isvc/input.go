package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/load"
)

// stdinPath is the path of standard input.
const stdinPath = "-"

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 30

// inputFlags are the flags that say what to read.
type inputFlags struct {
	paths     []string
	namespace string
}

func (f *inputFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&f.paths, "filename", "f", nil,
		"file, folder (read recursively: *.yaml, *.yml, *.json) or - for standard input; may be repeated")
	flags.StringVarP(&f.namespace, "namespace", "n", "default",
		"namespace of objects that do not name one")
}

// read returns the files in the order in which they were named, those of a
// folder by name. A file that is named twice is read once.
func (f *inputFlags) read(stdin io.Reader) ([]load.File, error) {
	if len(f.paths) == 0 {
		return nil, errors.New("nothing to read: name files or folders with -f, or - for standard input")
	}
	var files []load.File
	seen := map[string]bool{}
	for _, path := range f.paths {
		names, err := expand(path)
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

// expand returns the files behind a path.
func expand(path string) ([]string, error) {
	if path == stdinPath {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, reason(err))
	}
	if !info.IsDir() {
		return []string{filepath.Clean(path)}, nil
	}
	return manifests(path)
}

// manifests returns the manifests below a folder.
func manifests(folder string) ([]string, error) {
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", folder, reason(err))
	}
	var names []string
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", path, reason(err))
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

// isManifest reports whether a file of a folder is read. A kustomization says
// how to build manifests and is none.
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
			return load.File{}, fmt.Errorf("cannot read %s: %w", name, reason(err))
		}
		defer func() { _ = file.Close() }() // nothing was written to it
		reader = file
	} else {
		name = "standard input"
	}
	data, err := io.ReadAll(io.LimitReader(reader, maxFile+1))
	if err != nil {
		return load.File{}, fmt.Errorf("cannot read %s: %w", name, reason(err))
	}
	if len(data) > maxFile {
		return load.File{}, fmt.Errorf("cannot read %s: it is larger than %d bytes", name, maxFile)
	}
	return load.File{Name: name, Data: data}, nil
}

// reason is an error without the path, which the caller names.
func reason(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// load reads and loads the input.
func (f *inputFlags) load(stdin io.Reader) (*load.Set, []load.Problem, error) {
	files, err := f.read(stdin)
	if err != nil {
		return nil, nil, err
	}
	set, problems := load.Files(files, f.namespace)
	return set, problems, nil
}

// readConfig reads the configuration from a file, or from a folder with a file
// for each section as a mounted ConfigMap is.
func readConfig(path string) ([]load.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, reason(err))
	}
	if !info.IsDir() {
		file, err := readFile(path, nil)
		return []load.File{file}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, reason(err))
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

// parseConfig is the configuration of what readConfig read from the path.
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

// parseKinds reads a list of optional kinds that count as installed, each as
// Kind or as Kind.apiVersion; "all" means every one. The kinds that every
// cluster has always count as installed.
func parseKinds(list string) (kinds.Set, error) {
	if list == "all" {
		return kinds.All(), nil
	}
	installed := kinds.Set{}
	for _, kind := range kinds.Core() {
		installed[kind] = true
	}
	for _, name := range strings.Split(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		kind, known := optionalKind(name)
		if !known {
			return nil, fmt.Errorf("there is no optional kind %q: use all, or a list of %s", name, optionalNames())
		}
		installed[kind] = true
	}
	return installed, nil
}

// optionalKind finds a kind by either form of its name. A core kind may be
// named by its full form.
func optionalKind(name string) (kinds.Kind, bool) {
	for _, kind := range kinds.Optional() {
		if short, _ := kind.Split(); name == short || name == string(kind) {
			return kind, true
		}
	}
	for _, kind := range kinds.Core() {
		if name == string(kind) {
			return kind, true
		}
	}
	return "", false
}

func optionalNames() string {
	var names []string
	for _, kind := range kinds.Optional() {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}
