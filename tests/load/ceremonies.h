#ifndef U2FI_TESTS_LOAD_CEREMONIES_H_
#define U2FI_TESTS_LOAD_CEREMONIES_H_

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/ceremony.h"

namespace u2fi::load {

// What the measured ceremonies have in common.

// Ends the program: a figure for something that fails means nothing.
inline void Require(bool passed) {
  if (passed) return;
  std::fprintf(stderr, "bench: a verification failed\n");
  std::exit(1);
}

inline constexpr char kRpId[] = "u2fi.example";
inline constexpr char kOrigin[] = "https://u2fi.example";

inline fido::SpentChallenge Spent(const fido::Expectation& expected) {
  fido::SpentChallenge challenge;
  challenge.known = true;
  challenge.scope = expected.scope;
  challenge.expires_at = absl::InfiniteFuture();
  challenge.spent_at = absl::UnixEpoch();
  challenge.first_use = true;
  return challenge;
}

// As a browser writes it.
inline std::string WebAuthnClientData(absl::string_view type,
                                      absl::string_view challenge) {
  return absl::StrCat(R"({"type":")", type, R"(","challenge":")",
                      crypto::Base64Url(challenge), R"(","origin":")", kOrigin,
                      R"(","crossOrigin":false})");
}

inline fido::Expectation WebAuthnExpected(absl::string_view purpose) {
  fido::Expectation expected;
  expected.protocol = fido::Protocol::kWebAuthn;
  expected.challenge = std::string(32, 'c');
  expected.rp_id = kRpId;
  expected.origins = {kOrigin};
  expected.scope = {std::string(purpose), "tenant", "alice", ""};
  return expected;
}

}  // namespace u2fi::load

#endif  // U2FI_TESTS_LOAD_CEREMONIES_H_
