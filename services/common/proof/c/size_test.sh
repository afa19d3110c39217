#!/usr/bin/env bash
# The kit fits a small device: at most 8 KB of .text for a Cortex-M4 at -Os,
# at most 2 KB of stack below its entry points, no recursion, nothing from a
# library but memset and its like.
set -euo pipefail
readonly KIT=services/common/proof/c
readonly OUT="${TEST_TMPDIR:?}"

fail() { echo "FAILED: $*" >&2; exit 1; }

command -v arm-none-eabi-gcc >/dev/null || fail 'arm-none-eabi-gcc is not installed (tools/setup)'
for source in "$KIT"/u2fi_*.c; do
  [[ $source == */u2fi_names.c ]] && continue
  arm-none-eabi-gcc -std=c99 -pedantic -Wall -Wextra -Wshadow -Wconversion -Werror \
    -Os -mcpu=cortex-m4 -mthumb -I . -fcallgraph-info=su \
    -c "$source" -o "$OUT/$(basename "$source" .c).o"
done

text=$(arm-none-eabi-size -A "$OUT"/*.o | awk '$1 ~ /^\.text/ { sum += $2 } END { print sum }')
constants=$(arm-none-eabi-size -A "$OUT"/*.o | awk '$1 ~ /^\.rodata/ { sum += $2 } END { print sum }')
writable=$(arm-none-eabi-size "$OUT"/*.o | awk 'NR > 1 { sum += $2 + $3 } END { print sum }')
echo "text $text, constants $constants, writable $writable bytes"
((text <= 8192)) || fail ".text is larger than 8 KB"
((writable == 0)) || fail 'the kit has state of its own'

# Who calls through which table.
readonly STEPS=read_proof,sizes_step,format_step,agreement_step,purpose_step,target_step,deadlines_step,path_step,each_approval,rule_step,pins_step,read_command,free_target_step,free_rule_step
readonly VISITORS=count,check_sizes,check_format,agree,u2fi_check_place,check_deadlines,u2fi_check_approval
readonly APPROVAL_STEPS=challenge_step,client_data_step,rp_id_hash_step,flags_step,token_step,signature_step,relay_step
for entry in u2fi_verify u2fi_verify_free u2fi_verify_lease_end; do
  stack=$(python3 "$KIT/stack_depth.py" "$entry" "run=$STEPS" "each=$VISITORS" \
    "u2fi_check_approval=$APPROVAL_STEPS" "$OUT"/*.ci)
  echo "$entry: $stack bytes of stack"
  ((stack <= 2048)) || fail "$entry needs more than 2 KB of stack"
done

foreign=$(arm-none-eabi-nm -u "$OUT"/*.o | awk '$1 == "U" && $2 !~ /^u2fi_/ { print $2 }' | sort -u |
  grep -vxE 'mem(set|cpy|cmp|move)|strlen' || true)
[[ -z $foreign ]] || fail "the kit calls $foreign"
