package manifests

import (
	"embed"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

//go:embed base/clusterrole.yaml components/*/clusterrole.yaml
var clusterRoles embed.FS

// RightsOfMetacontroller are the rules of the ClusterRoles with what Metacontroller needs for isvc with some
// components of optional kinds. The error is for a component that does not exist.
func RightsOfMetacontroller(components []string) ([]rbacv1.PolicyRule, error) {
	files := []string{"base/clusterrole.yaml"}
	for _, name := range components {
		files = append(files, "components/"+name+"/clusterrole.yaml")
	}
	var rules []rbacv1.PolicyRule
	for _, file := range files {
		text, err := clusterRoles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("there are no rights of a component: %w", err)
		}
		var role rbacv1.ClusterRole
		if err := yaml.UnmarshalStrict(text, &role); err != nil {
			return nil, fmt.Errorf("cannot decode %s: %w", file, err)
		}
		rules = append(rules, role.Rules...)
	}
	return rules, nil
}
