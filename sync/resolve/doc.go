// Package resolve answers four questions about an InferenceService: which model, which fine-tuned
// weight, which runtime and which accelerator class.
//
// Runtimes and accelerator classes are decided by lists of small rules, each a sentence such as
// runtimeIsReadable. A rule returns a reason, a message and whether it holds; the list is read from
// top to bottom and the first rule that does not hold rejects the candidate. A user's mistake is a
// finding, never a Go error. Every candidate that was looked at leaves one entry in the trace with
// the rule that decided.
//
// The package reads no cluster, no clock and no file, and the order in which a Catalog's maps are
// filled does not change an answer.
package resolve
