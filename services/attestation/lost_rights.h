#ifndef U2FI_SERVICES_ATTESTATION_LOST_RIGHTS_H_
#define U2FI_SERVICES_ATTESTATION_LOST_RIGHTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/attestation/recovery_book.h"
#include "services/attestation/token_store.h"
#include "services/attestation/token_writer.h"
#include "services/common/audit/lost_rows.h"

namespace u2fi::attestation {

// Rows that say what became of a token's rights, or that a recovery was
// stopped: for audit::LostRows.
bool IsAboutRights(const audit::ParsedRow& row);

// Takes rights away again that a failover of the store gave back: it forgot
// that a token was suspended, put into quarantine or revoked, or that a
// recovery was stopped, and only this process's audit remembers it (decisions
// D5). Nothing gives rights here: a
// lost enrolment or resumption costs another touch. Thread-safe; replicas may
// do the same at the same time.
class LostRights {
 public:
  // The references must outlive this object.
  LostRights(TokenStore& tokens, TokenWriter& writer, RecoveryBook& recoveries,
             audit::LostRows& lost)
      : tokens_(tokens),
        writer_(writer),
        recoveries_(recoveries),
        lost_(lost) {}

  // Deals with all that was noted; for once a second. What fails stays noted;
  // the first error.
  absl::Status Apply();

 private:
  absl::Status ApplyRows(const std::string& tenant,
                         const std::vector<audit::ParsedRow>& rows);
  absl::Status Take(const std::string& tenant, const std::string& token_id,
                    v1::TokenState state);

  TokenStore& tokens_;
  TokenWriter& writer_;
  RecoveryBook& recoveries_;
  audit::LostRows& lost_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_LOST_RIGHTS_H_
