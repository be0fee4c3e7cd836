// Package operators runs the controllers of optional kinds beside the control
// plane of package cluster, as local processes, with their webhooks.
//
// Each is built from its own Go module, with the versions of its own go.mod: the
// folder of the same name is a nested module that pins it, and has a program where
// those of the project cannot run here. It is built when a test first starts it, and
// kept like the control plane.
package operators
