#ifndef U2FI_TOOLS_SOFT_TOKEN_U2F_TOKEN_H_
#define U2FI_TOOLS_SOFT_TOKEN_U2F_TOKEN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/random/random_source.h"
#include "services/common/u2fhid/apdu.h"
#include "services/common/u2fhid/u2f_message.h"
#include "tools/soft-token/counter_store.h"
#include "tools/soft-token/key_handles.h"
#include "tools/soft-token/token_identity.h"
#include "tools/soft-token/touch_sensor.h"

namespace u2fi::soft_token {

// What a U2F token computes: APDU in, APDU out (FIDO U2F Raw Message Formats
// 1.2). Stores nothing per key. Not thread-safe.
//
//   0x9000  done
//   0x6985  a touch is needed; in a check: the key handle is ours
//   0x6a80  the key handle is not ours, or an unknown control byte
//   0x6700  a malformed APDU, or data of the wrong size
//   0x6e00  a class that is not 0
//   0x6d00  an instruction that is not REGISTER, AUTHENTICATE or VERSION
//   0x6f00  the counter could not be stored: nothing was signed
class U2fToken {
 public:
  struct Outcome {
    // Data and status word.
    std::string response;
    // The response is 0x6985 and a touch would have made it another.
    bool touch_needed = false;
  };

  // The three references must outlive this object.
  U2fToken(const TokenIdentity& identity, CounterStore& counter,
           RandomSource& random, TouchSensor& touch)
      : identity_(identity),
        key_handles_(identity.secret),
        counter_(counter),
        random_(random),
        touch_(touch) {}

  // Carries out one command. A touch is taken only when everything else about
  // the command is right.
  Outcome Handle(absl::string_view apdu);

  // A fault for tests: signs with another key than that of the key handle.
  void SetForeign(bool foreign) { foreign_ = foreign; }

 private:
  Outcome Register(const u2fhid::CommandApdu& command);
  Outcome Authenticate(const u2fhid::CommandApdu& command);
  Outcome Sign(const u2fhid::AuthenticateRequest& request,
               const crypto::P256PrivateKey& key);

  const TokenIdentity identity_;
  const KeyHandles key_handles_;
  CounterStore& counter_;
  RandomSource& random_;
  TouchSensor& touch_;
  bool foreign_ = false;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_U2F_TOKEN_H_
