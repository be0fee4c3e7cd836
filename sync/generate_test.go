package sync_test

import "github.com/isvc-io/isvc/internal/generate"

// dice makes random objects.
type dice struct{ generate.Dice }

type object = map[string]any

func newDice(seed, number uint64) dice { return dice{generate.NewDice(seed, number)} }

func oneOf[T any](d dice, values ...T) T { return generate.OneOf(d.Dice, values...) }

// generated is a namespace with services and what they refer to.
type generated struct {
	clusters []*cluster
}

// world makes a namespace with two services that share everything else.
func (d dice) world() *generated {
	w, g := d.World(), &generated{}
	for _, service := range w.Services {
		g.clusters = append(g.clusters, &cluster{parent: service, related: w.Related, config: w.Config, kinds: w.Kinds})
	}
	return g
}
