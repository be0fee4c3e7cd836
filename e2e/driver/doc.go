// Package driver does for tests what Metacontroller documents that it does for
// one CompositeController with generated selectors and in-place updates: it
// asks the customize and sync hooks and makes the cluster hold the answer, by
// either of Metacontroller's two ways of applying a child.
//
// A test can do single passes, so that it decides when something happens and
// counts what a pass wrote, or let a driver run. Adoption of orphans is left out:
// with generated selectors nobody else's object carries the label.
package driver
