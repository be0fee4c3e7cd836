package main

import (
	"fmt"
	"runtime"
	gosync "sync"
	"sync/atomic"

	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
)

// evaluated is a service and what Sync says about it.
type evaluated struct {
	parent   hook.Parent
	response *sync.Response
	// failed is a defect of the program or of the request, in one line.
	failed error
}

// String is the service for people.
func (e *evaluated) String() string {
	return e.parent.String()
}

// unresolved is why the service, or parts of it, could not be computed: a
// line for each reason, none when everything was.
func (e *evaluated) unresolved() (lines []string) {
	if e.failed != nil {
		return []string{"Failed: " + e.failed.Error()}
	}
	if held := e.response.Hold; held != nil {
		lines = append(lines, held.Reason+": "+held.Message)
	}
	for _, held := range e.response.Partial {
		lines = append(lines, held.Reason+": "+held.Subject+": "+held.Message)
	}
	if len(lines) == 0 && e.response.RetryAfter > 0 {
		lines = append(lines, fmt.Sprintf("Undecided: nothing can be decided yet: try again in %s", e.response.RetryAfter))
	}
	return lines
}

// evaluateAll computes all requests, several at once, and hands each result to
// use, with the index of its request. Use is called concurrently.
func evaluateAll(requests []*sync.Request, use func(int, *evaluated)) {
	var next atomic.Int64
	var workers gosync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return
				}
				use(i, evaluate(requests[i]))
			}
		})
	}
	workers.Wait()
}

// evaluate computes one request. A panic concerns one service only.
func evaluate(request *sync.Request) (e *evaluated) {
	e = &evaluated{}
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
