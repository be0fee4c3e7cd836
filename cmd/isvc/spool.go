package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// spoolMemory is how many bytes of documents a spool keeps in memory.
const spoolMemory = 16 << 20

// spool keeps documents until all are known, because the output is sorted by kind before it is
// sorted by service. What exceeds spoolMemory goes to a temporary file, so that only the keys of
// the documents take memory that grows with their number.
type spool struct {
	entries []spooled
	// size is the length of all documents; tail are the last ones, which are not in the file.
	size int64
	tail bytes.Buffer
	file *os.File
	// err is the first error; the spool is of no use after it.
	err error
}

// spooled is a document and where its bytes are.
type spooled struct {
	documentKey
	offset int64
	length int
}

func (s *spool) addDocument(d document) {
	s.entries = append(s.entries, spooled{d.documentKey, s.size, len(d.text)})
	s.size += int64(len(d.text))
	s.tail.Write(d.text)
	if s.tail.Len() > spoolMemory {
		s.moveToFile()
	}
}

func (s *spool) moveToFile() {
	if s.err == nil && s.file == nil {
		s.file, s.err = os.CreateTemp("", "isvc-render-")
	}
	if s.err == nil {
		_, s.err = s.file.Write(s.tail.Bytes())
	}
	s.tail.Reset()
}

// removeFile removes the temporary file.
func (s *spool) removeFile() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

// sortedDocuments calls use with the bytes of each document, sorted; documents with the same key
// stay in the order in which they were added. The bytes are valid during the call only.
func (s *spool) sortedDocuments(use func(text []byte)) error {
	slices.SortStableFunc(s.entries, func(a, b spooled) int { return a.compareTo(b.documentKey) })
	if s.file != nil {
		s.moveToFile()
	}
	if s.err != nil {
		return fmt.Errorf("cannot keep the output in a temporary file: %w", s.err)
	}
	var text []byte
	for _, entry := range s.entries {
		if s.file == nil {
			use(s.tail.Bytes()[entry.offset:][:entry.length])
			continue
		}
		text = slices.Grow(text[:0], entry.length)[:entry.length]
		if _, err := s.file.ReadAt(text, entry.offset); err != nil {
			return fmt.Errorf("cannot read the output from a temporary file: %w", err)
		}
		use(text)
	}
	return nil
}

// writeTo writes the documents as a stream of YAML or as a List in JSON.
func (s *spool) writeTo(out io.Writer, output string) error {
	separator, end := "---\n", ""
	buffered := bufio.NewWriter(out)
	if output == outputJSON {
		_, _ = buffered.WriteString("{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [")
		separator, end = ",\n    ", "]\n}\n"
		if len(s.entries) > 0 {
			_, _ = buffered.WriteString("\n    ")
			end = "\n  " + end
		}
	}
	first := true
	err := s.sortedDocuments(func(text []byte) {
		if !first {
			_, _ = buffered.WriteString(separator)
		}
		first = false
		_, _ = buffered.Write(text) // the writer keeps the first error
	})
	if err != nil {
		return err
	}
	_, _ = buffered.WriteString(end)
	if err := buffered.Flush(); err != nil {
		return cannotWrite(err)
	}
	return nil
}
