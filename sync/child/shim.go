package child

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/sync/apply"
	"github.com/isvc-io/isvc/sync/emit"
	"github.com/isvc-io/isvc/sync/hold"
)

type Manager = apply.Manager
type Source = hold.Source

const (
	LastAppliedAnnotation = apply.LastAppliedAnnotation
	DefaultManager        = hold.DefaultManager
	FromAnnotation        = hold.Annotation
)

func Canonical(o any) *unstructured.Unstructured { u := emit.Object(o); emit.Defaults(u); return u }
func JSON(t any) ([]byte, error)                 { return emit.AppendJSON(nil, t) }
func CheckAppliable(o map[string]any) error      { return apply.Safe(o) }
func Equal(a, b any) bool                        { return apply.Equal(a, b) }
func LastApplied(o *unstructured.Unstructured, m ...string) (*unstructured.Unstructured, Source, bool) {
	return hold.LastApplied(o, m...)
}
func NeverApplied(o *unstructured.Unstructured) bool                          { return hold.NeverApplied(o) }
func IdentityOnly(o *unstructured.Unstructured) *unstructured.Unstructured { return hold.Identity(o) }
func OwnsField(o map[string]any, path []string, by func(Manager) bool) bool {
	f := apply.ManagedFields(o, by)
	for _, p := range path {
		if f == nil || f.Names[p] == nil {
			return false
		}
		f = f.Names[p]
	}
	return true
}
