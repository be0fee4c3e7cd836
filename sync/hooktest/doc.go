// Package hooktest forecasts what Metacontroller does with a desired child, for tests; the program
// does not import it.
//
// ForecastClientSideApply follows Metacontroller's default strategy, a three-way merge in the
// client with the configuration that an annotation keeps. ForecastServerSideApply follows a forced
// server-side apply with the owners that metadata.managedFields lists. All functions are pure: they
// read trees as JSON decodes them, change none of them and return nothing that is shared with them.
// Trees come from a cluster and may hold anything: a field of an unexpected type counts as absent
// or as atomic.
package hooktest
