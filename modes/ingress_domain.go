package modes

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/config/template"
	"github.com/isvc-io/isvc/modes/names"
)

// domain is the host under which an object is reached from outside. Name is
// that of the service or of one of its components; the other values are the
// service's, whatever the object.
func (r Route) domain(env *Env, name string) (string, *finding.Finding) {
	parent := env.Parent
	domain, err := render(r.Config.DomainTemplate, template.DomainValues{
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
		return "", &finding.Finding{Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
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
func (r Route) path(env *Env) (string, *finding.Finding) {
	if r.Config.PathTemplate == "" {
		return "", nil
	}
	parent := env.Parent
	path, err := render(r.Config.PathTemplate, template.PathValues{Name: parent.Name, Namespace: parent.Namespace})
	if err == nil {
		err = checkPath(path)
	}
	if err == nil {
		err = checkDomain(r.Config.IngressDomain)
	}
	if err != nil {
		return "", &finding.Finding{Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
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

// render fills in a template.
func render(text string, values any) (string, error) {
	parsed, err := template.Parse(text)
	if err != nil {
		return "", err
	}
	return parsed.Execute(values)
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
