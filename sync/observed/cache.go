package observed

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"reflect"
	"sync"

	"k8s.io/utils/lru"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// Cache remembers what raw objects decode to, so that a catalogue that comes with every request is
// decoded once. It changes no answer, because decoding is pure: the bytes of an object are
// kept with its result and compared.
//
// The bytes of the objects in it never exceed its limit; what was not used for longest is forgotten
// first. What they decode to takes a few times as much memory. A nil Cache remembers nothing. A
// Cache may be used by many goroutines.
type Cache struct {
	limit int
	seed  maphash.Seed
	// shared is set in a cache of NewSharedCache and then used instead of everything else.
	shared *sync.Map

	mu sync.Mutex
	// used has no limit of its own: the library counts entries, and these have no common size.
	used  *lru.Cache
	bytes int
}

type cacheKey struct {
	hash uint64
	kind reflect.Type
}

// decoded is an object and what it decodes to.
type decoded struct {
	raw    []byte
	object any
	err    error
}

// NewCache returns a cache of up to limit bytes of objects.
func NewCache(limit int) *Cache {
	c := &Cache{limit: limit, seed: maphash.MakeSeed()}
	c.used = lru.NewWithEvictionFunc(0, func(_ lru.Key, entry any) { c.bytes -= len(entry.(*decoded).raw) })
	return c
}

// DecodeCached decodes an object, or remembers what it decoded to. The result is shared and must
// not be changed.
func DecodeCached[T any](c *Cache, raw json.RawMessage) (*T, error) {
	if c == nil {
		return decodeNew[T](raw)
	}
	if c.shared != nil {
		return decodeShared[T](c.shared, raw)
	}
	key := cacheKey{maphash.Bytes(c.seed, raw), reflect.TypeFor[T]()}
	if known := c.findDecoded(key, raw); known != nil {
		return known.object.(*T), known.err
	}
	object, err := decodeNew[T](raw)
	c.addDecoded(key, &decoded{raw: bytes.Clone(raw), object: object, err: err})
	return object, err
}

func decodeNew[T any](raw json.RawMessage) (*T, error) {
	object := new(T)
	if err := v1beta1.DecodeLenient(raw, object); err != nil {
		return nil, err
	}
	return object, nil
}

// findDecoded returns what is known of an object; nil without anything.
func (c *Cache) findDecoded(key cacheKey, raw []byte) *decoded {
	c.mu.Lock()
	entry, _ := c.used.Get(key)
	c.mu.Unlock()
	if known, ok := entry.(*decoded); ok && bytes.Equal(known.raw, raw) {
		return known
	}
	return nil
}

// addDecoded remembers an entry, in place of one of the same key.
func (c *Cache) addDecoded(key cacheKey, entry *decoded) {
	if len(entry.raw) > c.limit {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used.Remove(key)
	c.used.Add(key, entry)
	c.bytes += len(entry.raw)
	for c.bytes > c.limit {
		c.used.RemoveOldest()
	}
}
