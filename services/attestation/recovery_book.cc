#include "services/attestation/recovery_book.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/attestation/requests.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/rpc/ids.h"
#include "services/common/rpc/request_checks.h"
#include "services/common/rpc/tenant.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::AccountRow;
using records::v1::RecoveryRow;
using records::v1::RequestRow;
using records::v1::TokenRow;

constexpr size_t kMaxWhy = 256;
constexpr size_t kIdRandom = 10;
constexpr absl::Duration kRequestKept = absl::Hours(24);
// Times in ids count down from here, so that the newest comes first.
constexpr int64_t kEndOfTime = 9'999'999'999'999;

std::string NewId(int64_t now_ms, RandomSource& random) {
  return absl::StrFormat("r-%013d-%s", kEndOfTime - now_ms,
                         crypto::Base32(random.Bytes(kIdRandom)));
}

std::string DigestOf(const rpc::Caller& caller,
                     const v1::StartRecoveryRequest& request) {
  return crypto::ToString(
      crypto::Sha256({crypto::LengthPrefixed(caller.uri()),
                      crypto::LengthPrefixed(request.account()),
                      crypto::LengthPrefixed(request.reason())}));
}

bool IsOver(v1::RecoveryState state) {
  return state == v1::RECOVERY_STATE_DONE ||
         state == v1::RECOVERY_STATE_CANCELLED;
}

absl::Status WrongState(v1::RecoveryState state) {
  return Error(reason::kRecoveryState, "the recovery is in another state",
               {{"state", StateText(state)}});
}

// The recovery token that began it; null: operators did.
const Stored<TokenRow>* BegunBy(const RecoveryRow& row,
                                const AccountView& account) {
  return row.approvers().empty() ? nullptr : account.Find(row.approvers(0));
}

absl::Status CheckStart(const v1::StartRecoveryRequest& request) {
  RETURN_IF_ERROR(rpc::CheckRequestId("request_id", request.request_id()));
  RETURN_IF_ERROR(rpc::CheckId("account", request.account()));
  if (request.reason().empty()) return FieldError("reason", "is required");
  return CheckText("reason", request.reason(), kMaxWhy);
}

}  // namespace

struct RecoveryBook::Found {
  std::string tenant;
  u2fi::store::Epoch epoch;
  Stored<RecoveryRow> stored;
};

v1::RecoveryState RecoveryBook::StateOf(const Row& row) const {
  if (IsOver(row.state())) return row.state();
  const auto now = static_cast<uint64_t>(UnixMillis(clock_));
  if (now >= row.expire_ms()) return v1::RECOVERY_STATE_CANCELLED;
  const bool open =
      row.state() == v1::RECOVERY_STATE_WAITING && now >= row.open_ms();
  return open ? v1::RECOVERY_STATE_OPEN : row.state();
}

v1::Recovery RecoveryBook::ViewOf(const Row& row) const {
  v1::Recovery view;
  view.set_name(absl::StrCat("recoveries/", row.recovery_id()));
  view.set_account(row.account());
  view.set_state(StateOf(row));
  *view.mutable_approvers() = row.approvers();
  view.set_reason(row.reason());
  if (row.open_ms() != 0)
    *view.mutable_open_time() = ToTimestamp(row.open_ms());
  *view.mutable_expire_time() = ToTimestamp(row.expire_ms());
  return view;
}

absl::StatusOr<v1::StartRecoveryResponse> RecoveryBook::Start(
    const rpc::Caller& caller, const v1::StartRecoveryRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckStart(request));
  ASSIGN_OR_RETURN(
      const auto seen,
      tokens_.ReadRow<RequestRow>(tenant, RequestKey(request.request_id())));
  if (seen.second.exists()) {
    return Repeated(tenant, DigestOf(caller, request), seen.second.row);
  }
  return StartAfresh(caller, tenant, request);
}

absl::StatusOr<v1::StartRecoveryResponse> RecoveryBook::Repeated(
    const std::string& tenant, const std::string& digest,
    const RequestRow& request) {
  if (request.digest() != digest) {
    return Error(reason::kRequestIdReused, "the id was another request's");
  }
  ASSIGN_OR_RETURN(
      const auto found,
      tokens_.ReadRow<RecoveryRow>(tenant, RecoveryKey(request.recovery_id())));
  v1::StartRecoveryResponse response;
  *response.mutable_recovery() = ViewOf(found.second.row);
  return response;
}

absl::StatusOr<v1::StartRecoveryResponse> RecoveryBook::StartAfresh(
    const rpc::Caller& caller, const std::string& tenant,
    const v1::StartRecoveryRequest& request) {
  ASSIGN_OR_RETURN(const AccountView account,
                   tokens_.ReadAccount(tenant, request.account()));
  if (!account.account.exists()) {
    return Unknown(absl::StrCat("accounts/", request.account()));
  }
  RETURN_IF_ERROR(CheckNoneOnItsWay(tenant, account));
  Change change;
  change.transition.epoch = account.epoch;
  Row row = Begin(account, request.account(), change);
  row.set_state(v1::RECOVERY_STATE_REQUESTED);
  row.add_approvers(caller.uri());
  row.set_reason(request.reason());
  RequestRow remembered;
  remembered.set_schema(1);
  remembered.set_digest(DigestOf(caller, request));
  remembered.set_recovery_id(row.recovery_id());
  const std::string key = RequestKey(request.request_id());
  change.transition.expect.push_back({key, u2fi::store::kAbsent});
  // It may be approved at its very end, wait for long, and be open.
  change.transition.put.push_back(
      {key, remembered.SerializeAsString(),
       clock_.Now() + 6 * kRecoveryLife + kRequestKept});
  change.Put(RecoveryKey(row.recovery_id()), Stored<RecoveryRow>(), row);
  Tell(row, caller.uri(), v1::RECOVERY_STATE_UNSPECIFIED, true, change);
  RETURN_IF_ERROR(writer_.Write(tenant, std::move(change)));
  Count(row.state());
  v1::StartRecoveryResponse response;
  *response.mutable_recovery() = ViewOf(row);
  return response;
}

absl::Status RecoveryBook::CheckNoneOnItsWay(const std::string& tenant,
                                             const AccountView& account) {
  const std::string& id = account.account.row.recovery_id();
  if (id.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto found,
                   tokens_.ReadRow<RecoveryRow>(tenant, RecoveryKey(id)));
  if (!found.second.exists() || IsOver(StateOf(found.second.row))) {
    return absl::OkStatus();
  }
  return Error(reason::kRecoveryExists, "a recovery is on its way",
               {{"name", absl::StrCat("recoveries/", id)}});
}

RecoveryRow RecoveryBook::Begin(const AccountView& account,
                                const std::string& name, Change& change) {
  const int64_t now_ms = UnixMillis(clock_);
  Row row;
  row.set_schema(1);
  row.set_recovery_id(NewId(now_ms, writer_.random()));
  row.set_account(name);
  row.set_expire_ms(
      static_cast<uint64_t>(now_ms + absl::ToInt64Milliseconds(kRecoveryLife)));
  AccountRow owner = account.account.row;
  owner.set_recovery_id(row.recovery_id());
  change.Put(AccountKeyOf(name), account.account, owner);
  return row;
}

void RecoveryBook::Tell(const Row& row, absl::string_view caller,
                        v1::RecoveryState before, bool alarm,
                        Change& change) const {
  audit::RowContent content =
      RowAbout(audit::v1::ROW_KIND_RECOVERY, caller,
               {absl::StrCat("recoveries/", row.recovery_id()),
                absl::StrCat("accounts/", row.account())});
  if (before != v1::RECOVERY_STATE_UNSPECIFIED) {
    content.body.set_state_before(StateText(before));
  }
  content.body.set_state_after(StateText(row.state()));
  AddDetail(content, "why", row.reason());
  if (alarm) {
    audit::RowContent alarming = content;
    alarming.kind = audit::v1::ROW_KIND_ALARM;
    change.rows.push_back(std::move(content));
    content = std::move(alarming);
  }
  change.rows.push_back(std::move(content));
  records::v1::TokenRow told;
  told.set_account(row.account());
  change.tokens.push_back(std::move(told));
  // One that was not approved is nothing to the registry, and that it is done
  // the registry hears with the token.
  if (row.open_ms() == 0 || row.state() == v1::RECOVERY_STATE_DONE) return;
  device_registry::v1::TokenWord word;
  word.set_account(row.account());
  device_registry::v1::AccountRecovery& recovery = *word.mutable_recovery();
  recovery.set_recovery(row.recovery_id());
  *recovery.mutable_open_time() = ToTimestamp(row.open_ms());
  *recovery.mutable_expire_time() = ToTimestamp(row.expire_ms());
  recovery.set_cancelled(row.state() == v1::RECOVERY_STATE_CANCELLED);
  change.words.push_back(std::move(word));
}

absl::StatusOr<RecoveryBook::Found> RecoveryBook::Find(
    const rpc::Caller& caller, const std::string& tenant,
    const std::string& name) {
  Found found;
  ASSIGN_OR_RETURN(found.tenant, rpc::TenantOf(caller, tenant));
  ASSIGN_OR_RETURN(const std::string id, IdOfName("recoveries/", name, "name"));
  ASSIGN_OR_RETURN(auto read,
                   tokens_.ReadRow<RecoveryRow>(found.tenant, RecoveryKey(id)));
  if (!read.second.exists()) return Unknown(name);
  found.epoch = std::move(read.first);
  found.stored = std::move(read.second);
  return found;
}

absl::StatusOr<RecoveryRow> RecoveryBook::Move(absl::string_view caller,
                                               const Found& found, Row next,
                                               bool alarm) {
  Change change;
  change.transition.epoch = found.epoch;
  change.Put(RecoveryKey(next.recovery_id()), found.stored, next);
  Tell(next, caller, StateOf(found.stored.row), alarm, change);
  RETURN_IF_ERROR(writer_.Write(found.tenant, std::move(change)));
  Count(next.state());
  return next;
}

absl::StatusOr<v1::ApproveRecoveryResponse> RecoveryBook::Approve(
    const rpc::Caller& caller, const v1::ApproveRecoveryRequest& request) {
  ASSIGN_OR_RETURN(const Found found,
                   Find(caller, request.tenant(), request.name()));
  const Row& row = found.stored.row;
  if (StateOf(row) != v1::RECOVERY_STATE_REQUESTED) {
    return WrongState(StateOf(row));
  }
  for (const std::string& approver : row.approvers()) {
    if (approver == caller.uri()) {
      return Error(reason::kSelfApproval, "another operator has to agree");
    }
  }
  ASSIGN_OR_RETURN(const EnrolmentRules rules, policy_.RulesOf(found.tenant));
  Row next = row;
  next.set_state(v1::RECOVERY_STATE_WAITING);
  next.add_approvers(caller.uri());
  const absl::Time open = clock_.Now() + rules.recovery_wait;
  next.set_open_ms(static_cast<uint64_t>(absl::ToUnixMillis(open)));
  next.set_expire_ms(
      static_cast<uint64_t>(absl::ToUnixMillis(open + kRecoveryLife)));
  v1::ApproveRecoveryResponse response;
  ASSIGN_OR_RETURN(next, Move(caller.uri(), found, std::move(next), true));
  *response.mutable_recovery() = ViewOf(next);
  return response;
}

absl::StatusOr<v1::CancelRecoveryResponse> RecoveryBook::Cancel(
    const rpc::Caller& caller, const v1::CancelRecoveryRequest& request) {
  ASSIGN_OR_RETURN(const Found found,
                   Find(caller, request.tenant(), request.name()));
  if (IsOver(StateOf(found.stored.row))) {
    return WrongState(StateOf(found.stored.row));
  }
  Row next = found.stored.row;
  next.set_state(v1::RECOVERY_STATE_CANCELLED);
  v1::CancelRecoveryResponse response;
  ASSIGN_OR_RETURN(next, Move(caller.uri(), found, std::move(next), false));
  *response.mutable_recovery() = ViewOf(next);
  return response;
}

absl::Status RecoveryBook::CancelAgain(const std::string& tenant,
                                       const std::string& recovery_id) {
  ASSIGN_OR_RETURN(auto read, tokens_.ReadRow<RecoveryRow>(
                                  tenant, RecoveryKey(recovery_id)));
  const Found found{tenant, std::move(read.first), std::move(read.second)};
  if (!found.stored.exists() || IsOver(found.stored.row.state())) {
    return absl::OkStatus();
  }
  Row next = found.stored.row;
  next.set_state(v1::RECOVERY_STATE_CANCELLED);
  return Move("", found, std::move(next), false).status();
}

absl::StatusOr<v1::ListRecoveriesResponse> RecoveryBook::List(
    const rpc::Caller& caller, const v1::ListRecoveriesRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  if (!request.account().empty()) {
    RETURN_IF_ERROR(rpc::CheckId("account", request.account()));
  } else if (caller.role() == rpc::Role::kClient) {
    return FieldError("account", "is required from clients");
  }
  const std::string list =
      absl::StrCat("recoveries ", tenant, " ", request.account());
  ASSIGN_OR_RETURN(
      const rpc::Page page,
      rpc::ReadPage(request.page_size(), request.page_token(), list));
  ASSIGN_OR_RETURN(const RecoveryPage found,
                   tokens_.ReadRecoveries(tenant, page.after));
  v1::ListRecoveriesResponse response;
  std::string last;
  bool more = found.more;
  for (const Row& row : found.recoveries) {
    if (response.recoveries_size() == page.size) {
      more = true;
      break;
    }
    last = row.recovery_id();
    if (request.account().empty() || request.account() == row.account()) {
      *response.add_recoveries() = ViewOf(row);
    }
  }
  if (more) response.set_next_page_token(rpc::PageToken(last, list));
  return response;
}

absl::StatusOr<bool> RecoveryBook::IsOpen(absl::string_view tenant,
                                          const AccountView& account) {
  const std::string& id = account.account.row.recovery_id();
  if (id.empty()) return false;
  ASSIGN_OR_RETURN(const auto found,
                   tokens_.ReadRow<RecoveryRow>(tenant, RecoveryKey(id)));
  const Row& row = found.second.row;
  if (!found.second.exists() || StateOf(row) != v1::RECOVERY_STATE_OPEN) {
    return false;
  }
  // One replica's clock alone opens nothing.
  ASSIGN_OR_RETURN(const absl::Time shared, tokens_.store().Now());
  if (shared < absl::FromUnixMillis(static_cast<int64_t>(row.open_ms()))) {
    return false;
  }
  const Stored<TokenRow>* const by = BegunBy(row, account);
  if (by != nullptr && by->row.state() != v1::TOKEN_STATE_ACTIVE) return false;
  // What the registry has not heard of it would refuse.
  const std::string key = RecoveryWordKey(row.account());
  ASSIGN_OR_RETURN(const auto word,
                   tokens_.ReadRow<records::v1::WordRow>(tenant, key));
  return !word.second.exists();
}

absl::StatusOr<std::string> RecoveryBook::BeginByToken(
    const std::string& tenant, const std::string& account,
    const std::string& token_id, Change& change) {
  ASSIGN_OR_RETURN(const AccountView view,
                   tokens_.ReadAccount(tenant, account));
  RETURN_IF_ERROR(CheckNoneOnItsWay(tenant, view));
  ASSIGN_OR_RETURN(const EnrolmentRules rules, policy_.RulesOf(tenant));
  Row row = Begin(view, account, change);
  const absl::Time open = clock_.Now() + rules.recovery_wait;
  row.set_state(v1::RECOVERY_STATE_WAITING);
  row.add_approvers(token_id);
  row.set_reason("the touch of a recovery token");
  row.set_open_ms(static_cast<uint64_t>(absl::ToUnixMillis(open)));
  row.set_expire_ms(
      static_cast<uint64_t>(absl::ToUnixMillis(open + kRecoveryLife)));
  change.Put(RecoveryKey(row.recovery_id()), Stored<RecoveryRow>(), row);
  Tell(row, "", v1::RECOVERY_STATE_UNSPECIFIED, true, change);
  return absl::StrCat("recoveries/", row.recovery_id());
}

absl::Status RecoveryBook::Finish(const std::string& tenant,
                                  const AccountView& account,
                                  const std::string& token_id, Change& change) {
  const std::string& id = account.account.row.recovery_id();
  ASSIGN_OR_RETURN(const auto found,
                   tokens_.ReadRow<RecoveryRow>(tenant, RecoveryKey(id)));
  const v1::RecoveryState state = StateOf(found.second.row);
  if (state != v1::RECOVERY_STATE_OPEN) return WrongState(state);
  if (const Stored<TokenRow>* by = BegunBy(found.second.row, account)) {
    change.transition.expect.push_back(
        {TokenKey(by->row.token_id()), by->version});
  }
  Row next = found.second.row;
  next.set_state(v1::RECOVERY_STATE_DONE);
  next.set_token_id(token_id);
  change.Put(RecoveryKey(id), found.second, next);
  Tell(next, "", state, true, change);
  return absl::OkStatus();
}

}  // namespace u2fi::attestation
