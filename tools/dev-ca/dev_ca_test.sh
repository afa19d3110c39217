#!/usr/bin/env bash
# Runs the program, and has OpenSSL look at what it made.
set -euo pipefail
dev_ca=$1
out=$TEST_TMPDIR/certs
run() { "$dev_ca" --out "$out" "$@" >"$TEST_TMPDIR/out" 2>&1; }
fail() {
  echo "FAILED: $1"
  cat "$TEST_TMPDIR/out"
  exit 1
}
verify() { openssl verify -CAfile "$out/ca.crt" -purpose "$2" "$out/$1/tls.crt" >"$TEST_TMPDIR/out" 2>&1; }
text() { openssl x509 -in "$out/$1/tls.crt" -noout -text; }

run service/command-gate gateway/t1/s1/g1 operator/t1/ann operator/-/root client/t1/app || fail "makes identities"
verify service/command-gate sslserver || fail "a service is a server"
verify service/command-gate sslclient || fail "a service is a client"
for identity in gateway/t1/s1/g1 operator/t1/ann operator/-/root client/t1/app; do
  verify "$identity" sslclient || fail "$identity is a client"
  verify "$identity" sslserver && fail "$identity is a server"
  text "$identity" >"$TEST_TMPDIR/out"
  grep -q "URI:spiffe://u2fi.example/$identity\$" "$TEST_TMPDIR/out" || fail "$identity has its URI alone"
done
[ "$(stat -c %a "$out/ca.key")" = 600 ] || fail "the CA's key is private"

before=$(readlink "$out/client/t1/app")
run client/t1/app || fail "renews"
[ "$(readlink "$out/client/t1/app")" != "$before" ] || fail "renews into a new folder"
verify client/t1/app sslclient || fail "the renewed one is of the same CA"

run --not_after 2020-01-01T00:00:00Z client/t1/late || fail "makes an expired one"
verify client/t1/late sslclient && fail "the expired one is good"

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TEST_TMPDIR/g.key" \
  -out "$TEST_TMPDIR/g.csr" -subj "/CN=g1" 2>/dev/null
run --csr "$TEST_TMPDIR/g.csr" gateway/t1/s1/g2 || fail "signs OpenSSL's request"
verify gateway/t1/s1/g2 sslclient || fail "the signed one is good"
[ ! -e "$out/gateway/t1/s1/g2/tls.key" ] || fail "makes no key for a request"
diff <(openssl pkey -in "$TEST_TMPDIR/g.key" -pubout) \
  <(openssl x509 -in "$out/gateway/t1/s1/g2/tls.crt" -noout -pubkey) || fail "it has the request's key"

run --csr "$TEST_TMPDIR/g.csr" client/t1/a client/t1/b && fail "one request for two"
run --days 31 client/t1/app && fail "31 days"
run device/t1/d1 && fail "an unknown identity"
run && fail "no identity"
echo "all good"
