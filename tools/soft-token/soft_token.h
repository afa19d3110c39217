#ifndef U2FI_TOOLS_SOFT_TOKEN_SOFT_TOKEN_H_
#define U2FI_TOOLS_SOFT_TOKEN_SOFT_TOKEN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/hid_device.h"
#include "tools/soft-token/client_pin.h"
#include "tools/soft-token/counter_store.h"
#include "tools/soft-token/ctap2_token.h"
#include "tools/soft-token/fault.h"
#include "tools/soft-token/pin_store.h"
#include "tools/soft-token/token_identity.h"
#include "tools/soft-token/touch_sensor.h"
#include "tools/soft-token/u2f_token.h"

namespace u2fi::soft_token {

// What a person at the token would see.
enum class Signal {
  kTouchWanted,     // It blinks.
  kTouchTaken,      // It was touched and answered.
  kTouchNotNeeded,  // It stopped blinking: nobody asks any more.
  kWink,            // A host asked it to show itself.
};

// A whole token, U2F or CTAP2 or both, behind HID reports, with a person's hand
// (Touch()) and a USB plug. Not thread-safe: tests talk to it through
// LoopTransport in one thread, the program through SoftTokenServer.
class SoftToken : public u2fhid::HidEndpoint, private u2fhid::HidHandler {
 public:
  struct Options {
    TouchMode touch = TouchMode::kManual;
    // False: answers "touch needed" at once and is asked again, as U2F keys do.
    // True: keeps the request open and sends KEEPALIVE until the touch comes,
    // as newer keys may; gives up after hold_limit.
    bool hold = false;
    // What it speaks. CTAP2 requests are always held.
    bool u2f = true;
    bool ctap2 = false;
    // Over CTAP2 it wants its PIN for whatever it is touched for.
    bool always_uv = false;
    absl::Duration hold_limit = absl::Seconds(30);
    // Told of every change that a person would see. May be empty.
    std::function<void(Signal)> on_signal;
  };

  // What it keeps. The stores must outlive the token; the identity is copied.
  struct State {
    const TokenIdentity& identity;
    CounterStore& counter;
    PinStore& pin;
  };

  // `clock` and `random` must outlive this object.
  SoftToken(const Clock& clock, RandomSource& random, const State& state,
            Options options);

  // The wire. While unplugged nothing goes in or out.
  void OnReport(const u2fhid::Report& report) override;
  void OnTick() override;
  absl::optional<absl::Duration> NextTick() const override;
  std::vector<u2fhid::Report> TakeReports() override;

  // Touches now, or within the next 10 seconds if nobody asks yet.
  void Touch();
  // Touches if a touch is wanted. False if it is not: like a touch on a key
  // that does not blink, it does nothing.
  bool TouchIfWanted();
  // A request that is held open is answered by the new mode.
  void SetTouchMode(TouchMode mode);
  void SetHold(bool hold) { options_.hold = hold; }
  void SetFault(Fault fault);

  // Pulls the token out: channels, requests and touches are forgotten.
  void Unplug();
  void Plug() { plugged_ = true; }

  bool plugged() const { return plugged_; }
  bool touch_wanted() const { return held_.has_value() || touch_.wanted(); }
  TouchMode touch_mode() const { return touch_.mode(); }
  bool hold() const { return options_.hold; }
  Fault fault() const { return fault_; }
  // Sets the PIN of a token that has none: see ClientPin::SetFirst().
  absl::Status SetFirstPin(absl::string_view pin) { return pin_.SetFirst(pin); }
  bool has_pin() const { return pin_.is_set(); }
  // Wrong PINs that it still takes.
  int pin_retries() const { return pin_.retries(); }

  // The last counter value signed with.
  uint32_t counter() const { return counter_.last(); }

 private:
  // A request that waits for a touch.
  struct Held {
    bool is_cbor;
    std::string request;
  };

  absl::optional<std::string> OnMsg(absl::string_view apdu) override;
  absl::optional<std::string> OnCbor(absl::string_view request) override;
  void OnAbort() override { held_.reset(); }
  void OnWink() override { Show(Signal::kWink); }
  void Hold(bool is_cbor, absl::string_view request);
  void GiveUpHeld();
  void AnswerHeld();
  // The touch that was wanted is there, unless one is `still_needed`.
  void ShowTaken(bool still_needed);
  void ShowTouchState();
  void Show(Signal signal);

  const Clock& clock_;
  CounterStore& counter_;
  Options options_;
  TouchSensor touch_;
  U2fToken token_;
  ClientPin pin_;
  Ctap2Token ctap2_;
  u2fhid::HidDevice device_;
  Fault fault_ = Fault::kNone;
  bool plugged_ = true;
  bool shown_wanted_ = false;
  // What waits for a touch, and for how long.
  absl::optional<Held> held_;
  absl::Duration held_until_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_SOFT_TOKEN_H_
