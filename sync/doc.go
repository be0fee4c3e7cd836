// Package sync decides what the cluster should hold for one InferenceService.
//
// Sync is a pure function: the same request gives the same bytes, whatever the order of
// its maps, and it reads nothing but the request. A mistake of a user is a value in the
// response, never an error, and never a shorter list of children: what cannot be computed
// is held as it was last applied.
//
// Read Sync first. It is a list of stages, and each returns a value that the next ones
// take; nothing is written behind a reader's back except the record of decisions:
//
//	request ─► readService ──► inferenceService   service.go
//	        ─► observe ──────► observedState      current.go
//	        ─► findReferences► references         references.go, catalog.go, package resolve
//	        ─► Components ───► []compose.Result   package compose
//	        ─► desire ───────► desiredState       desired.go, routes.go, package modes
//	        ─► retain ───────► desiredState       retain.go, mode_change.go, immutable.go
//	        ─► respond ──────► Response           respond.go, package status
//
// A problem on the way leads to hold (hold.go), which answers with what was last applied.
package sync
