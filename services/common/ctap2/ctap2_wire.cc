#include "services/common/ctap2/ctap2_wire.h"

#include "services/common/fido/cbor.h"
#include "services/common/status/error.h"

namespace u2fi::ctap2 {
namespace {

using u2fhid::Command;

// Whether libfido2 may read it: libcbor allocates as much as a header of four
// bytes says.
bool IsBounded(absl::string_view answer) {
  const bool has_cbor = answer.size() > 1 && answer[0] == '\0';
  return !has_cbor || fido::ParseCbor(answer.substr(1)).ok();
}

}  // namespace

void Ctap2Wire::Begin(const u2fhid::WaitLimit& limit) {
  limit_ = &limit;
  error_ = absl::OkStatus();
}

bool Ctap2Wire::Send(uint8_t command, absl::string_view message) {
  is_init_ = command == static_cast<uint8_t>(Command::kInit);
  message_ = std::string(message);
  return is_init_ || command == static_cast<uint8_t>(Command::kCbor);
}

absl::StatusOr<std::string> Ctap2Wire::Receive(size_t max_size) {
  absl::StatusOr<std::string> answer = is_init_ ? InitAnswer() : Ask();
  if (answer.ok() && answer->size() > max_size) {
    answer = Error(reason::kTokenFrame, "the key's answer is too long");
  }
  if (answer.ok() && !is_init_ && !IsBounded(*answer)) {
    answer =
        Error(reason::kTokenFrame, "the key's answer is no CBOR in bounds");
  }
  if (!answer.ok()) error_ = answer.status();
  return answer;
}

bool Ctap2Wire::Pause() {
  if (clock_.Uptime() + options_.poll_interval >= limit_->deadline) {
    return false;
  }
  options_.sleep(options_.poll_interval, limit_->cancel);
  return true;
}

// Nonce, a channel, and what the key said about itself (CTAP 2.1, 11.2.9.1.3).
std::string Ctap2Wire::InitAnswer() const {
  const u2fhid::TokenInfo& info = host_.info();
  std::string answer = message_ + std::string("\0\0\0\1", 4);
  for (const uint8_t byte : {info.protocol_version, info.major, info.minor,
                             info.build, info.capabilities}) {
    answer += static_cast<char>(byte);
  }
  return answer;
}

absl::StatusOr<std::string> Ctap2Wire::Ask() {
  while (true) {
    absl::StatusOr<std::string> answer = host_.Cbor(message_, *limit_);
    const bool busy = IsReason(answer.status(), reason::kTokenBusy);
    if (!busy || !Pause()) return answer;
  }
}

}  // namespace u2fi::ctap2
