{{/* The programs' configuration files: JSON forms of protos/u2fi/config/v1. */}}

{{/* dict root component; JSON */}}
{{- define "u2fi.config.common" -}}
{{- $v := .root.Values -}}
{{- $folder := "/etc/u2fi/tls" -}}
{{- if eq $v.tls.mode "evaluation" -}}
{{- $folder = printf "/etc/u2fi/tls/service/%s" (include "u2fi.identity" .component) -}}
{{- end -}}
{{- /* Without a host: IPv4 and IPv6. gRPC takes 0.0.0.0 for both too; the metrics' library has no IPv6. */}}
{{- $listen := dict "address" ":7443" "health_address" "0.0.0.0:7444" "reflection" $v.listen.reflection
  "streams_per_caller" $v.listen.streamsPerCaller "memory_mib" $v.listen.memoryMib
  "accepts_per_second" $v.listen.acceptsPerSecond
  "shutdown_grace" (printf "%ds" (int $v.listen.shutdownGraceSeconds)) -}}
{{- with $v.listen.reflectionCallers }}{{ $_ := set $listen "reflection_callers" . }}{{ end -}}
{{- $audit := dict "checkpoint_interval" $v.audit.checkpointInterval -}}
{{- if $v.audit.existingSecret }}{{ $_ := set $audit "key_file" (printf "/etc/u2fi/audit/%s.pem" .component) }}{{ end -}}
{{- $config := dict "listen" $listen "audit" $audit
  "tls" (dict "certificate_file" (printf "%s/tls.crt" $folder) "key_file" (printf "%s/tls.key" $folder)
    "ca_file" (printf "%s/ca.crt" $folder) "trust_domain" $v.trustDomain)
  "log" (dict "level" (printf "LOG_LEVEL_%s" $v.log.level) "format" (printf "LOG_FORMAT_%s" $v.log.format)) -}}
{{- if $v.metrics.enabled }}{{ $_ := set $config "metrics" (dict "address" "0.0.0.0:9464") }}{{ end -}}
{{ toJson $config }}
{{- end }}

{{- define "u2fi.config.redis" -}}
{{- $v := .Values.redis -}}
{{- $redis := dict "connections" $v.connections "command_timeout" $v.commandTimeout
  "wait_replicas" $v.waitReplicas "allow_everysec" $v.allowEverysec -}}
{{- if $v.evaluation.enabled -}}
{{- $_ := set $redis "addresses" (list (printf "%s:6379" (include "u2fi.host" (dict "root" . "component" "redis")))) -}}
{{- else -}}
{{- $_ := set $redis "addresses" $v.external.addresses -}}
{{- with $v.external.sentinelMaster }}{{ $_ := set $redis "sentinel_master" . }}{{ end -}}
{{- with $v.external.user }}{{ $_ := set $redis "user" . }}{{ end -}}
{{- with $v.external.sentinelUser }}{{ $_ := set $redis "sentinel_user" . }}{{ end -}}
{{- with $v.external.existingSecretSentinelPasswordKey -}}
{{- $_ := set $redis "sentinel_password_file" (printf "/etc/u2fi/redis/%s" .) -}}
{{- end -}}
{{- if $v.external.tls.enabled -}}
{{- $tls := dict "ca_file" "/etc/u2fi/redis-tls/ca.crt" -}}
{{- if $v.external.tls.clientCertificate -}}
{{- $_ := set $tls "certificate_file" "/etc/u2fi/redis-tls/tls.crt" -}}
{{- $_ := set $tls "key_file" "/etc/u2fi/redis-tls/tls.key" -}}
{{- end -}}
{{- with $v.external.tls.serverName }}{{ $_ := set $tls "server_name" . }}{{ end -}}
{{- $_ := set $redis "tls" $tls -}}
{{- end -}}
{{- end -}}
{{- if include "u2fi.redisSecret" . -}}
{{- $_ := set $redis "password_file" (printf "/etc/u2fi/redis/%s" (include "u2fi.redisPasswordKey" .)) -}}
{{- end -}}
{{ toJson $redis }}
{{- end }}

{{- define "u2fi.config.relyingParty" -}}
{{- $party := dict "rp_id" .Values.rpId -}}
{{- with .Values.origins }}{{ $_ := set $party "origins" . }}{{ end -}}
{{ toJson $party }}
{{- end }}

{{- define "u2fi.config.registry" -}}
{{- $files := list -}}
{{- range .Values.deviceToken.keys }}{{ $files = append $files (printf "/etc/u2fi/device-token/%s" .) }}{{ end -}}
{{- $token := dict "key_files" $files "audience" .Values.deviceToken.audience "lifetime" .Values.deviceToken.lifetime
  "issuer" (default (printf "https://%s" .Values.rpId) .Values.deviceToken.issuer) -}}
{{ toJson (dict "relying_party" (include "u2fi.config.relyingParty" . | fromJson) "device_token" $token) }}
{{- end }}

{{- define "u2fi.config.gate" -}}
{{- $settings := deepCopy (default dict .Values.commandGate.settings) -}}
{{- with .Values.origins }}{{ $_ := set $settings "origins" . }}{{ end -}}
{{ toJson $settings }}
{{- end }}

{{- define "u2fi.config.attestation" -}}
{{- $own := dict "relying_party" (include "u2fi.config.relyingParty" . | fromJson) -}}
{{ toJson (merge $own (deepCopy (default dict .Values.attestation.settings))) }}
{{- end }}

{{/* The whole file of a component. dict root component */}}
{{- define "u2fi.config" -}}
{{- $root := .root -}}
{{- $config := include "u2fi.config.common" . | fromJson -}}
{{- $peers := list -}}
{{- if eq .component "standalone" -}}
{{- $_ := set $config "store" (dict "sqlite" (dict "file" "/var/lib/u2fi/u2fi.db")) -}}
{{- $_ := set $config "challenge" (default dict .root.Values.challenge.settings) -}}
{{- $_ := set $config "attestation" (include "u2fi.config.attestation" .root | fromJson) -}}
{{- $_ := set $config "device_registry" (include "u2fi.config.registry" .root | fromJson) -}}
{{- $_ := set $config "command_gate" (include "u2fi.config.gate" .root | fromJson) -}}
{{- else -}}
{{- $_ := set $config "store" (dict "redis" (include "u2fi.config.redis" .root | fromJson)) -}}
{{- if eq .component "challenge" -}}
{{- $_ := set $config "settings" (default dict .root.Values.challenge.settings) -}}
{{- else if eq .component "attestation" -}}
{{- $_ := set $config "settings" (include "u2fi.config.attestation" .root | fromJson) -}}
{{- $peers = list "challenge" "device-registry" -}}
{{- else if eq .component "device-registry" -}}
{{- $_ := set $config "settings" (include "u2fi.config.registry" .root | fromJson) -}}
{{- else -}}
{{- $_ := set $config "settings" (include "u2fi.config.gate" .root | fromJson) -}}
{{- $_ := set $config "replica" (dict "listen_address" ":7445") -}}
{{- $peers = list "challenge" "attestation" "device-registry" -}}
{{- end -}}
{{- end -}}
{{- range $peers -}}
{{- $target := printf "dns:///%s:7443" (include "u2fi.host" (dict "root" $root "component" .)) -}}
{{- $_ := set $config (replace "-" "_" .) (dict "target" $target) -}}
{{- end -}}
{{ toPrettyJson $config }}
{{- end }}
