package compose

import (
	"reflect"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// placeholder matches what a runtime may write to get the metadata of the service that it serves:
// {{.Name}}, {{.Namespace}}, {{.UID}}, {{.GenerateName}}, {{.Labels.key}}, {{.Annotations.key}} and
// {{index .Labels "any/key"}}, with spaces and with double, escaped or back quotes.
//
// text/template cannot do it: it would fail on the chat templates and shell snippets with double
// braces of their own that are arguments of model servers.
var placeholder = regexp.MustCompile(
	`\{\{-?\s*(?:\.(Name|Namespace|UID|GenerateName)|\.(Labels|Annotations)\.([A-Za-z0-9_]+)|` +
		"index\\s+\\.(Labels|Annotations)\\s+(?:\\\\?\"([^\"\\\\]*)\\\\?\"|`([^`]*)`)" +
		`)\s*-?\}\}`)

// fillInPlaceholders replaces the placeholders in every string of every container of a pod, in
// place. A key that the service does not have gives an empty string. Any other use of double
// braces, such as a chat template, is left alone, and a value is never searched for placeholders
// again.
func fillInPlaceholders(spec *corev1.PodSpec, service *metav1.ObjectMeta) {
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			fillInStrings(reflect.ValueOf(&list[i]).Elem(), service)
		}
	}
}

// fillInStrings visits every string below a value, except in maps: the only maps of a container
// hold quantities.
func fillInStrings(v reflect.Value, service *metav1.ObjectMeta) {
	switch v.Kind() {
	case reflect.String:
		if text := v.String(); strings.Contains(text, "{{") {
			v.SetString(replacePlaceholders(text, service))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fillInStrings(v.Elem(), service)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fillInStrings(v.Index(i), service)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() { // others are not exported
				fillInStrings(field, service)
			}
		}
	}
}

// withoutPlaceholders is a string of a runtime as it is in the pod.
func (s *sources) withoutPlaceholders(text string) string {
	return replacePlaceholders(text, &s.service.ObjectMeta)
}

func replacePlaceholders(text string, service *metav1.ObjectMeta) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		switch {
		case m[1] != "":
			return identityField(service, m[1])
		case m[2] != "":
			return labelOrAnnotation(service, m[2], m[3])
		}
		return labelOrAnnotation(service, m[4], m[5]+m[6])
	})
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

func labelOrAnnotation(service *metav1.ObjectMeta, field, key string) string {
	if field == "Labels" {
		return service.Labels[key]
	}
	return service.Annotations[key]
}
