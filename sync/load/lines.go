package load

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/isvc-io/isvc/sync/child"
)

// Lines finds the lines of files in which fields of objects stand. It is not for several goroutines.
type Lines struct {
	files map[string]File
	// documents are the documents of the files that were asked for.
	documents map[string][]document
	// parsed is the document that was asked for last.
	parsed     *yaml.Node
	parsedFrom documentName
}

// documentName is a document of a file.
type documentName struct {
	file   string
	number int
}

// NewLines finds lines in files. Generated ones have no lines that somebody wrote.
func NewLines(files []File) *Lines {
	l := &Lines{files: map[string]File{}, documents: map[string][]document{}}
	for _, file := range files {
		if !file.IsGenerated {
			l.files[file.Name] = file
		}
	}
	return l
}

// maxParsed is the largest document whose lines are found, in bytes: the nodes of a document take many
// times its size.
const maxParsed = 4 << 20

// OfField returns the line in which a field of an object stands, from 1; 0 where the files do not have
// the object, or in a document of more than 4 MiB. The path is one of child.Changes, or one with the
// indexes of lists, or empty for the object itself. For a field that is not there, the line is that of
// the innermost part around it that is.
func (l *Lines) OfField(object Input, path string) int { return l.PositionOf(object, path).Line }

// Position is a place in a file. Lines and columns count from 1; a column counts characters. Both are 0
// where the place is not known.
type Position struct{ Line, Column int }

// PositionOf is OfField with the column.
func (l *Lines) PositionOf(object Input, path string) Position {
	doc, known := l.document(object.File, object.Document)
	if !known {
		return Position{}
	}
	node := objectNode(l.parse(doc), object, "")
	if node == nil {
		return Position{}
	}
	return doc.position(nodeBelow(node, child.SplitPath(path)))
}

// Has reports whether an object has a field in its file. It is false where the lines are not known.
func (l *Lines) Has(object Input, path string) bool {
	doc, known := l.document(object.File, object.Document)
	if !known {
		return false
	}
	node := objectNode(l.parse(doc), object, "")
	for _, name := range child.SplitPath(path) {
		key, value := entryNode(node, name)
		if key == nil {
			return false
		}
		node = value
	}
	return node != nil
}

// OfProblem is the position of what a problem is about: a field, an object, or a document.
func (l *Lines) OfProblem(p Problem) Position {
	if p.name.Name != "" {
		if at := l.PositionOf(Input{ObjectName: p.name, File: p.File, Document: p.Document}, p.Field); at.Line > 0 {
			return at
		}
	}
	return l.OfDocument(p.File, p.Document)
}

// OfDocument is the position at which a document of a file begins.
func (l *Lines) OfDocument(file string, number int) Position {
	doc, known := l.document(file, number)
	if !known {
		return Position{}
	}
	if node := l.parse(doc); node != nil {
		return doc.position(node)
	}
	return Position{Line: doc.line, Column: 1}
}

// position is where a node of the document stands in its file.
func (d document) position(node *yaml.Node) Position {
	return Position{Line: d.line - 1 + node.Line, Column: node.Column}
}

// document finds a document of a file.
func (l *Lines) document(name string, number int) (document, bool) {
	file, known := l.files[name]
	if !known || number < 1 {
		return document{}, false
	}
	docs, split := l.documents[name]
	if !split {
		docs, _ = splitFile(file)
		l.documents[name] = docs
	}
	if len(docs) < number {
		return document{}, false
	}
	return docs[number-1], true
}

// parse returns the top of a document; nil where it cannot be parsed.
func (l *Lines) parse(doc document) *yaml.Node {
	name := documentName{doc.file, doc.number}
	if l.parsedFrom == name {
		return l.parsed
	}
	l.parsed, l.parsedFrom = nil, name
	var root yaml.Node
	if len(doc.text) <= maxParsed && yaml.Unmarshal(doc.text, &root) == nil && len(root.Content) > 0 {
		l.parsed = root.Content[0]
	}
	return l.parsed
}

// objectNode finds an object in a document, which may be a list: the items of a typed list inherit their
// kind.
func objectNode(node *yaml.Node, object Input, inherited string) *yaml.Node {
	own := cmp.Or(scalarOf(memberNode(node, "kind")), inherited)
	if items := memberNode(node, "items"); items != nil && items.Kind == yaml.SequenceNode {
		for _, item := range items.Content {
			if found := objectNode(item, object, strings.TrimSuffix(own, "List")); found != nil {
				return found
			}
		}
		return nil
	}
	kind, _ := object.Kind.NameAndVersion()
	metadata := memberNode(node, "metadata")
	if own != kind || scalarOf(memberNode(metadata, "name")) != object.Name {
		return nil
	}
	if namespace := scalarOf(memberNode(metadata, "namespace")); namespace != "" && object.Namespace != "" && namespace != object.Namespace {
		return nil
	}
	return node
}

// nodeBelow is the node that shows where the field at a path below a node stands.
func nodeBelow(node *yaml.Node, path []string) *yaml.Node {
	at := node
	for _, name := range path {
		key, value := entryNode(node, name)
		if key == nil {
			return at
		}
		at, node = key, value
	}
	return at
}

// entryNode finds the entry of a mapping by its key, or the item of a list by the value of a merge key,
// else by its index. The first node says where it stands.
func entryNode(node *yaml.Node, name string) (key, value *yaml.Node) {
	for node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node == nil {
		return nil, nil
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == name {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		for _, item := range node.Content {
			if slices.ContainsFunc(child.MergeKeys(), func(key string) bool { return scalarOf(memberNode(item, key)) == name }) {
				return item, item
			}
		}
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	}
	return nil, nil
}

func memberNode(node *yaml.Node, name string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	_, value := entryNode(node, name)
	return value
}

func scalarOf(node *yaml.Node) string {
	if node == nil || node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}
