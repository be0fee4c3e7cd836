package modes

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/config/template"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// markSharedHosts gives a route a label where one of its hosts does not depend on the name of the service:
// another service can have the same, and by the label the services of a namespace find each other's.
func (r Route) markSharedHosts(env *Env, route metav1.Object, hosts ...string) {
	if slices.ContainsFunc(hosts, func(host string) bool { return r.hostIsShared(env, host) }) {
		markSharedRoute(route)
	}
}

func markSharedRoute(route metav1.Object) {
	route.SetLabels(kmap.Union(route.GetLabels(), map[string]string{v1beta1.LabelSharedHost: "true"}))
}

// anotherName is the name of a service that nobody has: it is too long.
const anotherName = "a-name-of-sixty-four-characters-which-no-inferenceservice-can-have"

// hostIsShared reports whether a host is that of a service of another name too.
func (r Route) hostIsShared(env *Env, host string) bool {
	other, problem := r.externalHost(env, anotherName)
	return problem == nil && other == host
}

// pathIsShared reports whether the path of the service is that of a service of another name too.
func (r Route) pathIsShared(env *Env, path string) bool {
	other, err := executeTemplate(r.Config.PathTemplate, template.PathValues{Name: anotherName, Namespace: env.Parent.Namespace})
	return err == nil && path != "" && trimPath(other) == path
}
