package observed

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"reflect"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/isvc-io/isvc/api/quantity"
	"k8s.io/apimachinery/pkg/api/resource"
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

// Unmarshal decodes JSON into a Kubernetes type, as encoding/json does but
// faster, with the exact spelling of names that the API server demands, and
// without quantities that would take long to parse. The error names the field
// that is wrong.
func Unmarshal(raw []byte, into any) error {
	if quantity.Suspicious(raw) {
		return jsonv2.Unmarshal(raw, into, wary)
	}
	return jsonv2.Unmarshal(raw, into, lenient)
}

// The options of Unmarshal: a look at each quantity is slow, and seldom needed.
var (
	lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	wary    = jsonv2.JoinOptions(lenient, jsonv2.WithUnmarshalers(jsonv2.UnmarshalFunc(readQuantity)))
)

func readQuantity(raw []byte, into *resource.Quantity) error {
	if err := quantity.CheckJSON(raw); err != nil {
		return err
	}
	return into.UnmarshalJSON(raw)
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
