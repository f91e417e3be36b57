{{- define "district.labels" -}}
app.kubernetes.io/name: evenkeel-district
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/part-of: evenkeel
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{/* A district is never deleted by a slip of a release tool: Helm, Argo CD and Flux all leave it. */}}
{{- define "district.keep" -}}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-options: Prune=false
kustomize.toolkit.fluxcd.io/prune: disabled
{{- end }}

{{/* A District has the name of its namespace, and the namespace is the province's grant. */}}
{{- define "district.check" -}}
{{- if has .Release.Namespace (list "default" "kube-system" "kube-public" .Values.operator.namespace) }}
{{- fail (printf "a district has a namespace of its own, labelled by the province; %q is none: create one, label it screening.evenkeel.dev/district=%s and pass it with --namespace" .Release.Namespace .Values.district.code) }}
{{- end }}
{{- if gt (len .Release.Namespace) 40 }}
{{- fail (printf "the namespace %q is longer than 40 characters: the district and its workloads are named after it" .Release.Namespace) }}
{{- end }}
{{- include "district.unique" (dict "kind" "schools" "list" .Values.schools) }}
{{- include "district.unique" (dict "kind" "referralChannels" "list" .Values.referralChannels) }}
{{- end }}

{{- define "district.unique" -}}
{{- $seen := dict }}
{{- $kind := .kind }}
{{- range .list }}
{{- if hasKey $seen .name }}
{{- fail (printf "%s lists %q twice: give every entry a name of its own" $kind .name) }}
{{- end }}
{{- $_ := set $seen .name true }}
{{- end }}
{{- end }}
