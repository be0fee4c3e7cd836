package modes

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// IngressConfigOf is the ingress configuration of one service: the cluster's, overridden by the
// service's annotations "ome.io/ingress-...". An empty annotation changes nothing, except that an
// empty path template turns paths off. A switch is on when its annotation is "true" and off when
// the annotation has any other value.
//
// The problem is that the configuration could not be read, or that the scheme cannot be one of a
// URL.
func IngressConfigOf(cfg *config.Config, parent *v1beta1.InferenceService) (config.Ingress, *finding.Finding) {
	if message, bad := cfg.Problems[config.SectionIngress]; bad {
		return config.Ingress{}, &finding.Finding{
			Reason: ReasonInvalidIngressConfig,
			Message: fmt.Sprintf("cannot decide how InferenceService %s/%s is reached: key %s of ConfigMap %s: %s",
				parent.Namespace, parent.Name, config.SectionIngress, config.MapName, message),
		}
	}
	in := cfg.Ingress
	annotations := parent.Annotations
	in = withGatewaysOf(in, parent)
	in.IngressDomain = cmp.Or(annotations[v1beta1.AnnotationIngressDomain], in.IngressDomain)
	in.DomainTemplate = cmp.Or(annotations[v1beta1.AnnotationIngressDomainTemplate], in.DomainTemplate)
	in.URLScheme = cmp.Or(annotations[v1beta1.AnnotationIngressURLScheme], in.URLScheme)
	if template, set := annotations[v1beta1.AnnotationIngressPathTemplate]; set {
		in.PathTemplate = template
	}
	if domains := splitAtCommas(annotations[v1beta1.AnnotationIngressAdditionalDomains]); len(domains) > 0 {
		in.AdditionalIngressDomains = domains
	}
	in = withSchemeOf(in, annotations)
	in.DisableIstioVirtualHost = annotatedSwitch(annotations, v1beta1.AnnotationIngressDisableIstioVirtualHost, in.DisableIstioVirtualHost)
	in.DisableIngressCreation = annotatedSwitch(annotations, v1beta1.AnnotationIngressDisableCreation, in.DisableIngressCreation)
	if !isURLScheme(in.URLScheme) {
		return config.Ingress{}, &finding.Finding{
			Reason: ReasonInvalidIngressConfig,
			Message: fmt.Sprintf("cannot tell the URL of InferenceService %s/%s: urlScheme is %q; set it to http or https in key %s of ConfigMap %s or in annotation %s",
				parent.Namespace, parent.Name, shortenForMessage(in.URLScheme), config.SectionIngress, config.MapName, v1beta1.AnnotationIngressURLScheme),
		}
	}
	return in, nil
}

// isURLScheme reports whether a string can be the scheme of a URL. Schemes are lower case.
func isURLScheme(scheme string) bool {
	parsed, err := url.Parse(scheme + "://host")
	return err == nil && scheme != "" && parsed.Scheme == scheme
}

// annotatedSwitch reports whether a switch is on: what its annotation says, else what is
// configured.
func annotatedSwitch(annotations map[string]string, annotation string, configured bool) bool {
	if value, set := annotations[annotation]; set {
		return value == "true"
	}
	return configured
}

// splitAtCommas returns the items of a comma-separated list, without blanks.
func splitAtCommas(list string) []string {
	var items []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// unusableIngressKey is the problem of a configuration key that a route needs.
func unusableIngressKey(env *Env, key, value, want string) *finding.Finding {
	return &finding.Finding{
		Reason: ReasonInvalidIngressConfig,
		Message: fmt.Sprintf("cannot route to InferenceService %s/%s: %s is %q in key %s of ConfigMap %s; set it to %s",
			env.Parent.Namespace, env.Parent.Name, key, value, config.SectionIngress, config.MapName, want),
	}
}
