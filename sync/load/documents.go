package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/finding"
)

// maxDepth is how deeply a document may be nested. Kubernetes' own objects stay below 40.
const maxDepth = 500

// File is a named sequence of YAML or JSON documents.
type File struct {
	// Name is what problems call the file.
	Name string
	// Data is its content.
	Data []byte
	// InFolder is true for a file that was found in a folder: nobody named it, and it may be something
	// else than manifests.
	InFolder bool
	// IsMetadata is true for a snapshot of what a model agent has read of models: its objects complete
	// the models of the other files, and are none themselves.
	IsMetadata bool
	// IsGenerated is true for text that a program has printed, such as kubectl: nobody can mend it in a
	// line of it.
	IsGenerated bool
}

// document is one document of a file.
type document struct {
	file   string
	number int
	// line is the line of the file at which the document starts, from 1.
	line int
	text []byte
}

// documentProblem is a finding about the whole document.
func (d document) documentProblem(severity Severity, message string) Problem {
	return Problem{File: d.file, Document: d.number, Severity: severity, Finding: finding.Finding{Message: message}}
}

// splitFile splits a file. A file without a document is a finding.
func splitFile(file File) ([]document, []Problem) {
	problem := func(severity Severity, message string) []Problem {
		return []Problem{{File: file.Name, Severity: severity, Finding: finding.Finding{Message: message}}}
	}
	text, err := decodeText(file.Data)
	if err != nil {
		return nil, problem(Unusable, err.Error())
	}
	if strings.TrimSpace(string(text)) == "" && file.InFolder {
		return nil, problem(Warning, "is empty: nothing was read from it")
	}
	if strings.TrimSpace(string(text)) == "" {
		return nil, problem(Unusable, "is empty: nothing was read from it")
	}
	docs, err := splitText(file.Name, text)
	if err != nil {
		return nil, problem(Unusable, err.Error())
	}
	if len(docs) == 0 {
		return nil, problem(Warning, "holds no object: nothing was read from it")
	}
	return docs, nil
}

// splitText recognises JSON by its first character. Everything else is YAML, and so is JSON that
// does not parse: a flow mapping begins with the same character.
func splitText(name string, text []byte) ([]document, error) {
	first := bytes.TrimSpace(text)
	if len(first) == 0 || first[0] != '{' && first[0] != '[' {
		return splitYAML(name, text), nil
	}
	docs, err := splitJSON(name, text)
	if err != nil && strings.EqualFold(path.Ext(name), ".json") {
		return nil, fmt.Errorf("is not JSON: %w", err)
	}
	if err != nil {
		return splitYAML(name, text), nil
	}
	return docs, nil
}

// splitJSON reads JSON values that follow each other.
func splitJSON(name string, text []byte) ([]document, error) {
	var docs []document
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", jsonErrorLine(text, err, decoder.InputOffset()), err)
		}
		start := int(decoder.InputOffset()) - len(value)
		docs = append(docs, document{name, len(docs) + 1, lineNumberAt(text, start), value})
	}
}

func jsonErrorLine(text []byte, err error, offset int64) int {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset += syntax.Offset
	}
	return lineNumberAt(text, int(offset))
}

// lineNumberAt is the number of the line that holds the offset.
func lineNumberAt(text []byte, offset int) int {
	return 1 + bytes.Count(text[:max(0, min(offset, len(text)))], []byte("\n"))
}

// splitYAML cuts at the markers "---" and "...". What follows a marker in its line belongs to the
// next document.
//
// It is our own because the reader of apimachinery's util/yaml refuses content after a marker, does
// not know "...", stops at the first mistake, and does not say in which line a document starts,
// which messages need.
func splitYAML(name string, text []byte) []document {
	var docs []document
	start, startLine := 0, 1
	flush := func(end int) {
		if body := text[start:end]; !isBlankYAML(body) {
			docs = append(docs, document{name, len(docs) + 1, startLine, body})
		}
	}
	for offset, line := 0, 1; offset < len(text); line++ {
		end := endOfLine(text, offset)
		if isDocumentMarker(text[offset:end]) {
			flush(offset)
			start, startLine = offset+len("---"), line
		}
		offset = end
	}
	flush(len(text))
	return docs
}

// endOfLine returns the offset after the line break of the line at the offset.
func endOfLine(text []byte, offset int) int {
	if i := bytes.IndexByte(text[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(text)
}

func isDocumentMarker(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) && !bytes.HasPrefix(line, []byte("...")) {
		return false
	}
	return len(line) == 3 || strings.IndexByte(" \t\r\n", line[3]) >= 0
}

// isBlankYAML reports whether a document has nothing but comments, directives and space.
func isBlankYAML(text []byte) bool {
	for offset := 0; offset < len(text); {
		end := endOfLine(text, offset)
		line := bytes.TrimSpace(text[offset:end])
		if len(line) > 0 && line[0] != '#' && text[offset] != '%' {
			return false
		}
		offset = end
	}
	return true
}

// yamlError matches an error of the YAML library, with its line.
var yamlError = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// toJSON converts the document. A key that occurs twice in a mapping is accepted, as in kubectl:
// the later one wins, and duplicates says so.
func (d document) toJSON() (raw json.RawMessage, duplicates string, err error) {
	if d.text[0] == '{' && json.Valid(d.text) {
		return d.compactJSON()
	}
	raw, err = yaml.YAMLToJSONStrict(d.text)
	if err != nil && strings.Contains(err.Error(), "already set in map") {
		duplicates = d.yamlMessage(err)
		raw, err = yaml.YAMLToJSON(d.text)
	}
	if err != nil {
		return nil, "", errors.New("is not YAML: " + d.yamlMessage(err))
	}
	return raw, duplicates, checkDepth(raw)
}

func (d document) compactJSON() (json.RawMessage, string, error) {
	var out bytes.Buffer
	if err := json.Compact(&out, d.text); err != nil {
		return nil, "", fmt.Errorf("is not JSON: %w", err)
	}
	return out.Bytes(), "", checkDepth(out.Bytes())
}

// yamlMessage is the message of the YAML library with line numbers of the file, not of the
// document.
func (d document) yamlMessage(err error) string {
	text := err.Error()
	if m := yamlError.FindStringSubmatch(text); m != nil {
		text = m[2]
		if m[1] != "" {
			text = "line " + m[1] + ": " + m[2]
		}
	}
	text = joinLines(strings.ReplaceAll(strings.TrimPrefix(text, "unmarshal errors:\n  "), "\n  line ", "; line "))
	return lineNumber.ReplaceAllStringFunc(text, func(found string) string {
		n, _ := strconv.Atoi(found[len("line "):])
		return "line " + strconv.Itoa(n+d.line-1)
	})
}

var lineNumber = regexp.MustCompile(`line \d+`)

// checkDepth refuses a document that is nested too deeply.
func checkDepth(raw []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth > maxDepth {
			return fmt.Errorf("is nested more than %d levels deep", maxDepth)
		}
	}
	return nil
}

// decodeText removes a byte order mark, converts UTF-16, and refuses what is not text. UTF-16 is
// what Windows PowerShell writes for "kubectl get -o yaml > file".
func decodeText(data []byte) ([]byte, error) {
	data, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), data)
	if err != nil || bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return nil, errors.New("is not text: a file must hold YAML or JSON in UTF-8")
	}
	return data, nil
}
