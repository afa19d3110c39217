#include "services/device-registry/confirmations.h"

#include <utility>
#include <vector>

#include "absl/types/optional.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/device_word.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using records::v1::DeviceRow;
using records::v1::PinRow;
using records::v1::ReleaseRow;
using records::v1::TransactionRow;

constexpr int kMaxWords = 1000;
constexpr uint64_t kGenesis = 1;

bool IsCommitted(const v1::Transaction& transaction) {
  return transaction.state() == v1::TRANSACTION_STATE_COMMITTED ||
         transaction.state() == v1::TRANSACTION_STATE_CONFIRMED ||
         transaction.state() == v1::TRANSACTION_STATE_ALARM;
}

bool HasDevice(const v1::Transaction& transaction, const std::string& device) {
  for (const v1::TransactionDevice& entry : transaction.devices()) {
    if (entry.device() == device) return true;
  }
  return false;
}

// What was stored with a pin set, as it goes down: in a CommitBinding or a
// PinsUpdate.
template <typename Message>
absl::StatusOr<Message> MessageOf(const PinRow& row) {
  Message message;
  proof::v1::Proof proof;
  if (!proof.ParseFromString(row.revision().proof()) ||
      !message.mutable_evidence()->ParseFromString(row.revision().evidence())) {
    return Error(reason::kInternal, "a stored proof cannot be read");
  }
  message.mutable_item()->set_command(row.revision().command());
  message.mutable_item()->set_index(proof.index());
  *message.mutable_item()->mutable_path() = proof.path();
  message.mutable_approvals()->Swap(proof.mutable_approvals());
  if (row.revision().evidence().empty()) message.clear_evidence();
  return message;
}

// Whether `word` says that the device has a pin set before the present one.
// What it refused is not sent again.
bool IsBehind(const DeviceRow& row, const DeviceWord& word) {
  return row.device().state() == v1::DEVICE_STATE_BOUND &&
         word.refusal.empty() && word.revision != 0 &&
         word.revision < row.device().pins_revision();
}

absl::Status CheckConfirm(const v1::ConfirmRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("gateway", request.gateway()));
  if (request.results_size() > kMaxWords) {
    return FieldError("results", "has more than 1,000 entries");
  }
  return request.reports_size() <= kMaxWords
             ? absl::OkStatus()
             : FieldError("reports", "has more than 1,000 entries");
}

}  // namespace

absl::StatusOr<v1::OutcomeResponse> Confirmations::Outcome(
    const rpc::Caller& caller, const v1::OutcomeRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  const std::string& id = request.transaction();
  RETURN_IF_ERROR(rpc::CheckId("transaction", id));
  RETURN_IF_ERROR(CheckOptionalId("device", request.device()));
  ASSIGN_OR_RETURN(TransactionRow row,
                   store_.Require<TransactionRow>(tenant, key::Transaction(id),
                                                  TransactionName(id)));
  v1::OutcomeResponse response;
  v1::Transaction& transaction = *response.mutable_transaction();
  transaction.Swap(row.mutable_transaction());
  if (!request.device().empty() && !HasDevice(transaction, request.device())) {
    return UnknownResource(DeviceName(request.device()));
  }
  if (!IsCommitted(transaction)) return response;
  for (const v1::TransactionDevice& entry : transaction.devices()) {
    if (!request.device().empty() && request.device() != entry.device()) {
      continue;
    }
    RETURN_IF_ERROR(AddCommit(tenant, id, entry.device(), response));
  }
  return response;
}

absl::Status Confirmations::AddCommit(const std::string& tenant,
                                      const std::string& transaction,
                                      const std::string& device,
                                      v1::OutcomeResponse& response) {
  ASSIGN_OR_RETURN(const DeviceRow row,
                   store_.Require<DeviceRow>(tenant, key::Device(device),
                                             DeviceName(device)));
  // A device that has moved on since does not need it any more.
  if (row.transaction() != transaction) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const PinRow pins,
      store_.Require<PinRow>(tenant, key::Pins(device, row.life(), kGenesis),
                             DeviceName(device)));
  ASSIGN_OR_RETURN(auto commit, MessageOf<gateway::v1::CommitBinding>(pins));
  commit.set_transaction(transaction);
  ASSIGN_OR_RETURN(*commit.mutable_access_token(), tokens_.Sign(tenant, row));
  *response.add_commits() = std::move(commit);
  return absl::OkStatus();
}

absl::StatusOr<v1::ConfirmResponse> Confirmations::Confirm(
    const rpc::Caller& caller, const v1::ConfirmRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckConfirm(request));
  std::vector<DeviceWord> words;
  for (const auto& result : request.results()) words.push_back(WordOf(result));
  for (const auto& report : request.reports()) words.push_back(WordOf(report));
  for (DeviceWord& word : words) {
    RETURN_IF_ERROR(CheckWord(word));
    word.now_ms = static_cast<uint64_t>(UnixMillis(store_.clock()));
  }
  absl::Status first_error;
  for (const DeviceWord& word : words) {
    first_error.Update(store_.Decide(tenant, [&](Change& change) {
      return TakeWord(change, caller, request.gateway(), word);
    }));
  }
  if (!first_error.ok()) return first_error;
  v1::ConfirmResponse response;
  for (const DeviceWord& word : words) {
    RETURN_IF_ERROR(AddUpdate(tenant, word, response));
    RETURN_IF_ERROR(AddRelease(tenant, word, response));
  }
  return response;
}

absl::Status Confirmations::AddUpdate(const std::string& tenant,
                                      const DeviceWord& word,
                                      v1::ConfirmResponse& response) {
  ASSIGN_OR_RETURN(const DeviceRow row,
                   store_.Require<DeviceRow>(tenant, key::Device(word.device),
                                             DeviceName(word.device)));
  if (!IsBehind(row, word)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::optional<PinRow> next,
                   store_.Get<PinRow>(tenant, key::Pins(word.device, row.life(),
                                                        word.revision + 1)));
  proof::v1::PinSet pins;
  if (!next.has_value() || !pins.ParseFromString(next->revision().pin_set()) ||
      pins.previous() != word.hash) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(*response.add_updates(),
                   MessageOf<gateway::v1::PinsUpdate>(*next));
  return absl::OkStatus();
}

absl::Status Confirmations::AddRelease(const std::string& tenant,
                                       const DeviceWord& word,
                                       v1::ConfirmResponse& response) {
  // What it refused is not sent again.
  if (word.revision == 0 || !word.refusal.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::optional<ReleaseRow> row,
                   store_.Get<ReleaseRow>(tenant, key::Release(word.device)));
  if (!row.has_value()) return absl::OkStatus();
  proof::v1::Proof proof;
  if (!proof.ParseFromString(row->proof())) {
    return Error(reason::kInternal, "a stored proof cannot be read");
  }
  gateway::v1::ReleaseBinding& release = *response.add_releases();
  release.mutable_item()->set_command(row->command());
  release.mutable_item()->set_index(proof.index());
  *release.mutable_item()->mutable_path() = proof.path();
  release.mutable_approvals()->Swap(proof.mutable_approvals());
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
