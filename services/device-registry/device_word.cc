#include "services/device-registry/device_word.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/domains.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "services/device-registry/transactions.h"
#include "services/device-registry/unbinding.h"

namespace u2fi::device_registry {
namespace {

using records::v1::BindingRow;
using records::v1::DeviceRow;
using records::v1::TransactionRow;

constexpr size_t kHashSize = 32;
constexpr size_t kMaxReason = 64;
constexpr size_t kMaxSignature = 72;
// What a device signs when it has done what it was asked.
constexpr absl::string_view kDone = "SUCCEEDED";

bool IsReasonName(absl::string_view text) {
  return text.size() <= kMaxReason &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

bool SignedByDevice(const DeviceRow& row, const DeviceWord& word) {
  if (word.signature.empty()) return false;
  const auto key = crypto::P256PublicKey::FromPoint(row.device().factory_key());
  const crypto::Digest digest = crypto::Sha256(
      {proof::domain::kResult, crypto::LengthPrefixed(word.command_id),
       crypto::LengthPrefixed(kDone)});
  return key.ok() && key->Verify(digest, word.signature).ok();
}

// The state of one TakeWord().
class Taking {
 public:
  Taking(Change& change, const rpc::Caller& caller, const DeviceWord& word,
         DeviceRow row)
      : change_(change), caller_(caller), word_(word), row_(std::move(row)) {}

  absl::Status Run();

 private:
  bool HasCommitted() const {
    return row_.device().state() == v1::DEVICE_STATE_BOUND &&
           word_.revision == row_.device().pins_revision() &&
           word_.hash == row_.device().pins_hash();
  }
  bool IsNew() const {
    return word_.revision != row_.device().reported_pins_revision() ||
           word_.hash != row_.reported_pins_hash();
  }
  // A pin set that the registry has not proved, or a later one.
  bool IsUnknown() const {
    return word_.revision != 0 && !HasCommitted() &&
           word_.revision >= row_.device().pins_revision();
  }

  // It is blank, as it was asked to be. A release that was forced ends with
  // the next binding: what is blank from then on was reset.
  bool IsReleased() const {
    const v1::DeviceState state = row_.device().state();
    return word_.revision == 0 && word_.refusal.empty() &&
           (state == v1::DEVICE_STATE_RELEASING ||
            (row_.device().forced() && state != v1::DEVICE_STATE_BOUND));
  }
  // It did not take a pin set that was committed after its own.
  bool RefusesUpdate() const {
    return row_.device().state() == v1::DEVICE_STATE_BOUND &&
           !word_.refusal.empty() && word_.revision != 0 &&
           word_.revision < row_.device().pins_revision();
  }

  absl::Status Release();
  void Report();
  void TellRefusal();
  absl::Status Confirm();
  absl::Status Activate();
  void Refuse(TransactionRow transaction);
  audit::RowContent Row(audit::v1::RowKind kind) const;

  Change& change_;
  const rpc::Caller& caller_;
  const DeviceWord& word_;
  DeviceRow row_;
};

absl::Status Taking::Run() {
  if (IsReleased()) return Release();
  if (!row_.transaction().empty()) RETURN_IF_ERROR(Confirm());
  if (RefusesUpdate()) TellRefusal();
  if (IsNew()) Report();
  return absl::OkStatus();
}

absl::Status Taking::Release() {
  audit::RowContent content = Row(audit::v1::ROW_KIND_BINDING);
  content.body.set_state_before(StateName(row_.device().state()));
  RETURN_IF_ERROR(EndRelease(change_, word_.now_ms, row_));
  content.body.set_state_after(StateName(row_.device().state()));
  change_.Audit(std::move(content));
  row_.mutable_device()->clear_reported_pins_revision();
  row_.clear_reported_pins_hash();
  PutDevice(change_, std::move(row_));
  return absl::OkStatus();
}

audit::RowContent Taking::Row(audit::v1::RowKind kind) const {
  audit::RowContent row = RowAbout(kind, caller_, {row_.device().name()});
  row.body.set_reported_by(SignedByDevice(row_, word_) ? "device" : "gateway");
  return row;
}

void Taking::Report() {
  const bool alarm = IsUnknown();
  audit::RowContent content =
      Row(alarm ? audit::v1::ROW_KIND_ALARM : audit::v1::ROW_KIND_PINS);
  AddDetail(content, "reported_hash", crypto::Hex(word_.hash));
  AddDetail(content, "reported_revision", absl::StrCat(word_.revision));
  change_.Audit(std::move(content));
  if (alarm) {
    change_.Announce(v1::EVENT_KIND_ALARM, row_.device().name(),
                     StateName(row_.device().state()));
  }
  row_.mutable_device()->set_reported_pins_revision(word_.revision);
  row_.set_reported_pins_hash(word_.hash);
  PutDevice(change_, std::move(row_));
}

// The registry and the device go on with different pin sets: somebody has to
// look.
void Taking::TellRefusal() {
  audit::RowContent content = Row(audit::v1::ROW_KIND_ALARM);
  content.body.set_outcome(common::v1::OUTCOME_REFUSED);
  content.body.set_reason(word_.refusal);
  AddDetail(content, "command", word_.command_id);
  AddDetail(content, "reported_revision", absl::StrCat(word_.revision));
  change_.Audit(std::move(content));
  change_.Announce(v1::EVENT_KIND_ALARM, row_.device().name(),
                   StateName(row_.device().state()));
  if (!IsNew()) PutDevice(change_, row_);
}

absl::Status Taking::Confirm() {
  ASSIGN_OR_RETURN(TransactionRow row,
                   RequireTransaction(change_, row_.transaction()));
  v1::Transaction& transaction = *row.mutable_transaction();
  const v1::TransactionState before = transaction.state();
  if (before != v1::TRANSACTION_STATE_COMMITTED &&
      before != v1::TRANSACTION_STATE_ALARM) {
    return absl::OkStatus();
  }
  if (!HasCommitted()) {
    if (word_.refusal != row.refusal()) Refuse(std::move(row));
    return absl::OkStatus();
  }
  bool all = true;
  for (v1::TransactionDevice& entry : *transaction.mutable_devices()) {
    if (entry.device() == word_.device) entry.set_confirmed(true);
    all &= entry.confirmed();
  }
  if (all) {
    transaction.set_state(v1::TRANSACTION_STATE_CONFIRMED);
    ClearTimer(change_, row);
  }
  audit::RowContent content = Row(audit::v1::ROW_KIND_BINDING);
  content.subjects.push_back(transaction.name());
  content.body.set_state_before(StateName(before));
  content.body.set_state_after(StateName(transaction.state()));
  change_.Audit(std::move(content));
  PutTransaction(change_, std::move(row));
  // Until here a device that was locked to its last owner could still need it.
  RETURN_IF_ERROR(DropRelease(change_, row_));
  return Activate();
}

absl::Status Taking::Activate() {
  const std::string name = BindingName(row_.binding());
  ASSIGN_OR_RETURN(BindingRow row, change_.Require<BindingRow>(
                                       key::Binding(row_.binding()), name));
  row.mutable_binding()->set_state(v1::BINDING_STATE_ACTIVE);
  change_.Announce(v1::EVENT_KIND_BINDING, name, "ACTIVE");
  change_.Put(key::Binding(row_.binding()), std::move(row));
  return absl::OkStatus();
}

void Taking::Refuse(TransactionRow row) {
  row.set_refusal(word_.refusal);
  audit::RowContent content = Row(audit::v1::ROW_KIND_BINDING);
  content.subjects.push_back(row.transaction().name());
  content.body.set_state_before(StateName(row.transaction().state()));
  content.body.set_state_after(StateName(row.transaction().state()));
  if (!word_.refusal.empty()) {
    content.body.set_outcome(common::v1::OUTCOME_REFUSED);
    content.body.set_reason(word_.refusal);
  }
  change_.Audit(std::move(content));
  PutTransaction(change_, std::move(row));
}

}  // namespace

DeviceWord WordOf(const gateway::v1::BindingResult& result) {
  return {result.device(), result.pins_revision(), result.pins_hash(),
          result.reason(), result.command_id(),    result.device_signature(),
          /*now_ms=*/0};
}

DeviceWord WordOf(const gateway::v1::PinsReport& report) {
  return {
      report.device(), report.pins_revision(), report.pins_hash(), "", "", "",
      /*now_ms=*/0};
}

absl::Status CheckWord(const DeviceWord& word) {
  RETURN_IF_ERROR(rpc::CheckId("device", word.device));
  RETURN_IF_ERROR(CheckOptionalId("command_id", word.command_id));
  if (word.hash.size() != (word.revision == 0 ? 0 : kHashSize)) {
    return FieldError("pins_hash", "is not 32 bytes exactly with a revision");
  }
  if (!IsReasonName(word.refusal)) {
    return FieldError("reason", "is not 1 to 64 of [A-Z0-9_]");
  }
  return word.signature.size() <= kMaxSignature
             ? absl::OkStatus()
             : FieldError("device_signature", "is over 72 bytes");
}

absl::Status TakeWord(Change& change, const rpc::Caller& caller,
                      const std::string& gateway, const DeviceWord& word) {
  ASSIGN_OR_RETURN(DeviceRow row, RequireDevice(change, word.device));
  if (row.device().gateway().empty()) return absl::OkStatus();
  if (row.device().gateway() != gateway) {
    return Error(reason::kGatewayMismatch,
                 "another gateway executes for the device",
                 {{"device", word.device}});
  }
  return Taking(change, caller, word, std::move(row)).Run();
}

}  // namespace u2fi::device_registry
