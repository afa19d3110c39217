#!/usr/bin/env bash
# The real helm lints the chart with every set of values.
# shellcheck source=/dev/null
. "$TEST_SRCDIR/u2fi/tests/deploy/chart.sh"
count=0
for values in "$CHART"/ci/*.yaml; do
  "$HELM" lint --strict --quiet "$CHART" -f "$values" >out 2>&1 || { cat out; fail "lint with $values"; }
  count=$((count + 1))
done
[[ $count -ge 5 ]] || fail 'there are sets of values'
# lint must be able to fail.
echo '  broken: [' >>"$CHART/templates/serviceaccount.yaml"
! "$HELM" lint --strict --quiet "$CHART" >out 2>&1 || fail 'a broken template is found'
echo "all good: $count sets of values"
