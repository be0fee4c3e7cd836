// Command held fails when this version makes other pod templates than an earlier version from the same
// input, and CHANGELOG.md does not say so under "Held until released": running pods do not take such
// a change until it is released, and people must know that it waits for them.
//
//	go run ./cmd/isvc/internal/held [-base REVISION]
//
// It compares with the last release, if there is one, and with the revision from which the present
// one departs: where the branch leaves main, on main the first parent, and HEAD for changes that are
// not committed. Both programs render the inputs of testdata that are the same in both revisions, and
// OME's catalogue where it is beside the repository.
//
// The entry must be new: a text under "Held until released" that the earlier version has already does
// not announce another change.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	base := flag.String("base", "", "revision to compare with, instead of those that are found")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: held [-base REVISION]")
		os.Exit(2)
	}
	announced, err := checkRepository(context.Background(), ".", *base, buildProgram, os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "held: "+err.Error())
		os.Exit(2)
	case !announced:
		os.Exit(1)
	}
}

// catalogue is where OME's own catalogue is, from the root of the repository.
const catalogue = "../shared/corpus/ome"

// checkRepository compares the working tree of a repository with its earlier revisions, or with the one
// that is given. It returns false when templates differ and the changelog does not say so.
func checkRepository(ctx context.Context, root, given string, build builder, out io.Writer) (bool, error) {
	repository := repository{ctx: ctx, root: root}
	revisions, err := repository.revisionsToCompare(given)
	if err != nil {
		return false, err
	}
	work, err := os.MkdirTemp("", "isvc-held-")
	if err != nil {
		return false, fmt.Errorf("cannot make a folder to work in: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	program := filepath.Join(work, "isvc")
	if err := build(ctx, root, program); err != nil {
		return false, err
	}
	allAnnounced := true
	for _, revision := range revisions {
		announced, err := checkRevision(repository, revision, build, program, filepath.Join(work, revision.commit), out)
		if err != nil {
			return false, fmt.Errorf("cannot compare with %s: %w", revision, err)
		}
		allAnnounced = allAnnounced && announced
	}
	return allAnnounced, nil
}

// checkRevision compares the working tree with one earlier revision.
func checkRevision(repository repository, revision revision, build builder, program, folder string, out io.Writer) (bool, error) {
	if err := repository.extract(revision, folder); err != nil {
		return false, err
	}
	earlier := filepath.Join(folder, "isvc")
	if err := build(repository.ctx, folder, earlier); err != nil {
		return false, err
	}
	inputs, err := commonInputs(folder, repository.root, filepath.Join(folder, "inputs"))
	if err != nil {
		return false, err
	}
	differences, err := compareTemplates(repository.ctx, inputs, earlier, program)
	if err != nil {
		return false, err
	}
	announced := len(differences) == 0
	var report strings.Builder
	fmt.Fprintf(&report, "compared with %s: %d inputs, %d workloads with other pod templates\n", revision, len(inputs), len(differences))
	for _, line := range groupByPaths(differences) {
		fmt.Fprintln(&report, "  "+line)
	}
	if !announced {
		before, after := heldSection(readText(folder, "CHANGELOG.md")), heldSection(readText(repository.root, "CHANGELOG.md"))
		announced = after != "" && after != before
		if announced {
			fmt.Fprintln(&report, "CHANGELOG.md says so")
		} else {
			fmt.Fprintf(&report, "CHANGELOG.md does not say so: write under Unreleased, in the section %q, what changes in pod templates and whom it concerns,\n"+
				"or leave the templates as they are\n", heldTitle)
		}
	}
	_, err = io.WriteString(out, report.String())
	return announced, err
}

// readText is the text of a file; empty without one.
func readText(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return string(text)
}

// heldTitle is the title of the section of the changelog that names changes of pod templates.
const heldTitle = "Held until released"

// heldSection is what a changelog says in that section below "Unreleased"; empty without one.
func heldSection(changelog string) string {
	_, unreleased, _ := strings.Cut("\n"+changelog, "\n## Unreleased\n")
	unreleased, _, _ = strings.Cut(unreleased, "\n## ")
	_, section, _ := strings.Cut(unreleased, "\n### "+heldTitle+"\n")
	section, _, _ = strings.Cut(section, "\n### ")
	return strings.TrimSpace(section)
}

// builder builds the program of a folder.
type builder func(ctx context.Context, folder, program string) error

// buildProgram is the builder that runs Go.
func buildProgram(ctx context.Context, folder, program string) error {
	absolute, err := filepath.Abs(program)
	if err != nil {
		return fmt.Errorf("cannot tell where to build the program: %w", err)
	}
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", absolute, "./cmd/isvc")
	command.Dir = folder
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the program: %w\n%s", err, output)
	}
	return nil
}

// repository runs git in the root of a repository.
type repository struct {
	ctx  context.Context //nolint:containedctx // one command, one context
	root string
}

func (r repository) git(arguments ...string) (string, error) {
	command := exec.CommandContext(r.ctx, "git", arguments...)
	command.Dir = r.root
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(arguments, " "), err)
	}
	return strings.TrimSpace(string(output)), nil
}

// revision is an earlier revision and what it is to the present one.
type revision struct{ commit, relation string }

func (r revision) String() string { return r.commit[:min(12, len(r.commit))] + " (" + r.relation + ")" }

// revisionsToCompare are the last release, if there is one, and where the present revision departs from,
// or the one that is given.
func (r repository) revisionsToCompare(given string) ([]revision, error) {
	if given != "" {
		commit, err := r.git("rev-parse", "--verify", given+"^{commit}")
		return []revision{{commit, given}}, err
	}
	departure, err := r.departure()
	if err != nil {
		return nil, err
	}
	revisions := []revision{departure}
	if tag, err := r.git("describe", "--tags", "--abbrev=0"); err == nil {
		commit, err := r.git("rev-parse", "--verify", tag+"^{commit}")
		if err != nil {
			return nil, err
		}
		if commit != departure.commit {
			revisions = append(revisions, revision{commit, "the last release, " + tag})
		}
	}
	return revisions, nil
}

// departure is the revision from which the present one departs.
func (r repository) departure() (revision, error) {
	head, err := r.git("rev-parse", "--verify", "HEAD")
	if err != nil {
		return revision{}, err
	}
	for _, branch := range []string{"origin/main", "main"} {
		commit, err := r.git("merge-base", "HEAD", branch)
		if err == nil && commit != head {
			return revision{commit, "where this branch leaves " + branch}, nil
		}
	}
	if changed, err := r.git("status", "--porcelain", "--untracked-files=no"); err != nil {
		return revision{}, err
	} else if changed != "" {
		return revision{head, "without the changes that are not committed"}, nil
	}
	parent, err := r.git("rev-parse", "--verify", "HEAD^")
	if err != nil {
		return revision{}, fmt.Errorf("there is no earlier revision to compare with, as in a shallow clone: fetch more of the history, or name one with -base (%w)", err)
	}
	return revision{parent, "the first parent"}, nil
}

// extract writes the files of a revision into a folder.
func (r repository) extract(revision revision, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	archive := filepath.Join(folder, "revision.tar")
	if _, err := r.git("archive", "--format=tar", "--output="+archive, revision.commit); err != nil {
		return err
	}
	output, err := exec.CommandContext(r.ctx, "tar", "-xf", archive, "-C", folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot extract the files: %w\n%s", err, output)
	}
	return nil
}

// groupByPaths are lines for people: the paths that differ, and in which workloads.
func groupByPaths(differences []difference) []string {
	workloads := map[string][]string{}
	var order []string
	for _, d := range differences {
		paths := strings.Join(d.paths, ", ")
		if workloads[paths] == nil {
			order = append(order, paths)
		}
		workloads[paths] = append(workloads[paths], d.input+": "+d.workload)
	}
	slices.Sort(order)
	var lines []string
	for _, paths := range order {
		line := paths + " of " + workloads[paths][0]
		if more := len(workloads[paths]) - 1; more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		lines = append(lines, line)
	}
	return lines
}
