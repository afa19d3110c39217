#!/usr/bin/env bash
# What the chart refuses, and that it says why.
# shellcheck source=/dev/null
. "$TEST_SRCDIR/u2fi/tests/deploy/chart.sh"

# refused TEXT FLAGS...: rendering fails, and names TEXT.
refused() {
  local text=$1
  shift
  ! "$HELM" template u2fi "$CHART" "$@" >out 2>&1 || fail "refused: $*"
  grep -qF -- "$text" out || { cat out; fail "the message of $* has: $text"; }
}
readonly HA=(--set 'mode=ha,redis.evaluation.enabled=true')

# Typos, at each depth.
refused comandGate --set comandGate.replicaCount=1
refused settigns --set commandGate.settigns.cooldown=60s
refused heartbeat --set commandGate.settings.heartbeat=60s
refused enable --set challenge.autoscaling.enable=true
refused 'mode' --set mode=HA
refused 'tls.mode' --set tls.mode=disabled
refused 'trustDomain' --set trustDomain=spiffe://x
refused 'digest' --set image.digest=latest
refused 'origins' --set 'origins={http://iot.example.com}'
# Browsers say neither.
refused 'origins' --set 'origins={https://iot.example.com/}'
refused 'origins' --set 'origins={https://iot.example.com:443}'

# null takes a default away; what the templates need is missing then.
for group in image toolsImage deviceToken audit tls redis log listen standalone challenge attestation deviceRegistry \
  commandGate serviceAccount networkPolicy metrics configCheck test gatewayAgent trustDomain; do
  refused "(root): $group is required" --set "$group=null"
done
refused 'deviceToken: keys is required' --set deviceToken.keys=null
refused 'redis.external: tls is required' --set redis.external.tls=null
refused 'commandGate: service is required' "${HA[@]}" --set commandGate.service=null
refused 'metrics: dashboards is required' --set metrics.dashboards=null
refused 'listen: memoryMib is required' --set listen.memoryMib=null
refused '(root): rpId is required' --set rpId=null

# What the programs refuse.
refused commandGate.replicaCount "${HA[@]}" --set commandGate.replicaCount=101
refused commandGate.replicaHost "${HA[@]}" --set commandGate.replicaHost=
refused webhooks --set 'commandGate.settings.webhooks[0].tenant=t1'
refused 'deviceRegistry.settings' --set deviceRegistry.settings.sealing_key_file=/x
refused 'redis.external.addresses' --set 'mode=ha,redis.external.addresses={::1:6379}'
refused 'redis.external.addresses' --set 'mode=ha,redis.external.addresses={redis}'
refused 'redis.commandTimeout: must be from 0.01s to 10s' "${HA[@]}" --set redis.commandTimeout=11s
refused 'deviceToken.lifetime: must be from 60s to 86400s' --set deviceToken.lifetime=59s
refused 'challenge.settings.remember: must be' --set challenge.settings.remember=601s
refused 'directory_lease: must be from 60s' --set commandGate.settings.directory_lease=59s
refused 'heartbeat_interval: must be' --set commandGate.settings.heartbeat_interval=0s
refused 'cooldown: must be' --set commandGate.settings.cooldown=0.5s
refused 'presence_grace: must be' --set commandGate.settings.presence_grace=61s
refused 'a tenant has one issuer' --set-json 'commandGate.settings.oidc=[{"tenant":"t1","issuer":"a","audience":"b","jwks_file":"/c"},{"tenant":"t1","issuer":"d","audience":"b","jwks_file":"/c"}]'
refused 'gatewayAgent.tokens' --set gatewayAgent.tokens.hidraw=false
refused 'gatewayAgent.broker.url' --set gatewayAgent.broker.url=mqtt://broker:1883

# What the cluster would refuse.
refused 'u2fi-My.App is no name for a Service' --set nameOverride=My.App
for name in 7 iot.prod; do
  ! "$HELM" template "$name" "$CHART" >out 2>&1 || fail "a release called $name"
  grep -qF -- "$name-u2fi is no name for a Service" out || { cat out; fail "$name: it says why"; }
done
refused fullnameOverride --set fullnameOverride=Gate
refused 'standalone.service: externalTrafficPolicy and nodePort need type' --set standalone.service.externalTrafficPolicy=Local
refused 'standalone.service: externalTrafficPolicy and nodePort need type' --set standalone.service.nodePort=30443
refused 'commandGate.service: loadBalancerClass and loadBalancerSourceRanges need type' "${HA[@]}" --set 'commandGate.service.loadBalancerSourceRanges={10.0.0.0/8}'

# What excludes each other, or is missing.
refused 'deviceToken.keys: helm makes one key' --set 'deviceToken.keys={new.pem,old.pem}'
refused 'redis.external.user needs' --set 'mode=ha,redis.external.user=u' --set 'redis.external.addresses={a:1}'
refused 'sentinelUser needs redis.external.existingSecretSentinelPasswordKey' --set 'mode=ha,redis.external.sentinelMaster=m,redis.external.sentinelUser=u' --set 'redis.external.addresses={a:1}'
refused 'challenge.autoscaling: a share of resources.requests.cpu' "${HA[@]}" --set 'challenge.autoscaling.enabled=true,challenge.resources.requests.cpu=null'
refused 'mode ha needs redis.external.addresses' --set mode=ha
refused 'exclude each other' "${HA[@]}" --set 'redis.external.addresses={a:1}'
refused 'existingSecretSentinelPasswordKey needs' --set mode=ha --set 'redis.external.addresses={a:1}' \
  --set redis.external.sentinelMaster=m --set redis.external.existingSecretSentinelPasswordKey=k
refused 'need redis.external.sentinelMaster' --set mode=ha --set 'redis.external.addresses={a:1}' --set redis.external.sentinelUser=u
refused 'need redis.external.sentinelMaster' --set mode=ha --set 'redis.external.addresses={a:1,b:1}'
refused 'redis.external.tls.existingSecret' --set mode=ha,redis.external.tls.enabled=true --set 'redis.external.addresses={a:1}'
refused 'tls.certManager.issuerRef.name' --set tls.mode=certManager
refused 'tls.existingSecrets.commandGate: is required' --set tls.mode=existingSecrets
refused 'minAvailable and maxUnavailable exclude each other' "${HA[@]}" --set challenge.podDisruptionBudget.minAvailable=1
refused 'minReplicas is over maxReplicas' "${HA[@]}" --set challenge.autoscaling.minReplicas=9
refused 'commandGate.autoscaling: minReplicas is over maxReplicas' "${HA[@]}" --set commandGate.autoscaling.minReplicas=9
refused 'commandGate.podDisruptionBudget: minAvailable' "${HA[@]}" --set commandGate.podDisruptionBudget.minAvailable=1

# strict refuses whatever is only for trying out, each for itself.
while read -r flag text; do
  refused "$text" -f "$CHART/ci/ha-production.yaml" --set "$flag"
done <<'EOF'
tls.mode=evaluation tls.mode evaluation
deviceToken.existingSecret= deviceToken.existingSecret is empty
audit.existingSecret= audit.existingSecret is empty
trustDomain=u2fi.example trustDomain and rpId end in .example
rpId=u2fi.example trustDomain and rpId end in .example
networkPolicy.enabled=false networkPolicy.enabled is off
listen.reflection=true listen.reflection
redis.allowEverysec=true redis.allowEverysec
redis.external.tls.enabled=false redis.external.tls.enabled is off
redis.external.existingSecret=,redis.external.user=,redis.external.sentinelUser=,redis.external.existingSecretSentinelPasswordKey=,redis.external.tls.clientCertificate=false redis.external: neither existingSecret
configCheck.enabled=false configCheck.enabled is off
image.registry= image.registry is empty: docker.io
toolsImage.repository=docker/tools,image.registry= toolsImage.registry is empty: docker.io
gatewayAgent.example.enabled=true gatewayAgent.example.enabled
EOF
refused 'redis.evaluation.enabled: one server' -f "$CHART/ci/ha-production.yaml" --set 'redis.external.addresses=null,redis.evaluation.enabled=true'
"$HELM" template u2fi "$CHART" -f "$CHART/ci/ha-production.yaml" >/dev/null || fail 'what is left is not refused'
echo 'all good'
