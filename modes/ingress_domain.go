package modes

import (
	"fmt"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/config/template"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// externalHost is the host outside the cluster by which users reach the service or one of its
// components. Name is the name of the service or component; the other values of the template are
// the service's in both cases.
func (r Route) externalHost(env *Env, name string) (string, *finding.Finding) {
	parent := env.Parent
	domain, err := executeTemplate(r.Config.DomainTemplate, template.DomainValues{
		Name:          names.Truncate63(name),
		Namespace:     parent.Namespace,
		IngressDomain: r.Config.IngressDomain,
		Annotations:   parent.Annotations,
		Labels:        parent.Labels,
	})
	if err == nil {
		err = checkDomainName(domain)
	}
	if err != nil {
		return "", &finding.Finding{Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
			"cannot make a domain for InferenceService %s/%s: domainTemplate %q: %v", parent.Namespace, parent.Name, shortenForMessage(r.Config.DomainTemplate), err)}
	}
	return domain, nil
}

// checkDomainName returns an error unless the string is a domain of at least two labels.
func checkDomainName(domain string) error {
	if strings.HasSuffix(domain, ".") {
		return fmt.Errorf("%q is not a domain name: it ends with a dot", shortenForMessage(domain))
	}
	if errs := validation.IsFullyQualifiedDomainName(nil, domain); len(errs) > 0 {
		return fmt.Errorf("%q is not a domain name: %s", shortenForMessage(domain), errs[0].Detail)
	}
	return nil
}

// isNamespaceName reports whether a string can be the name of a namespace.
func isNamespaceName(name string) bool { return len(validation.IsDNS1123Label(name)) == 0 }

// isObjectName reports whether a string can be the name of an object.
func isObjectName(name string) bool { return len(validation.IsDNS1123Subdomain(name)) == 0 }

// pathOnIngressDomain is the prefix under which users reach the service on the ingress domain,
// without a slash at the end; empty without a path template.
func (r Route) pathOnIngressDomain(env *Env) (string, *finding.Finding) {
	if r.Config.PathTemplate == "" {
		return "", nil
	}
	parent := env.Parent
	path, err := executeTemplate(r.Config.PathTemplate, template.PathValues{Name: parent.Name, Namespace: parent.Namespace})
	if err == nil {
		err = checkURLPath(path)
	}
	if err == nil {
		err = checkDomainName(r.Config.IngressDomain)
	}
	if err != nil {
		return "", &finding.Finding{Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
			"cannot make a path for InferenceService %s/%s: pathTemplate %q: %v", parent.Namespace, parent.Name, shortenForMessage(r.Config.PathTemplate), err)}
	}
	return trimPath(path), nil
}

func trimPath(path string) string { return strings.TrimRight(path, "/") }

// checkURLPath returns an error unless the string is the path of a URL and not the root, which all
// services share.
func checkURLPath(path string) error {
	parsed, err := url.ParseRequestURI(path)
	switch {
	case err != nil || !strings.HasPrefix(path, "/") || parsed.Path != path:
		return fmt.Errorf("%q is not the path of a URL", shortenForMessage(path))
	case strings.Trim(path, "/") == "":
		return fmt.Errorf("%q is the root of the domain, which all services share", shortenForMessage(path))
	}
	return nil
}

// executeTemplate fills in a template.
func executeTemplate(source string, values any) (string, error) {
	parsed, err := template.Parse(source)
	if err != nil {
		return "", err
	}
	return parsed.Execute(values)
}

// shortenForMessage returns at most the first 120 bytes of a string.
func shortenForMessage(value string) string {
	const shown = 120
	if len(value) <= shown {
		return value
	}
	return value[:shown] + "..."
}

// hostsOnAdditionalDomains are the hosts of a service on the additional domains: the part of its
// host before the main domain, on each of them. It leaves out duplicates, and reports hosts that are not
// domain names.
func (r Route) hostsOnAdditionalDomains(env *Env, host string) (hosts []string, findings []finding.Finding) {
	before := env.Parent.Name + "." + env.Parent.Namespace
	if part, found := strings.CutSuffix(host, "."+r.Config.IngressDomain); found {
		before = part
	}
	seen := map[string]bool{host: true}
	for _, domain := range r.Config.AdditionalIngressDomains {
		candidate := before + "." + domain
		if seen[candidate] {
			continue
		}
		seen[candidate] = true
		if err := checkDomainName(candidate); err != nil {
			findings = append(findings, finding.Finding{
				Subject: "ingress/" + domain, Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
					"InferenceService %s/%s has no host on the additional domain %q: %v; correct additionalIngressDomains in key %s of ConfigMap %s, or annotation %s",
					env.Parent.Namespace, env.Parent.Name, shortenForMessage(domain), err,
					config.SectionIngress, config.MapName, v1beta1.AnnotationIngressAdditionalDomains),
			})
			continue
		}
		hosts = append(hosts, candidate)
	}
	return hosts, findings
}
