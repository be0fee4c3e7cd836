// Package hook answers Metacontroller: it decodes the requests of a
// CompositeController's sync and customize hooks (version v2, strictly), has
// them computed, checks the answer, and serves all of it over HTTP.
//
// Metacontroller takes the list of children in an answer as total and deletes
// what is not in it, and a malformed answer can end it for every controller
// of the cluster. So nothing is answered with status 200 before it has been
// checked, and no error ever shortens the list: whatever goes wrong becomes
// another status, on which Metacontroller leaves the cluster as it is.
//
// A mistake of a user never becomes an HTTP error. Status 400 means that the
// caller does not speak the protocol; 500 means a defect of this program.
package hook
