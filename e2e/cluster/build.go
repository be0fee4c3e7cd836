package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/isvc-io/isvc/internal/crdsource"
)

// The versions of what is built beside the pins in controlplane/go.mod.
const (
	kwokModule        = "sigs.k8s.io/kwok"
	kwokVersion       = "v0.8.0"
	kubernetesVersion = "v1.37.2"
)

// versionFlags stamp the version that the API server reports; without them it
// calls itself v0.0.0, and clients treat it as older than all they know.
const versionFlags = "-s -w" +
	" -X k8s.io/component-base/version.gitVersion=" + kubernetesVersion +
	" -X k8s.io/component-base/version.gitMajor=1" +
	" -X k8s.io/component-base/version.gitMinor=37"

// stages are the files of kwok's module that say how nodes and pods come and go.
var stages = []string{
	"kustomize/stage/node/fast/node-initialize.yaml",
	"kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"kustomize/stage/pod/fast/pod-ready.yaml",
	"kustomize/stage/pod/fast/pod-complete.yaml",
	"kustomize/stage/pod/fast/pod-delete.yaml",
}

// Programs are the paths of what a cluster is made of.
type Programs struct {
	// ControlPlane is e2e/controlplane; its first argument names the component.
	ControlPlane string
	// Kwok is the fake kubelet.
	Kwok string
	// Stages are the files that tell Kwok what to do.
	Stages []string
}

// Build returns the programs, from the user's cache folder where they have been
// built before. The first build compiles Kubernetes and takes minutes; progress
// goes to log. The source is the folder of the nested module controlplane.
func Build(ctx context.Context, source string, log io.Writer) (*Programs, error) {
	folder, unlock, err := cacheFolder(source, kwokVersion, versionFlags)
	if err != nil {
		return nil, err
	}
	defer unlock()
	programs := &Programs{ControlPlane: filepath.Join(folder, "controlplane"), Kwok: filepath.Join(folder, "kwok")}
	if err := once(ctx, programs.ControlPlane, log, func(out string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", versionFlags, "-o", filepath.Join(out, "controlplane"), ".")
		cmd.Dir = source
		return cmd
	}); err != nil {
		return nil, err
	}
	if err := once(ctx, programs.Kwok, log, func(out string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "go", "install", "-trimpath", kwokModule+"/cmd/kwok@"+kwokVersion)
		cmd.Env = append(os.Environ(), "GOBIN="+out)
		return cmd
	}); err != nil {
		return nil, err
	}
	kwok, err := crdsource.ModuleFolder(ctx, kwokModule+"@"+kwokVersion)
	for _, stage := range stages {
		programs.Stages = append(programs.Stages, filepath.Join(kwok, stage))
	}
	return programs, err
}

// BuildKubectl returns kubectl, of the version of the API server. The source is the folder of the nested
// module controlplane.
func BuildKubectl(ctx context.Context, source string, log io.Writer) (program string, err error) {
	return buildPackage(ctx, source, "k8s.io/kubernetes/cmd/kubectl", "kubectl", versionFlags, log)
}

// BuildPackage returns the program of a package of a nested module, or of one that it
// pins, from the user's cache folder where it has been built before. The source is the
// folder of the nested module. The program is called name.
func BuildPackage(ctx context.Context, source, pkg, name string, log io.Writer) (program string, err error) {
	return buildPackage(ctx, source, pkg, name, "-s -w", log)
}

func buildPackage(ctx context.Context, source, pkg, name, flags string, log io.Writer) (program string, err error) {
	folder, unlock, err := cacheFolder(source, pkg, flags)
	if err != nil {
		return "", err
	}
	defer unlock()
	program = filepath.Join(folder, name)
	return program, once(ctx, program, log, func(out string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", flags, "-o", filepath.Join(out, name), pkg)
		cmd.Dir = source
		return cmd
	})
}

// cacheFolder is the folder for exactly the files of a module, what else they are
// built of, and the toolchain. Nobody else builds there until it is unlocked.
func cacheFolder(source string, parts ...any) (folder string, unlock func(), err error) {
	sum := sha256.New()
	fmt.Fprintln(sum, append(parts, runtime.Version(), runtime.GOOS, runtime.GOARCH)...)
	own, err := filepath.Glob(filepath.Join(source, "*.go"))
	if err != nil {
		return "", nil, err
	}
	for _, name := range append([]string{filepath.Join(source, "go.mod"), filepath.Join(source, "go.sum")}, own...) {
		data, err := os.ReadFile(name)
		if err != nil {
			return "", nil, fmt.Errorf("cannot read what %s is built of: %w", source, err)
		}
		sum.Write(data)
	}
	if folder, err = cacheFolderOf(hex.EncodeToString(sum.Sum(nil))[:16]); err != nil {
		return "", nil, err
	}
	unlock, err = lock(folder)
	return folder, unlock, err
}

// cacheFolderOf makes a folder of a name in the folder that is kept between runs.
func cacheFolderOf(name string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cannot find the cache folder: %w", err)
	}
	folder := filepath.Join(cache, "isvc-e2e", name)
	return folder, os.MkdirAll(folder, 0o755)
}

// lock keeps two test runs from doing the same thing at once.
func lock(folder string) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("cannot lock the folder: %w", err)
	}
	return func() { _ = file.Close() }, nil // closing ends the lock even if it fails
}

// once runs a build unless its result is there. The result appears whole or not
// at all.
func once(ctx context.Context, result string, log io.Writer, build func(folder string) *exec.Cmd) error {
	if _, err := os.Stat(result); err == nil {
		return nil
	}
	folder, err := os.MkdirTemp(filepath.Dir(result), "build-")
	if err != nil {
		return fmt.Errorf("cannot build: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is below the cache folder
	name := filepath.Base(result)
	defer progress(ctx, log, name)()
	if output, err := build(folder).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", name, err, output)
	}
	return os.Rename(filepath.Join(folder, name), result)
}

// progress prints a line every half minute until it is ended.
func progress(ctx context.Context, log io.Writer, name string) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	start := time.Now()
	since := func() time.Duration { return time.Since(start).Round(time.Second) }
	fmt.Fprintf(log, "e2e: building %s, which is kept for later runs\n", name)
	go func() {
		tick := time.NewTicker(30 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				fmt.Fprintf(log, "e2e: building %s for %s\n", name, since())
			}
		}
	}()
	return func() {
		cancel()
		fmt.Fprintf(log, "e2e: building %s took %s\n", name, since())
	}
}
