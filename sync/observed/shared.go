package observed

import (
	"encoding/json"
	"reflect"
	"sync"
)

// NewSharedCache returns a cache for requests that share the memory of their objects, as the requests
// of one set of files do. It knows an object by its address, so it neither hashes nor compares bytes,
// which must never change, and it forgets nothing.
func NewSharedCache() *Cache { return &Cache{shared: &sync.Map{}} }

// address identifies an object. It keeps the object's memory from being used for another one.
type address struct {
	first  *byte
	length int
	kind   reflect.Type
}

func decodeShared[T any](known *sync.Map, raw json.RawMessage) (*T, error) {
	if len(raw) == 0 {
		return decodeNew[T](raw)
	}
	key := address{&raw[0], len(raw), reflect.TypeFor[T]()}
	if entry, found := known.Load(key); found {
		return entry.(*decoded).object.(*T), entry.(*decoded).err
	}
	object, err := decodeNew[T](raw)
	known.Store(key, &decoded{object: object, err: err})
	return object, err
}
