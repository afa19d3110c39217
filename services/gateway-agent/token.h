#ifndef U2FI_SERVICES_GATEWAY_AGENT_TOKEN_H_
#define U2FI_SERVICES_GATEWAY_AGENT_TOKEN_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/ctap2/ctap2_key.h"
#include "services/common/u2fhid/cancel_flag.h"

namespace u2fi::gateway_agent {

// A key that is plugged in. One request at a time; Cancel() of the limit may
// come from any thread. It speaks U2F, for which the three questions below are,
// or CTAP2, or both. Errors are those of u2fhid::U2fClient.
class Token {
 public:
  virtual ~Token() = default;

  // Where it is plugged in; no two have the same.
  virtual const std::string& port() const = 0;

  // False: it refuses the three questions.
  virtual bool speaks_u2f() const = 0;
  // Null: it does not speak CTAP2. Lives as long as the token.
  virtual ctap2::Ctap2Key* ctap2() = 0;

  // True if the key handle is this token's. No touch.
  virtual absl::StatusOr<bool> Owns(absl::string_view application,
                                    absl::string_view key_handle,
                                    const u2fhid::WaitLimit& limit) = 0;

  // A new key pair, with a touch: the raw registration response of U2F.
  virtual absl::StatusOr<std::string> Register(
      absl::string_view challenge, absl::string_view application,
      const u2fhid::WaitLimit& limit) = 0;

  // A signature, with a touch: the raw authentication response of U2F.
  virtual absl::StatusOr<std::string> Sign(absl::string_view challenge,
                                           absl::string_view application,
                                           absl::string_view key_handle,
                                           const u2fhid::WaitLimit& limit) = 0;
};

// Which keys are plugged in now. Thread-safe.
class TokenFinder {
 public:
  virtual ~TokenFinder() = default;

  // Opens those that are plugged in, but for the ports in `busy`. A key that
  // does not answer is left out.
  virtual std::vector<std::unique_ptr<Token>> Find(
      const std::set<std::string>& busy) = 0;

  // The ports where something is plugged in, without talking to it.
  virtual std::vector<std::string> Ports() = 0;

  // `changed` is called, on any thread, after a key came; and never again once
  // another one (or nothing) was set. A finder that cannot tell never calls.
  virtual void SetOnChange(std::function<void()> changed) = 0;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_TOKEN_H_
