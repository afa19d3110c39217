#!/usr/bin/env bash
# What tools/count_tests makes of results: nothing that did not run, and no
# target without a result, ever counts as passed.
set -euo pipefail
readonly COUNT="$PWD/tools/count_tests"
cd "${TEST_TMPDIR:?}"

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# event LABEL STATUS [XML]: one line of Bazel's event file.
event() {
  local output=''
  [[ $# -lt 3 ]] || { printf '%s' "$3" >"$2-${1##*:}.xml"; output="{\"name\":\"test.xml\",\"uri\":\"file://$PWD/$2-${1##*:}.xml\"}"; }
  printf '{"id":{"testResult":{"label":"%s"}},"testResult":{"status":"%s","testActionOutput":[%s]}}\n' "$1" "$2" "$output"
}

# expect WHAT NUMBERS: counts events.json over the targets of targets.
expect() {
  local result
  result=$(python3 "$COUNT" events.json targets 2>/dev/null)
  [[ "$result" == "$2" ]] || fail "$1: $result instead of $2"
}

readonly GOOD='<testsuites><testsuite><testcase name="a" status="run" result="completed"/><testcase name="b" status="run" result="completed"/></testsuite></testsuites>'
readonly ONE_BAD='<testsuites><testsuite><testcase name="a" status="run"/><testcase name="b" status="run"><failure message="x"/></testcase></testsuite></testsuites>'
readonly SKIPPED='<testsuites><testsuite><testcase name="a" status="run"/><testcase name="b" status="run" result="skipped"><skipped/></testcase></testsuite></testsuites>'
readonly DISABLED='<testsuites><testsuite><testcase name="a" status="run"/><testcase name="b" status="notrun" result="suppressed"/></testsuite></testsuites>'

printf '//x:a\n' >targets
event //x:a PASSED "$GOOD" >events.json
expect 'cases are counted, not targets' '2 0'

event //x:a FAILED "$ONE_BAD" >events.json
expect 'a failed case' '1 1'

event //x:a FAILED "$GOOD" >events.json
expect 'a target that failed after its cases passed' '2 1'

event //x:a PASSED "$SKIPPED" >events.json
expect 'a skipped case counts against us' '1 1'

event //x:a PASSED "$DISABLED" >events.json
expect 'a disabled case is neither' '1 0'

event //x:a PASSED '<testsuites' >events.json
expect 'a report that cannot be read' '0 1'

event //x:a PASSED >events.json
expect 'a target without a report' '0 1'

: >events.json
expect 'a target that did not build' '0 1'

printf '//x:a\n//x:b\n' >targets
{ event //x:a PASSED "$GOOD"; event //x:b FAILED "$ONE_BAD"; } >events.json
expect 'several targets add up' '3 1'

printf '//x:a\n' >targets
{ event //x:a PASSED "$GOOD"; event //x:b PASSED "$GOOD"; } >events.json
expect 'only what was asked for counts' '2 0'

{ event //x:a PASSED "$GOOD"; event //x:a FAILED "$ONE_BAD"; } >events.json
expect 'all shards count' '3 1'
