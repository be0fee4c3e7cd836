// Package redact is the one place that knows what a secret looks like and takes it out of what
// people get to see: traces, statuses and recordings.
//
// There are three depths, because the readers differ. IsSecretName judges the name of a variable or
// flag whose value is at hand. HideCredentials takes credentials out of what a program printed. A
// Redactor takes every secret out of whole objects and follows it wherever else it occurs.
//
// It is our own because libraries find secrets in source code by entropy and by vendor; none knows
// which parts of a Kubernetes object hold one, and none replaces values so that the object still
// decodes.
package redact
