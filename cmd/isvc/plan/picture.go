package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/picture"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/effect"
)

// The columns of the picture of a service.
const (
	inputColumn = iota
	componentColumn
	objectColumn
	podColumn
)

// Picture draws a plan: what is edited with the services that it changes, and each of these services, those first
// on which the effect is worst. Colours say what the edit does.
func Picture(r *Report) *picture.Picture {
	p := &picture.Picture{Title: "Plan of an edit", Headline: r.SummaryLine(), Table: r.totals(), Facts: r.whatIsMissing()}
	if r.From != "" {
		p.Facts = append(p.Facts, fmt.Sprintf("From %s to %s.", r.From, r.To))
	}
	for _, s := range r.Selections {
		p.Facts = append(p.Facts, s.inWords())
	}
	if len(r.Causes) == 0 {
		p.Facts = append(p.Facts, noEdit)
	}
	var quiet []string
	for i := range r.Causes {
		if c := &r.Causes[i]; len(c.Services) == 0 {
			quiet = append(quiet, c.title())
		}
	}
	if len(quiet) > 0 {
		p.Facts = append(p.Facts, "No downstream change: "+firstOf(quiet)+".")
	}
	for i := range r.Services {
		if s := &r.Services[i]; s.isShown() {
			p.Graphs = append(p.Graphs, r.graphOf(s))
		}
	}
	picture.WorstFirst(p.Graphs)
	if len(p.Graphs) > 1 {
		p.Graphs = slices.Insert(p.Graphs, 0, r.overview())
	}
	return p
}

// maxNamed is how many names a sentence has.
const maxNamed = 30

func firstOf(names []string) string {
	text := strings.Join(names[:min(maxNamed, len(names))], ", ")
	if len(names) > maxNamed {
		text += fmt.Sprintf(", and %d more", len(names)-maxNamed)
	}
	return text
}

// inWords is a choice that falls in another way.
func (s *Selection) inWords() string {
	text := fmt.Sprintf("%s of %s/%s: %s → %s", s.What, s.Namespace, s.Name, cmp.Or(s.Before, "none"), cmp.Or(s.After, "none"))
	if s.Because != "" {
		text += " because " + s.Because
	}
	return text
}

// toneOf is how much an effect matters: pods that are replaced are a warning, and what is gone is worse.
func toneOf(does effect.Effect, unnoticed bool) picture.Tone {
	switch {
	case does >= effect.Recreate:
		return picture.Bad
	case does >= effect.Rolling:
		return picture.Warned
	case does >= effect.Scale || unnoticed:
		return picture.Moving
	case does > effect.None:
		return picture.Good
	}
	return picture.Quiet
}

// stateOf is an effect as a state.
func stateOf(does effect.Effect, unnoticed bool) picture.State {
	word := effectInWords(does, unnoticed)
	if does == effect.None && !unnoticed {
		word = "no change"
	}
	return picture.State{Tone: toneOf(does, unnoticed), Word: word}
}

// pictureState is what happens to the service in a word or a few.
func (s *Service) pictureState() picture.State {
	state := picture.State{Tone: toneOf(s.Effect, s.Unnoticed), Word: s.inOneWord()}
	switch {
	case s.Edit == Added:
		state.Tone = picture.Good
	case s.isUnresolvedAfter():
		state = picture.State{Tone: picture.Bad, Word: "cannot be resolved"}
	case len(s.newlyWaiting()) > 0:
		state.Tone = max(state.Tone, picture.Moving)
	}
	return state
}

// pictureState is what a cause does to a service.
func (s *AffectedService) pictureState() picture.State {
	switch {
	case s.Unresolved:
		return picture.State{Tone: picture.Bad, Word: "cannot be resolved"}
	case s.Waits && s.Effect <= effect.Metadata && !s.Unnoticed:
		return picture.State{Tone: picture.Moving, Word: "waits for a release"}
	}
	return stateOf(s.Effect, s.Unnoticed)
}

// overview draws which edit changes which services. Services with the same effect of the same edits are many in a
// fleet: the bounds of the picture leave out the harmless ones.
func (r *Report) overview() picture.Graph {
	g := picture.Graph{Title: "What is edited, and which services it reaches", Columns: []picture.Column{{Title: "edits"}, {Title: "services"}}}
	from := map[string][]string{}
	for i := range r.Causes {
		c := &r.Causes[i]
		if len(c.Services) == 0 {
			continue
		}
		node := c.node()
		for j := range c.Services {
			s := &c.Services[j]
			if state := s.pictureState(); state.Tone >= node.State.Tone {
				node.State = state
			}
			key := s.Namespace + "/" + s.Name
			from[key] = append(from[key], node.ID)
		}
		g.Add(0, node)
	}
	for i := range r.Services {
		s := &r.Services[i]
		if !s.isShown() {
			continue
		}
		node := picture.Node{ID: s.key(), Kind: v1beta1.KindInferenceService, Name: s.key(), State: s.pictureState(), Detail: []string{s.headline()}}
		g.Add(1, node, from[s.Namespace+"/"+s.Name]...)
	}
	return g
}

// node is a cause with its fields; the state is for its reader to add.
func (c *Cause) node() picture.Node {
	node := picture.Node{ID: c.title(), Kind: c.Kind, Name: strings.TrimPrefix(c.Namespace+"/"+c.Name, "/")}
	node.Detail = append(node.Detail, c.Edit+placeInFile(c.File, c.Line))
	for i, field := range c.Fields {
		if i == maxFields && len(c.Fields) > maxFields+1 {
			node.Detail = append(node.Detail, fmt.Sprintf("and %d more fields", len(c.Fields)-i))
			break
		}
		node.Detail = append(node.Detail, field.Path+placeInFile(field.File, field.Line))
	}
	return node
}

// wholeService is the node of objects that belong to no component.
const wholeService = "service"

// graphOf draws a service with what is edited of its inputs.
func (r *Report) graphOf(s *Service) picture.Graph {
	g := picture.Graph{
		Title: s.key(), State: s.pictureState(), Facts: s.facts(),
		Columns: []picture.Column{{Title: "edits"}, {Title: "components"}, {Title: "objects"}, {Title: "pods"}},
	}
	for i := range r.Causes {
		c := &r.Causes[i]
		at := slices.IndexFunc(c.Services, func(a AffectedService) bool { return a.Namespace == s.Namespace && a.Name == s.Name })
		if at >= 0 {
			node := c.node()
			node.State = c.Services[at].pictureState()
			g.Add(inputColumn, node)
		}
	}
	for _, owner := range s.owners() {
		s.drawOwner(&g, owner)
	}
	return g
}

// facts are what cannot be resolved, what waits, and what is needed meanwhile.
func (s *Service) facts() []picture.Fact {
	facts := []picture.Fact{{Label: "effect", Text: s.headline()}}
	if s.UnderWay != "" {
		facts = append(facts, picture.Fact{Label: "under way", Text: s.UnderWay})
	}
	for _, problem := range s.Problems {
		facts = append(facts, picture.Fact{Label: "problem", Text: problem.inWords()})
	}
	for i := range s.Waiting {
		facts = append(facts, picture.Fact{Label: "waits", Text: s.Waiting[i].inWords(s)})
	}
	return facts
}

// owners are the components that objects belong to, in their order, and the service as a whole.
func (s *Service) owners() []string {
	order := []string{string(v1beta1.EngineComponent), string(v1beta1.DecoderComponent), string(v1beta1.RouterComponent), wholeService}
	return slices.DeleteFunc(order, func(owner string) bool {
		return !slices.ContainsFunc(s.Children, func(c Child) bool { return c.owner() == owner })
	})
}

// owner is the component of an object, or the service as a whole.
func (c *Child) owner() string {
	switch v1beta1.ComponentType(c.Component) {
	case v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent:
		return c.Component
	}
	return wholeService
}

// drawOwner draws a component with its objects, and the pods of these that restart.
func (s *Service) drawOwner(g *picture.Graph, owner string) {
	node := picture.Node{ID: owner, Kind: "component", Name: owner, State: stateOf(s.effectOn(owner))}
	if owner == wholeService {
		node.Kind, node.Name = "all components", "routes and model"
	}
	for i := range s.Waiting {
		if waiting := &s.Waiting[i]; waiting.Component == owner {
			node.Detail = append(node.Detail, waiting.inWords(s))
			if node.State.Tone <= picture.Moving {
				node.State = picture.State{Tone: picture.Moving, Word: "waits for a release"}
			}
		}
	}
	var edits []string
	if node.State.Tone > picture.Quiet {
		for _, edit := range g.Columns[inputColumn].Nodes {
			edits = append(edits, edit.ID)
		}
	}
	g.Add(componentColumn, node, edits...)
	for i := range s.Children {
		if c := &s.Children[i]; c.owner() == owner {
			s.drawObject(g, c)
		}
	}
}

// effectOn is the worst effect on the objects of a component.
func (s *Service) effectOn(owner string) (worst effect.Effect, unnoticed bool) {
	for i := range s.Children {
		if c := &s.Children[i]; c.owner() == owner {
			worst, unnoticed = max(worst, c.Effect), unnoticed || c.Unnoticed
		}
	}
	return worst, unnoticed
}

func (s *Service) drawObject(g *picture.Graph, c *Child) {
	id := c.Kind + "." + c.APIVersion + "/" + c.Name
	node := picture.Node{ID: id, Kind: c.Kind, Name: c.Name, State: stateOf(c.Effect, c.Unnoticed), Detail: []string{c.APIVersion}}
	if c.Edit == Added {
		node.State = picture.State{Tone: max(picture.Good, node.State.Tone), Word: "new"}
		if s.Edit == Added {
			node.State.Tone = picture.Good
		}
	}
	if remark := strings.Trim(c.remark(s), " ,()"); remark != "" {
		node.Detail = append(node.Detail, remark)
	}
	node.Detail = append(node.Detail, c.changesInWords()...)
	if held := s.heldBack(c); held != nil {
		if !c.changes() {
			node.State = picture.State{Tone: picture.Moving, Word: "waits for a release"}
		}
		node.Detail = append(append(node.Detail, "when it is released: "+held.whenReleased()), held.changesInWords()...)
	}
	g.Add(objectColumn, node, c.owner())
	s.drawPods(g, c, id)
}

// heldBack is what a release does to an object; nil where nothing of it waits.
func (s *Service) heldBack(c *Child) *Child {
	for i := range s.Waiting {
		for _, held := range s.Waiting[i].shownChildren() {
			if held.Kind == c.Kind && held.APIVersion == c.APIVersion && held.Name == c.Name {
				return held
			}
		}
	}
	return nil
}

// changesInWords are the changed fields of an object, each with its effect.
func (c *Child) changesInWords() []string {
	var words []string
	changes := c.shownChanges()
	for i, change := range changes {
		if i == maxFields && len(changes) > maxFields+1 {
			return append(words, fmt.Sprintf("and %d more fields", len(changes)-i))
		}
		if change.Path != "" {
			words = append(words, change.Path+": "+effectInWords(change.Effect, change.Unnoticed))
		}
	}
	return words
}

// drawPods draws the pods of a workload that restart, as one node: a plan knows their number.
func (s *Service) drawPods(g *picture.Graph, c *Child, id string) {
	if _, isWorkload := modes.OfWorkload(kindOf(*c)); !isWorkload || c.Restarts == nil {
		return
	}
	g.Add(podColumn, picture.Node{
		ID: "pods of " + id, Kind: "Pods of " + c.Kind, Name: capacity.InWords(c.Restarts.Pods, c.Restarts.Accelerators),
		State: stateOf(c.Effect, c.Unnoticed), Detail: []string{c.Rollout},
	}, id)
}
