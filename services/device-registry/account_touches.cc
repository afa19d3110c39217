#include "services/device-registry/account_touches.h"

#include <utility>

#include "services/common/crypto/p256.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

bool IsOwn(const v1::Account& account, const std::string& id,
           const v1::Gateway& gateway) {
  if (account.keys().empty()) return true;
  for (const proof::v1::AccountGateway& listed : account.gateways()) {
    if (listed.id() == id && listed.channel_key() == gateway.channel_key()) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<proof::AccountGateway> Believed(const std::string& id,
                                               const v1::Gateway& gateway) {
  ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                   crypto::P256PublicKey::FromSpki(gateway.public_key()));
  return proof::AccountGateway{id, gateway.channel_key(), key.point()};
}

}  // namespace

absl::StatusOr<AccountTouches> AccountTouches::Read(Change& change,
                                                    const ApplyCase& in) {
  AccountTouches touches;
  for (const proof::v1::Approval& approval : in.proof.approvals()) {
    ASSIGN_OR_RETURN(const proof::v1::AuthorizationStatement statement,
                     proof::ParseStatement(approval.statement()));
    const std::string& id = statement.approver_gateway();
    if (id.empty()) return NotYet("an act on an account in a browser");
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

absl::StatusOr<proof::AccountInputs> AccountTouches::InputsFor(
    const ApplyCase& in, const std::string& account_id,
    const v1::Account& account, const std::string& rp_id_hash) const {
  proof::AccountInputs inputs;
  inputs.tenant = in.tenant;
  inputs.account = account_id;
  inputs.rp_id_hash = rp_id_hash;
  for (const v1::AccountKey& key : account.keys()) {
    if (key.active() && key.lease_site().empty() && !key.recovery()) {
      inputs.keys.push_back({key.token_id(), key.point(), {}, false});
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
  inputs.now_ms = in.now_ms;
  return inputs;
}

}  // namespace u2fi::device_registry
