package child

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestDefaults(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"container ports of a Deployment get TCP, set ones stay": {
			`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{
			  "containers":[{"name":"c","ports":[{"containerPort":80},{"containerPort":53,"protocol":"UDP"}]}],"initContainers":[{"name":"i","ports":[{"containerPort":81,"protocol":""}]}]}}}}`,
			`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{
			  "containers":[{"name":"c","ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]}],"initContainers":[{"name":"i","ports":[{"containerPort":81,"protocol":"TCP"}]}]}}}}`,
		},
		"projected sources of a Deployment are complete": {
			`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"volumes":[{"name":"p","projected":{"sources":[
			  {"serviceAccountToken":{"path":"t"}},{"serviceAccountToken":{"path":"u","expirationSeconds":600}},{"configMap":{"name":"m"}},
			  {"podCertificate":{"signerName":"s"}},
			  {"downwardAPI":{"items":[{"path":"n","fieldRef":{"fieldPath":"metadata.name"}},{"path":"r","resourceFieldRef":{"resource":"limits.cpu"}}]}}]}}]}}}}`,
			`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"volumes":[{"name":"p","projected":{"sources":[
			  {"serviceAccountToken":{"path":"t","expirationSeconds":3600}},{"serviceAccountToken":{"path":"u","expirationSeconds":600}},{"configMap":{"name":"m"}},
			  {"podCertificate":{"signerName":"s","maxExpirationSeconds":86400}},
			  {"downwardAPI":{"items":[{"path":"n","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}},{"path":"r","resourceFieldRef":{"resource":"limits.cpu","divisor":"0"}}]}}]}}]}}}}`,
		},
		"a Deployment's service account is written to both fields": {
			`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"serviceAccountName":"a"}}}}`,
			`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"serviceAccountName":"a","serviceAccount":"a"}}}}`,
		},
		"a Service's ports get protocol and target": {
			`{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80,"targetPort":0},{"port":81,"targetPort":"http","protocol":"UDP"}]}}`,
			`{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80,"targetPort":80,"protocol":"TCP"},{"port":81,"targetPort":"http","protocol":"UDP"}]}}`,
		},
		"a NetworkPolicy's ports and types": {
			`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","spec":{"podSelector":{},"ingress":[{"ports":[{"port":80}]}],"egress":[{"ports":[{"port":53,"protocol":"UDP"}]}]}}`,
			`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","spec":{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"ports":[{"port":80,"protocol":"TCP"}]}],"egress":[{"ports":[{"port":53,"protocol":"UDP"}]}]}}`,
		},
		"types of a NetworkPolicy that are set stay": {
			`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","spec":{"policyTypes":["Egress"]}}`,
			`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","spec":{"policyTypes":["Egress"]}}`,
		},
		"a RoleBinding's groups": {
			`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","roleRef":{"apiGroup":"","kind":"Role","name":"r"},
			  "subjects":[{"kind":"ServiceAccount","name":"s","apiGroup":""},{"kind":"Group","name":"g"},{"kind":"User","name":"u","apiGroup":""}]}`,
			`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},
			  "subjects":[{"kind":"ServiceAccount","name":"s"},{"kind":"Group","name":"g","apiGroup":"rbac.authorization.k8s.io"},{"kind":"User","name":"u","apiGroup":"rbac.authorization.k8s.io"}]}`,
		},
		"both templates of a LeaderWorkerSet": {
			`{"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","spec":{"leaderWorkerTemplate":{
			  "leaderTemplate":{"spec":{"containers":[{"ports":[{"containerPort":1}]}],"serviceAccountName":"a"}},"workerTemplate":{"spec":{"containers":[{"ports":[{"containerPort":2}]}]}}}}}`,
			`{"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","spec":{"leaderWorkerTemplate":{
			  "leaderTemplate":{"spec":{"containers":[{"ports":[{"containerPort":1,"protocol":"TCP"}]}],"serviceAccountName":"a"}},"workerTemplate":{"spec":{"containers":[{"ports":[{"containerPort":2,"protocol":"TCP"}]}]}}}}}`,
		},
		"a Knative Service's only container and traffic": {
			`{"apiVersion":"serving.knative.dev/v1","kind":"Service","spec":{"template":{"spec":{"containers":[{"name":"","image":"i"}]}},
			  "traffic":[{"percent":90},{"percent":10,"revisionName":"r"},{"latestRevision":false}]}}`,
			`{"apiVersion":"serving.knative.dev/v1","kind":"Service","spec":{"template":{"spec":{"containers":[{"name":"user-container","image":"i"}]}},
			  "traffic":[{"percent":90,"latestRevision":true},{"percent":10,"revisionName":"r","latestRevision":false},{"latestRevision":false}]}}`,
		},
		"several containers of a Knative Service are numbered past taken names": {
			`{"apiVersion":"serving.knative.dev/v1","kind":"Service","spec":{"template":{"spec":{
			  "containers":[{"image":"i"},{"name":"user-container-1"},{"image":"j"},7],"initContainers":[{"image":"k"}]}}}}`,
			`{"apiVersion":"serving.knative.dev/v1","kind":"Service","spec":{"template":{"spec":{
			  "containers":[{"name":"user-container-0","image":"i"},{"name":"user-container-1"},{"name":"user-container-2","image":"j"},7],"initContainers":[{"name":"init-container","image":"k"}]}}}}`,
		},
		"worker groups of a RayCluster are complete": {
			`{"apiVersion":"ray.io/v1","kind":"RayCluster","spec":{"headGroupSpec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":1}],"livenessProbe":{"grpc":{"port":1}}}]}}},
			  "workerGroupSpecs":[{"groupName":"w","replicas":2,"minReplicas":0,"template":{"spec":{"containers":[{"ports":[{"containerPort":2}],"livenessProbe":{"grpc":{"port":2}}}]}}}]}}`,
			`{"apiVersion":"ray.io/v1","kind":"RayCluster","spec":{"headGroupSpec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":1,"protocol":"TCP"}],"livenessProbe":{"grpc":{"port":1}}}]}}},
			  "workerGroupSpecs":[{"groupName":"w","replicas":2,"minReplicas":0,"maxReplicas":2147483647,"numOfHosts":1,
			  "template":{"spec":{"containers":[{"ports":[{"containerPort":2,"protocol":"TCP"}],"livenessProbe":{"grpc":{"port":2,"service":""}}}]}}}]}}`,
		},
		"an HTTPRoute is complete": {
			`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","spec":{"parentRefs":[{"name":"g"}],"rules":[
			  {"backendRefs":[{"name":"a","port":80,"weight":0}]},
			  {"matches":[{"headers":[{"name":"h","value":"v"}]},{"path":{"value":"/x"}},{"path":{"type":"Exact","value":"/y"},"queryParams":[{"name":"q","value":"v"}]}],
			   "filters":[{"type":"RequestRedirect","requestRedirect":{"scheme":"https"}},{"type":"RequestMirror","requestMirror":{"backendRef":{"name":"m"}}},{"type":"CORS","cors":{"allowOrigins":["*"]}}],
			   "sessionPersistence":{"sessionName":"s","cookieConfig":{}},
			   "backendRefs":[{"name":"b","kind":"ServiceImport","group":"mc"}]}]}}`,
			`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","spec":{"parentRefs":[{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"g"}],"rules":[
			  {"matches":[{"path":{"type":"PathPrefix","value":"/"}}],"backendRefs":[{"group":"","kind":"Service","name":"a","port":80,"weight":0}]},
			  {"matches":[{"path":{"type":"PathPrefix","value":"/"},"headers":[{"type":"Exact","name":"h","value":"v"}]},{"path":{"type":"PathPrefix","value":"/x"}},{"path":{"type":"Exact","value":"/y"},"queryParams":[{"type":"Exact","name":"q","value":"v"}]}],
			   "filters":[{"type":"RequestRedirect","requestRedirect":{"scheme":"https","statusCode":302}},{"type":"RequestMirror","requestMirror":{"backendRef":{"group":"","kind":"Service","name":"m"}}},{"type":"CORS","cors":{"allowOrigins":["*"],"maxAge":5}}],
			   "sessionPersistence":{"sessionName":"s","type":"Cookie","cookieConfig":{"lifetimeType":"Session"}},
			   "backendRefs":[{"name":"b","kind":"ServiceImport","group":"mc","weight":1}]}]}}`,
		},
		"kinds whose lists have no server defaults are left alone": {
			`{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","spec":{"metrics":[{"type":"Resource","resource":{"name":"cpu"}}]}}`,
			`{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","spec":{"metrics":[{"type":"Resource","resource":{"name":"cpu"}}]}}`,
		},
		"a kind of the same name in another group is left alone": {
			`{"apiVersion":"example.io/v1","kind":"Service","spec":{"ports":[{"port":80}]}}`, `{"apiVersion":"example.io/v1","kind":"Service","spec":{"ports":[{"port":80}]}}`,
		},
		"places of unexpected types are passed over": {
			`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"containers":{"ports":[]},"initContainers":[7,{"ports":"x"}],"volumes":null}}}}`,
			`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"containers":{"ports":[]},"initContainers":[7,{"ports":"x"}],"volumes":null}}}}`,
		},
		"an unreadable apiVersion is left alone": {
			`{"apiVersion":"a/b/c","kind":"Service","spec":{"ports":[{"port":80}]}}`, `{"apiVersion":"a/b/c","kind":"Service","spec":{"ports":[{"port":80}]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := &unstructured.Unstructured{Object: tree(t, c.in)}
			addServerDefaults(u)
			assert.Equal(t, tree(t, c.want), u.Object)
			addServerDefaults(u)
			assert.Equal(t, tree(t, c.want), u.Object, "a second time changes nothing")
		})
	}
}

func TestDefaultsOfNothing(t *testing.T) {
	assert.NotPanics(t, func() { addServerDefaults(nil); addServerDefaults(&unstructured.Unstructured{}) })
}

// A zero port of a typed Service has to become its port before it is sent.
func TestDefaultsCompleteATypedService(t *testing.T) {
	service := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}}
	service.APIVersion, service.Kind = "v1", "Service"
	u := minimal(service)
	addServerDefaults(u)
	assert.Equal(t, tree(t, `{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80,"targetPort":80,"protocol":"TCP"}]}}`), u.Object)
}

func TestDefaultsOfATypedIngressAddNothing(t *testing.T) {
	ingress := &networkingv1.Ingress{Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{Host: "h"}}}}
	ingress.APIVersion, ingress.Kind = "networking.k8s.io/v1", "Ingress"
	u, before := minimal(ingress), minimal(ingress)
	addServerDefaults(u)
	assert.Equal(t, before, u)
}

func TestEveryRuleHasAReason(t *testing.T) {
	for _, gk := range [][2]string{{"", "Service"}, {"apps", "Deployment"}, {"networking.k8s.io", "NetworkPolicy"},
		{"rbac.authorization.k8s.io", "RoleBinding"}, {"leaderworkerset.x-k8s.io", "LeaderWorkerSet"},
		{"serving.knative.dev", "Service"}, {"ray.io", "RayCluster"}, {"gateway.networking.k8s.io", "HTTPRoute"}} {
		rules := rulesOf(gk[0], gk[1])
		assert.NotEmpty(t, rules, gk)
		for _, r := range rules {
			assert.NotEmpty(t, r.why, "%v %s", gk, r.path)
		}
	}
}
