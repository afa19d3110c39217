#ifndef U2FI_TOOLS_SOFT_TOKEN_CTAP2_TOKEN_H_
#define U2FI_TOOLS_SOFT_TOKEN_CTAP2_TOKEN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/random/random_source.h"
#include "tools/soft-token/client_pin.h"
#include "tools/soft-token/counter_store.h"
#include "tools/soft-token/ctap2_request.h"
#include "tools/soft-token/key_handles.h"
#include "tools/soft-token/token_identity.h"
#include "tools/soft-token/touch_sensor.h"

namespace u2fi::soft_token {

// What a CTAP2 token computes: a command with its CBOR in, a status with CBOR
// out (CTAP 2.1, 6): authenticatorGetInfo, MakeCredential (ES256, not resident,
// packed self attestation), GetAssertion and ClientPIN. Its user is verified by
// a PIN or not at all; once there is one, a credential is made with it only.
// Its credential ids are key handles: what was made here answers over U2F too,
// and the other way round. Stores nothing per credential. Not thread-safe.
class Ctap2Token {
 public:
  // Every soft token has this model, 16 bytes.
  static constexpr char kAaguid[] = "u2fi soft token1";

  struct Outcome {
    // The status byte and, if it is 0, CBOR.
    std::string response;
    // Nothing was answered: a touch is needed, ask again.
    bool touch_needed = false;
  };

  // What it is made of, all of which but the identity must outlive it.
  struct Parts {
    const TokenIdentity& identity;
    CounterStore& counter;
    RandomSource& random;
    TouchSensor& touch;
    ClientPin& pin;
  };
  struct Options {
    // GetInfo says so.
    bool speaks_u2f = false;
    // Wants its user verified for whatever it is touched for (alwaysUv).
    bool always_uv = false;
  };

  Ctap2Token(const Parts& parts, const Options& options)
      : key_handles_(parts.identity.secret),
        counter_(parts.counter),
        random_(parts.random),
        touch_(parts.touch),
        pin_(parts.pin),
        options_(options) {}

  // Carries out one command. A touch is taken only when everything else about
  // the command is right; a credential that is excluded takes one, too.
  Outcome Handle(absl::string_view request);

  // A fault for tests: signs with another key than that of the credential.
  void SetForeign(bool foreign) { foreign_ = foreign; }

 private:
  Outcome GetInfo() const;
  Outcome MakeCredential(const MakeCredentialRequest& request);
  Outcome GetAssertion(const GetAssertionRequest& request);
  Outcome AskPin(const ClientPinRequest& request);
  // A request with an empty proof asks for a touch, to find out which of
  // several keys is meant, and whether it has a PIN (CTAP 2.1, 6.1.2 step 1).
  Outcome ChooseByTouch();
  // Whether its user is, or need not be, verified (steps 5 to 11; 6.2.2).
  Ctap2Status CheckUser(const Ctap2Options& options, int64_t permission,
                        const std::string& rp_id, const std::string& hash);
  // The first of `credentials` that is this token's, or an empty one.
  std::string OwnAmong(absl::string_view application,
                       const std::vector<std::string>& credentials) const;

  const KeyHandles key_handles_;
  CounterStore& counter_;
  RandomSource& random_;
  TouchSensor& touch_;
  ClientPin& pin_;
  const Options options_;
  bool foreign_ = false;
};

// The one byte of a refusal.
std::string EncodeCtap2Status(Ctap2Status status);

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_CTAP2_TOKEN_H_
