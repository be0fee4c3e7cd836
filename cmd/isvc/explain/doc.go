// Package explain turns what a pass over a service recorded into a report for
// people and tools: how each component is deployed and why, which model,
// runtime and accelerator class were taken and what spoke against the others,
// and where every value of the containers comes from.
//
// It never decides anything: whatever a report says was recorded by the code
// that decided it.
package explain
