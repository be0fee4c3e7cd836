package record

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// The version and kind of a Recording as JSON. Fields may be added to a version; no field gets another
// meaning, and one that gets another name is still read under the old one.
const (
	APIVersion = "isvc.io/record/v1"
	Kind       = "Recording"
)

// Recording is one computation.
type Recording struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Program is what computed the answer.
	Program Program `json:"program"`
	// Now is the time of the request.
	Now metav1.Time `json:"now"`
	// Config is the configuration in force, complete.
	Config *config.Config `json:"config"`
	// Request is what Metacontroller sent, without its own object.
	Request Body `json:"request"`
	// Answer is what the program answered.
	Answer Answer `json:"answer"`
}

// Program identifies a build.
type Program struct {
	Version   string `json:"version"`
	Commit    string `json:"commit,omitempty"`
	GoVersion string `json:"goVersion,omitempty"`
	Platform  string `json:"platform,omitempty"`
}

// String is the program for people: "isvc v0.1.0 (1a2b3c4)".
func (p Program) String() string {
	const short = 12
	switch {
	case p.Commit == "":
		return "isvc " + p.Version
	case len(p.Commit) > short:
		return "isvc " + p.Version + " (" + p.Commit[:short] + ")"
	}
	return "isvc " + p.Version + " (" + p.Commit + ")"
}

// Body is a request as Metacontroller sends it. The keys of children are the kinds that may be
// returned.
type Body struct {
	Parent   json.RawMessage  `json:"parent"`
	Children observed.Objects `json:"children"`
	Related  observed.Objects `json:"related"`
}

// NewRecording records the answer to a request, which must have been redacted.
func NewRecording(program Program, request *sync.Request, answer Answer) *Recording {
	children := observed.Objects{}
	for _, kind := range request.Managed.Sorted() {
		children[kind] = map[string]observed.Object{}
	}
	for kind, byKey := range request.Children {
		children[kind] = byKey
	}
	return &Recording{
		APIVersion: APIVersion, Kind: Kind, Program: program, Now: request.Now,
		Config:  effectiveConfig(request.Config),
		Request: Body{Parent: request.Parent, Children: children, Related: request.Related},
		Answer:  answer,
	}
}

// Encode writes a recording for people and programs.
func (r *Recording) Encode() ([]byte, error) {
	raw, err := encodeJSON(r)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the recording: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", " "); err != nil {
		return nil, fmt.Errorf("cannot encode the recording: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Decode reads a recording. The error says why it is not a recording that this program understands.
func Decode(data []byte) (*Recording, error) {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if head.Kind != Kind || head.APIVersion != APIVersion {
		return nil, fmt.Errorf("it is not a %s of %s: give a file that isvc serve --record wrote", Kind, APIVersion)
	}
	r := &Recording{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(r); err != nil {
		return nil, fmt.Errorf("cannot read the recording: %w", err)
	}
	r.Answer.readParts(data)
	if len(r.Request.Parent) == 0 || r.Config == nil {
		return nil, errors.New("the recording is not complete: request.parent or config is missing")
	}
	return r, nil
}

// readParts fills in the subjects of findings in a recording of an early version, which called a
// subject a part.
func (a *Answer) readParts(data []byte) {
	type part struct {
		Part string `json:"part"`
	}
	var early struct{ Answer struct{ Partial []part } }
	_ = json.Unmarshal(data, &early) // the recording has been decoded before
	for i := range a.Partial {
		a.Partial[i].Subject = cmp.Or(a.Partial[i].Subject, early.Answer.Partial[i].Part)
	}
}

// ToRequest returns the recorded request.
func (r *Recording) ToRequest() *sync.Request {
	return &sync.Request{
		Parent: r.Request.Parent, Children: r.Request.Children, Related: r.Request.Related,
		Managed: r.Request.Children.Kinds(), Config: r.Config, Now: r.Now,
	}
}
