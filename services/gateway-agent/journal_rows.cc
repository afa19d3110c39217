#include "services/gateway-agent/journal_rows.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/audit/rules.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"

namespace u2fi::gateway_agent {
namespace {

using audit::RowContent;

// An ECDSA signature with P-256 in DER.
constexpr size_t kLeastSignature = 8;
constexpr size_t kMostSignature = 72;

RowContent ContentAbout(audit::v1::RowKind kind, absl::string_view device) {
  RowContent content;
  content.kind = kind;
  content.subjects.push_back(absl::StrCat("devices/", device));
  return content;
}

void AddDetail(absl::string_view name, std::string value, RowContent& content) {
  audit::v1::Detail& detail = *content.body.add_details();
  detail.set_name(std::string(name));
  detail.set_value(std::move(value));
}

absl::string_view StateOf(gateway::v1::ExecutionOutcome outcome) {
  switch (outcome) {
    case gateway::v1::EXECUTION_OUTCOME_SUCCEEDED:
      return "SUCCEEDED";
    case gateway::v1::EXECUTION_OUTCOME_FAILED:
      return "FAILED";
    default:
      return "UNKNOWN_OUTCOME";
  }
}

}  // namespace

RowContent HandedContent(absl::string_view command_id,
                         const records::v1::JournalRow& row) {
  RowContent content =
      ContentAbout(audit::v1::ROW_KIND_EXECUTION, row.device());
  content.subjects.insert(content.subjects.begin(),
                          absl::StrCat("commands/", command_id));
  content.body.set_command(row.command());
  content.body.set_state_after("HANDED");
  // Written by this agent.
  proof::v1::Proof proof;
  if (row.proof().empty() || !proof.ParseFromString(row.proof())) {
    return content;
  }
  for (const proof::v1::Approval& approval : proof.approvals()) {
    content.body.add_approval_refs(
        crypto::ToString(audit::ApprovalDigest(approval)));
  }
  content.body.set_index(proof.index());
  *content.body.mutable_path() = proof.path();
  return content;
}

RowContent EndContent(const gateway::v1::CommandResult& result) {
  RowContent content =
      ContentAbout(audit::v1::ROW_KIND_EXECUTION, result.device());
  content.subjects.insert(content.subjects.begin(),
                          absl::StrCat("commands/", result.command_id()));
  content.body.set_state_before("HANDED");
  content.body.set_state_after(std::string(StateOf(result.outcome())));
  content.body.set_reported_by("gateway");
  // Whatever a device says must not keep the row from being written.
  const std::string& signature = result.device_signature();
  if (signature.size() >= kLeastSignature &&
      signature.size() <= kMostSignature) {
    const crypto::Digest signed_bytes = crypto::Sha256(
        {proof::domain::kResult, crypto::LengthPrefixed(result.command_id()),
         crypto::LengthPrefixed(result.outcome_text())});
    content.body.set_device_signature(
        absl::StrCat(crypto::View(signed_bytes), signature));
  }
  if (!audit::LooksLikeSecret(result.outcome_text())) {
    AddDetail("outcome", result.outcome_text(), content);
  }
  return content;
}

RowContent PinsContent(absl::string_view device,
                       const records::v1::DeviceRow& row) {
  RowContent content = ContentAbout(audit::v1::ROW_KIND_PINS, device);
  content.body.set_state_after("BELIEVED");
  const crypto::Digest hash =
      crypto::Sha256({proof::domain::kPins, row.pin_set()});
  AddDetail("pins_hash", crypto::Hex(crypto::View(hash)), content);
  return content;
}

RowContent ForgottenContent(absl::string_view device) {
  RowContent content = ContentAbout(audit::v1::ROW_KIND_PINS, device);
  content.body.set_state_before("BELIEVED");
  content.body.set_state_after("FORGOTTEN");
  return content;
}

}  // namespace u2fi::gateway_agent
