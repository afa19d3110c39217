// The steps of VerifyProof() that look at one approval.
#include "services/common/proof/operations.h"
#include "services/common/proof/verification.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::proof {
namespace {

constexpr uint32_t kPeople =
    v1::KEY_ROLE_OWNER | v1::KEY_ROLE_MEMBER | v1::KEY_ROLE_APPROVER;

const v1::PinnedGateway* FindApprover(const PinSet& pins,
                                      absl::string_view id) {
  const v1::PinnedGateway* gateway = pins.FindGateway(id);
  return gateway != nullptr && gateway->may_approve() ? gateway : nullptr;
}

bool IsKeyOf(const v1::PinnedKey* key, absl::string_view account) {
  return key != nullptr && key->account() == account;
}

}  // namespace

// Part of the target step.
absl::Status Verification::ResolvePlace(size_t i) {
  if (approval(i).from_browser()) {
    if (purpose() == v1::PURPOSE_COMMAND && rule_.browser_ok()) {
      return absl::OkStatus();
    }
    return Error(reason::kBrowserNotAllowed,
                 "the operation is not approved in a browser");
  }
  RETURN_IF_ERROR(ResolveGateway(i));
  const crypto::Digest key = ChannelKeyOf(resolved_[i].gateway->point());
  if (crypto::View(key) == approval(i).statement.channel_key()) {
    return absl::OkStatus();
  }
  return Error(reason::kChannelKeyMismatch,
               "the statement is for another key of the gateway");
}

absl::Status Verification::ResolveGateway(size_t i) {
  const std::string& id = approval(i).statement.approver_gateway();
  if (in_.denied != nullptr && in_.denied->gateways.count(id) > 0) {
    return Error(reason::kGatewayRevoked, "the approver's gateway is revoked");
  }
  Resolved& resolved = resolved_[i];
  resolved.gateway = FindApprover(believed(), id);
  if (resolved.gateway == nullptr &&
      (purpose() == v1::PURPOSE_MOVE || purpose() == v1::PURPOSE_TRANSFER)) {
    resolved.gateway = FindApprover(*next_, id);
    resolved.place_of_new_owner = purpose() == v1::PURPOSE_TRANSFER;
  }
  if (resolved.gateway != nullptr) return absl::OkStatus();
  return Error(reason::kGatewayNotPinned,
               "the device does not believe touches at that gateway");
}

absl::Status Verification::Challenge(size_t i) {
  ASSIGN_OR_RETURN(resolved_[i].client_data,
                   ParseClientData(approval(i).raw.client_data()));
  return CheckChallenge(resolved_[i].client_data, approval(i).challenge);
}

absl::Status Verification::ClientDataStep(size_t i) {
  const v1::AuthorizationStatement& statement = approval(i).statement;
  ExpectedPlace place;
  place.channel_key = statement.channel_key();
  if (const v1::PinnedGateway* gateway = resolved_[i].gateway) {
    place.gateway = {statement.tenant(), gateway->site(), gateway->id()};
    place.gateway_point = gateway->point();
  }
  return CheckClientData(resolved_[i].client_data, place);
}

absl::Status Verification::RpIdHash(size_t i) {
  const absl::string_view signed_for =
      absl::string_view(approval(i).raw.authenticator_data()).substr(0, 32);
  if (signed_for == believed().fields().rp_id_hash()) return absl::OkStatus();
  return Error(reason::kRpIdHashMismatch,
               "the key signed for another relying party");
}

absl::Status Verification::Flags(size_t i) {
  ASSIGN_OR_RETURN(
      resolved_[i].authenticator_data,
      ReadAuthenticatorData(approval(i).raw.authenticator_data(),
                            resolved_[i].client_data.is_u2f, false));
  if (approval(i).statement.required().uv() &&
      !resolved_[i].authenticator_data.user_verified) {
    return Error(reason::kUserVerification,
                 "user verification was asked for and not done");
  }
  return absl::OkStatus();
}

bool Verification::LeaseRuns() const {
  return in_.pins != nullptr && !in_.lease_ended &&
         in_.pins->LeaseRuns(in_.now_ms);
}

// Roles in which a key of the believed set may act under this purpose.
uint32_t Verification::RolesHere(const v1::PinnedKey& key) const {
  switch (purpose()) {
    case v1::PURPOSE_COMMAND:
      return key.roles() & (kPeople | (LeaseRuns() ? v1::KEY_ROLE_LESSEE : 0u));
    case v1::PURPOSE_BREAK_GLASS:
      return key.roles() & v1::KEY_ROLE_BREAK_GLASS;
    case v1::PURPOSE_PROVISION:
      return key.roles() & (changes_pins() ? v1::KEY_ROLE_OWNER + 0u : kPeople);
    case v1::PURPOSE_PINS: {
      // A recovery key stands for an owner here, and nowhere else.
      const bool recovery = (key.roles() & v1::KEY_ROLE_RECOVERY) != 0;
      return (key.roles() & kPeople) | (recovery ? v1::KEY_ROLE_OWNER : 0u);
    }
    default:
      return key.roles() & kPeople;
  }
}

// Roles of which every approving key must have one. Under `u2fi.pins` other
// people may agree besides those whom its own rule asks for (CheckPinsChange).
uint32_t Verification::RolesAskedFor() const {
  const bool by_rule = rule_.kind() == v1::RULE_KIND_APPROVALS &&
                       purpose() != v1::PURPOSE_BREAK_GLASS && !changes_pins();
  if (!by_rule) return ~0u;
  return rule_.lessee() && LeaseRuns() ? v1::KEY_ROLE_LESSEE + 0u
                                       : rule_.roles();
}

void Verification::ResolveKey(size_t i) {
  Resolved& resolved = resolved_[i];
  const std::string& token = approval(i).raw.token_id();
  const std::string& account = approval(i).statement.account();
  if (purpose() == v1::PURPOSE_LEASE) {
    resolved.key = next_->FindKey(token);
    const bool lessee = IsKeyOf(resolved.key, account) &&
                        resolved.key->roles() == v1::KEY_ROLE_LESSEE;
    resolved.roles = lessee ? v1::KEY_ROLE_LESSEE : 0u;
    return;
  }
  const v1::PinnedKey* present =
      resolved.place_of_new_owner ? nullptr : believed().FindKey(token);
  const v1::PinnedKey* next =
      purpose() == v1::PURPOSE_TRANSFER ? next_->FindKey(token) : nullptr;
  resolved.key = IsKeyOf(present, account) ? present : next;
  if (resolved.key == nullptr) return;
  if (resolved.key == present) resolved.roles = RolesHere(*present);
  resolved.new_owner = IsKeyOf(next, account) &&
                       account == next_->fields().account() &&
                       (next->roles() & v1::KEY_ROLE_OWNER) != 0 &&
                       next->point() == resolved.key->point();
}

absl::Status Verification::Token(size_t i) {
  const std::string& token = approval(i).raw.token_id();
  if (in_.denied != nullptr && in_.denied->tokens.count(token) > 0) {
    return Error(reason::kTokenRevoked, "the token is revoked",
                 {{"token", token}});
  }
  ResolveKey(i);
  const Resolved& resolved = resolved_[i];
  if (!IsKeyOf(resolved.key, approval(i).statement.account())) {
    return Error(reason::kTokenNotPinned,
                 "the device has not pinned the token for that account",
                 {{"token", token}});
  }
  if ((resolved.roles & RolesAskedFor()) == 0 && !resolved.new_owner) {
    return Error(reason::kTokenRole, "the token has no role for this",
                 {{"token", token}});
  }
  if (resolved.key->level() < approval(i).statement.required().level()) {
    return Error(reason::kTokenLevel, "the token's level is too low",
                 {{"token", token}});
  }
  return absl::OkStatus();
}

absl::Status Verification::Signature(size_t i) {
  return approvals_->CheckSignature(i, resolved_[i].key->point());
}

absl::Status Verification::Relay(size_t i) {
  const v1::Approval& raw = approval(i).raw;
  if (!approval(i).from_browser()) {
    if (raw.touched_at_ms() != 0) {
      return approvals_->CheckRelay(i, resolved_[i].gateway->point());
    }
  } else if (raw.touched_at_ms() == 0 && raw.relay_signature().empty()) {
    return absl::OkStatus();
  }
  return Error(reason::kRelayInvalid,
               "a touch at a gateway is relayed by it, and no other is");
}

}  // namespace u2fi::proof
