package compose

import (
	"reflect"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// placeholder matches what a runtime may write to get the metadata of the
// service it serves: {{.Name}}, {{.Namespace}}, {{.UID}}, {{.GenerateName}},
// {{.Labels.key}}, {{.Annotations.key}} and {{index .Labels "any/key"}}, with
// spaces and with double, escaped or back quotes.
var placeholder = regexp.MustCompile(
	`\{\{-?\s*(?:\.(Name|Namespace|UID|GenerateName)|\.(Labels|Annotations)\.([A-Za-z0-9_]+)|` +
		"index\\s+\\.(Labels|Annotations)\\s+(?:\\\\?\"([^\"\\\\]*)\\\\?\"|`([^`]*)`)" +
		`)\s*-?\}\}`)

// substitute replaces placeholders in every text of every container of a pod.
// Values are inserted as they are; a key that is absent gives an empty text.
// Any other use of double braces, such as a chat template, stays untouched,
// and a value is never searched for placeholders again.
func substitute(spec *corev1.PodSpec, meta *metav1.ObjectMeta) {
	s := substitution{meta}
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			s.walk(reflect.ValueOf(&list[i]).Elem())
		}
	}
}

type substitution struct{ meta *metav1.ObjectMeta }

// walk visits every settable text below a value. Keys of maps are not texts of
// their own; values of maps of texts are replaced in place.
func (s substitution) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if text := v.String(); strings.Contains(text, "{{") {
			v.SetString(s.text(text))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			s.walk(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			s.walk(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() { // others are not exported
				s.walk(field)
			}
		}
	}
}

func (s substitution) text(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		switch {
		case m[1] != "":
			return s.field(m[1])
		case m[2] != "":
			return s.lookup(m[2], m[3])
		}
		return s.lookup(m[4], m[5]+m[6])
	})
}

func (s substitution) field(name string) string {
	switch name {
	case "Name":
		return s.meta.Name
	case "Namespace":
		return s.meta.Namespace
	case "UID":
		return string(s.meta.UID)
	}
	return s.meta.GenerateName
}

func (s substitution) lookup(field, key string) string {
	if field == "Labels" {
		return s.meta.Labels[key]
	}
	return s.meta.Annotations[key]
}
