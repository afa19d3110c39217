#!/usr/bin/env bash
# Searches all states of gate.pml with spin: no property may fail. Then takes
# one defence after the other away: each time spin must find the attack.
set -euo pipefail
readonly MODEL=$PWD/tests/model/gate.pml
failures=0
cd "$(mktemp -d "$TEST_TMPDIR/model.XXXXXX")"

# The line that pan ends with, for a model with these macros.
search() {
  spin "$@" -a "$MODEL" >spin.log 2>&1 || { cat spin.log; return 1; }
  clang-14 -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=3000 -o pan pan.c
  ./pan -E -m100000 -w24 >pan.log 2>&1
  grep -E 'assertion violated|max search depth|out of memory|errors:' pan.log || { cat pan.log; return 1; }
}
holds() {
  local found
  found=$(search "$@")
  if [[ $(grep -c . <<<"$found") == 1 && $found == *'errors: 0'* ]]; then
    echo "holds: $*"
  else
    echo "FAILED: $*: $found"
    failures=$((failures + 1))
  fi
}
# breaks PROPERTY MACRO...
breaks() {
  local property=$1 found
  shift
  found=$(search "$@")
  if grep -qF "assertion violated" <<<"$found" && grep -qF "$property" <<<"$found"; then
    echo "breaks as it must: $*"
  else
    echo "FAILED: $* should break $property: $found"
    failures=$((failures + 1))
  fi
}

holds -DKIT -DROGUE
holds -DROGUE
breaks 'acts<=1' -DKIT -DNO_WINDOW
breaks 'acts<=1' -DNO_JOURNAL
breaks 'acts<=1' -DNO_JOURNAL_AGE
breaks 'touched' -DROGUE -DNO_PROOF
breaks 'in_time' -DNO_DEADLINE
breaks 'spent' -DNO_EPOCH
breaks 'now.state==' -DNO_CAS
echo "$failures failed"
exit $((failures > 0))
