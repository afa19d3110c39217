#ifndef U2FI_TOOLS_SOFT_TOKEN_CLIENT_PIN_H_
#define U2FI_TOOLS_SOFT_TOKEN_CLIENT_PIN_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "tools/soft-token/ctap2_request.h"
#include "tools/soft-token/pin_protocol.h"
#include "tools/soft-token/pin_store.h"

namespace u2fi::soft_token {

// What a pinUvAuthToken is good for (CTAP 2.1, 6.5.5.7).
namespace permission {
inline constexpr int64_t kMakeCredential = 0x01;
inline constexpr int64_t kGetAssertion = 0x02;
}  // namespace permission

// The PIN of a token (authenticatorClientPIN, CTAP 2.1, 6.5): it is set,
// changed, and exchanged for a pinUvAuthToken, over both protocols. A try is
// written off before the PIN is compared; the third wrong one in a row blocks
// it until PowerCycle(), the eighth for good. A pinUvAuthToken is one at a
// time, good for ten minutes, for one relying party, and for one touch. Not
// there: the 30 seconds in which the standard wants it used first. Not
// thread-safe.
class ClientPin {
 public:
  // The least code points and the most bytes of a PIN.
  static constexpr size_t kMinCharacters = 4;
  static constexpr size_t kMaxBytes = 63;
  static constexpr absl::Duration kTokenLife = absl::Minutes(10);

  // A status and, if it is kOk, CBOR or nothing.
  struct Outcome {
    Ctap2Status status;
    std::string cbor;
  };

  // The references must outlive this object.
  ClientPin(PinStore& store, RandomSource& random, const Clock& clock)
      : store_(store), clock_(clock), one_(1, random), two_(2, random) {}

  Outcome Handle(const ClientPinRequest& request);

  bool is_set() const { return store_.record().is_set(); }
  int retries() const { return store_.record().retries; }

  // Whether a request over `hash` for `rp_id` comes with the proof that
  // somebody gave the PIN. A pinUvAuthToken that is for no relying party yet
  // is for this one from now on.
  Ctap2Status Authorise(const Ctap2Options& options, int64_t permission,
                        const std::string& rp_id, const std::string& hash);
  // The pinUvAuthToken was used, with a touch.
  void Spend() { token_ = Token(); }

  // What a key that was pulled out has forgotten.
  void PowerCycle();

  // Sets the PIN of a token that has none, as at its making. INVALID_FIELD if
  // it is too short or too long; the store's errors.
  absl::Status SetFirst(absl::string_view pin);

 private:
  // The pinUvAuthToken; without permissions it is none.
  struct Token {
    std::string secret;
    int protocol = 0;
    int64_t permissions = 0;
    // Empty: not yet known.
    std::string rp_id;
    // An instant of Clock::Uptime().
    absl::Duration until;
  };

  Outcome GetRetries() const;
  Outcome GetKeyAgreement(const ClientPinRequest& request);
  Ctap2Status SetPin(const ClientPinRequest& request);
  Ctap2Status ChangePin(const ClientPinRequest& request);
  Outcome GetToken(const ClientPinRequest& request);
  Outcome GetTokenWithPermissions(const ClientPinRequest& request);
  // For a PIN that is right.
  Outcome IssueToken(const ClientPinRequest& request, int64_t permissions);

  PinProtocol& ProtocolOf(const ClientPinRequest& request) {
    return request.protocol == 1 ? one_ : two_;
  }
  // The secret shared with the platform.
  Ctap2Status Agree(const ClientPinRequest& request, std::string& secret);
  // Whether there is a PIN that may be tried.
  Ctap2Status MayTry() const;
  // Tries the PIN whose encrypted hash is `encrypted`.
  Ctap2Status Try(PinProtocol& protocol, const std::string& secret,
                  const std::string& encrypted);
  // Sets the PIN that is encrypted in `new_pin`.
  Ctap2Status Store(PinProtocol& protocol, const std::string& secret,
                    const std::string& new_pin);

  PinStore& store_;
  const Clock& clock_;
  PinProtocol one_;
  PinProtocol two_;
  // Wrong PINs in a row since the last power cycle.
  int mismatches_ = 0;
  Token token_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_CLIENT_PIN_H_
