package plan

import (
	"cmp"
	"slices"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

// Options say what is compared.
type Options struct {
	// Before and After are the inputs before and after the edit.
	Before, After *load.Set
	// Config is the configuration instead of the one in Before, and instead of the one in After unless
	// the edit has another; nil for none.
	Config *config.Config
	// Kinds are the child kinds that count as installed.
	Kinds kinds.Set
	// FilesAfter are the files of the edit: the lines of changed fields are found in them.
	FilesAfter []load.File
	// Former is what another version of isvc made of Before; nil where this version did. After is then
	// the same as Before.
	Former *Former
	// Values has the values of changed fields in the report.
	Values *Values
	// Incomplete says what of the input and the edit could not be read.
	Incomplete []string
}

// Planner compares services one by one. Its methods may be called by many goroutines.
type Planner struct {
	options  Options
	edits    []*edit
	reach    reach
	services []*Pair
	// accelerators says which resources are accelerators.
	accelerators accelerators.List
}

// Pair is a service before and after the edit.
type Pair struct {
	Namespace, Name string
	// before and after are nil where the service does not exist.
	before, after *sync.Request
}

// String is the service for people: "team-a/chat".
func (p *Pair) String() string { return observed.ObjectKey(p.Namespace, p.Name) }

// NewPlanner finds out what is edited, and which services there are.
func NewPlanner(options Options) *Planner {
	configBefore := cmp.Or(options.Config, options.Before.Config())
	configAfter := options.After.Config()
	if isEdited := configAfter != nil && configAfter != options.Before.Config(); !isEdited && options.Config != nil {
		configAfter = options.Config
	}
	p := &Planner{options: options, edits: editsBetween(options.Before, options.After, configBefore, configAfter)}
	if options.Former != nil {
		p.edits = []*edit{{isProgram: true, ObjectName: load.ObjectName{Kind: programKind}}}
	}
	p.reach = newReach(p.edits)
	p.services = pairsOf(options, configBefore, configAfter)
	p.accelerators = acceleratorsOf(configAfter, options.Before, options.After)
	return p
}

// Pairs returns the services by namespace and name.
func (p *Planner) Pairs() []*Pair { return p.services }

// pairsOf pairs the requests before and after the edit.
func pairsOf(options Options, configBefore, configAfter *config.Config) []*Pair {
	cache := observed.NewSharedCache()
	requests := func(set *load.Set, conf *config.Config) []*sync.Request {
		return set.Requests(load.Options{Kinds: options.Kinds, Config: conf, Cache: cache})
	}
	byKey := map[string]*Pair{}
	var pairs []*Pair
	find := func(request *sync.Request) *Pair {
		namespace, name := IdentityOf(request)
		key := observed.ObjectKey(namespace, name)
		if byKey[key] == nil {
			byKey[key] = &Pair{Namespace: namespace, Name: name}
			pairs = append(pairs, byKey[key])
		}
		return byKey[key]
	}
	for _, request := range requests(options.Before, configBefore) {
		find(request).before = request
	}
	for _, request := range requests(options.After, configAfter) {
		find(request).after = request
	}
	slices.SortFunc(pairs, func(a, b *Pair) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return pairs
}

// IdentityOf is the namespace and name of the service of a request.
func IdentityOf(request *sync.Request) (namespace, name string) {
	namespace, _ = observed.DecodeString(observed.Member(request.Parent, "metadata", "namespace"))
	name, _ = observed.DecodeString(observed.Member(request.Parent, "metadata", "name"))
	return namespace, name
}

// acceleratorsOf says which resources are accelerators, before or after the edit.
func acceleratorsOf(conf *config.Config, sets ...*load.Set) accelerators.List {
	if conf == nil {
		conf = config.Default()
	}
	list := accelerators.Known(conf)
	for _, set := range sets {
		for _, input := range set.Inputs() {
			var class v1beta1.AcceleratorClass
			if input.Kind == kinds.AcceleratorClass && v1beta1.DecodeLenient(input.Raw, &class) == nil {
				list = list.WithClass(&class)
			}
		}
	}
	return list
}
