{{/* The gateway-agent beside an application, for a pod spec of your own:

  spec:
    securityContext: {{- include "u2fi.podSecurityContext" . | nindent 6 }}
    initContainers:  {{- include "u2fi.gatewayAgent.container" . | nindent 6 }}
    volumes:         {{- include "u2fi.gatewayAgent.volumes" . | nindent 6 }}

It is a native sidecar: it starts before the application, and stops after it. */}}
{{- define "u2fi.gatewayAgent.container" -}}
{{- $agent := .Values.gatewayAgent -}}
# A Secret's file is root's and its group's; the agent insists on a key that is
# its own alone.
- name: gateway-key
  image: {{ include "u2fi.image" (dict "root" . "image" $agent.image) }}
  imagePullPolicy: {{ $agent.image.pullPolicy }}
  command: [/usr/bin/install]
  args: [-m, "0600", /etc/u2fi/tls/tls.key, /etc/u2fi/key/tls.key]
  securityContext:
    {{- include "u2fi.containerSecurityContext" . | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 8Mi}
    limits: {memory: 32Mi}
  volumeMounts:
    - {name: agent-tls, mountPath: /etc/u2fi/tls, readOnly: true}
    - {name: agent-key, mountPath: /etc/u2fi/key}
- name: gateway-agent
  restartPolicy: Always
  image: {{ include "u2fi.image" (dict "root" . "image" $agent.image) }}
  imagePullPolicy: {{ $agent.image.pullPolicy }}
  command: [/usr/bin/gateway-agent]
  args: [run, --config, /etc/u2fi/config/gateway-agent.json]
  ports:
    - {name: agent-health, containerPort: 7999}
  startupProbe:
    grpc: {port: 7999}
    periodSeconds: 2
    failureThreshold: 60
  livenessProbe:
    grpc: {port: 7999}
    periodSeconds: 20
    timeoutSeconds: 5
    failureThreshold: 6
  securityContext:
    {{- include "u2fi.containerSecurityContext" . | nindent 4 }}
  resources:
    {{- toYaml $agent.resources | nindent 4 }}
  volumeMounts:
    - {name: agent-config, mountPath: /etc/u2fi/config, readOnly: true}
    - {name: agent-tls, mountPath: /etc/u2fi/tls, readOnly: true}
    - {name: agent-key, mountPath: /etc/u2fi/key, readOnly: true}
    - {name: agent-broker, mountPath: /etc/u2fi/broker, readOnly: true}
    - {name: agent-state, mountPath: /var/lib/u2fi}
{{- end }}

{{- define "u2fi.gatewayAgent.volumes" -}}
{{- $agent := .Values.gatewayAgent -}}
- name: agent-config
  configMap:
    name: {{ include "u2fi.fullname" . }}-gateway-agent
- name: agent-tls
  secret:
    secretName: {{ $agent.tlsSecret }}
    defaultMode: 0440
- name: agent-key
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: agent-broker
  secret:
    secretName: {{ $agent.broker.secret }}
    defaultMode: 0440
- name: agent-state
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-gateway-agent" (include "u2fi.fullname" .)) $agent.existingClaim }}
{{- end }}

{{- define "u2fi.gatewayAgent.config" -}}
{{- $agent := .Values.gatewayAgent -}}
{{- $target := default (printf "dns:///%s:%s" (include "u2fi.host" (dict "root" . "component" "command-gate")) (include "u2fi.doorPort" .)) $agent.mesh -}}
{{- $devices := dict "broker" $agent.broker.url "user" $agent.broker.user "password_file" "/etc/u2fi/broker/password" -}}
{{- if hasPrefix "mqtts://" $agent.broker.url }}{{ $_ := set $devices "ca_file" "/etc/u2fi/broker/ca.crt" }}{{ end -}}
{{- $config := dict "tenant" $agent.tenant "site" $agent.site "gateway" $agent.gateway "rp_id" .Values.rpId
  "tls" (dict "certificate_file" "/etc/u2fi/tls/tls.crt" "key_file" "/etc/u2fi/key/tls.key"
    "ca_file" "/etc/u2fi/tls/ca.crt" "trust_domain" .Values.trustDomain)
  "mesh" (dict "target" $target) "devices" $devices "health_address" "0.0.0.0:7999"
  "tokens" (dict "hidraw" $agent.tokens.hidraw "soft_tokens" $agent.tokens.softTokens)
  "cue" (dict "terminal" true)
  "log" (dict "level" (printf "LOG_LEVEL_%s" .Values.log.level) "format" (printf "LOG_FORMAT_%s" .Values.log.format)) -}}
{{- /* A folder that the agent makes, so that its mode is 0700 whatever that of the volume is. */}}
{{- $_ := set $config "state_dir" "/var/lib/u2fi/state" -}}
{{ toPrettyJson $config }}
{{- end }}
