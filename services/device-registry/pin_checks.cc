#include "services/device-registry/pin_checks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/place.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::AuthorizationStatement;
using proof::v1::PinnedGateway;
using proof::v1::PinnedKey;
using records::v1::AccountRow;

// Whether `entries` have exactly `entry`.
template <typename Entries, typename Entry>
bool Has(const Entries& entries, const Entry& entry) {
  const std::string bytes = proof::Encode(entry);
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& other) {
    return proof::Encode(other) == bytes;
  });
}

bool MayPin(const v1::AccountKey& key, const PinnedKey& pinned) {
  return key.token_id() == pinned.token_id() && key.active() &&
         key.point() == pinned.point() && key.lease_site().empty() &&
         key.level() >= pinned.level() &&
         (!key.recovery() || pinned.roles() == proof::v1::KEY_ROLE_RECOVERY);
}

bool IsActive(const v1::Account& account, const std::string& token) {
  return std::any_of(account.keys().begin(), account.keys().end(),
                     [&](const v1::AccountKey& key) {
                       return key.token_id() == token && key.active();
                     });
}

// Whether `gateway` may stand like that in a pin set of `next`.
absl::StatusOr<bool> FitsIn(Change& change, const proof::v1::PinSet& next,
                            const PinnedGateway& pinned,
                            const v1::Gateway& gateway) {
  if (pinned.site() != gateway.site()) return false;
  if (pinned.site() == next.site()) return true;
  ASSIGN_OR_RETURN(const v1::Site site, RequireSite(change, gateway.site()));
  return site.owner() == next.account() && !pinned.may_execute();
}

bool IsGatewayOf(const v1::Account& account,
                 const AuthorizationStatement& statement) {
  return std::any_of(account.gateways().begin(), account.gateways().end(),
                     [&](const proof::v1::AccountGateway& own) {
                       return own.id() == statement.approver_gateway() &&
                              own.channel_key() == statement.channel_key();
                     });
}

}  // namespace

absl::Status CheckPinnedGateways(Change& change, const proof::v1::PinSet& next,
                                 const proof::v1::PinSet* present) {
  for (const PinnedGateway& pinned : next.gateways()) {
    if (present != nullptr && Has(present->gateways(), pinned)) continue;
    ASSIGN_OR_RETURN(const v1::Gateway gateway,
                     RequireGateway(change, pinned.id()));
    RETURN_IF_ERROR(CheckActive(gateway));
    ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                     crypto::P256PublicKey::FromSpki(gateway.public_key()));
    ASSIGN_OR_RETURN(const bool fits, FitsIn(change, next, pinned, gateway));
    if (!fits || pinned.point() != key.point()) {
      return Error(reason::kGatewayMismatch,
                   "the pin set names another site or key of a gateway",
                   {{"gateway", pinned.id()}});
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPinnedKeys(Change& change, const proof::v1::PinSet& next,
                             const proof::v1::PinSet* present) {
  for (const PinnedKey& pinned : next.keys()) {
    if (present != nullptr && Has(present->keys(), pinned)) continue;
    ASSIGN_OR_RETURN(const AccountRow row,
                     RequireAccount(change, pinned.account()));
    const auto& keys = row.account().keys();
    if (std::none_of(keys.begin(), keys.end(), [&](const v1::AccountKey& key) {
          return MayPin(key, pinned);
        })) {
      return Error(reason::kTokenNotPinned,
                   "a key of the pin set is not an active one of its account",
                   {{"token", pinned.token_id()}});
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPlaces(Change& change, const ApplyCase& in,
                         const std::string& account,
                         const std::string& new_owner) {
  for (const proof::v1::Approval& approval : in.proof.approvals()) {
    ASSIGN_OR_RETURN(const AuthorizationStatement statement,
                     proof::ParseStatement(approval.statement()));
    ASSIGN_OR_RETURN(
        const AccountRow owner,
        RequireAccount(change,
                       statement.account() == new_owner ? new_owner : account));
    proof::ApprovalPlace place;
    place.browser = statement.approver_gateway().empty();
    place.account_gateway = IsGatewayOf(owner.account(), statement);
    RETURN_IF_ERROR(proof::CheckPlace(statement.purpose(), place));
  }
  return absl::OkStatus();
}

absl::Status CheckApprovers(Change& change, const ApplyCase& in) {
  for (const proof::v1::Approval& approval : in.proof.approvals()) {
    ASSIGN_OR_RETURN(const AuthorizationStatement statement,
                     proof::ParseStatement(approval.statement()));
    ASSIGN_OR_RETURN(const AccountRow row,
                     RequireAccount(change, statement.account()));
    if (!IsActive(row.account(), approval.token_id())) {
      return Error(reason::kTokenRevoked, "the token approves nothing any more",
                   {{"token", approval.token_id()}});
    }
  }
  return absl::OkStatus();
}

void PutPinRevision(Change& change, const ApplyCase& in,
                    const proof::PinSet& pins, uint32_t life) {
  const std::string& device = in.command.device();
  const uint64_t number = pins.fields().revision();
  records::v1::PinRow row;
  v1::PinRevision& revision = *row.mutable_revision();
  revision.set_revision(number);
  revision.set_pin_set(pins.bytes());
  revision.set_command(in.bytes);
  revision.set_proof(in.proof.SerializeAsString());
  revision.set_evidence(in.request.evidence().SerializeAsString());
  *revision.mutable_commit_time() =
      ToTimestamp(static_cast<int64_t>(in.now_ms));
  change.Put(key::Pins(device, life, number), std::move(row));
  audit::RowContent content = RowAboutCase(audit::v1::ROW_KIND_PINS, in);
  content.subjects.push_back(DeviceName(device));
  AddDetail(content, "pins_hash", crypto::Hex(crypto::View(pins.hash())));
  AddDetail(content, "revision", absl::StrCat(number));
  change.Audit(std::move(content));
}

}  // namespace u2fi::device_registry
