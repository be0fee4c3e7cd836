package sync_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/observed"
)

// fuzzObjects reads objects by kind and key as the hook does; nil for what the
// hook would refuse.
func fuzzObjects(raw []byte) observed.Objects {
	objects := observed.Objects{}
	if json.Unmarshal(raw, &objects) != nil {
		return nil
	}
	return objects
}

// FuzzSync: any service, with any related objects and any observed children,
// gets an answer: the same one again, that can be sent and stored.
func FuzzSync(f *testing.F) {
	for _, number := range []uint64{0, 3, 7, 16} {
		c := newDice(1, number).world().clusters[0]
		addSeed(f, c)
		c.apply(f, clientSide, c.sync(f))
		addSeed(f, c)
	}
	c := served(f, serverSide)
	addSeed(f, c)
	f.Fuzz(func(t *testing.T, parent, related, children []byte) {
		request := &sync.Request{
			Parent: parent, Related: fuzzObjects(related), Children: fuzzObjects(children), Managed: kinds.All(), Now: goldenNow,
		}
		for kind := range request.Children {
			request.Managed[kind] = true // the keys of children are what is managed
		}
		response, err := sync.Sync(request)
		if err != nil {
			return
		}
		text, err := json.Marshal(response)
		require.NoError(t, err)
		again, err := sync.Sync(request)
		require.NoError(t, err)
		require.Equal(t, string(text), jsonText(again))
		require.Empty(t, statusViolations(t, jsonText(response.Status)))
		for _, c := range response.Children {
			require.NotNil(t, c)
			require.NotEmpty(t, c.GetName())
			require.NoError(t, child.CheckAppliable(c.Object))
		}
		// Most of what the hook refuses in an answer needs a request that it
		// refuses itself; it must not panic on either.
		_ = hook.CheckChildren(request, hook.Parent{Namespace: "team-a"}, response.Children)
	})
}

func addSeed(f *testing.F, c *cluster) {
	request := c.request(f)
	f.Add([]byte(request.Parent), []byte(jsonText(request.Related)), []byte(jsonText(request.Children)))
}

// FuzzCustomize: any parent gets rules that are objects of kinds, or an error.
func FuzzCustomize(f *testing.F) {
	for number := range uint64(8) {
		f.Add([]byte(jsonText(newDice(1, number).world().clusters[0].parent)))
	}
	f.Add([]byte(`{"metadata":{"name":"x"},"spec":{"model":{"name":"m","kind":"FineTunedWeight","fineTunedWeights":["w"]},"acceleratorSelector":{}}}`))
	f.Fuzz(func(t *testing.T, parent []byte) {
		rules, err := sync.Customize(parent, sync.CustomizeOptions{Pods: true})
		if err != nil {
			return
		}
		text, err := json.Marshal(rules)
		require.NoError(t, err)
		again, err := sync.Customize(parent, sync.CustomizeOptions{Pods: true})
		require.NoError(t, err)
		require.Equal(t, string(text), jsonText(again))
		for _, rule := range rules {
			require.NotEmpty(t, rule.APIVersion)
			require.NotEmpty(t, rule.Resource)
			require.False(t, len(rule.Names) > 0 && rule.LabelSelector != nil, "names and labels exclude each other")
		}
		var plain struct{ Metadata struct{ Namespace string } }
		if utiljson.Unmarshal(parent, &plain) == nil && plain.Metadata.Namespace != "" {
			for _, rule := range rules {
				require.Contains(t, []string{"", plain.Metadata.Namespace}, rule.Namespace)
			}
		}
	})
}
