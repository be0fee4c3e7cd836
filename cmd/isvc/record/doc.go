// Package record writes a computation down so that it can be repeated
// elsewhere: the request without its secrets, the configuration, the time, and
// the answer that the program gave.
//
// Secrets are taken out before anything is computed or written. The recorded
// answer is therefore that to the redacted request, so that a repetition by
// the same program gives the same answer, and any difference comes from the
// program.
package record
