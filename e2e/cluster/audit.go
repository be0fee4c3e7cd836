package cluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Write is one request of a user under audit that could change something.
type Write struct {
	User, Verb, Resource, Subresource, Namespace, Name string
	// Code is the HTTP status of the answer.
	Code int
}

// String is the write in one line.
func (w Write) String() string {
	resource := w.Resource
	if w.Subresource != "" {
		resource += "/" + w.Subresource
	}
	return fmt.Sprintf("%s %s %s/%s (%d)", w.Verb, resource, w.Namespace, w.Name, w.Code)
}

// Mark is a place in the audit log.
type Mark int64

func (c *Cluster) auditLog() string { return filepath.Join(c.folder, "audit.log") }

// Mark returns the end of the audit log.
func (c *Cluster) Mark() (Mark, error) {
	info, err := os.Stat(c.auditLog())
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cannot read the audit log: %w", err)
	}
	return Mark(info.Size()), nil
}

// Writes returns the writes of a user since a mark. Events are left out: they
// tell of things and change none.
func (c *Cluster) Writes(since Mark, user string) ([]Write, error) {
	file, err := os.Open(c.auditLog())
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the audit log: %w", err)
	}
	defer file.Close()
	if _, err := file.Seek(int64(since), io.SeekStart); err != nil {
		return nil, fmt.Errorf("cannot read the audit log: %w", err)
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	var writes []Write
	for lines.Scan() {
		write, err := parseWrite(lines.Bytes())
		if err != nil {
			return nil, err
		}
		if write.User == user && write.Resource != "events" {
			writes = append(writes, write)
		}
	}
	return writes, lines.Err()
}

func parseWrite(line []byte) (Write, error) {
	var event struct {
		User struct {
			Username string `json:"username"`
		} `json:"user"`
		Verb       string `json:"verb"`
		RequestURI string `json:"requestURI"`
		ObjectRef  struct {
			Resource, Subresource, Namespace, Name string
		} `json:"objectRef"`
		ResponseStatus struct {
			Code int `json:"code"`
		} `json:"responseStatus"`
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return Write{}, fmt.Errorf("cannot read a line of the audit log: %w", err)
	}
	if strings.Contains(event.RequestURI, "dryRun=All") {
		return Write{}, nil
	}
	ref := event.ObjectRef
	return Write{event.User.Username, event.Verb, ref.Resource, ref.Subresource, ref.Namespace, ref.Name, event.ResponseStatus.Code}, nil
}
