// Package template fills in the templates of domains and paths.
//
// The language is that of Go's text/template as far as a domain needs it:
// values, index, print, printf, len, eq, ne, and, or, not, if, else and with.
// Templates are written by users, so there are no loops, no variables and no
// templates inside templates, and the lengths of text and result are bounded.
// Values are looked up in maps, not by reflection.
package template

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"text/template/parse"
)

// The most that a template may have and give, in bytes. A domain has at most
// 253 characters.
const (
	textLimit   = 1024
	resultLimit = 2048
)

// Values are what a template can refer to: texts and maps of texts.
type Values map[string]any

// Template is a template that was parsed.
type Template struct{ root *parse.ListNode }

// known are templates that were parsed, so that the one of the configuration is
// parsed once. It only saves time: an entry is a function of its key.
var known = memo{templates: map[string]*Template{}}

// maxKnown is how many templates are remembered. Most services use the one of
// the configuration.
const maxKnown = 64

type memo struct {
	sync.RWMutex
	templates map[string]*Template
}

func (m *memo) get(text string) *Template {
	m.RLock()
	defer m.RUnlock()
	return m.templates[text]
}

func (m *memo) put(text string, parsed *Template) {
	m.Lock()
	defer m.Unlock()
	if len(m.templates) < maxKnown {
		m.templates[text] = parsed
	}
}

// Parse reads a template. The error says what is wrong with the text.
func Parse(text string) (*Template, error) {
	if parsed := known.get(text); parsed != nil {
		return parsed, nil
	}
	parsed, err := parseNew(text)
	if err == nil {
		known.put(text, parsed)
	}
	return parsed, err
}

func parseNew(text string) (*Template, error) {
	if len(text) > textLimit {
		return nil, fmt.Errorf("the template has %d bytes: at most %d are allowed", len(text), textLimit)
	}
	callable := map[string]any{}
	for name := range functions {
		callable[name] = true
	}
	trees, err := parse.Parse("template", text, "", "", callable)
	if err != nil {
		return nil, fmt.Errorf("cannot parse the template: %w", err)
	}
	tree := trees["template"]
	if tree == nil || len(trees) != 1 {
		return nil, errors.New("the template is empty, or defines other templates")
	}
	if err := checkList(tree.Root); err != nil {
		return nil, err
	}
	return &Template{tree.Root}, nil
}

// checkList refuses nodes whose cost has no bound.
func checkList(list *parse.ListNode) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		if err := checkNode(node); err != nil {
			return err
		}
	}
	return nil
}

func checkNode(node parse.Node) error {
	switch n := node.(type) {
	case *parse.TextNode, *parse.ActionNode, *parse.CommentNode:
		return nil
	case *parse.IfNode:
		return errors.Join(checkList(n.List), checkList(n.ElseList))
	case *parse.WithNode:
		return errors.Join(checkList(n.List), checkList(n.ElseList))
	}
	return fmt.Errorf("%s is not allowed in the template: use values, if and with", node)
}

// Execute fills the template in. The error says which part has no value or is
// not supported, or that the result is too long.
func (t *Template) Execute(values Values) (string, error) {
	e := &execution{values: values}
	if err := e.list(t.root, values); err != nil {
		return "", fmt.Errorf("cannot fill in the template: %w", err)
	}
	return e.out.String(), nil
}

type execution struct {
	values Values
	out    strings.Builder
}

func (e *execution) list(list *parse.ListNode, dot any) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		if err := e.node(node, dot); err != nil {
			return err
		}
	}
	return nil
}

func (e *execution) node(node parse.Node, dot any) error {
	switch n := node.(type) {
	case *parse.TextNode:
		return e.write(string(n.Text))
	case *parse.ActionNode:
		value, err := e.pipe(n.Pipe, dot)
		if err != nil {
			return err
		}
		return e.write(text(value))
	case *parse.IfNode:
		return e.branch(&n.BranchNode, dot, false)
	case *parse.WithNode:
		return e.branch(&n.BranchNode, dot, true)
	}
	return nil
}

// branch executes an if, or a with, whose value becomes the dot.
func (e *execution) branch(n *parse.BranchNode, dot any, with bool) error {
	value, err := e.pipe(n.Pipe, dot)
	switch {
	case err != nil:
		return err
	case !truth(value):
		return e.list(n.ElseList, dot)
	case with:
		return e.list(n.List, value)
	}
	return e.list(n.List, dot)
}

func (e *execution) write(s string) error {
	if e.out.Len()+len(s) > resultLimit {
		return fmt.Errorf("the result has more than %d bytes", resultLimit)
	}
	e.out.WriteString(s)
	return nil
}

// pipe evaluates commands, each with the result of the one before as its last
// argument.
func (e *execution) pipe(p *parse.PipeNode, dot any) (value any, err error) {
	if len(p.Decl) > 0 {
		return nil, fmt.Errorf("%s: variables are not supported", p)
	}
	for i, command := range p.Cmds {
		var more []any
		if i > 0 {
			more = []any{value}
		}
		if value, err = e.command(command, dot, more); err != nil {
			return nil, err
		}
	}
	return value, nil
}

func (e *execution) command(c *parse.CommandNode, dot any, more []any) (any, error) {
	name, isFunction := c.Args[0].(*parse.IdentifierNode)
	if !isFunction {
		if len(c.Args) > 1 || len(more) > 0 {
			return nil, fmt.Errorf("%s is not a function", c.Args[0])
		}
		return e.operand(c.Args[0], dot)
	}
	args := make([]any, 0, len(c.Args))
	for _, node := range c.Args[1:] {
		value, err := e.operand(node, dot)
		if err != nil {
			return nil, err
		}
		args = append(args, value)
	}
	value, err := functions[name.Ident](append(args, more...))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	return value, nil
}

func (e *execution) operand(node parse.Node, dot any) (any, error) {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return field(dot, n.Ident)
	case *parse.ChainNode:
		value, err := e.operand(n.Node, dot)
		if err != nil {
			return nil, err
		}
		return field(value, n.Field)
	case *parse.VariableNode:
		if n.Ident[0] == "$" {
			return field(e.values, n.Ident[1:])
		}
	case *parse.StringNode:
		return n.Text, nil
	case *parse.NumberNode:
		if n.IsInt {
			return n.Int64, nil
		}
	case *parse.BoolNode:
		return n.True, nil
	case *parse.PipeNode:
		return e.pipe(n, dot)
	case *parse.IdentifierNode:
		return e.command(&parse.CommandNode{Args: []parse.Node{n}}, dot, nil)
	}
	return nil, fmt.Errorf("%s is not supported", node)
}

// field looks a path of names up. A key that a map of texts lacks has no value,
// which is not true and makes no domain; the values themselves must have the
// name.
func field(value any, path []string) (any, error) {
	for _, name := range path {
		switch v := value.(type) {
		case Values:
			known, ok := v[name]
			if !ok {
				return nil, fmt.Errorf("there is no value .%s", name)
			}
			value = known
		case map[string]string:
			value = nil
			if known, ok := v[name]; ok {
				value = known
			}
		default:
			return nil, fmt.Errorf("%v has no field .%s", value, name)
		}
	}
	return value, nil
}
