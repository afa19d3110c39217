#!/usr/bin/env bash
# Every rendered configuration goes through the program that will read it.
# shellcheck source=/dev/null
. "$TEST_SRCDIR/u2fi/tests/deploy/chart.sh"

# Writes the files of all ConfigMaps of a manifest into a folder.
extract() {
  "$CHECK" --json "$1" | python3 -c '
import json, os, sys
for line in sys.stdin:
    thing = json.loads(line)
    if thing["kind"] == "ConfigMap" and "config-check" not in thing["metadata"]["name"]:
        for name, content in thing.get("data", {}).items():
            open(os.path.join(sys.argv[1], name), "w").write(content)
' "$2"
}

check() {
  local file=$1 name
  name=$(basename "$file" .json)
  local -a command=("$ROOT/services/$name/$name")
  [[ "$name" != gateway-agent ]] || command+=(run)
  # As the pod's environment has it.
  [[ "$name" != command-gate ]] || command+=(--set replica.advertise_address=10.0.0.1:7445)
  "${command[@]}" --config "$file" --check_config
}

count=0
# Values at the edge of what the schema and the templates allow.
cat >edges.yaml <<'EOF'
mode: ha
redis: {evaluation: {enabled: true}, commandTimeout: 0.01s, connections: 64, waitReplicas: 5}
deviceToken: {lifetime: 60s}
listen: {streamsPerCaller: 1000, memoryMib: 16, acceptsPerSecond: 10000, shutdownGraceSeconds: 600}
challenge: {settings: {remember: 30s}}
attestation: {settings: {key_cache: 10000000, metadata_root_file: /x}}
commandGate:
  settings: {heartbeat_interval: 3600s, directory_lease: 10800s, presence_grace: 0s, cooldown: 3600s, refusals_before_cooldown: 10,
             open_commands_per_account: 10000, account_requests_per_minute: 1000000, gateway_requests_per_minute: 1}
EOF
for values in "$CHART"/ci/*.yaml edges.yaml; do
  rm -rf files && mkdir files
  render "$values" >manifests.yaml || fail "$values renders"
  extract manifests.yaml files
  for file in files/*.json; do
    [[ "$(basename "$file")" =~ ^(overview|gate|gateways|store).json$ ]] && continue
    check "$file" >out 2>&1 || { cat "$file" out; fail "$values: $file"; }
    count=$((count + 1))
  done
done
[[ $count -ge 19 ]] || fail "all programs are there ($count)"

# The programs must be able to refuse: an unknown key, and a gate that nobody reaches.
sed 's/"listen": {/"listen": {"adress": "x",/' files/challenge.json >files/planted.json
mv files/planted.json files/challenge.json
! check files/challenge.json >out 2>&1 || fail 'an unknown key is refused'
! "$ROOT/services/command-gate/command-gate" --config files/command-gate.json --check_config >out 2>&1 || fail 'a gate without an address is refused'
grep -q 'replica.advertise_address: must be host:port' out || { cat out; fail 'it says why'; }
echo "all good: $count configurations"
