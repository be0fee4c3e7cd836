package modes

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// ResolveIngress is the ingress configuration of one service: the cluster's,
// with the service's annotations "ome.io/ingress-..." on top. An empty
// annotation changes nothing, except that an empty path template turns paths
// off; a switch is on when its annotation is "true" and off when it is
// anything else.
//
// It is a problem when the configuration itself could not be read.
func ResolveIngress(cfg *config.Config, parent *v1beta1.InferenceService) (config.Ingress, *finding.Finding) {
	if message, bad := cfg.Problems[config.SectionIngress]; bad {
		return config.Ingress{}, &finding.Finding{
			Reason: ReasonInvalidIngressConfig,
			Message: fmt.Sprintf("cannot decide how InferenceService %s/%s is reached: key %s of ConfigMap %s: %s",
				parent.Namespace, parent.Name, config.SectionIngress, config.MapName, message),
		}
	}
	in := cfg.Ingress
	override(parent, v1beta1.AnnotationIngressDomain, &in.IngressDomain)
	override(parent, v1beta1.AnnotationIngressDomainTemplate, &in.DomainTemplate)
	override(parent, v1beta1.AnnotationIngressURLScheme, &in.URLScheme)
	if text, set := parent.Annotations[v1beta1.AnnotationIngressPathTemplate]; set {
		in.PathTemplate = text
	}
	if domains := commaList(parent.Annotations[v1beta1.AnnotationIngressAdditionalDomains]); len(domains) > 0 {
		in.AdditionalIngressDomains = domains
	}
	overrideSwitch(parent, v1beta1.AnnotationIngressDisableIstioVirtualHost, &in.DisableIstioVirtualHost)
	overrideSwitch(parent, v1beta1.AnnotationIngressDisableCreation, &in.DisableIngressCreation)
	if !isURLScheme(in.URLScheme) {
		return config.Ingress{}, &finding.Finding{
			Reason: ReasonInvalidIngressConfig,
			Message: fmt.Sprintf("cannot tell the URL of InferenceService %s/%s: urlScheme is %q; set it to http or https in key %s of ConfigMap %s or in annotation %s",
				parent.Namespace, parent.Name, brief(in.URLScheme), config.SectionIngress, config.MapName, v1beta1.AnnotationIngressURLScheme),
		}
	}
	return in, nil
}

// isURLScheme reports whether a string can be the scheme of a URL. Schemes are lower case.
func isURLScheme(scheme string) bool {
	parsed, err := url.Parse(scheme + "://host")
	return err == nil && scheme != "" && parsed.Scheme == scheme
}

func override(parent *v1beta1.InferenceService, annotation string, field *string) {
	if text := parent.Annotations[annotation]; text != "" {
		*field = text
	}
}

func overrideSwitch(parent *v1beta1.InferenceService, annotation string, field *bool) {
	if text, set := parent.Annotations[annotation]; set {
		*field = text == "true"
	}
}

// commaList splits a text at commas and leaves out blanks.
func commaList(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// ingressKeyProblem is the problem of a key of the ingress configuration that
// a route needs.
func ingressKeyProblem(env *Env, key, value, want string) *finding.Finding {
	return &finding.Finding{
		Reason: ReasonInvalidIngressConfig,
		Message: fmt.Sprintf("cannot route to InferenceService %s/%s: %s is %q in key %s of ConfigMap %s; set it to %s",
			env.Parent.Namespace, env.Parent.Name, key, value, config.SectionIngress, config.MapName, want),
	}
}
