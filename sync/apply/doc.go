// Package apply predicts what Metacontroller does with a desired child.
//
// Plan and Merge follow its default strategy, a three-way merge in the client against the configuration kept in
// an annotation. ServerSide follows a forced server-side apply against metadata.managedFields. All are pure:
// they read trees as JSON decodes them, change none of them and return nothing that is shared with them.
// Trees come from a cluster and may hold anything; what has an unexpected type is treated as absent or as atomic.
package apply
