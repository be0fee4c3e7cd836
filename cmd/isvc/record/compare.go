package record

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/yaml"
)

// Difference is one object in which two answers differ.
type Difference struct {
	// Object is "answer" for everything about the whole service, "status", or "<kind>.<apiVersion>
	// <namespace>/<name>" for a child.
	Object string `json:"object"`
	// Diff has the lines of the object as YAML: lines with "-" are in the recorded answer only,
	// lines with "+" in the new one only, and some lines with " " in both.
	Diff string `json:"diff"`
}

// CompareAnswers lists the differences between a recorded answer and a new one: the whole service
// first, then the status, then the children in order.
func CompareAnswers(recorded, repeated Answer) []Difference {
	before, after := recorded.splitIntoDocuments(), repeated.splitIntoDocuments()
	var differences []Difference
	for _, name := range unionOfNames(before.names, after.names) {
		old, now := before.values[name], after.values[name]
		if !equalAsJSON(old, now) {
			differences = append(differences, Difference{Object: name, Diff: diffLines(asYAML(old), asYAML(now))})
		}
	}
	return differences
}

// equalAsJSON reports whether two values are the same as JSON.
func equalAsJSON(a, b any) bool {
	x, errX := encodeJSON(a)
	y, errY := encodeJSON(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// documents are the parts of an answer, by name and in order.
type documents struct {
	names  []string
	values map[string]any
}

func (d *documents) addDocument(name string, value any) {
	if _, twice := d.values[name]; twice {
		name = fmt.Sprintf("%s (%d)", name, len(d.names))
	}
	d.names = append(d.names, name)
	d.values[name] = value
}

func (a Answer) splitIntoDocuments() *documents {
	d := &documents{values: map[string]any{}}
	summary := a
	summary.Status, summary.Children = nil, make([]any, 0, len(a.Children))
	for _, child := range a.Children {
		summary.Children = append(summary.Children, identityOf(child))
	}
	d.addDocument("answer", summary)
	if a.Status != nil {
		d.addDocument("status", a.Status)
	}
	for _, child := range a.Children {
		d.addDocument(identityOf(child), child)
	}
	return d
}

// unionOfNames returns the names of the first list, then the other names of the second.
func unionOfNames(first, second []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, name := range append(append([]string{}, first...), second...) {
		if !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all
}

// asYAML is a value for people; nothing for nil.
func asYAML(value any) string {
	if value == nil {
		return ""
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return "cannot be written: " + err.Error() + "\n"
	}
	return string(text)
}
