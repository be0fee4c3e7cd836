package modes

import (
	"fmt"
	"net/url"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Addresses are the URLs under which users reach a service. An empty one is not known yet.
type Addresses struct {
	// URL is the address for clients: outside the cluster where there is an ingress.
	URL string
	// Address is the address inside the cluster.
	Address string
	// Components are the addresses of the components, by type.
	Components map[v1beta1.ComponentType]string
	// InClusterSuffix follows the name of a Service object in its host inside the cluster:
	// ".team-a.svc.cluster.local".
	InClusterSuffix string
}

// ComputeAddresses computes the addresses of a service from the same decisions as its routes:
//
//	                    URL                            Address
//	ingress disabled    the service's name, port 80    the same
//	 and cluster-local  the entry's Service            the same
//	 and serverless     the entry's Service, which     the same
//	                    alone wakes it from zero
//	Ingress, HTTPRoute  <scheme>://<domain>            the entry's Service
//	 on a shared host   <scheme>://<host><path>        the same
//	VirtualService      <scheme>://<Knative's host>    the service's name
//	                    or <scheme>://<domain><path>
//	 disabled           <scheme>://<Knative's host>    the entry's Service
//
// The address of the entry's Service has a port unless it is 80. A service without an entry
// component has no address.
func ComputeAddresses(env *Env, r Route) (Addresses, *finding.Finding) {
	entry := r.EntryComponent()
	if entry == nil {
		return Addresses{}, nil
	}
	addresses := Addresses{
		Address: componentURLInCluster(env, entry), Components: r.reportedComponentURLs(env),
		InClusterSuffix: hostInCluster("", env.Parent.Namespace, env.Config.ClusterDomain),
	}
	switch {
	case r.Config.DisableIngressCreation && (isClusterLocal(env.Parent) || entry.Mode == v1beta1.Serverless):
		addresses.URL = addresses.Address
		return addresses, nil
	case r.Config.DisableIngressCreation:
		addresses.Address = ServiceURLInCluster(env)
		addresses.URL = addresses.Address
		return addresses, nil
	case entry.Mode == v1beta1.Serverless && !r.Config.DisableIstioVirtualHost:
		addresses.Address = ServiceURLInCluster(env)
	}
	outside, problem := r.urlOutsideCluster(env, entry)
	addresses.URL = outside
	return addresses, problem
}

// ServiceURLInCluster is the address of the Service object with the name of the service, without a
// port. It is also the address of a service in mode VirtualDeployment, whatever serves it.
func ServiceURLInCluster(env *Env) string { return "http://" + serviceHostInCluster(env) }

// componentURLInCluster is the address of a component's Service object inside the cluster.
func componentURLInCluster(env *Env, c *Component) string {
	address := "http://" + componentHostInCluster(env, c)
	if port := portOfServiceObject(c); port != httpPort {
		address += fmt.Sprintf(":%d", port)
	}
	return address
}

// urlOutsideCluster is the address of the service through its ingress.
func (r Route) urlOutsideCluster(env *Env, entry *Component) (string, *finding.Finding) {
	if r.sharesHost(entry) {
		return r.urlOnSharedHost(env, r.Config.URLScheme, env.Parent.Name)
	}
	if entry.Mode != v1beta1.Serverless {
		host, problem := r.externalHost(env, env.Parent.Name)
		if problem != nil {
			return "", problem
		}
		return r.withConfiguredScheme(host), nil
	}
	if r.Config.DisableIstioVirtualHost {
		return r.withConfiguredScheme(hostOfURL(r.KnativeURLs[entry.Type])), nil
	}
	if isClusterLocal(env.Parent) {
		return ServiceURLInCluster(env), nil
	}
	path, problem := r.pathOnIngressDomain(env)
	switch {
	case problem != nil:
		return "", problem
	case path != "":
		return r.withConfiguredScheme(r.Config.IngressDomain) + path, nil
	}
	return r.withConfiguredScheme(r.hostFromKnative(entry)), nil
}

// urlOnSharedHost is the address of the service, or of a component, on the host that all services share.
func (r Route) urlOnSharedHost(env *Env, scheme, name string) (string, *finding.Finding) {
	hosts, _, problem := r.sharedHosts(env)
	if problem != nil {
		return "", problem
	}
	return (&url.URL{Scheme: scheme, Host: hosts[0], Path: pathOnSharedHost(env, name)}).String(), nil
}

// withConfiguredScheme is the URL of a host with the scheme of the configuration; empty without a
// host.
func (r Route) withConfiguredScheme(host string) string {
	if host == "" {
		return ""
	}
	return (&url.URL{Scheme: r.Config.URLScheme, Host: host}).String()
}

// reportedComponentURLs are the addresses of the components: Knative's for a serverless one, else
// the component's domain with scheme http, as OME reports it. A domain that cannot be made is left
// out, because it is a problem only where a route needs it.
func (r Route) reportedComponentURLs(env *Env) map[v1beta1.ComponentType]string {
	urls := map[v1beta1.ComponentType]string{}
	for _, c := range r.Components {
		if c.Mode == v1beta1.Serverless {
			if reported := r.KnativeURLs[c.Type]; reported != "" {
				urls[c.Type] = reported
			}
			continue
		}
		if entry := r.EntryComponent(); entry != nil && r.sharesHost(entry) {
			if address, problem := r.urlOnSharedHost(env, "http", c.Name); problem == nil {
				urls[c.Type] = address
			}
			continue
		}
		if host, problem := r.externalHost(env, c.Name); problem == nil {
			urls[c.Type] = "http://" + host
		}
	}
	return urls
}
