// Package record writes a computation down so that it can be repeated on another machine: the
// request without its secrets, the configuration, the time, and the answer that the program gave.
//
// Secrets are taken out before the answer is computed, so a recorded answer belongs to the redacted
// request. The same program gives it again, and every difference comes from another program.
package record
