#ifndef U2FI_TOOLS_SOFT_TOKEN_IN_PROCESS_TOKEN_H_
#define U2FI_TOOLS_SOFT_TOKEN_IN_PROCESS_TOKEN_H_

#include <utility>

#include "services/common/random/fake_random_source.h"
#include "services/common/time/fake_clock.h"
#include "services/common/u2fhid/hid_host.h"
#include "services/common/u2fhid/loop_transport.h"
#include "services/common/u2fhid/u2f_client.h"
#include "tools/soft-token/fake_counter_store.h"
#include "tools/soft-token/fake_pin_store.h"
#include "tools/soft-token/soft_token.h"

namespace u2fi::soft_token {

// A soft token and a client that talks to it, for tests in one thread with a
// fake clock; the touch is automatic unless the options say otherwise. A clone
// is a second one with the same identity; counter() sets the counter at will.
// Waits take no real time: they move the clock.
class InProcessToken {
 public:
  static SoftToken::Options AutoTouch() {
    SoftToken::Options options;
    options.touch = TouchMode::kAuto;
    return options;
  }

  // `clock` must outlive this object.
  explicit InProcessToken(FakeClock& clock,
                          SoftToken::Options options = AutoTouch())
      : InProcessToken(clock, NewIdentity(clock, IdentityRandom()),
                       std::move(options)) {}
  InProcessToken(FakeClock& clock, const TokenIdentity& identity,
                 SoftToken::Options options = AutoTouch())
      : clock_(clock),
        identity_(identity),
        token_(clock, random_, {identity_, counter_, pin_},
               std::move(options)) {}

  // Gets the client its channel. Call it first, and after each Unplug().
  absl::Status Open() { return host_.Open(Limit()); }

  // What the client may wait: 10 seconds of fake time.
  u2fhid::WaitLimit Limit() {
    return {clock_.Uptime() + absl::Seconds(10), cancel_};
  }

  u2fhid::U2fClient& client() { return client_; }
  u2fhid::HidHost& host() { return host_; }
  SoftToken& token() { return token_; }
  FakeCounterStore& counter() { return counter_; }
  const TokenIdentity& identity() const { return identity_; }

 private:
  static RandomSource& IdentityRandom() {
    static FakeRandomSource* const random = new FakeRandomSource(99);
    return *random;
  }

  FakeClock& clock_;
  const TokenIdentity identity_;
  FakeRandomSource random_;
  FakeCounterStore counter_;
  FakePinStore pin_;
  SoftToken token_;
  u2fhid::CancelFlag cancel_;
  u2fhid::LoopTransport wire_{clock_, token_};
  u2fhid::HidHost host_{wire_, clock_, random_, {}};
  u2fhid::U2fClient client_{host_,
                            clock_,
                            {absl::Milliseconds(200),
                             [this](absl::Duration pause, u2fhid::CancelFlag&) {
                               clock_.Advance(pause);
                             }}};
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_IN_PROCESS_TOKEN_H_
