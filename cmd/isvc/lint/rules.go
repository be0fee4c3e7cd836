package lint

import (
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// Rules returns all rules, by identifier.
func Rules() []Rule {
	var all []Rule
	for _, group := range [][]Rule{
		resourceRules(), probeRules(), argumentRules(), scalingRules(), containerRules(), serviceRules(), findingRules(), podRules(), inputRules(),
	} {
		all = append(all, group...)
	}
	slices.SortFunc(all, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func resourceRules() []Rule {
	return []Rule{
		{"ISVC001", "AcceleratorWithoutLimit", Error,
			"An accelerator is requested without a limit, or the two differ.",
			"Kubernetes refuses a pod whose request and limit of an extended resource differ. isvc completes the runner's, but the manifest then says something else than what runs.",
			"Write the accelerator under requests and under limits, with the same number.", acceleratorWithoutLimit},
		{"ISVC002", "NoAccelerator", Warning,
			"An engine or decoder with a model asks for no accelerator.",
			"The pod is scheduled on any node that holds the model, and the server fails or computes on the CPU.",
			"Write the accelerator in runner.resources explicitly, for example nvidia.com/gpu under requests and limits.", noAccelerator},
		{"ISVC003", "ModelLargerThanAccelerators", Error,
			"The weights of the model do not fit the accelerators that one replica asks for, taking the largest class of the cluster that has them.",
			"The server fails while it loads the model, on every node, after the time that loading takes.",
			"Ask for more accelerators, add workers, choose a class with more memory, or use a quantized model.", modelLargerThanAccelerators},
		{"ISVC004", "AcceleratorsNotInCluster", Error,
			"One replica asks for more accelerators of a resource than all classes of the cluster that have it count together, or for a resource that no class has.",
			"The pods stay pending forever.",
			"Ask for fewer accelerators, or for the resource of an existing class.", acceleratorsNotInCluster},
		{"ISVC005", "SharedMemoryMissing", Warning,
			"A server that splits the model over several accelerators has no memory-backed volume at /dev/shm.",
			"The processes of a tensor parallel server exchange data through shared memory. Container runtimes give 64 MiB, and the server fails or hangs under load.",
			"Add an emptyDir volume with medium Memory and mount it at /dev/shm.", sharedMemoryMissing},
		{"ISVC006", "MemoryRequestSmall", Warning,
			"The memory requests of one replica are less than twice the size of the model's weights, or absent.",
			"Loading needs the weights in memory beside what the server itself uses; 2 to 4 times the size of the weights is good practice. A pod with less is killed or evicted while it loads.",
			"Request 2 to 4 times the size of the weights, spread over the pods of a replica.", memoryRequestSmall},
		{"ISVC007", "MemoryLimitBelowModel", Warning,
			"The memory limits of one replica are less than the size of the model's weights.",
			"The server is killed while it loads the model when it reads the weights into memory.",
			"Raise the limit above the size of the weights, or remove it.", memoryLimitBelowModel},
		{"ISVC008", "CPURequestSmall", Warning,
			"A container with accelerators requests fewer than 4 CPUs, or none.",
			"Tokenizing and scheduling of requests run on the CPU; a starved server leaves its accelerators idle.",
			"Request at least 4 CPUs.", cpuRequestSmall},
	}
}

func probeRules() []Rule {
	return []Rule{
		{"ISVC009", "StartupProbeMissing", Warning,
			"A container with accelerators has no startup probe.",
			"Loading takes minutes. Without a startup probe the other probes must allow for it, and then they notice a hanging server as late.",
			"Add a startupProbe on the health endpoint of the server, with periodSeconds x failureThreshold above the time that loading takes.", startupProbeMissing},
		{"ISVC010", "LivenessKillsLoading", Warning,
			"The liveness probe gives up before a model of this size can be loaded, and no startup probe holds it back.",
			"The kubelet restarts the container while it loads, again and again.",
			"Add a startupProbe, or raise initialDelaySeconds of the livenessProbe.", livenessKillsLoading},
		{"ISVC011", "StartupKillsLoading", Warning,
			"The startup probe gives up before a model of this size can be loaded.",
			"The kubelet restarts the container while it loads, again and again.",
			"Raise failureThreshold of the startupProbe.", startupKillsLoading},
	}
}

func argumentRules() []Rule {
	return []Rule{
		{"ISVC012", "DuplicateFlag", Warning,
			"A flag is given twice in the arguments of a server.",
			"Most servers take the last one without a warning; which one is last changes with the order of merging.",
			"Keep one. To change a flag of a runtime, repeat the whole list of its arguments in the runner, or override it by accelerator class.", duplicateFlag},
		{"ISVC013", "ParallelismExceedsAccelerators", Error,
			"The tensor and pipeline parallel sizes in the arguments need more accelerators than one replica asks for.",
			"The server fails when it starts.",
			"Write $(PARALLELISM_SIZE) as the size, or make the numbers agree with the resources.", parallelismExceedsAccelerators},
		{"ISVC014", "PortMismatch", Warning,
			"The port in the arguments of a server is not among its container's ports.",
			"Services and probes use the container's ports: nothing reaches the server, and it never becomes ready.",
			"Write the same number in the arguments and in ports.", portMismatch},
	}
}

func scalingRules() []Rule {
	return []Rule{
		{"ISVC015", "BudgetBlocksDrains", Warning,
			"A disruption budget allows no eviction at the minimum number of replicas.",
			"Draining a node never ends, and neither does any upgrade of the cluster.",
			"Set maxUnavailable to 1, or minAvailable below minReplicas.", budgetBlocksDrains},
		{"ISVC016", "MaxReplicasUnset", Warning,
			"A component scales automatically, and the service sets no maxReplicas.",
			"A default decides how many accelerators a burst of requests can take.",
			"Set maxReplicas to what the service may cost.", maxReplicasUnset},
		{"ISVC017", "ScaleToZeroLargeModel", Warning,
			"minReplicas is 0 and the weights of the model are larger than 20 GB.",
			"The first request after a pause waits until the model is loaded, which takes minutes.",
			"Set minReplicas to 1.", scaleToZeroLargeModel},
		{"ISVC018", "ZeroWithoutScaler", Warning,
			"minReplicas is 0, and the autoscaler of the component cannot scale to zero.",
			"HorizontalPodAutoscalers and KEDA's built-in queries keep at least one replica, so does a Deployment where Knative is not installed, and groups of zero replicas stay at zero.",
			"Set minReplicas to 1, scale by class KEDA with triggers that need no pods, or let the mode be Serverless, which an engine without a decoder can have.", zeroWithoutScaler},
		{"ISVC019", "ScalesOnCPU", Info,
			"A component with accelerators scales by the load of its CPU.",
			"Servers keep a CPU busy while they poll, or leave it idle while accelerators are full: the load of the CPU says little about the load of the service.",
			"Scale by a metric of the server, such as the number of waiting requests: with KEDA, or with metrics in the autoscaler block.", scalesOnCPU},
		{"ISVC020", "SurgeNeedsAccelerators", Info,
			"An update of pods with accelerators starts new pods before old ones go.",
			"The update waits until as many accelerators are free. Where all are in use, it never ends.",
			"Keep them free. For a Deployment or groups, deploymentStrategy with maxSurge 0 and maxUnavailable 1 does without, and takes one replica away at a time; acceleratorStrategy in the section deploy says it for all services. Knative always starts the new pods first.", surgeNeedsAccelerators},
		{"ISVC048", "DeadMetric", Warning,
			"A query of KEDA asks for a metric that the server does not have any more, or never had.",
			"KEDA takes no value for 0, and the component stays at its minimum however many requests wait. The table behind the rule is of November 2026; the message names the source.",
			"Ask for the metric that the message names, beside the old one with `or` where old versions still run.", asksDeadMetric},
	}
}

func containerRules() []Rule {
	return []Rule{
		{"ISVC021", "MutableImage", Warning,
			"An image has the tag latest, or no tag.",
			"What runs changes without a change of any manifest, differs between nodes and cannot be rolled back.",
			"Name a version, or better a digest.", mutableImage},
		{"ISVC022", "AlwaysPulls", Info,
			"A container with accelerators pulls an image of a fixed version at every start.",
			"Images of servers have many gigabytes, and a restart waits for the registry, or fails when that is down.",
			"Set imagePullPolicy to IfNotPresent.", alwaysPulls},
		{"ISVC023", "SecretInEnvironment", Warning,
			"A variable that looks like a secret has its value in the manifest.",
			"All users who can read the service or its pods can read the secret.",
			"Put it into a Secret and use valueFrom.secretKeyRef.", secretInEnvironment},
	}
}

// podRules are about what Kubernetes accepts in a template and refuses or leaves as it is in a pod.
func podRules() []Rule {
	return []Rule{
		{"ISVC041", "UndefinedVariable", Warning,
			"A command, an argument or a variable refers to a variable that nothing defines.",
			"Kubernetes leaves $(NAME) as it is, and the server gets these letters.",
			"Define the variable in env before its use, correct its name, or write $$(NAME) for the letters themselves.", undefinedVariable},
		{"ISVC042", "MountWithoutVolume", Error,
			"A container mounts a volume that the pod does not have.",
			"Kubernetes refuses the pod, or the workload.",
			"Add the volume, or correct the name.", mountWithoutVolume},
		{"ISVC043", "UtilizationWithoutRequest", Warning,
			"An autoscaler follows the use of a resource as a share of its request, and a container has no request for it.",
			"The autoscaler has no value, and never scales. One container without a request is enough, a sidecar too.",
			"Request the resource in every container.", utilizationWithoutRequest},
		{"ISVC044", "LintIgnoreUnusable", Warning,
			"An annotation that switches off a rule gives no reason, or names no rule.",
			"The rule is not switched off.",
			"Write " + v1beta1.AnnotationPrefixLintIgnore + "ISVC000 with a reason as the value.", lintIgnoreUnusable},
		{"ISVC045", "AcceleratorsOfTwoKinds", Warning,
			"The containers of a pod ask for accelerators of two kinds.",
			"A node must have both, and few have. The pod stays pending.",
			"Ask for one kind in all containers, init containers too.", acceleratorsOfTwoKinds},
		{"ISVC046", "RouterAccountNamed", Info,
			"A router runs under a service account that the specification names.",
			"isvc gives the right to read pods only to the account that it makes itself. A router that looks for the pods of engine and decoder is refused without it.",
			"Bind a role with get, list and watch of pods to the account, or remove serviceAccountName.", routerAccountNamed},
		{"ISVC047", "UpdateStopsServing", Warning,
			"An update takes all replicas of a component away before new ones serve.",
			"Requests fail from then until a new pod has loaded the model. With the strategy Recreate, or where maxUnavailable is all replicas, this is what the strategy says; of one group, LeaderWorkerSet takes the only one away unless maxUnavailable is 0, whatever maxSurge is.",
			"Set maxUnavailable 0 and maxSurge 1 in deploymentStrategy and keep the accelerators of one replica free, or run two replicas or more with maxUnavailable 1. Where an interruption is fine, ignore the rule.", updateStopsServing},
	}
}

func serviceRules() []Rule {
	return []Rule{
		{"ISVC027", "Unresolved", Error,
			"The service, or a part of it, cannot be turned into objects.",
			"Nothing new is deployed; what runs stays as it is.",
			"See the message.", serviceUnresolved},
		{"ISVC028", "UpdateHeld", Info,
			"Running pods keep their template although another one was computed; found only where the input has the objects of the service.",
			"The pods serve, and miss what a new version of isvc, a runtime or a model mends.",
			"Read what would change, and release it with isvc release at a time of your choice.", updateHeld},
		{"ISVC040", "NeedsWhatAnotherNeeds", Error,
			"Two services of the input need an object of one name, or a route of one host.",
			"Only one of them gets it. Requests to the other one reach a model that nobody asked for, or nothing.",
			"Rename one of the services, or give it another host.", needsWhatAnotherNeeds},
	}
}
