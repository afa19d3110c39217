#!/usr/bin/env bash
# What the chart's pods and the lines of deploy/README.md run is in the image that they run it in, and the pod for a
# restore is like those of the chart.
# shellcheck source=/dev/null
. "$TEST_SRCDIR/u2fi/tests/deploy/chart.sh"
eval "$(sed -n '/^programs_of()/,/^}/p' "$ROOT/tools/image")"

# has IMAGE PROGRAM: as tools/image makes it, on Debian's base.
has() {
  [[ " $(programs_of "$1") " == *"/$2 "* || "$2" =~ ^(cat|install|rm|sh|sleep)$ ]]
}

# commands: image and program of each container with an image of ours, for objects as JSON.
commands() {
  python3 -c '
import json, sys
for thing in map(json.loads, sys.stdin):
    pod = thing["spec"].get("template", thing)["spec"] if thing["kind"] in ("Pod", "Job", "Deployment", "StatefulSet") else {}
    for one in pod.get("initContainers", []) + pod.get("containers", []):
        image = one["image"].split(":")[0].split("@")[0]
        if "u2fi/" in image: print(image.split("/")[-1], one["command"][0].split("/")[-1])
'
}
count=0
for values in "$CHART"/ci/*.yaml; do
  render "$values" >manifests.yaml
  "$CHECK" --json manifests.yaml | commands >wanted
  while read -r image program; do
    has "$image" "$program" || fail "$program is in the image $image"
    count=$((count + 1))
  done <wanted
done
[[ $count -gt 20 ]] || fail "containers were looked at: $count"
! has mesh dev-ca || fail 'what makes a CA is not where the services are'

# kubectl exec POD -- PROGRAM: all those pods are of the image mesh.
count=0
while read -r program; do
  has mesh "$program" || fail "deploy/README.md runs $program in a pod that has none"
  count=$((count + 1))
done < <(grep -o 'exec .* -- [a-z0-9]*' "$ROOT/deploy/README.md" | awk '{ print $NF }')
[[ $count -ge 4 ]] || fail 'deploy/README.md says how to back up a pod'

# It has the claim, the user and the folder of the pod whose store it puts back.
"$CHECK" "$ROOT/deploy/restore-pod.yaml" || fail 'the pod for a restore is good'
render "$CHART/ci/standalone.yaml" >manifests.yaml
"$CHECK" --json manifests.yaml >objects.json
"$CHECK" --json "$ROOT/deploy/restore-pod.yaml" >restore.json
python3 - <<'PYTHON' || fail 'the pod for a restore is like that of the service'
import json
things = [json.loads(line) for line in open('objects.json')]
service = next(t for t in things if t['kind'] == 'StatefulSet')
restore = json.loads(open('restore.json').read())['spec']
of_service = service['spec']['template']['spec']
claim = f"{service['spec']['volumeClaimTemplates'][0]['metadata']['name']}-{service['metadata']['name']}-0"
assert restore['volumes'][0]['persistentVolumeClaim']['claimName'] == claim, claim
for key in ('runAsUser', 'runAsGroup', 'fsGroup'):
    assert restore['securityContext'][key] == of_service['securityContext'][key], key
mount = next(m for m in of_service['containers'][0]['volumeMounts'] if m['name'] == 'data')
assert restore['containers'][0]['volumeMounts'] == [mount]
PYTHON
echo 'all good'
