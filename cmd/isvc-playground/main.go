//go:build !js

// Command isvc-playground makes a page with which people try isvc in a browser: they write an InferenceService
// and see its objects, the picture, the explanation and the findings.
//
// The program runs at the root of the repository. It compiles itself to WebAssembly, where it has another main
// function and computes answers, and packs that into the page: one file that needs no server and, by its own
// policy, can call none.
package main

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/cmd/isvc/picture"
)

func main() {
	path := flag.String("o", "dist/playground.html", "file that is written")
	version := flag.String("version", "", "version that the page shows")
	flag.Parse()
	if err := writePage(*path, *version); err != nil {
		fmt.Fprintln(os.Stderr, "isvc-playground: "+err.Error())
		os.Exit(1)
	}
}

var (
	//go:embed page.tmpl
	pageTemplate string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

// page is what the template reads.
type page struct {
	Version  string
	Policy   string
	Style    template.CSS
	Script   template.JS
	GoScript template.JS
	// Program is the WebAssembly, compressed by gzip, in base64.
	Program string
	Samples []sample
}

// sample is manifests that the page offers.
type sample struct{ Title, Manifests string }

// samples are golden cases and what the README shows: the page has none of its own.
var samples = []struct{ title, folder string }{
	{"A service with its catalogue", "testdata/quickstart"},
	{"A service that is down, from a cluster", "testdata/raw-crashing/in"},
	{"A canary that takes requests, from a cluster", "testdata/canary-weights/in"},
	{"Prefill and decode on several nodes", "testdata/mission-prefill-decode/in"},
	{"An accelerator that is chosen", "testdata/accelerator-best-fit/in"},
	{"A runtime that is missing", "testdata/runtime-missing/in"},
}

func writePage(path, version string) error {
	program, err := compileToWebAssembly()
	if err != nil {
		return err
	}
	goScript, err := scriptOfGo()
	if err != nil {
		return err
	}
	script := picture.Script() + pageScript
	view := page{
		Version: version, Policy: picture.Policy("'wasm-unsafe-eval'", goScript, script), Style: template.CSS(picture.Style() + pageStyle), GoScript: template.JS(goScript), //nolint:gosec // ours, and Go's own
		Script: template.JS(script), Program: base64.StdEncoding.EncodeToString(program), //nolint:gosec // ours
	}
	for _, s := range samples {
		manifests, err := joinedFiles(s.folder)
		if err != nil {
			return err
		}
		view.Samples = append(view.Samples, sample{s.title, manifests})
	}
	var out bytes.Buffer
	if err := template.Must(template.New("page").Parse(pageTemplate)).Execute(&out, view); err != nil {
		return fmt.Errorf("cannot write the page: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot write the page: %w", err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		return fmt.Errorf("cannot write the page: %w", err)
	}
	fmt.Printf("%s has %d bytes, the compressed program in it %d\n", path, out.Len(), len(program))
	return nil
}

// compileToWebAssembly is this package as WebAssembly, compressed by gzip.
func compileToWebAssembly() ([]byte, error) {
	folder, err := os.MkdirTemp("", "isvc-playground")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder: %w", err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder that stays harms nobody
	file := filepath.Join(folder, "isvc.wasm")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", file, "./cmd/isvc-playground")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("cannot compile to WebAssembly: %w", err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the WebAssembly: %w", err)
	}
	var out bytes.Buffer
	compressor, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = compressor.Write(data)
		err = errors.Join(err, compressor.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("cannot compress the WebAssembly: %w", err)
	}
	return out.Bytes(), nil
}

// scriptOfGo is Go's own script that runs its WebAssembly, in the version of the compiler.
func scriptOfGo() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("cannot find Go: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return "", fmt.Errorf("cannot read Go's script for WebAssembly: %w", err)
	}
	return string(data), nil
}

// joinedFiles are the documents of a folder, those of service.yaml first.
func joinedFiles(folder string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return "", fmt.Errorf("cannot find a sample: %w", err)
	}
	if len(paths) == 0 {
		return "", fmt.Errorf("there is no sample in %s: run the program at the root of the repository", folder)
	}
	slices.SortStableFunc(paths, func(a, b string) int {
		return strings.Compare(strings.Replace(filepath.Base(a), "service.yaml", "", 1), strings.Replace(filepath.Base(b), "service.yaml", "", 1))
	})
	var parts []string
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("cannot read a sample: %w", err)
		}
		parts = append(parts, strings.TrimSpace(string(data)))
	}
	return strings.Join(parts, "\n---\n") + "\n", nil
}
