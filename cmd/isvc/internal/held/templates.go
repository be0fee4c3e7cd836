package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
)

// input is a folder of manifests that both programs render.
type input struct{ name, folder string }

// commonInputs are the inputs of testdata that two trees have in common, byte for byte, and OME's
// catalogue beside the second one. What has to be unpacked is unpacked into a folder.
func commonInputs(earlier, present, unpacked string) ([]input, error) {
	var inputs []input
	folders, err := filepath.Glob(filepath.Join(present, "testdata", "*", "in"))
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		name := filepath.Join("testdata", filepath.Base(filepath.Dir(folder)))
		before, err := filesBelow(filepath.Join(earlier, name, "in"))
		if err != nil {
			return nil, err
		}
		now, err := filesBelow(folder)
		if err != nil {
			return nil, err
		}
		if maps.Equal(before, now) {
			inputs = append(inputs, input{name, folder})
		}
	}
	archived, err := commonArchives(earlier, present, unpacked)
	if err != nil {
		return nil, err
	}
	inputs = append(inputs, archived...)
	if beside := filepath.Join(present, catalogue); isFolder(beside) {
		inputs = append(inputs, input{catalogue, beside})
	}
	return inputs, nil
}

// commonArchives are the inputs of the cases of OME, unpacked.
func commonArchives(earlier, present, unpacked string) ([]input, error) {
	var inputs []input
	archives, err := filepath.Glob(filepath.Join(present, "testdata", "ome", "*.txtar"))
	if err != nil {
		return nil, err
	}
	for _, archive := range archives {
		name := strings.TrimSuffix(filepath.Base(archive), ".txtar")
		before, now := inputOfArchive(filepath.Join(earlier, "testdata", "ome", filepath.Base(archive))), inputOfArchive(archive)
		if len(now) == 0 || !maps.Equal(before, now) {
			continue
		}
		folder := filepath.Join(unpacked, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		for file, text := range now {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
				return nil, err
			}
		}
		inputs = append(inputs, input{filepath.Join("testdata", "ome", name), folder})
	}
	return inputs, nil
}

// inputOfArchive are the manifests of an archived case by name; none where there is no such case.
func inputOfArchive(path string) map[string]string {
	files := map[string]string{}
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return files
	}
	for _, file := range archive.Files {
		if name, isInput := strings.CutPrefix(file.Name, "in/"); isInput {
			files[name] = string(file.Data)
		}
	}
	return files
}

// filesBelow are the texts of the files of a folder by path; none where there is no such folder.
func filesBelow(folder string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || entry.IsDir():
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[name] = string(text)
		return err
	})
	return files, err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// difference is a workload whose pod template is another one.
type difference struct {
	input, workload string
	// paths are where the templates differ.
	paths []string
}

// compareTemplates renders inputs with two programs and compares the pod templates of the workloads. A
// workload that only the later program makes is no difference: it has no pods yet.
func compareTemplates(ctx context.Context, inputs []input, earlier, later string) ([]difference, error) {
	found := make([][]difference, len(inputs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, in := range inputs {
		group.Go(func() error {
			before, err := renderTemplates(ctx, earlier, in)
			if err != nil {
				return fmt.Errorf("the earlier version: %w", err)
			}
			after, err := renderTemplates(ctx, later, in)
			if err != nil {
				return fmt.Errorf("this version: %w", err)
			}
			found[i] = differencesOf(in, before, after)
			return nil
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}

func differencesOf(in input, before, after map[string]map[string]any) []difference {
	var found []difference
	for _, workload := range slices.Sorted(maps.Keys(before)) {
		now, still := after[workload]
		if !still {
			found = append(found, difference{in.name, workload, []string{"all"}})
			continue
		}
		if paths := changedPaths(before[workload], now); len(paths) > 0 {
			found = append(found, difference{in.name, workload, paths})
		}
	}
	return found
}

// changedPaths are where the parts of a workload differ that make its pods.
func changedPaths(before, after map[string]any) []string {
	var changed []string
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		changed = append(changed, child.ChangedPaths(path, before[path], after[path])...)
	}
	return changed
}

// renderTemplates are the parts of the workloads that make their pods, by workload and path.
func renderTemplates(ctx context.Context, program string, in input) (map[string]map[string]any, error) {
	var output, complaints bytes.Buffer
	command := exec.CommandContext(ctx, program, "render", "-f", in.folder, "-o", "json")
	command.Stdout, command.Stderr = &output, &complaints
	var exit *exec.ExitError
	if err := command.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1: some service is not resolved
		return nil, fmt.Errorf("cannot render %s: %w\n%s", in.name, err, complaints.String())
	}
	var list unstructured.UnstructuredList
	if err := json.Unmarshal(output.Bytes(), &list); err != nil {
		return nil, fmt.Errorf("cannot read what %s was rendered to: %w", in.name, err)
	}
	templates := map[string]map[string]any{}
	for _, object := range list.Items {
		mode, isWorkload := modes.OfWorkload(kinds.New(object.GetKind(), object.GetAPIVersion()))
		if !isWorkload {
			continue
		}
		parts := map[string]any{}
		for _, path := range mode.TemplatePaths {
			if part, found, _ := unstructured.NestedFieldNoCopy(object.Object, strings.Split(path, ".")...); found {
				parts[path] = part
			}
		}
		templates[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = parts
	}
	return templates, nil
}
