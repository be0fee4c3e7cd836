package hook

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// The first piece of memory for a request. A length that a caller announces counts up to
// announcedPiece: announcing much and sending nothing must not take memory from others.
const (
	firstPiece     = 64 << 10
	announcedPiece = 1 << 20
)

// body is the request of a call. Its memory is admitted before it is allocated.
type body struct {
	*admission
	raw      []byte
	admitted int64
}

// readRequest reads the request. The error is errTooManyCalls, errTooManyBytes, an
// *http.MaxBytesError or what went wrong with the connection.
func (b *body) readRequest(w http.ResponseWriter, r *http.Request) error {
	piece, most := int64(firstPiece), b.bodyLimit
	if announced := r.ContentLength; announced >= 0 {
		piece, most = min(announced, announcedPiece), announced
	}
	if most > b.bodyLimit {
		return &http.MaxBytesError{Limit: b.bodyLimit}
	}
	if !b.reading.TryAcquire(1) {
		return errTooManyCalls
	}
	defer b.reading.Release(1)
	source := http.MaxBytesReader(w, r.Body, most)
	// Some more room than bytes, because a reader may tell the end only when asked for more.
	for size := piece; ; size = min(2*size, most) {
		if err := b.growWithinBudget(size + bytes.MinRead); err != nil {
			return err
		}
		if err := b.readUntilFull(source); !errors.Is(err, errFull) {
			return err
		}
	}
}

// growWithinBudget makes room for so many bytes, once they are admitted.
func (b *body) growWithinBudget(size int64) error {
	if !b.memory.TryAcquire(size - b.admitted) {
		return errTooManyBytes
	}
	b.admitted = size
	b.raw = append(make([]byte, 0, size), b.raw...)
	return nil
}

// errFull reports that there is no room left.
var errFull = errors.New("full")

// readUntilFull reads until the end, which is no error, or until there is no room left.
func (b *body) readUntilFull(source io.Reader) error {
	for len(b.raw) < cap(b.raw) {
		n, err := source.Read(b.raw[len(b.raw):cap(b.raw)])
		b.raw = b.raw[:len(b.raw)+n]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errFull
}

// releaseMemory gives back what was admitted. The request must not be used any more.
func (b *body) releaseMemory() { b.memory.Release(b.admitted) }
