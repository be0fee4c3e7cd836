package args_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/sync/compose/args"
)

func TestOverride(t *testing.T) {
	cases := map[string]struct{ command, base, override, want, wantCommand []string }{
		"nothing to override": {
			base: []string{"--x", "1"},
			want: []string{"--x", "1"},
		},
		"nothing there": {
			override: []string{"--x=1"},
			want:     []string{"--x=1"},
		},
		"a flag is replaced in place and a new one appended": {
			base:     []string{"--tp-size=4", "--flag"},
			override: []string{"--tp-size", "8", "--new"},
			want:     []string{"--tp-size", "8", "--flag", "--new"},
		},
		"repeated flags stay repeated": {
			base:     []string{"--lora", "a", "--lora", "b"},
			override: []string{"--x"},
			want:     []string{"--lora", "a", "--lora", "b", "--x"},
		},
		"an override of a repeated flag replaces all of them": {
			base:     []string{"--lora", "a", "--x", "--lora", "b"},
			override: []string{"--lora", "c"},
			want:     []string{"--lora", "c", "--x"},
		},
		"a negative number is a value": {
			base:     []string{"--a", "-1", "--b"},
			override: []string{"--a", "-2"},
			want:     []string{"--a", "-2", "--b"},
		},
		"a continued command keeps one flag a line": {
			base:     []string{"python3 -m server \\\n  --tp-size 1 \\\n  --max-len=8192 \\\n  --host 0.0.0.0"},
			override: []string{"--kv=fp8", "--max-len", "32768"},
			want:     []string{"python3 -m server \\\n--tp-size 1 \\\n--max-len \\\n32768 \\\n--host 0.0.0.0 \\\n--kv=fp8"},
		},
		"commands before the last one stay as they are": {
			base:     []string{"-c", "set -e\nulimit -n 65536\nserve \\\n  --tp 1\n"},
			override: []string{"--tp 2"},
			want:     []string{"-c", "set -e\nulimit -n 65536\nserve \\\n--tp 2"},
		},
		"a script of one line": {
			command:  []string{"/bin/bash", "-lc", "--"},
			base:     []string{"ulimit -n 65536; serve $MODEL --max-len 8192 --name 'a --b' --dir $(dirname /a/b)"},
			override: []string{"--max-len=32768", "--new"},
			want:     []string{"ulimit -n 65536; serve $MODEL --max-len=32768 --name 'a --b' --dir $(dirname /a/b) --new"},
		},
		"what comes after the arguments of a line stays there": {
			base:     []string{"sh", "-c", "set -e && serve --x 2>&1 | tee --append /log"},
			override: []string{"--append", "--x=2"},
			want:     []string{"sh", "-c", "set -e && serve --x=2 --append 2>&1 | tee --append /log"},
		},
		"a script in the command": {
			command:     []string{"bash", "-c", "serve --x 1"},
			override:    []string{"--x", "2"},
			wantCommand: []string{"bash", "-c", "serve --x 2"},
		},
		"a word with blanks that no shell runs": {
			command:  []string{"serve"},
			base:     []string{"--prompt", "be kind --always"},
			override: []string{"--always"},
			want:     []string{"--prompt", "be kind --always", "--always"},
		},
		"a shell that runs a file": {
			command:  []string{"bash", "/start.sh"},
			base:     []string{"--x", "1"},
			override: []string{"--x", "2"},
			want:     []string{"--x", "2"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before, commandBefore := slices.Clone(c.base), slices.Clone(c.command)
			newCommand, newArgs := args.Override(c.command, c.base, c.override)
			assert.Equal(t, c.want, newArgs)
			if c.wantCommand == nil {
				c.wantCommand = c.command
			}
			assert.Equal(t, c.wantCommand, newCommand)
			assert.Equal(t, before, c.base, "the input must not change")
			assert.Equal(t, commandBefore, c.command, "the input must not change")
		})
	}
}

func TestSetNumber(t *testing.T) {
	aliases := args.TensorParallelFlags
	cases := map[string]struct {
		words, want []string
		alias       string
	}{
		"a flag with a following value": {
			words: []string{"serve", "--tp", "1", "--x"}, want: []string{"serve", "--tp", "4", "--x"}, alias: "--tp",
		},
		"a flag with an equals sign": {
			words: []string{"--tp-size=1"}, want: []string{"--tp-size=4"}, alias: "--tp-size",
		},
		"the first alias wins": {
			words: []string{"--tp=1", "--tp-size=1"}, want: []string{"--tp=1", "--tp-size=4"}, alias: "--tp-size",
		},
		"a script, also with a reference for a value": {
			words: []string{"serve \\\n--tp-size $(PARALLELISM_SIZE) \\\n--x"},
			want:  []string{"serve \\\n--tp-size=4 \\\n--x"}, alias: "--tp-size",
		},
		"a longer flag is another flag": {
			words: []string{"serve --tp-sized 1 --y"}, want: []string{"serve --tp-sized 1 --y"},
		},
		"a flag with one dash": {
			words: []string{"-tp=1", "-tp", "2"}, want: []string{"-tp=4", "-tp", "2"}, alias: "-tp",
		},
		"a flag with an underscore": {
			words: []string{"trtllm-serve --tp_size 1"}, want: []string{"trtllm-serve --tp_size=4"}, alias: "--tp_size",
		},
		"a flag is never added": {
			words: []string{"--x"}, want: []string{"--x"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := append([]string(nil), c.words...)
			got, alias := args.SetNumber(c.words, aliases, 4)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.alias, alias)
			assert.Equal(t, before, c.words, "the input must not change")
		})
	}
}
