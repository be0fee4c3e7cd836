package config_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

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
		"deploy: patterns of keys": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","templateLabels":["team","a.b/*"],"templateAnnotations":["*"]}`,
			func(c *config.Config) any { return c.Deploy }, config.Deploy{
				DefaultDeploymentMode: "Serverless", TemplateLabels: config.KeyPatterns{"team", "a.b/*"}, TemplateAnnotations: config.KeyPatterns{"*"},
			}},
		"deploy: resources that are accelerators": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","acceleratorResources":["example.com/npu","a.b/card-*"]}`,
			func(c *config.Config) any { return c.Deploy }, config.Deploy{
				DefaultDeploymentMode: "Serverless", AcceleratorResources: config.KeyPatterns{"example.com/npu", "a.b/card-*"},
			}},
		"deploy: defaults of components": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","replicas":{"defaultMinReplicas":2,"defaultMaxReplicas":{"engine":3,"decoder":4,"router":5}},
			"terminationGracePeriodSeconds":600,"minReadySeconds":0}`,
			func(c *config.Config) any { return c.Deploy }, config.Deploy{
				DefaultDeploymentMode: "Serverless", TerminationGracePeriodSeconds: ptr.To[int64](600), MinReadySeconds: ptr.To[int32](0),
				Replicas: config.ReplicaDefaults{DefaultMinReplicas: ptr.To(2), DefaultMaxReplicas: config.MaxReplicaDefaults{Engine: ptr.To(3), Decoder: ptr.To(4), Router: ptr.To(5)}},
			}},
		"podDisruptionBudget": {config.SectionBudget, `{"rawDeployment":{"minAvailable":"50%"},"omeNative":{"maxUnavailable":0}}`,
			func(c *config.Config) any { return c.Budget }, config.DisruptionBudgets{
				RawDeployment: &config.BudgetBounds{MinAvailable: ptr.To(intstr.FromString("50%"))}, OMENative: &config.BudgetBounds{MaxUnavailable: ptr.To(intstr.FromInt32(0))},
			}},
		"acceleratorResources": {config.SectionAccelerators, `["example.com/npu"]`,
			func(c *config.Config) any { return c.Accelerators }, config.KeyPatterns{"example.com/npu"}},
		"ingress: gateways and hosts": {config.SectionIngress, `{"ingressGateway":"g","ingressService":"s","perISVCSubdomain":false,"sharedHostPrefix":"",
			"additionalIngressGateways":[{"omeIngressGateway":"a/b","ingressDomain":"c.d"}],"namespaceIngressGateways":{"prod":{"primary":{"omeIngressGateway":"e/f"},"additional":[]}}}`,
			func(c *config.Config) any { return c.Ingress }, config.Ingress{
				IngressGateway: "g", IngressService: "s", IngressDomain: "example.com",
				DomainTemplate: "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}", URLScheme: "http",
				PerISVCSubdomain: ptr.To(false), SharedHostPrefix: ptr.To(""),
				AdditionalIngressGateways: []config.IngressGateway{{OMEIngressGateway: "a/b", IngressDomain: "c.d"}},
				NamespaceIngressGateways:  map[string]config.NamespaceGateways{"prod": {Primary: config.IngressGateway{OMEIngressGateway: "e/f"}, Additional: []config.IngressGateway{}}},
			}},
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
			func(c *config.Config) any { return c.Keda }, config.Keda{PromServerAddress: "http://p:9090", QueueLength: 10, KVCacheUsage: 0.7, MatchPodsBy: "Name", PodMonitors: true}},
		"kedaConfig: thresholds": {config.SectionKeda, `{"promServerAddress":"http://p","queueLength":2.5,"kvCacheUsage":1,"matchPodsBy":"Label"}`,
			func(c *config.Config) any { return c.Keda }, config.Keda{PromServerAddress: "http://p", QueueLength: 2.5, KVCacheUsage: 1, MatchPodsBy: "Label", PodMonitors: true}},
		"kedaConfig: PodMonitors": {config.SectionKeda, `{"promServerAddress":"http://p","podMonitors":false,"podMonitorLabels":{"release":"x"}}`,
			func(c *config.Config) any { return c.Keda },
			config.Keda{PromServerAddress: "http://p", QueueLength: 10, KVCacheUsage: 0.7, MatchPodsBy: "Name", PodMonitorLabels: map[string]string{"release": "x"}}},
		"kedaConfig: an empty address has the default": {config.SectionKeda, `{}`,
			func(c *config.Config) any { return c.Keda },
			config.Keda{PromServerAddress: "http://prometheus-operated.monitoring.svc.cluster.local:9090", QueueLength: 10, KVCacheUsage: 0.7, MatchPodsBy: "Name", PodMonitors: true}},
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

		"deploy: a pattern with an open bracket": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","templateLabels":["team","a["]}`,
			`templateLabels has "a[", which matches no key`},
		"deploy: an open bracket after text that no key begins with": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","templateAnnotations":["zzz[a"]}`,
			`templateAnnotations has "zzz[a", which matches no key`},
		"kedaConfig: a label that is none": {config.SectionKeda, `{"podMonitorLabels":{"release":"a b"}}`, `podMonitorLabels: Invalid value: "a b"`},
		"deploy: no replica by default": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","replicas":{"defaultMinReplicas":0}}`,
			"replicas.defaultMinReplicas is 0: it must be from 1 to"},
		"deploy: a negative greatest number": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","replicas":{"defaultMaxReplicas":{"router":-1}}}`,
			"replicas.defaultMaxReplicas.router is -1: it must be from 1 to"},
		"deploy: no time to stop": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","terminationGracePeriodSeconds":0}`,
			"terminationGracePeriodSeconds is 0: it must be 1 or more"},
		"deploy: half of a strategy": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","acceleratorStrategy":{"maxSurge":0}}`,
			"acceleratorStrategy needs both maxSurge and maxUnavailable"},
		"deploy: a strategy that replaces nothing": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","acceleratorStrategy":{"maxSurge":"0%","maxUnavailable":0}}`,
			"so that no pod could be replaced"},
		"deploy: a strategy of no number": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","acceleratorStrategy":{"maxSurge":"all","maxUnavailable":0}}`,
			`acceleratorStrategy.maxSurge is "all": it must be a whole number of 0 or more, or a percentage`},
		"deploy: a strategy below 0": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","acceleratorStrategy":{"maxSurge":1,"maxUnavailable":-1}}`,
			`acceleratorStrategy.maxUnavailable is "-1"`},
		"deploy: a strategy above all": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","acceleratorStrategy":{"maxSurge":"101%","maxUnavailable":0}}`,
			`acceleratorStrategy.maxSurge is "101%"`},
		"deploy: a negative time to be ready": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","minReadySeconds":-1}`,
			"minReadySeconds is -1: it must be 0 or more"},
		"podDisruptionBudget: both bounds":  {config.SectionBudget, `{"rawDeployment":{"minAvailable":1,"maxUnavailable":1}}`, "rawDeployment needs one of minAvailable and maxUnavailable"},
		"podDisruptionBudget: no bound":     {config.SectionBudget, `{"omeNative":{}}`, "omeNative needs one of minAvailable and maxUnavailable"},
		"podDisruptionBudget: a text":       {config.SectionBudget, `{"omeNative":{"minAvailable":"half"}}`, `omeNative has the bound "half"`},
		"podDisruptionBudget: a percentage": {config.SectionBudget, `{"omeNative":{"minAvailable":"110%"}}`, `omeNative has the bound "110%"`},
		"podDisruptionBudget: negative":     {config.SectionBudget, `{"rawDeployment":{"maxUnavailable":-1}}`, `rawDeployment has the bound "-1"`},
		"acceleratorResources: an object":   {config.SectionAccelerators, `{"names":[]}`, "not the JSON that the section needs"},
		"acceleratorResources: the CPU":     {config.SectionAccelerators, `["cpu"]`, `acceleratorResources has "cpu", which matches cpu`},
		"deploy: an empty pattern": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","templateAnnotations":[""]}`,
			`templateAnnotations has "", which matches no key`},
		"deploy: null is no pattern": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","templateLabels":[null]}`,
			`templateLabels has "", which matches no key`},
		"deploy: a label with its value": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","templateLabels":["team=a"]}`,
			`templateLabels has "team=a", which matches no key`},
		"deploy: a resource that every container has": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","acceleratorResources":["example.com/npu","*"]}`,
			`acceleratorResources has "*", which matches cpu: write the name of a resource`},
		"deploy: an empty resource": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","acceleratorResources":[""]}`,
			`acceleratorResources has "", which matches no key`},
		"deploy: a text that is no list": {config.SectionDeploy, `{"defaultDeploymentMode":"Serverless","templateLabels":"*"}`, "templateLabels"},

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
		"rollout: no policy":           {config.SectionRollout, `{"onUpgrade":"hold"}`, `onUpgrade: "hold" must be Hold or Roll`},
		"rollout: no catalogue policy": {config.SectionRollout, `{"onCatalogueChange":"Never"}`, `onCatalogueChange: "Never" must be Hold or Roll`},
		"rollout: more than all":       {config.SectionRollout, `{"percent":101}`, "percent is 101: it must be from 0 to 100"},
		"rollout: less than none":      {config.SectionRollout, `{"percent":-1}`, "percent is -1: it must be from 0 to 100"},
		"kedaConfig: broken JSON":      {config.SectionKeda, `{"promServerAddress":1}`, "promServerAddress"},
		"kedaConfig: no queue":         {config.SectionKeda, `{"queueLength":0}`, "queueLength is 0"},
		"kedaConfig: percent of cache": {config.SectionKeda, `{"kvCacheUsage":70}`, "kvCacheUsage is 70"},
		"kedaConfig: pods by anything": {config.SectionKeda, `{"matchPodsBy":"pod"}`, `matchPodsBy is "pod"`},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := config.Parse(map[string]string{test.section: test.text})
			require.Len(t, c.Problems, 1)
			assert.Contains(t, c.Problems[test.section], test.problem)
			c.Problems, c.Sections, c.Unknown = map[string]string{}, map[string]string{}, nil
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
				assert.False(t, injector.IsConfigured())
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
	assert.False(t, c.ModelInit.IsConfigured(), "OME ships the account of its authors")
	assert.False(t, c.FineTunedAdapter.IsConfigured(), "OME ships none")
	assert.False(t, c.ServingSidecar.IsConfigured(), "OME ships none")
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

func TestPatternsOfKeys(t *testing.T) {
	for sentence, test := range map[string]struct {
		patterns config.KeyPatterns
		match    []string
		differ   []string
	}{
		"no pattern matches nothing":          {nil, nil, []string{"team", ""}},
		"a key matches itself":                {config.KeyPatterns{"team"}, []string{"team"}, []string{"teams", "a/team", "Team"}},
		"a star stands for any text":          {config.KeyPatterns{"te*"}, []string{"te", "team", "te.am/x"}, []string{"ate"}},
		"a star stands for slashes too":       {config.KeyPatterns{"*.corp/*"}, []string{"a.corp/x", "a.b.corp/x"}, []string{"corp/x", "a.corp"}},
		"a star alone is everything":          {config.KeyPatterns{"*"}, []string{"team", "a.b/c"}, nil},
		"a question mark is one letter":       {config.KeyPatterns{"a?b"}, []string{"a/b", "axb"}, []string{"ab"}},
		"a class of letters":                  {config.KeyPatterns{"env-[a-c]"}, []string{"env-a"}, []string{"env-d"}},
		"one of several patterns is enough":   {config.KeyPatterns{"x", "y*"}, []string{"x", "yy"}, []string{"z"}},
		"a malformed pattern matches nothing": {config.KeyPatterns{"a[", "b"}, []string{"b"}, []string{"a[", "a"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, key := range test.match {
				assert.True(t, test.patterns.Match(key), key)
			}
			for _, key := range test.differ {
				assert.False(t, test.patterns.Match(key), key)
			}
		})
	}
}

func TestUnknownKeysAreListed(t *testing.T) {
	got := config.Parse(map[string]string{
		"ingress": `{"ingressGateway":"g","ingressService":"s","ingresDomain":"x","URLScheme":"https","explainer":1,"consistentHashHeaders":["x"],"omeIngressGatewayClass":"",
			"additionalIngressGateways":[{"class":"external"}],"namespaceIngressGateways":{"prod":{"primary":{"class":"x"},"extra":[]}}}`,
		"deploy":               `{"defaultDeploymentMode":"RawDeployment","replicas":{"min":1,"defaultMaxReplicas":{"engin":1}},"terminationGracePeriodSeconds":60}`,
		"podMonitor":           `{}`,
		"kedaConfig":           `{"enableKeda":true,"scalingThreshold":"10"}`,
		"rollout":              `{"onUpgrade":"Hold","maxPinnedPlanBytes":0,"defaultReadyTimeout":"15m","defaultReadyTimeouts":1}`,
		"acceleratorResources": `{"x": 1}`,
		"ingres":               `{}`,
		"explainers":           `{"any": 1}`,
		"servingSidecar":       `{"image":"i","compartmentId":"c","authType":"a","authtype2":"b","vaultId":"v"}`,
		"fineTunedAdapter":     `not JSON`,
	})
	assert.Equal(t, []string{
		"section deploy: key replicas.defaultMaxReplicas.engin does not exist: did you mean engine?",
		"section deploy: key replicas.min does not exist and has no effect",
		"section ingres does not exist: did you mean ingress?",
		"section ingress: key additionalIngressGateways[0].class has no effect: only OME's own controller reads it",
		"section ingress: key consistentHashHeaders has no effect: only OME's own controller reads it",
		"section ingress: key explainer does not exist and has no effect",
		"section ingress: key ingresDomain does not exist: did you mean ingressDomain?",
		"section ingress: key namespaceIngressGateways.prod.extra does not exist and has no effect",
		"section ingress: key namespaceIngressGateways.prod.primary.class has no effect: only OME's own controller reads it",
		"section ingress: key omeIngressGatewayClass has no effect: only OME's own controller reads it",
		"section kedaConfig: key enableKeda has no effect: it is for kedaConfig of services",
		"section kedaConfig: key scalingThreshold has no effect: it is for kedaConfig of services",
		"section podMonitor has no effect: only OME's own controller reads it",
		"section rollout: key defaultReadyTimeout has no effect: only OME's own controller reads it",
		"section rollout: key defaultReadyTimeouts does not exist and has no effect",
		"section rollout: key maxPinnedPlanBytes has no effect: only OME's own controller reads it",
		"section servingSidecar: key authtype2 does not exist: did you mean authType?",
		"section servingSidecar: key vaultId has no effect: only modelInit uses it",
	}, got.Unknown)
	assert.Equal(t, "https", got.Ingress.URLScheme, "capitals do not matter")
}
