package child

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// encoder turns a Go value into a tree; ok is false for what JSON writes as null.
type encoder func(v reflect.Value) (tree any, ok bool)

// encoders remembers the encoder of each type. It only saves time: an entry is a function of its key.
var encoders sync.Map // reflect.Type -> encoder

var (
	quantityType      = reflect.TypeFor[resource.Quantity]()
	intOrStringType   = reflect.TypeFor[intstr.IntOrString]()
	timeType          = reflect.TypeFor[metav1.Time]()
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// encoderOf returns the encoder of a type. Until it is made, a type that contains itself finds a stand-in.
func encoderOf(t reflect.Type) encoder {
	if e, ok := encoders.Load(t); ok {
		return e.(encoder)
	}
	var made encoder
	var ready sync.WaitGroup
	ready.Add(1)
	standIn := encoder(func(v reflect.Value) (any, bool) {
		ready.Wait()
		return made(v)
	})
	if e, loaded := encoders.LoadOrStore(t, standIn); loaded {
		return e.(encoder)
	}
	defer func() {
		if made == nil { // newEncoder panics: the next caller must not wait for ever
			encoders.Delete(t)
		}
		ready.Done()
	}()
	made = newEncoder(t)
	encoders.Store(t, made)
	return made
}

func newEncoder(t reflect.Type) encoder {
	switch {
	case t == quantityType:
		return encodeQuantity
	case t == intOrStringType:
		return encodeIntOrString
	case t == timeType:
		return encodeTime
	case t.Kind() == reflect.Pointer:
		return pointerEncoder(t)
	case hasMarshaller(t, marshalerType):
		return encodeMarshaler
	case hasMarshaller(t, textMarshalerType):
		return encodeTextMarshaler
	}
	return kindEncoder(t)
}

// ownMarshaller tells whether values of the type write their own JSON instead of their fields.
func ownMarshaller(t reflect.Type) bool {
	return hasMarshaller(t, marshalerType) || hasMarshaller(t, textMarshalerType)
}

func hasMarshaller(t, marshaller reflect.Type) bool {
	return t.Kind() != reflect.Interface && (t.Implements(marshaller) || reflect.PointerTo(t).Implements(marshaller))
}

func kindEncoder(t reflect.Type) encoder {
	switch t.Kind() {
	case reflect.Struct:
		return structEncoder(t)
	case reflect.Map:
		return mapEncoder(t)
	case reflect.Slice:
		return sliceEncoder(t)
	case reflect.Array:
		return listEncoder(t)
	case reflect.Interface:
		return encodeInterface
	case reflect.String:
		return func(v reflect.Value) (any, bool) { return v.String(), true }
	case reflect.Bool:
		return func(v reflect.Value) (any, bool) { return v.Bool(), true }
	case reflect.Float32, reflect.Float64:
		return func(v reflect.Value) (any, bool) { return canonicalNumber(v.Float()), true }
	}
	return integerEncoder(t)
}

func integerEncoder(t reflect.Type) encoder {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value) (any, bool) { return v.Int(), true }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return encodeUint
	}
	panic(fmt.Sprintf("child: cannot emit a field of type %s: JSON has no form for it", t))
}

func encodeUint(v reflect.Value) (any, bool) {
	if n := v.Uint(); n > math.MaxInt64 {
		return float64(n), true
	}
	return int64(v.Uint()), true
}

// encodeQuantity works on a copy: the first call of String writes into the quantity.
func encodeQuantity(v reflect.Value) (any, bool) {
	q := quantityOf(v)
	return q.String(), true
}

func quantityOf(v reflect.Value) resource.Quantity {
	if v.CanAddr() {
		return *v.Addr().Interface().(*resource.Quantity)
	}
	return v.Interface().(resource.Quantity)
}

func encodeIntOrString(v reflect.Value) (any, bool) {
	value := addressable(v).Interface().(*intstr.IntOrString)
	if value.Type == intstr.String {
		return value.StrVal, true
	}
	return int64(value.IntVal), true
}

// encodeTime spares the times that are not set, which nearly all are, the way through JSON.
func encodeTime(v reflect.Value) (any, bool) {
	if v.IsZero() {
		return nil, false
	}
	return encodeMarshaler(v)
}

// encodeMarshaler takes what the value's own MarshalJSON writes.
func encodeMarshaler(v reflect.Value) (any, bool) {
	data, err := addressable(v).Interface().(json.Marshaler).MarshalJSON()
	if err != nil {
		return nil, false
	}
	var tree any
	if err := utiljson.Unmarshal(data, &tree); err != nil {
		return nil, false
	}
	var w pruner
	return w.value(tree)
}

func encodeTextMarshaler(v reflect.Value) (any, bool) {
	text, err := addressable(v).Interface().(encoding.TextMarshaler).MarshalText()
	return string(text), err == nil
}

// addressable returns a pointer to v, or to a copy of it, so that methods of pointers are found too.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v.Addr()
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p
}

func pointerEncoder(t reflect.Type) encoder {
	elem := encoderOf(t.Elem())
	return func(v reflect.Value) (any, bool) {
		if v.IsNil() {
			return nil, false
		}
		return elem(v.Elem())
	}
}

func encodeInterface(v reflect.Value) (any, bool) {
	if v.IsNil() {
		return nil, false
	}
	var w pruner
	return w.value(v.Elem().Interface())
}

func mapEncoder(t reflect.Type) encoder {
	if t.Key().Kind() != reflect.String {
		panic(fmt.Sprintf("child: cannot emit a %s: only maps with string keys are emitted", t))
	}
	switch t {
	case reflect.TypeFor[map[string]string]():
		return encodeTexts
	case reflect.TypeFor[corev1.ResourceList]():
		return encodeResources
	}
	elem := encoderOf(t.Elem())
	return func(v reflect.Value) (any, bool) {
		if v.IsNil() {
			return nil, false
		}
		out := make(map[string]any, v.Len())
		for entry := v.MapRange(); entry.Next(); {
			value, ok := elem(entry.Value())
			if ok && !isEmpty(value) {
				out[entry.Key().String()] = value
			}
		}
		return out, true
	}
}

// encodeTexts is the encoder of labels and the like, which are most maps.
func encodeTexts(v reflect.Value) (any, bool) {
	if v.IsNil() {
		return nil, false
	}
	texts := v.Interface().(map[string]string)
	out := make(map[string]any, len(texts))
	for key, text := range texts {
		out[key] = text
	}
	return out, true
}

func encodeResources(v reflect.Value) (any, bool) {
	if v.IsNil() {
		return nil, false
	}
	list := v.Interface().(corev1.ResourceList)
	out := make(map[string]any, len(list))
	for name, quantity := range list {
		out[string(name)] = quantity.String()
	}
	return out, true
}

func sliceEncoder(t reflect.Type) encoder {
	if t.Elem().Kind() == reflect.Uint8 {
		return encodeBytes
	}
	items := listEncoder(t)
	return func(v reflect.Value) (any, bool) {
		if v.IsNil() {
			return nil, false
		}
		return items(v)
	}
}

func encodeBytes(v reflect.Value) (any, bool) {
	if v.IsNil() {
		return nil, false
	}
	return base64.StdEncoding.EncodeToString(v.Bytes()), true
}

func listEncoder(t reflect.Type) encoder {
	elem := encoderOf(t.Elem())
	return func(v reflect.Value) (any, bool) {
		out := make([]any, 0, v.Len())
		for i := range v.Len() {
			if item, ok := elem(v.Index(i)); ok {
				out = append(out, item)
			}
		}
		return out, true
	}
}
