// Package lint looks for services that are accepted and composed, and that will not run well. It
// reads the service and the objects that Sync turns it into, and reports findings with stable
// identifiers.
//
// Each rule is a function and a row of the table in rules.go, which is also the source of
// docs/lint.md.
package lint
