package sync_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// source is one file of the program.
type source struct {
	path string
	file *ast.File
	set  *token.FileSet
}

// program parses the program's own files: no tests, no generated code, no
// other modules.
func program(t testing.TB) []source {
	t.Helper()
	out, err := parsedProgram()
	require.NoError(t, err)
	require.NotEmpty(t, out)
	return out
}

var parsedProgram = gosync.OnceValues(func() ([]source, error) {
	var out []source
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := filepath.ToSlash(path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(name, "../e2e") || entry.Name() == "packaging" || strings.HasPrefix(entry.Name(), ".") && name != ".."):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			strings.HasPrefix(entry.Name(), "zz_generated"):
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		out = append(out, source{strings.TrimPrefix(name, "../"), file, set})
		return err
	})
	return out, err
})

// edge lists the folders that may look at the world. The generator of the
// custom resource definitions and what internal has for tests are no part of the program.
var edge = []string{"cmd/", "sync/hook/", "api/v1beta1/internal/crdgen/", "manifests/", "internal/"}

// impure are the packages that look at the world.
var impure = []string{
	"os", "os/exec", "os/signal", "io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand",
	"net", "net/http", "syscall", "runtime/debug", "path/filepath",
}

// TestTheCoreIsPure keeps everything below cmd and sync/hook from reading a
// clock, a file, the environment, a random number or a log.
func TestTheCoreIsPure(t *testing.T) {
	for _, s := range program(t) {
		if slices.ContainsFunc(edge, func(folder string) bool { return strings.HasPrefix(s.path, folder) }) {
			continue
		}
		for _, i := range s.file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			assert.NotContains(t, impure, path, s.path)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "time" {
					assert.NotContains(t, []string{"Now", "Since", "Until", "After", "Sleep", "Tick", "NewTimer"}, call.Sel.Name, s.path)
				}
				if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "metav1" {
					assert.NotEqual(t, "Now", call.Sel.Name, s.path)
				}
			}
			return true
		})
	}
}

// layers says what the folders may import of each other, from the bottom up.
// A folder may import those of the lines above it and its own.
var layers = [][]string{
	{"api/quantity", "api/spelling", "api/definition"},
	{"api/v1beta1"},
	{"api/finding", "api/kinds"},
	{"api/trace", "api/config"},
	{"api/accelerators"},
	{"api/redact"},
	{"modes/names", "modes/podspec"},
	{"modes/inject"},
	{"modes"},
	{"sync/observed", "sync/defaulting", "sync/validation"},
	{"sync/capacity"},
	{"sync/child"},
	{"sync/effect"},
	{"sync/resolve"},
	{"sync/compose"},
	{"sync/ignored"},
	{"sync/status"},
	{"sync"},
	{"sync/load", "sync/hook"},
	{"manifests"},
	{"cmd/isvc/printable"},
	{"cmd/isvc/picture"},
	{"cmd/isvc/explain", "cmd/isvc/lint", "cmd/isvc/plan", "cmd/isvc/preflight", "cmd/isvc/record"},
	{"cmd/", "internal/"}, // internal is for tests alone: nothing below may import it
	{"sync/hooktest"},     // above the program, which must not import it: it serves tests and e2e
}

// TestLayersPointDown keeps every package from knowing what comes after it, the
// stages of a decision among each other too.
func TestLayersPointDown(t *testing.T) {
	const module = "github.com/isvc-io/isvc/"
	for _, s := range program(t) {
		own := layerOf(s.path)
		require.GreaterOrEqual(t, own, 0, "%s is in no layer", s.path)
		for _, i := range s.file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			if target, ours := strings.CutPrefix(path, module); ours {
				assert.LessOrEqual(t, layerOf(target+"/x.go"), own, "%s imports %s", s.path, target)
			}
		}
	}
}

// layerOf finds the layer of a file by the longest folder that fits.
func layerOf(path string) int {
	layer, longest := -1, -1
	for i, folders := range layers {
		for _, folder := range folders {
			prefix := strings.TrimSuffix(folder, "/") + "/"
			if strings.HasPrefix(path, prefix) && len(prefix) > longest {
				layer, longest = i, len(prefix)
			}
		}
	}
	return layer
}
