package hook

import (
	"bytes"
	gosync "sync"

	"github.com/isvc-io/isvc/sync/observed"
)

// maxScratch is the largest request and the largest answer whose memory is kept
// for later calls, in bytes. What is noted of a request takes five times as much at
// most.
const maxScratch = 256 << 10

// scratch is the memory of one call: the request that is read, where its objects
// are in it, and the answer. What a call returns or remembers holds nothing of it,
// but for a Recorder, which keeps the request.
type scratch struct {
	request bytes.Buffer
	reader  observed.Reader
	answer  []byte
}

var scratches = gosync.Pool{New: func() any { return &scratch{} }}

// release gives the memory of a call that was answered to later calls.
func (s *scratch) release() {
	if s.request.Cap() <= maxScratch && cap(s.answer) <= maxScratch {
		s.request.Reset()
		s.reader.Reset(nil)
		scratches.Put(s)
	}
}
