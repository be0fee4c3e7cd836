package load

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// Set is everything that a group of files holds. Nothing changes it after Files returned it.
type Set struct {
	// services by key.
	services map[string]*service
	// cluster holds the related objects without a namespace, namespaced the others by namespace.
	// Requests share the maps in them.
	cluster    observed.Objects
	namespaced map[string]observed.Objects
	config     *config.Config
	objects    int
}

// service is an InferenceService with what is known to belong to it.
type service struct {
	*object
	children observed.Objects
	pods     map[string]observed.Object
}

// Files loads files. An object without a namespace belongs to the given one, unless its kind is
// cluster-scoped. Where two documents define one object, the later one wins. Problems are in the
// order of the input.
func Files(files []File, namespace string) (*Set, []Problem) {
	all := objectIndex{position: map[string]int{}}
	var problems []Problem
	for _, file := range files {
		problems = append(problems, all.addFile(file, namespace)...)
	}
	set := newSet()
	for _, o := range all.objects {
		problems = append(problems, set.addObject(o)...)
	}
	set.attachChildren(all.objects)
	return set, sortByInput(problems, files)
}

// sortByInput sorts problems by file, in the order of the files, then by document.
func sortByInput(problems []Problem, files []File) []Problem {
	rank := make(map[string]int, len(files))
	for i, file := range files {
		rank[file.Name] = i
	}
	sort.SliceStable(problems, func(i, j int) bool {
		a, b := problems[i], problems[j]
		if a.File != b.File {
			return rank[a.File] < rank[b.File]
		}
		return a.Document < b.Document
	})
	return problems
}

// objectIndex collects objects; a later one replaces an earlier one of the same identity.
type objectIndex struct {
	objects  []*object
	position map[string]int
}

func (c *objectIndex) addFile(file File, namespace string) []Problem {
	docs, problems := splitFile(file)
	for _, doc := range docs {
		objects, found := doc.readObjects(namespace)
		problems = append(problems, found...)
		for _, o := range objects {
			problems = append(problems, c.addObject(o)...)
		}
	}
	return problems
}

func (c *objectIndex) addObject(o *object) []Problem {
	identity := string(o.kind()) + " " + o.key()
	at, known := c.position[identity]
	if !known || !isUsed(o.kind()) {
		c.position[identity] = len(c.objects)
		c.objects = append(c.objects, o)
		return nil
	}
	earlier := c.objects[at]
	c.objects[at] = o
	if bytes.Equal(earlier.raw, o.raw) {
		return nil
	}
	return []Problem{o.objectProblem(Warning, "", fmt.Sprintf(
		"is defined in %s document %d too: the later definition was used", earlier.file, earlier.number))}
}

func newSet() *Set {
	return &Set{
		services:   map[string]*service{},
		cluster:    observed.Objects{},
		namespaced: map[string]observed.Objects{},
	}
}

// addObject stores what an object is by its kind. Children and pods are stored by attach, when all
// services are known.
func (s *Set) addObject(o *object) []Problem {
	s.objects++
	switch use := useOf(o.kind()); {
	case use == foreign:
		return checkForeign(o)
	case use == parent:
		s.services[o.key()] = &service{object: o, children: observed.Objects{}}
		return checkFields(o)
	case use == related:
		s.relatedObjectsOf(o.Metadata.Namespace).Add(o.kind(), o.Metadata.Namespace, o.Metadata.Name, o.raw)
		return checkFields(o)
	case o.kind() == kinds.ConfigMap && o.Metadata.Name == config.MapName:
		return s.setConfig(o)
	}
	return nil
}

// relatedObjectsOf returns the related objects of a namespace, "" for the cluster.
func (s *Set) relatedObjectsOf(namespace string) observed.Objects {
	if namespace == "" {
		return s.cluster
	}
	if s.namespaced[namespace] == nil {
		s.namespaced[namespace] = observed.Objects{}
	}
	return s.namespaced[namespace]
}

// setConfig reads the ConfigMap.
func (s *Set) setConfig(o *object) []Problem {
	data, err := decodeConfigMapData(o.raw)
	if err != nil {
		return []Problem{o.objectProblem(Error, "data", err.Error())}
	}
	var problems []Problem
	if s.config != nil {
		problems = append(problems, o.objectProblem(Warning, "", "is a second "+config.MapName+": the later one was used"))
	}
	s.config = config.Parse(data)
	for _, section := range slices.Sorted(maps.Keys(s.config.Problems)) {
		problems = append(problems, o.objectProblem(Error, "data."+section, s.config.Problems[section]))
	}
	return problems
}

// attachChildren gives observed children and pods to the services that they belong to.
func (s *Set) attachChildren(objects []*object) {
	belongs := &owners{services: s.services}
	for _, o := range objects {
		switch useOf(o.kind()) {
		case child:
			if owner := belongs.serviceOfChild(o); owner != nil {
				owner.children.Add(o.kind(), o.Metadata.Namespace, o.Metadata.Name, o.raw)
			}
		case pod:
			if owner := belongs.serviceByLabel(o, v1beta1.LabelInferenceService, v1beta1.LabelServingInferenceService); owner != nil {
				owner.addPod(o)
			}
		}
	}
}

func (s *service) addPod(o *object) {
	if s.pods == nil {
		s.pods = map[string]observed.Object{}
	}
	s.pods[o.key()] = observed.Object{Raw: o.raw}
}

// ObjectCount is how many objects the set was loaded from.
func (s *Set) ObjectCount() int { return s.objects }

// ServiceProblem places a finding about a service of the set where the service is defined.
func (s *Set) ServiceProblem(namespace, name string, severity Severity, found finding.Finding) Problem {
	p := Problem{Object: "InferenceService " + observed.Key(namespace, name)}
	if service := s.services[observed.Key(namespace, name)]; service != nil {
		p = service.objectProblem(severity, "", "")
	}
	p.Severity, p.Finding = severity, found
	return p
}

// ServiceFile is the file in which a service of the set is defined; empty for any other service.
func (s *Set) ServiceFile(namespace, name string) string {
	if service := s.services[observed.Key(namespace, name)]; service != nil {
		return service.file
	}
	return ""
}
