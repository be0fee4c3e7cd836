package compose

import (
	"github.com/isvc-io/isvc/sync/compose/args"
)

// The spellings of the flags that say over how many accelerators a model is split, in the order in
// which they are looked for.
var (
	tensorFlags   = []string{"--tp-size", "--tp", "--tensor-parallel-size"}
	pipelineFlags = []string{"--pp-size", "--pp", "--pipeline-parallel-size"}
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
		newArgs = args.Override(newArgs, config.RuntimeArgsOverride)
		draft.origins.addValues(runnerName(draft.runner), "args", readFlags(config.RuntimeArgsOverride), by)
	}
	if sizes := config.TensorParallelismOverride; sizes != nil {
		newArgs, newCommand = setParallelism(draft, newArgs, newCommand, tensorFlags, sizes.TensorParallelSize, by)
		newArgs, newCommand = setParallelism(draft, newArgs, newCommand, pipelineFlags, sizes.PipelineParallelSize, by)
	}
	return newArgs, newCommand
}

// setParallelism gives the first of the flags that is present the size, in the arguments or else in
// the command.
func setParallelism(draft podDraft, oldArgs, oldCommand, flags []string, size *int64, by origin) (newArgs, newCommand []string) {
	if size == nil || *size <= 0 {
		return oldArgs, oldCommand
	}
	if newArgs, flag := args.SetNumber(oldArgs, flags, *size); flag != "" {
		draft.addFlagOrigin("args", newArgs, flag, by)
		return newArgs, oldCommand
	}
	newCommand, flag := args.SetNumber(oldCommand, flags, *size)
	draft.addFlagOrigin("command", newCommand, flag, by)
	return oldArgs, newCommand
}

// addFlagOrigin adds who gives one flag of a list of words.
func (d podDraft) addFlagOrigin(field string, words []string, flag string, by origin) {
	for _, f := range readFlags(words) {
		if f.key == flag {
			d.origins.addValue(runnerName(d.runner), field, f.key, f.text, by)
		}
	}
}
