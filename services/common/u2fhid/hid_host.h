#ifndef U2FI_SERVICES_COMMON_U2FHID_HID_HOST_H_
#define U2FI_SERVICES_COMMON_U2FHID_HID_HOST_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/assembler.h"
#include "services/common/u2fhid/cancel_flag.h"
#include "services/common/u2fhid/frame.h"
#include "services/common/u2fhid/transport.h"

namespace u2fi::u2fhid {

// The host's side of U2FHID: one channel of one token, one request at a time.
// Believes nothing that the token sends. Not thread-safe; Cancel() of the limit
// may come from any thread.
//
// Every call may give, and none changes anything on the host:
//   TOKEN_REMOVED    the token went away; make a new transport and host
//   TOKEN_TIMEOUT    silent for Options::answer_timeout, or the deadline passed
//   TOUCH_TIMEOUT    the deadline passed while the token said by KEEPALIVE that
//                    it waits for a touch; it was told to give up
//   TOKEN_CANCELLED  the caller cancelled; the token was told to give up
//   TOKEN_BUSY       another program talks to the token; try again later
//   TOKEN_FRAME      the token broke the framing
//   TOKEN_ERROR      the token answered ERROR; metadata "code" is its HidError
//                    (11: it does not know our channel, call Open() again)
// After any of these but TOKEN_BUSY and TOKEN_ERROR the next call first brings
// the channel in step again by INIT (CTAP 2.1, 11.2.5.3), so that a late answer
// is never taken for the answer to another request.
class HidHost {
 public:
  struct Options {
    // The longest silence before TOKEN_TIMEOUT. Each frame on our channel,
    // KEEPALIVE included, starts it again; the caller's deadline does not move.
    absl::Duration answer_timeout = absl::Seconds(3);
    // How often a wait looks at the cancel flag.
    absl::Duration cancel_check = absl::Milliseconds(50);
  };

  // The three references must outlive this object.
  HidHost(Transport& transport, const Clock& clock, RandomSource& random,
          Options options)
      : transport_(transport),
        clock_(clock),
        random_(random),
        options_(options) {}

  // Gets a channel by INIT on the broadcast channel, with a fresh nonce. The
  // first call must be this one; a second call gets another channel.
  absl::Status Open(const WaitLimit& limit);

  // What the token said at Open().
  const TokenInfo& info() const { return info_; }

  // Sends `data` (at most kMaxMessage bytes) and returns the echo. TOKEN_FRAME
  // if the echo differs.
  absl::Status Ping(absl::string_view data, const WaitLimit& limit);

  // Asks the token to show itself.
  absl::Status Wink(const WaitLimit& limit);

  // Sends an APDU and returns the response APDU with its status word.
  absl::StatusOr<std::string> Msg(absl::string_view apdu,
                                  const WaitLimit& limit);

  // Sends a CTAP2 command, its number and its CBOR, and returns the status byte
  // with what follows it (CTAP 2.1, 11.2.9.1.2). For keys that say
  // kCapabilityCbor.
  absl::StatusOr<std::string> Cbor(absl::string_view request,
                                   const WaitLimit& limit);

 private:
  absl::StatusOr<std::string> Transact(Command command,
                                       absl::string_view payload,
                                       const WaitLimit& limit);
  absl::StatusOr<std::string> Exchange(const Message& request,
                                       const WaitLimit& limit);
  absl::Status Send(const Message& message, const WaitLimit& limit);
  absl::StatusOr<Report> NextReport(uint32_t channel, const WaitLimit& limit);
  absl::StatusOr<Message> NextMessage(uint32_t channel, const WaitLimit& limit);
  absl::Status Init(uint32_t channel, const WaitLimit& limit);
  absl::Status TakeInitAnswer(absl::string_view payload);
  void GiveUp(Command command);

  Transport& transport_;
  const Clock& clock_;
  RandomSource& random_;
  const Options options_;
  TokenInfo info_;
  uint32_t channel_ = kBroadcastChannel;
  bool in_step_ = true;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_HID_HOST_H_
