// Package load turns the bytes of manifests into requests: the same requests that Metacontroller
// would send if the manifests were in a cluster.
//
// InferenceServices become parents. Models, runtimes, accelerator classes and fine-tuned weights
// become related objects, the ConfigMap inferenceservice-config the configuration, and an object of
// a child kind that belongs to a service one of its observed children. All other objects are
// ignored.
//
// Nothing here stops at a mistake: what cannot be used becomes a Problem that says where it is, and
// the rest is loaded.
package load
