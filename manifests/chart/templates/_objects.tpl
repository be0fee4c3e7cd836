{{/* The object of a file of the kustomize form, with its namespace. */}}
{{- define "isvc.object" -}}
{{- $object := .root.Files.Get (printf "files/%s.yaml" .file) | fromYaml -}}
{{- if hasKey $object.metadata "namespace" -}}
{{- $_ := set $object.metadata "namespace" .root.Release.Namespace -}}
{{- end -}}
{{- toYaml $object -}}
{{- end -}}

{{/* The kinds of each component, as .Capabilities.APIVersions names them. */}}
{{- define "isvc.kindsOfComponents" -}}
gateway-api: [gateway.networking.k8s.io/v1/HTTPRoute]
istio: [networking.istio.io/v1beta1/VirtualService, networking.istio.io/v1beta1/Sidecar]
keda: [keda.sh/v1alpha1/ScaledObject]
knative: [serving.knative.dev/v1/Service]
lws: [leaderworkerset.x-k8s.io/v1/LeaderWorkerSet]
prometheus-operator: [monitoring.coreos.com/v1/PodMonitor]
ray: [ray.io/v1/RayCluster]
{{- end -}}

{{/* The names of the components of optional kinds, as a list in YAML. */}}
{{- define "isvc.components" -}}
{{- $components := list -}}
{{- range $name, $kinds := include "isvc.kindsOfComponents" . | fromYaml -}}
{{- $wanted := get $.Values.kinds $name | toString -}}
{{- if eq $wanted "auto" -}}
{{- $wanted = "true" -}}
{{- range $kinds -}}
{{- if not ($.Capabilities.APIVersions.Has .) -}}{{- $wanted = "false" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if eq $wanted "true" -}}{{- $components = append $components $name -}}{{- end -}}
{{- end -}}
{{- toYaml $components -}}
{{- end -}}

{{/* The components of the ways to the hooks, as a list in YAML. */}}
{{- define "isvc.security" -}}
{{- if and .Values.token.enabled (not .Values.tls.enabled) -}}
{{- fail "token.enabled needs tls.enabled: a token that is sent unencrypted protects nothing" -}}
{{- end -}}
{{- if and .Values.tls.enabled (not .Values.tls.caBundle) -}}
{{- fail "tls.enabled needs tls.caBundle: the certificate of the authority, in PEM" -}}
{{- end -}}
{{- $components := list -}}
{{- if .Values.tls.enabled -}}{{- $components = append $components "tls" -}}{{- end -}}
{{- if .Values.token.enabled -}}{{- $components = append $components "token" -}}{{- end -}}
{{- toYaml $components -}}
{{- end -}}

{{- define "isvc.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{- define "isvc.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (include "isvc.tag" .) -}}
{{- end -}}
{{- end -}}

{{/* What the servers answer and the URLs of the hooks ask for. */}}
{{- define "isvc.revision" -}}
{{- if .Values.revision -}}
{{- .Values.revision -}}
{{- else if .Values.image.digest -}}
{{- .Values.image.digest | trimPrefix "sha256:" | trunc 12 -}}
{{- else -}}
{{- include "isvc.tag" . -}}
{{- end -}}
{{- end -}}
