package resolve

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

func sharded(s *v1beta1.BaseModelSpec) { s.Distribution = v1beta1.DistributionSharded }

func storedAt(uri, path string) func(*v1beta1.BaseModelSpec) {
	return func(s *v1beta1.BaseModelSpec) {
		s.Storage = &v1beta1.StorageSpec{StorageURI: uri}
		if path != "" {
			s.Storage.Path = &path
		}
	}
}

func withOverlays(names ...string) *v1beta1.ModelRef {
	ref := modelRef("llama")
	for _, name := range names {
		ref.Overlays = append(ref.Overlays, v1beta1.ModelOverlay{Name: name})
	}
	return ref
}

func TestFindOverlays(t *testing.T) {
	onNode := storedAt("hf://a", "/models/a")
	for sentence, c := range map[string]struct {
		cat              *Catalog
		ref              *v1beta1.ModelRef
		mounted, skipped []string
		failure          string
	}{
		"none without a reference":                {cat: catalog()},
		"none where the model names none":         {cat: catalog(), ref: withOverlays()},
		"one that is not ready, pods wait":        {cat: catalog(clusterBaseModel("a", onNode)), ref: withOverlays("a"), mounted: []string{"a"}},
		"one that is named twice, once":           {cat: catalog(clusterBaseModel("a", onNode)), ref: withOverlays("a", "a"), mounted: []string{"a"}},
		"one on a claim, without a path":          {cat: catalog(baseModel("a", storedAt("pvc://c/a", ""))), ref: withOverlays("a"), mounted: []string{"a"}},
		"in the order of the service":             {cat: catalog(clusterBaseModel("a", onNode), clusterBaseModel("b", onNode)), ref: withOverlays("b", "a"), mounted: []string{"b", "a"}},
		"a disabled one is left out":              {cat: catalog(clusterBaseModel("a", onNode, off), clusterBaseModel("b", onNode)), ref: withOverlays("a", "b"), mounted: []string{"b"}, skipped: []string{"a"}},
		"a sharded one is left out":               {cat: catalog(clusterBaseModel("a", onNode, sharded)), ref: withOverlays("a"), skipped: []string{"a"}},
		"one that is in no directory is left out": {cat: catalog(clusterBaseModel("a", storedAt("hf://a", ""))), ref: withOverlays("a"), skipped: []string{"a"}},
		"one that does not exist holds":           {cat: catalog(clusterBaseModel("b", onNode)), ref: withOverlays("b", "a"), failure: ModelNotFound},
	} {
		t.Run(sentence, func(t *testing.T) {
			rec := trace.NewExplainingRecorder()
			got, failure := FindOverlays(c.cat, c.ref, rec)
			if c.failure != "" {
				require.NotNil(t, failure)
				assert.Equal(t, c.failure, failure.Reason)
				assert.Contains(t, failure.Message, "spec.model.overlays[a]")
				assert.Empty(t, got.Mounted)
				return
			}
			require.Nil(t, failure)
			var mounted []string
			for _, model := range got.Mounted {
				mounted = append(mounted, model.Name)
			}
			assert.Equal(t, c.mounted, mounted)
			assert.Equal(t, c.skipped, got.Skipped)
			assert.Len(t, findingReasons(rec), len(c.skipped))
		})
	}
}
