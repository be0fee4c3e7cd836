// Package hold recovers from an observed child what was last applied to it.
//
// While it cannot be decided what a service should run, its children are sent again exactly as they were applied
// last: nothing is deleted or rolled, and foreign changes are still healed. What was applied is read from the
// annotation that Metacontroller's default strategy keeps or, under server-side apply, from the fields that
// Metacontroller owns.
package hold
