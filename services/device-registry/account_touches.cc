#include "services/device-registry/account_touches.h"

#include <utility>

#include "services/common/crypto/p256.h"
#include "services/common/fido/stored_key.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

bool IsOwn(const v1::Account& account, const std::string& id,
           const v1::Gateway& gateway) {
  return account.keys().empty() || IsListed(account, id, gateway.channel_key());
}

absl::StatusOr<proof::AccountGateway> Believed(const std::string& id,
                                               const v1::Gateway& gateway) {
  ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                   crypto::P256PublicKey::FromSpki(gateway.public_key()));
  return proof::AccountGateway{id, gateway.channel_key(), key.point()};
}

}  // namespace

bool IsListed(const v1::Account& account, const std::string& id,
              const std::string& channel_key) {
  for (const proof::v1::AccountGateway& listed : account.gateways()) {
    if (listed.id() == id && listed.channel_key() == channel_key) return true;
  }
  return false;
}

proof::AccountKey BelievedKey(const std::string& token,
                              const std::string& point,
                              const std::string& cose) {
  proof::AccountKey key;
  key.token_id = token;
  key.point = point;
  if (point.empty()) {
    key.check = [cose](absl::string_view signed_bytes,
                       absl::string_view signature) {
      return fido::CheckStoredKey(cose, signed_bytes, signature);
    };
  }
  return key;
}

absl::StatusOr<AccountTouches> AccountTouches::Read(Change& change,
                                                    const ApplyCase& in) {
  AccountTouches touches;
  for (const proof::v1::Approval& approval : in.proof.approvals()) {
    ASSIGN_OR_RETURN(const proof::v1::AuthorizationStatement statement,
                     proof::ParseStatement(approval.statement()));
    const std::string& id = statement.approver_gateway();
    if (id.empty()) continue;
    ASSIGN_OR_RETURN(v1::Gateway gateway, RequireGateway(change, id));
    RETURN_IF_ERROR(CheckActive(gateway));
    if (gateway.channel_key() != statement.channel_key()) {
      return Error(reason::kChannelKeyMismatch,
                   "the statement is for another key of the gateway",
                   {{"gateway", id}});
    }
    touches.gateways_[id] = std::move(gateway);
  }
  return touches;
}

absl::Status AccountTouches::CheckOwn(const v1::Account& account) const {
  for (const auto& [id, gateway] : gateways_) {
    if (IsListed(account, id, gateway.channel_key())) continue;
    return Error(reason::kPlaceNotAllowed,
                 "the gateway is not one of the account's own",
                 {{"gateway", id}});
  }
  return absl::OkStatus();
}

absl::StatusOr<proof::AccountInputs> AccountTouches::InputsFor(
    const ApplyCase& in, const std::string& account_id,
    const v1::Account& account, const std::string& rp_id_hash) const {
  proof::AccountInputs inputs;
  inputs.tenant = in.tenant;
  inputs.account = account_id;
  inputs.rp_id_hash = rp_id_hash;
  for (const v1::AccountKey& key : account.keys()) {
    if (key.active() && key.lease_site().empty() && !key.recovery()) {
      inputs.keys.push_back(
          BelievedKey(key.token_id(), key.point(), key.public_key()));
    }
  }
  if (!account.keys().empty() && inputs.keys.empty()) {
    return Error(reason::kNoCredentials, "the account has no active token",
                 {{"account", account_id}});
  }
  for (const auto& [id, gateway] : gateways_) {
    if (!IsOwn(account, id, gateway)) continue;
    ASSIGN_OR_RETURN(proof::AccountGateway believed, Believed(id, gateway));
    inputs.gateways.push_back(std::move(believed));
  }
  inputs.browser_channel_keys = in.portals;
  inputs.now_ms = in.now_ms;
  return inputs;
}

}  // namespace u2fi::device_registry
