package sync

import (
	gosync "sync"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/defaulting"
	"github.com/isvc-io/isvc/sync/validation"
)

// Sync returns the desired children and the status of one InferenceService.
// The error is for a request that is not one: a parent that is no JSON object
// or has no name. Everything else is answered in the response.
func Sync(req *Request) (*Response, error) {
	p, err := begin(req)
	if err != nil {
		return nil, err
	}
	if held := p.decodeSpec(); held != nil {
		return p.hold(held), nil
	}
	if held := p.foreign(); held != nil {
		return p.hold(held), nil
	}
	p.service = defaulting.Service(p.parent, p.config.Deploy.DefaultDeploymentMode)
	if p.mode() == v1beta1.VirtualDeployment {
		return p.virtual(), nil
	}
	if held := p.validate(); held != nil {
		return p.hold(held), nil
	}
	if held := p.resolve(); held != nil {
		return p.hold(held), nil
	}
	p.compose()
	p.build()
	if held := p.keep(); held != nil {
		return p.hold(held), nil
	}
	return p.respond(), nil
}

// pass is one call of Sync on its way through the stages.
type pass struct {
	req    *Request
	config *config.Config
	record *trace.Recorder
	// raw is the service as JSON, parent the service as it arrived, service is
	// Effective of it.
	raw     rawParent
	parent  *v1beta1.InferenceService
	service *v1beta1.InferenceService
	// found is what the service refers to.
	found found
	// components are those that the service asks for, composed or not.
	components []compose.Result
	// children are the desired objects so far, by key.
	children children
	// seen are the observed children that were looked at; nil for what is not
	// there.
	seen map[childKey]*seen
	// ingress is how the service is reached.
	ingress ingress
	// undescribed is why the ConfigMap that describes the model was kept instead.
	undescribed *finding.Finding
	// failure is why the service as a whole could not be computed.
	failure *finding.Finding
}

func begin(req *Request) (*pass, error) {
	parent, raw, err := decodeIdentity(req.Parent)
	if err != nil {
		return nil, err
	}
	p := &pass{
		req: req, config: req.Config, raw: raw, parent: parent, service: parent,
		record: &trace.Recorder{}, children: children{}, seen: map[childKey]*seen{},
	}
	if req.Explain {
		p.record = trace.Explaining()
	}
	if p.config == nil {
		p.config = defaultConfig()
	}
	return p, nil
}

// defaultConfig is config.Default, which nobody changes here.
var defaultConfig = gosync.OnceValue(config.Default)

// mode is the mode of the service as a whole.
func (p *pass) mode() v1beta1.DeploymentMode {
	return defaulting.Mode(p.service, p.config.Deploy.DefaultDeploymentMode)
}

// validate checks the service alone.
func (p *pass) validate() *finding.Finding {
	findings := validation.Service(p.service)
	if len(findings) == 0 {
		return nil
	}
	message := findings[0].Field + ": " + findings[0].Message
	for _, f := range findings[1:] {
		message += "; " + f.Field + ": " + f.Message
	}
	return &finding.Finding{
		Reason: validation.ReasonInvalidSpec, Message: message,
		ModelReason: v1beta1.InvalidPredictorSpec,
	}
}

// compose makes the components, each on its own: a mistake in one does not
// stop the others.
func (p *pass) compose() {
	p.components = compose.Components(&compose.Input{
		Service: p.service, Model: p.found.model, Weight: p.found.weight,
		Runtime: p.found.runtime, Accelerators: p.found.accelerators, Record: p.record,
	})
}

// env is what the builders know beside a component.
func (p *pass) env() *modes.Env {
	return &modes.Env{Parent: p.service, Config: p.config, Kinds: p.req.Managed, Record: p.record}
}
