package observed_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/observed"
)

func TestASharedCacheKnowsObjectsByTheirAddress(t *testing.T) {
	cache, raw := observed.NewSharedCache(), json.RawMessage(`{"name":"a"}`)
	first, err := observed.DecodeCached[thing](cache, raw)
	require.NoError(t, err)
	again, _ := observed.DecodeCached[thing](cache, raw)
	assert.Same(t, first, again)
	copied, _ := observed.DecodeCached[thing](cache, json.RawMessage(`{"name":"a"}`))
	assert.NotSame(t, first, copied)
	assert.Equal(t, first, copied)
	asMap, err := observed.DecodeCached[map[string]string](cache, raw)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"name": "a"}, *asMap, "the type is part of the question")

	for range 2 {
		_, err = observed.DecodeCached[thing](cache, nil)
		assert.Error(t, err)
		_, err = observed.DecodeCached[thing](cache, json.RawMessage(`{"name":1}`))
		assert.Error(t, err)
	}
}
