package load

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

// maxDepth is how deeply a document may be nested. Kubernetes' own objects
// stay below 40.
const maxDepth = 500

// File is a named sequence of YAML or JSON documents.
type File struct {
	// Name is what problems call the file.
	Name string
	// Data is its content.
	Data []byte
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
	return Problem{File: d.file, Document: d.number, Message: message, Severity: severity}
}

// splitFile splits a file. A file without a document is a finding.
func splitFile(file File) ([]document, []Problem) {
	unusable := func(message string) []Problem {
		return []Problem{{File: file.Name, Message: message, Severity: Unusable}}
	}
	text, err := decodeText(file.Data)
	if err != nil {
		return nil, unusable(err.Error())
	}
	if strings.TrimSpace(string(text)) == "" {
		return nil, unusable("is empty: nothing was read from it")
	}
	docs, err := splitText(file.Name, text)
	if err != nil {
		return nil, unusable(err.Error())
	}
	if len(docs) == 0 {
		return nil, []Problem{{File: file.Name, Message: "holds no object: nothing was read from it", Severity: Warning}}
	}
	return docs, nil
}

// splitText recognises JSON by its first character and takes the rest for YAML,
// of which JSON is a part.
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

// splitYAML cuts at the markers "---" and "...". What stands behind a marker
// in its line belongs to the next document.
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

// endOfLine is the offset behind the line break of the line at the offset.
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

// isBlankYAML reports whether there are only comments, directives and space.
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

// yamlError finds the line in an error of the YAML library.
var yamlError = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// toJSON converts the document. A key that occurs twice in a mapping is not an
// error, as it is none in kubectl: the later one wins and duplicates says so.
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

// yamlMessage is the message with line numbers of the file instead of those of
// the document.
func (d document) yamlMessage(err error) string {
	text := err.Error()
	if m := yamlError.FindStringSubmatch(text); m != nil {
		text = m[2]
		if m[1] != "" {
			text = "line " + m[1] + ": " + m[2]
		}
	}
	text = strings.TrimPrefix(joinLines(text), "unmarshal errors: ")
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

// decodeText removes a byte order mark, converts UTF-16, and refuses what is
// not text.
func decodeText(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		data = fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		data = fromUTF16(data[2:], binary.BigEndian)
	}
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return nil, errors.New("is not text: a file must hold YAML or JSON in UTF-8")
	}
	return data, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
