package modes

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/template"
	"text/template/parse"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/modes/names"
)

// What a template of a domain or path may cost: the length of its text and of
// what it renders, in bytes. A domain has at most 253 characters.
const (
	templateLimit = 1024
	renderedLimit = 2048
)

// domainValues are what a domain template can refer to.
type domainValues struct {
	Name          string
	Namespace     string
	IngressDomain string
	Annotations   map[string]string
	Labels        map[string]string
}

// pathValues are what a path template can refer to.
type pathValues struct {
	Name      string
	Namespace string
}

// domain is the host under which an object is reached from outside. Name is
// that of the service or of one of its components; the other values are the
// service's, whatever the object.
func (r Route) domain(env *Env, name string) (string, *Problem) {
	parent := env.Parent
	domain, err := render(r.Config.DomainTemplate, domainValues{
		Name:          names.Truncate63(name),
		Namespace:     parent.Namespace,
		IngressDomain: r.Config.IngressDomain,
		Annotations:   parent.Annotations,
		Labels:        parent.Labels,
	})
	if err == nil {
		err = checkDomain(domain)
	}
	if err != nil {
		return "", &Problem{Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
			"cannot make a domain for InferenceService %s/%s: domainTemplate %q: %v", parent.Namespace, parent.Name, brief(r.Config.DomainTemplate), err)}
	}
	return domain, nil
}

// checkDomain returns an error unless the text is a domain of two labels or
// more.
func checkDomain(domain string) error {
	if strings.HasSuffix(domain, ".") {
		return fmt.Errorf("%q is not a domain name: it ends with a dot", brief(domain))
	}
	if errs := validation.IsFullyQualifiedDomainName(nil, domain); len(errs) > 0 {
		return fmt.Errorf("%q is not a domain name: %s", brief(domain), errs[0].Detail)
	}
	return nil
}

// isLabel reports whether a text can be the name of a namespace.
func isLabel(text string) bool { return len(validation.IsDNS1123Label(text)) == 0 }

// isSubdomain reports whether a text can be the name of an object.
func isSubdomain(text string) bool { return len(validation.IsDNS1123Subdomain(text)) == 0 }

// path is the prefix under which the service is reached on the ingress domain,
// without a slash at the end; empty when there is none.
func (r Route) path(env *Env) (string, *Problem) {
	if r.Config.PathTemplate == "" {
		return "", nil
	}
	parent := env.Parent
	path, err := render(r.Config.PathTemplate, pathValues{Name: parent.Name, Namespace: parent.Namespace})
	if err == nil {
		err = checkPath(path)
	}
	if err == nil {
		err = checkDomain(r.Config.IngressDomain)
	}
	if err != nil {
		return "", &Problem{Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
			"cannot make a path for InferenceService %s/%s: pathTemplate %q: %v", parent.Namespace, parent.Name, brief(r.Config.PathTemplate), err)}
	}
	return strings.TrimRight(path, "/"), nil
}

// checkPath returns an error unless the text is the path of a URL, and more
// than the root, which belongs to nobody.
func checkPath(path string) error {
	parsed, err := url.ParseRequestURI(path)
	switch {
	case err != nil || !strings.HasPrefix(path, "/") || parsed.Path != path:
		return fmt.Errorf("%q is not the path of a URL", brief(path))
	case strings.Trim(path, "/") == "":
		return fmt.Errorf("%q is the root of the domain, which all services share", brief(path))
	}
	return nil
}

// render fills in a template. Users write templates, so that their cost is
// bounded: no loops, no templates inside templates, and short texts.
func render(text string, values any) (string, error) {
	if len(text) > templateLimit {
		return "", fmt.Errorf("the template has %d bytes: at most %d are allowed", len(text), templateLimit)
	}
	parsed, err := template.New("template").Parse(text)
	if err != nil {
		return "", fmt.Errorf("cannot parse the template: %w", err)
	}
	if parsed.Tree == nil {
		return "", errors.New("the template is empty")
	}
	if err := checkNode(parsed.Root); err != nil {
		return "", err
	}
	var out boundedText
	if err := parsed.Execute(&out, values); err != nil {
		return "", fmt.Errorf("cannot fill in the template: %w", err)
	}
	return out.String(), nil
}

// checkNode returns an error for a part of a template whose cost has no bound.
func checkNode(node parse.Node) error {
	switch node := node.(type) {
	case *parse.ListNode:
		return checkList(node)
	case *parse.IfNode:
		return errors.Join(checkList(node.List), checkList(node.ElseList))
	case *parse.WithNode:
		return errors.Join(checkList(node.List), checkList(node.ElseList))
	case *parse.TextNode, *parse.ActionNode, *parse.CommentNode:
		return nil
	}
	return fmt.Errorf("%q is not allowed in the template: use values, if and with", brief(node.String()))
}

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

// boundedText is a buffer that refuses to grow beyond renderedLimit.
type boundedText struct{ strings.Builder }

// Write appends to the text, or returns an error when it would be too long.
func (t *boundedText) Write(data []byte) (int, error) {
	if t.Len()+len(data) > renderedLimit {
		return 0, fmt.Errorf("the result has more than %d bytes", renderedLimit)
	}
	return t.Builder.Write(data)
}

// brief shortens a text for a message.
func brief(text string) string {
	const shown = 120
	if len(text) <= shown {
		return text
	}
	return text[:shown] + "..."
}

// additionalHosts are the hosts of a service under the additional domains: the
// part of its host before the main domain, on each of them. A host that is no
// domain name is left out, as are duplicates.
func (r Route) additionalHosts(env *Env, host string) []string {
	before := env.Parent.Name + "." + env.Parent.Namespace
	if part, found := strings.CutSuffix(host, "."+r.Config.IngressDomain); found {
		before = part
	}
	seen := map[string]bool{host: true}
	var hosts []string
	for _, domain := range r.Config.AdditionalIngressDomains {
		candidate := before + "." + domain
		if seen[candidate] || checkDomain(candidate) != nil {
			continue
		}
		seen[candidate] = true
		hosts = append(hosts, candidate)
	}
	return hosts
}
