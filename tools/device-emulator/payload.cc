#include "tools/device-emulator/payload.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device {
namespace {

constexpr size_t kMaxCommand = 4096;
constexpr size_t kMaxProof = 16 << 10;
constexpr size_t kMaxEvidence = 256 << 10;
constexpr size_t kMaxJwt = 2048;
constexpr uint32_t kMaxFailSafeMs = 30 * 60 * 1000;

absl::Status Bad(absl::string_view field, absl::string_view problem) {
  return Error(reason::kMessageFormat, absl::StrCat(field, " ", problem),
               {{"field", std::string(field)}});
}

absl::Status CheckSize(absl::string_view field, absl::string_view value,
                       size_t least, size_t most) {
  if (value.size() >= least && value.size() <= most) return absl::OkStatus();
  return Bad(field, "has a wrong size");
}

absl::Status CheckTx(const std::string& tx) {
  const bool good = std::all_of(tx.begin(), tx.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  return good ? CheckSize("tx", tx, 1, 64) : Bad("tx", "is no id");
}

absl::Status Check(const v1::DeviceCommand& message) {
  RETURN_IF_ERROR(CheckSize("command", message.command(), 1, kMaxCommand));
  return CheckSize("proof", message.proof(), 0, kMaxProof);
}

absl::Status Check(const v1::StatusRequest& message) {
  if (message.sequence() == 0) return Bad("sequence", "is missing");
  return absl::OkStatus();
}

absl::Status Check(const v1::ProveRequest& message) {
  RETURN_IF_ERROR(CheckTx(message.tx()));
  RETURN_IF_ERROR(CheckSize("nonce", message.nonce(), 32, 32));
  return CheckSize("gateway_point", message.gateway_point(), 65, 65);
}

absl::Status Check(const v1::Stage& message) {
  RETURN_IF_ERROR(CheckTx(message.tx()));
  RETURN_IF_ERROR(CheckSize("command", message.command(), 1, kMaxCommand));
  RETURN_IF_ERROR(CheckSize("evidence", message.evidence(), 0, kMaxEvidence));
  if (message.fail_safe_ms() < 1 || message.fail_safe_ms() > kMaxFailSafeMs) {
    return Bad("fail_safe_ms", "is out of its bounds");
  }
  return absl::OkStatus();
}

absl::Status Check(const v1::AccessToken& message) {
  const bool ascii =
      std::all_of(message.jwt().begin(), message.jwt().end(),
                  [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!ascii) return Bad("jwt", "is not ASCII");
  return CheckSize("jwt", message.jwt(), 1, kMaxJwt);
}

absl::Status Check(const v1::Commit& message) {
  RETURN_IF_ERROR(CheckTx(message.tx()));
  RETURN_IF_ERROR(CheckSize("proof", message.proof(), 1, kMaxProof));
  if (!message.has_access_token()) return absl::OkStatus();
  return Check(message.access_token());
}

absl::Status Check(const v1::PinsUpdate& message) {
  RETURN_IF_ERROR(CheckSize("command", message.command(), 1, kMaxCommand));
  RETURN_IF_ERROR(CheckSize("proof", message.proof(), 1, kMaxProof));
  return CheckSize("evidence", message.evidence(), 0, kMaxEvidence);
}

absl::Status Check(const v1::Release& message) {
  RETURN_IF_ERROR(CheckSize("command", message.command(), 1, kMaxCommand));
  return CheckSize("proof", message.proof(), 1, kMaxProof);
}

absl::Status CheckBody(const v1::ToDevice& message) {
  switch (message.body_case()) {
    case v1::ToDevice::kCommand:
      return Check(message.command());
    case v1::ToDevice::kStatus:
      return Check(message.status());
    case v1::ToDevice::kProve:
      return Check(message.prove());
    case v1::ToDevice::kStage:
      return Check(message.stage());
    case v1::ToDevice::kCommit:
      return Check(message.commit());
    case v1::ToDevice::kRollback:
      return CheckTx(message.rollback().tx());
    case v1::ToDevice::kPinsUpdate:
      return Check(message.pins_update());
    case v1::ToDevice::kRelease:
      return Check(message.release());
    case v1::ToDevice::kAccessToken:
      return Check(message.access_token());
    case v1::ToDevice::kHelloRequest:
      return absl::OkStatus();
    case v1::ToDevice::BODY_NOT_SET:
      break;
  }
  return Bad("body", "is missing or unknown");
}

}  // namespace

absl::StatusOr<v1::ToDevice> ParseToDevice(absl::string_view payload) {
  RETURN_IF_ERROR(CheckSize("message", payload, 0, kMaxToDevice));
  v1::ToDevice message;
  if (!message.ParseFromArray(payload.data(),
                              static_cast<int>(payload.size()))) {
    return Bad("message", "is no ToDevice");
  }
  RETURN_IF_ERROR(CheckBody(message));
  return message;
}

}  // namespace u2fi::device
