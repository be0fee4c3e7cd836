package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync"
)

// unread is the request of a call that has not been read yet. A negative length is one that the
// caller does not announce.
func unread(a *admission, source io.Reader, length int64) (*body, *http.Request) {
	r := httptest.NewRequest(http.MethodPost, "/sync", source)
	r.ContentLength = length
	return &body{admission: a}, r
}

func TestABodyIsReadWhole(t *testing.T) {
	for _, size := range []int{0, 1, firstPiece - 1, firstPiece, firstPiece + bytes.MinRead, announcedPiece, announcedPiece + bytes.MinRead, 5 << 20} {
		want := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		for name, length := range map[string]int{"announced": size, "not announced": -1} {
			t.Run(fmt.Sprint(size, " bytes, ", name), func(t *testing.T) {
				h, _ := handler(Options{})
				b, r := unread(h.admission, iotest.HalfReader(bytes.NewReader(want)), int64(length))
				require.NoError(t, b.readRequest(httptest.NewRecorder(), r))
				assert.True(t, bytes.Equal(want, b.raw))
				assert.EqualValues(t, cap(b.raw), b.admitted, "what is allocated is admitted")
				assert.LessOrEqual(t, cap(b.raw), max(2*size, firstPiece)+2*bytes.MinRead)
				b.releaseMemory()
				assert.True(t, isFree(h.admission.memory, DefaultBodyBudget))
			})
		}
	}
}

func TestABodyThatCannotBeReadIsGivenUp(t *testing.T) {
	broken := errors.New("the connection is gone")
	for name, test := range map[string]struct {
		source io.Reader
		length int64
		want   error
	}{
		"longer than the limit, announced":     {strings.NewReader("x"), 10_001, &http.MaxBytesError{Limit: 10_000}},
		"longer than the limit, not announced": {strings.NewReader(strings.Repeat("x", 10_001)), -1, &http.MaxBytesError{Limit: 10_000}},
		"longer than announced":                {strings.NewReader(strings.Repeat("x", 101)), 100, &http.MaxBytesError{Limit: 100}},
		"broken":                               {iotest.ErrReader(broken), 100, broken},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := handler(Options{BodyLimit: 10_000, BodyBudget: 1 << 20})
			b, r := unread(h.admission, test.source, test.length)
			assert.Equal(t, test.want, b.readRequest(httptest.NewRecorder(), r))
			b.releaseMemory()
			assert.True(t, isFree(h.admission.memory, 1<<20))
			assert.True(t, isFree(h.admission.reading, readersPerCall*DefaultConcurrency))
		})
	}
}

func TestAnnouncingMuchTakesLittle(t *testing.T) {
	h, _ := handler(Options{})
	b, r := unread(h.admission, iotest.ErrReader(errors.New("nothing is sent")), DefaultBodyLimit)
	require.Error(t, b.readRequest(httptest.NewRecorder(), r))
	assert.LessOrEqual(t, b.admitted, int64(announcedPiece+bytes.MinRead))
	assert.EqualValues(t, cap(b.raw), b.admitted)
}

func TestABodyOfUnknownLengthIsCountedAsItIsRead(t *testing.T) {
	const budget = 2 << 20
	h, _ := handler(Options{BodyLimit: budget / 2, BodyBudget: budget})
	require.True(t, h.admission.memory.TryAcquire(budget-200<<10), "others are in progress")
	source := &countingReader{Reader: strings.NewReader(strings.Repeat("x", budget/2))}
	b, r := unread(h.admission, source, -1)
	assert.Equal(t, errTooManyBytes, b.readRequest(httptest.NewRecorder(), r))
	assert.LessOrEqual(t, source.bytes, 200<<10)
	assert.Positive(t, source.bytes)
	b.releaseMemory()
	assert.True(t, isFree(h.admission.memory, 200<<10))
}

// countingReader counts what was read.
type countingReader struct {
	io.Reader
	bytes int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += n
	return n, err
}

// TestRequestsInProgressNeverExceedTheBudget: as many large calls are computed as there is room
// for, and the others are told to come back.
func TestRequestsInProgressNeverExceedTheBudget(t *testing.T) {
	const size, room, callers = 1 << 20, 3, 40
	body := minimal + strings.Repeat(" ", size-len(minimal))
	for name, length := range map[string]int64{"announced": size, "not announced": -1} {
		t.Run(name, func(t *testing.T) {
			leave := make(chan struct{})
			h, _ := handler(Options{BodyLimit: 2 * size, BodyBudget: room*size + size/2, Sync: func(*sync.Request) (*sync.Response, error) {
				<-leave
				return &sync.Response{}, nil
			}})
			h.Logger = slog.New(slog.DiscardHandler)
			refused, computed := make(chan *httptest.ResponseRecorder, callers), make(chan int, callers)
			for range callers {
				go func() {
					r := httptest.NewRequest(http.MethodPost, "/sync", strings.NewReader(body))
					r.ContentLength = length
					w := httptest.NewRecorder()
					if h.ServeHTTP(w, r); w.Code == http.StatusTooManyRequests {
						refused <- w
					} else {
						computed <- w.Code
					}
				}()
			}
			require.Eventually(t, func() bool { return len(refused) >= callers-room }, 10*time.Second, time.Millisecond,
				"more than there is room for are in progress")
			w := <-refused
			assert.Equal(t, "1", w.Header().Get("Retry-After"))
			assert.Contains(t, w.Body.String(), "too large together")
			close(leave)
			if length < 0 {
				return // calls that are read at the same time may refuse each other
			}
			for range room {
				assert.Equal(t, http.StatusOK, <-computed)
			}
			require.Eventually(t, func() bool { return isFree(h.admission.memory, room*size+size/2) }, time.Second, time.Millisecond,
				"all of it is given back")
		})
	}
}
