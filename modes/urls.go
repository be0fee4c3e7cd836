package modes

import (
	"fmt"
	"net/url"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// Addresses are the URLs under which a service is reached. An empty one is not
// known yet.
type Addresses struct {
	// URL is the address for clients: outside the cluster where there is an
	// ingress.
	URL string
	// Address is the address inside the cluster.
	Address string
	// Components are the addresses of the components, by type.
	Components map[v1beta1.ComponentType]string
}

// URLs computes the addresses of a service from the same decisions as its
// routes:
//
//	                    URL                            Address
//	ingress disabled    the service's name, port 80    the same
//	 and cluster-local  the entry's Service            the same
//	 and serverless     the entry's Service, which     the same
//	                    alone wakes it from zero
//	Ingress, HTTPRoute  <scheme>://<domain>            the entry's Service
//	VirtualService      <scheme>://<Knative's host>    the service's name
//	                    or <scheme>://<domain><path>
//	 disabled           <scheme>://<Knative's host>    the entry's Service
//
// The address of the entry's Service has a port unless it is 80. A service
// without an entry component has no address.
func URLs(env *Env, r Route) (Addresses, *finding.Finding) {
	entry := r.Entry()
	if entry == nil {
		return Addresses{}, nil
	}
	addresses := Addresses{Address: componentAddress(env, entry), Components: r.componentURLs(env)}
	switch {
	case r.Config.DisableIngressCreation && (clusterLocal(env.Parent) || entry.Mode == v1beta1.Serverless):
		addresses.URL = addresses.Address
		return addresses, nil
	case r.Config.DisableIngressCreation:
		addresses.Address = VirtualURL(env)
		addresses.URL = addresses.Address
		return addresses, nil
	case entry.Mode == v1beta1.Serverless && !r.Config.DisableIstioVirtualHost:
		addresses.Address = VirtualURL(env)
	}
	outside, problem := r.outsideURL(env, entry)
	addresses.URL = outside
	return addresses, problem
}

// VirtualURL is the address of the Service that is called like the service,
// without a port: that of a service in mode VirtualDeployment too, whatever
// serves it.
func VirtualURL(env *Env) string { return "http://" + parentHost(env) }

// componentAddress is the address of a component's Service inside the cluster.
func componentAddress(env *Env, c *Component) string {
	address := "http://" + componentHost(env, c)
	if port := backendPort(c); port != httpPort {
		address += fmt.Sprintf(":%d", port)
	}
	return address
}

// outsideURL is the address of the service through its ingress.
func (r Route) outsideURL(env *Env, entry *Component) (string, *finding.Finding) {
	if entry.Mode != v1beta1.Serverless {
		host, problem := r.domain(env, env.Parent.Name)
		if problem != nil {
			return "", problem
		}
		return r.schemed(host), nil
	}
	if r.Config.DisableIstioVirtualHost {
		return r.schemed(urlHost(r.KnativeURLs[entry.Type])), nil
	}
	if clusterLocal(env.Parent) {
		return VirtualURL(env), nil
	}
	path, problem := r.path(env)
	switch {
	case problem != nil:
		return "", problem
	case path != "":
		return r.schemed(r.Config.IngressDomain) + path, nil
	}
	return r.schemed(r.knativeHost(entry)), nil
}

// schemed puts the scheme of the configuration before a host; nothing before
// nothing.
func (r Route) schemed(host string) string {
	if host == "" {
		return ""
	}
	return (&url.URL{Scheme: r.Config.URLScheme, Host: host}).String()
}

// componentURLs are the addresses of the components: Knative's where there is
// one, else the component's domain with scheme http, as OME reports it. A
// domain that cannot be made is left out: it is a problem only where a route
// needs it.
func (r Route) componentURLs(env *Env) map[v1beta1.ComponentType]string {
	urls := map[v1beta1.ComponentType]string{}
	for _, c := range r.Components {
		if c.Mode == v1beta1.Serverless {
			if text := r.KnativeURLs[c.Type]; text != "" {
				urls[c.Type] = text
			}
			continue
		}
		if host, problem := r.domain(env, c.Name); problem == nil {
			urls[c.Type] = "http://" + host
		}
	}
	return urls
}
