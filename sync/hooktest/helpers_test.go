package hooktest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// tree reads the JSON of an object; "" is nil.
func tree(t testing.TB, text string) map[string]any {
	t.Helper()
	if text == "" {
		return nil
	}
	var object map[string]any
	require.NoError(t, utiljson.Unmarshal([]byte(text), &object))
	return object
}

func object(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	return &unstructured.Unstructured{Object: tree(t, text)}
}

// created is the object as it is stored after Metacontroller created it: desired plus what the
// server adds.
func created(t testing.TB, desired, added string) *unstructured.Unstructured {
	t.Helper()
	annotated, err := AnnotateLastApplied(object(t, desired))
	require.NoError(t, err)
	return &unstructured.Unstructured{Object: MergeAsMetacontroller(annotated.Object, nil, tree(t, added))}
}

// parse reads a JSON object, and nil from anything else.
func parse(text string) map[string]any {
	var object map[string]any
	if utiljson.Unmarshal([]byte(text), &object) != nil {
		return nil
	}
	return object
}

func unstructuredOf(object map[string]any) *unstructured.Unstructured {
	if object == nil {
		object = map[string]any{}
	}
	return &unstructured.Unstructured{Object: object}
}
