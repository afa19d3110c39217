#include "services/device-registry/token_words.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/deny_list.h"
#include "services/device-registry/recoveries.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using records::v1::AccountRow;

constexpr int kMaxWords = 100;

absl::Status CheckRecovery(const v1::AccountRecovery& word) {
  RETURN_IF_ERROR(rpc::CheckId("words.recovery.recovery", word.recovery()));
  if (ToMillis(word.open_time()) > 0 &&
      ToMillis(word.expire_time()) > ToMillis(word.open_time())) {
    return absl::OkStatus();
  }
  return FieldError("words.recovery.expire_time", "is not after open_time");
}

absl::Status CheckWord(const v1::TokenWord& word) {
  RETURN_IF_ERROR(rpc::CheckId("words.account", word.account()));
  switch (word.word_case()) {
    case v1::TokenWord::kSuspended:
      return rpc::CheckId("words.suspended", word.suspended());
    case v1::TokenWord::kRevoked:
      return rpc::CheckId("words.revoked", word.revoked());
    case v1::TokenWord::kRecovery:
      return CheckRecovery(word.recovery());
    default:
      return FieldError("words.word", "is required");
  }
}

absl::Status CheckRequest(const v1::ReportTokensRequest& request) {
  if (request.words().empty() || request.words_size() > kMaxWords) {
    return FieldError("words", "has none or more than 100 entries");
  }
  for (const v1::TokenWord& word : request.words()) {
    RETURN_IF_ERROR(CheckWord(word));
  }
  return absl::OkStatus();
}

int KeyIndex(const v1::Account& account, const std::string& token) {
  for (int i = 0; i < account.keys_size(); ++i) {
    if (account.keys(i).token_id() == token) return i;
  }
  return -1;
}

void AuditWord(Change& change, const rpc::Caller& caller,
               const v1::TokenWord& word, absl::string_view subject,
               absl::string_view state) {
  audit::RowContent row =
      RowAbout(audit::v1::ROW_KIND_ADMIN, caller,
               {AccountName(word.account()), std::string(subject)});
  row.body.set_state_after(std::string(state));
  change.Audit(std::move(row));
}

absl::Status Suspend(Change& change, const rpc::Caller& caller,
                     const v1::TokenWord& word) {
  ASSIGN_OR_RETURN(absl::optional<AccountRow> row,
                   change.Read<AccountRow>(key::Account(word.account())));
  if (!row.has_value()) return absl::OkStatus();
  const int i = KeyIndex(row->account(), word.suspended());
  if (i < 0 || !row->account().keys(i).active()) return absl::OkStatus();
  row->mutable_account()->mutable_keys(i)->set_active(false);
  AuditWord(change, caller, word, absl::StrCat("tokens/", word.suspended()),
            "SUSPENDED");
  PutAccount(change, *std::move(row));
  return absl::OkStatus();
}

absl::Status Revoke(Change& change, const rpc::Caller& caller,
                    const v1::TokenWord& word, uint64_t now_ms) {
  ASSIGN_OR_RETURN(const bool known,
                   change.Exists(key::RevokedToken(word.revoked())));
  if (known) return absl::OkStatus();
  RETURN_IF_ERROR(DenyToken(change, now_ms, word.account(), word.revoked()));
  AuditWord(change, caller, word, absl::StrCat("tokens/", word.revoked()),
            "REVOKED");
  ASSIGN_OR_RETURN(absl::optional<AccountRow> row,
                   change.Read<AccountRow>(key::Account(word.account())));
  if (!row.has_value()) return absl::OkStatus();
  v1::Account& account = *row->mutable_account();
  const int i = KeyIndex(account, word.revoked());
  if (i >= 0) account.mutable_keys()->DeleteSubrange(i, 1);
  if (account.keys().empty()) {
    records::v1::RevokedTokenRow keyless;
    keyless.set_account(word.account());
    change.Put(key::Keyless(word.account()), std::move(keyless));
  }
  if (i >= 0) PutAccount(change, *std::move(row));
  return absl::OkStatus();
}

absl::Status Recover(Change& change, const rpc::Caller& caller,
                     const v1::TokenWord& word) {
  ASSIGN_OR_RETURN(const bool changed,
                   NoteRecovery(change, word.account(), word.recovery()));
  if (!changed) return absl::OkStatus();
  const absl::string_view state =
      word.recovery().cancelled() ? "CANCELLED" : "WAITING";
  const std::string account = AccountName(word.account());
  audit::RowContent row = RowAbout(
      audit::v1::ROW_KIND_RECOVERY, caller,
      {account, absl::StrCat("recoveries/", word.recovery().recovery())});
  row.body.set_state_after(std::string(state));
  if (!word.recovery().cancelled()) {
    audit::RowContent alarm = row;
    alarm.kind = audit::v1::ROW_KIND_ALARM;
    change.Audit(std::move(alarm));
    change.Announce(v1::EVENT_KIND_ALARM, account, "RECOVERY");
  }
  change.Audit(std::move(row));
  return absl::OkStatus();
}

absl::Status Take(Change& change, const rpc::Caller& caller,
                  const v1::TokenWord& word, uint64_t now_ms) {
  if (word.has_suspended()) return Suspend(change, caller, word);
  if (word.has_revoked()) return Revoke(change, caller, word, now_ms);
  return Recover(change, caller, word);
}

}  // namespace

absl::StatusOr<v1::ReportTokensResponse> TokenWords::ReportTokens(
    const rpc::Caller& caller, const v1::ReportTokensRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckRequest(request));
  absl::Status first;
  for (const v1::TokenWord& word : request.words()) {
    const absl::Status taken = store_.Decide(tenant, [&](Change& change) {
      return Take(change, caller, word,
                  static_cast<uint64_t>(UnixMillis(store_.clock())));
    });
    // The next would fare no better.
    if (IsReason(taken, reason::kStoreUnavailable)) return taken;
    first.Update(taken);
  }
  if (!first.ok()) return first;
  return v1::ReportTokensResponse();
}

}  // namespace u2fi::device_registry
