// Package compose turns a service, its model, its runtime and its accelerator into Components:
// everything about the pods of an engine, a decoder and a router except the objects that run them.
//
// The runtime gives the template of a component and the service is merged on top. Then the model,
// the fine-tuned weight and the accelerator class add what they know. composeComponent in
// compose.go is the whole story; each step is a function that returns its part, in the file named
// after the part.
//
// Findings and, for isvc explain, the reasons of decisions are written to the Record of the Input
// while the decisions are made. Nothing else outside of a return value changes.
package compose
