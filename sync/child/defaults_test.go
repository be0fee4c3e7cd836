package child

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServerDefaults(t *testing.T) {
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
		"a Service's ports get TCP": {
			`{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80},{"port":81,"protocol":"UDP"}]}}`,
			`{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80,"protocol":"TCP"},{"port":81,"protocol":"UDP"}]}}`,
		},
		"both templates of a LeaderWorkerSet": {
			`{"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","spec":{"leaderWorkerTemplate":{
			  "leaderTemplate":{"spec":{"containers":[{"ports":[{"containerPort":1}]}],"serviceAccountName":"a"}},"workerTemplate":{"spec":{"containers":[{"ports":[{"containerPort":2}]}]}}}}}`,
			`{"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","spec":{"leaderWorkerTemplate":{
			  "leaderTemplate":{"spec":{"containers":[{"ports":[{"containerPort":1,"protocol":"TCP"}]}],"serviceAccountName":"a"}},"workerTemplate":{"spec":{"containers":[{"ports":[{"containerPort":2,"protocol":"TCP"}]}]}}}}}`,
		},
		"gRPC probes in the worker groups of a RayCluster name a service": {
			`{"apiVersion":"ray.io/v1","kind":"RayCluster","spec":{"headGroupSpec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":1}],"livenessProbe":{"grpc":{"port":1}}}]}}},
			  "workerGroupSpecs":[{"groupName":"w","replicas":2,"minReplicas":0,"template":{"spec":{"containers":[{"ports":[{"containerPort":2}],"livenessProbe":{"grpc":{"port":2}}}]}}}]}}`,
			`{"apiVersion":"ray.io/v1","kind":"RayCluster","spec":{"headGroupSpec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":1,"protocol":"TCP"}],"livenessProbe":{"grpc":{"port":1}}}]}}},
			  "workerGroupSpecs":[{"groupName":"w","replicas":2,"minReplicas":0,"template":{"spec":{"containers":[{"ports":[{"containerPort":2,"protocol":"TCP"}],"livenessProbe":{"grpc":{"port":2,"service":""}}}]}}}]}}`,
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
			object := tree(t, c.in)
			setServerDefaults(object)
			assert.Equal(t, tree(t, c.want), object)
			setServerDefaults(object)
			assert.Equal(t, tree(t, c.want), object, "a second time changes nothing")
		})
	}
}

func TestEveryDefaultRuleHasAReason(t *testing.T) {
	for kind, rules := range defaultRules {
		for _, r := range rules {
			assert.NotEmpty(t, r.why, "%s %s", kind, r.path)
		}
	}
}
