#!/usr/bin/env bash
# Runs every line that the demo prints under --serve, and those of README.md, as they stand, with the real grpcurl.
# usage: lines_test.sh [--mesh]
set -euo pipefail
root=$TEST_SRCDIR/u2fi
# Only under asan.
export LSAN_OPTIONS=suppressions=$root/tests/integration/demo/lsan.supp:print_suppressions=0
cd "$TEST_TMPDIR"

fail() {
  echo "FAILED: $1"
  cat out
  exit 1
}

python3 "$root/tools/demo-parts/main.py" --binaries "$root" --grpcurl "$TEST_SRCDIR/grpcurl/grpcurl" --ci --serve "$@" >out 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null; wait $demo || true' EXIT
for ((i = 0; i < 1500; i++)); do
  [[ -e demo.env ]] && grep -q 'soft-token --control' out && break
  kill -0 $demo 2>/dev/null || fail 'the demo serves'
  sleep 0.1
done

readonly TO_TYPE='^ *\(grpcurl\|u2fi\) '
{
  sed -n '/^== Serving/,$p' out
  sed -n '/tools\/demo --serve/,/^```$/p' "$root/README.md"
} | grep "$TO_TYPE" | sed 's/^ *//' | sort -u >lines
[[ $(wc -l <lines) -ge 8 ]] || fail 'there are lines to run'
# shellcheck disable=SC2016  # As it is printed.
grep -qxF 'grpcurl $U2FI list' lines || fail 'there is the line of the issue'
while IFS= read -r line; do
  echo "$ $line" >>ran
  # The reader's shell: only demo.env tells it anything.
  env -i HOME="$TEST_TMPDIR" LSAN_OPTIONS="$LSAN_OPTIONS" PATH=/usr/bin:/bin bash -c ". ./demo.env; $line" >answer 2>&1 </dev/null \
    || { cat answer; fail "this line: $line"; }
  cat answer >>ran
  [[ -s answer ]] || fail "this line says something: $line"
done <lines
grep -q 'u2fi.command_gate.v1.CommandGate' ran || fail 'the gate is listed'
grep -q 'devices/cam-1' ran || fail 'the camera is listed'

# Whatever its reader did to the devices meanwhile, the demo ends well.
# shellcheck disable=SC2016  # The reader's shell expands it.
env -i HOME="$TEST_TMPDIR" LSAN_OPTIONS="$LSAN_OPTIONS" PATH=/usr/bin:/bin bash -ec '. ./demo.env
  soft-token --control "$U2FI_KEY" --send "auto on"
  for device in cam-1 bulb-1 lock-1; do u2fi unbind "$device"; done' >answer 2>&1 </dev/null || { cat answer; fail 'devices are unbound'; }

kill -INT $demo
wait $demo || fail 'it ends well on Ctrl-C'
trap - EXIT
[[ ! -e demo.env ]] || fail 'demo.env is gone'
[[ "$(tail -1 out)" == 'demo: ok' ]] || fail 'the last line is "demo: ok"'
echo "all good: $(wc -l <lines) lines"
