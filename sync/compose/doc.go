// Package compose turns a service, its model, its runtime and its accelerator
// into Components: everything about the pods of an engine, a decoder and a
// router except the objects that run them.
//
// The runtime gives the template of a component, the service is merged on top,
// then the model, the fine-tuned weight and the accelerator class add what they
// know. The order of the additions is that of the functions in pods.go; each
// kind of addition is one file.
package compose
