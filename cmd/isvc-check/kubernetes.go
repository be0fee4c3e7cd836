package main

import (
	"context"
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	"k8s.io/kubernetes/pkg/capabilities"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/podtemplate"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/networking/ingress"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/kubernetes/pkg/registry/rbac/role"
	"k8s.io/kubernetes/pkg/registry/rbac/rolebinding"

	"github.com/isvc-io/isvc/api/kinds"
	protocol "github.com/isvc-io/isvc/cmd/isvc/check"
)

// The kinds with which pods inside of objects of operators are checked.
const (
	podTemplate kinds.Kind = "PodTemplate.v1"
	statefulSet kinds.Kind = "StatefulSet.apps/v1"
)

// builtIn says how the API server creates objects of a kind of Kubernetes.
type builtIn struct {
	resource string
	strategy rest.RESTCreateStrategy
}

// builtIns are the kinds of Kubernetes that isvc makes. Privileged containers are allowed, as with the
// flag --allow-privileged of the API server that kubeadm and providers set.
func builtIns() map[kinds.Kind]builtIn {
	capabilities.Setup(true, 0)
	return map[kinds.Kind]builtIn{
		kinds.ConfigMap:               {"configmaps", configmap.Strategy},
		kinds.Service:                 {"services", service.Strategy},
		kinds.ServiceAccount:          {"serviceaccounts", serviceaccount.Strategy},
		kinds.Deployment:              {"deployments", deployment.Strategy},
		kinds.HorizontalPodAutoscaler: {"horizontalpodautoscalers", horizontalpodautoscaler.Strategy},
		kinds.PodDisruptionBudget:     {"poddisruptionbudgets", poddisruptionbudget.Strategy},
		kinds.Role:                    {"roles", role.Strategy},
		kinds.RoleBinding:             {"rolebindings", rolebinding.Strategy},
		kinds.Ingress:                 {"ingresses", ingress.Strategy},
		podTemplate:                   {"podtemplates", podtemplate.Strategy},
		statefulSet:                   {"statefulsets", statefulset.Strategy},
	}
}

// strictDecoder decodes as the API server does for kubectl: unknown and repeated fields are errors.
var strictDecoder = kjson.NewSerializerWithOptions(kjson.DefaultMetaFactory, legacyscheme.Scheme, legacyscheme.Scheme, kjson.SerializerOptions{Strict: true})

// check returns what the API server would say to an object that is created.
func (b builtIn) check(raw []byte) []protocol.Finding {
	object, gvk, err := strictDecoder.Decode(raw, nil, nil)
	findings := decodingFindings(err)
	if object == nil {
		return findings
	}
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.UnsafeConvertToVersion(object, schema.GroupVersion{Group: gvk.Group, Version: runtime.APIVersionInternal})
	if err != nil {
		return append(findings, protocol.Finding{Severity: protocol.Refused, Cause: protocol.CauseUnreadable, Message: err.Error()})
	}
	accessor, err := meta.Accessor(internal)
	if err != nil {
		return append(findings, protocol.Finding{Severity: protocol.Refused, Cause: protocol.CauseUnreadable, Message: err.Error()})
	}
	ctx := request.WithNamespace(context.Background(), accessor.GetNamespace())
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: "create", APIGroup: gvk.Group, APIVersion: gvk.Version, Resource: b.resource,
		Namespace: accessor.GetNamespace(), Name: accessor.GetName(),
	})
	rest.FillObjectMetaSystemFields(accessor)
	findings = append(findings, creationFindings(rest.BeforeCreate(b.strategy, ctx, internal))...)
	for _, warning := range b.strategy.WarningsOnCreate(ctx, internal) {
		findings = append(findings, warningFinding(warning))
	}
	return findings
}

// decodingFindings are what strict decoding finds.
func decodingFindings(err error) []protocol.Finding {
	var findings []protocol.Finding
	strict, isStrict := runtime.AsStrictDecodingError(err)
	switch {
	case err == nil:
	case isStrict:
		for _, problem := range strict.Errors() {
			findings = append(findings, strictFinding(problem.Error()))
		}
	default:
		findings = append(findings, protocol.Finding{Severity: protocol.Refused, Cause: protocol.CauseUnreadable, Message: err.Error()})
	}
	return findings
}

// strictFinding is a finding of the strict decoder, whose messages have the form
// `unknown field "spec.x"`.
func strictFinding(message string) protocol.Finding {
	what, path, found := strings.Cut(message, ` "`)
	if path, closed := strings.CutSuffix(path, `"`); found && closed {
		return protocol.Finding{Severity: protocol.Refused, Cause: protocol.CauseUnknownField, Field: path, Message: what}
	}
	return protocol.Finding{Severity: protocol.Refused, Cause: protocol.CauseUnknownField, Message: message}
}

// creationFindings are the causes of a refusal.
func creationFindings(err error) []protocol.Finding {
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return []protocol.Finding{{Severity: protocol.Refused, Message: err.Error()}}
	}
	var findings []protocol.Finding
	for _, cause := range status.Status().Details.Causes {
		findings = append(findings, protocol.Finding{
			Severity: protocol.Refused, Cause: string(cause.Type), Field: cause.Field, Message: cause.Message,
		})
	}
	return findings
}

// warningFinding is a warning of the API server. Most have the form "field: message".
func warningFinding(warning string) protocol.Finding {
	path, message, found := strings.Cut(warning, ": ")
	if found && !strings.Contains(path, " ") {
		return protocol.Finding{Severity: protocol.Warned, Field: path, Message: message}
	}
	return protocol.Finding{Severity: protocol.Warned, Message: warning}
}
