package compose

import (
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// placeholder matches what a runtime may write to get the metadata of the service that it serves:
// {{.Name}}, {{.Namespace}}, {{.UID}}, {{.GenerateName}}, {{.Labels.key}}, {{.Annotations.key}} with
// any key, such as {{.Annotations.example.com/some-key}}, and {{index .Labels "any/key"}}, with spaces
// and with double, escaped or back quotes.
//
// text/template cannot do it: it would fail on the chat templates and shell snippets with double
// braces of their own that are arguments of model servers, and on keys with dashes and slashes.
var placeholder = regexp.MustCompile(
	`\{\{-?\s*(?:\.(Name|Namespace|UID|GenerateName)|\.(Labels|Annotations)\.([A-Za-z0-9_](?:[-A-Za-z0-9_./]*[A-Za-z0-9_])?)|` +
		"index\\s+\\.(Labels|Annotations)\\s+(?:\\\\?\"([^\"\\\\]*)\\\\?\"|`([^`]*)`)" +
		`)\s*-?\}\}`)

// KeysInPlaceholders yields the keys that the placeholders in a string name. The field is "Labels" or
// "Annotations".
func KeysInPlaceholders(text string) iter.Seq2[string, string] {
	return func(yield func(field, key string) bool) {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			if field := m[2] + m[4]; field != "" && !yield(field, m[3]+m[5]+m[6]) {
				return
			}
		}
	}
}

// fillInPlaceholders replaces the placeholders in every string of every container of a pod, in
// place. A key that the service does not have gives an empty string and a finding. Any other use of
// double braces, such as a chat template, is left alone, and a value is never searched for
// placeholders again.
func fillInPlaceholders(s *sources, spec *corev1.PodSpec) {
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			var absent []absentKey
			fillInStrings(reflect.ValueOf(&list[i]).Elem(), func(text string) string {
				absent = appendAbsentKeys(absent, s, text)
				return s.withoutPlaceholders(text)
			})
			warnAboutAbsentKeys(s, list[i].Name, absent)
		}
	}
}

// absentKey is a placeholder for a label or annotation that the service does not have.
type absentKey struct{ placeholder, field, key string }

// maxAbsentKeys is how many absent keys of a container are told of.
const maxAbsentKeys = 10

// appendAbsentKeys appends those of the placeholders of a text that are for labels and annotations that
// the service does not have, up to one more than are told of.
func appendAbsentKeys(absent []absentKey, s *sources, text string) []absentKey {
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		field, key := keyOfPlaceholder(found)
		if _, present := metadataField(&s.service.ObjectMeta, field)[key]; field == "" || present {
			continue
		}
		one := absentKey{found[0], strings.ToLower(field), key}
		if len(absent) <= maxAbsentKeys && !slices.Contains(absent, one) {
			absent = append(absent, one)
		}
	}
	return absent
}

// warnAboutAbsentKeys says which placeholders of a container are empty.
func warnAboutAbsentKeys(s *sources, container string, absent []absentKey) {
	for i, one := range absent {
		if i == maxAbsentKeys {
			s.record.AddFinding(s.traceSubject("container/"+container), ReasonPlaceholderEmpty, fmt.Sprintf(
				"further placeholders in container %s of the %s are empty", container, s.component))
			return
		}
		s.record.AddFinding(s.traceSubject("container/"+container), ReasonPlaceholderEmpty, fmt.Sprintf(
			"%s in container %s of the %s is empty, because the service has no such key: add %s to metadata.%s, or remove the placeholder",
			one.placeholder, container, s.component, one.key, one.field))
	}
}

// fillInStrings replaces every string below a value that has double braces, except in maps: the only
// maps of a container hold quantities.
func fillInStrings(v reflect.Value, replace func(text string) string) {
	switch v.Kind() {
	case reflect.String:
		if text := v.String(); strings.Contains(text, "{{") {
			v.SetString(replace(text))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fillInStrings(v.Elem(), replace)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fillInStrings(v.Index(i), replace)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() { // others are not exported
				fillInStrings(field, replace)
			}
		}
	}
}

// withoutPlaceholders is a string of a runtime as it is in the pod.
func (s *sources) withoutPlaceholders(text string) string {
	return replacePlaceholders(text, &s.service.ObjectMeta)
}

func replacePlaceholders(text string, service *metav1.ObjectMeta) string {
	return placeholder.ReplaceAllStringFunc(text, func(match string) string {
		found := placeholder.FindStringSubmatch(match)
		field, key := keyOfPlaceholder(found)
		if field == "" {
			return identityField(service, found[1])
		}
		return metadataField(service, field)[key]
	})
}

// keyOfPlaceholder is the label or annotation of a placeholder that was found; the field is empty for
// a placeholder of anything else.
func keyOfPlaceholder(found []string) (field, key string) {
	if found[2] != "" {
		return found[2], found[3]
	}
	return found[4], found[5] + found[6]
}

func identityField(service *metav1.ObjectMeta, name string) string {
	switch name {
	case "Name":
		return service.Name
	case "Namespace":
		return service.Namespace
	case "UID":
		return string(service.UID)
	}
	return service.GenerateName
}

// metadataField is the labels or the annotations of a service.
func metadataField(service *metav1.ObjectMeta, field string) map[string]string {
	if field == "Labels" {
		return service.Labels
	}
	return service.Annotations
}
