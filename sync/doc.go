// Package sync decides what the cluster should hold for one InferenceService.
//
// Sync is a pure function: the same request gives the same bytes, whatever the
// order of its maps, and nothing but the request is looked at. A mistake of a
// user is a value in the response, never an error, and never a shorter list of
// children: what cannot be computed is held as it was last applied.
//
//	decode -> effective -> validate -> resolve -> compose -> build -> keep -> status
//
// Read Sync first; every stage is a method of pass in a file of its own.
package sync
