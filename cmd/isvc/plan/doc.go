// Package plan says what an edit of services, of their catalogue, of the configuration or of isvc itself
// does to what runs.
//
// It has no rules of its own about services: sync.Sync computes what a cluster holds before the edit,
// and what it will hold after it, and package effect says what the difference does. What is made here is
// the cluster between the two, in which everything that was asked for runs and is ready, and the account
// for people: causes, pods, accelerators.
package plan
