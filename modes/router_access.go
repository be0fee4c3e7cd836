package modes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// hasOwnServiceAccount reports whether a component gets a service account of its own: a router,
// which looks for the pods that it routes to, unless its specification names an account.
func hasOwnServiceAccount(c *Component) bool {
	named := c.Pod.ServiceAccountName
	if named == "" {
		named = c.Pod.DeprecatedServiceAccount
	}
	return c.Type == v1beta1.RouterComponent && (named == "" || named == c.Name)
}

// routerAccessObjects are the service account of a router and its permission to read the pods of
// the namespace; none for other components.
//
// A pod without pull secrets of its own has those of its account, so that the account has the ones
// that the pods of the namespace have by default: the router's image comes from where theirs do.
func routerAccessObjects(env *Env, c *Component) Objects {
	if !hasOwnServiceAccount(c) {
		return nil
	}
	return Objects{
		&corev1.ServiceAccount{
			TypeMeta:   typeMetaOf(kinds.ServiceAccount),
			ObjectMeta: componentObjectMeta(c, c.Name, componentLabels(c), nil),

			ImagePullSecrets: pullSecretsOfRouter(env, c),
		},
		&rbacv1.Role{
			TypeMeta:   typeMetaOf(kinds.Role),
			ObjectMeta: componentObjectMeta(c, c.Name, componentLabels(c), nil),
			Rules: []rbacv1.PolicyRule{{
				APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list", "watch"},
			}},
		},
		&rbacv1.RoleBinding{
			TypeMeta:   typeMetaOf(kinds.RoleBinding),
			ObjectMeta: componentObjectMeta(c, c.Name, componentLabels(c), nil),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: c.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: c.Name, Namespace: c.Namespace}},
		},
	}
}

// pullSecretsOfRouter are the pull secrets that the router itself names, then those of the
// namespace's default account, each once.
func pullSecretsOfRouter(env *Env, c *Component) []corev1.LocalObjectReference {
	var secrets []corev1.LocalObjectReference
	for _, secret := range slices.Concat(c.Pod.ImagePullSecrets, env.PullSecrets) {
		if secret.Name != "" && !slices.Contains(secrets, secret) {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}
