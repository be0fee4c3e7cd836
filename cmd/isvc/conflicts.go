package main

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/status"
)

// exclusiveNames remembers which service of the input needs which name or host for itself.
type exclusiveNames map[string]string

// exclusiveNamesOf is what the service needs for itself; nothing where its objects are not known.
func (e *evaluated) exclusiveNamesOf() []string {
	if e.failed != nil || e.response.RetryAfter > 0 {
		return nil
	}
	return sync.ExclusiveNames(e.response.Children)
}

// conflictsOf remembers the names of a service and returns, for each service before it that needs some of
// them too, what the two have in common.
func (n exclusiveNames) conflictsOf(service string, names []string) []finding.Finding {
	var others []string
	common := map[string][]string{}
	for _, name := range names {
		other, taken := n[name]
		switch {
		case !taken:
			n[name] = service
		case other != service:
			if common[other] == nil {
				others = append(others, other)
			}
			common[other] = append(common[other], name)
		}
	}
	var conflicts []finding.Finding
	for _, other := range others {
		conflicts = append(conflicts, finding.Finding{Reason: status.ReasonNameTaken, Message: fmt.Sprintf(
			"%s needs the same %s: %s", other, strings.Join(common[other], ", "), remedyFor(common[other]))})
	}
	return conflicts
}

// remedyFor says how two services stop to need the same names or hosts.
func remedyFor(common []string) string {
	isHost := func(name string) bool { return strings.HasPrefix(name, sync.ExclusiveHostPrefix) }
	for _, name := range common {
		if !isHost(name) {
			return "rename one of the two services"
		}
	}
	return "give one of the two services another host, by domainTemplate or the annotations ome.io/ingress-..."
}
