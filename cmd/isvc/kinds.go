package main

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
)

// parseKinds reads a list of optional kinds that count as installed, each as Kind or as
// Kind.apiVersion; "all" means every one. The kinds that every cluster has always count as
// installed.
func parseKinds(list string) (kinds.Set, error) {
	if list == "all" {
		return kinds.All(), nil
	}
	installed := kinds.Set{}
	for _, kind := range kinds.Core() {
		installed[kind] = true
	}
	for _, name := range strings.Split(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		kind, known := optionalKind(name)
		if !known {
			return nil, fmt.Errorf("there is no optional kind %q: use all, or a list of %s", name, optionalKindNames())
		}
		installed[kind] = true
	}
	return installed, nil
}

// optionalKind finds a kind by either form of its name. A core kind may be named by its full form.
func optionalKind(name string) (kinds.Kind, bool) {
	for _, kind := range kinds.Optional() {
		if short, _ := kind.Split(); name == short || name == string(kind) {
			return kind, true
		}
	}
	for _, kind := range kinds.Core() {
		if name == string(kind) {
			return kind, true
		}
	}
	return "", false
}

func optionalKindNames() string {
	var names []string
	for _, kind := range kinds.Optional() {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}
