package cases

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

func TestEveryCaseCanBeSynced(t *testing.T) {
	if testing.Short() {
		t.Skip("reading every case is not short")
	}
	all, absent, err := All("../..")
	require.NoError(t, err)
	t.Log(absent)
	names := map[string]bool{}
	for _, c := range all {
		require.False(t, names[c.Name], "two cases are called %s", c.Name)
		names[c.Name] = true
		_, err := isvc.Sync(c.Request(observed.Objects{}, time.Time{}))
		require.NoError(t, err, c.Name)
	}
	t.Logf("%d cases", len(all))
}
