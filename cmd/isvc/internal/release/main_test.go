package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// repository makes a repository with programs for two systems, and makes it the current folder.
func repository(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"CHANGELOG.md":                      "# Changelog\n\n## Unreleased\n\n- Next.\n\n## [1.2.3] - 2026-11-30\n\n- This.\n\n### Held until released\n\n- That.\n\n## 1.2.2\n\n- Former.\n",
		"LICENSE":                           "Apache",
		"manifests/base/deployment.yaml":    "        image: ghcr.io/isvc-io/isvc:v1.2.3\n",
		"programs/isvc-linux-arm64":         "program",
		"programs/isvc-check-linux-arm64":   "check",
		"programs/isvc-windows-amd64":       "program for Windows",
		"programs/isvc-check-windows-amd64": "check for Windows",
		"dist/.keep":                        "",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return data
}

func TestTheArchivesHaveThePrograms(t *testing.T) {
	repository(t)
	require.NoError(t, makeRelease("v1.2.3", "programs", "dist"))

	compressed, err := gzip.NewReader(bytes.NewReader(read(t, "dist/isvc-linux-arm64.tar.gz")))
	require.NoError(t, err)
	unpacked, modes := map[string]string{}, map[string]int64{}
	for files := tar.NewReader(compressed); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		data, err := io.ReadAll(files)
		require.NoError(t, err)
		unpacked[header.Name], modes[header.Name] = string(data), header.Mode
	}
	assert.Equal(t, map[string]string{"isvc": "program", "isvc-check": "check", "LICENSE": "Apache"}, unpacked)
	assert.Equal(t, map[string]int64{"isvc": 0o755, "isvc-check": 0o755, "LICENSE": 0o644}, modes)

	packed := read(t, "dist/isvc-windows-amd64.zip")
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	require.NoError(t, err)
	var names []string
	for _, file := range files.File {
		names = append(names, file.Name)
	}
	assert.Equal(t, []string{"isvc.exe", "isvc-check.exe", "LICENSE"}, names)
}

func TestTheSameProgramsGiveTheSameArchives(t *testing.T) {
	repository(t)
	require.NoError(t, makeRelease("v1.2.3", "programs", "dist"))
	first := [][]byte{read(t, "dist/isvc-linux-arm64.tar.gz"), read(t, "dist/isvc-windows-amd64.zip")}
	require.NoError(t, os.Chtimes("programs/isvc-linux-arm64", packedAt, packedAt))
	require.NoError(t, makeRelease("v1.2.3", "programs", "dist"))
	assert.Equal(t, first, [][]byte{read(t, "dist/isvc-linux-arm64.tar.gz"), read(t, "dist/isvc-windows-amd64.zip")})
}

func TestKrewFindsTheArchives(t *testing.T) {
	repository(t)
	require.NoError(t, makeRelease("v1.2.3", "programs", "dist"))
	var p plugin
	require.NoError(t, yaml.UnmarshalStrict(read(t, "dist/krew.yaml"), &p))
	require.Len(t, p.Spec.Platforms, 2)
	for i, want := range []struct{ file, system, program string }{
		{"isvc-linux-arm64.tar.gz", "linux", "isvc"}, {"isvc-windows-amd64.zip", "windows", "isvc.exe"},
	} {
		got, sum := p.Spec.Platforms[i], sha256.Sum256(read(t, "dist/"+want.file))
		assert.Equal(t, "https://github.com/isvc-io/isvc/releases/download/v1.2.3/"+want.file, got.URI)
		assert.Equal(t, hex.EncodeToString(sum[:]), got.SHA256)
		assert.Equal(t, want.program, got.Bin)
		assert.Equal(t, want.system, got.Selector.MatchLabels["os"])
	}
}

func TestTheNotesAreTheSectionOfTheVersion(t *testing.T) {
	repository(t)
	for version, want := range map[string]string{
		"v1.2.3":            "- This.\n\n### Held until released\n\n- That.\n",
		"v1.2.2-5-gabc1234": "- Next.\n",
	} {
		require.NoError(t, makeRelease(version, "programs", "dist"))
		assert.Equal(t, want, string(read(t, "dist/NOTES.md")), version)
	}
}

func TestWhatIsNotReleased(t *testing.T) {
	repository(t)
	assert.EqualError(t, makeRelease("v1.2.2", "programs", "dist"),
		"manifests/base does not install v1.2.2: set the version in its files and in components/tls")
	require.NoError(t, os.WriteFile("manifests/base/deployment.yaml", []byte("image: isvc:v2.0.0\n"), 0o600))
	assert.EqualError(t, makeRelease("v2.0.0", "programs", "dist"), `CHANGELOG.md has no section "2.0.0"`)
	require.NoError(t, os.Remove("programs/isvc-linux-arm64"))
	assert.ErrorContains(t, makeRelease("main", "programs", "dist"), "cannot read a program: open programs/isvc-linux-arm64")
	assert.EqualError(t, makeRelease("main", "none", "dist"), "none has no program isvc-check-OS-ARCH")
}
