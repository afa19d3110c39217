#!/usr/bin/env bash
# The kit fits a small device: at most 8 KB of .text for a Cortex-M4 at -Os,
# at most 2 KB of stack below its entry points, no recursion, nothing from a
# library but memset and its like. Its files compile in any folder.
#
#   size_test.sh                       for a Cortex-M4, with arm-none-eabi-gcc
#   size_test.sh COMPILER [FLAGS...]   says what another GCC (10 or newer) makes of
#                                      it; sets no bounds but: no recursion
set -euo pipefail
cd "$(dirname "$0")"
OUT=${TEST_TMPDIR:-$(mktemp -d)}
readonly OUT
[[ -n ${TEST_TMPDIR:-} ]] || trap 'rm -rf "$OUT"' EXIT
compiler=arm-none-eabi-gcc
flags=(-Os -mcpu=cortex-m4 -mthumb)
own=0
if [[ $# -gt 0 ]]; then
  own=1
  compiler=$1
  flags=("${@:2}")
fi
readonly compiler flags own tools=${compiler%gcc*}

bounded() { ((own == 0)); }
fail() { echo "FAILED: $*" >&2; exit 1; }

command -v "$compiler" >/dev/null || fail "$compiler is not installed (tools/setup)"
cp u2fi_*.[ch] example.[ch] "$OUT"
for source in "$OUT"/*.c; do
  "$compiler" -std=c99 -pedantic -Wall -Wextra -Wshadow -Wconversion -Werror \
    "${flags[@]}" -fcallgraph-info=su -c "$source" -o "${source%.c}.o"
done
rm "$OUT"/u2fi_names.[oc]* "$OUT"/example.[oc]*

text=$("${tools}size" -A "$OUT"/*.o | awk '$1 ~ /^\.text/ { sum += $2 } END { print sum }')
constants=$("${tools}size" -A "$OUT"/*.o | awk '$1 ~ /^\.rodata/ { sum += $2 } END { print sum }')
writable=$("${tools}size" "$OUT"/*.o | awk 'NR > 1 { sum += $2 + $3 } END { print sum }')
echo "text $text, constants $constants, writable $writable bytes"
! bounded || ((text <= 8192)) || fail ".text is larger than 8 KB"
! bounded || ((writable == 0)) || fail 'the kit has state of its own'

# Who calls through which table.
readonly STEPS=read_proof,sizes_step,format_step,agreement_step,purpose_step,target_step,deadlines_step,path_step,each_approval,rule_step,pins_step,read_command,free_target_step,free_rule_step
readonly VISITORS=count,check_sizes,check_format,agree,u2fi_check_place,check_deadlines,u2fi_check_approval
readonly APPROVAL_STEPS=challenge_step,client_data_step,rp_id_hash_step,flags_step,token_step,signature_step,relay_step
for entry in u2fi_verify u2fi_verify_free u2fi_verify_lease_end; do
  stack=$(python3 stack_depth.py "$entry" "run=$STEPS" "each=$VISITORS" \
    "u2fi_check_approval=$APPROVAL_STEPS" "$OUT"/*.ci)
  echo "$entry: $stack bytes of stack"
  ! bounded || ((stack <= 2048)) || fail "$entry needs more than 2 KB of stack"
done

foreign=$("${tools}nm" -u "$OUT"/*.o | awk '$1 == "U" && $2 !~ /^u2fi_/ { print $2 }' | sort -u |
  grep -vxE 'mem(set|cpy|cmp|move)|strlen' || true)
[[ -z $foreign ]] || echo "calls $foreign"
! bounded || [[ -z $foreign ]] || fail 'the kit calls a library'
