#!/usr/bin/env bash
# One process at a time is a device: two with one memory would each act once.
set -euo pipefail
emulator=$PWD/$1
cd "${TEST_TMPDIR:?}"

fail() { printf 'FAILED: %s\n' "$1" >&2; cat out err >&2; exit 1; }

"$emulator" run --state state --links links --device lock-1=lock --device bulb-1=bulb >out 2>err &
running=$!
trap 'kill $running 2>/dev/null || true' EXIT
for ((i = 0; i < 600; i++)); do
  grep -q '^bulb-1: waits' out && break
  kill -0 $running 2>/dev/null || fail 'it runs'
  sleep 0.1
done

code=0
"$emulator" run --state state --links links --device bulb-1=bulb >out2 2>err || code=$?
[[ $code == 1 ]] || fail 'a second process with the same device is refused'
grep -q '^device-emulator: another process has locked state/bulb-1/lock' err || fail 'the refusal says why'
"$emulator" identity --state state --device bulb-1=bulb | grep -q '"device":"bulb-1"' || fail 'to look is no use'

kill $running
wait $running || fail 'it ends well'
trap - EXIT
code=0
"$emulator" run --state state --links links --device lock-1=lock --device lock-1=bulb >out2 2>err || code=$?
[[ $code == 1 ]] || fail 'a device that is named twice is refused'
grep -q '^device-emulator: field device: names lock-1 twice' err || fail 'which one is named'
echo 'all good'
