package accelerators_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
)

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &value))
	return value
}

func known(patterns ...string) accelerators.List {
	conf := config.Default()
	conf.Deploy.AcceleratorResources = patterns
	return accelerators.Known(conf)
}

func TestWhatContainersAskFor(t *testing.T) {
	type names = []corev1.ResourceName
	for sentence, test := range map[string]struct {
		resources string
		want      accelerators.Demand
	}{
		"nothing":                    {`{limits: {cpu: 4, memory: 1Gi, hugepages-2Mi: 1Gi}}`, accelerators.Demand{}},
		"GPUs":                       {`{limits: {nvidia.com/gpu: 8}}`, accelerators.Demand{Devices: names{"nvidia.com/gpu"}, Count: 8}},
		"GPUs by request":            {`{requests: {nvidia.com/gpu: 8}}`, accelerators.Demand{Devices: names{"nvidia.com/gpu"}, Count: 8}},
		"time slices":                {`{limits: {nvidia.com/gpu.shared: 2}}`, accelerators.Demand{Devices: names{"nvidia.com/gpu.shared"}, Count: 2}},
		"MIG slices":                 {`{limits: {nvidia.com/mig-3g.40gb: 2}}`, accelerators.Demand{Devices: names{"nvidia.com/mig-3g.40gb"}, Count: 2}},
		"time slices of MIG slices":  {`{limits: {nvidia.com/mig-1g.5gb.shared: 3}}`, accelerators.Demand{Devices: names{"nvidia.com/mig-1g.5gb.shared"}, Count: 3}},
		"AMD":                        {`{limits: {amd.com/gpu: 4}}`, accelerators.Demand{Devices: names{"amd.com/gpu"}, Count: 4}},
		"partitions of AMD":          {`{limits: {amd.com/cpx_nps4: 4}}`, accelerators.Demand{Devices: names{"amd.com/cpx_nps4"}, Count: 4}},
		"Intel":                      {`{limits: {gpu.intel.com/xe: 2, gpu.intel.com/xe_monitoring: 1}}`, accelerators.Demand{Devices: names{"gpu.intel.com/xe"}, Count: 2}},
		"parts of Intel's":           {`{limits: {gpu.intel.com/i915: 1, gpu.intel.com/millicores: 500}}`, accelerators.Demand{Devices: names{"gpu.intel.com/i915"}, Count: 1, Shares: names{"gpu.intel.com/millicores"}}},
		"Gaudi":                      {`{limits: {habana.ai/gaudi: 8}}`, accelerators.Demand{Devices: names{"habana.ai/gaudi"}, Count: 8}},
		"TPU":                        {`{limits: {google.com/tpu: 4}}`, accelerators.Demand{Devices: names{"google.com/tpu"}, Count: 4}},
		"Neuron chips":               {`{limits: {aws.amazon.com/neuron: 16, vpc.amazonaws.com/efa: 8}}`, accelerators.Demand{Devices: names{"aws.amazon.com/neuron"}, Count: 16}},
		"Neuron cores":               {`{limits: {aws.amazon.com/neuroncore: 2}}`, accelerators.Demand{Devices: names{"aws.amazon.com/neuroncore"}, Count: 2}},
		"Ascend":                     {`{limits: {huawei.com/Ascend910: 8}}`, accelerators.Demand{Devices: names{"huawei.com/Ascend910"}, Count: 8}},
		"slices of Ascend":           {`{limits: {huawei.com/Ascend910-4c: 1}}`, accelerators.Demand{Devices: names{"huawei.com/Ascend910-4c"}, Count: 1}},
		"memory of Ascend":           {`{limits: {huawei.com/Ascend910B3: 1, huawei.com/Ascend910B3-memory: 32768}}`, accelerators.Demand{Devices: names{"huawei.com/Ascend910B3"}, Count: 1, Shares: names{"huawei.com/Ascend910B3-memory"}}},
		"HAMi's shares":              {`{limits: {nvidia.com/gpu: 2, nvidia.com/gpumem: 3000, nvidia.com/gpucores: 30}}`, accelerators.Demand{Devices: names{"nvidia.com/gpu"}, Count: 2, Shares: names{"nvidia.com/gpucores", "nvidia.com/gpumem"}}},
		"memory alone":               {`{limits: {aliyun.com/gpu-mem: 8}}`, accelerators.Demand{Shares: names{"aliyun.com/gpu-mem"}}},
		"a domain with a star":       {`{limits: {iluvatar.ai/BI-V150-vgpu: 2, iluvatar.ai/BI-V150.vMem: 64}}`, accelerators.Demand{Devices: names{"iluvatar.ai/BI-V150-vgpu"}, Count: 2, Shares: names{"iluvatar.ai/BI-V150.vMem"}}},
		"a device class by name":     {`{limits: {deviceclass.resource.kubernetes.io/gpu.nvidia.com: 2}}`, accelerators.Demand{Devices: names{"deviceclass.resource.kubernetes.io/gpu.nvidia.com"}, Count: 2}},
		"network adapters":           {`{limits: {nvidia.com/hostdev: 8, rdma/hca: 1, vpc.amazonaws.com/efa: 4, deviceclass.resource.kubernetes.io/dranet-ib: 1}}`, accelerators.Demand{}},
		"a quantity of zero":         {`{limits: {nvidia.com/gpu: 0}, requests: {nvidia.com/gpu: 0}}`, accelerators.Demand{}},
		"a claim":                    {`{claims: [{name: gpus}]}`, accelerators.Demand{Claims: []string{"gpus"}}},
		"a claim beside devices":     {`{limits: {nvidia.com/gpu: 8}, claims: [{name: nics}]}`, accelerators.Demand{Devices: names{"nvidia.com/gpu"}, Count: 8}},
		"a resource of nobody":       {`{limits: {example.com/npu: 2}}`, accelerators.Demand{}},
		"two kinds":                  {`{limits: {amd.com/gpu: 1, nvidia.com/gpu: 2}}`, accelerators.Demand{Devices: names{"amd.com/gpu", "nvidia.com/gpu"}, Count: 3}},
		"a configured resource":      {`{limits: {example.org/card-a: 2}}`, accelerators.Demand{Devices: names{"example.org/card-a"}, Count: 2}},
		"what looks like configured": {`{limits: {example.org/adapter: 2}}`, accelerators.Demand{}},
	} {
		t.Run(sentence, func(t *testing.T) {
			r := decode[corev1.ResourceRequirements](t, test.resources)
			demand := known("example.org/card-*").DemandOf(&r)
			assert.Equal(t, test.want, demand)
			uncounted := demand.Count == 0 && len(demand.Shares)+len(demand.Claims) > 0
			assert.Equal(t, uncounted, demand.IsUncounted())
			assert.Equal(t, demand.Count == 0 && !uncounted, demand.IsNone())
		})
	}
}

func TestResourcesOfClass(t *testing.T) {
	for sentence, test := range map[string]struct {
		resources string
		want      []corev1.ResourceName
	}{
		"a known one":                    {`[{name: nvidia.com/gpu}]`, []corev1.ResourceName{"nvidia.com/gpu"}},
		"a known one after others":       {`[{name: memory}, {name: rdma/hca}, {name: amd.com/gpu}]`, []corev1.ResourceName{"amd.com/gpu"}},
		"several known ones":             {`[{name: nvidia.com/gpu}, {name: nvidia.com/mig-3g.40gb}]`, []corev1.ResourceName{"nvidia.com/gpu", "nvidia.com/mig-3g.40gb"}},
		"one that nobody else knows":     {`[{name: memory}, {name: example.com/npu}, {name: example.com/net}]`, []corev1.ResourceName{"example.com/npu"}},
		"no resource of a device plugin": {`[{name: memory}]`, nil},
		"shares are no devices":          {`[{name: nvidia.com/gpumem}]`, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			class := &v1beta1.AcceleratorClass{Spec: v1beta1.AcceleratorClassSpec{
				Resources: decode[[]v1beta1.AcceleratorResource](t, test.resources),
			}}
			assert.Equal(t, test.want, known().ResourcesOfClass(class))
			for _, name := range test.want {
				assert.True(t, known().WithClass(class).IsAccelerator(name), name)
			}
		})
	}
	before := known()
	class := &v1beta1.AcceleratorClass{Spec: v1beta1.AcceleratorClassSpec{Resources: []v1beta1.AcceleratorResource{{Name: "example.com/npu"}}}}
	before.WithClass(class)
	assert.False(t, before.IsAccelerator("example.com/npu"), "the list is not changed")
}

func TestOneKindOfAcceleratorsIsLeft(t *testing.T) {
	for sentence, test := range map[string]struct{ base, patch, want string }{
		"nothing is asked for":             {`{limits: {cpu: 4, nvidia.com/gpu: 1}}`, `{limits: {memory: 1Gi}}`, `{limits: {cpu: 4, nvidia.com/gpu: 1}}`},
		"a quantity of zero asks for none": {`{limits: {nvidia.com/gpu: 1}}`, `{limits: {amd.com/gpu: 0}}`, `{limits: {nvidia.com/gpu: 1}}`},
		"another number of the same":       {`{limits: {nvidia.com/gpu: 1}}`, `{limits: {nvidia.com/gpu: 8}}`, `{limits: {nvidia.com/gpu: 1}}`},
		"another kind":                     {`{requests: {nvidia.com/gpu: 1}, limits: {cpu: 4, nvidia.com/gpu: 1}}`, `{limits: {nvidia.com/mig-3g.40gb: 2}}`, `{requests: {}, limits: {cpu: 4}}`},
		"another kind, its shares too":     {`{limits: {nvidia.com/gpu: 1, nvidia.com/gpumem: 3000}}`, `{limits: {amd.com/gpu: 2}}`, `{limits: {}}`},
		"shares of the devices":            {`{limits: {nvidia.com/gpu: 1, nvidia.com/gpumem: 3000}}`, `{limits: {nvidia.com/gpu: 2}}`, `{limits: {nvidia.com/gpu: 1, nvidia.com/gpumem: 3000}}`},
		"devices of the shares":            {`{limits: {nvidia.com/gpu: 1}}`, `{limits: {nvidia.com/gpumem: 3000}}`, `{limits: {nvidia.com/gpu: 1}}`},
		"shares that are asked for alone":  {`{limits: {nvidia.com/gpu: 1}}`, `{limits: {aliyun.com/gpu-mem: 8}}`, `{limits: {}}`},
		"a claim":                          {`{limits: {cpu: 4, nvidia.com/gpu: 1}}`, `{claims: [{name: gpus}]}`, `{limits: {cpu: 4}}`},
		"a claim beside devices":           {`{limits: {nvidia.com/gpu: 1, amd.com/gpu: 1}}`, `{limits: {nvidia.com/gpu: 2}, claims: [{name: nics}]}`, `{limits: {nvidia.com/gpu: 1}}`},
		"devices over a claim":             {`{limits: {cpu: 4}, claims: [{name: gpus}]}`, `{limits: {nvidia.com/gpu: 1}}`, `{limits: {cpu: 4}}`},
		"devices over devices and a claim": {`{limits: {amd.com/gpu: 1}, claims: [{name: nics}]}`, `{limits: {nvidia.com/gpu: 1}}`, `{limits: {}, claims: [{name: nics}]}`},
		"another claim":                    {`{claims: [{name: gpus}]}`, `{claims: [{name: others}]}`, `{claims: [{name: gpus}]}`},
		"what is no accelerator":           {`{limits: {vpc.amazonaws.com/efa: 4, nvidia.com/gpu: 8}}`, `{limits: {aws.amazon.com/neuron: 16}}`, `{limits: {vpc.amazonaws.com/efa: 4}}`},
	} {
		t.Run(sentence, func(t *testing.T) {
			base, patch := decode[corev1.ResourceRequirements](t, test.base), decode[corev1.ResourceRequirements](t, test.patch)
			list := known()
			assert.Equal(t, decode[corev1.ResourceRequirements](t, test.want), list.WithoutReplaced(base, list.DemandOf(&patch)))
			assert.Equal(t, decode[corev1.ResourceRequirements](t, test.base), base, "the argument is not changed")
		})
	}
}
