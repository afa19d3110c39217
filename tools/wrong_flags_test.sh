#!/usr/bin/env bash
# A wrong flag of a tool ends it with 2 before it does anything, and the error
# names the flag and where to read on. --help is no error.
set -euo pipefail
readonly TOOLS=(bench chaos demo lint previous-agent render-k8s setup sysroot test)
export HOME=${TEST_TMPDIR:?}
readonly OUT="$TEST_TMPDIR/out" ERROR="$TEST_TMPDIR/error"

fail() { echo "FAILED: $*" >&2; exit 1; }

for tool in "${TOOLS[@]}"; do
  code=0
  timeout 60 "tools/$tool" --nosuch >"$OUT" 2>"$ERROR" </dev/null || code=$?
  [[ $code == 2 && ! -s "$OUT" ]] || fail "$tool --nosuch: exit code $code, $(head -1 "$OUT")"
  grep -q -- "--nosuch.*tools/$tool --help" "$ERROR" || fail "$tool --nosuch: $(cat "$ERROR")"
  timeout 60 "tools/$tool" --help >"$OUT" 2>"$ERROR" </dev/null || fail "$tool --help: exit code $?"
  grep -q "tools/$tool" "$OUT" || fail "$tool --help: $(cat "$OUT")"
done

code=0
timeout 60 tools/bench verfiy >"$OUT" 2>"$ERROR" </dev/null || code=$?
[[ $code == 2 ]] || fail "bench verfiy: exit code $code"
grep -q "no figure is called like 'verfiy'" "$ERROR" || fail "bench verfiy: $(cat "$ERROR")"
