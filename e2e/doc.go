// Package e2e holds the proof that what isvc renders is accepted, completed,
// carried out and then left in peace by a real Kubernetes control plane. It has
// tests only; its README says how to run them.
package e2e
