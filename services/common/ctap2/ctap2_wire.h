#ifndef U2FI_SERVICES_COMMON_CTAP2_CTAP2_WIRE_H_
#define U2FI_SERVICES_COMMON_CTAP2_CTAP2_WIRE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/hid_host.h"

namespace u2fi::ctap2 {

// Carries whole messages between libfido2, which asks and reads CTAP2, and a
// HidHost, which has the key's channel. So framing, cancelling, deadlines and a
// key that goes away are what they are for U2F. Not thread-safe.
class Ctap2Wire {
 public:
  struct Options {
    // The pause before a busy key, or one that stopped waiting for a touch by
    // itself, is asked again.
    absl::Duration poll_interval = absl::Milliseconds(200);
    // How to pause. Ends early when the flag is set.
    std::function<void(absl::Duration, u2fhid::CancelFlag&)> sleep =
        [](absl::Duration duration, u2fhid::CancelFlag& cancel) {
          cancel.SleepFor(duration);
        };
  };

  // `host` is open. It and `clock` must outlive this object.
  Ctap2Wire(u2fhid::HidHost& host, const Clock& clock, Options options)
      : host_(host), clock_(clock), options_(std::move(options)) {}

  // What follows may take as long as `limit` says, which must live until then.
  // Forgets the last error.
  void Begin(const u2fhid::WaitLimit& limit);

  // Takes the message that is to be sent: `command` is that of an
  // initialization packet. False for anything but INIT and CBOR.
  bool Send(uint8_t command, absl::string_view message);

  // Sends it and waits for the answer, of at most `max_size` bytes, whose CBOR
  // is within the bounds of fido::ParseCbor() (TOKEN_FRAME otherwise). INIT is
  // answered here: the host has had its channel before.
  absl::StatusOr<std::string> Receive(size_t max_size);

  // Sleeps for the interval. False, at once, if the deadline comes before its
  // end or has passed.
  bool Pause();

  // What went wrong on the way since Begin().
  const absl::Status& error() const { return error_; }

 private:
  std::string InitAnswer() const;
  absl::StatusOr<std::string> Ask();

  u2fhid::HidHost& host_;
  const Clock& clock_;
  const Options options_;
  const u2fhid::WaitLimit* limit_ = nullptr;
  bool is_init_ = false;
  std::string message_;
  absl::Status error_;
};

}  // namespace u2fi::ctap2

#endif  // U2FI_SERVICES_COMMON_CTAP2_CTAP2_WIRE_H_
