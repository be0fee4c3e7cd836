// Package picture draws how services come about: from what was given, over their components and objects, to
// their pods. A Picture is a value that the verbs make from their reports; HTML and Mermaid write it.
//
// The package decides nothing about services and knows no kinds: it has columns, nodes, edges and states.
package picture
