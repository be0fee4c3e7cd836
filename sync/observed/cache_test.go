package observed_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/observed"
)

type thing struct {
	Name string `json:"name"`
}

func TestTheCacheChangesNoAnswer(t *testing.T) {
	for name, cache := range map[string]*observed.Cache{
		"no cache":          nil,
		"a cache":           observed.NewCache(1 << 20),
		"a cache too small": observed.NewCache(10),
	} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				a, err := observed.DecodeCached[thing](cache, json.RawMessage(`{"name":"a"}`))
				require.NoError(t, err)
				assert.Equal(t, &thing{"a"}, a)
				b, err := observed.DecodeCached[map[string]string](cache, json.RawMessage(`{"name":"a"}`))
				require.NoError(t, err)
				assert.Equal(t, map[string]string{"name": "a"}, *b, "the type is part of the question")
				_, err = observed.DecodeCached[thing](cache, json.RawMessage(`{"name":1}`))
				assert.Error(t, err)
			}
		})
	}
}

func TestTheCacheRemembersTheSameBytes(t *testing.T) {
	cache := observed.NewCache(1 << 20)
	raw := []byte(`{"name":"a"}`)
	first, _ := observed.DecodeCached[thing](cache, raw)
	again, _ := observed.DecodeCached[thing](cache, []byte(`{"name":"a"}`))
	assert.Same(t, first, again)
	raw[9] = 'b'
	other, _ := observed.DecodeCached[thing](cache, raw)
	assert.Equal(t, "b", other.Name, "bytes that changed are other bytes")
}

func TestTheCacheForgetsWhatIsNotUsed(t *testing.T) {
	cache := observed.NewCache(1000)
	used, _ := observed.DecodeCached[thing](cache, json.RawMessage(`{"name":"used"}`))
	unused, _ := observed.DecodeCached[thing](cache, json.RawMessage(`{"name":"unused"}`))
	for i := range 100 {
		_, _ = observed.DecodeCached[thing](cache, fmt.Appendf(nil, `{"name":"%d"}`, i))
		again, _ := observed.DecodeCached[thing](cache, json.RawMessage(`{"name":"used"}`))
		require.Same(t, used, again)
	}
	again, _ := observed.DecodeCached[thing](cache, json.RawMessage(`{"name":"unused"}`))
	assert.NotSame(t, unused, again)
}

func TestTheCacheHoldsAsManyBytesAsItsLimit(t *testing.T) {
	const limit, size = 10_000, 100
	object := func(i int) json.RawMessage { return fmt.Appendf(nil, `{"name":"%0*d"}`, size-len(`{"name":""}`), i) }
	require.Len(t, object(1), size)
	cache := observed.NewCache(limit)
	remembered := func(n int) (same int) {
		first := make([]*thing, n)
		for i := range n {
			first[i], _ = observed.DecodeCached[thing](cache, object(i))
		}
		for i := n - 1; i >= 0; i-- {
			if again, _ := observed.DecodeCached[thing](cache, object(i)); again == first[i] {
				same++
			}
		}
		return same
	}
	assert.Equal(t, 90, remembered(90), "nine tenths of the limit")
	assert.Equal(t, 100, remembered(100), "all of it")
	assert.Equal(t, 100, remembered(150), "the last that were used")

	large, _ := observed.DecodeCached[thing](cache, fmt.Appendf(nil, `{"name":"%0*d"}`, limit, 1))
	again, _ := observed.DecodeCached[thing](cache, fmt.Appendf(nil, `{"name":"%0*d"}`, limit, 1))
	assert.NotSame(t, large, again, "more than the limit is not remembered")
	assert.Equal(t, 100, remembered(100), "and displaces nothing else")
}

func TestTheCacheServesManyAtOnce(t *testing.T) {
	cache := observed.NewCache(200)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 200 {
				name := fmt.Sprint(i % 10)
				got, err := observed.DecodeCached[thing](cache, fmt.Appendf(nil, `{"name":%q}`, name))
				assert.NoError(t, err)
				assert.Equal(t, name, got.Name)
			}
		})
	}
	group.Wait()
}
