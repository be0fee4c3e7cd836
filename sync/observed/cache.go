package observed

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"reflect"
	"sync"
)

// Cache remembers what raw objects decode to, so that a catalogue which comes
// with every request is decoded once. It is a memory of a pure function: with
// and without it every answer is the same. It keeps the bytes of an object with
// its result and compares them, so it depends on no version or hash.
//
// Its size is bounded by the bytes of the objects in it. A nil Cache remembers
// nothing. A Cache may be used by many goroutines.
type Cache struct {
	limit int
	seed  maphash.Seed
	// shared is set in a cache of NewSharedCache and then used instead of everything else.
	shared *sync.Map

	mu sync.Mutex
	// recent takes new entries until it is half the limit; then it becomes
	// former, and what former had is forgotten unless it was used since.
	recent, former generation
}

type generation struct {
	entries map[cacheKey]*decoded
	bytes   int
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
	return &Cache{limit: limit, seed: maphash.MakeSeed(), recent: newGeneration(), former: newGeneration()}
}

func newGeneration() generation { return generation{entries: map[cacheKey]*decoded{}} }

// Decode decodes an object, or remembers what it decoded to. The result is
// shared and must not be changed.
func Decode[T any](c *Cache, raw json.RawMessage) (*T, error) {
	if c == nil {
		return decodeNew[T](raw)
	}
	if c.shared != nil {
		return decodeShared[T](c.shared, raw)
	}
	key := cacheKey{maphash.Bytes(c.seed, raw), reflect.TypeFor[T]()}
	if known := c.get(key, raw); known != nil {
		return known.object.(*T), known.err
	}
	object, err := decodeNew[T](raw)
	c.put(key, &decoded{raw: bytes.Clone(raw), object: object, err: err})
	return object, err
}

func decodeNew[T any](raw json.RawMessage) (*T, error) {
	object := new(T)
	if err := Unmarshal(raw, object); err != nil {
		return nil, err
	}
	return object, nil
}

func (c *Cache) get(key cacheKey, raw []byte) *decoded {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, recent := c.recent.entries[key]
	if !recent {
		known = c.former.entries[key]
	}
	if known == nil || !bytes.Equal(known.raw, raw) {
		return nil
	}
	if !recent {
		c.keep(key, known)
	}
	return known
}

func (c *Cache) put(key cacheKey, entry *decoded) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(key, entry)
}

// keep stores an entry in the recent generation.
func (c *Cache) keep(key cacheKey, entry *decoded) {
	if len(entry.raw) > c.limit/2 {
		return
	}
	if c.recent.bytes+len(entry.raw) > c.limit/2 {
		c.former, c.recent = c.recent, newGeneration()
	}
	c.recent.entries[key] = entry
	c.recent.bytes += len(entry.raw)
}
