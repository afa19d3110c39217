#!/usr/bin/env bash
# Every rendered manifest is decoded strictly, with the types of k8s.io/api; planted mistakes are found.
# shellcheck source=/dev/null
. "$TEST_SRCDIR/u2fi/tests/deploy/chart.sh"

[[ "$("$CHECK" --source)" == "$(cat "$ROOT"/tests/deploy/manifests/*.go)" ]] \
  || fail 'check-manifests is built from the present source: run tools/setup'
for values in "$CHART"/ci/*.yaml; do
  render "$values" >manifests.yaml || fail "$values renders"
  "$CHECK" manifests.yaml || fail "$values gives good manifests"
done

# planted WHAT FROM TO: with this change in a good manifest it must fail.
render "$CHART/ci/ha-evaluation.yaml" >good.yaml
planted() {
  sed "s/$2/$3/" good.yaml >planted.yaml
  ! cmp -s good.yaml planted.yaml || fail "$1: nothing was planted"
  ! "$CHECK" planted.yaml >out 2>&1 || fail "$1: was not found"
}
planted 'a misspelt key' readOnlyRootFilesystem readOnlyRootFileSystem
planted 'a wrong type' 'replicas: 2' 'replicas: "two"'
planted 'an unknown kind' 'kind: Deployment' 'kind: Deploiment'
planted 'a kind of a former version' 'policy\/v1$' 'policy\/v1beta1'
planted 'a misspelt key of a foreign kind' podMetricsEndpoints podMetricEndpoints
planted 'root' 'runAsNonRoot: true' 'runAsNonRoot: false'
planted 'capabilities' 'drop: \[ALL\]' 'drop: [CHOWN]'
planted 'a root that can be written' 'readOnlyRootFilesystem: true' 'readOnlyRootFilesystem: false'
planted 'a token of the API server' 'automountServiceAccountToken: false' 'automountServiceAccountToken: true'
planted "the node's network" 'enableServiceLinks: false' 'hostNetwork: true'
planted 'privileges' 'allowPrivilegeEscalation: false' 'allowPrivilegeEscalation: true'
planted 'no seccomp profile' 'type: RuntimeDefault' 'type: Unconfined'
planted 'a mount without a volume' 'name: tmp, mountPath' 'name: temp, mountPath'

# Each gate advertises an address of its own, and only gates reach it there.
grep -A3 'name: POD_IP' good.yaml | grep -qF "value: \"\$(POD_IP):7445\"" || fail 'a gate says where it is'
[[ $(grep -c 'port: 7445' good.yaml) == 2 ]] || fail 'the edge between gates, in and out'
! grep -A9 'kind: Service$' good.yaml | grep -q 7445 || fail 'no Service leads to the private port'
echo 'all good'
