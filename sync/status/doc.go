// Package status turns what the cluster holds of a service into its status: conditions, the state of
// each component, and the state of the model.
//
// The status is computed from the observed children and pods. The previous status gives only what
// nothing else remembers: when a condition last changed, which revision was served before, and that
// a workload was ready before its controller has observed a new generation.
//
// # Conditions
//
//	Ready                            the first that is not True, False before Unknown, decides
//	├─ the service as a whole        could it be resolved, has it a component
//	├─ EngineReady                   the workload of the component is available, and its Service object is there
//	├─ DecoderReady
//	├─ RouterReady
//	└─ IngressReady                  the routes exist and are accepted
//	RoutesReady                      of a service in mode Serverless, from:
//	└─ EngineRouteReady, DecoderRouteReady, RouterRouteReady
//	LatestDeploymentReady            of a service in mode Serverless, from:
//	└─ EngineConfigurationReady, DecoderConfigurationReady, RouterConfigurationReady
//	PredictorReady                   EngineReady, for a service with a predictor
//	Serving                          True while requests are answered, be it by what was applied before
//	CanaryReady                      True while a canary takes requests; absent without one
//	AutoscalerReady                  False where an autoscaler cannot scale or is paused; absent where none says anything
//	OverlaysReady                    False where a model of spec.model.overlays is left out; absent without any
//	UpdateAvailable                  True while pods keep their template; otherwise absent
//	SpecHonored                      False while there are findings; otherwise absent
//
// A component that the service does not have has no conditions. Ready and what it depends on have no
// severity, which means error; all others have Info. OME gives Info to DecoderReady and RouterReady,
// because its Ready does not depend on them.
//
// Ready means that requests are answered, and that what answers was applied for the newest generation:
// after a change of a pod template or of an object that carries traffic, it is Unknown until
// Metacontroller has applied the change and the controller of the kind has seen it, and stays so where
// the API server refuses it. A report is believed for what it is about: that of a gateway for the
// gateways and the generation of a route, that of KubeRay for the pods that there are now, that of
// Knative's Route for the revision that its Configuration has made. Ready stays True while a rolling
// update keeps enough replicas available, and while the number of replicas changes;
// modelStatus.transitionStatus and latestReadyRevision say whether the newest template serves.
//
// # Differences from OME
//
// Revisions of a Deployment are named as Knative names them, "chat-engine-00001", with a latest
// ready revision, and traffic for both revisions of a rollout; OME writes the bare number. A component has its condition and its
// URL from the beginning. modelStatus is reported in every mode, from the pods of engine and decoder:
// a failure of any container counts, and lastFailureInfo disappears when nothing fails any more. A
// service whose model was never loaded has the active state Pending; in OME it has none. The ingress
// does not wait for the components, but for the external Service object.
//
// # Reasons
//
// A reason that another program gives is never replaced. Reasons come from four places: the workload
// or route (MinimumReplicasUnavailable, ProgressDeadlineExceeded, FailedCreate, AllGroupsReady,
// RevisionFailed, NoMatchingParent and so on), the failure of the service, the problem of a component
// or of the ingress, and the constants of this package.
//
// # Leniency
//
// Of each observed object, a small struct of our own has the fields that rules read, and a field of
// the wrong type counts as absent. The types of k8s.io/api are not used for it: one malformed time
// or quantity, in a file of a user or a custom resource without a strict schema, would hide all that
// comes after it, and a status has to say something about every object.
package status
