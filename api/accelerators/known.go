package accelerators

// row says what the resources of a name are. In a name, "*" stands for any text.
type row struct {
	name string
	// share is true where a unit is not a device but a part of some: memory, cores, percent.
	share bool
	// of is the name of the devices that a share is a part of, which pods ask for beside the share.
	// Empty where pods ask for the share alone.
	of string
}

// knownResources are the resources of device plugins for accelerators. Of several rows that fit the
// first counts. Network adapters, video encoders and what watches devices are not listed.
func knownResources() []row {
	return []row{
		// NVIDIA: whole, time-sliced and MIG devices, and HAMi's shares.
		{name: "nvidia.com/gpu"},
		{name: "nvidia.com/gpu.shared"},
		{name: "nvidia.com/pgpu"},
		{name: "nvidia.com/mig-*"},
		{name: "nvidia.com/gpumem*", share: true, of: "nvidia.com/gpu"},
		{name: "nvidia.com/gpucores", share: true, of: "nvidia.com/gpu"},
		{name: "k8s.amazonaws.com/vgpu"},
		// AMD: whole devices, compute partitions named after their mode, and HAMi's shares.
		{name: "amd.com/gpu"},
		{name: "amd.com/*px_nps*"},
		{name: "amd.com/gpumem", share: true, of: "amd.com/gpu"},
		{name: "amd.com/gpucores", share: true, of: "amd.com/gpu"},
		// Intel: GPUs by driver, NPUs and Gaudi.
		{name: "gpu.intel.com/i915"},
		{name: "gpu.intel.com/xe"},
		{name: "gpu.intel.com/millicores", share: true, of: "gpu.intel.com/*"},
		{name: "gpu.intel.com/memory.max", share: true, of: "gpu.intel.com/*"},
		{name: "gpu.intel.com/tiles", share: true, of: "gpu.intel.com/*"},
		{name: "npu.intel.com/accel"},
		{name: "habana.ai/gaudi*"},
		// The clouds: TPUs, and Neuron by chip or by core.
		{name: "google.com/tpu"},
		{name: "cloud-tpus.google.com/*"},
		{name: "aws.amazon.com/neuron"},
		{name: "aws.amazon.com/neurondevice"},
		{name: "aws.amazon.com/neuroncore"},
		// Huawei: Ascend devices and their slices, such as Ascend910-4c, and the shares of HAMi, Volcano
		// and Koordinator.
		{name: "huawei.com/Ascend*-memory", share: true, of: "huawei.com/Ascend*"},
		{name: "huawei.com/Ascend*-core", share: true, of: "huawei.com/Ascend*"},
		{name: "huawei.com/Ascend*"},
		{name: "huawei.com/npu"},
		{name: "huawei.com/npu-*", share: true},
		// Other vendors, with HAMi's shares.
		{name: "cambricon.com/*.vcore", share: true, of: "cambricon.com/*"},
		{name: "cambricon.com/*.vmemory", share: true, of: "cambricon.com/*"},
		{name: "cambricon.com/mlumem", share: true, of: "cambricon.com/*"},
		{name: "cambricon.com/mlu*"},
		{name: "cambricon.com/vmlu*"},
		{name: "hygon.com/*mem", share: true, of: "hygon.com/*"},
		{name: "hygon.com/*cores", share: true, of: "hygon.com/*"},
		{name: "hygon.com/dcu*"},
		{name: "hygon.com/hcu*"},
		{name: "iluvatar.*/vcuda-*", share: true, of: "iluvatar.*"},
		{name: "iluvatar.*/*.vMem", share: true, of: "iluvatar.*"},
		{name: "iluvatar.*/*.vCore", share: true, of: "iluvatar.*"},
		{name: "iluvatar.*/gpu"},
		{name: "iluvatar.*/*vgpu"},
		{name: "metax-tech.com/vcore", share: true, of: "metax-tech.com/*gpu"},
		{name: "metax-tech.com/vmemory", share: true, of: "metax-tech.com/*gpu"},
		{name: "metax-tech.com/*gpu"},
		{name: "mthreads.com/*-core", share: true, of: "mthreads.com/*gpu"},
		{name: "mthreads.com/*-memory", share: true, of: "mthreads.com/*gpu"},
		{name: "mthreads.com/*gpu"},
		{name: "kunlunxin.com/vxpu-memory", share: true, of: "kunlunxin.com/vxpu"},
		{name: "kunlunxin.com/*xpu"},
		{name: "enflame.com/*-percentage", share: true, of: "enflame.com/*gcu"},
		{name: "enflame.com/gcu-memory", share: true, of: "enflame.com/*gcu"},
		{name: "enflame.com/gcu-core", share: true, of: "enflame.com/*gcu"},
		{name: "enflame.com/*gcu"},
		{name: "birentech.com/vcuda-*", share: true, of: "birentech.com/gpu"},
		{name: "birentech.com/gpu"},
		{name: "vastaitech.com/va"},
		{name: "furiosa.ai/*"},
		{name: "*.furiosa.ai/npu"},
		{name: "rebellions.ai/*"},
		{name: "tenstorrent.com/*"},
		{name: "qualcomm.com/qaic*"},
		{name: "ibm.com/spyre*"},
		{name: "ibm.com/aiu*"},
		{name: "graphcore.ai/ipu*"},
		// Schedulers that share devices of any vendor.
		{name: "volcano.sh/gpu-number"},
		{name: "volcano.sh/vgpu-number"},
		{name: "volcano.sh/vgpu-*", share: true, of: "volcano.sh/vgpu-number"},
		{name: "volcano.sh/gpu-memory", share: true},
		{name: "aliyun.com/gpu-count"},
		{name: "aliyun.com/gpu-mem", share: true},
		{name: "aliyun.com/gpu-core.percentage", share: true, of: "aliyun.com/gpu-*"},
		{name: "tencent.com/vcuda-*", share: true},
		{name: "koordinator.sh/gpu.shared"},
		{name: "koordinator.sh/gpu*", share: true, of: "koordinator.sh/gpu.shared"},
		// Devices of dynamic resource allocation that are asked for by the name of their class.
		{name: "deviceclass.resource.kubernetes.io/gpu.*"},
		{name: "deviceclass.resource.kubernetes.io/mig.*"},
		{name: "deviceclass.resource.kubernetes.io/gaudi.*"},
		{name: "deviceclass.resource.kubernetes.io/tpu.*"},
		{name: "deviceclass.resource.kubernetes.io/neuron.*"},
		{name: "deviceclass.resource.kubernetes.io/npu.*"},
	}
}
