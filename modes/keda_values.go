package modes

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// kedaSetting is a value for KEDA and where it stands.
type kedaSetting struct{ value, place string }

// kedaSettingOf is the value of an annotation, else of a field of the kedaConfig, which service,
// runtime and component can give.
func kedaSettingOf(c *Component, annotation, field, value string) kedaSetting {
	if annotated := c.Annotations[annotation]; annotated != "" {
		return kedaSetting{annotated, "annotation " + annotation}
	}
	return kedaSetting{value, "kedaConfig." + field}
}

// invalid is the problem of a value that KEDA cannot use.
func (s kedaSetting) invalid(c *Component, kind, format string, args ...any) *finding.Finding {
	return &finding.Finding{
		Reason: ReasonInvalidAutoscaling, Message: fmt.Sprintf("the %s cannot be scaled with %s %q (%s): %s",
			c.inWords(), kind, s.value, s.place, fmt.Sprintf(format, args...)),
	}
}

// The thresholds with which KEDA can work: it makes a HorizontalPodAutoscaler with the thousandths as
// a whole number of 64 bits, and that must not be 0.
const (
	leastThreshold    = 0.001
	greatestThreshold = math.MaxInt64 / 1000
)

// thresholdForKEDA is a threshold in the form in which KEDA reads numbers: that of JSON.
func thresholdForKEDA(c *Component, given kedaSetting) (string, []finding.Finding, *finding.Finding) {
	number, err := strconv.ParseFloat(given.value, 64)
	switch {
	case err != nil || math.IsNaN(number) || number <= 0:
		return "", nil, given.invalid(c, "threshold", "use a number greater than 0")
	case number < leastThreshold:
		return "", nil, given.invalid(c, "threshold", "KEDA counts thousandths and would make it 0: use a number of at least %v, "+
			"or multiply the query and the threshold by one number", leastThreshold)
	case number > greatestThreshold:
		return "", nil, given.invalid(c, "threshold", "KEDA counts thousandths, of which these are too many: use a number below %d", int64(greatestThreshold))
	}
	var findings []finding.Finding
	if counted := math.Trunc(number*1000+1e-6) / 1000; counted != number { // 1e-6: 0.003 is a little less in binary
		findings = append(findings, finding.Finding{
			Subject: string(c.Type) + "/autoscaling", Reason: ReasonThresholdRounded, Message: fmt.Sprintf(
				"threshold %q of the %s (%s) has more than thousandths, which KEDA does not count: use %v, or multiply the query and the threshold by one number",
				given.value, c.Type, given.place, counted),
		})
	}
	if !json.Valid([]byte(given.value)) {
		return strconv.FormatFloat(number, 'f', -1, 64), findings, nil
	}
	return given.value, findings, nil
}

// prometheusAddress is the address of the Prometheus server: the component's, else the configured one.
func prometheusAddress(c *Component, fromComponent, configured string) (string, *finding.Finding) {
	address := kedaSettingOf(c, v1beta1.AnnotationKedaServerAddress, "promServerAddress", fromComponent)
	if address.value == "" {
		address = kedaSetting{configured, fmt.Sprintf("promServerAddress in key %s of ConfigMap %s", config.SectionKeda, config.MapName)}
	}
	if !isHTTPServer(address.value) {
		return "", address.invalid(c, "Prometheus server", "KEDA cannot reach it: use http://host:port or https://host:port, with a path at most")
	}
	return address.value, nil
}

// isHTTPServer reports whether KEDA can put the path of a query behind an address.
func isHTTPServer(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return false
	}
	port, err := strconv.Atoi(u.Port())
	return u.Port() == "" || err == nil && port > 0 && port <= math.MaxUint16
}

// The ways of authentication for Prometheus that KEDA has, and those of which it takes one.
func kedaAuthModes() []string {
	return []string{v1beta1.AuthModeBasic, v1beta1.AuthModeTLS, v1beta1.AuthModeBearer, v1beta1.AuthModeCustom}
}

func exclusiveAuthModes() []string { return []string{v1beta1.AuthModeBasic, v1beta1.AuthModeBearer} }

// authModesForKEDA are the ways of authentication, without blanks and empty items, which KEDA
// refuses.
func authModesForKEDA(c *Component, given string) (string, *finding.Finding) {
	setting := kedaSetting{given, "kedaConfig.authModes"}
	var used []string
	exclusive := 0
	for item := range strings.SplitSeq(given, ",") {
		mode := strings.TrimSpace(item)
		if mode == "" || slices.Contains(used, mode) {
			continue
		}
		if !slices.Contains(kedaAuthModes(), mode) {
			return "", setting.invalid(c, "authentication", "use %s", strings.Join(kedaAuthModes(), ", "))
		}
		if slices.Contains(exclusiveAuthModes(), mode) {
			exclusive++
		}
		used = append(used, mode)
	}
	if exclusive > 1 {
		return "", setting.invalid(c, "authentication", "use only one of %s", strings.Join(exclusiveAuthModes(), ", "))
	}
	return strings.Join(used, ","), nil
}

// credentialsForKEDA refer to the credentials for the Prometheus server. Ways of authentication
// without credentials have no effect, as in OME.
func credentialsForKEDA(c *Component, keda v1beta1.KedaConfig) (*ScaleTriggerSecret, []finding.Finding, *finding.Finding) {
	ref := keda.AuthenticationRef
	switch {
	case ref == nil && keda.AuthModes != "":
		return nil, []finding.Finding{{
			Subject: string(c.Type) + "/autoscaling", Reason: ReasonFieldIgnored, Message: fmt.Sprintf(
				"kedaConfig.authModes %q of the %s has no effect without kedaConfig.authenticationRef: KEDA asks Prometheus without credentials; "+
					"name the TriggerAuthentication that has them, or remove authModes", keda.AuthModes, c.Type),
		}}, nil
	case ref == nil:
		return nil, nil, nil
	case ref.Name == "":
		return nil, nil, kedaSetting{"", "kedaConfig.authenticationRef.name"}.invalid(c, "credentials", "name the TriggerAuthentication that has them")
	}
	kinds := []string{"", v1beta1.TriggerAuthenticationKind, v1beta1.ClusterTriggerAuthenticationKind}
	if !slices.Contains(kinds, ref.Kind) {
		return nil, nil, kedaSetting{ref.Kind, "kedaConfig.authenticationRef.kind"}.invalid(c, "credentials", "use %s", joinedWithOr(kinds[1:]))
	}
	if ref.Kind == "" {
		return &ScaleTriggerSecret{Name: ref.Name, Kind: v1beta1.TriggerAuthenticationKind}, nil, nil
	}
	return &ScaleTriggerSecret{Name: ref.Name, Kind: ref.Kind}, nil, nil
}
