// Package child knows the form in which a child is sent to Metacontroller, what was last applied to
// an observed child, and what can be applied again and again.
//
// Canonical makes the minimal tree of a Kubernetes object and spells out the server's defaults
// where an absent one would make the object differ from the stored one for ever.
//
// LastApplied recovers what was last applied. While it cannot be decided what a service should run,
// its children are sent again exactly as they were applied last: nothing is deleted or rolled, and
// foreign changes are still undone.
//
// CheckAppliable reports what Metacontroller would spoil or the API server would refuse.
//
// Observed trees come from a cluster and may hold anything: a field of an unexpected type counts as
// absent.
package child
