package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/sync/compose/args"
)

// acceleratorOverride is the origin of what the runtime says of the class.
func acceleratorOverride(s *sources) origin {
	return origin{
		reason: FromAccelerator,
		source: s.runtimeName() + " spec.supportedModelFormats.acceleratorConfig for " + s.className(),
	}
}

// overrideArgs returns the arguments and the command of a runner with what the runtime says of the
// class: arguments, then the sizes of parallelism where a flag for them is there.
func overrideArgs(s *sources, draft podDraft) (newArgs, newCommand []string) {
	newArgs, newCommand = draft.runner.Args, draft.runner.Command
	config := s.acceleratorConfig()
	if config == nil {
		return newArgs, newCommand
	}
	by := acceleratorOverride(s)
	if len(config.RuntimeArgsOverride) > 0 {
		newCommand, newArgs = args.Override(newCommand, newArgs, config.RuntimeArgsOverride)
		field := "args"
		if !slices.Equal(newCommand, draft.runner.Command) {
			field = "command"
		}
		draft.origins.addValues(runnerName(draft.runner), field, readFlags(config.RuntimeArgsOverride), by)
	}
	if sizes := config.TensorParallelismOverride; sizes != nil {
		for _, size := range []parallelSize{
			{"tensorParallelSize", sizes.TensorParallelSize, args.TensorParallelFlags},
			{"pipelineParallelSize", sizes.PipelineParallelSize, args.PipelineParallelFlags},
			{"dataParallelSize", sizes.DataParallelSize, args.DataParallelFlags},
		} {
			newArgs, newCommand = setParallelism(s, draft, newArgs, newCommand, size, by)
		}
	}
	return newArgs, newCommand
}

// parallelSize is a size of parallelism that the runtime gives for the class; nil for none.
type parallelSize struct {
	field string
	size  *int64
	flags []string
}

// setParallelism gives the first of the flags that is present the size, in the arguments or else in
// the command.
func setParallelism(s *sources, draft podDraft, oldArgs, oldCommand []string, size parallelSize, by origin) (newArgs, newCommand []string) {
	if size.size == nil || *size.size <= 0 {
		return oldArgs, oldCommand
	}
	if newArgs, flag := args.SetNumber(oldArgs, size.flags, *size.size); flag != "" {
		draft.addFlagOrigin("args", newArgs, flag, by)
		return newArgs, oldCommand
	}
	newCommand, flag := args.SetNumber(oldCommand, size.flags, *size.size)
	if flag == "" {
		warnAboutMissingFlag(s, draft, size)
	}
	draft.addFlagOrigin("command", newCommand, flag, by)
	return oldArgs, newCommand
}

// warnAboutMissingFlag says that a size of parallelism has no flag to be set. Workers of a group need
// none where their leader tells them, and a size of 1 is what servers do by themselves.
func warnAboutMissingFlag(s *sources, draft podDraft, size parallelSize) {
	if *size.size == 1 || draft.field == ".worker" {
		return
	}
	s.record.AddFinding(s.traceSubject("container/"+runnerName(draft.runner)+"/args"), ReasonOverrideIgnored, fmt.Sprintf(
		"%s of acceleratorConfig for %s in %s is %d, and the runner of the %s has no flag for it: write one of %s into its args",
		size.field, s.className(), s.runtimeName(), *size.size, s.component, strings.Join(size.flags, ", ")))
}

// addFlagOrigin adds who gives one flag of a list of words.
func (d podDraft) addFlagOrigin(field string, words []string, flag string, by origin) {
	for _, f := range readFlags(words) {
		if f.key == flag {
			d.origins.addValue(runnerName(d.runner), field, f.key, f.text, by)
		}
	}
}
