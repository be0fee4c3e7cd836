// Package lint looks for mistakes that are allowed: services that are accepted
// and composed, and that will not run well. It reads the service and the objects
// that it is turned into, and reports findings with stable identifiers.
//
// One rule is one function and one row of the table in rules.go, which is also
// the source of docs/lint.md.
package lint
