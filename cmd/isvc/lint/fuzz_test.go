package lint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// FuzzCheck lints and explains whatever the loader accepts: no input panics.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(clean))
	for _, c := range []string{"ISVC003: half the size with fp8", "ISVC013: in a script", "ISVC015: all of them", "ISVC017: a large model from zero", "ISVC027: a component that cannot be composed"} {
		t := &testing.T{}
		f.Add([]byte(edited(t, ruleCases[c].edits)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, _ := load.Files([]load.File{{Name: "in.yaml", Data: data}}, "default")
		for _, request := range set.Requests(load.Options{Kinds: kinds.All(), Explain: true}) {
			response, err := sync.Sync(request)
			if err != nil {
				continue
			}
			for _, finding := range lint.Check(request, response) {
				require.NotEmpty(t, finding.String())
			}
			service := explain.NewService("n", "s", response)
			explain.Text(explain.NewReport([]explain.Service{service}), explain.TextOptions{Width: 41})
		}
	})
}
