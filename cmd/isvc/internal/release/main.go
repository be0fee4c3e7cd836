// Command release makes of the programs of a version what its page offers: an archive for each system, the
// manifest of krew, and the notes.
//
//	go run ./cmd/isvc/internal/release VERSION PROGRAMS OUTPUT
//
// PROGRAMS is a folder with isvc-OS-ARCH and isvc-check-OS-ARCH. It is run in the root of the repository. A
// version vMAJOR.MINOR.PATCH must have a section in CHANGELOG.md and be that of the manifests; for another
// version the notes are those of the section Unreleased. The same programs give the same archives.
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

const project = "https://github.com/isvc-io/isvc"

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: release VERSION PROGRAMS OUTPUT")
		os.Exit(2)
	}
	if err := makeRelease(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "release: "+err.Error())
		os.Exit(1)
	}
}

func makeRelease(version, programs, output string) error {
	notes, err := notesOf(version)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(output, "NOTES.md"), []byte(notes), 0o644); err != nil {
		return fmt.Errorf("cannot write the notes: %w", err)
	}
	archives, err := packPrograms(programs, output)
	if err != nil {
		return err
	}
	manifest, err := yaml.Marshal(krewManifest(version, archives))
	if err != nil {
		return fmt.Errorf("cannot write the manifest of krew: %w", err)
	}
	return os.WriteFile(filepath.Join(output, "krew.yaml"), manifest, 0o644)
}

// tagged is a version that is released.
var tagged = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)

// notesOf returns the section of the changelog about a version. A version that is released must also be the
// one that the manifests install.
func notesOf(version string) (string, error) {
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return "", fmt.Errorf("cannot read the changelog: %w", err)
	}
	if !tagged.MatchString(version) {
		return sectionOf(string(changelog), "Unreleased")
	}
	deployment, err := os.ReadFile("manifests/base/deployment.yaml")
	if err != nil {
		return "", fmt.Errorf("cannot read the manifests: %w", err)
	}
	if !strings.Contains(string(deployment), ":"+version+"\n") {
		return "", fmt.Errorf("manifests/base does not install %s: set the version in its files and in components/tls", version)
	}
	return sectionOf(string(changelog), strings.TrimPrefix(version, "v"))
}

// sectionOf returns the text below a heading that names a version, as "## Unreleased" or "## [1.2.3] - 2026-11-30".
func sectionOf(changelog, title string) (string, error) {
	heading := regexp.MustCompile(`(?m)^## \[?v?` + regexp.QuoteMeta(title) + `\]?( .*)?\n`)
	at := heading.FindStringIndex(changelog)
	if at == nil {
		return "", fmt.Errorf("CHANGELOG.md has no section %q", title)
	}
	section, _, _ := strings.Cut(changelog[at[1]:], "\n## ")
	return strings.TrimSpace(section) + "\n", nil
}

// archive is what users download for one system.
type archive struct {
	system, architecture, file, sum string
}

// executable is the name of a program on a system.
func (a archive) executable(program string) string {
	if a.system == "windows" {
		return program + ".exe"
	}
	return program
}

// packedFile is a file of an archive.
type packedFile struct {
	name string
	mode int64
	data []byte
}

// packPrograms writes an archive for each system that the folder has programs for.
func packPrograms(programs, output string) ([]archive, error) {
	found, err := filepath.Glob(filepath.Join(programs, "isvc-check-*-*"))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no program isvc-check-OS-ARCH", programs)
	}
	var archives []archive
	for _, path := range found {
		platform := strings.TrimPrefix(filepath.Base(path), "isvc-check-")
		a := archive{file: "isvc-" + platform + ".tar.gz"}
		a.system, a.architecture, _ = strings.Cut(platform, "-")
		if a.system == "windows" {
			a.file = "isvc-" + platform + ".zip"
		}
		files, err := a.files(programs)
		if err != nil {
			return nil, err
		}
		packed, err := a.pack(files)
		if err != nil {
			return nil, fmt.Errorf("cannot pack %s: %w", a.file, err)
		}
		if err := os.WriteFile(filepath.Join(output, a.file), packed, 0o644); err != nil {
			return nil, fmt.Errorf("cannot write an archive: %w", err)
		}
		sum := sha256.Sum256(packed)
		a.sum = hex.EncodeToString(sum[:])
		archives = append(archives, a)
	}
	return archives, nil
}

func (a archive) files(programs string) ([]packedFile, error) {
	var files []packedFile
	for _, name := range []string{"isvc", "isvc-check"} {
		data, err := os.ReadFile(filepath.Join(programs, name+"-"+a.system+"-"+a.architecture))
		if err != nil {
			return nil, fmt.Errorf("cannot read a program: %w", err)
		}
		files = append(files, packedFile{a.executable(name), 0o755, data})
	}
	licence, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, fmt.Errorf("cannot read the licence: %w", err)
	}
	return append(files, packedFile{"LICENSE", 0o644, licence}), nil
}

// packedAt is the time of every file, so that the same files give the same archive.
var packedAt = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (a archive) pack(files []packedFile) ([]byte, error) {
	write := packTar
	if a.system == "windows" {
		write = packZip
	}
	var out bytes.Buffer
	err := write(&out, files)
	return out.Bytes(), err
}

func packZip(out io.Writer, files []packedFile) error {
	w := zip.NewWriter(out)
	for _, file := range files {
		header := &zip.FileHeader{Name: file.name, Method: zip.Deflate, Modified: packedAt}
		header.SetMode(os.FileMode(file.mode))
		into, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := into.Write(file.data); err != nil {
			return err
		}
	}
	return w.Close()
}

func packTar(out io.Writer, files []packedFile) error {
	compressed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(compressed)
	for _, file := range files {
		if err := w.WriteHeader(&tar.Header{Name: file.name, Mode: file.mode, Size: int64(len(file.data)), ModTime: packedAt}); err != nil {
			return err
		}
		if _, err := w.Write(file.data); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), compressed.Close())
}

// plugin is the manifest of a plugin for krew.
type plugin struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       pluginSpec        `json:"spec"`
}

type pluginSpec struct {
	Version          string           `json:"version"`
	Homepage         string           `json:"homepage"`
	ShortDescription string           `json:"shortDescription"`
	Description      string           `json:"description"`
	Platforms        []pluginPlatform `json:"platforms"`
}

type pluginPlatform struct {
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
	URI    string `json:"uri"`
	SHA256 string `json:"sha256"`
	Bin    string `json:"bin"`
}

// krewManifest offers the archives of a version. krew links isvc as kubectl-isvc, which finds isvc-check
// beside the file that the link leads to.
func krewManifest(version string, archives []archive) plugin {
	p := plugin{
		APIVersion: "krew.googlecontainertools.github.com/v1alpha2", Kind: "Plugin",
		Metadata: map[string]string{"name": "isvc"},
		Spec: pluginSpec{
			Version: version, Homepage: project,
			ShortDescription: "Explain, plan and check InferenceServices",
			Description: "Shows for the InferenceServices of a cluster or of files what they become, why, whether\n" +
				"they are ready, what an edit would change and what a cluster would refuse.\n",
		},
	}
	for _, a := range archives {
		platform := pluginPlatform{URI: project + "/releases/download/" + version + "/" + a.file, SHA256: a.sum, Bin: a.executable("isvc")}
		platform.Selector.MatchLabels = map[string]string{"os": a.system, "arch": a.architecture}
		p.Spec.Platforms = append(p.Spec.Platforms, platform)
	}
	return p
}
