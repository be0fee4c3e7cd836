package config_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
)

// parse reads one section and requires that it has no problem.
func parse(t *testing.T, section, text string) *config.Config {
	t.Helper()
	c := config.Parse(map[string]string{section: text})
	require.Empty(t, c.Problems)
	return c
}

func TestASectionIsRead(t *testing.T) {
	className := "nginx"
	for sentence, test := range map[string]struct {
		section, text string
		of            func(*config.Config) any
		want          any
	}{
		"deploy: Serverless": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless"}`,
			func(c *config.Config) any { return c.Deploy }, config.Deploy{DefaultDeploymentMode: "Serverless"}},
		"deploy: RawDeployment": {config.SectionDeploy, `{"defaultDeploymentMode":"RawDeployment"}`,
			func(c *config.Config) any { return c.Deploy }, config.Deploy{DefaultDeploymentMode: "RawDeployment"}},
		"deploy: fields that do not exist are ignored": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","x":1}`,
			func(c *config.Config) any { return c.Deploy }, config.Deploy{DefaultDeploymentMode: "Serverless"}},
		"ingress: every field": {config.SectionIngress, `{"ingressGateway":"ns/g","ingressService":"s","localGateway":"lg",
			"localGatewayService":"lgs","knativeLocalGatewayService":"klgs","omeIngressGateway":"og","ingressDomain":"d.example",
			"ingressClassName":"nginx","additionalIngressDomains":["a","b"],"domainTemplate":"{{ .Name }}.x","urlScheme":"https",
			"pathTemplate":"/{{ .Namespace }}","disableIstioVirtualHost":true,"disableIngressCreation":true,"enableGatewayAPI":true}`,
			func(c *config.Config) any { return c.Ingress }, config.Ingress{
				IngressGateway: "ns/g", IngressService: "s", LocalGateway: "lg", LocalGatewayService: "lgs",
				KnativeLocalGatewayService: "klgs", OMEIngressGateway: "og", IngressDomain: "d.example", IngressClassName: &className,
				AdditionalIngressDomains: []string{"a", "b"}, DomainTemplate: "{{ .Name }}.x", URLScheme: "https",
				PathTemplate: "/{{ .Namespace }}", DisableIstioVirtualHost: true, DisableIngressCreation: true, EnableGatewayAPI: true,
			}},
		"ingress: what is left out has OME's defaults, and ingress is on": {config.SectionIngress, `{"ingressGateway":"g","ingressService":"s"}`,
			func(c *config.Config) any { return c.Ingress }, config.Ingress{
				IngressGateway: "g", IngressService: "s", IngressDomain: "example.com",
				DomainTemplate: "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}", URLScheme: "http",
			}},
		"multinodeProber": {config.SectionProber, `{"image":"i","cpuRequest":"1","memoryRequest":"1Gi","cpuLimit":"2","memoryLimit":"2Gi",
			"startupFailureThreshold":1,"startupPeriodSeconds":2,"startupInitialDelaySeconds":3,"startupTimeoutSeconds":4,"unavailableThresholdSeconds":5}`,
			func(c *config.Config) any { return c.Prober }, config.Prober{
				Image: "i", CPURequest: "1", MemoryRequest: "1Gi", CPULimit: "2", MemoryLimit: "2Gi",
				StartupFailureThreshold: 1, StartupPeriodSeconds: 2, StartupInitialDelaySeconds: 3, StartupTimeoutSeconds: 4,
				UnavailableThresholdSeconds: 5,
			}},
		"multinodeProber: nothing is required": {config.SectionProber, `{}`,
			func(c *config.Config) any { return c.Prober }, config.Prober{}},
		"metricsAggregator": {config.SectionMetrics, `{"enableMetricAggregation":"true","enablePrometheusScraping":"false"}`,
			func(c *config.Config) any { return c.Metrics }, config.Metrics{EnableMetricAggregation: "true", EnablePrometheusScraping: "false"}},
		"modelInit": {config.SectionModelInit, `{"image":"i","compartmentId":"c","authType":"a","vaultId":"v","region":"r",
			"cpuRequest":"15","memoryLimit":"320Gi","extraVolumeMounts":[{"name":"m","mountPath":"/m"}],"extraEnvVars":[{"name":"E","value":"1"}]}`,
			func(c *config.Config) any { return c.ModelInit }, config.Injector{
				Image: "i", CompartmentID: "c", AuthType: "a", VaultID: "v", Region: "r", CPURequest: "15", MemoryLimit: "320Gi",
				ExtraVolumeMounts: []corev1.VolumeMount{{Name: "m", MountPath: "/m"}}, ExtraEnvVars: []corev1.EnvVar{{Name: "E", Value: "1"}},
			}},
		"fineTunedAdapter needs no vault": {config.SectionFineTunedAdapter, `{"image":"i","compartmentId":"c","authType":"a"}`,
			func(c *config.Config) any { return c.FineTunedAdapter }, config.Injector{Image: "i", CompartmentID: "c", AuthType: "a"}},
		"servingSidecar needs no vault": {config.SectionServingSidecar, `{"image":"i","compartmentId":"c","authType":"a"}`,
			func(c *config.Config) any { return c.ServingSidecar }, config.Injector{Image: "i", CompartmentID: "c", AuthType: "a"}},
		"kedaConfig": {config.SectionKeda, `{"promServerAddress":"http://p:9090"}`,
			func(c *config.Config) any { return c.Keda }, config.Keda{PromServerAddress: "http://p:9090"}},
		"kedaConfig: an empty address has the default": {config.SectionKeda, `{}`,
			func(c *config.Config) any { return c.Keda },
			config.Keda{PromServerAddress: "http://prometheus-operated.monitoring.svc.cluster.local:9090"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, test.want, test.of(parse(t, test.section, test.text)))
		})
	}
}

func TestASectionThatCannotBeUsed(t *testing.T) {
	const ingress = `{"ingressGateway":"g","ingressService":"s",`
	const account = `{"image":"i","compartmentId":"c","authType":"a","vaultId":"v",`
	for sentence, test := range map[string]struct {
		section, text string
		problem       string
	}{
		"deploy: broken JSON":          {config.SectionDeploy, `{`, "not the JSON that the section needs: unexpected end of JSON input"},
		"deploy: empty text":           {config.SectionDeploy, ``, "not the JSON that the section needs: unexpected end of JSON input"},
		"deploy: a list":               {config.SectionDeploy, `[]`, "not the JSON that the section needs"},
		"deploy: no mode":              {config.SectionDeploy, `{}`, "defaultDeploymentMode is required: set it to Serverless or RawDeployment"},
		"deploy: null is no mode":      {config.SectionDeploy, `null`, "defaultDeploymentMode is required"},
		"deploy: another mode":         {config.SectionDeploy, `{"defaultDeploymentMode":"MultiNode"}`, `defaultDeploymentMode is "MultiNode": it must be Serverless or RawDeployment`},
		"deploy: a mode in lower case": {config.SectionDeploy, `{"defaultDeploymentMode":"serverless"}`, `defaultDeploymentMode is "serverless"`},

		"ingress: broken JSON":    {config.SectionIngress, `{"ingressGateway":}`, "not the JSON that the section needs"},
		"ingress: a wrong type":   {config.SectionIngress, `{"disableIngressCreation":"true"}`, "disableIngressCreation"},
		"ingress: no gateway":     {config.SectionIngress, `{"ingressService":"s"}`, "ingressGateway and ingressService are required"},
		"ingress: no service":     {config.SectionIngress, `{"ingressGateway":"g"}`, "ingressGateway and ingressService are required"},
		"ingress: an empty value": {config.SectionIngress, `{"ingressGateway":"g","ingressService":""}`, "ingressGateway and ingressService are required"},
		"ingress: a path without a domain": {config.SectionIngress, ingress + `"pathTemplate":"/x"}`,
			"ingressDomain is required when pathTemplate is set"},
		"ingress: a domain template that does not parse": {config.SectionIngress, ingress + `"domainTemplate":"{{ .Name "}`, "domainTemplate: "},
		"ingress: a path template that does not parse": {config.SectionIngress, ingress + `"ingressDomain":"d","pathTemplate":"{{ if }}"}`,
			"pathTemplate: "},

		"multinodeProber: broken JSON":             {config.SectionProber, `x`, "not the JSON that the section needs"},
		"multinodeProber: a number as text":        {config.SectionProber, `{"startupPeriodSeconds":"30"}`, "startupPeriodSeconds"},
		"multinodeProber: a quantity that is none": {config.SectionProber, `{"memoryLimit":"1GB"}`, `"1GB" is not a resource quantity`},
		"metricsAggregator: a boolean":             {config.SectionMetrics, `{"enableMetricAggregation":true}`, "enableMetricAggregation"},

		"modelInit: broken JSON": {config.SectionModelInit, `{"image":`, "not the JSON that the section needs"},
		"modelInit: nothing at all, each key is named in order": {config.SectionModelInit, `{}`,
			"required and missing: authType, compartmentId, image, vaultId"},
		"modelInit: no vault":                  {config.SectionModelInit, `{"image":"i","compartmentId":"c","authType":"a"}`, "required and missing: vaultId"},
		"modelInit: a quantity that is none":   {config.SectionModelInit, account + `"cpuRequest":"many"}`, `"many" is not a resource quantity`},
		"modelInit: a variable without a name": {config.SectionModelInit, account + `"extraEnvVars":["X"]}`, "extraEnvVars"},
		"fineTunedAdapter: nothing at all": {config.SectionFineTunedAdapter, `{}`,
			"required and missing: authType, compartmentId, image"},
		"fineTunedAdapter: a quantity that is none": {config.SectionFineTunedAdapter, account + `"memoryRequest":"1 Gi"}`,
			`"1 Gi" is not a resource quantity`},
		"servingSidecar: no image": {config.SectionServingSidecar, `{"compartmentId":"c","authType":"a"}`, "required and missing: image"},
		"servingSidecar: a negative limit": {config.SectionServingSidecar, account + `"cpuLimit":"-1"}`,
			`"-1" is not a resource quantity`},
		"kedaConfig: broken JSON": {config.SectionKeda, `{"promServerAddress":1}`, "promServerAddress"},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := config.Parse(map[string]string{test.section: test.text})
			require.Len(t, c.Problems, 1)
			assert.Contains(t, c.Problems[test.section], test.problem)
			c.Problems = map[string]string{}
			assert.Equal(t, config.Parse(nil), c, "the section keeps its defaults, and no part of it counts")
		})
	}
}

func TestOneBrokenSectionLeavesTheOthers(t *testing.T) {
	c := config.Parse(map[string]string{
		config.SectionDeploy:  `{"defaultDeploymentMode":"Serverless"}`,
		config.SectionIngress: `{`,
		config.SectionKeda:    `{"promServerAddress":"http://p"}`,
		"router":              `{`,
		"_example":            "not JSON",
	})
	assert.Equal(t, "Serverless", c.Deploy.DefaultDeploymentMode)
	assert.Equal(t, "http://p", c.Keda.PromServerAddress)
	assert.Len(t, c.Problems, 1, "keys that are no sections are not read")
	assert.Contains(t, c.Problems, config.SectionIngress)
}

func TestWithoutSectionsTheDefaultsAreOMEs(t *testing.T) {
	for sentence, data := range map[string]map[string]string{
		"no data": nil, "empty data": {}, "other keys only": {"explainers": "{}"},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := config.Parse(data)
			assert.Empty(t, c.Problems)
			assert.NotNil(t, c.Problems)
			assert.Empty(t, c.Deploy.DefaultDeploymentMode)
			assert.Equal(t, config.Ingress{
				IngressDomain: "example.com", DomainTemplate: "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}", URLScheme: "http",
			}, c.Ingress, "ingress is on")
			assert.Equal(t, config.Prober{}, c.Prober)
			assert.Equal(t, config.Metrics{}, c.Metrics)
			for _, injector := range []config.Injector{c.ModelInit, c.FineTunedAdapter, c.ServingSidecar} {
				assert.False(t, injector.Configured())
			}
			assert.Equal(t, "http://prometheus-operated.monitoring.svc.cluster.local:9090", c.Keda.PromServerAddress)
			assert.Equal(t, "cluster.local", c.ClusterDomain)
		})
	}
}

func TestWithoutAConfigMapTheValuesAreThoseThatOMEShips(t *testing.T) {
	c := config.Default()
	assert.Empty(t, c.Problems)
	assert.Equal(t, "RawDeployment", c.Deploy.DefaultDeploymentMode)
	assert.True(t, c.Ingress.DisableIngressCreation, "no ingress is made")
	assert.Equal(t, "svc.cluster.local", c.Ingress.IngressDomain)
	assert.Equal(t, "knative-serving/knative-ingress-gateway", c.Ingress.IngressGateway)
	assert.NotEmpty(t, c.Ingress.IngressService)
	assert.Equal(t, "istio", *c.Ingress.IngressClassName)
	assert.Equal(t, config.Metrics{EnableMetricAggregation: "false", EnablePrometheusScraping: "false"}, c.Metrics)
	assert.NotEmpty(t, c.Prober.Image)
	assert.Equal(t, int32(1800), c.Prober.UnavailableThresholdSeconds)
	assert.True(t, c.ModelInit.Configured())
	assert.False(t, c.FineTunedAdapter.Configured(), "OME ships none")
	assert.False(t, c.ServingSidecar.Configured(), "OME ships none")
	assert.Equal(t, config.Parse(nil).Keda, c.Keda)
	assert.Equal(t, config.Parse(nil).Ingress.DomainTemplate, c.Ingress.DomainTemplate)
}

func TestEachDefaultIsItsOwn(t *testing.T) {
	changed := config.Default()
	changed.Ingress.IngressDomain = "changed"
	*changed.Ingress.IngressClassName = "changed"
	changed.Problems["x"] = "changed"
	assert.Equal(t, "svc.cluster.local", config.Default().Ingress.IngressDomain)
	assert.Equal(t, "istio", *config.Default().Ingress.IngressClassName)
	assert.Empty(t, config.Default().Problems)
}
