#include "services/attestation/metadata_importer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/requests.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;

constexpr int kMaxNames = 1000;
constexpr size_t kScanned = 500;
constexpr int kTries = 4;

}  // namespace

// What one import works through every tenant with.
struct MetadataImporter::Sweep {
  // The URI of who imports; empty: this service looks again.
  std::string caller;
  Metadata metadata;
  bool validate_only = false;

  bool announces() const { return !validate_only && !caller.empty(); }
};

absl::StatusOr<v1::ImportMetadataResponse> MetadataImporter::Import(
    const rpc::Caller& caller, const std::string& blob, bool validate_only) {
  Sweep sweep{caller.uri(), nullptr, validate_only};
  ASSIGN_OR_RETURN(sweep.metadata, keeper_.Check(blob));
  if (!validate_only) {
    RETURN_IF_ERROR(keeper_.Keep(blob, sweep.metadata));
    metrics_.ShowMetadata(sweep.metadata->number, sweep.metadata->next_update);
  }
  v1::ImportMetadataResponse response;
  response.set_number(sweep.metadata->number);
  response.set_entries(static_cast<uint32_t>(sweep.metadata->table.size()));
  *response.mutable_next_update() = ToTimestamp(
      static_cast<uint64_t>(absl::ToUnixMillis(sweep.metadata->next_update)));
  RETURN_IF_ERROR(SweepAll(sweep, response));
  return response;
}

absl::Status MetadataImporter::LookAgain() {
  ASSIGN_OR_RETURN(const std::string digest, keeper_.NotLookedAt(kSecondLook));
  if (digest.empty()) return absl::OkStatus();
  Sweep sweep;
  ASSIGN_OR_RETURN(sweep.metadata, keeper_.Current());
  v1::ImportMetadataResponse nobody_asked;
  RETURN_IF_ERROR(SweepAll(sweep, nobody_asked));
  return keeper_.MarkLookedAt(digest);
}

// What fails in one tenant holds up no other.
absl::Status MetadataImporter::SweepAll(const Sweep& sweep,
                                        v1::ImportMetadataResponse& response) {
  ASSIGN_OR_RETURN(const std::vector<std::string> tenants, tokens_.Tenants());
  absl::Status first;
  for (const std::string& tenant : tenants) {
    first.Update(SweepTenant(tenant, sweep, response));
  }
  return first;
}

absl::Status MetadataImporter::SweepTenant(
    const std::string& tenant, const Sweep& sweep,
    v1::ImportMetadataResponse& response) {
  if (sweep.announces()) RETURN_IF_ERROR(Announce(tenant, sweep));
  std::string after;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(const TokenPage page,
                     tokens_.ReadTokens(tenant, after, kScanned));
    for (const Stored<TokenRow>& token : page.tokens) {
      after = token.row.token_id();
      if (token.row.state() != v1::TOKEN_STATE_ACTIVE ||
          BadModelOf(sweep.metadata, token.row) == nullptr) {
        continue;
      }
      if (!sweep.validate_only) {
        RETURN_IF_ERROR(Quarantine(tenant, sweep, after));
      }
      if (response.suspended_tokens_size() < kMaxNames) {
        response.add_suspended_tokens(absl::StrCat("tokens/", after));
      }
    }
    more = page.more;
  }
  return absl::OkStatus();
}

absl::Status MetadataImporter::Announce(const std::string& tenant,
                                        const Sweep& sweep) {
  ASSIGN_OR_RETURN(const TokenPage page, tokens_.ReadTokens(tenant, "", 1));
  Change change;
  change.transition.epoch = page.epoch;
  audit::RowContent content = RowAbout(audit::v1::ROW_KIND_ADMIN, sweep.caller,
                                       {absl::StrCat("tenants/", tenant)});
  AddDetail(content, "number", absl::StrCat(sweep.metadata->number));
  AddDetail(content, "what", "metadata");
  change.rows.push_back(std::move(content));
  return writer_.Write(tenant, std::move(change));
}

absl::Status MetadataImporter::Quarantine(const std::string& tenant,
                                          const Sweep& sweep,
                                          const std::string& token_id) {
  absl::Status written;
  for (int i = 0; i < kTries; ++i) {
    ASSIGN_OR_RETURN(const auto found,
                     tokens_.ReadRow<TokenRow>(tenant, TokenKey(token_id)));
    TokenRow next = found.second.row;
    // Somebody else took its rights meanwhile.
    if (next.state() != v1::TOKEN_STATE_ACTIVE) return absl::OkStatus();
    next.set_state(v1::TOKEN_STATE_QUARANTINED);
    next.set_state_reason(reason::kAttestationRevoked.name);
    Change change;
    change.transition.epoch = found.first;
    for (const auto kind :
         {audit::v1::ROW_KIND_TOKEN, audit::v1::ROW_KIND_ALARM}) {
      audit::RowContent content =
          RowAbout(kind, sweep.caller,
                   {absl::StrCat("tokens/", token_id),
                    absl::StrCat("accounts/", next.account())});
      content.body.set_reason(next.state_reason());
      content.body.set_state_before("ACTIVE");
      content.body.set_state_after("QUARANTINED");
      AddDetail(content, "metadata_number",
                absl::StrCat(sweep.metadata->number));
      AddDetail(content, "status",
                BadModelOf(sweep.metadata, next)->bad_status);
      change.rows.push_back(std::move(content));
    }
    change.PutToken(found.second, std::move(next));
    written = writer_.Write(tenant, std::move(change));
    if (!IsReason(written, reason::kStoreAborted)) break;
  }
  if (written.ok()) metrics_.CountQuarantine("model");
  return written;
}

}  // namespace u2fi::attestation
