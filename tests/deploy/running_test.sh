#!/usr/bin/env bash
# The rendered chart runs: the evaluation CA makes certificates, the programs start with what is mounted, Services lead
# to pods, `helm test` succeeds, the sidecar comes up, and every series that alerts and dashboards name is exported.
# usage: running_test.sh standalone|ha-evaluation
# shellcheck source=/dev/null
. "$TEST_SRCDIR/u2fi/tests/deploy/chart.sh"

# Unix paths and certificates of the pods are in a short folder.
folder=$(mktemp -d /tmp/u2fi-pods-XXXXXX)
trap 'rm -rf "$folder"' EXIT
render "$CHART/ci/$1.yaml" >manifests.yaml
"$CHECK" --json manifests.yaml >manifests.json
python3 "$ROOT/tests/deploy/running.py" manifests.json "$folder" "$TEST_SRCDIR" \
  "$CHART/files/alerts.yaml" "$CHART"/files/dashboards/*.json
