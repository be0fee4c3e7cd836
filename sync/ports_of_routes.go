package sync

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
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
		for _, former := range led[service] {
			wanted := portsOf(out[key])
			if len(wanted) < 2 && (wanted == nil || isPort(former)(wanted[0])) {
				continue // at rest, as a rule, and then no Service object is decoded
			}
			shown, _ := current.child(key)
			now := portsOf(shown.decode())
			if !slices.ContainsFunc(now, isPort(former)) {
				continue
			}
			if ports := portsWith(former, wanted, now); ports != nil {
				object := out[key].DeepCopy()
				_ = unstructured.SetNestedSlice(object.Object, ports, "spec", "ports") // the path was just read
				out = out.with(children{key: object})
			}
			out = out.withRoutesWaiting(service, former, func(number int64) bool {
				at, place := slices.IndexFunc(wanted, isPort(number)), slices.IndexFunc(now, isPort(number))
				return at < 0 || place >= 0 && isSamePort(number, nameAmong(now, place))(wanted[at])
			})
		}
	}
	return out
}

// portsWith are the wanted ports of a Service object with a former one beside the one that takes its place. They are nil
// where the former one stays. Another port of its number comes when no route leads to the former one.
func portsWith(former int64, wanted, now []any) []any {
	at := slices.IndexFunc(now, isPort(former))
	if slices.ContainsFunc(wanted, isSamePort(former, nameAmong(now, at))) {
		return nil
	}
	place := placeOf("", wanted)
	if place < 0 || isPort(former)(wanted[place]) {
		return nil
	}
	if named := placeOf(nameAmong(now, at), wanted); named >= 0 {
		place = named
	}
	kept := maps.Clone(wanted[place].(map[string]any))
	kept["port"] = former
	if kept["name"] = now[at].(map[string]any)["name"]; kept["name"] == nil {
		kept["name"] = nameOfPort(former, wanted) // of several, each needs one
	}
	ports := []any{kept}
	for i, item := range wanted {
		port, isObject := item.(map[string]any)
		if !isObject || i != place && isPort(former)(item) {
			continue
		}
		port = maps.Clone(port)
		if port["name"] == nil || child.Equal(port["name"], kept["name"]) {
			port["name"] = nameOfPort(portNumber(port["port"]), append(wanted, kept))
		}
		ports = append(ports, port)
	}
	return ports
}

// placeOf is the first wanted port of a name that is not one for UDP; with an empty name that of any, at which the
// component serves. It is -1 without one.
func placeOf(name string, wanted []any) int {
	return slices.IndexFunc(wanted, func(item any) bool {
		port, isObject := item.(map[string]any)
		return isObject && port["protocol"] != string(corev1.ProtocolUDP) && (name == "" || givenName(port) == name)
	})
}

// nameOfPort is a name for the port of a number that no wanted port has.
func nameOfPort(number int64, wanted []any) string {
	return modes.NameOfPortNumber(number, func(name string) bool {
		return slices.ContainsFunc(wanted, func(item any) bool {
			fields, _ := item.(map[string]any)
			return child.Equal(fields["name"], name)
		})
	})
}

// isSamePort reports of a port whether it has a number, and no other name.
func isSamePort(number int64, name string) func(port any) bool {
	return func(port any) bool {
		fields, _ := port.(map[string]any)
		given := givenName(fields)
		return isPort(number)(port) && (given == name || given == "" || name == "")
	}
}

// nameAmong is the name of one of the ports that a Service object has now. One that is kept beside another has the name of
// that: both lead to one port of pods.
func nameAmong(now []any, at int) string {
	port, _ := now[at].(map[string]any)
	if name := givenName(port); name != "" {
		return name
	}
	for _, item := range now {
		other, _ := item.(map[string]any)
		if child.Equal(other["targetPort"], port["targetPort"]) && givenName(other) != "" {
			return givenName(other)
		}
	}
	return ""
}

// givenName is the name of a port of a Service object; empty for one that it has because there are several.
func givenName(port map[string]any) string {
	name, _ := port["name"].(string)
	if modes.IsNameOfPortNumber(name, portNumber(port["port"])) {
		return ""
	}
	return name
}

// isPort reports of a port whether it has a number.
func isPort(number int64) func(port any) bool {
	return func(port any) bool {
		fields, _ := port.(map[string]any)
		return number != 0 && child.Equal(fields["port"], number)
	}
}

// portsOf are the ports of a Service object, as a copy; nil without any.
func portsOf(service *unstructured.Unstructured) []any {
	if service == nil {
		return nil
	}
	ports, _, _ := unstructured.NestedSlice(service.Object, "spec", "ports")
	return ports
}

// portsOfRoutes are the ports at which routes that exist lead to Service objects, sorted, by the names of these.
func (s observedState) portsOfRoutes() map[string][]int64 {
	led := map[string][]int64{}
	for _, kind := range []kinds.Kind{kinds.HTTPRoute, kinds.Ingress} {
		for _, key := range s.keysOf(kind) {
			route, _ := s.child(key)
			if object := route.decode(); object != nil {
				eachBackend(object.Object["spec"], func(backend map[string]any) {
					name := backendName(backend)
					led[name] = append(led[name], portNumber(backend["port"]))
				})
			}
		}
	}
	for name, ports := range led {
		slices.Sort(ports)
		led[name] = slices.Compact(ports)
	}
	return led
}

// withRoutesWaiting lets routes lead to a Service object at its former port where the wanted one is not there yet.
func (c children) withRoutesWaiting(service string, former int64, isThere func(number int64) bool) children {
	out := c
	for _, kind := range []kinds.Kind{kinds.HTTPRoute, kinds.Ingress} {
		for _, key := range c.keysOfKind(kind) {
			route := c[key].DeepCopy()
			eachBackend(route.Object["spec"], func(backend map[string]any) {
				if backendName(backend) != service || isThere(portNumber(backend["port"])) {
					return
				}
				if ofIngress, ok := backend["port"].(map[string]any); ok {
					ofIngress["number"] = former
				} else {
					backend["port"] = former
				}
			})
			out = out.with(children{key: route})
		}
	}
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
