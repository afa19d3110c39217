#include "services/attestation/token_writer.h"

#include <utility>

#include "services/common/audit/row.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {

void Change::PutToken(const Stored<records::v1::TokenRow>& before,
                      records::v1::TokenRow after) {
  after.set_revision(before.row.revision() + 1);
  Put(TokenKey(after.token_id()), before, after);
  tokens.push_back(std::move(after));
}

absl::Status TokenWriter::Write(const std::string& tenant, Change change) {
  for (audit::RowContent& content : change.rows) {
    ASSIGN_OR_RETURN(audit::PreparedRow row,
                     audit::PreparedRow::Make(std::move(content), random_));
    change.transition.rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(
      decider_.Decide(tenant, std::move(change.transition)).status());
  for (const records::v1::TokenRow& token : change.tokens) {
    events_.Publish(tenant, token);
  }
  return absl::OkStatus();
}

}  // namespace u2fi::attestation
