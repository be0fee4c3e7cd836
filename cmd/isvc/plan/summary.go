package plan

import (
	"maps"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/load"
)

// NewReport makes the report on services, which must be in the order of Pairs.
func (p *Planner) NewReport(services []*Service) *Report {
	r := &Report{APIVersion: APIVersion, Kind: Kind, Services: []Service{}, Causes: p.causes(services), Incomplete: p.options.Incomplete}
	if former := p.options.Former; former != nil {
		r.From, r.To = former.From, former.To
	}
	r.Summary.Effects = map[string]int{}
	for _, service := range services {
		r.Summary.add(service)
		r.Selections = append(r.Selections, service.selections...)
		r.Services = append(r.Services, *service)
	}
	p.options.Values.hideOccurrences(r)
	return r
}

// causes lists the edits with the services that they change.
func (p *Planner) causes(services []*Service) []Cause {
	causes := make([]Cause, 0, len(p.edits))
	lines := load.NewLines(p.options.FilesAfter)
	for _, e := range p.edits {
		causes = append(causes, p.causeWithoutServices(e, lines))
	}
	for _, service := range services {
		for _, cause := range service.causes {
			causes[cause.edit].Services = append(causes[cause.edit].Services, cause.does)
		}
	}
	return causes
}

// causeWithoutServices is an edit without its services.
func (p *Planner) causeWithoutServices(e *edit, lines *load.Lines) Cause {
	kind, _ := e.Kind.NameAndVersion()
	cause := Cause{Kind: kind, Namespace: e.Namespace, Name: e.Name, Edit: Changed, Services: []AffectedService{}}
	switch {
	case e.isProgram:
		return cause
	case e.before == nil:
		cause.Edit = Added
		cause.File, cause.Line = e.after.File, lines.OfField(*e.after, "")
	case e.after == nil:
		cause.Edit = Removed
	}
	values := p.options.Values.ofFields(e)
	for _, change := range e.changesOf(asItIs) {
		field := Field{Path: change.Path, Before: values[change.Path].Before, After: values[change.Path].After}
		if line := lines.OfField(*e.after, change.Path); line > 0 {
			field.File, field.Line = e.after.File, line
		}
		cause.Fields = append(cause.Fields, field)
	}
	return cause
}

// add counts a service.
func (s *Summary) add(service *Service) {
	s.Services++
	s.Pods.add(service.Pods)
	for name, amount := range service.Accelerators {
		if s.Accelerators == nil {
			s.Accelerators = map[string]Amount{}
		}
		total := s.Accelerators[name]
		total.add(amount)
		s.Accelerators[name] = total
	}
	if service.isUnresolvedAfter() {
		s.Unresolved++
	}
	if len(service.Waiting) > 0 {
		s.Waiting.Services++
	}
	if len(service.newlyWaiting()) > 0 {
		s.NewlyWaiting++
	}
	for _, waiting := range service.Waiting {
		s.Waiting.add(waiting.Restarts)
	}
	if !service.changed {
		return
	}
	s.Changed++
	switch service.Edit {
	case Added:
		s.Added++
	case Removed:
		s.Deleted++
	}
	s.Effect = max(s.Effect, service.Effect)
	if service.Effect > effect.None {
		s.Effects[service.Effect.String()]++
	}
	if service.Restarts != nil {
		s.Restarts.Services++
		s.Restarts.add(service.Restarts)
	}
}

func (a *Amount) add(other Amount) {
	a.Before, a.After, a.Peak = a.Before+other.Before, a.After+other.After, a.Peak+other.Peak
}

// add adds pods and accelerators.
func (c *Count) add(restart *Restart) {
	if restart == nil {
		return
	}
	c.Pods += restart.Pods
	sum := maps.Clone(c.Accelerators)
	for name, count := range restart.Accelerators {
		if sum == nil {
			sum = map[string]int64{}
		}
		sum[name] += count
	}
	c.Accelerators = sum
}

// isUnresolvedAfter reports whether a part of the service cannot be resolved after the edit.
func (s *Service) isUnresolvedAfter() bool {
	for _, problem := range s.Problems {
		if problem.When != before {
			return true
		}
	}
	return false
}

// kindOf is the kind of an object.
func kindOf(c Child) kinds.Kind { return kinds.New(c.Kind, c.APIVersion) }
