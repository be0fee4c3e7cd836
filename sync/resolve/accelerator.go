package resolve

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// AcceleratorInput is what the choice of an accelerator class for one component depends on.
type AcceleratorInput struct {
	// Component is the engine or the decoder; a router never gets a class.
	Component v1beta1.ComponentType
	// Override is the component's acceleratorOverride, Selector the service's acceleratorSelector;
	// both may be nil. A runtime's own acceleratorOverride has no effect, as in OME.
	Override, Selector *v1beta1.AcceleratorSelector
	// Annotation is the service's ome.io/accelerator-class. It restricts which runtimes can be used
	// and does not choose a class, as in OME.
	Annotation string
	// Runtime is the service's runtime, or nil when it has none.
	Runtime *Runtime
}

// Accelerator is the accelerator class of a component.
type Accelerator struct {
	Name string
	// Class is never nil and must not be changed.
	Class *v1beta1.AcceleratorClass
	// Reason says in one line why the class was chosen.
	Reason string
	// Config is what the matching entry of the runtime says about the class, or nil.
	Config *v1beta1.AcceleratorModelConfig
}

// FindAccelerator finds the class that a component names, or chooses one by policy among the
// classes that the runtime lists. The component's override wins over the service's selector, field
// by field, constraints included. A name wins over a policy and need not satisfy the constraints.
// Without a name and a policy there is no class and no finding.
//
// Findings, for a name only: AcceleratorClassNotFound, AcceleratorClassInvalid. A policy that finds
// no class gives nil and a finding.
func FindAccelerator(cat *Catalog, in AcceleratorInput, rec *trace.Recorder) (*Accelerator, *finding.Finding) {
	c := classChooser{cat: cat, in: in, subject: string(in.Component) + "/accelerator", rec: rec}
	if name, field := c.namedClass(); name != "" {
		return c.chooseByName(name, field)
	}
	policy, field := c.policyInForce()
	if policy == "" {
		c.recordNothingAsked()
		return nil, nil
	}
	return c.chooseByPolicy(policy, field), nil
}

// classChooser is what the functions that choose the class of one component share.
type classChooser struct {
	cat     *Catalog
	in      AcceleratorInput
	subject string
	rec     *trace.Recorder
}

const selectorField = "spec.acceleratorSelector"

func (c classChooser) overrideField() string {
	return "spec." + string(c.in.Component) + ".acceleratorOverride"
}

// classOfSelector is the name of the class that a selector names, or "".
func classOfSelector(s *v1beta1.AcceleratorSelector) string {
	if s == nil || s.AcceleratorClass == nil {
		return ""
	}
	return *s.AcceleratorClass
}

// namedClass returns the name of the class that is named, and the field that names it.
func (c classChooser) namedClass() (name, field string) {
	if name = classOfSelector(c.in.Override); name != "" {
		return name, c.overrideField() + ".acceleratorClass"
	}
	return classOfSelector(c.in.Selector), selectorField + ".acceleratorClass"
}

// policyInForce returns the policy that applies, and the field that sets it.
func (c classChooser) policyInForce() (policy v1beta1.AcceleratorSelectionPolicy, field string) {
	if c.in.Override != nil && c.in.Override.Policy != "" {
		return c.in.Override.Policy, c.overrideField() + ".policy"
	}
	if c.in.Selector != nil {
		return c.in.Selector.Policy, selectorField + ".policy"
	}
	return "", ""
}

func (c classChooser) chooseByName(name, field string) (*Accelerator, *finding.Finding) {
	if why, broken := c.cat.Broken[KindAndName(KindAcceleratorClass, name)]; broken {
		return nil, newFailuref(AcceleratorClassInvalid, "AcceleratorClass %s cannot be read: %s: correct it", name, why)
	}
	class := c.cat.AcceleratorClasses[name]
	if class == nil {
		c.recordClass(name, trace.Absent, AcceleratorClassNotFound, "there is no AcceleratorClass of this name")
		return nil, newFailuref(AcceleratorClassNotFound, "%s names %s, but there is no AcceleratorClass of this name: create it, or correct the name", field, name)
	}
	c.recordClass(name, trace.Chosen, Named, "named by "+field)
	return c.makeAccelerator(name, class, "named by "+field), nil
}

// chooseByPolicy chooses one of the classes that the runtime lists; nil when no class can be
// chosen.
func (c classChooser) chooseByPolicy(policy v1beta1.AcceleratorSelectionPolicy, field string) *Accelerator {
	pick, known := policyFunctions()[policy]
	if !known {
		c.rec.AddFinding(c.subject, AcceleratorPolicyUnknown, fmt.Sprintf(
			"%s is %q, which is no policy, so the %s has no accelerator class: write BestFit, Cheapest, MostCapable or FirstAvailable", field, policy, c.in.Component))
		return nil
	}
	limits := mergeConstraints(c.in.Selector, c.in.Override)
	classes := c.classesThatSatisfy(c.classesOfRuntime(), limits)
	choice := pick(classes, limits)
	if choice.class == nil {
		c.warnAboutMissingClass(policy, field, len(classes))
		return nil
	}
	c.recordRankedClasses(classes, choice)
	return c.makeAccelerator(choice.class.Name, choice.class, fmt.Sprintf("%s by %s: %s", policy, field, choice.why))
}

// classesOfRuntime returns the classes that the runtime lists, in its order, each once. A class
// that cannot be used is left out with a finding; in OME it disables the policy.
func (c classChooser) classesOfRuntime() []*v1beta1.AcceleratorClass {
	if c.in.Runtime == nil {
		return nil
	}
	var classes []*v1beta1.AcceleratorClass
	for _, name := range uniqueNames(listedClasses(c.in.Runtime.Spec)) {
		class := c.cat.AcceleratorClasses[name]
		why, broken := c.cat.Broken[KindAndName(KindAcceleratorClass, name)]
		switch {
		case broken:
			c.warnAboutUnusableClass(name, "cannot be read: "+why)
		case class == nil:
			c.warnAboutUnusableClass(name, "does not exist")
		default:
			classes = append(classes, class)
		}
	}
	return classes
}

func (c classChooser) warnAboutUnusableClass(name, what string) {
	c.rec.AddFinding(c.subject+"/"+name, AcceleratorClassUnusable, fmt.Sprintf(
		"%s %s lists the AcceleratorClass %s, which %s: correct the list or the class", c.in.Runtime.Kind, c.in.Runtime.Name, name, what))
}

// classesThatSatisfy returns the classes that satisfy the constraints.
func (c classChooser) classesThatSatisfy(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) []*v1beta1.AcceleratorClass {
	var kept []*v1beta1.AcceleratorClass
	for _, class := range classes {
		if reason, message, ok := satisfiesConstraints(limits, class); !ok {
			c.recordClass(class.Name, trace.Rejected, reason, message)
			continue
		}
		kept = append(kept, class)
	}
	return kept
}

// warnAboutMissingClass says why a policy found no class.
func (c classChooser) warnAboutMissingClass(policy v1beta1.AcceleratorSelectionPolicy, field string, candidates int) {
	why := "no class that the runtime lists satisfies the constraints"
	switch {
	case c.in.Runtime == nil:
		why = "the service has no runtime whose classes could be chosen among"
	case len(listedClasses(c.in.Runtime.Spec)) == 0:
		why = fmt.Sprintf("%s %s lists no acceleratorRequirements.acceleratorClasses", c.in.Runtime.Kind, c.in.Runtime.Name)
	case candidates > 0:
		why = "no class that is left states a cost"
	}
	c.rec.AddFinding(c.subject, NoAcceleratorClass, fmt.Sprintf(
		"%s is %s, but %s, so the %s has no accelerator class", field, policy, why, c.in.Component))
}

// recordNothingAsked records that neither a class nor a policy is set.
func (c classChooser) recordNothingAsked() {
	message := "neither a class nor a policy is set"
	if c.in.Annotation != "" {
		message += fmt.Sprintf("; the annotation %s restricts the runtimes to those that list %s and chooses no class: name it in %s.acceleratorClass",
			v1beta1.AnnotationAcceleratorClass, c.in.Annotation, selectorField)
	}
	c.rec.AddEntry(trace.Entry{Subject: c.subject, Verdict: trace.Absent, Reason: NotNamed, Message: message})
}

// recordRankedClasses records the class that was chosen and the others.
func (c classChooser) recordRankedClasses(classes []*v1beta1.AcceleratorClass, chosen choice) {
	c.recordClass(chosen.class.Name, trace.Chosen, Ranked, chosen.why)
	for _, class := range classes {
		if class != chosen.class {
			c.recordClass(class.Name, trace.Candidate, Ranked, "behind "+chosen.class.Name)
		}
	}
}

func (c classChooser) recordClass(name string, verdict trace.Verdict, reason, message string) {
	c.rec.AddEntry(trace.Entry{
		Subject: c.subject + "/" + name, Verdict: verdict, Reason: reason, Message: message,
		Source: KindAndName(KindAcceleratorClass, name),
	})
}

// makeAccelerator returns the class with what the runtime's matching entry says about it.
func (c classChooser) makeAccelerator(name string, class *v1beta1.AcceleratorClass, reason string) *Accelerator {
	a := &Accelerator{Name: name, Class: class, Reason: reason}
	if c.in.Runtime == nil || c.in.Runtime.Format == nil {
		return a
	}
	if config, present := c.in.Runtime.Format.AcceleratorConfig[name]; present {
		a.Config = &config
	}
	return a
}
