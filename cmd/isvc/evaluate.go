package main

import (
	"fmt"
	"runtime"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
)

// evaluated is a service and the answer of Sync for it.
type evaluated struct {
	request  *sync.Request
	parent   hook.Parent
	response *sync.Response
	// failed is a defect of the program or of the request, in one line.
	failed error
}

// String is the service for people.
func (e *evaluated) String() string {
	return e.parent.String()
}

// whyUnresolved says why the service, or parts of it, could not be computed; empty when everything
// was.
func (e *evaluated) whyUnresolved() []finding.Finding {
	if e.failed != nil {
		return []finding.Finding{{Reason: "Failed", Message: e.failed.Error()}}
	}
	return e.response.Unresolved()
}

// evaluateInOrder evaluates all requests, makes a result of each and hands the results to use, as
// inOrder does.
func evaluateInOrder[R any](requests []*sync.Request, makeResult func(*evaluated) R, use func(R)) {
	inOrder(requests, func(request *sync.Request) R { return makeResult(evaluate(request)) }, use)
}

// inOrder makes a result of each item, several at once. It hands the results to use one at a time in
// the order of the items, and keeps only a few that wait for an earlier one, so that memory does not
// grow with the number of items.
func inOrder[T, R any](items []T, makeResult func(T) R, use func(R)) {
	workers := runtime.GOMAXPROCS(0)
	results := make(chan chan R, 16*workers)
	go func() {
		defer close(results)
		running := make(chan struct{}, workers)
		for _, item := range items {
			result := make(chan R, 1)
			results <- result
			running <- struct{}{}
			go func() {
				result <- makeResult(item)
				<-running
			}()
		}
	}()
	for result := range results {
		use(<-result)
	}
}

// evaluate computes one request. A panic concerns one service only.
func evaluate(request *sync.Request) (e *evaluated) {
	e = &evaluated{request: request}
	if e.parent, e.failed = hook.DecodeParent(request.Parent); e.failed != nil {
		return e
	}
	defer func() {
		if cause := recover(); cause != nil {
			e.failed = fmt.Errorf("internal error: %v", cause)
		}
	}()
	e.response, e.failed = sync.Sync(request)
	return e
}

// isDeployed reports whether the input shows an object of the service.
func (e *evaluated) isDeployed() bool {
	for range e.request.Children.All() {
		return true
	}
	return false
}
