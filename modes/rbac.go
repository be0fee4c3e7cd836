package modes

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// ownsServiceAccount reports whether a component gets a service account of its
// own: a router, which looks for the pods that it routes to, unless its
// specification names one.
func ownsServiceAccount(c *Component) bool {
	named := c.Pod.ServiceAccountName
	if named == "" {
		named = c.Pod.DeprecatedServiceAccount
	}
	return c.Type == v1beta1.RouterComponent && (named == "" || named == c.Name)
}

// routerAccess is the service account of a router and the permission to read
// the pods of the namespace; nothing for other components.
func routerAccess(c *Component) Objects {
	if !ownsServiceAccount(c) {
		return nil
	}
	return Objects{
		&corev1.ServiceAccount{
			TypeMeta:   typeMeta(kinds.ServiceAccount),
			ObjectMeta: objectMeta(c, c.Name, baseLabels(c), nil),
		},
		&rbacv1.Role{
			TypeMeta:   typeMeta(kinds.Role),
			ObjectMeta: objectMeta(c, c.Name, baseLabels(c), nil),
			Rules: []rbacv1.PolicyRule{{
				APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list", "watch"},
			}},
		},
		&rbacv1.RoleBinding{
			TypeMeta:   typeMeta(kinds.RoleBinding),
			ObjectMeta: objectMeta(c, c.Name, baseLabels(c), nil),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: c.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: c.Name, Namespace: c.Namespace}},
		},
	}
}
