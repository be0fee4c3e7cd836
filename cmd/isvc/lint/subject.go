package lint

import (
	"encoding/json"
	"strings"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/defaulting"
	"github.com/isvc-io/isvc/sync/observed"
)

// subject is what the rules read: a service and the objects that it is turned into.
type subject struct {
	namespace, name string
	// annotations are those of the service.
	annotations map[string]string
	// components are the components in the service's spec, by type.
	components map[v1beta1.ComponentType]*v1beta1.EngineSpec
	// model is the chosen model; nil when it is not known.
	model *v1beta1.BaseModelSpec
	// classes are the accelerator classes of the cluster, by name.
	classes []*v1beta1.AcceleratorClass
	// accelerators say which resources are accelerators, those of the classes among them.
	accelerators accelerators.List
	response     *sync.Response
	workloads    []workload
	// conflicts are what the service has in common with other services and cannot.
	conflicts []finding.Finding
}

func newSubject(request *sync.Request, response *sync.Response) *subject {
	conf := request.Config
	if conf == nil {
		conf = config.Default()
	}
	s := &subject{
		response: response, components: map[v1beta1.ComponentType]*v1beta1.EngineSpec{}, accelerators: accelerators.Known(conf),
	}
	s.readService(request, conf)
	s.readModel(request.Related, response.Trace)
	s.readClasses(request.Related)
	if response.RetryAfter == 0 {
		s.workloads = readWorkloads(response.Children)
	}
	return s
}

// readService reads the components in the service's spec. A service that cannot be decoded has
// none; its response has a hold.
func (s *subject) readService(request *sync.Request, conf *config.Config) {
	var head struct {
		Metadata struct {
			Namespace, Name string
			Annotations     map[string]string
		}
	}
	_ = json.Unmarshal(request.Parent, &head) // without a name if it cannot be read
	s.namespace, s.name, s.annotations = head.Metadata.Namespace, head.Metadata.Name, head.Metadata.Annotations
	var service v1beta1.InferenceService
	if v1beta1.DecodeLenient(request.Parent, &service) != nil {
		return
	}
	spec := defaulting.Service(&service, conf.Deploy.DefaultDeploymentMode).Spec
	if spec.Engine != nil {
		s.components[v1beta1.EngineComponent] = spec.Engine
	}
	if spec.Decoder != nil {
		decoder := v1beta1.EngineSpec(*spec.Decoder)
		s.components[v1beta1.DecoderComponent] = &decoder
	}
	if r := spec.Router; r != nil {
		s.components[v1beta1.RouterComponent] = &v1beta1.EngineSpec{
			PodSpec: r.PodSpec, ComponentExtensionSpec: r.ComponentExtensionSpec, Runner: r.Runner, Resources: r.Resources,
		}
	}
}

// componentTypes returns the types of the service's components, in order.
func (s *subject) componentTypes() []v1beta1.ComponentType {
	var types []v1beta1.ComponentType
	for _, t := range []v1beta1.ComponentType{v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent} {
		if s.components[t] != nil {
			types = append(types, t)
		}
	}
	return types
}

// serviceObject is the service as the object of a finding.
func (s *subject) serviceObject() string { return v1beta1.KindInferenceService + "/" + s.name }

// readModel reads the model that was chosen according to the trace.
func (s *subject) readModel(related observed.Objects, entries []trace.Entry) {
	for _, e := range entries {
		head, name, _ := strings.Cut(e.Subject, "/")
		if head != "model" || e.Verdict != trace.Chosen || strings.Contains(name, "/") {
			continue
		}
		raw := related.RawJSON(kinds.ClusterBaseModel, "", name)
		if strings.HasPrefix(e.Source, v1beta1.KindBaseModel+"/") {
			raw = related.RawJSON(kinds.BaseModel, s.namespace, name)
		}
		var model v1beta1.ClusterBaseModel
		if v1beta1.DecodeLenient(raw, &model) == nil {
			s.model = &model.Spec
		}
	}
}

func (s *subject) readClasses(related observed.Objects) {
	for _, key := range related.KeysOf(kinds.AcceleratorClass) {
		var class v1beta1.AcceleratorClass
		if v1beta1.DecodeLenient(related[kinds.AcceleratorClass][key].Raw, &class) == nil {
			s.classes = append(s.classes, &class)
			s.accelerators = s.accelerators.WithClass(&class)
		}
	}
}
