package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/cmd/isvc/record"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

// otherProgram is another version of isvc.
type otherProgram string

// version asks the program for its version.
func (p otherProgram) version(ctx context.Context) (record.Program, error) {
	output, err := p.run(ctx, nil, "version", "--output", outputJSON)
	if err != nil {
		return record.Program{}, err
	}
	var built build
	if err := json.Unmarshal(output, &built); err != nil {
		return record.Program{}, fmt.Errorf("cannot read the version of %s: %w", p, err)
	}
	return record.Program{Version: built.Version, Commit: built.Commit}, nil
}

// run runs the program. What it writes to standard error goes to messages, and into the error without
// them.
func (p otherProgram) run(ctx context.Context, messages *bytes.Buffer, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, string(p), args...)
	var own bytes.Buffer
	command.Stderr = &own
	if messages != nil {
		command.Stderr = messages
	}
	output, err := command.Output()
	if err != nil {
		return output, fmt.Errorf("%s %s failed: %w: %s", p, args[0], err, strings.TrimSpace(own.String()))
	}
	return output, nil
}

// render lets the program make the objects of all services of what is.
func (p otherProgram) render(ctx context.Context, f *planFlags, now *current) (*plan.Former, error) {
	folder, err := os.MkdirTemp("", "isvc-plan-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder for %s: %w", p, err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // a folder for temporary files
	for i, file := range now.files {
		extension := filepath.Ext(file.Name)
		if extension != ".json" {
			extension = ".yaml" // JSON is YAML too
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%06d%s", i, extension)), file.Data, 0o600); err != nil {
			return nil, fmt.Errorf("cannot write the input for %s: %w", p, err)
		}
	}
	args := []string{"render", "--filename", folder, "--output", outputJSON, "--namespace", f.namespace, "--kinds", kindsArgument(now.kinds)}
	if f.configPath != "" {
		args = append(args, "--config", f.configPath)
	}
	var messages bytes.Buffer
	output, err := p.run(ctx, &messages, args...)
	var failed *exec.ExitError
	if err != nil && !(errors.As(err, &failed) && failed.ExitCode() == exitUnresolved) {
		return nil, fmt.Errorf("%w%s", err, strings.TrimSpace(messages.String()))
	}
	return p.readAnswers(f, now, output, messages.String())
}

// kindsArgument is the flag --kinds for a set of kinds.
func kindsArgument(installed kinds.Set) string {
	var names []string
	for _, kind := range kinds.Optional() {
		if installed.Has(kind) {
			names = append(names, string(kind))
		}
	}
	if len(names) == len(kinds.Optional()) {
		return "all"
	}
	return strings.Join(names, ",")
}

// readAnswers sorts the objects that the program made by service.
func (p otherProgram) readAnswers(f *planFlags, now *current, output []byte, messages string) (*plan.Former, error) {
	made, problems := now.set.WithChildren([]load.File{{Name: "output of " + string(p), Data: output}}, f.namespace)
	if len(problems) > 0 {
		return nil, fmt.Errorf("cannot read what %s rendered: %s", p, problems[0])
	}
	former := &plan.Former{Children: map[string]observed.Objects{}, Problems: unresolvedIn(messages)}
	for _, request := range made.Requests(load.Options{Kinds: now.kinds}) {
		namespace, name := plan.IdentityOf(request)
		former.Children[observed.ObjectKey(namespace, name)] = request.Children
	}
	return former, nil
}

// unresolvedLine is a line of render about a service that cannot be resolved.
var unresolvedLine = regexp.MustCompile(`(?m)^.*: error: InferenceService (\S+): (?:([A-Z]\w+): )?(.*)$`)

// unresolvedIn reads which services render could not resolve from its messages.
func unresolvedIn(messages string) map[string][]finding.Finding {
	problems := map[string][]finding.Finding{}
	for _, line := range unresolvedLine.FindAllStringSubmatch(messages, -1) {
		problems[line[1]] = append(problems[line[1]], finding.Finding{Reason: line[2], Message: line[3]})
	}
	return problems
}
