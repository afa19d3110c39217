#!/usr/bin/env bash
# k8s/ is what the chart gives; its overlays build, and what they say is understood.
# shellcheck source=/dev/null
. "$TEST_SRCDIR/u2fi/tests/deploy/chart.sh"
mkdir tools && cp -rL "$ROOT/k8s" k8s && cp -L "$ROOT/tools/render-k8s" tools
export HELM CHART

tools/render-k8s --out fresh
for mode in standalone ha; do
  diff "k8s/$mode/manifests.yaml" "fresh/$mode/manifests.yaml" || fail "k8s/$mode is what the chart gives: run tools/render-k8s"
  "$CHECK" "k8s/$mode/manifests.yaml"
done
! grep -rn 'helm\.sh\|PRIVATE KEY' k8s/*/manifests.yaml || fail 'nothing of helm, and no key, is in k8s'

# For values of one's own: no hooks, which cannot be applied twice, and no keys, which would be others each time.
tools/render-k8s --values "$CHART/ci/ha-production.yaml" >own.yaml || fail 'production renders'
"$CHECK" own.yaml
! grep -q 'helm\.sh/hook\|^kind: \(Job\|Pod\)$' own.yaml || fail 'a hook is no object of its own'
! tools/render-k8s --values "$CHART/ci/standalone.yaml" >own.yaml 2>out || fail 'keys are not made anew each time'
grep -q deviceToken.existingSecret out || { cat out; fail 'it says what to give'; }

for overlay in k8s/overlays/*; do
  "$CHECK" --kustomize "$overlay" >built.yaml || fail "$overlay builds"
  "$CHECK" built.yaml
  "$CHECK" --json built.yaml >built.json
  ! grep -q 'spiffe://u2fi.example' built.json || fail "$overlay: every certificate has the overlay's name"
  python3 "$ROOT/tests/deploy/check_pods.py" built.json "$ROOT" >effective || { cat effective; fail "$overlay: its configuration is good"; }
  # The environment has won over the file.
  for name in trust_domain rp_id; do
    grep -q "\"$name\": *\"iot.example.com\"" effective || { cat effective; fail "$overlay: its $name holds"; }
  done
  ! grep -q 'u2fi\.example' effective || fail "$overlay: no name of the base is left"
done

# A change of the chart must be noticed.
sed -i 's/periodSeconds: 20/periodSeconds: 21/' "$CHART/templates/_pod.tpl"
tools/render-k8s --out changed
! diff -q k8s/ha/manifests.yaml changed/ha/manifests.yaml >/dev/null || fail 'a change of the chart is noticed'
echo 'all good'
