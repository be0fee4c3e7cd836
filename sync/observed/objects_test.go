package observed_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

func TestAKeyHasANamespaceOrNone(t *testing.T) {
	for sentence, test := range map[string]struct{ namespace, name, want string }{
		"namespaced":     {"team-a", "chat", "team-a/chat"},
		"cluster-scoped": {"", "llama", "llama"},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, test.want, observed.ObjectKey(test.namespace, test.name))
			namespace, name := observed.SplitKey(test.want)
			assert.Equal(t, []string{test.namespace, test.name}, []string{namespace, name})
		})
	}
}

func TestObjectsAreFoundByKindAndKey(t *testing.T) {
	o := observed.Objects{kinds.ConfigMap: nil}
	o.Add(kinds.Service, "team-a", "chat", json.RawMessage(`{"n":1}`))
	o.Add(kinds.Service, "team-a", "b", json.RawMessage(`{"n":2}`))
	o.Add(kinds.Service, "team-a", "chat", json.RawMessage(`{"n":3}`))
	o.Add(kinds.ClusterBaseModel, "", "llama", json.RawMessage(`{"n":4}`))
	assert.JSONEq(t, `{"n":3}`, string(o.RawJSON(kinds.Service, "team-a", "chat")), "the last one counts")
	assert.JSONEq(t, `{"n":4}`, string(o.RawJSON(kinds.ClusterBaseModel, "", "llama")))
	for sentence, raw := range map[string]json.RawMessage{
		"of another namespace": o.RawJSON(kinds.Service, "team-b", "chat"),
		"of another scope":     o.RawJSON(kinds.Service, "", "chat"),
		"of another kind":      o.RawJSON(kinds.KnativeService, "team-a", "chat"),
		"of an empty kind":     o.RawJSON(kinds.ConfigMap, "team-a", "chat"),
	} {
		assert.Nil(t, raw, sentence)
	}
	assert.Equal(t, []string{"team-a/b", "team-a/chat"}, o.KeysOf(kinds.Service))
	assert.Empty(t, o.KeysOf(kinds.Pod))
	assert.Equal(t, []kinds.Kind{kinds.ClusterBaseModel, kinds.ConfigMap, kinds.Service}, o.Kinds().Sorted(),
		"a kind without objects is a kind that was looked for")
}

func TestAllObjectsComeInOrder(t *testing.T) {
	o := observed.Objects{kinds.ConfigMap: nil}
	var want []string
	for _, kind := range kinds.All().Sorted() {
		for _, name := range []string{"b", "a", "c"} {
			if kind != kinds.ConfigMap {
				o.Add(kind, "n", name, json.RawMessage(`{}`))
			}
		}
		if kind != kinds.ConfigMap {
			want = append(want, string(kind)+" n/a", string(kind)+" n/b", string(kind)+" n/c")
		}
	}
	var got []string
	for kind, key := range o.All() {
		got = append(got, string(kind)+" "+key)
	}
	assert.Equal(t, want, got)
	for kind, key := range o.All() {
		assert.Equal(t, want[0], string(kind)+" "+key)
		break
	}
}
