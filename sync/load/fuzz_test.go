package load

import (
	"testing"

	"github.com/isvc-io/isvc/api/kinds"
)

func FuzzFiles(f *testing.F) {
	for _, seed := range []string{
		"", chat, model, chat + "---\n" + model, bomb(), "\xff\xfea\x00", "{}", "[]", "---\n...\n%X\n",
		`{"kind":"List","items":[{"kind":"PodList","items":[null,1,{}]}]}`,
		"a: &a [*a]", "? [a]\n: b", "kind: List\nitems: {}", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\ndata: 1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, problems := Files([]File{{Name: "x.yaml", Data: data}, {Name: "x.json", Data: data}}, "default")
		for _, request := range set.Requests(Options{Kinds: kinds.All()}) {
			if len(request.Parent) == 0 {
				t.Error("a request without a parent")
			}
		}
		for _, problem := range problems {
			if problem.Message == "" || problem.File == "" {
				t.Errorf("a problem that says nothing: %+v", problem)
			}
		}
	})
}
