#ifndef U2FI_SERVICES_GATEWAY_AGENT_HID_TOKEN_H_
#define U2FI_SERVICES_GATEWAY_AGENT_HID_TOKEN_H_

#include <memory>
#include <string>

#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/u2f_client.h"
#include "services/gateway-agent/token.h"

namespace u2fi::gateway_agent {

// A token behind U2FHID frames, whatever carries them.
class HidToken : public Token {
 public:
  // `clock` and `random` must outlive this object.
  HidToken(std::unique_ptr<u2fhid::Transport> transport, const Clock& clock,
           RandomSource& random)
      : transport_(std::move(transport)),
        host_(*transport_, clock, random, {}),
        client_(host_, clock, {}) {}

  // Gets a channel. Once, before all else.
  absl::Status Open(const u2fhid::WaitLimit& limit) {
    return host_.Open(limit);
  }

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
  const std::unique_ptr<u2fhid::Transport> transport_;
  u2fhid::HidHost host_;
  u2fhid::U2fClient client_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_HID_TOKEN_H_
