{{/* What the pods of all components have in common. */}}

{{/* Pod security standard "restricted", for every pod of the release. */}}
{{- define "u2fi.podSecurityContext" -}}
runAsNonRoot: true
{{- $user := default dict .Values.podSecurity }}
{{- with $user.runAsUser }}
runAsUser: {{ int64 . }}
{{- end }}
{{- with $user.runAsGroup }}
runAsGroup: {{ int64 . }}
{{- end }}
{{- with $user.fsGroup }}
fsGroup: {{ int64 . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "u2fi.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What comes from outside the pod: never a token of the API server. */}}
{{- define "u2fi.podIdentity" -}}
serviceAccountName: {{ include "u2fi.serviceAccount" . | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Makes a certificate for an identity with the evaluation CA, whose files are
     laid over the folder only here. dict root identity */}}
{{- define "u2fi.evaluationCertificate" -}}
- name: certificate
  image: {{ include "u2fi.image" (dict "root" .root "image" .root.Values.toolsImage) }}
  imagePullPolicy: {{ .root.Values.toolsImage.pullPolicy }}
  command: [/usr/bin/dev-ca]
  args: [--out, /etc/u2fi/tls, --trust_domain, {{ .root.Values.trustDomain | quote }}, --days, "30", {{ .identity | quote }}]
  securityContext:
    {{- include "u2fi.containerSecurityContext" .root | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {memory: 64Mi}
  volumeMounts:
    - {name: tls, mountPath: /etc/u2fi/tls}
    - {name: evaluation-ca, mountPath: /etc/u2fi/tls/ca.crt, subPath: ca.crt, readOnly: true}
    - {name: evaluation-ca, mountPath: /etc/u2fi/tls/ca.key, subPath: ca.key, readOnly: true}
{{- end }}

{{/* The volume "tls". dict root component */}}
{{- define "u2fi.tlsVolumes" -}}
{{- if eq .root.Values.tls.mode "evaluation" }}
- name: tls
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: evaluation-ca
  secret:
    secretName: {{ include "u2fi.fullname" .root }}-evaluation-ca
    defaultMode: 0440
{{- else }}
# The whole folder, so that a renewed certificate is seen.
- name: tls
  secret:
    secretName: {{ include "u2fi.tlsSecret" . | quote }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{/* Which secrets a component has besides; a list of names. dict root component */}}
{{- define "u2fi.secrets" -}}
{{- $v := .root.Values -}}
{{- $secrets := dict -}}
{{- if has .component (list "standalone" "device-registry") }}{{ $_ := set $secrets "device-token" (include "u2fi.tokenSecret" .root) }}{{ end -}}
{{- if $v.audit.existingSecret }}{{ $_ := set $secrets "audit" $v.audit.existingSecret }}{{ end -}}
{{- if ne .component "standalone" -}}
{{- with include "u2fi.redisSecret" .root }}{{ $_ := set $secrets "redis" . }}{{ end -}}
{{- if and $v.redis.external.tls.enabled (not $v.redis.evaluation.enabled) }}{{ $_ := set $secrets "redis-tls" $v.redis.external.tls.existingSecret }}{{ end -}}
{{- end -}}
{{ toJson $secrets }}
{{- end }}

{{/* One key of audit's Secret for each service, all of the others. */}}
{{- define "u2fi.volumes" -}}
{{- $component := .component -}}
- name: config
  configMap:
    name: {{ include "u2fi.fullname" .root }}-{{ .component }}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- include "u2fi.tlsVolumes" . }}
{{- range $name, $secret := include "u2fi.secrets" . | fromJson }}
- name: {{ $name }}
  secret:
    secretName: {{ $secret | quote }}
    defaultMode: 0440
    {{- if eq $name "audit" }}
    items:
      - {key: {{ $component }}.pem, path: {{ $component }}.pem}
    {{- end }}
{{- end }}
{{- end }}

{{- define "u2fi.volumeMounts" -}}
- {name: config, mountPath: /etc/u2fi/config, readOnly: true}
- {name: tmp, mountPath: /tmp}
- {name: tls, mountPath: /etc/u2fi/tls, readOnly: true}
{{- range $name, $_ := include "u2fi.secrets" . | fromJson }}
- {name: {{ $name }}, mountPath: /etc/u2fi/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}

{{/* Health is a listener of its own that has nothing else: a kubelet has no
     certificate. It does not depend on the store. */}}
{{- define "u2fi.probes" -}}
startupProbe:
  grpc: {port: 7444}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  grpc: {port: 7444}
  periodSeconds: 5
  failureThreshold: 2
livenessProbe:
  grpc: {port: 7444}
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 6
lifecycle:
  preStop:
    sleep: {seconds: {{ int .Values.preStopSeconds }}}
{{- end }}

{{- define "u2fi.spread" -}}
{{- $values := get .root.Values (include "u2fi.key" .component) -}}
{{- if $values.topologySpreadConstraints }}
{{- toYaml $values.topologySpreadConstraints }}
{{- else }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  matchLabelKeys: [pod-template-hash]
  labelSelector:
    matchLabels:
      {{- include "u2fi.selector" $ | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Under which address a gate is in the directory: each pod has its own. */}}
{{- define "u2fi.replicaEnv" -}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- name: U2FI__REPLICA__ADVERTISE_ADDRESS
  value: {{ printf "%s:7445" .Values.commandGate.replicaHost | quote }}
{{- end }}

{{/* What a component's program reads besides its file. With `optional` a Secret or
     ConfigMap may be missing, as before the first install those of extraObjects.
     dict root component [optional] */}}
{{- define "u2fi.env" -}}
{{- $values := get .root.Values (include "u2fi.key" .component) -}}
{{- $gate := eq .component "command-gate" -}}
{{- if or $gate $values.extraEnv -}}
env:
  {{- if $gate }}
  {{- include "u2fi.replicaEnv" .root | nindent 2 }}
  {{- end }}
  {{- range $values.extraEnv }}
  {{- $one := deepCopy . }}
  {{- if $.optional }}
  {{- range list "secretKeyRef" "configMapKeyRef" }}
  {{- with get (default dict $one.valueFrom) . }}{{ $_ := set . "optional" true }}{{ end }}
  {{- end }}
  {{- end }}
  {{- list $one | toYaml | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The pod of a component. dict root component */}}
{{- define "u2fi.pod" -}}
{{- $root := .root -}}
{{- $values := get .root.Values (include "u2fi.key" .component) -}}
metadata:
  annotations:
    checksum/config: {{ include "u2fi.config" . | sha256sum }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "u2fi.labels" (merge (dict "more" $values.podLabels) .) | nindent 4 }}
spec:
  {{- include "u2fi.podIdentity" .root | nindent 2 }}
  securityContext:
    {{- include "u2fi.podSecurityContext" .root | nindent 4 }}
  terminationGracePeriodSeconds: {{ add .root.Values.preStopSeconds .root.Values.listen.shutdownGraceSeconds 10 }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- include "u2fi.placement" (dict "root" .root "values" $values) | nindent 2 }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if hasKey $values "topologySpreadConstraints" }}
  topologySpreadConstraints:
    {{- include "u2fi.spread" . | trim | nindent 4 }}
  {{- end }}
  {{- if eq .root.Values.tls.mode "evaluation" }}
  initContainers:
    {{- include "u2fi.evaluationCertificate" (dict "root" .root "identity" (printf "service/%s" (include "u2fi.identity" .component))) | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ include "u2fi.image" (dict "root" .root "image" .root.Values.image) }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      command: [/usr/bin/{{ .component }}]
      args: [--config, /etc/u2fi/config/{{ .component }}.json]
      {{- with include "u2fi.env" . }}
      {{- . | nindent 6 }}
      {{- end }}
      ports:
        - {name: grpc, containerPort: 7443}
        - {name: health, containerPort: 7444}
        {{- if eq .component "command-gate" }}
        - {name: replicas, containerPort: 7445}
        {{- end }}
        {{- if .root.Values.metrics.enabled }}
        - {name: metrics, containerPort: 9464}
        {{- end }}
      {{- include "u2fi.probes" .root | nindent 6 }}
      securityContext:
        {{- include "u2fi.containerSecurityContext" .root | nindent 8 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      volumeMounts:
        {{- include "u2fi.volumeMounts" . | nindent 8 }}
        {{- if eq .component "standalone" }}
        - {name: data, mountPath: /var/lib/u2fi}
        {{- end }}
        {{- with $values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- include "u2fi.volumes" . | nindent 4 }}
    {{- with $values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
