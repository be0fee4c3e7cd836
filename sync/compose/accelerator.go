package compose

import (
	"strconv"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/args"
)

// The spellings of the flags that say over how many accelerators a model is
// split, in the order in which they are looked for.
var (
	tensorFlags   = []string{"--tp-size", "--tp", "--tensor-parallel-size"}
	pipelineFlags = []string{"--pp-size", "--pp", "--pipeline-parallel-size"}
)

// acceleratorConfig is what the runtime says of the chosen class for the model
// format that it serves; nil without.
func (b *builder) acceleratorConfig() *v1beta1.AcceleratorModelConfig {
	if b.accelerator == nil {
		return nil
	}
	return b.accelerator.Config
}

// overrideArgs applies the runtime's arguments and parallelism for the class.
func (b *builder) overrideArgs(p *pod) {
	config := b.acceleratorConfig()
	if config == nil {
		return
	}
	if len(config.RuntimeArgsOverride) > 0 {
		p.runner.Args = args.Override(p.runner.Args, config.RuntimeArgsOverride)
		b.tellContainer(p, "args", trace.Overridden, "AcceleratorOverride", brief(config.RuntimeArgsOverride))
	}
	if parallel := config.TensorParallelismOverride; parallel != nil {
		b.setParallel(p, tensorFlags, parallel.TensorParallelSize)
		b.setParallel(p, pipelineFlags, parallel.PipelineParallelSize)
	}
}

func (b *builder) setParallel(p *pod, flags []string, size *int64) {
	if size == nil || *size <= 0 {
		return
	}
	newArgs, newCommand, found := args.SetNumber(p.runner.Args, p.runner.Command, flags, *size)
	p.runner.Args, p.runner.Command = newArgs, newCommand
	if found != "" {
		b.tellContainer(p, "args/"+found, trace.Overridden, "AcceleratorOverride", strconv.FormatInt(*size, 10))
	}
}
