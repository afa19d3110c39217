// A JWT that a client brings.
#include <cstdlib>

#include "services/command-gate/id_token.h"

namespace {

// The issuer's key of RFC 7517, A.1; nobody here can sign with it.
constexpr char kKeys[] =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"1",)"
    R"("x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
    R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const keys =
      new std::vector<u2fi::command_gate::JsonWebKey>(
          *u2fi::command_gate::ParseJsonWebKeys(kKeys));
  const std::string issuer = "https://login.example", audience = "u2fi",
                    claim = "sub";
  const auto token = u2fi::command_gate::VerifyIdToken(
      absl::string_view(reinterpret_cast<const char*>(data), size),
      {issuer, audience, claim, *keys, "ann",
       absl::FromUnixSeconds(1'700'000'000)});
  if (token.ok()) std::abort();
  return 0;
}
