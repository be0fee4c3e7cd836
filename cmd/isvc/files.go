package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	slashed "path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync/load"
)

// stdinPath is the path of standard input.
const stdinPath = "-"

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 30

// manifestFlags say which manifests are read.
type manifestFlags struct {
	paths     []string
	kustomize []string
	ignore    []string
	metadata  []string
}

func (f *manifestFlags) registerFlags(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&f.paths, "filename", "f", nil,
		"file, folder (read recursively: *.yaml, *.yml, *.json) or - for standard input; may be repeated")
	flags.StringArrayVarP(&f.kustomize, "kustomize", "k", nil,
		"folder with a kustomization, which kubectl builds; may be repeated")
	flags.StringArrayVar(&f.ignore, "ignore", nil,
		"pattern of files and folders below the folders of -f that are not read, such as 'charts' or 'test/*.yaml'; may be repeated")
	flags.StringArrayVar(&f.metadata, "metadata", nil,
		"file of isvc dump --metadata: what a model agent has read of models whose manifests do not say it; may be repeated")
}

// areGiven reports whether the flags name something to read.
func (f *manifestFlags) areGiven() bool { return len(f.paths)+len(f.kustomize) > 0 }

// buildTimeout is how long kubectl may take to build a kustomization.
const buildTimeout = 2 * time.Minute

// readAll returns the files in the order in which the flags name them, the files of a folder by name.
// A file that is named twice is read once.
func (f *manifestFlags) readAll(std streams) ([]load.File, error) {
	if !f.areGiven() {
		return nil, errors.New("nothing to read: name files or folders with -f, or - for standard input")
	}
	files, err := f.read(f.paths, std)
	if err != nil {
		return nil, err
	}
	for _, folder := range f.kustomize {
		ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
		defer cancel()
		built, err := (&kubectl{}).run(ctx, std.err, "kustomize", folder)
		if err != nil {
			return nil, fmt.Errorf("cannot build %s: %w", folder, err)
		}
		files = append(files, load.File{Name: folder, Data: built, IsGenerated: true})
	}
	for _, name := range f.metadata {
		file, err := readFile(name, nil)
		if err != nil {
			return nil, err
		}
		file.IsMetadata = true
		files = append(files, file)
	}
	return files, nil
}

// read returns the files that paths name.
func (f *manifestFlags) read(paths []string, std streams) ([]load.File, error) {
	for _, pattern := range f.ignore {
		if _, err := slashed.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("--ignore %q is not a pattern: %w", pattern, err)
		}
	}
	var files []load.File
	seen := map[string]bool{}
	for _, named := range paths {
		names, isFolder, err := f.expandPath(named, std)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			file, err := readFile(name, std.in)
			if err != nil {
				return nil, err
			}
			file.InFolder = isFolder
			files = append(files, file)
		}
	}
	return files, nil
}

// expandPath returns the file, or the manifests below the folder, that a path names.
func (f *manifestFlags) expandPath(named string, std streams) (names []string, isFolder bool, err error) {
	if named == stdinPath {
		return []string{named}, false, nil
	}
	info, err := os.Stat(named)
	if err != nil {
		return nil, false, fmt.Errorf("cannot read %s: %w", named, withoutPath(err))
	}
	if !info.IsDir() {
		return []string{filepath.Clean(named)}, false, nil
	}
	names, err = f.manifestsBelow(named, std)
	return names, true, err
}

// manifestsBelow returns the manifests of a folder and its subfolders, except hidden and ignored ones.
func (f *manifestFlags) manifestsBelow(folder string, std streams) ([]string, error) {
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", folder, withoutPath(err))
	}
	var names, kustomizations []string
	ignored := 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", path, withoutPath(err))
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", path, err)
		}
		isBelow := path != root
		switch {
		case isBelow && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case isBelow && f.isIgnored(below):
			ignored++
			if entry.IsDir() {
				return fs.SkipDir
			}
		case isKustomization(entry.Name()):
			if hasPatches(path) {
				kustomizations = append(kustomizations, filepath.Join(folder, filepath.Dir(below)))
			}
		case entry.Type()&fs.ModeSymlink != 0 && isFolder(path):
			std.warn(fmt.Sprintf("%[1]s: warning: is a link to a folder and was not read: name it with -f %[1]s", filepath.Join(folder, below)))
		case !entry.IsDir() && isManifest(entry.Name()):
			names = append(names, filepath.Join(folder, below))
		}
		return nil
	})
	if err == nil && len(names) == 0 && ignored == 0 {
		err = fmt.Errorf("%s holds no *.yaml, *.yml or *.json", folder)
	}
	if len(kustomizations) > 0 {
		std.warn(fmt.Sprintf("%s: warning: has a kustomization with patches: its files were read one by one, and the patches as objects; -k reads what kubectl builds of it", kustomizations[0]))
	}
	return names, err
}

// isIgnored reports whether a pattern of --ignore matches a file or folder: its name, its path below the
// folder that was named, or the end of that path.
func (f *manifestFlags) isIgnored(below string) bool {
	names := strings.Split(filepath.ToSlash(below), "/")
	return slices.ContainsFunc(f.ignore, func(pattern string) bool {
		for i := range names {
			if matched, err := slashed.Match(strings.TrimSuffix(pattern, "/"), strings.Join(names[i:], "/")); matched && err == nil {
				return true
			}
		}
		return false
	})
}

// patches finds the fields of a kustomization by which files are no whole objects.
var patches = regexp.MustCompile(`(?m)^(patches|patchesStrategicMerge|patchesJson6902|components):`)

// hasPatches reports whether a kustomization has patches. One that cannot be read has none.
func hasPatches(name string) bool {
	file, err := readFile(name, nil)
	return err == nil && patches.Match(file.Data)
}

func isKustomization(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

// isFolder reports whether a path leads to a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isManifest reports whether a file of a folder is read, by its name. A kustomization says how to build
// manifests and is not a manifest itself.
func isManifest(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return !isKustomization(name)
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

// problemsOfConfig are what is wrong with the configuration that a path names: sections that cannot be used, and keys
// that have no effect.
func problemsOfConfig(path string, c *config.Config) []load.Problem {
	var problems []load.Problem
	add := func(severity load.Severity, section, message string) {
		problems = append(problems, load.Problem{File: path, Severity: severity, Finding: finding.Finding{Field: section, Message: message}})
	}
	switch {
	case path == "":
	case c == nil:
		add(load.Warning, "", "holds no section of a configuration: the defaults count")
	default:
		for _, section := range slices.Sorted(maps.Keys(c.Problems)) {
			add(load.Error, section, c.Problems[section])
		}
		for _, unknown := range c.Unknown {
			add(load.Warning, "", unknown)
		}
	}
	return problems
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
