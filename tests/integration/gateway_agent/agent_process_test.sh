#!/usr/bin/env bash
# The program itself: init, run, status, decline, pin, and what it refuses. There is
# no cloud and no broker here: the agent must run and say so all the same.
set -euo pipefail

agent=$PWD/services/gateway-agent/gateway-agent
dev_ca=$PWD/tools/dev-ca/dev-ca
folder=$(mktemp -d /tmp/u2fiXXXXXX)
trap '[ -z "${pid:-}" ] || kill "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

fail() {
  echo "FAILED: $*"
  exit 1
}

cat >agent.json <<'JSON'
{"tenant": "t1", "site": "s1", "gateway": "g1", "rp_id": "u2fi.test",
 "tls": {"certificate_file": "certs/gateway/t1/s1/g1/tls.crt", "key_file": "g1.key",
         "ca_file": "certs/gateway/t1/s1/g1/ca.crt", "trust_domain": "u2fi.test"},
 "mesh": {"target": "unix:nowhere"}, "state_dir": "state",
 "tokens": {"soft_tokens": ["key"]}, "cue": {"terminal": true},
 "devices": {"broker": "mqtt://127.0.0.1:1", "user": "agent.g1", "password": "x"}}
JSON

"$agent" --help | grep -q decline || fail "help"
"$agent" run --help | grep -q agent.json || fail "help of run"
if "$agent" nonsense 2>/dev/null; then fail "a command that is none"; fi

"$agent" init --config agent.json >next || fail "init"
grep -q "DeviceRegistry/CreateGateway" next || fail "init says what comes next"
[ "$(stat -c %a g1.key)" = 600 ] || fail "the key is private"
before=$(cat g1.key)
"$agent" init --config agent.json >/dev/null || fail "init again"
[ "$before" = "$(cat g1.key)" ] || fail "init keeps the key"
"$dev_ca" --out certs --trust_domain u2fi.test --csr g1.key.csr gateway/t1/s1/g1 >/dev/null ||
  fail "the CA signs the request"

"$agent" run --config agent.json --check_config >/dev/null || fail "good configuration"
if "$agent" run --config agent.json --set cue.terminal=false 2>errors; then fail "no cue"; fi
grep -q "cue: " errors || fail "the wrong key is named"
if "$agent" run --config agent.json --tenant t2 2>errors; then fail "another's certificate"; fi
grep -q "is not for" errors || fail "the certificate is named"
mkdir -m 755 open
if "$agent" run --config agent.json --state_dir open 2>errors; then fail "an open state folder"; fi
grep -q "chmod" errors || fail "the folder is named"
if "$agent" status --config agent.json >/dev/null 2>&1; then fail "nobody runs yet"; fi

"$agent" run --config agent.json >out 2>log &
pid=$!
for _ in $(seq 600); do
  "$agent" status --config agent.json >answer 2>/dev/null && break
  kill -0 "$pid" || fail "it ended: $(cat log)"
  sleep 0.1
done
grep -q "^gateway      g1" answer || fail "status: $(cat answer)"
grep -q "^link         down" answer || fail "the link is down: $(cat answer)"
[ "$(stat -c %a state)" = 700 ] || fail "the state folder is private"
if "$agent" decline --config agent.json 2>errors; then fail "nothing to decline"; fi
grep -q RESOURCE_UNKNOWN errors || grep -q "no question" errors || fail "decline says why"
if "$agent" pin --config agent.json </dev/null 2>errors; then fail "no PIN is wanted"; fi
grep -q "no question wants a PIN" errors || fail "pin says why: $(cat errors)"
if "$agent" run --config agent.json --local_socket other.sock 2>errors; then
  fail "two agents on one state"
fi

kill -TERM "$pid"
wait "$pid" || fail "it ends well"
if "$agent" status --config agent.json >/dev/null 2>&1; then fail "it is gone"; fi
echo PASSED
