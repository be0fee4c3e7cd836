package preflight

import (
	"errors"
	gosync "sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/manifests"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// describedDefinition is the definition as it is installed with descriptions.
var describedDefinition = gosync.OnceValues(func() (crd map[string]any, err error) {
	text, err := manifests.DescribedDefinitionOf("InferenceService")
	if err != nil {
		return nil, err
	}
	return crd, yaml.Unmarshal(text, &crd)
})

// soundCluster has all that isvc needs, and KEDA.
func soundCluster(t *testing.T) *Cluster {
	t.Helper()
	described, err := describedDefinition()
	require.NoError(t, err)
	c := &Cluster{Namespace: "isvc-system", MetacontrollerNamespace: "metacontroller", KubernetesVersion: "v1.30.4-gke.1", Installed: kinds.Set{kinds.ScaledObject: true}}
	for _, kind := range load.CatalogueKinds() {
		c.Installed[kind] = true
	}
	c.ServiceDefinition.Value = described
	require.NoError(t, yaml.Unmarshal([]byte(`spec: {versions: [{name: v1alpha1, schema: {openAPIV3Schema: {properties: {spec: {properties: {hooks: {properties: {sync: {properties: {version: {type: string}}}}}}}}}}}]}`), &c.ControllerDefinition.Value))
	c.Controller.Value = &CompositeController{}
	for _, kind := range append(kinds.Core(), kinds.ScaledObject) {
		_, apiVersion := kind.NameAndVersion()
		c.Controller.Value.Spec.ChildResources = append(c.Controller.Value.Spec.ChildResources, ChildResource{apiVersion, sync.ResourceName(kind)})
	}
	require.NoError(t, yaml.Unmarshal([]byte(`{spec: {hooks: {sync: {webhook: {url: "http://isvc.isvc-system.svc/sync?rev=v1"}}, customize: {webhook: {url: "http://isvc.isvc-system.svc/customize?rev=v1"}}}}}`), c.Controller.Value))
	c.Server.Value = &appsv1.Deployment{Status: appsv1.DeploymentStatus{Replicas: 2, ReadyReplicas: 2}}
	c.Server.Value.Spec.Template.Spec.Containers = []corev1.Container{{Env: []corev1.EnvVar{{Name: "ISVC_REVISION", Value: "v1"}}}}
	c.Answer.Value = &Answer{}
	require.NoError(t, yaml.Unmarshal([]byte(`children: [{kind: Deployment}, {kind: Service}]`), c.Answer.Value))
	c.Metacontroller.Value = []corev1.Pod{{
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Image: "ghcr.io/metacontroller/metacontroller:v4.17.2",
			Args:  []string{"--client-go-qps=200", "--client-go-burst=400", "--workers", "20", "--apply-strategy=server-side-apply"},
		}}},
		Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	}}
	c.Rights.Value = []authorizationv1.SubjectAccessReview{review("", "pods", "", "list", true)}
	c.NodeLabels.Value = []map[string]string{{"models.ome.io/clusterbasemodel.llama": "Ready"}, {"models.ome.io/clusterbasemodel.llama": "Updating"}}
	return c
}

func review(group, resource, subresource, verb string, allowed bool) authorizationv1.SubjectAccessReview {
	return authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: group, Resource: resource, Subresource: subresource, Verb: verb}},
		Status: authorizationv1.SubjectAccessReviewStatus{Allowed: allowed},
	}
}

func TestASoundClusterPasses(t *testing.T) {
	checks := Checks(soundCluster(t))
	for _, check := range checks {
		assert.Equal(t, OK, check.Verdict, "%s: %s", check.Name, check.Message)
		assert.NotEmpty(t, check.Message, check.Name)
		assert.Empty(t, check.Fix, check.Name)
	}
	assert.Equal(t, OK, Worst(checks))
}

func TestWhatIsWrongIsFound(t *testing.T) {
	forbidden := errors.New("forbidden")
	for sentence, test := range map[string]struct {
		change  func(*Cluster)
		check   string
		verdict Verdict
		says    string
	}{
		"an old cluster":              {func(c *Cluster) { c.KubernetesVersion = "v1.29.9" }, "Kubernetes", Failed, "v1.29.9 is older than 1.30"},
		"a cluster without a version": {func(c *Cluster) { c.KubernetesVersion = "" }, "Kubernetes", Unknown, `its version is ""`},
		"a missing kind of ome.io":    {func(c *Cluster) { delete(c.Installed, kinds.BaseModel) }, "definitions", Failed, "the cluster does not have BaseModel of ome.io/v1beta1"},
		"a definition of another version": {func(c *Cluster) {
			c.ServiceDefinition.Value = nil
			require.NoError(t, yaml.Unmarshal([]byte(`spec: {versions: [{schema: {openAPIV3Schema: {type: object}}}]}`), &c.ServiceDefinition.Value))
		}, "definitions", Warning, "the definition of InferenceServices is not the one of this program"},
		"a definition that may not be read": {func(c *Cluster) { c.ServiceDefinition.Err = forbidden }, "definitions", Unknown, "forbidden"},
		"OME's own controller": {func(c *Cluster) {
			c.OMEController.Value = &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "ome"}}
		}, "OME", Failed, "OME's own controller runs in the namespace ome"},
		"OME's own controller, scaled to nothing": {func(c *Cluster) {
			c.OMEController.Value = &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: new(int32)}}
		}, "OME", OK, "does not run"},
		"no Metacontroller": {func(c *Cluster) { c.ControllerDefinition.Value = nil }, "Metacontroller", Failed, "no definition of CompositeController"},
		"old definitions": {func(c *Cluster) {
			c.ControllerDefinition.Value = map[string]any{"spec": map[string]any{"versions": []any{}}}
		}, "Metacontroller", Failed, "v2 is dropped"},
		"an old Metacontroller": {func(c *Cluster) {
			c.Metacontroller.Value[0].Spec.Containers[0].Image = "registry:5000/metacontroller:v4.11.0"
		}, "Metacontroller", Failed, "is older than 4.16"},
		"a Metacontroller by its digest": {func(c *Cluster) { c.Metacontroller.Value[0].Spec.Containers[0].Image = "metacontroller@sha256:00" }, "Metacontroller", OK, "1 ready"},
		"a Metacontroller elsewhere":     {func(c *Cluster) { c.Metacontroller.Value = nil }, "Metacontroller", Unknown, "there is no pod of Metacontroller in the namespace metacontroller"},
		"a Metacontroller that fails":    {func(c *Cluster) { c.Metacontroller.Value[0].Status.Conditions = nil }, "Metacontroller", Failed, "no pod of Metacontroller is ready"},
		"default settings":               {func(c *Cluster) { c.Metacontroller.Value[0].Spec.Containers[0].Args = []string{"--client-go-qps=200"} }, "Metacontroller's settings", Warning, "--client-go-burst, --workers, --apply-strategy"},
		"missing rights": {func(c *Cluster) {
			c.Rights.Value = []authorizationv1.SubjectAccessReview{review("apps", "deployments", "", "create", false), review("apps", "deployments", "", "delete", false), review("ome.io", "inferenceservices", "status", "update", false)}
		}, "rights", Failed, "may not create, delete deployments.apps and more of 1 other resources"},
		"a missing right of a subresource": {func(c *Cluster) {
			c.Rights.Value = []authorizationv1.SubjectAccessReview{review("ome.io", "inferenceservices", "status", "update", false)}
		}, "rights", Failed, "may not update inferenceservices/status"},
		"rights that nobody tells":     {func(c *Cluster) { c.Rights.Err = forbidden }, "rights", Unknown, "forbidden"},
		"no hook server":               {func(c *Cluster) { c.Server.Value = nil }, "hook server", Failed, "there is no Deployment isvc in the namespace isvc-system"},
		"a hook server that fails":     {func(c *Cluster) { c.Server.Value.Status.ReadyReplicas = 0 }, "hook server", Failed, "no pod of the Deployment isvc-system/isvc is ready"},
		"no CompositeController":       {func(c *Cluster) { c.Controller.Value = nil }, "CompositeController", Failed, "nothing calls the hooks"},
		"a kind that is not installed": {func(c *Cluster) { delete(c.Installed, kinds.ScaledObject) }, "CompositeController", Failed, "it manages ScaledObject.keda.sh/v1alpha1, which the cluster does not have: that stops every InferenceService"},
		"a core kind that is not managed": {func(c *Cluster) {
			c.Controller.Value.Spec.ChildResources = c.Controller.Value.Spec.ChildResources[1:]
		}, "CompositeController", Failed, "it does not manage ConfigMap.v1"},
		"a warning of Metacontroller": {func(c *Cluster) {
			c.ControllerEvents.Value = []corev1.Event{{InvolvedObject: corev1.ObjectReference{Name: "isvc"}, Type: "Warning", Reason: "CreateError", Message: "no"}}
		}, "CompositeController", Warning, "event CreateError: no"},
		"Metacontroller said that it has started since": {func(c *Cluster) {
			c.ControllerEvents.Value = []corev1.Event{
				{InvolvedObject: corev1.ObjectReference{Name: "isvc"}, Type: "Warning", Reason: "CreateError", LastTimestamp: metav1.Unix(100, 0)},
				{InvolvedObject: corev1.ObjectReference{Name: "isvc"}, Type: "Normal", Reason: "Started", LastTimestamp: metav1.Unix(100, 0)},
				{InvolvedObject: corev1.ObjectReference{Name: "other"}, Type: "Warning", Reason: "CreateError", LastTimestamp: metav1.Unix(102, 0)},
			}
		}, "CompositeController", OK, "it manages "},
		"a kind that is not managed": {func(c *Cluster) { c.Installed[kinds.LeaderWorkerSet] = true }, "optional kinds", Warning, "the cluster has lws, which isvc does not manage"},
		"two revisions": {func(c *Cluster) {
			c.Server.Value.Spec.Template.Spec.Containers[0].Env[0].Value = "v2"
		}, "revision", Failed, `the servers answer revision "v2", and the URL of the hook sync asks for "v1"`},
		"a hook that kubectl does not reach": {func(c *Cluster) { c.Answer.Err = forbidden }, "answer", Unknown, "forbidden"},
		"a hook that makes nothing":          {func(c *Cluster) { c.Answer.Value.Children = nil }, "answer", Failed, "makes no Deployment"},
		"no model on any node":               {func(c *Cluster) { c.NodeLabels.Value = []map[string]string{{"models.ome.io/x": "Failed"}} }, "model nodes", Warning, "stay Pending"},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := soundCluster(t)
			test.change(c)
			for _, check := range Checks(c) {
				if check.Name != test.check {
					continue
				}
				assert.Equal(t, test.verdict, check.Verdict)
				assert.Contains(t, check.Message, test.says)
				if test.verdict == Failed || test.verdict == Warning {
					assert.NotEmpty(t, check.Fix)
				}
				return
			}
			assert.Fail(t, "there is no such check")
		})
	}
}

// TestAnEmptyClusterIsJudged has nothing at all, and every check says something.
func TestAnEmptyClusterIsJudged(t *testing.T) {
	checks := Checks(&Cluster{Namespace: "isvc-system", MetacontrollerNamespace: "metacontroller", KubernetesVersion: "v1.37.2"})
	assert.Equal(t, Failed, Worst(checks))
	for _, check := range checks {
		assert.NotEmpty(t, check.Message, check.Name)
	}
}
