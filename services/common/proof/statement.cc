#include "services/common/proof/statement.h"

#include "absl/strings/str_cat.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"

namespace u2fi::proof {
namespace {

using v1::AuthorizationStatement;

constexpr size_t kDigest = 32;
constexpr uint32_t kMaxLevel = 2;

bool FormatOk(const AuthorizationStatement& s) { return s.format() == 1; }
bool PurposeOk(const AuthorizationStatement& s) {
  return IsPurpose(s.purpose());
}
bool TenantOk(const AuthorizationStatement& s) { return IsId(s.tenant()); }
bool AccountOk(const AuthorizationStatement& s) { return IsId(s.account()); }
bool ApproverGatewayOk(const AuthorizationStatement& s) {
  return s.approver_gateway().empty() || IsId(s.approver_gateway());
}
bool ChannelKeyOk(const AuthorizationStatement& s) {
  return s.channel_key().size() == kDigest;
}
bool SiteOk(const AuthorizationStatement& s) {
  return IsOnAccount(s.purpose()) ? s.site().empty() : IsId(s.site());
}
bool StoreEpochOk(const AuthorizationStatement& s) {
  return IsStoreEpoch(s.store_epoch());
}
bool NonceOk(const AuthorizationStatement& s) {
  return s.nonce().size() == kDigest;
}
bool BatchOk(const AuthorizationStatement& s) {
  const bool none = s.batch_root().empty() && s.batch_size() == 0;
  if (s.purpose() == v1::PURPOSE_PRESENCE) return none;
  if (none) return s.purpose() == v1::PURPOSE_ENROL;
  return s.batch_root().size() == kDigest && s.batch_size() >= 1 &&
         s.batch_size() <= kMaxBatch;
}
bool PinsRevisionOk(const AuthorizationStatement& s) {
  return s.pins_revision() == 0 || !IsOnAccount(s.purpose());
}
bool RequesterOk(const AuthorizationStatement& s) {
  return IsRequester(s.requester());
}
bool RequestIdOk(const AuthorizationStatement& s) {
  return IsRequestId(s.request_id());
}
bool DeadlinesOk(const AuthorizationStatement& s) {
  return s.approve_by_ms() != 0 && s.execute_by_ms() != 0;
}
bool RequiredOk(const AuthorizationStatement& s) {
  return s.required().level() <= kMaxLevel;
}

struct FieldRule {
  const char* field;
  bool (*ok)(const AuthorizationStatement&);
};
constexpr FieldRule kFieldRules[] = {{"format", FormatOk},
                                     {"purpose", PurposeOk},
                                     {"tenant", TenantOk},
                                     {"account", AccountOk},
                                     {"approver_gateway", ApproverGatewayOk},
                                     {"channel_key", ChannelKeyOk},
                                     {"site", SiteOk},
                                     {"store_epoch", StoreEpochOk},
                                     {"nonce", NonceOk},
                                     {"batch_root", BatchOk},
                                     {"pins_revision", PinsRevisionOk},
                                     {"requester", RequesterOk},
                                     {"request_id", RequestIdOk},
                                     {"approve_by_ms", DeadlinesOk},
                                     {"required", RequiredOk}};

}  // namespace

absl::Status CheckStatement(const AuthorizationStatement& statement) {
  for (const FieldRule& rule : kFieldRules) {
    if (!rule.ok(statement)) {
      return Error(
          reason::kStatementFormat,
          absl::StrCat("AuthorizationStatement.", rule.field, " is not valid"),
          {{"field", rule.field}});
    }
  }
  return absl::OkStatus();
}

StatementUse UseOf(const AuthorizationStatement& statement) {
  return statement.batch_root().empty() ? StatementUse::kNoBatch
                                        : StatementUse::kApproval;
}

absl::Status CheckDeadlineBounds(const AuthorizationStatement& statement) {
  const uint64_t approve = statement.approve_by_ms();
  const uint64_t execute = statement.execute_by_ms();
  if (execute >= approve &&
      execute - approve <= MaxExecuteAfterApproveMs(statement.purpose())) {
    return absl::OkStatus();
  }
  return Error(reason::kDeadlineBounds,
               "execute_by is too far from approve_by for the purpose");
}

absl::Status CheckApprovable(const AuthorizationStatement& statement,
                             uint64_t now_ms, uint64_t skew_ms) {
  RETURN_IF_ERROR(CheckDeadlineBounds(statement));
  if (statement.approve_by_ms() <= now_ms) {
    return Error(reason::kApproveByPassed, "the time to approve has passed");
  }
  if (statement.approve_by_ms() - now_ms > kMaxApproveMs + skew_ms) {
    return Error(reason::kDeadlineBounds, "approve_by is too far away");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> EncodeStatement(
    const AuthorizationStatement& statement) {
  RETURN_IF_ERROR(CheckStatement(statement));
  const std::string bytes = Encode(statement);
  RETURN_IF_ERROR(CheckStrict(bytes, *statement.GetDescriptor(), kMaxStatement,
                              reason::kStatementFormat));
  return bytes;
}

absl::StatusOr<AuthorizationStatement> ParseStatement(absl::string_view bytes) {
  ASSIGN_OR_RETURN(AuthorizationStatement statement,
                   Parse<AuthorizationStatement>(bytes, kMaxStatement,
                                                 reason::kStatementFormat));
  RETURN_IF_ERROR(CheckStatement(statement));
  return statement;
}

crypto::Digest ChallengeOf(absl::string_view statement_bytes) {
  return crypto::Sha256({domain::kStatement, statement_bytes});
}

}  // namespace u2fi::proof
