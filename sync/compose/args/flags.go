package args

import "strings"

// The spellings of the flags by which servers are told how to split a model, in the order in which
// they are looked for: those of SGLang, vLLM, TensorRT-LLM, LMDeploy and TGI. vLLM reads an underscore
// as a dash.
var (
	TensorParallelFlags = []string{
		"--tp-size", "--tp", "--tensor-parallel-size", "-tp", "--tp_size", "--tensor_parallel_size", "--num-shard",
	}
	PipelineParallelFlags = []string{
		"--pp-size", "--pp", "--pipeline-parallel-size", "-pp", "--pp_size", "--pipeline_parallel_size",
	}
	DataParallelFlags = []string{
		"--dp-size", "--dp", "--data-parallel-size", "-dp", "--dp_size", "--data_parallel_size",
	}
)

// Flag is one flag with all that is said about it, for people.
type Flag struct {
	// Key is the flag, such as "--tp-size", or the whole word where it is no flag.
	Key string
	// Text is the flag with its value as they are written; uses of a flag that is repeated are
	// joined by spaces.
	Text string
	// Uses is how often the flag is given.
	Uses int
}

// Flags lists what arguments say, in order, each flag once. Scripts are read line by line.
func Flags(list []string) []Flag {
	var out []Flag
	position := map[string]int{}
	for _, group := range groupFlags(splitLines(list)) {
		text := strings.Join(group.words, " ")
		at, known := position[group.flag]
		if !known {
			position[group.flag] = len(out)
			out = append(out, Flag{Key: group.flag, Text: text, Uses: 1})
			continue
		}
		out[at].Text += " " + text
		out[at].Uses++
	}
	return out
}

// ServingCommand returns the command that serves, without what a script does before it: the lines
// of the last command of a script, else the arguments as they are.
func ServingCommand(list []string) []string {
	at := scriptAt(list)
	if at < 0 {
		return list
	}
	_, command := cutLastCommand(list[at])
	return splitLines([]string{command})
}
