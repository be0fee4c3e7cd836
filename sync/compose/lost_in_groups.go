package compose

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

// warnAboutFieldsLostInGroups warns of what the service says of a component's own pod and runner
// that reaches neither the leader nor the workers, because they say it themselves.
func warnAboutFieldsLostInGroups(s *sources, merged *componentSpec, fields []string) {
	if merged.Leader == nil {
		return
	}
	var lost []string
	for path, field := range ownPodFields(s.fromService) {
		without := merged.deepCopy()
		field(without).SetZero()
		if !changesPods(merged, without, fields) && !isAlsoSaid(path, field(s.fromService.deepCopy()).Interface(), merged, fields) {
			lost = append(lost, fmt.Sprintf("spec.%s.%s", s.component, path))
		}
	}
	if len(lost) == 0 {
		return
	}
	verb := "has"
	if len(lost) > 1 {
		verb = "have"
	}
	s.record.AddFinding(s.traceSubject("leader"), modes.ReasonFieldIgnored, fmt.Sprintf(
		"%s %s no effect, because the leader and the workers of the %s have values of their own: write it below spec.%s.leader and spec.%s.worker",
		strings.Join(lost, ", "), verb, s.component, s.component, s.component))
}

// isAlsoSaid reports whether leader and workers have the value that a component says of its own pod or
// runner.
func isAlsoSaid(path string, value any, merged *componentSpec, fields []string) bool {
	return !slices.ContainsFunc(fields, func(field string) bool {
		pod := podInPlace(merged, merged, field, merge.Rules{})
		place := reflect.ValueOf(pod.spec)
		name, ofRunner := strings.CutPrefix(path, "runner.")
		if ofRunner && pod.runner == nil {
			return true
		}
		if ofRunner {
			place = reflect.ValueOf(*pod.runner)
		}
		for i := range place.NumField() {
			if ofField, _, _ := strings.Cut(place.Type().Field(i).Tag.Get("json"), ","); ofField == name {
				return !equality.Semantic.DeepEqual(place.Field(i).Interface(), value)
			}
		}
		return true
	})
}

// changesPods reports whether two components describe other pods in one of the fields.
func changesPods(one, other *componentSpec, fields []string) bool {
	for _, field := range fields {
		a, b := podInPlace(one, one, field, merge.Rules{}), podInPlace(other, other, field, merge.Rules{})
		if !equality.Semantic.DeepEqual(a.spec, b.spec) || !equality.Semantic.DeepEqual(a.runner, b.runner) {
			return true
		}
	}
	return false
}

// ownPodFields yields what a component says itself of its pod and its runner: the path of each
// field, and a function that finds the field in another component.
func ownPodFields(c *componentSpec) iter.Seq2[string, func(*componentSpec) reflect.Value] {
	type place struct {
		prefix string
		of     func(*componentSpec) reflect.Value
	}
	places := []place{{"", func(c *componentSpec) reflect.Value { return reflect.ValueOf(&c.PodSpec).Elem() }}}
	if c.Runner != nil {
		places = append(places, place{"runner.", func(c *componentSpec) reflect.Value {
			c.Runner = newIfNil(c.Runner)
			return reflect.ValueOf(&c.Runner.Container).Elem()
		}})
	}
	return func(yield func(string, func(*componentSpec) reflect.Value) bool) {
		for _, p := range places {
			given := p.of(c)
			for i := range given.NumField() {
				if given.Field(i).IsZero() {
					continue
				}
				name, _, _ := strings.Cut(given.Type().Field(i).Tag.Get("json"), ",")
				if !yield(p.prefix+name, func(c *componentSpec) reflect.Value { return p.of(c).Field(i) }) {
					return
				}
			}
		}
	}
}
