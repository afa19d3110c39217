#!/usr/bin/env bash
# Values as people set them on a cluster of theirs: what becomes of them.
# shellcheck source=/dev/null
. "$TEST_SRCDIR/u2fi/tests/deploy/chart.sh"

# objects VALUES FLAGS...: the manifests as JSON, one a line, in `objects.json`.
objects() {
  render "$@" >manifests.yaml || fail "renders: $*"
  "$CHECK" manifests.yaml >/dev/null || fail "good manifests: $*"
  "$CHECK" --json manifests.yaml >objects.json
}

# holds WHAT EXPRESSION: of the objects; `one(kind, name)` finds one.
holds() {
  python3 - "$2" <<'EOF' || fail "$1"
import json, sys
things = [json.loads(line) for line in open('objects.json')]
def some(kind): return [t for t in things if t['kind'] == kind]
def one(kind, name): return next(t for t in some(kind) if t['metadata']['name'] == name)
def pod(thing): return thing['spec'].get('template', thing)['spec']
def pod_labels(thing): return thing['spec']['template']['metadata']['labels']
def config(name): return json.loads(one('ConfigMap', 'u2fi-' + name)['data'][name + '.json'])
def ports(policy, way): return {p['port'] for rule in one('NetworkPolicy', policy)['spec'].get(way, []) for p in rule.get('ports', [])}
sys.exit(0 if eval(sys.argv[1]) else 1)
EOF
}
readonly PRODUCTION=$CHART/ci/ha-production.yaml

objects "$PRODUCTION"
# IPv6: an address with a host is of one family alone.
for name in challenge attestation device-registry command-gate; do
  holds "$name listens on both families" "config('$name')['listen']['address'] == ':7443'"
done
holds 'so does the listener of replicas' "config('command-gate')['replica']['listen_address'] == ':7445'"
# DNS of a cluster is up to 30 s old: two pods must not be replaced within that time.
holds 'callers hear of a new pod before the next old one goes' "all(d['spec']['minReadySeconds'] == 30 for d in some('Deployment'))"

# Whatever the addresses of Redis say is let out, and the servers behind sentinels.
holds 'ports of Redis and its sentinels' "ports('u2fi-challenge', 'egress') >= {6379, 26379, 53}"
objects "$PRODUCTION" --set 'redis.external.addresses={redis.example.com:6390},redis.external.sentinelMaster=,redis.external.sentinelUser=,redis.external.existingSecretSentinelPasswordKey=' \
  --set 'networkPolicy.dnsPorts={53,5353}'
holds "the server's own port" "ports('u2fi-attestation', 'egress') >= {6390}"
holds 'the DNS of OpenShift' "ports('u2fi-attestation', 'egress') >= {53, 5353}"

objects "$CHART/ci/ha-evaluation.yaml" --set 'redis.evaluation.enabled=false,redis.external.addresses={[fd00::5]:6390}'
holds 'the port of an IPv6 address' "ports('u2fi-attestation', 'egress') >= {6390}"

# What the pods have in their environment is checked before they are replaced.
cat >env.yaml <<'EOF'
standalone:
  extraEnv:
    - {name: U2FI__LISTEN__MEMORY_MIB, value: "64"}
    - {name: U2FI__COMMAND_GATE__WEBHOOKS, valueFrom: {secretKeyRef: {name: webhooks, key: json}}}
EOF
objects env.yaml
holds 'the check has the environment' \
  "{e['name'] for e in pod(one('Job', 'u2fi-config-check'))['containers'][0]['env']} == {'U2FI__LISTEN__MEMORY_MIB', 'U2FI__COMMAND_GATE__WEBHOOKS'}"
holds 'it does not wait for a Secret that comes with the release' \
  "pod(one('Job', 'u2fi-config-check'))['containers'][0]['env'][1]['valueFrom']['secretKeyRef']['optional']"
holds 'the pod does' "'optional' not in pod(one('StatefulSet', 'u2fi-standalone'))['containers'][0]['env'][1]['valueFrom']['secretKeyRef']"

# The way in from outside.
objects "$PRODUCTION" --set commandGate.service.port=443,commandGate.service.externalTrafficPolicy=Local \
  --set commandGate.service.loadBalancerClass=example.com/lb,commandGate.service.nodePort=30443 \
  --set 'tls.certManager.gateDnsNames={gate.iot.example.com}'
holds 'the Service' "one('Service', 'u2fi-command-gate')['spec']['ports'] == [{'name': 'grpc', 'port': 443, 'targetPort': 'grpc', 'nodePort': 30443, 'appProtocol': 'tls'}]"
holds 'its balancer' "(one('Service', 'u2fi-command-gate')['spec']['loadBalancerClass'], one('Service', 'u2fi-command-gate')['spec']['externalTrafficPolicy']) == ('example.com/lb', 'Local')"
holds 'helm test knows the port' "any(e.get('value') == 'u2fi-command-gate.iot.svc.cluster.local:443' for e in pod(one('Pod', 'u2fi-test'))['containers'][0]['env'])"
holds 'its name is in the certificate of the gate alone' \
  "[c['metadata']['name'] for c in some('Certificate') if 'gate.iot.example.com' in c['spec'].get('dnsNames', [])] == ['u2fi-command-gate']"
holds 'policies are about pods, whose port stays' "7443 in ports('u2fi-command-gate', 'ingress') and 443 not in ports('u2fi-command-gate', 'ingress')"

holds 'a service mesh leaves TLS alone' "all(p['appProtocol'] == 'tls' for s in some('Service') if 'redis' not in s['metadata']['name'] for p in s['spec']['ports'])"

# Labels of one's own are on all, and select nothing.
objects "$CHART/ci/ha-evaluation.yaml" --set-string commonLabels.team=iot
holds 'all objects' "all(t['metadata']['labels']['team'] == 'iot' for t in things)"
holds 'all pods' "all(d['spec']['template']['metadata']['labels']['team'] == 'iot' and 'team' not in d['spec']['selector']['matchLabels'] for d in some('Deployment') + some('StatefulSet'))"

# Each label once, whoever else wants it; what selects is not to be had.
objects "$CHART/ci/ha-evaluation.yaml" --set-string 'commonLabels.team=iot,commonLabels.release=a,commonLabels.app\.kubernetes\.io/part-of=home' \
  --set-string 'commonLabels.app\.kubernetes\.io/component=x,challenge.podLabels.team=keys,commonLabels.grafana_dashboard=2'
holds "a component's own is stronger" "pod_labels(one('Deployment', 'u2fi-challenge'))['team'] == 'keys' and pod_labels(one('Deployment', 'u2fi-attestation'))['team'] == 'iot'"
holds 'so is that of rules and dashboards' "some('PrometheusRule')[0]['metadata']['labels']['release'] == 'prometheus' and one('ConfigMap', 'u2fi-dashboard-gate')['metadata']['labels']['grafana_dashboard'] == '1'"
holds "the chart's are weaker" "all(t['metadata']['labels']['app.kubernetes.io/part-of'] == 'home' for t in things)"
holds 'pods are selected' "all(d['spec']['selector']['matchLabels'].items() <= pod_labels(d).items() for d in some('Deployment') + some('StatefulSet'))"

# Nodes that are tainted, or of another architecture: for hooks too, else the first install waits for ever.
objects "$CHART/ci/ha-evaluation.yaml" --set-string 'nodeSelector.kubernetes\.io/arch=amd64,challenge.nodeSelector.disk=fast' \
  --set 'tolerations[0].operator=Exists,challenge.tolerations[0].key=disk'
pods="[t for t in things if t['kind'] in ('Pod', 'Job', 'Deployment', 'StatefulSet')]"
holds 'every pod finds its node' "all(pod(t)['nodeSelector']['kubernetes.io/arch'] == 'amd64' and {'operator': 'Exists'} in pod(t)['tolerations'] for t in $pods)"
holds "a component's own come besides" "(pod(one('Deployment', 'u2fi-challenge'))['nodeSelector']['disk'], len(pod(one('Deployment', 'u2fi-challenge'))['tolerations'])) == ('fast', 2)"

# One registry for all images of ours, and others where they are named.
images="{c['image'] for t in things if t['kind'] in ('Pod', 'Job', 'Deployment', 'StatefulSet') for c in pod(t).get('initContainers', []) + pod(t)['containers'] if 'u2fi/' in c['image']}"
objects "$CHART/ci/ha-evaluation.yaml" --set image.registry=registry.example.com:5000
holds 'all come from there' "len($images) == 3 and all(i.startswith('registry.example.com:5000/u2fi/') for i in $images)"
objects "$CHART/ci/standalone.yaml" --set image.registry=registry.example.com,toolsImage.repository=ghcr.io/u2fi/tools
holds 'unless they say' "$images == {'registry.example.com/u2fi/mesh:0.1.0', 'ghcr.io/u2fi/tools:0.1.0'}"

# A key without anything under it, as YAML has it when all of it is commented out.
for mode in "$PRODUCTION" "$CHART/ci/standalone-production.yaml"; do
  objects "$mode" --set challenge.settings=null,attestation.settings=null,deviceRegistry.settings=null,commandGate.settings=null
done

# A password is a file.
objects "$CHART/ci/ha-evaluation.yaml"
holds 'no Secret is in the environment' "'secretKeyRef' not in json.dumps(things)"
holds 'Redis has one' "pod(one('StatefulSet', 'u2fi-redis'))['containers'][0]['args'][0] == '/tmp/password.conf'"

# What YAML would read as something else, and what OpenShift wants to choose.
for name in true 0x10; do
  "$HELM" template "$name" "$CHART" --set-string fullnameOverride=gate,serviceAccount.name=on,nameOverride="$name" >manifests.yaml || fail "a release called $name"
  "$CHECK" manifests.yaml >/dev/null || fail "objects of a release called $name"
done
objects "$CHART/ci/ha-evaluation.yaml" --set podSecurity=null
holds 'the platform gives users' "all('runAsUser' not in pod(d)['securityContext'] for d in some('Deployment'))"
objects "$CHART/ci/standalone.yaml" --set 'standalone.persistence.size=100G,origins={https://iot.example.com:8443}'

# Where clients are named, the example's agent is one; gRPC's own port is 443.
objects "$CHART/ci/ha-evaluation.yaml" --set 'networkPolicy.clients[0].podSelector.matchLabels.app=x,gatewayAgent.mesh=dns:///gate1'
holds 'the agent may come to the gate' "any(p.get('podSelector', {}).get('matchLabels', {}).get('app.kubernetes.io/component') == 'gateway-agent'
  for rule in one('NetworkPolicy', 'u2fi-command-gate')['spec']['ingress'] for p in rule['from'])"
holds 'it may go there' "ports('u2fi-gateway-agent', 'egress') == {53, 443, 7443, 1883}"

# Argo CD and `kubectl apply` look nothing up: for production nothing is made by chance.
for values in "$PRODUCTION" "$CHART/ci/standalone-production.yaml"; do
  render "$values" >first.yaml
  render "$values" >second.yaml
  cmp first.yaml second.yaml || fail "$values gives the same each time"
  ! grep -q '^kind: Secret' first.yaml || fail "$values has no secrets of helm's"
done

# A pod cannot be changed in place, so an upgrade with other values would fail; and the registry wants its password.
objects "$CHART/ci/ha-evaluation.yaml" --set 'imagePullSecrets[0].name=registry'
holds 'the only pods that are no replicas of something are hooks' "all('helm.sh/hook' in t['metadata'].get('annotations', {}) for t in some('Pod'))"
holds 'every pod names the secrets of the registry' "all(pod(t).get('imagePullSecrets') == [{'name': 'registry'}] for t in things if t['kind'] in ('Pod', 'Job', 'Deployment', 'StatefulSet'))"

# A budget that says nothing would be refused by the cluster.
! render "$PRODUCTION" --set 'challenge.podDisruptionBudget.minAvailable=,challenge.podDisruptionBudget.maxUnavailable=' >out 2>&1 || fail 'a budget of nothing'
grep -q 'challenge.podDisruptionBudget needs minAvailable or maxUnavailable' out || { cat out; fail 'it says so'; }
objects "$PRODUCTION" --set 'challenge.podDisruptionBudget.maxUnavailable=null'
holds 'null is nothing too' "one('PodDisruptionBudget', 'u2fi-challenge')['spec']['minAvailable'] == 2"

# `helm upgrade --reuse-values` from a release that did not know these: as if they had their defaults.
objects "$PRODUCTION" --set commandGate.service.port=null,commandGate.service.nodePort=null,commandGate.service.loadBalancerClass=null \
  --set commandGate.service.externalTrafficPolicy=null,networkPolicy.dnsPorts=null,minReadySeconds=null,commonLabels=null,nodeSelector=null,tolerations=null,tls.certManager.gateDnsNames=null
mv objects.json former.json
objects "$PRODUCTION"
diff former.json objects.json || fail 'values of a former release give the same'

# notes VALUES FLAGS...: what people are told to do next. helm shows it to those only who have a cluster.
printf 'notes: |\n{{ include "u2fi/templates/NOTES.txt" . | indent 2 }}\n' >"$CHART/templates/shown.yaml"
notes() {
  render "$@" --show-only templates/shown.yaml >notes || fail "notes: $*"
}
notes "$CHART/ci/standalone-production.yaml"
! grep -q 'helm test' notes || fail 'nobody is sent to a test that is not there'
notes "$PRODUCTION" --set commandGate.service.port=443
grep -q 'port-forward service/u2fi-command-gate 7443:443' notes || { cat notes; fail 'the forward leads to the port of the Service'; }
[[ $(grep -n 'u2fi-device-registry 7444' notes | cut -d: -f1) -lt $(grep -n 'u2fi --gate' notes | cut -d: -f1) ]] || { cat notes; fail 'the way is open before it is used'; }
echo 'all good'
