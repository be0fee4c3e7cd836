package observed_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/sync/observed"
)

func TestAKindHasMetacontrollersForm(t *testing.T) {
	for sentence, test := range map[string]struct{ kind, apiVersion, want string }{
		"the core group has a version only":  {"Service", "v1", "Service.v1"},
		"another group stands before":        {"Deployment", "apps/v1", "Deployment.apps/v1"},
		"a group may have dots":              {"Role", "rbac.authorization.k8s.io/v1", "Role.rbac.authorization.k8s.io/v1"},
		"kinds of one name differ by group":  {"Service", "serving.knative.dev/v1", "Service.serving.knative.dev/v1"},
		"a kind without a version is no one": {"Service", "", "Service."},
	} {
		t.Run(sentence, func(t *testing.T) {
			k := observed.NewKind(test.kind, test.apiVersion)
			assert.Equal(t, observed.Kind(test.want), k)
			kind, apiVersion := k.Split()
			assert.Equal(t, []string{test.kind, test.apiVersion}, []string{kind, apiVersion})
		})
	}
}

func TestAKeyHasANamespaceOrNone(t *testing.T) {
	for sentence, test := range map[string]struct{ namespace, name, want string }{
		"namespaced":     {"team-a", "chat", "team-a/chat"},
		"cluster-scoped": {"", "llama", "llama"},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, test.want, observed.Key(test.namespace, test.name))
			namespace, name := observed.SplitKey(test.want)
			assert.Equal(t, []string{test.namespace, test.name}, []string{namespace, name})
		})
	}
}

func TestObjectsAreFoundByKindAndKey(t *testing.T) {
	o := observed.Objects{observed.ConfigMap: nil}
	o.Add(observed.Service, "team-a", "chat", json.RawMessage(`{"n":1}`))
	o.Add(observed.Service, "team-a", "b", json.RawMessage(`{"n":2}`))
	o.Add(observed.Service, "team-a", "chat", json.RawMessage(`{"n":3}`))
	o.Add(observed.ClusterBaseModel, "", "llama", json.RawMessage(`{"n":4}`))
	assert.JSONEq(t, `{"n":3}`, string(o.Raw(observed.Service, "team-a", "chat")), "the last one counts")
	assert.JSONEq(t, `{"n":4}`, string(o.Raw(observed.ClusterBaseModel, "", "llama")))
	for sentence, raw := range map[string]json.RawMessage{
		"of another namespace": o.Raw(observed.Service, "team-b", "chat"),
		"of another scope":     o.Raw(observed.Service, "", "chat"),
		"of another kind":      o.Raw(observed.KnativeService, "team-a", "chat"),
		"of an empty kind":     o.Raw(observed.ConfigMap, "team-a", "chat"),
	} {
		assert.Nil(t, raw, sentence)
	}
	assert.Equal(t, []string{"team-a/b", "team-a/chat"}, o.Keys(observed.Service))
	assert.Empty(t, o.Keys(observed.Pod))
	assert.Equal(t, []observed.Kind{observed.ClusterBaseModel, observed.ConfigMap, observed.Service}, o.Kinds().Sorted(),
		"a kind without objects is a kind that was looked for")
}

func TestASetOfKindsIsSorted(t *testing.T) {
	kinds := observed.Kinds{observed.Service: true, observed.Deployment: true, observed.ConfigMap: true}
	assert.Equal(t, []observed.Kind{observed.ConfigMap, observed.Deployment, observed.Service}, kinds.Sorted())
	assert.True(t, kinds.Has(observed.Service))
	assert.False(t, kinds.Has(observed.KnativeService))
	assert.False(t, observed.Kinds(nil).Has(observed.Service))
	assert.Empty(t, observed.Kinds(nil).Sorted())
}

func TestTheChildKinds(t *testing.T) {
	core, optional, all := observed.CoreKinds(), observed.OptionalKinds(), observed.AllKinds()
	assert.Len(t, all, len(core)+len(optional), "no kind is core and optional")
	for _, kind := range core {
		assert.True(t, all.Has(kind), kind)
		_, apiVersion := kind.Split()
		group, _, named := strings.Cut(apiVersion, "/")
		assert.True(t, !named || !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io"), "%s is not Kubernetes' own", kind)
	}
	for _, kind := range optional {
		assert.True(t, all.Has(kind), kind)
		_, apiVersion := kind.Split()
		assert.Contains(t, apiVersion, "/", "%s is of a group", kind)
	}
	for _, kind := range []observed.Kind{observed.Pod, observed.InferenceService, observed.BaseModel, observed.AcceleratorClass} {
		assert.False(t, all.Has(kind), "%s is read and never made", kind)
	}
	all[observed.Pod] = true
	assert.False(t, observed.AllKinds().Has(observed.Pod), "each call has a set of its own")
}

func TestAllObjectsComeInOrder(t *testing.T) {
	o := observed.Objects{observed.ConfigMap: nil}
	var want []string
	for _, kind := range observed.AllKinds().Sorted() {
		for _, name := range []string{"b", "a", "c"} {
			if kind != observed.ConfigMap {
				o.Add(kind, "n", name, json.RawMessage(`{}`))
			}
		}
		if kind != observed.ConfigMap {
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

// Kinds are named in every call, and most of them are known.
func TestNamingAKnownKindTakesNoMemory(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(100, func() { observed.NewKind("HorizontalPodAutoscaler", "autoscaling/v2") }))
	assert.Equal(t, observed.Kind("X.y/v1"), observed.KindOf([]byte("X.y/v1")))
}
