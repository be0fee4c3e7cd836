package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/picture"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/capacity"
)

// The columns of the picture of a service.
const (
	inputColumn = iota
	componentColumn
	objectColumn
	podColumn
)

// wholeService is the node of objects that belong to no component: routes and the configuration of models.
const wholeService = "service"

// Picture draws the services of a report, those first that need a look. Colours say what is ready.
func Picture(report *Report) *picture.Picture {
	p := &picture.Picture{Title: "InferenceServices explained"}
	states, total := map[string]int{}, capacity.Usage{}
	for i := range report.Services {
		service := &report.Services[i]
		ready := service.readyWord()
		states[ready]++
		if service.State != nil {
			for _, part := range service.State.Parts {
				total = total.Plus(capacity.Usage{Pods: part.Pods, Accelerators: part.Accelerators})
			}
		}
		p.Graphs = append(p.Graphs, service.graph())
	}
	if len(report.Services) == 1 {
		p.Title = "InferenceService " + p.Graphs[0].Title
	}
	p.Headline = statesInWords(len(report.Services), states) + "; " + capacity.InWords(total.Pods, total.Counts())
	picture.WorstFirst(p.Graphs)
	return p
}

// readyWord is what READY says of the service.
func (s *Service) readyWord() string {
	switch {
	case s.State == nil || !s.State.Deployed:
		return notDeployed
	case s.State.Summary.Ready != "":
		return s.State.Summary.Ready
	}
	return cmp.Or(s.State.Ready, string(corev1.ConditionUnknown))
}

// stateOfService is the service as a whole. One that cannot be computed and is not deployed is broken.
func (s *Service) stateOfService() picture.State {
	if s.Hold != nil && s.readyWord() == notDeployed {
		return picture.State{Tone: picture.Bad, Word: "cannot be resolved"}
	}
	if s.readyWord() == notDeployed {
		return stateNotDeployed
	}
	for _, state := range readyStates {
		if state.ready == s.readyWord() {
			return picture.State{Tone: state.tone, Word: state.words}
		}
	}
	return picture.State{}
}

func (s *Service) graph() picture.Graph {
	title := s.Name
	if s.Namespace != "" {
		title = s.Namespace + "/" + s.Name
	}
	g := picture.Graph{
		Title: title, State: s.stateOfService(), Facts: s.facts(),
		Columns: []picture.Column{{Title: "inputs"}, {Title: "components"}, {Title: "objects"}, {Title: "pods"}},
	}
	s.drawInputs(&g)
	s.drawComponents(&g)
	s.drawObjects(&g)
	s.drawPods(&g)
	return g
}

// facts are what counts more than the drawing.
func (s *Service) facts() []picture.Fact {
	var facts []picture.Fact
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, picture.Fact{Label: label, Text: text})
		}
	}
	if s.Hold != nil {
		add("held", s.Hold.Reason+afterColon(s.Hold.Message))
	}
	if s.State != nil && !s.State.Deployed {
		add("ready", readyIsNotKnown)
	}
	if state := s.State; state != nil && state.Deployed {
		if state.Ready != string(corev1.ConditionTrue) {
			part := ""
			if state.Part != "" {
				part = "the " + state.Part + ": "
			}
			add("why", part+state.Reason+afterColon(state.Message)+sinceWhen(state.Since))
		}
		if state.Pod != nil {
			add("pod", state.Pod.Name+afterColon(state.Pod.Message))
		}
		add("next", state.Next)
		add("update", state.Update)
		if state.Canary != nil {
			add("canary", state.Canary.Reason+afterColon(state.Canary.Message))
		}
	}
	if s.State != nil {
		for _, part := range s.State.composedParts() {
			add("replicas", part.inWords())
		}
	}
	for _, part := range s.Partial {
		add(part.Subject, part.Reason+afterColon(part.Message))
	}
	for _, held := range s.Held {
		add(held.Subject, "an update is held back: "+held.Reason+afterColon(held.Message))
	}
	for _, warning := range s.Warnings {
		add("warning", warning.Reason+afterColon(warning.Message))
	}
	return facts
}

// stateInUse is the state of what was chosen.
var stateInUse = picture.State{Tone: picture.Good, Word: "in use"}

func (s *Service) drawInputs(g *picture.Graph) {
	g.Add(inputColumn, picture.Node{ID: "spec", Kind: v1beta1.KindInferenceService, Name: s.Name, State: s.stateOfService()})
	s.drawChoice(g, "runtime", s.Runtime)
	s.drawChoice(g, "model", s.Model)
	s.drawChoice(g, "weight", s.Weight)
	for i := range s.Components {
		if c := &s.Components[i]; c.Accelerator != nil && c.Accelerator.Chosen != nil {
			s.drawChoice(g, "class", c.Accelerator)
		}
	}
	configuration := picture.Node{ID: "configuration", Kind: "ConfigMap", Name: "inferenceservice-config", State: stateInUse}
	if !s.Configured {
		configuration.Kind, configuration.Name = "Configuration", "defaults"
		configuration.Detail = []string{"The input holds no ConfigMap inferenceservice-config: the defaults of isvc count."}
	}
	g.Add(inputColumn, configuration)
}

// drawChoice draws what was chosen, or what is missing; nothing where nothing is needed. A class that several
// components have is drawn once.
func (s *Service) drawChoice(g *picture.Graph, what string, choice *Choice) {
	if choice == nil || choice.Chosen == nil && s.Hold == nil && len(s.Partial) == 0 {
		return
	}
	node := picture.Node{State: picture.State{Tone: picture.Bad, Word: "nothing found"}, Kind: what}
	switch {
	case choice.Chosen != nil:
		node.Kind, node.Name = kindAndName(choice.Chosen.Object)
		node.State = stateInUse
		node.Detail = append(node.Detail, lineOf(choice.Chosen.Reason, choice.Chosen.Message))
		if choice.Chosen.Sum != "" {
			node.Detail = append(node.Detail, fmt.Sprintf("score %d: %s", choice.Chosen.Score, choice.Chosen.Sum))
		}
	case len(choice.Absent) > 0:
		node.Kind, node.Name = kindAndName(choice.Absent[0].Object)
		node.State.Word = "does not exist"
		node.Detail = append(node.Detail, lineOf(choice.Absent[0].Reason, choice.Absent[0].Message))
	case len(choice.Rejected) > 0 && choice.Rejected[0].Count == 1 && len(choice.Rejected) == 1:
		node.Kind, node.Name = kindAndName(choice.Rejected[0].Candidates[0].Object)
		node.State.Word = choice.Rejected[0].Reason
		node.Detail = append(node.Detail, choice.Rejected[0].Candidates[0].Message)
	}
	if choice.Detail != "" {
		node.Detail = append(node.Detail, choice.Detail)
	}
	if line := lineOf(choice.Reason, choice.Message); line != "" {
		node.Detail = append(node.Detail, line)
	}
	node.Detail = slices.DeleteFunc(node.Detail, func(line string) bool { return line == "" })
	node.ID = choiceID(what, choice)
	if slices.ContainsFunc(g.Columns[inputColumn].Nodes, func(n picture.Node) bool { return n.ID == node.ID }) {
		return
	}
	g.Add(inputColumn, node)
}

// choiceID is the identifier of a chosen input.
func choiceID(what string, choice *Choice) string {
	if choice != nil && choice.Chosen != nil {
		return what + "/" + choice.Chosen.Object
	}
	return what
}

// kindAndName takes "<kind>/<name>" apart.
func kindAndName(object string) (kind, name string) {
	if kind, name, found := strings.Cut(object, "/"); found {
		return kind, name
	}
	return "", object
}

// lineOf is a reason with its message.
func lineOf(reason, message string) string {
	if reason == "" {
		return message
	}
	return reason + afterColon(message)
}

// componentsDrawn are the components that were composed, and those that run of a service that could not be.
func (s *Service) componentsDrawn() []Component {
	drawn := slices.Clip(s.Components)
	if s.State == nil {
		return drawn
	}
	for _, part := range s.State.Parts {
		if !slices.ContainsFunc(drawn, func(c Component) bool { return c.Type == part.Type }) {
			drawn = append(drawn, Component{Type: part.Type, Mode: string(part.Mode)})
		}
	}
	return drawn
}

func (s *Service) drawComponents(g *picture.Graph) {
	for _, c := range s.componentsDrawn() {
		node := picture.Node{ID: c.Type, Kind: cmp.Or(c.Mode, "component"), Name: c.Type, State: s.stateOfComponent(c.Type)}
		node.Detail = append(node.Detail, lineOf(c.Mode, c.ModeMessage))
		if c.Autoscaler != "" {
			node.Detail = append(node.Detail, "scaling: "+c.Autoscaler+", "+c.Scaling)
		}
		if part := s.partOf(c.Type); part != nil {
			node.Detail = append(node.Detail, part.inWords())
			if s.State.Deployed && part.Condition != nil && part.Condition.Reason != "" {
				node.Detail = append(node.Detail, lineOf(part.Condition.Reason, part.Condition.Message))
			}
		}
		g.Add(componentColumn, node, s.inputsOf(&c)...)
	}
	if slices.ContainsFunc(s.allObjects(), func(c Child) bool { return s.ownerOf(&c) == wholeService }) {
		g.Add(componentColumn, picture.Node{ID: wholeService, Kind: "all components", Name: "routes and model", State: s.stateOfRoutes()},
			"spec", choiceID("model", s.Model), "configuration")
	}
}

// inputsOf are the inputs of a component: the runtime where it gives anything, the model where the component
// loads it.
func (s *Service) inputsOf(c *Component) []string {
	inputs := []string{"spec"}
	given := map[string]bool{}
	for _, container := range c.Containers {
		for _, value := range container.Values {
			given[value.From] = true
			for _, replaced := range value.Replaced {
				given[replaced.From] = true
			}
		}
	}
	if given["runtime"] || len(c.Containers) == 0 {
		inputs = append(inputs, choiceID("runtime", s.Runtime))
	}
	if given["model"] || c.Type != string(v1beta1.RouterComponent) {
		inputs = append(inputs, choiceID("model", s.Model), choiceID("weight", s.Weight))
	}
	return append(inputs, choiceID("class", c.Accelerator), "configuration")
}

func (s *Service) partOf(component string) *Part {
	if s.State == nil {
		return nil
	}
	at := slices.IndexFunc(s.State.Parts, func(p Part) bool { return p.Type == component })
	if at < 0 {
		return nil
	}
	return &s.State.Parts[at]
}

// The states of what nothing is known of.
var (
	stateNotDeployed = picture.State{Tone: picture.Quiet, Word: "not deployed"}
	stateExists      = picture.State{Tone: picture.Good, Word: "exists"}
)

func (s *Service) stateOfComponent(component string) picture.State {
	if slices.ContainsFunc(s.Partial, func(f finding.Finding) bool { return f.Subject == component }) {
		return picture.State{Tone: picture.Bad, Word: "cannot be computed"}
	}
	if s.State == nil || !s.State.Deployed {
		return stateNotDeployed
	}
	state := picture.State{Tone: picture.Moving, Word: "not known"}
	if part := s.partOf(component); part != nil {
		state = stateOfStage(part.Condition, "ready", "not ready", "on the way")
	}
	if slices.ContainsFunc(s.Held, func(f finding.Finding) bool { return f.Subject == component }) {
		state.Word += ", holds an update back"
	}
	return state
}

// stateOfStage is a condition in a word.
func stateOfStage(stage *Stage, yes, no, unknown string) picture.State {
	switch {
	case stage == nil:
		return stateExists
	case stage.Status == string(corev1.ConditionTrue):
		return picture.State{Tone: picture.Good, Word: yes}
	case stage.Status == string(corev1.ConditionFalse):
		return picture.State{Tone: picture.Bad, Word: no}
	}
	return picture.State{Tone: picture.Moving, Word: unknown}
}

func (s *Service) stateOfRoutes() picture.State {
	if s.State == nil || !s.State.Deployed {
		return stateNotDeployed
	}
	return stateOfStage(s.State.Ingress, "ready", "not ready", "on the way")
}

// allObjects are the objects of the service and those that go.
func (s *Service) allObjects() []Child { return append(slices.Clip(s.Children), s.Leaving...) }

// ownerOf is the node from which an object comes.
func (s *Service) ownerOf(child *Child) string {
	if slices.ContainsFunc(s.componentsDrawn(), func(c Component) bool { return c.Type == child.Component }) {
		return child.Component
	}
	return wholeService
}

// drawObjects draws the objects in the order of the components.
func (s *Service) drawObjects(g *picture.Graph) {
	for _, owner := range g.Columns[componentColumn].Nodes {
		for _, child := range workloadsFirst(s.Children) {
			if s.ownerOf(&child) == owner.ID {
				g.Add(objectColumn, s.nodeOfObject(&child, s.stateOfObject(&child)), owner.ID)
			}
		}
		for _, child := range s.Leaving {
			if s.ownerOf(&child) == owner.ID {
				g.Add(objectColumn, s.nodeOfObject(&child, picture.State{Tone: picture.Warned, Word: "is deleted"}), owner.ID)
			}
		}
	}
}

// workloadsFirst are objects with those first that have pods.
func workloadsFirst(objects []Child) []Child {
	sorted := slices.Clone(objects)
	rank := func(c Child) int {
		if _, isWorkload := modes.OfWorkload(kindOf(&c)); isWorkload {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(sorted, func(a, b Child) int { return cmp.Compare(rank(a), rank(b)) })
	return sorted
}

func (s *Service) nodeOfObject(child *Child, state picture.State) picture.Node {
	title := childTitle(*child)
	kind, _ := kindAndName(title)
	node := picture.Node{ID: title, Kind: kind, Name: child.Name, State: state, Detail: []string{child.APIVersion}}
	for _, kept := range s.Kept {
		if kept.Subject == string(kindOf(child))+"/"+child.Name {
			node.Detail = append(node.Detail, lineOf(kept.Reason, kept.Message))
		}
	}
	return node
}

func kindOf(child *Child) kinds.Kind { return kinds.New(child.Kind, child.APIVersion) }

// stateOfObject is what the conditions of the service say about an object.
func (s *Service) stateOfObject(child *Child) picture.State {
	switch kind := kindOf(child); {
	case s.State == nil || !s.State.Deployed:
		return stateNotDeployed
	case !child.Observed:
		return picture.State{Tone: picture.Moving, Word: "does not exist yet"}
	case kind == kinds.HTTPRoute || kind == kinds.Ingress || kind == kinds.VirtualService:
		return stateOfStage(s.State.Ingress, "ready", "not ready", "on the way")
	case kind == kinds.HorizontalPodAutoscaler || kind == kinds.ScaledObject:
		return stateOfStage(s.State.Autoscaler, "scales", "cannot scale", "on the way")
	default:
		if mode, isWorkload := modes.OfWorkload(kind); isWorkload {
			return s.stateOfWorkload(child, mode)
		}
	}
	return stateExists
}

// stateOfWorkload tells the workload that a component should have from its canary and from that of a former mode.
func (s *Service) stateOfWorkload(child *Child, mode modes.Mode) picture.State {
	part := s.partOf(child.Component)
	switch component := names.Component(s.Name, child.Component); {
	case part == nil:
		return stateExists
	case part.Mode != mode.Name:
		return picture.State{Tone: picture.Moving, Word: "of the former mode"}
	case s.State.Canary != nil && strings.HasPrefix(child.Name, names.Canary(component)):
		return stateOfStage(s.State.Canary, "canary, takes requests", "canary, takes no requests", "canary, on the way")
	}
	return stateOfStage(part.Condition, "ready", "not ready", "on the way")
}

func (s *Service) drawPods(g *picture.Graph) {
	for _, object := range g.Columns[objectColumn].Nodes {
		for i := range s.Pods {
			pod := &s.Pods[i]
			if s.workloadOf(pod) != object.ID {
				continue
			}
			node := picture.Node{ID: "Pod/" + pod.Name, Kind: "Pod", Name: pod.Name, State: pod.pictureState()}
			if pod.Message != "" {
				node.Detail = append(node.Detail, pod.Message)
			}
			g.Add(podColumn, node, object.ID)
		}
	}
}

// pictureState is a pod in a word.
func (p *Pod) pictureState() picture.State {
	switch {
	case p.State == v1beta1.Loaded:
		return picture.State{Tone: picture.Good, Word: "ready"}
	case p.State == v1beta1.FailedToLoad:
		return picture.State{Tone: picture.Bad, Word: cmp.Or(p.Reason, "failed")}
	case p.Reason != "":
		return picture.State{Tone: picture.Warned, Word: p.Reason}
	case p.State == v1beta1.Loading:
		return picture.State{Tone: picture.Moving, Word: "loads the model"}
	}
	return picture.State{Tone: picture.Moving, Word: "is started"}
}

// workloadOf is the object that made a pod: of the workloads of its component the one whose name the pod's
// begins with, the longest such name, or else the first.
func (s *Service) workloadOf(pod *Pod) string {
	found, longest := "", -1
	for _, child := range s.allObjects() {
		mode, isWorkload := modes.OfWorkload(kindOf(&child))
		kind, _ := mode.Workload.NameAndVersion()
		if !isWorkload || child.Component != pod.Component || pod.WorkloadKind != "" && pod.WorkloadKind != kind {
			continue
		}
		length := 0
		if strings.HasPrefix(pod.Name, child.Name) {
			length = len(child.Name)
		}
		if length > longest {
			found, longest = childTitle(child), length
		}
	}
	return found
}
