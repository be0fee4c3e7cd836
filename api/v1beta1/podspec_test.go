package v1beta1

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// coreOnly are the fields of the core pod spec that a component does not have.
var coreOnly = []string{"Resources", "HostnameOverride", "SchedulingGroup"}

func TestPodSpecMirrorsCorePodSpec(t *testing.T) {
	ours, core := reflect.TypeFor[PodSpec](), reflect.TypeFor[corev1.PodSpec]()
	for want := range core.Fields() {
		got, ok := ours.FieldByName(want.Name)
		if !ok {
			assert.Contains(t, coreOnly, want.Name, "a new field of the core pod spec: carry it or list it")
			continue
		}
		assert.Equal(t, want.Type, got.Type, want.Name)
		assert.Equal(t, jsonName(want), jsonName(got), want.Name)
		assert.Equal(t, want.Tag.Get("patchStrategy"), got.Tag.Get("patchStrategy"), want.Name)
		assert.Equal(t, want.Tag.Get("patchMergeKey"), got.Tag.Get("patchMergeKey"), want.Name)
		assert.Contains(t, got.Tag.Get("json"), ",omitempty", want.Name)
	}
	assert.Equal(t, core.NumField()-len(coreOnly), ours.NumField())
}

func TestToCoreCarriesEveryField(t *testing.T) {
	for field := range reflect.TypeFor[PodSpec]().Fields() {
		var spec PodSpec
		filler(1).Fill(reflect.ValueOf(&spec).Elem().FieldByIndex(field.Index).Addr().Interface())
		given := reflect.ValueOf(spec).FieldByIndex(field.Index)
		require.False(t, given.IsZero(), "the test gave %s no value", field.Name)

		core := reflect.ValueOf(spec.ToCore())
		assert.Equal(t, given.Interface(), core.FieldByName(field.Name).Interface(), field.Name)
		for other := range core.Type().Fields() {
			if other.Name != field.Name {
				assert.True(t, core.FieldByName(other.Name).IsZero(), "%s also fills %s", field.Name, other.Name)
			}
		}
	}
}
