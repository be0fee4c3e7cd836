package load

import (
	"encoding/json"
	"sort"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// Options say how Requests are made.
type Options struct {
	// Kinds are the child kinds that count as installed; an observed child of another kind is left
	// out, as in a cluster without the kind.
	Kinds kinds.Set
	// Config is the configuration; nil means the one in the set.
	Config *config.Config
	// Names select services by "name" or "namespace/name"; none selects all.
	Names []string
	// Now is the time of the requests.
	Now metav1.Time
	// Explain asks for the trace of every decision.
	Explain bool
	// Cache is shared with the requests of other sets; nil for one of its own.
	Cache *observed.Cache
}

// Requests returns a request for each selected service, sorted by namespace and name. They share
// the related objects, which are decoded once, and must not change them.
func (s *Set) Requests(options Options) []*sync.Request {
	if options.Config == nil {
		options.Config = s.config
	}
	cache := options.Cache
	if cache == nil {
		cache = observed.NewSharedCache()
	}
	shared := map[string]observed.Objects{}
	noChildren := managedChildren(nil, options.Kinds)
	var requests []*sync.Request
	for _, svc := range s.selectServices(options.Names) {
		namespace := svc.Metadata.Namespace
		if shared[namespace] == nil {
			shared[namespace] = mergeKinds(s.cluster, s.namespaced[namespace])
		}
		request := svc.makeRequest(options, shared[namespace], cache)
		if request.Children = noChildren; len(svc.children) > 0 {
			request.Children = managedChildren(svc.children, options.Kinds)
		}
		requests = append(requests, request)
	}
	return requests
}

// MissingNames returns the names that no service of the set has.
func (s *Set) MissingNames(names []string) []string {
	found := map[string]bool{}
	for _, svc := range s.services {
		found[svc.Metadata.Name], found[svc.key()] = true, true
	}
	var missing []string
	for _, name := range names {
		if !found[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

// ServiceNames returns the names of all services, with their namespaces as "namespace/name" or without.
func (s *Set) ServiceNames(withNamespaces bool) []string {
	var names []string
	for _, svc := range s.services {
		if withNamespaces {
			names = append(names, svc.key())
		} else {
			names = append(names, svc.Metadata.Name)
		}
	}
	sort.Strings(names)
	return names
}

// selectServices returns the services that the names select, sorted.
func (s *Set) selectServices(names []string) []*service {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	var services []*service
	for _, svc := range s.services {
		if len(names) == 0 || wanted[svc.Metadata.Name] || wanted[svc.key()] {
			services = append(services, svc)
		}
	}
	sort.Slice(services, func(i, j int) bool {
		a, b := services[i].Metadata, services[j].Metadata
		if a.Namespace != b.Namespace {
			return a.Namespace < b.Namespace
		}
		return a.Name < b.Name
	})
	return services
}

func (s *service) makeRequest(options Options, related observed.Objects, cache *observed.Cache) *sync.Request {
	if s.pods != nil {
		related = mergeKinds(related, observed.Objects{kinds.Pod: s.pods})
	}
	return &sync.Request{
		Parent:  s.raw,
		Related: related,
		Managed: options.Kinds,
		Config:  options.Config,
		Now:     options.Now,
		Cache:   cache,
		Explain: options.Explain,
	}
}

// managedChildren returns the observed children of the given kinds, with an entry for each kind, as
// Metacontroller sends them.
func managedChildren(observedChildren observed.Objects, installed kinds.Set) observed.Objects {
	children := make(observed.Objects, len(installed))
	for kind, has := range installed {
		if has {
			children[kind] = observedChildren[kind]
		}
	}
	return children
}

// mergeKinds puts the kinds of several sets of objects, which must not overlap, into one.
func mergeKinds(sets ...observed.Objects) observed.Objects {
	joined := observed.Objects{}
	for _, objects := range sets {
		for kind, byKey := range objects {
			joined[kind] = byKey
		}
	}
	return joined
}

// decodeConfigMapData reads the data of a ConfigMap.
func decodeConfigMapData(raw json.RawMessage) (map[string]string, error) {
	var configMap struct {
		Data map[string]string `json:"data"`
	}
	if err := v1beta1.DecodeLenient(raw, &configMap); err != nil {
		return nil, err
	}
	return configMap.Data, nil
}
