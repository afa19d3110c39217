#include "services/device-registry/gateway_key_act.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/domains.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/account_act.h"
#include "services/device-registry/gateway_key.h"
#include "services/device-registry/resources.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::GatewayKeyArguments;

absl::StatusOr<v1::Gateway> OwnGateway(Change& change, const std::string& id,
                                       const std::string& account) {
  ASSIGN_OR_RETURN(v1::Gateway gateway, RequireGateway(change, id));
  if (gateway.state() == v1::GATEWAY_STATE_REVOKED) {
    return Error(reason::kGatewayState, "the gateway is revoked",
                 {{"gateway", id}, {"state", StateName(gateway.state())}});
  }
  ASSIGN_OR_RETURN(const v1::Site site, RequireSite(change, gateway.site()));
  if (site.owner() == account) return gateway;
  return Error(reason::kPlaceNotAllowed,
               "the gateway is at a site that the account does not own",
               {{"gateway", id}});
}

absl::Status CheckKeys(const GatewayKeyArguments& arguments,
                       const v1::Gateway& gateway) {
  if (arguments.old_channel_key() != gateway.channel_key()) {
    return Error(reason::kChannelKeyMismatch, "the gateway has another key",
                 {{"gateway", arguments.gateway()}});
  }
  ASSIGN_OR_RETURN(const crypto::P256PublicKey next,
                   crypto::P256PublicKey::FromPoint(arguments.new_point()));
  if (next.Spki() == gateway.pending_public_key()) return absl::OkStatus();
  return Error(reason::kGatewayKeyMismatch,
               "no operator named this key for the gateway",
               {{"gateway", arguments.gateway()}});
}

// The account's list, of which the key is a part, is another one from now on.
void PutIntoList(const ApplyCase& in, const std::string& old_key,
                 const GatewayKeyArguments& arguments,
                 const v1::Gateway& gateway, v1::Account& account) {
  for (proof::v1::AccountGateway& listed : *account.mutable_gateways()) {
    if (listed.id() != arguments.gateway() || listed.channel_key() != old_key) {
      continue;
    }
    listed.set_channel_key(gateway.channel_key());
    account.set_gateways_hash(crypto::ToString(crypto::Sha256(
        {proof::domain::kAccountGateways, in.command.arguments()})));
  }
}

}  // namespace

absl::StatusOr<std::string> ApplyGatewayKey(Change& change, const ApplyCase& in,
                                            const std::string& rp_id_hash) {
  ASSIGN_OR_RETURN(AccountAct act, ReadAccountAct(change, in));
  RETURN_IF_ERROR(VerifyAccountAct(change, in, act, rp_id_hash));
  ASSIGN_OR_RETURN(const auto arguments, ArgumentsOf<GatewayKeyArguments>(in));
  ASSIGN_OR_RETURN(v1::Gateway gateway,
                   OwnGateway(change, arguments.gateway(), act.id));
  RETURN_IF_ERROR(CheckKeys(arguments, gateway));
  const std::string old_key = gateway.channel_key();
  RETURN_IF_ERROR(PutKey(change, gateway.pending_public_key(), gateway));
  PutIntoList(in, old_key, arguments, gateway, act.account());
  PutAccountAct(change, in, std::move(act), {gateway.name()});
  return gateway.name();
}

}  // namespace u2fi::device_registry
