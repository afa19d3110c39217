#!/usr/bin/env bash
# A program that has BoringSSL inside and OpenSSL beside it must not export a
# symbol of BoringSSL: gRPC's TLS would call it (see third_party/boringssl).
set -euo pipefail
binary=$1
exported=$(nm -D --defined-only "$binary" | awk '{print $3}' |
  grep -E '^(EVP|SSL|ERR|BIO|X509|EC|ECDSA|SHA256|CRYPTO|OPENSSL|RAND)_' || true)
if [ -n "$exported" ]; then
  echo "exported by $binary:"
  echo "$exported"
  exit 1
fi
# Both libraries are really there, so that this test means something.
grep -q ' [tT] ECDSA_do_verify$' <<<"$(nm "$binary")" || {
  echo "no BoringSSL inside"
  exit 1
}
grep -q 'libssl\.so\.3' <<<"$(ldd "$binary")" || {
  echo "no OpenSSL beside"
  exit 1
}
