package hook

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"

	"github.com/isvc-io/isvc/sync"
)

// serveFor serves a handler until the test ends and returns the address.
func serveFor(t *testing.T, h *Handler, change func(*http.Server)) string {
	t.Helper()
	listener := listen(t)
	server := NewServer(h, slog.New(slog.DiscardHandler))
	if change != nil {
		change(server)
	}
	go func() { _ = server.Serve(listener) }() // ends with the test
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// dial opens a connection and sends a text.
func dial(t *testing.T, address, text string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	_, err = io.WriteString(connection, text)
	require.NoError(t, err)
	require.NoError(t, connection.SetReadDeadline(time.Now().Add(5*time.Second)))
	return connection
}

// statusOf reads the status of an answer; 0 means that the connection was
// closed without one.
func statusOf(t *testing.T, connection net.Conn) int {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		return 0
	}
	return response.StatusCode
}

func TestHeadersThatNeverEndAreCutOff(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t)})
	address := serveFor(t, h, func(server *http.Server) {
		assert.Equal(t, readHeaderTimeout, server.ReadHeaderTimeout)
		server.ReadHeaderTimeout = 20 * time.Millisecond
	})
	started := time.Now()
	connection := dial(t, address, "POST /sync HTTP/1.1\r\nHost: a\r\nX-Slow: ")
	assert.Contains(t, []int{0, http.StatusRequestTimeout}, statusOf(t, connection))
	assert.Less(t, time.Since(started), 2*time.Second)
}

func TestABodyThatNeverEndsIsCutOff(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t)})
	address := serveFor(t, h, func(server *http.Server) { server.ReadTimeout = 20 * time.Millisecond })
	connection := dial(t, address, "POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
	assert.Equal(t, http.StatusBadRequest, statusOf(t, connection))
}

// isFree reports whether so much of a semaphore could be had now.
func isFree(s *semaphore.Weighted, n int64) bool {
	free := s.TryAcquire(n)
	if free {
		s.Release(n)
	}
	return free
}

func TestCallersThatSendSlowlyDoNotKeepOthersFromBeingAnswered(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t), Concurrency: 1})
	h.Logger = slog.New(slog.DiscardHandler)
	address := serveFor(t, h, nil)
	for range readersPerCall - 1 {
		dial(t, address, "POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
	}
	require.Eventually(t, func() bool { return !isFree(h.admission.reading, 2) }, 5*time.Second, time.Millisecond)
	post := func() int {
		response, err := http.Post("http://"+address+"/sync", "application/json", strings.NewReader(minimal))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	assert.Equal(t, http.StatusOK, post())
	dial(t, address, "POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
	require.Eventually(t, func() bool { return !isFree(h.admission.reading, 1) }, 5*time.Second, time.Millisecond)
	assert.Equal(t, http.StatusTooManyRequests, post(), "their number is bounded")
}

func TestWhatIsNotHTTPIsRefused(t *testing.T) {
	h, _ := handler(Options{Sync: func(*sync.Request) (*sync.Response, error) {
		t.Error("nothing must be computed")
		return nil, nil
	}})
	address := serveFor(t, h, nil)
	for name, text := range map[string]string{
		"garbage":            "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1 \r\n\r\n",
		"no version":         "POST /sync\r\n\r\n",
		"two lengths":        "POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
		"a broken header":    "POST /sync HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n",
		"no host":            "POST /sync HTTP/1.1\r\n\r\n",
		"garbage as a body":  "POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\x00\x01\x02\x03",
		"an unended chunk":   "POST /sync HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"an array as a body": "POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n[]",
	} {
		assert.Equal(t, http.StatusBadRequest, statusOf(t, dial(t, address, text)), name)
	}
	large := "POST /sync HTTP/1.1\r\nHost: a\r\nX-Large: " + strings.Repeat("x", 2*maxHeaderBytes) + "\r\n\r\n"
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, statusOf(t, dial(t, address, large)))
}

func TestTooMuchIsRefusedWithoutReadingIt(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t), BodyLimit: 1000})
	address := serveFor(t, h, nil)
	connection := dial(t, address, "POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\n\r\n"+strings.Repeat(" ", 1001))
	assert.Equal(t, http.StatusRequestEntityTooLarge, statusOf(t, connection))
}

func TestNobodyIsReadWhoMayNotCall(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t), Token: func() string { return "secret" }})
	address := serveFor(t, h, nil)
	connection := dial(t, address, "POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
	assert.Equal(t, http.StatusUnauthorized, statusOf(t, connection), "before the body has arrived")
}

func TestConnectionsAreClosedWhileStopping(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t)})
	address := serveFor(t, h, nil)
	h.FailReadiness()
	response, err := http.Post("http://"+address+"/sync", "application/json", strings.NewReader(minimal))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.True(t, response.Close, "the next call goes to another server")
}
