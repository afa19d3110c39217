#!/usr/bin/env bash
# What the programs of tools/ have in common: 0 for help, 2 for a command line
# that cannot be read, 1 for what cannot be done, with a line that says why.
set -euo pipefail
readonly PROGRAMS=(dev-ca device-emulator fido-check rogue-cloud soft-token u2fi)

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# expect CODE PROGRAM WORDS...: ends so, and says something on the stream for it.
expect() {
  local want=$1 program=$2 code=0
  shift 2
  "tools/$program/$program" "$@" >"${TEST_TMPDIR:?}/out" 2>"$TEST_TMPDIR/err" </dev/null || code=$?
  [[ "$code" == "$want" ]] || fail "$program $* ended with $code, not $want: $(cat "$TEST_TMPDIR/err")"
  if [[ "$want" == 0 ]]; then [[ -s "$TEST_TMPDIR/out" ]]; else [[ -s "$TEST_TMPDIR/err" ]]; fi || fail "$program $* says nothing"
}

for program in "${PROGRAMS[@]}"; do
  expect 0 "$program" --help
  expect 2 "$program"
done
for program in dev-ca device-emulator rogue-cloud soft-token u2fi; do
  expect 2 "$program" --no-such-flag
done

: >"$TEST_TMPDIR/file"
expect 1 dev-ca --out "$TEST_TMPDIR/file" client/t1/app
expect 1 dev-ca --out "$TEST_TMPDIR/ca" --csr "$TEST_TMPDIR" gateway/t1/s1/g1
expect 1 fido-check "$TEST_TMPDIR"
expect 1 device-emulator executions --state "$TEST_TMPDIR/none" --device a=camera
expect 1 soft-token --control "$TEST_TMPDIR/none" --send touch
echo 'all good'
