// Package explain turns the trace that Sync recorded for a service into a report for people and
// tools: how each component is deployed and why, which model, runtime and accelerator class were
// taken and why the others were not, and where the values of the containers come from.
//
// The package prints what was recorded and decides nothing. Modes, candidates and retained objects
// were recorded by the code that decided about them. The origins of container values were not:
// after the merge, sync/compose compares the result with the layers that it was made of.
package explain
