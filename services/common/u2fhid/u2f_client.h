#ifndef U2FI_SERVICES_COMMON_U2FHID_U2F_CLIENT_H_
#define U2FI_SERVICES_COMMON_U2FHID_U2F_CLIENT_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/apdu.h"
#include "services/common/u2fhid/cancel_flag.h"
#include "services/common/u2fhid/hid_host.h"
#include "services/common/u2fhid/u2f_message.h"

namespace u2fi::u2fhid {

// What a token says about a key handle and an application parameter.
enum class KeyHandleOwner { kThisToken, kNotThisToken };

// Asks one token U2F questions over its open HidHost, again and again until it
// is touched. Returns what the token said; whether it proves anything is for
// services/common/fido to say. Not thread-safe; Cancel() of the limit may come
// from any thread.
//
// Besides the errors of HidHost and INVALID_FIELD for a wrong argument:
//   TOUCH_TIMEOUT  the deadline passed and nobody touched
//   DEVICE_STATUS  another status word; metadata "status" is it, in hex
// TOKEN_BUSY is returned only if the token is still busy at the deadline.
class U2fClient {
 public:
  struct Options {
    // The pause between two times the same question. U2F tokens answer "touch
    // needed" at once and are asked again (Raw Message Formats 1.2, section 3.3
    // and the U2F JavaScript API's reference clients: 200 to 500 ms).
    absl::Duration poll_interval = absl::Milliseconds(200);
    // How to pause. Ends early when the flag is set.
    std::function<void(absl::Duration, CancelFlag&)> sleep =
        [](absl::Duration duration, CancelFlag& cancel) {
          cancel.SleepFor(duration);
        };
  };

  // `host` and `clock` must outlive this object.
  U2fClient(HidHost& host, const Clock& clock, Options options)
      : host_(host), clock_(clock), options_(std::move(options)) {}

  // The protocol's name: "U2F_V2".
  absl::StatusOr<std::string> Version(const WaitLimit& limit);

  // Registers, with a touch. Returns the registration data of section 4.3,
  // without the status word. Both parameters have 32 bytes.
  absl::StatusOr<std::string> Register(absl::string_view challenge,
                                       absl::string_view application,
                                       const WaitLimit& limit);

  // Signs, with a touch if request.control says so. Returns presence, counter
  // and signature of section 5.4, without the status word. A token that does
  // not know the key handle gives DEVICE_STATUS with status 6a80. kCheckOnly is
  // refused with INVALID_FIELD: see Owner().
  absl::StatusOr<std::string> Authenticate(const AuthenticateRequest& request,
                                           const WaitLimit& limit);

  // Whether the key handle is this token's, without a touch.
  absl::StatusOr<KeyHandleOwner> Owner(absl::string_view application,
                                       absl::string_view key_handle,
                                       const WaitLimit& limit);

 private:
  absl::StatusOr<ResponseApdu> Ask(const CommandApdu& command,
                                   const WaitLimit& limit);
  absl::StatusOr<std::string> AskUntilTouched(const CommandApdu& command,
                                              const WaitLimit& limit);
  absl::StatusOr<ResponseApdu> AskUntilFree(const CommandApdu& command,
                                            const WaitLimit& limit);
  bool PauseWithin(const WaitLimit& limit);

  HidHost& host_;
  const Clock& clock_;
  const Options options_;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_U2F_CLIENT_H_
