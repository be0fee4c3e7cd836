package sync

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/observed"
)

// ExclusiveHostPrefix begins each of ExclusiveNames that is a host.
const ExclusiveHostPrefix = "host "

// ExclusiveNames lists what the objects of a service need for this service alone, in the words of
// messages: the objects themselves ("Service team-a/chat-engine"), the Service objects that controllers
// make for them, and the hosts and paths of routes ("host chat.example.com"). Two services that have one
// in common cannot both work.
func ExclusiveNames(objects []*unstructured.Unstructured) []string {
	seen := map[string]bool{}
	var names []string
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, object := range objects {
		key := keyOf(object)
		add(describeInNamespace(key.kind, object.GetNamespace(), key.name))
		if mode, ok := modes.OfWorkload(key.kind); ok && mode.ServicesOfController != nil {
			for _, service := range mode.ServicesOfController(object.Object) {
				add(describeInNamespace(kinds.Service, object.GetNamespace(), service))
			}
		}
		for _, host := range hostsOfRoute(object) {
			add(ExclusiveHostPrefix + host)
		}
	}
	return names
}

func describeInNamespace(kind kinds.Kind, namespace, name string) string {
	kindName, _ := kind.NameAndVersion()
	if kind == kinds.KnativeService {
		kindName = "Knative " + kindName
	}
	return kindName + " " + observed.ObjectKey(namespace, name)
}

// hostsOfRoute are the hosts that a route leads to the service, each with its path unless that is all of
// the host: "models.example.com/serving/chat". Other objects have none.
func hostsOfRoute(object *unstructured.Unstructured) []string {
	switch keyOf(object).kind {
	case kinds.HTTPRoute:
		return hostsOfHTTPRoute(decodeRoute[modes.HTTPRoute](object))
	case kinds.Ingress:
		return hostsOfIngress(decodeRoute[networkingv1.Ingress](object))
	case kinds.VirtualService:
		return hostsOfVirtualService(decodeRoute[modes.VirtualService](object))
	}
	return nil
}

// decodeRoute reads a route; what cannot be read is empty.
func decodeRoute[T any](object *unstructured.Unstructured) T {
	var route T
	if text, err := object.MarshalJSON(); err == nil {
		_ = json.Unmarshal(text, &route)
	}
	return route
}

func hostsOfHTTPRoute(route modes.HTTPRoute) []string {
	var hosts []string
	for _, host := range route.Spec.Hostnames {
		for _, rule := range route.Spec.Rules {
			for _, match := range rule.Matches {
				hosts = append(hosts, hostWithPath(host, match.Path.Value))
			}
		}
	}
	return hosts
}

func hostsOfIngress(ingress networkingv1.Ingress) []string {
	var hosts []string
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, path := range rule.HTTP.Paths {
			hosts = append(hosts, hostWithPath(rule.Host, path.Path))
		}
	}
	return hosts
}

func hostsOfVirtualService(service modes.VirtualService) []string {
	var hosts []string
	for _, rule := range service.Spec.HTTP {
		for _, match := range rule.Match {
			if match.Authority == nil || match.URI != nil && match.URI.Prefix == "" {
				continue
			}
			authority, err := regexp.Compile(match.Authority.Regex)
			at := slices.IndexFunc(service.Spec.Hosts, func(host string) bool { return err == nil && authority.MatchString(host) })
			if at < 0 {
				continue
			}
			path := "/"
			if match.URI != nil {
				path = match.URI.Prefix
			}
			hosts = append(hosts, hostWithPath(service.Spec.Hosts[at], path))
		}
	}
	return hosts
}

func hostWithPath(host, path string) string { return host + strings.TrimRight(path, "/") }
