package names

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	name57 = "a-service-name-that-is-as-long-as-names-of-services-may-b"
	name63 = "a-service-name-that-is-as-long-as-names-of-services-may-be-here"
)

func TestNamesAreThoseOfOME(t *testing.T) {
	cases := map[string]struct{ got, want string }{
		"a component is named after its service": {Component("chat", "engine"), "chat-engine"},
		"a Service keeps a short name":           {Service("chat-engine"), "chat-engine"},
		"63 characters are not too many": {
			Service("a-service-name-that-is-as-long-as-names-of-services-mayx-engine"),
			"a-service-name-that-is-as-long-as-names-of-services-mayx-engine"},
		"64 characters are hashed": {
			Service(name57 + "-engine"), "a0bd9592-name-that-is-as-long-as-names-of-services-may-b-engine"},
		"a digit at the start of the hash becomes a letter": {
			App(name63 + "-engine"), "a0090385-hat-is-as-long-as-names-of-services-may-be-here-engine"},
		"a hash that starts with a letter stays": {
			Truncate63("llama-3-3-70b-instruct-production-eu-frankfurt-team-alpha-v2-engine"),
			"a465ddd3--instruct-production-eu-frankfurt-team-alpha-v2-engine"},
		"a Knative Service is named after its component": {KnativeService("chat-engine"), "chat-engine"},
		"a LeaderWorkerSet has a prefix":                 {LeaderWorkerSet("chat-engine"), "lws-chat-engine"},
		"a ScaledObject has a prefix":                    {ScaledObject("chat-engine"), "scaledobject-chat-engine"},
		"KEDA's autoscaler has KEDA's prefix":            {keda("chat-engine"), "keda-hpa-scaledobject-chat-engine"},
		"KEDA's autoscaler of a long name has no other":  {keda(name57[:35] + "-engine"), "keda-hpa-" + name57[:35] + "-engine"},
		"a model ConfigMap has a prefix":                 {ModelConfig("chat"), "modelconfig-chat"},
		"20 characters of a service are not too many":    {ModelConfig("abcdefghijklmnopqrst"), "modelconfig-abcdefghijklmnopqrst"},
		"Ray clusters are numbered":                      {RayCluster("chat-engine", 2), "chat-engine-2"},
		"the head's Service is the cluster's":            {RayHeadService("chat-engine", 2), "chat-engine-2"},
		"the prober says what it is":                     {Prober("chat-engine", 0), "chat-engine-0-mnp"},
		"a digit at the start becomes an r":              {keptByKubeRay("7b-chat-engine-0"), "rb-chat-engine-0"},
		"a dash at the start becomes an r":               {keptByKubeRay("-chat"), "rchat"},
		"nothing stays nothing":                          {keptByKubeRay(""), ""},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) { assert.Equal(t, c.want, c.got) })
	}
}

func keda(component string) string {
	name, _ := KEDAAutoscaler(component)
	return name
}

func TestModelLabelsAreThoseOfTheModelAgent(t *testing.T) {
	const prefix = "models.ome.io/"
	cases := map[string]struct{ got, want string }{
		"a cluster model":            {ClusterModelLabel("llama-3-3-70b-instruct"), "clusterbasemodel.llama-3-3-70b-instruct"},
		"a cluster model too long":   {ClusterModelLabel("nvidia-nemotron-3-nano-30b-a3b-fp8"), "clusterbasemodel.650ad0fe-tron-3-nano-30b-a3b-fp8"},
		"a hash may begin in digits": {ClusterModelLabel("123456789012345678901234567890123"), "clusterbasemodel.39bf8cc9-12345678901234567890123"},
		"a namespaced model":         {NamespacedModelLabel("default", "m1"), "default.basemodel.m1"},
		"both too long":              {NamespacedModelLabel("team-alpha-prod", "nvidia-nemotron-3-nano-30b-a3b-fp8"), "734cf7ee.basemodel.650ad0fe-on-3-nano-30b-a3b-fp8"},
		"a short namespace stays":    {NamespacedModelLabel("prod", "nvidia-nemotron-3-nano-30b-a3b-fp8-extra"), "prod.basemodel.e0062dbc--3-nano-30b-a3b-fp8-extra"},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) { assert.Equal(t, prefix+c.want, c.got) })
	}
}

func TestNamesTooLongForTheirKindAreShortButNeverTheSame(t *testing.T) {
	number := func(f func(string, int) string) func(string) string {
		return func(s string) string { return f(s, 0) }
	}
	cases := map[string]struct {
		name  func(string) string
		limit int
	}{
		"LeaderWorkerSet: its pods carry name, group and ten digits in a label": {LeaderWorkerSet, 63 - len("-999-0123456789")},
		"ScaledObject":      {ScaledObject, 63},
		"KEDA's autoscaler": {keda, 63},
		"model ConfigMap":   {ModelConfig, 63},
		"RayCluster: the longest name that KubeRay accepts": {number(RayCluster), 53},
		"head Service": {number(RayHeadService), 50},
		"prober":       {number(Prober), 50},
		"Service":      {Service, 63},
	}
	tail := strings.Repeat("0123456789-", 6) + "engine"
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			blue, green := c.name("blue-"+tail), c.name("green-"+tail)
			assert.NotEqual(t, blue, green, "two services must not meet in one object")
			assert.LessOrEqual(t, len(blue), c.limit)
			assert.Equal(t, blue, c.name("blue-"+tail))
		})
	}
}

func TestTwoServicesWithOneTailHaveTwoModelConfigs(t *testing.T) {
	assert.NotEqual(t, ModelConfig("blue-0123456789-abcdefgh"), ModelConfig("green-0123456789-abcdefgh"))
	assert.Regexp(t, `^modelconfig-[0-9a-f]{8}--0123456789-abcdefgh$`, ModelConfig("blue-0123456789-abcdefgh"))
}

func TestVolumeName(t *testing.T) {
	long := strings.Repeat("m", 64)
	cases := map[string]struct{ model, want string }{
		"a legal name stays":                  {"mistral-7b", `^mistral-7b$`},
		"63 characters stay":                  {long[:63], `^m{63}$`},
		"dots become dashes":                  {"qwen2.5-7b", `^qwen2-5-7b-[0-9a-f]{8}$`},
		"capitals become small":               {"Llama", `^llama-[0-9a-f]{8}$`},
		"a long name is cut":                  {long, `^m{54}-[0-9a-f]{8}$`},
		"only what is legal may be at an end": {".a.", `^a-[0-9a-f]{8}$`},
		"nothing legal leaves the hash":       {"...", `^[0-9a-f]{8}$`},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			assert.Regexp(t, c.want, VolumeName(c.model))
			assert.True(t, IsLabelName(VolumeName(c.model)))
		})
	}
	assert.NotEqual(t, VolumeName("a.b"), VolumeName("a_b"), "two models must not share a volume")
}

func TestLabelValue(t *testing.T) {
	cases := map[string]struct{ value, want string }{
		"a legal value stays":                {"Qwen_2.5-7b", `^Qwen_2\.5-7b$`},
		"an empty value stays":               {"", `^$`},
		"what is not legal becomes a dash":   {"Acme Inc", `^[a-f][0-9a-f]{7}-Acme-Inc$`},
		"the ends are letters or digits":     {"acme.", `^[a-f][0-9a-f]{7}-acme$`},
		"a character of many bytes is one":   {"größe", `^[a-f][0-9a-f]{7}-gr--e$`},
		"nothing legal leaves the hash":      {"///", `^[a-f][0-9a-f]{7}$`},
		"a long value is the name that fits": {name57 + "-engine", `^a0bd9592-name-that-is-as-long-as-names-of-services-may-b-engine$`},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			assert.Regexp(t, c.want, LabelValue(c.value))
			assert.True(t, len(validation.IsValidLabelValue(LabelValue(c.value))) == 0)
		})
	}
}

func TestOverlaysHaveAPathAndAVariable(t *testing.T) {
	assert.Equal(t, "/opt/ml/model-overlays/style-v1.5", OverlayPath("style-v1.5"))
	assert.Equal(t, "OVERLAY_STYLE_V1_5_MODEL_PATH", OverlayVariable("style-v1.5"))
}
