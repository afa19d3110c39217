#!/usr/bin/env bash
# An operator with nothing but the real grpcurl: list, describe, health, submit, watch, a refusal; with reflection and,
# as where it is off, with the descriptor set that we ship.
set -euo pipefail
root=$TEST_SRCDIR/u2fi
# Only under asan.
export LSAN_OPTIONS=suppressions=$root/tests/integration/demo/lsan.supp:print_suppressions=0
cd "$TEST_TMPDIR"

fail() {
  echo "FAILED: $1"
  tail -20 out
  [[ ! -e answer ]] || cat answer
  exit 1
}

python3 "$root/tools/demo-parts/main.py" --binaries "$root" --grpcurl "$TEST_SRCDIR/grpcurl/grpcurl" --ci --serve >out 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null; wait $demo || true' EXIT
for ((i = 0; i < 1500; i++)); do
  [[ -e demo.env ]] && grep -q 'soft-token --control' out && break
  kill -0 $demo 2>/dev/null || fail 'the demo serves'
  sleep 0.1
done
# shellcheck source=/dev/null
. ./demo.env
read -ra operator <<<"$U2FI"
read -ra health <<<"$U2FI_HEALTH"
readonly GATE=u2fi.command_gate.v1.CommandGate

# says WHAT TEXT: the last answer has it.
says() {
  grep -qF -- "$2" answer || fail "$1"
}

for how in '' "-protoset $U2FI_PROTOSET"; do
  read -ra flags <<<"$how"
  ask() { grpcurl "${flags[@]}" "$@" >answer 2>&1; }
  # read leaves nothing behind for ''.
  ask "${operator[@]}" list || fail "list $how"
  says 'the gate is listed' "$GATE"
  ask "${operator[@]}" describe "$GATE.SubmitCommand" || fail "describe $how"
  says 'what it takes' '.u2fi.command_gate.v1.SubmitCommandRequest'

  # Reads an id from the answer and follows it to its end.
  id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  ask -d "{\"request_id\":\"$id\",\"item\":{\"device\":\"bulb-1\",\"operation\":\"bulb.on\"},
    \"options\":{\"on_behalf_of\":\"ann\",\"purpose\":\"PURPOSE_COMMAND\"}}" "${operator[@]}" "$GATE/SubmitCommand" || fail "submit $how"
  command=$(grep -o 'commands/[a-z0-9]*' answer | head -1)
  [[ -n "$command" ]] || fail "the command has a name $how"
  ask -d "{\"name\":\"$command\"}" "${operator[@]}" "$GATE/WatchCommand" || fail "watch $how"
  says 'it ends well' COMMAND_STATE_SUCCEEDED

  # A refusal: the code, one reason of the table, and which field.
  ! ask -d '{"account":"ann","page_size":-1}' "${operator[@]}" "$GATE/ListCommands" || fail "a negative size is refused $how"
  says 'the code' 'Code: InvalidArgument'
  says 'the reason' '"reason": "INVALID_FIELD"'
  says 'the field' '"field": "page_size"'
done

# Health needs no certificate, and has nothing else.
grpcurl "${health[@]}" grpc.health.v1.Health/Check >answer 2>&1 || fail 'health'
says 'it serves' '"status": "SERVING"'
grpcurl -d "{\"service\":\"$GATE\"}" "${health[@]}" grpc.health.v1.Health/Check >answer 2>&1 || fail 'health of one service'
says 'it serves that' '"status": "SERVING"'
! grpcurl -d '{"account":"ann"}' "${health[@]}" "$GATE/ListCommands" >answer 2>&1 || fail 'commands on the health listener'
says 'there is no such rpc' 'Unimplemented'

# Without a certificate there is nothing at all.
! grpcurl -insecure "${operator[-1]}" list >answer 2>&1 || fail 'a stranger sees nothing'

kill -INT $demo
wait $demo || fail 'it ends well on Ctrl-C'
trap - EXIT
echo 'all good'
