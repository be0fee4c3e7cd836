package sync_test

import (
	"testing"

	"github.com/isvc-io/isvc/sync"
)

// intents say, for every case of testdata, what it is there to show. An update
// of the golden files cannot pin a mistake in that.
var intents = map[string]func(t *testing.T, responses []*sync.Response){}
