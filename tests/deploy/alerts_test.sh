#!/usr/bin/env bash
# promtool checks the alert rules and plays cases to them; each has its paragraph in deploy/README.md.
set -euo pipefail
root=$TEST_SRCDIR/u2fi
promtool=$TEST_SRCDIR/promtool/promtool
cd "$TEST_TMPDIR"
cp -L "$root/deploy/helm/u2fi/files/alerts.yaml" "$root/tests/deploy/alerts_test.yaml" .
"$promtool" check rules alerts.yaml
"$promtool" test rules alerts_test.yaml

# The cases must be able to fail.
sed -i 's/cause="counter"/cause="model"/' alerts.yaml
! "$promtool" test rules alerts_test.yaml >out 2>&1 || { echo 'FAILED: a wrong rule is found'; exit 1; }

while read -r anchor; do
  grep -qix "### $anchor" "$root/deploy/README.md" || { echo "FAILED: deploy/README.md explains $anchor"; exit 1; }
done < <(grep -o 'README.md#.*' "$root/deploy/helm/u2fi/files/alerts.yaml" | sed '1d;s/.*#//')
echo 'all good'
