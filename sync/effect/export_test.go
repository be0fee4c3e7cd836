package effect

import (
	"iter"

	"github.com/isvc-io/isvc/api/kinds"
)

// SourceOf is where the rule for a field comes from; empty without a rule.
func SourceOf(kind kinds.Kind, path string) string { return ruleFor(kind, path).source }

// Rules are the fields that have rules, by kind.
func Rules() iter.Seq2[kinds.Kind, string] {
	return func(yield func(kinds.Kind, string) bool) {
		for kind, all := range rules {
			for _, r := range all {
				if !yield(kind, r.path) {
					return
				}
			}
		}
	}
}
