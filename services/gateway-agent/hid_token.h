#ifndef U2FI_SERVICES_GATEWAY_AGENT_HID_TOKEN_H_
#define U2FI_SERVICES_GATEWAY_AGENT_HID_TOKEN_H_

#include <memory>
#include <string>

#include "absl/types/optional.h"
#include "services/common/ctap2/ctap2_client.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/u2f_client.h"
#include "services/gateway-agent/token.h"

namespace u2fi::gateway_agent {

// A token behind U2FHID frames, whatever carries them. What it speaks is what
// its answer to INIT says.
class HidToken : public Token {
 public:
  // A token that is silent for so long is not there.
  static constexpr absl::Duration kOpenWithin = absl::Seconds(2);

  // Gets a channel of what is behind `transport`, within kOpenWithin. `clock`
  // is the transport's; it and `random` must outlive the result. Errors are
  // those of u2fhid::HidHost::Open().
  static absl::StatusOr<std::unique_ptr<HidToken>> Open(
      std::string port, std::unique_ptr<u2fhid::Transport> transport,
      const Clock& clock, RandomSource& random);

  const std::string& port() const override { return port_; }
  bool speaks_u2f() const override {
    return (host_.info().capabilities & u2fhid::kCapabilityNoMsg) == 0;
  }
  ctap2::Ctap2Key* ctap2() override {
    return ctap2_.has_value() ? &*ctap2_ : nullptr;
  }
  // A key handle longer than any of U2F is not this token's.
  absl::StatusOr<bool> Owns(absl::string_view application,
                            absl::string_view key_handle,
                            const u2fhid::WaitLimit& limit) override;
  absl::StatusOr<std::string> Register(absl::string_view challenge,
                                       absl::string_view application,
                                       const u2fhid::WaitLimit& limit) override;
  absl::StatusOr<std::string> Sign(absl::string_view challenge,
                                   absl::string_view application,
                                   absl::string_view key_handle,
                                   const u2fhid::WaitLimit& limit) override;

 private:
  HidToken(std::string port, std::unique_ptr<u2fhid::Transport> transport,
           const Clock& clock, RandomSource& random)
      : port_(std::move(port)),
        transport_(std::move(transport)),
        host_(*transport_, clock, random, {}),
        client_(host_, clock, {}) {}

  const std::string port_;
  const std::unique_ptr<u2fhid::Transport> transport_;
  u2fhid::HidHost host_;
  u2fhid::U2fClient client_;
  absl::optional<ctap2::Ctap2Client> ctap2_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_HID_TOKEN_H_
