// Package emit turns Kubernetes objects into the canonical minimal trees that are sent as children.
//
// Object walks a typed object once and leaves out everything that says nothing: nulls, empty maps and lists,
// zero values of optional fields, status and what the API server writes into metadata. Defaults then spells out
// the server's defaults where an absent one would make the object differ from the stored one for ever.
// An object that went through both compares equal to its stored form, whichever way Metacontroller applies it.
package emit
