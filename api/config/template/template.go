// Package template fills in the templates of domains and paths.
//
// The language is the part of Go's text/template that a domain needs: values, index, print, printf,
// len, eq, ne, and, or, not, if, else and with. Users write templates in annotations, so Parse
// walks the tree that text/template made and refuses whatever could loop or grow: range, variables
// and templates inside templates. The lengths of the template, of what a function makes and of the
// result are bounded.
package template

import (
	"errors"
	"fmt"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
)

// The most that a template may have and give, in bytes. A domain has at most 253 characters.
const (
	maxTemplateBytes = 1024
	maxResultBytes   = 2048
)

// DomainValues are what the template of a domain can refer to.
type DomainValues struct {
	Name, Namespace, IngressDomain string
	Annotations, Labels            map[string]string
}

// PathValues are what the template of a path can refer to.
type PathValues struct{ Name, Namespace string }

// Template is a template that was parsed and may be executed.
type Template struct{ parsed *texttemplate.Template }

// Parse reads a template. The error says what is wrong with it or not allowed in it.
func Parse(text string) (*Template, error) {
	if len(text) > maxTemplateBytes {
		return nil, fmt.Errorf("the template has %d bytes: at most %d are allowed", len(text), maxTemplateBytes)
	}
	parsed, err := texttemplate.New("template").Funcs(boundedFunctions).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("cannot parse the template: %w", err)
	}
	if len(parsed.Templates()) > 1 {
		return nil, errors.New("the template defines other templates")
	}
	if err := checkNode(parsed.Root); err != nil {
		return nil, err
	}
	return &Template{parsed}, nil
}

// Execute fills the template in with DomainValues or PathValues. The error says which part has no
// value, or that the result is too long. A label or annotation that the service does not have makes
// "<no value>", which counts as false and is legal in no domain.
func (t *Template) Execute(values any) (string, error) {
	var result boundedResult
	if err := t.parsed.Execute(&result, values); err != nil {
		return "", fmt.Errorf("cannot fill in the template: %w", err)
	}
	return result.text.String(), nil
}

// boundedResult refuses to become too long.
type boundedResult struct{ text strings.Builder }

func (r *boundedResult) Write(part []byte) (int, error) {
	if r.text.Len()+len(part) > maxResultBytes {
		return 0, errTooLong
	}
	return r.text.Write(part)
}

// checkNode refuses what could loop or grow, and functions that no domain needs.
func checkNode(node parse.Node) error {
	switch n := node.(type) {
	case *parse.TextNode, *parse.CommentNode, *parse.DotNode, *parse.NilNode, *parse.FieldNode,
		*parse.VariableNode, *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
		return nil
	case *parse.ListNode:
		if n == nil {
			return nil // there is no else
		}
		return checkNodes(n.Nodes)
	case *parse.ActionNode:
		return checkNode(n.Pipe)
	case *parse.IfNode:
		return checkNodes([]parse.Node{n.Pipe, n.List, n.ElseList})
	case *parse.WithNode:
		return checkNodes([]parse.Node{n.Pipe, n.List, n.ElseList})
	case *parse.PipeNode:
		if len(n.Decl) > 0 {
			return fmt.Errorf("%s: variables are not supported", n)
		}
		return checkNodes(n.Cmds)
	case *parse.CommandNode:
		return checkNodes(n.Args)
	case *parse.ChainNode:
		return checkNode(n.Node)
	case *parse.IdentifierNode:
		if functionIsAllowed(n.Ident) {
			return nil
		}
	}
	return fmt.Errorf("%s is not allowed in the template: use values, if and with", node)
}

func checkNodes[N parse.Node](nodes []N) error {
	for _, node := range nodes {
		if err := checkNode(node); err != nil {
			return err
		}
	}
	return nil
}
