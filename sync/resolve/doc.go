// Package resolve answers four questions about an InferenceService: which
// model, which fine-tuned weight, which runtime and which accelerator class.
//
// Each answer is made by a chain of small named rules over plain facts. A rule
// returns a reason, a message and whether the subject passes; the chain is a
// table that can be read. What a user got wrong is a Failure, a value, and
// never a Go error. Every candidate that was looked at leaves one entry in the
// trace with the rule that decided.
//
// The package reads no cluster, no clock and no file, and the order in which a
// Catalog's maps are filled does not change an answer.
package resolve
