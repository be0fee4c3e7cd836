// Package kustomizetest holds the tests that need kustomize. They are a module of their own so that
// the program does not depend on it.
package kustomizetest
