// Package packaging holds the tests that need kustomize and Helm, and pins the Helm that packs the
// chart of a release. It is a module of its own so that the program does not depend on them.
package packaging
