#!/usr/bin/env bash
# Plays the whole demo with built programs, touching by itself, and looks at what it left.
# usage: demo_test.sh [--mesh]
set -euo pipefail
root=$TEST_SRCDIR/u2fi
# Only under asan.
export LSAN_OPTIONS=suppressions=$root/tests/integration/demo/lsan.supp:print_suppressions=0
out=$TEST_TMPDIR/out
transcript=$TEST_TMPDIR/transcript.jsonl

fail() {
  echo "FAILED: $1"
  cat "$out"
  exit 1
}

# A transcript that cannot be written is said to be, before anything is started.
! python3 "$root/tools/demo-parts/main.py" --binaries "$root" --ci --transcript "$TEST_TMPDIR/none/file" >"$out" 2>&1 \
  || fail 'a transcript in no folder'
grep -q '^demo: the transcript cannot be written: ' "$out" || fail 'why there is no transcript'

python3 "$root/tools/demo-parts/main.py" --binaries "$root" --ci --transcript "$transcript" "$@" >"$out" 2>&1 \
  || fail 'the demo ends with an error'
[[ "$(tail -1 "$out")" == 'demo: ok' ]] || fail 'the last line is "demo: ok"'

# What was refused, as it came over the wire.
for reason in DECLINED 'APPROVE_BY_PASSED\|TOUCH_TIMEOUT' NOT_A_MEMBER OPERATION_NOT_FREE SIGNATURE_INVALID TOKEN_NOT_PINNED COMMAND_MISMATCH; do
  grep -q "\"reason\": \"\($reason\)\"" "$transcript" || fail "the transcript has the reason $reason"
done
grep -q '"audit": "{\\"type\\":\\"checkpoint\\"' "$transcript" || fail 'the transcript has the audit, with checkpoints'
grep -q 'rows hold under an anchor' "$transcript" || fail 'the audit was verified offline'

# Nothing is left: neither the folder nor a process that has it in its command line.
folder=$(grep -o '/tmp/u2fi-[a-z0-9_]*' "$out" | head -1)
[[ -n "$folder" && ! -e "$folder" ]] || fail "$folder is gone"
echo "$folder" >"$TEST_TMPDIR/folder"
! grep -qF -f "$TEST_TMPDIR/folder" /proc/[0-9]*/cmdline 2>/dev/null || fail 'every process has ended'
echo 'all good'
