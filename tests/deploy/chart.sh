# shellcheck shell=bash
# shellcheck disable=SC2034  # Used by those who source it.
# Sourced by the tests of the chart: tools, a copy of the chart, one way to fail.
set -euo pipefail
readonly ROOT=$TEST_SRCDIR/u2fi
readonly HELM=$TEST_SRCDIR/helm/helm
readonly CHECK=$TEST_SRCDIR/helm/check-manifests
readonly CHART=$TEST_TMPDIR/u2fi
export HOME=$TEST_TMPDIR
# Only under asan.
export LSAN_OPTIONS=suppressions=$ROOT/tests/integration/demo/lsan.supp:print_suppressions=0
# Bazel lays links; helm warns of each.
cp -rL "$ROOT/deploy/helm/u2fi" "$CHART"
cd "$TEST_TMPDIR"

fail() {
  echo "FAILED: $1"
  exit 1
}

# render VALUES-FILE FLAGS...: the manifests.
render() {
  local values=$1
  shift
  "$HELM" template u2fi "$CHART" --namespace iot -f "$values" "$@"
}
