package load

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
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
	// inputs are what answers are made from: services, related objects and the configuration.
	inputs  map[ObjectName]*object
	objects int
}

// service is an InferenceService with what is known to belong to it.
type service struct {
	*object
	children observed.Objects
	pods     map[string]observed.Object
}

// Files loads files. An object without a namespace belongs to the given one, unless its kind is
// cluster-scoped. Where two documents define one object, the later one wins. Models have what snapshots
// of metadata among the files know of them. Of several ConfigMaps inferenceservice-config, the one that was
// installed with isvc counts, else the last one. Problems are in the order of the input.
func Files(files []File, namespace string) (*Set, []Problem) {
	all := newObjectIndex(files)
	var problems []Problem
	known, found := readSnapshots(files, namespace)
	problems = append(problems, found...)
	for _, file := range files {
		if !file.IsMetadata {
			problems = append(problems, all.addFile(file, namespace)...)
		}
	}
	set := newSet()
	for _, o := range all.objects {
		if err := known.complete(o); err != nil {
			problems = append(problems, o.objectProblem(Error, "spec", err.Error()))
		}
		problems = append(problems, set.addObject(o)...)
	}
	used, others := configurationAmong(all.objects)
	if used != nil {
		problems = append(problems, set.setConfig(used)...)
	}
	for _, other := range others {
		problems = append(problems, other.passedOverFor(used))
	}
	problems = append(problems, all.passedOver()...)
	_ = set.attachChildren(all.objects) // a cluster has many objects that belong to no service
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
	// charts are folders with a chart of Helm.
	charts map[string]bool
	// foreign and templates are the files of folders that were passed over.
	foreign, templates []string
}

// newObjectIndex is an index without objects that knows which folders of the files are charts.
func newObjectIndex(files []File) *objectIndex {
	index := &objectIndex{position: map[string]int{}, charts: map[string]bool{}}
	for _, file := range files {
		if folder, name := path.Split(withSlashes(file.Name)); name == chartFile && file.InFolder {
			index.charts[folder] = true
		}
	}
	return index
}

// chartFile is the file that makes a folder a chart of Helm.
const chartFile = "Chart.yaml"

// withSlashes is the name of a file with the separators of every system but one.
func withSlashes(name string) string { return strings.ReplaceAll(name, `\`, "/") }

// isOfChart reports whether a file is a template of a chart of Helm.
func (c *objectIndex) isOfChart(file File) bool {
	name := withSlashes(file.Name)
	for folder := range c.charts {
		if strings.HasPrefix(name, folder+"templates/") {
			return true
		}
	}
	return false
}

func (c *objectIndex) addFile(file File, namespace string) []Problem {
	if file.InFolder && c.isOfChart(file) {
		c.templates = append(c.templates, file.Name)
		return nil
	}
	docs, problems := splitFile(file)
	before := len(c.objects)
	for _, doc := range docs {
		objects, found := doc.readObjects(namespace)
		problems = append(problems, found...)
		for _, o := range objects {
			problems = append(problems, c.addObject(o)...)
		}
	}
	if !file.InFolder {
		return problems
	}
	if len(c.objects) == before && len(problems) > 0 && !slices.ContainsFunc(problems, func(p Problem) bool { return !p.isForeign }) {
		c.foreign = append(c.foreign, file.Name)
		return nil
	}
	return problems
}

// passedOver are a note about the files of folders that are no manifests, and one about templates.
func (c *objectIndex) passedOver() []Problem {
	var notes []Problem
	note := func(files []string, message, remedy string) {
		if len(files) == 0 {
			return
		}
		if len(files) > 1 {
			message += fmt.Sprintf(", like %s", listOf(files[1:]))
		}
		notes = append(notes, Problem{File: files[0], Severity: Warning, Finding: finding.Finding{Message: message + remedy}})
	}
	note(c.foreign, "holds no object of Kubernetes", ": passed over")
	note(c.templates, "is a template of a Helm chart",
		": passed over; helm template CHART makes manifests of it, which -f - reads from standard input")
	return notes
}

// maxListed is how many names a message lists.
const maxListed = 5

// listOf lists names: "a, b and 3 more".
func listOf(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
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
		inputs:     map[ObjectName]*object{},
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
		s.inputs[o.objectName()] = o
		s.services[o.key()] = &service{object: o, children: observed.Objects{}}
		return checkFields(o)
	case use == related:
		s.inputs[o.objectName()] = o
		s.relatedObjectsOf(o.Metadata.Namespace).Add(o.kind(), o.Metadata.Namespace, o.Metadata.Name, o.raw)
		return checkFields(o)
	case o.kind() == kinds.ServiceAccount && o.Metadata.Name == sync.DefaultServiceAccount:
		s.relatedObjectsOf(o.Metadata.Namespace).Add(o.kind(), o.Metadata.Namespace, o.Metadata.Name, o.raw)
	case o.kind() == kinds.Service, o.kind() == kinds.HTTPRoute, o.kind() == kinds.Ingress:
		// A service asks whose objects have the names and hosts by which it is reached.
		s.relatedObjectsOf(o.Metadata.Namespace).Add(o.kind(), o.Metadata.Namespace, o.Metadata.Name, o.raw)
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

// configurationAmong is the ConfigMap that isvc reads among some objects, nil without one, and others are those that
// it does not read. While a cluster moves from OME to isvc, it has a ConfigMap of each.
func configurationAmong(objects []*object) (used *object, others []*object) {
	for _, o := range objects {
		switch {
		case o.kind() != kinds.ConfigMap || o.Metadata.Name != config.MapName:
		case used == nil:
			used = o
		case used.countsBefore(o):
			others = append(others, o)
		default:
			others = append(others, used)
			used = o
		}
	}
	return used, others
}

// isInstalledWithIsvc reports whether an object has the label of the manifests and the chart of isvc.
func (o *object) isInstalledWithIsvc() bool { return o.labelValue("app.kubernetes.io/name") == "isvc" }

// countsBefore reports whether isvc reads a ConfigMap and not another one, in whatever order they come.
func (o *object) countsBefore(other *object) bool {
	return o.isInstalledWithIsvc() && !other.isInstalledWithIsvc()
}

// passedOverFor says of a ConfigMap that isvc reads another one.
func (o *object) passedOverFor(used *object) Problem {
	which := "the later one"
	if used.isInstalledWithIsvc() {
		which = "the one that was installed with isvc"
	}
	return o.objectProblem(Warning, "", fmt.Sprintf("is not used: there are several, and %s counts, in namespace %s", which, used.Metadata.Namespace))
}

// setConfig reads the ConfigMap.
func (s *Set) setConfig(o *object) []Problem {
	data, err := decodeConfigMapData(o.raw)
	if err != nil {
		problem := decodeProblem(o, err)
		problem.Message += ": write each section as a string, with |- after its name"
		return []Problem{problem}
	}
	var problems []Problem
	s.inputs[o.objectName()] = o
	s.config = config.Parse(data)
	for _, section := range slices.Sorted(maps.Keys(s.config.Problems)) {
		problems = append(problems, o.objectProblem(Error, "data."+section, s.config.Problems[section]))
	}
	for _, unknown := range s.config.Unknown {
		problems = append(problems, o.objectProblem(Warning, "data", unknown))
	}
	return problems
}

// attachChildren gives observed children and pods to the services that they belong to. Children that
// belong to none are returned as warnings.
func (s *Set) attachChildren(objects []*object) []Problem {
	belongs := &owners{services: s.services}
	var alone []Problem
	for _, o := range objects {
		switch useOf(o.kind()) {
		case owned:
			if owner := belongs.serviceOfChild(o); owner != nil {
				owner.children.Add(o.kind(), o.Metadata.Namespace, o.Metadata.Name, o.raw)
			} else {
				alone = append(alone, o.objectProblem(Warning, "", "belongs to no InferenceService"))
			}
		case pod:
			if owner := belongs.serviceByLabel(o, v1beta1.LabelInferenceService, v1beta1.LabelServingInferenceService); owner != nil {
				owner.addPod(o)
			}
		}
	}
	return alone
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
	p := Problem{Object: "InferenceService " + observed.ObjectKey(namespace, name)}
	if service := s.services[observed.ObjectKey(namespace, name)]; service != nil {
		p = service.objectProblem(severity, "", "")
	}
	p.Severity, p.Finding = severity, found
	return p
}

// ServiceFile is the file in which a service of the set is defined; empty for any other service.
func (s *Set) ServiceFile(namespace, name string) string {
	if service := s.services[observed.ObjectKey(namespace, name)]; service != nil {
		return service.file
	}
	return ""
}

// Input returns an object that answers are made from by its name.
func (s *Set) Input(name ObjectName) (Input, bool) {
	o, has := s.inputs[name]
	if !has {
		return Input{}, false
	}
	return o.input(), true
}
