{{/* Names, labels and lists. A "component" is challenge, device-registry and so on. */}}

{{- define "u2fi.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "u2fi.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "u2fi.name" .) .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name (include "u2fi.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* dict root component */}}
{{- define "u2fi.selector" -}}
{{ include "u2fi.release" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* What all pods of the release have; a release may be called 7 or true. */}}
{{- define "u2fi.release" -}}
app.kubernetes.io/name: {{ include "u2fi.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Each once: what selects is ours alone, then come those of one place (`more`),
     then those of all. dict root component [more] */}}
{{- define "u2fi.labels" -}}
{{- $chart := dict "app.kubernetes.io/version" .root.Chart.AppVersion "app.kubernetes.io/part-of" "u2fi"
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{ toYaml (merge (include "u2fi.selector" . | fromYaml) (default dict .more) (default dict .root.Values.commonLabels) $chart) }}
{{- end }}

{{/* On which nodes: a component's own values, and those of every pod.
     dict root [values] */}}
{{- define "u2fi.placement" -}}
{{- $own := default dict .values -}}
{{- with merge dict (default dict $own.nodeSelector) (default dict .root.Values.nodeSelector) }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat (default list $own.tolerations) (default list .root.Values.tolerations) }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Metadata of an object of a component. dict root component [suffix more] */}}
{{- define "u2fi.metadata" -}}
name: {{ include "u2fi.fullname" .root }}-{{ .component }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "u2fi.labels" . | nindent 2 }}
{{- end }}

{{/* What runs in this mode, comma-separated. */}}
{{- define "u2fi.components" -}}
{{ ternary "standalone" "challenge,attestation,device-registry,command-gate" (eq .Values.mode "standalone") }}
{{- end }}

{{/* The key of a component's values: deviceRegistry for device-registry. */}}
{{- define "u2fi.key" -}}
{{ . | camelcase | untitle }}
{{- end }}

{{/* Whose certificate a component has. */}}
{{- define "u2fi.identity" -}}
{{ ternary "command-gate" . (eq . "standalone") }}
{{- end }}

{{/* Without a registry of its own an image comes from where `image` does.
     dict root image */}}
{{- define "u2fi.image" -}}
{{- $registry := .image.registry -}}
{{- if not (or $registry (include "u2fi.namesRegistry" .image.repository)) }}{{ $registry = .root.Values.image.registry }}{{ end -}}
{{- with $registry }}{{ . }}/{{ end }}{{ .image.repository }}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ default .root.Chart.AppVersion .image.tag }}{{ end }}
{{- end }}

{{/* Not empty if the name of an image begins with a host; without one it is docker.io's. */}}
{{- define "u2fi.namesRegistry" -}}
{{- if regexMatch "^(localhost|[^/]*[.:][^/]*)/" . }}yes{{ end -}}
{{- end }}

{{- define "u2fi.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "u2fi.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Where a component is for others of the mesh. dict root component */}}
{{- define "u2fi.host" -}}
{{ include "u2fi.fullname" .root }}-{{ .component }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}
{{- end }}

{{/* Service that leads to the gate, and its port. */}}
{{- define "u2fi.door" -}}
{{ ternary "standalone" "commandGate" (eq .Values.mode "standalone") }}
{{- end }}

{{- define "u2fi.doorPort" -}}
{{- /* A value that is newer than those of `--reuse-values` is not there. */ -}}
{{ int (default 7443 (get .Values (include "u2fi.door" .)).service.port) }}
{{- end }}

{{- define "u2fi.tokenSecret" -}}
{{ default (printf "%s-device-token" (include "u2fi.fullname" .)) .Values.deviceToken.existingSecret }}
{{- end }}

{{- define "u2fi.redisSecret" -}}
{{ ternary (printf "%s-redis" (include "u2fi.fullname" .)) .Values.redis.external.existingSecret .Values.redis.evaluation.enabled }}
{{- end }}

{{- define "u2fi.redisPasswordKey" -}}
{{ ternary "redis-password" .Values.redis.external.existingSecretPasswordKey .Values.redis.evaluation.enabled }}
{{- end }}

{{/* Secret with a component's certificate. dict root component (test: helm test's) */}}
{{- define "u2fi.tlsSecret" -}}
{{- if eq .root.Values.tls.mode "certManager" -}}
{{ include "u2fi.fullname" .root }}-{{ .component }}-tls
{{- else -}}
{{- $key := include "u2fi.key" (include "u2fi.identity" .component) -}}
{{- required (printf "tls.existingSecrets.%s: is required with tls.mode existingSecrets" $key) (get .root.Values.tls.existingSecrets $key) -}}
{{- end }}
{{- end }}

{{/* How many pods of a component there are at least. dict root component */}}
{{- define "u2fi.leastReplicas" -}}
{{- $values := get .root.Values (include "u2fi.key" .component) -}}
{{- $scaling := default dict $values.autoscaling -}}
{{ ternary $scaling.minReplicas (default 1 $values.replicaCount) (default false $scaling.enabled) }}
{{- end }}

{{/* What helm's schema cannot say, in sentences, all at once. */}}
{{- define "u2fi.check" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- if and (eq $v.mode "ha") (not (or $v.redis.evaluation.enabled $v.redis.external.addresses)) -}}
{{- $problems = append $problems "mode ha needs redis.external.addresses (or redis.evaluation.enabled, for trying out)" -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "u2fi.fullname" .)) -}}
{{- $problems = append $problems (printf "%s is no name for a Service (a letter, then letters, digits, hyphens): set fullnameOverride" (include "u2fi.fullname" .)) -}}
{{- end -}}
{{- if and (gt (len $v.deviceToken.keys) 1) (not $v.deviceToken.existingSecret) -}}
{{- $problems = append $problems "deviceToken.keys: helm makes one key; several need deviceToken.existingSecret" -}}
{{- end -}}
{{- if and $v.redis.external.user (not $v.redis.external.existingSecret) -}}
{{- $problems = append $problems "redis.external.user needs redis.external.existingSecret: without a password nobody signs in" -}}
{{- end -}}
{{- if and $v.redis.external.sentinelUser (not $v.redis.external.existingSecretSentinelPasswordKey) -}}
{{- $problems = append $problems "redis.external.sentinelUser needs redis.external.existingSecretSentinelPasswordKey" -}}
{{- end -}}
{{- if and $v.redis.evaluation.enabled $v.redis.external.addresses -}}
{{- $problems = append $problems "redis.evaluation.enabled and redis.external.addresses exclude each other" -}}
{{- end -}}
{{- if and $v.redis.external.tls.enabled (not $v.redis.external.tls.existingSecret) -}}
{{- $problems = append $problems "redis.external.tls.enabled needs redis.external.tls.existingSecret" -}}
{{- end -}}
{{- if and (eq $v.tls.mode "certManager") (not $v.tls.certManager.issuerRef.name) -}}
{{- $problems = append $problems "tls.mode certManager needs tls.certManager.issuerRef.name" -}}
{{- end -}}
{{- range list "challenge" "attestation" "deviceRegistry" "commandGate" -}}
{{- $pdb := (get $v .).podDisruptionBudget -}}
{{- $bounds := without (list $pdb.minAvailable $pdb.maxUnavailable) "" nil -}}
{{- if and $pdb.enabled (gt (len $bounds) 1) -}}
{{- $problems = append $problems (printf "%s.podDisruptionBudget: minAvailable and maxUnavailable exclude each other; set one to \"\"" .) -}}
{{- end -}}
{{- if and $pdb.enabled (not $bounds) -}}
{{- $problems = append $problems (printf "%s.podDisruptionBudget needs minAvailable or maxUnavailable" .) -}}
{{- end -}}
{{- end -}}
{{- if and (gt (len (default list $v.redis.external.addresses)) 1) (not $v.redis.external.sentinelMaster) -}}
{{- $problems = append $problems "redis.external.addresses: several are sentinels, and need redis.external.sentinelMaster" -}}
{{- end -}}
{{- if and $v.redis.external.existingSecretSentinelPasswordKey (not $v.redis.external.existingSecret) -}}
{{- $problems = append $problems "redis.external.existingSecretSentinelPasswordKey needs redis.external.existingSecret" -}}
{{- end -}}
{{- if and (or $v.redis.external.sentinelUser $v.redis.external.existingSecretSentinelPasswordKey) (not $v.redis.external.sentinelMaster) -}}
{{- $problems = append $problems "redis.external.sentinelUser and existingSecretSentinelPasswordKey need redis.external.sentinelMaster" -}}
{{- end -}}
{{- range list "challenge" "attestation" "deviceRegistry" "commandGate" -}}
{{- $scaling := (get $v .).autoscaling -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- $problems = append $problems (printf "%s.autoscaling: minReplicas is over maxReplicas" .) -}}
{{- end -}}
{{- $requests := default dict (default dict (get $v .).resources).requests -}}
{{- if and $scaling.enabled (not $scaling.metrics) (not $requests.cpu) -}}
{{- $problems = append $problems (printf "%s.autoscaling: a share of resources.requests.cpu, which is not set; set it, or autoscaling.metrics" .) -}}
{{- end -}}
{{- end -}}
{{- range list "standalone" "commandGate" -}}
{{- $service := (get $v .).service -}}
{{- if and (eq $service.type "ClusterIP") (or $service.externalTrafficPolicy $service.nodePort) -}}
{{- $problems = append $problems (printf "%s.service: externalTrafficPolicy and nodePort need type NodePort or LoadBalancer" .) -}}
{{- end -}}
{{- if and (ne $service.type "LoadBalancer") (or $service.loadBalancerClass $service.loadBalancerSourceRanges) -}}
{{- $problems = append $problems (printf "%s.service: loadBalancerClass and loadBalancerSourceRanges need type LoadBalancer" .) -}}
{{- end -}}
{{- end -}}
{{- $tenants := list -}}
{{- range (default dict $v.commandGate.settings).oidc }}{{ $tenants = append $tenants .tenant }}{{ end -}}
{{- if ne (len $tenants) (len (uniq $tenants)) -}}
{{- $problems = append $problems "commandGate.settings.oidc: a tenant has one issuer" -}}
{{- end -}}
{{- $problems = concat $problems (include "u2fi.wrongTimes" . | fromJsonArray) -}}
{{- if $v.strict -}}
{{- $problems = concat $problems (include "u2fi.demoValues" . | fromJsonArray) -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n  - %s\n" (join "\n  - " $problems)) -}}
{{- end -}}
{{- end }}

{{/* What is only for trying out, as a JSON list. */}}
{{- define "u2fi.demoValues" -}}
{{- $v := .Values -}}
{{- $found := list -}}
{{- if eq $v.tls.mode "evaluation" -}}
{{- $found = append $found "tls.mode evaluation: every pod can read the CA's key" -}}
{{- end -}}
{{- range list "image" "toolsImage" -}}
{{- if not (include "u2fi.namesRegistry" (include "u2fi.image" (dict "root" $ "image" (get $v .)))) -}}
{{- $found = append $found (printf "%s.registry is empty: docker.io has whatever somebody put there under this name" .) -}}
{{- end -}}
{{- end -}}
{{- if $v.redis.evaluation.enabled -}}
{{- $found = append $found "redis.evaluation.enabled: one server without a replica or TLS" -}}
{{- end -}}
{{- if $v.redis.allowEverysec -}}
{{- $found = append $found "redis.allowEverysec: can lose a second of acknowledged writes" -}}
{{- end -}}
{{- if and (eq $v.mode "ha") $v.redis.external.addresses (not $v.redis.external.tls.enabled) -}}
{{- $found = append $found "redis.external.tls.enabled is off: the password crosses the network in plaintext" -}}
{{- end -}}
{{- if and (eq $v.mode "ha") $v.redis.external.addresses (not (or $v.redis.external.existingSecret $v.redis.external.tls.clientCertificate)) -}}
{{- $found = append $found "redis.external: neither existingSecret nor tls.clientCertificate: whoever reaches it writes the store" -}}
{{- end -}}
{{- if not $v.deviceToken.existingSecret -}}
{{- $found = append $found "deviceToken.existingSecret is empty: the key would be made by helm" -}}
{{- end -}}
{{- if not $v.audit.existingSecret -}}
{{- $found = append $found "audit.existingSecret is empty: keys of checkpoints would end with each process" -}}
{{- end -}}
{{- if or (hasSuffix ".example" $v.trustDomain) (hasSuffix ".example" $v.rpId) -}}
{{- $found = append $found "trustDomain and rpId end in .example" -}}
{{- end -}}
{{- if not $v.networkPolicy.enabled -}}
{{- $found = append $found "networkPolicy.enabled is off" -}}
{{- end -}}
{{- if $v.listen.reflection -}}
{{- $found = append $found "listen.reflection tells callers the whole API" -}}
{{- end -}}
{{- if not $v.configCheck.enabled -}}
{{- $found = append $found "configCheck.enabled is off" -}}
{{- end -}}
{{- if $v.gatewayAgent.example.enabled -}}
{{- $found = append $found "gatewayAgent.example.enabled: an example" -}}
{{- end -}}
{{ toJson $found }}
{{- end }}

{{/* Times that the programs would refuse, as a JSON list: a schema compares no strings. */}}
{{- define "u2fi.wrongTimes" -}}
{{- $v := .Values -}}
{{- $gate := default dict $v.commandGate.settings -}}
{{- $heartbeat := default "30s" $gate.heartbeat_interval | trimSuffix "s" | float64 -}}
{{- $wrong := list -}}
{{- range list
  (list "deviceToken.lifetime" $v.deviceToken.lifetime 60 86400)
  (list "redis.commandTimeout" $v.redis.commandTimeout 0.01 10)
  (list "challenge.settings.remember" (default dict $v.challenge.settings).remember 30 600)
  (list "commandGate.settings.heartbeat_interval" $gate.heartbeat_interval 1 3600)
  (list "commandGate.settings.directory_lease" $gate.directory_lease (mulf 2 $heartbeat) 10800)
  (list "commandGate.settings.presence_grace" $gate.presence_grace 0 60)
  (list "commandGate.settings.cooldown" $gate.cooldown 1 3600) -}}
{{- $value := index . 1 -}}
{{- if $value -}}
{{- $seconds := trimSuffix "s" $value | float64 -}}
{{- if or (lt $seconds (float64 (index . 2))) (gt $seconds (float64 (index . 3))) -}}
{{- $wrong = append $wrong (printf "%s: must be from %vs to %vs" (index . 0) (index . 2) (index . 3)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ toJson $wrong }}
{{- end }}
