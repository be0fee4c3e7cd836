package kinds_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/kinds"
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
			k := kinds.New(test.kind, test.apiVersion)
			assert.Equal(t, kinds.Kind(test.want), k)
			kind, apiVersion := k.NameAndVersion()
			assert.Equal(t, []string{test.kind, test.apiVersion}, []string{kind, apiVersion})
		})
	}
}

func TestASetOfKindsIsSorted(t *testing.T) {
	set := kinds.Set{kinds.Service: true, kinds.Deployment: true, kinds.ConfigMap: true}
	assert.Equal(t, []kinds.Kind{kinds.ConfigMap, kinds.Deployment, kinds.Service}, set.Sorted())
	assert.True(t, set.Has(kinds.Service))
	assert.False(t, set.Has(kinds.KnativeService))
	assert.False(t, kinds.Set(nil).Has(kinds.Service))
	assert.Empty(t, kinds.Set(nil).Sorted())
}

func TestTheChildKinds(t *testing.T) {
	core, optional, all := kinds.Core(), kinds.Optional(), kinds.All()
	assert.Len(t, all, len(core)+len(optional), "no kind is core and optional")
	for _, kind := range core {
		assert.True(t, all.Has(kind), kind)
		_, apiVersion := kind.NameAndVersion()
		group, _, named := strings.Cut(apiVersion, "/")
		assert.True(t, !named || !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io"), "%s is not Kubernetes' own", kind)
	}
	for _, kind := range optional {
		assert.True(t, all.Has(kind), kind)
		_, apiVersion := kind.NameAndVersion()
		assert.Contains(t, apiVersion, "/", "%s is of a group", kind)
	}
	for _, kind := range []kinds.Kind{kinds.Pod, kinds.InferenceService, kinds.BaseModel, kinds.AcceleratorClass} {
		assert.False(t, all.Has(kind), "%s is read and never made", kind)
	}
	all[kinds.Pod] = true
	assert.False(t, kinds.All().Has(kinds.Pod), "each call has a set of its own")
}
