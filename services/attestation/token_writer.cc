#include "services/attestation/token_writer.h"

#include <utility>

#include "services/common/audit/row.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {

void Change::PutToken(const Stored<records::v1::TokenRow>& before,
                      records::v1::TokenRow after) {
  after.set_revision(before.row.revision() + 1);
  Put(TokenKey(after.token_id()), before, after);
  tokens.push_back(std::move(after));
}

namespace {

using device_registry::v1::TokenWord;

void PutWord(const std::string& key, const TokenWord& word,
             audit::Transition& transition) {
  records::v1::WordRow row;
  row.set_schema(1);
  *row.mutable_word() = word;
  transition.put.push_back({key, row.SerializeAsString()});
}

// One that has its rights again has nothing to be told: the touch that gave
// them goes to the registry itself.
void AddWord(const records::v1::TokenRow& token,
             audit::Transition& transition) {
  if (token.token_id().empty()) return;
  const std::string key = TokenWordKey(token.token_id());
  if (token.state() == v1::TOKEN_STATE_ACTIVE) {
    transition.remove.push_back(key);
    return;
  }
  TokenWord word;
  word.set_account(token.account());
  if (token.state() == v1::TOKEN_STATE_REVOKED) {
    word.set_revoked(token.token_id());
  } else {
    word.set_suspended(token.token_id());
  }
  PutWord(key, word, transition);
}

void AddWords(Change& change) {
  for (const records::v1::TokenRow& token : change.tokens) {
    AddWord(token, change.transition);
  }
  for (const TokenWord& word : change.words) {
    PutWord(RecoveryWordKey(word.account()), word, change.transition);
  }
}

}  // namespace

absl::Status TokenWriter::Write(const std::string& tenant, Change change) {
  if (tell_registry_) AddWords(change);
  for (audit::RowContent& content : change.rows) {
    ASSIGN_OR_RETURN(audit::PreparedRow row,
                     audit::PreparedRow::Make(std::move(content), random_));
    change.transition.rows.push_back(std::move(row));
  }
  absl::Status decided =
      decider_.Decide(tenant, std::move(change.transition)).status();
  // Who hears of it reads again.
  if (decided.ok() || IsReason(decided, reason::kStoreOutcomeUnknown)) {
    for (const records::v1::TokenRow& token : change.tokens) {
      events_.Publish(tenant, token);
    }
  }
  return decided;
}

}  // namespace u2fi::attestation
