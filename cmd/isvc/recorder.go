package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	gosync "sync"
	"sync/atomic"
	"time"

	"github.com/isvc-io/isvc/cmd/isvc/record"
	"github.com/isvc-io/isvc/sync"
)

// The bounds of recording.
const (
	defaultRecordEvery    = 100
	defaultRecordMaxBytes = 64 << 20
	// maxRecordings is how many files there are at most.
	maxRecordings = 1000
	// maxWaiting is how many requests wait to be written; more are dropped.
	maxWaiting = 16
)

// recorder writes calls of the sync hook into a folder. It implements
// hook.Recorder. Redaction, computation and writing happen beside the calls.
type recorder struct {
	folder   string
	every    int64
	maxBytes int64
	now      func() time.Time
	log      *slog.Logger
	salt     []byte

	calls   atomic.Int64
	waiting chan *sync.Request
	worker  gosync.WaitGroup
	// closing keeps a call from being sent to a closed channel.
	closing gosync.RWMutex
	closed  bool

	// ring and what follows belong to the worker.
	ring    []recordingFile
	size    int64
	written int64
}

// recordingFile is a file of the ring.
type recordingFile struct {
	name string
	size int64
}

// recordingName is the form of the names of the files that belong to the ring;
// they are sorted by time. Others in the folder are left alone.
var recordingName = regexp.MustCompile(`^isvc-\d{8}T\d{6}\.\d{3}Z-\d{6}-[\w.-]+\.json$`)

// newRecorder prepares a folder, in which recordings of an earlier process
// count too.
func newRecorder(folder string, every int, maxBytes int64, log *slog.Logger) (*recorder, error) {
	if every < 1 || maxBytes < 1 {
		return nil, errors.New("--record-every and --record-max-bytes must be positive")
	}
	r := &recorder{
		folder: folder, every: int64(every), maxBytes: maxBytes, now: time.Now, log: log,
		salt: make([]byte, 32), waiting: make(chan *sync.Request, maxWaiting),
	}
	if _, err := rand.Read(r.salt); err != nil {
		return nil, fmt.Errorf("cannot make a salt: %w", err)
	}
	if err := r.open(); err != nil {
		return nil, fmt.Errorf("cannot record into %s: %w", folder, withoutPath(err))
	}
	r.worker.Go(r.work)
	return r, nil
}

// partSuffix marks a file that is not complete.
const partSuffix = ".part"

// open creates the folder or takes over what is in it.
func (r *recorder) open() error {
	if err := os.MkdirAll(r.folder, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(r.folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if whole, isPart := strings.CutSuffix(entry.Name(), partSuffix); isPart && recordingName.MatchString(whole) {
			if err := os.Remove(filepath.Join(r.folder, entry.Name())); err != nil {
				return err
			}
			continue
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || !recordingName.MatchString(entry.Name()) {
			continue
		}
		r.ring = append(r.ring, recordingFile{entry.Name(), info.Size()})
		r.size += info.Size()
	}
	sort.Slice(r.ring, func(i, j int) bool { return r.ring[i].name < r.ring[j].name })
	return r.makeRoom(0)
}

// RecordCall implements hook.Recorder.
func (r *recorder) RecordCall(request *sync.Request, notable bool) {
	sampled := (r.calls.Add(1)-1)%r.every == 0
	if !sampled && !notable {
		return
	}
	r.closing.RLock()
	defer r.closing.RUnlock()
	if r.closed {
		return
	}
	select {
	case r.waiting <- request:
	default:
		if notable {
			r.log.Warn("a call that showed a defect was not recorded: too many wait to be written")
		}
	}
}

// close writes what is waiting.
func (r *recorder) close() {
	r.closing.Lock()
	if !r.closed {
		r.closed = true
		close(r.waiting)
	}
	r.closing.Unlock()
	r.worker.Wait()
}

func (r *recorder) work() {
	for request := range r.waiting {
		if err := r.keep(request); err != nil {
			r.log.Error("cannot record a call", "error", err.Error())
		}
	}
}

// keep redacts, computes and writes one call.
func (r *recorder) keep(request *sync.Request) error {
	redacted, err := record.RedactRequest(request, r.salt)
	if err != nil {
		return err
	}
	e := evaluate(redacted)
	data, err := record.NewRecording(thisProgram(), redacted, record.AnswerOf(e.response, e.failed)).Encode()
	if err != nil {
		return err
	}
	if int64(len(data)) > r.maxBytes {
		return fmt.Errorf("the recording of %s has %d bytes, more than --record-max-bytes", e, len(data))
	}
	if err := r.makeRoom(int64(len(data))); err != nil {
		return fmt.Errorf("cannot remove an old recording: %w", err)
	}
	return r.write(r.nameOf(e), data)
}

// thisProgram identifies the program in recordings.
func thisProgram() record.Program {
	b := thisBuild()
	return record.Program{Version: b.Version, Commit: b.Commit, GoVersion: b.GoVersion, Platform: b.Platform}
}

var notInNames = regexp.MustCompile(`[^a-z0-9.-]+`)

// nameOf tells when and what about. Whatever a caller sends as the name of a
// service, it is no path.
func (r *recorder) nameOf(e *evaluated) string {
	const longest = 100
	service := notInNames.ReplaceAllString(e.parent.Namespace+"_"+e.parent.Name, "_")
	r.written++
	return fmt.Sprintf("isvc-%s-%06d-%s.json",
		r.now().UTC().Format("20060102T150405.000Z"), r.written%1_000_000, service[:min(len(service), longest)])
}

// makeRoom removes the oldest recordings until so many bytes fit.
func (r *recorder) makeRoom(bytes int64) error {
	for len(r.ring) > 0 && (r.size+bytes > r.maxBytes || len(r.ring) >= maxRecordings) {
		oldest := r.ring[0]
		if err := os.Remove(filepath.Join(r.folder, oldest.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		r.ring, r.size = r.ring[1:], r.size-oldest.size
	}
	return nil
}

// write puts a complete file into the folder.
func (r *recorder) write(name string, data []byte) error {
	path := filepath.Join(r.folder, name)
	if err := os.WriteFile(path+partSuffix, data, 0o600); err != nil {
		return errors.Join(err, os.Remove(path+partSuffix))
	}
	if err := os.Rename(path+partSuffix, path); err != nil {
		return err
	}
	r.ring = append(r.ring, recordingFile{name, int64(len(data))})
	r.size += int64(len(data))
	return nil
}
