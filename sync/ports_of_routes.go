package sync

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
)

// withPortsOfRoutes changes the port at which routes lead to a Service object in steps, because the two are not written
// at one moment, and routes may stay as they are:
//
//	the Service object has  routes lead to  what is written
//	────────────────────────────────────────────────────────────────────────
//	the former port         the former one  the Service object, with both
//	both                    the former one  the routes, to the new one
//	both                    the new one     the Service object, with the new one
//
// A port takes the place of the one of its name, else the one at which the component serves. Meanwhile the former one
// has the name: by the names of ports, gateways find pods in EndpointSlices, which follow a moment later. A port that
// keeps its number gets another name at once: there are no two ports of one number.
func withPortsOfRoutes(all children, current observedState) children {
	out := all
	led := current.portsOfRoutes()
	for _, service := range slices.Sorted(maps.Keys(led)) {
		key := childKey{kinds.Service, service}
		wanted := portsOf(all[key])
		if wanted.servingPlace() < 0 || len(wanted) == 1 && slices.Equal(led[service], []int64{wanted[0].portNumber()}) {
			continue // at rest, as a rule, and then no Service object is decoded
		}
		shown, exists := current.child(key)
		now := portsOf(shown.decode())
		formers := slices.DeleteFunc(led[service], func(number int64) bool {
			if !exists { // somebody deleted it
				return !all.someRouteLeadsTo(service, number)
			}
			place := now.placeOfNumber(number)
			return place < 0 || !now[place].isForTCP()
		})
		if len(formers) == 0 {
			continue
		}
		if ports := withFormerPorts(wanted, formers, now); ports != nil {
			out = out.with(children{key: withPorts(all[key], ports)})
		}
		for _, route := range out.keysOfRoutesByPort() {
			former := formers[0]
			for _, number := range current.portsOfRoute(route)[service] {
				if slices.Contains(formers, number) {
					former = number
				}
			}
			out = out.with(children{route: waitingRoute(out[route], service, former, func(number int64) bool {
				return isPortThere(wanted, number, now)
			})})
		}
	}
	return out
}

// withFormerPorts are the wanted ports of a Service object with those former ones beside them that do not stay. They are nil
// where all stay. Another port of the number of a former one comes when no route leads to that.
func withFormerPorts(wanted servicePorts, formers []int64, now servicePorts) servicePorts {
	var ports servicePorts
	for _, number := range formers {
		former, name := servicePort{}, ""
		if place := now.placeOfNumber(number); place >= 0 {
			former, name = now[place], now.nameAt(place)
		}
		if instead := portInsteadOf(wanted, number, name); instead != nil {
			kept := maps.Clone(instead)
			kept["port"], kept["name"] = number, former["name"]
			ports = append(ports, kept)
		}
	}
	if ports == nil {
		return nil
	}
	for _, port := range wanted {
		if ports.placeOfNumber(port.portNumber()) < 0 {
			ports = append(ports, maps.Clone(port))
		}
	}
	for i, port := range ports {
		if name, _ := port["name"].(string); name == "" || ports[:i].hasName(name) {
			port["name"] = modes.NameOfPortNumber(port.portNumber(), append(wanted, ports...).hasName)
		}
	}
	return ports
}

// portInsteadOf is the wanted port that takes the place of a former one of a number and a name; nil where the former one
// stays.
func portInsteadOf(wanted servicePorts, number int64, name string) servicePort {
	serving, same, named := wanted[wanted.servingPlace()], wanted.placeOfNumber(number), wanted.placeOfName(name)
	switch {
	case serving.portNumber() == number || named >= 0 && named == same:
		return nil
	case named >= 0:
		return wanted[named]
	}
	return serving
}

// isPortThere reports whether a Service object leads to what the wanted port of a number leads to, at that number. One that is
// not wanted is there.
func isPortThere(wanted servicePorts, number int64, now servicePorts) bool {
	at, place := wanted.placeOfNumber(number), now.placeOfNumber(number)
	if at < 0 || place < 0 {
		return at < 0
	}
	name := now[place].givenName() // none beside the former port, which has it
	return now[place].isForTCP() && child.Equal(now[place]["targetPort"], wanted[at]["targetPort"]) && (name == "" || name == wanted[at].givenName())
}

// keysOfRoutesByPort are the routes that lead to ports of Service objects.
func (c children) keysOfRoutesByPort() []childKey {
	return append(c.keysOfKind(kinds.HTTPRoute), c.keysOfKind(kinds.Ingress)...)
}

// someRouteLeadsTo reports whether a route leads to a Service object at a port.
func (c children) someRouteLeadsTo(service string, number int64) bool {
	return slices.ContainsFunc(c.keysOfRoutesByPort(), func(route childKey) bool {
		return slices.Contains(portsOfBackends(c[route])[service], number)
	})
}

// portsOfRoutes are the ports at which routes that exist lead to Service objects, sorted, by the names of these.
func (s observedState) portsOfRoutes() map[string][]int64 {
	led := map[string][]int64{}
	for _, kind := range []kinds.Kind{kinds.HTTPRoute, kinds.Ingress} {
		for _, key := range s.keysOf(kind) {
			for name, ports := range s.portsOfRoute(key) {
				led[name] = append(led[name], ports...)
			}
		}
	}
	for name, ports := range led {
		slices.Sort(ports)
		led[name] = slices.Compact(ports)
	}
	return led
}

// portsOfRoute are the ports at which a route that exists leads to Service objects, by the names of these.
func (s observedState) portsOfRoute(key childKey) map[string][]int64 {
	route, _ := s.child(key)
	return portsOfBackends(route.decode())
}

// portsOfBackends are the ports at which a route leads to Service objects, by the names of these; none for nil.
func portsOfBackends(route *unstructured.Unstructured) map[string][]int64 {
	led := map[string][]int64{}
	if route != nil {
		eachBackend(route.Object["spec"], func(backend map[string]any) {
			name := backendName(backend)
			led[name] = append(led[name], portNumber(backend["port"]))
		})
	}
	return led
}

// waitingRoute is a route that leads to a Service object at its former port where the wanted one is not there.
func waitingRoute(route *unstructured.Unstructured, service string, former int64, isThere func(number int64) bool) *unstructured.Unstructured {
	out := route.DeepCopy()
	eachBackend(out.Object["spec"], func(backend map[string]any) {
		if backendName(backend) != service || isThere(portNumber(backend["port"])) {
			return
		}
		if ofIngress, ok := backend["port"].(map[string]any); ok {
			ofIngress["number"] = former
		} else {
			backend["port"] = former
		}
	})
	return out
}

// eachBackend calls use with the objects anywhere below a value that have a name and a port.
func eachBackend(value any, use func(backend map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		if backendName(v) != "" && portNumber(v["port"]) != 0 {
			use(v)
			return
		}
		for _, member := range v {
			eachBackend(member, use)
		}
	case []any:
		for _, item := range v {
			eachBackend(item, use)
		}
	}
}

// portNumber is the number of the port of a Service object, or of a backend, of an HTTPRoute or an Ingress; 0 without
// one.
func portNumber(port any) int64 {
	if ofIngress, ok := port.(map[string]any); ok {
		port = ofIngress["number"]
	}
	number, _ := port.(int64)
	return number
}
