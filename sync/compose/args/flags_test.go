package args_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/sync/compose/args"
)

func TestFlags(t *testing.T) {
	cases := map[string]struct {
		list []string
		want []args.Flag
	}{
		"nothing": {},
		"flags with values, without, and words": {
			list: []string{"serve", "--tp", "4", "--x", "--len=-1"},
			want: []args.Flag{{"serve", "serve", 1}, {"--tp", "--tp 4", 1}, {"--x", "--x", 1}, {"--len", "--len=-1", 1}},
		},
		"a repeated flag stands once, with every use": {
			list: []string{"--lora", "a", "--x", "--lora=b"},
			want: []args.Flag{{"--lora", "--lora a --lora=b", 2}, {"--x", "--x", 1}},
		},
		"a script is read line by line": {
			list: []string{"-c", "ulimit -n 9\nserve \\\n  --tp 1 \\\n  --host=::"},
			want: []args.Flag{{"-c", "-c ulimit -n 9", 1}, {"serve", "serve", 1}, {"--tp", "--tp 1", 1}, {"--host", "--host=::", 1}},
		},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, c.want, args.Flags(c.list))
		})
	}
}

func TestServingCommand(t *testing.T) {
	assert.Equal(t, []string{"--tp", "1"}, args.ServingCommand([]string{"--tp", "1"}))
	assert.Equal(t, []string{"serve", "--tp 1"}, args.ServingCommand([]string{"-c", "mkdir -p /x\nserve \\\n  --tp 1\n"}))
}
