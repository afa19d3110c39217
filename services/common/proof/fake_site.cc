#include "services/common/proof/fake_site.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/lease_offer.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"

namespace u2fi::proof {
namespace {

constexpr uint64_t kHourMs = 3'600'000;

void AddRule(v1::PinSet& pins, absl::string_view operation, v1::Rule rule) {
  v1::OperationRule& entry = *pins.add_rules();
  entry.set_operation(std::string(operation));
  *entry.mutable_rule() = std::move(rule);
}

void AddRules(v1::PinSet& pins) {
  v1::Rule lessee = TouchRule();
  lessee.set_lessee(true);
  v1::Rule browser = TouchRule();
  browser.set_browser_ok(true);
  AddRule(pins, "lamp.on", FreeRule());
  AddRule(pins, "door.unlock", TouchRule());
  AddRule(pins, "pay.send", TouchUvRule());
  AddRule(pins, "vault.open", QuorumRule(2));
  AddRule(pins, "camera.on", lessee);
  AddRule(pins, "log.read", browser);
  AddRule(pins, "bomb.arm", ForbiddenRule());
}

MerkleTree TreeOf(const std::vector<std::string>& commands) {
  std::vector<crypto::Digest> leaves;
  leaves.reserve(commands.size());
  for (const std::string& command : commands) leaves.push_back(Leaf(command));
  return *MerkleTree::Of(leaves);
}

}  // namespace

crypto::P256PrivateKey FakeKey(absl::string_view name) {
  return *crypto::P256PrivateKey::FromScalar(
      crypto::View(crypto::Sha256({"fake key of ", name})));
}

FakeToken::FakeToken(std::string token_id, std::string account_id)
    : id(std::move(token_id)),
      account(std::move(account_id)),
      key(FakeKey(id)) {}

v1::Answer FakeToken::Touch(absl::string_view rp_id,
                            absl::string_view client_data, uint8_t flags) {
  const std::string authenticator_data = absl::StrCat(
      crypto::View(crypto::Sha256(rp_id)),
      std::string(1, static_cast<char>(flags)), crypto::BigEndian32(++counter));
  v1::Answer answer;
  answer.set_client_data(std::string(client_data));
  answer.set_authenticator_data(authenticator_data);
  answer.set_signature(
      key.Sign(crypto::Sha256(SignedBytes(authenticator_data, client_data))));
  answer.set_token_id(id);
  return answer;
}

v1::PinnedKey FakeToken::Pinned(uint32_t roles, uint32_t level) const {
  v1::PinnedKey pinned;
  pinned.set_token_id(id);
  pinned.set_account(account);
  pinned.set_point(key.public_key().point());
  pinned.set_roles(roles);
  pinned.set_level(level);
  return pinned;
}

v1::Registration FakeToken::Registration() const {
  v1::Registration registration;
  registration.set_credential_id("handle of " + id);
  registration.set_public_key(key.public_key().point());
  registration.set_attestation("attestation of " + id);
  return registration;
}

FakeGateway::FakeGateway(std::string gateway_id, std::string site_id)
    : id(std::move(gateway_id)), site(std::move(site_id)), key(FakeKey(id)) {}

v1::PinnedGateway FakeGateway::Pinned(bool may_approve,
                                      bool may_execute) const {
  v1::PinnedGateway pinned;
  pinned.set_id(id);
  pinned.set_site(site);
  pinned.set_point(key.public_key().point());
  pinned.set_may_approve(may_approve);
  pinned.set_may_execute(may_execute);
  return pinned;
}

std::string FakeGateway::ChannelKey() const {
  return crypto::ToString(key.public_key().SpkiHash());
}

FakeSite::FakeSite()
    : alice("tok-alice", "alice"),
      bob("tok-bob", "bob"),
      carol("tok-carol", "carol"),
      dave("tok-dave", "dave"),
      erin("tok-erin", "erin"),
      guest("tok-guest", "guest"),
      gw1("gw-1", "home"),
      gw2("gw-2", "office"),
      front_desk(FakeKey("front-desk")) {}

v1::PinSet FakeSite::FirstPins() const {
  v1::PinSet pins;
  pins.set_format(1);
  pins.set_device(device);
  pins.set_tenant(tenant);
  pins.set_account(alice.account);
  pins.set_site(site);
  pins.set_revision(1);
  pins.set_rp_id_hash(crypto::ToString(crypto::Sha256(rp_id)));
  *pins.add_keys() = alice.Pinned(v1::KEY_ROLE_OWNER);
  *pins.add_keys() = bob.Pinned(v1::KEY_ROLE_MEMBER);
  *pins.add_keys() = carol.Pinned(v1::KEY_ROLE_APPROVER, 2);
  *pins.add_keys() = dave.Pinned(v1::KEY_ROLE_BREAK_GLASS);
  *pins.add_keys() =
      erin.Pinned(v1::KEY_ROLE_BREAK_GLASS | v1::KEY_ROLE_RECOVERY);
  *pins.add_gateways() = gw1.Pinned();
  *pins.add_gateways() = gw2.Pinned(true, false);
  v1::LeaseIssuer& issuer = *pins.add_lease_issuers();
  issuer.set_id("front-desk");
  issuer.set_point(front_desk.public_key().point());
  issuer.set_max_lease_s(7 * 24 * 3600);
  AddRules(pins);
  return pins;
}

v1::PinSet FakeSite::Next(const PinSet& pins) {
  v1::PinSet next = pins.fields();
  next.set_revision(next.revision() + 1);
  next.set_previous(crypto::ToString(pins.hash()));
  return next;
}

void FakeSite::AddLease(v1::PinSet& pins) const {
  *pins.add_keys() = guest.Pinned(v1::KEY_ROLE_LESSEE);
  pins.mutable_lease()->set_account(guest.account);
  pins.mutable_lease()->set_until_ms(now_ms + 24 * kHourMs);
}

v1::Command FakeSite::Command(absl::string_view operation,
                              absl::string_view arguments) const {
  const v1::OperationInfo* row = FindReserved(operation);
  v1::Command command;
  command.set_format(1);
  command.set_command_id(CommandId(
      tenant, Requester("spiffe://demo/client/acme/app", alice.account),
      request_id, 0));
  command.set_operation(std::string(operation));
  command.set_arguments(std::string(arguments));
  if (row != nullptr && row->on_account()) {
    command.set_device(AccountTarget(alice.account));
  } else {
    command.set_device(device);
    command.set_gateway(gw1.id);
    command.set_sequence(sequence);
  }
  return command;
}

std::string FakeSite::CommandBytes(absl::string_view operation,
                                   absl::string_view arguments) const {
  return *EncodeCommand(Command(operation, arguments));
}

std::vector<std::string> FakeSite::Batch(uint32_t count) const {
  std::vector<std::string> commands;
  for (uint32_t i = 0; i < count; ++i) {
    v1::Command command = Command("lamp.dim", absl::StrCat("{\"to\":", i, "}"));
    command.set_command_id(CommandId(tenant, "uri alice", request_id, i));
    command.set_index(i);
    command.set_sequence(sequence + 93 + i);
    commands.push_back(*EncodeCommand(command));
  }
  return commands;
}

v1::AuthorizationStatement FakeSite::Statement(v1::Purpose purpose,
                                               const FakeTouch& touch) const {
  v1::AuthorizationStatement statement;
  statement.set_format(1);
  statement.set_purpose(purpose);
  statement.set_tenant(tenant);
  statement.set_account(touch.token->account);
  if (touch.gateway != nullptr) {
    statement.set_approver_gateway(touch.gateway->id);
    statement.set_channel_key(touch.gateway->ChannelKey());
  } else {
    statement.set_channel_key(
        crypto::ToString(BrowserChannelKey(portal_origin)));
  }
  if (!IsOnAccount(purpose)) statement.set_site(site);
  statement.set_store_epoch("e1");
  statement.set_nonce(
      crypto::ToString(crypto::Sha256({"nonce of ", touch.token->id})));
  statement.set_requester(
      Requester("spiffe://demo/client/acme/app", alice.account));
  statement.set_request_id(request_id);
  statement.set_approve_by_ms(now_ms + 60'000);
  statement.set_execute_by_ms(now_ms + 120'000);
  return statement;
}

v1::Approval FakeSite::Approve(const v1::AuthorizationStatement& statement,
                               const FakeTouch& touch) const {
  const std::string bytes = Encode(statement);
  const crypto::Digest challenge = ChallengeOf(bytes);
  std::string client_data;
  if (touch.gateway == nullptr) {
    client_data =
        WebauthnClientData(kWebauthnAssertion, challenge, portal_origin);
  } else {
    const GatewayOrigin origin{tenant, touch.gateway->site, touch.gateway->id};
    client_data =
        touch.ctap2
            ? WebauthnClientData(kWebauthnAssertion, challenge, origin.Text())
            : U2fClientData(kU2fAssertion, challenge, origin,
                            touch.gateway->key.public_key().point());
  }
  v1::Answer answer = touch.token->Touch(rp_id, client_data, touch.flags);
  if (touch.gateway != nullptr) {
    SignRelay(touch.gateway->key, challenge, now_ms, answer);
  }
  return ToApproval(bytes, answer);
}

std::vector<v1::Approval> FakeSite::ApproveAll(
    const FakeRequest& request) const {
  const MerkleTree tree = TreeOf(request.commands);
  std::vector<v1::Approval> approvals;
  for (const FakeTouch& touch : request.touches) {
    v1::AuthorizationStatement statement = Statement(request.purpose, touch);
    statement.set_batch_root(crypto::ToString(tree.root()));
    statement.set_batch_size(tree.size());
    if (request.edit) request.edit(statement);
    approvals.push_back(Approve(statement, touch));
  }
  return approvals;
}

v1::Proof FakeSite::ProofOf(const std::vector<v1::Approval>& approvals,
                            const std::vector<std::string>& commands,
                            uint32_t index) {
  v1::Proof proof;
  for (const v1::Approval& approval : approvals) {
    *proof.add_approvals() = approval;
  }
  proof.set_index(index);
  for (const std::string& hash : TreeOf(commands).Path(index)) {
    proof.add_path(hash);
  }
  return proof;
}

v1::Proof FakeSite::Prove(const FakeRequest& request, uint32_t index) const {
  return ProofOf(ApproveAll(request), request.commands, index);
}

VerifyInputs FakeSite::Inputs(const PinSet* pins) const {
  VerifyInputs in;
  in.pins = pins;
  in.device = device;
  in.gateway = gw1.id;
  in.now_ms = now_ms;
  in.skew_ms = kSkewMs;
  return in;
}

v1::LeaseOffer FakeSite::Offer() const {
  v1::LeaseOffer offer;
  offer.set_format(1);
  offer.set_tenant(tenant);
  offer.set_site(site);
  offer.set_reservation("res-1");
  offer.add_devices("lamp-1");
  offer.add_devices(device);
  offer.set_from_ms(now_ms - kHourMs);
  offer.set_until_ms(now_ms + 24 * kHourMs);
  offer.set_guest_account(guest.account);
  offer.set_issuer("front-desk");
  return offer;
}

v1::SignedLeaseOffer FakeSite::SignedOffer(const v1::LeaseOffer& offer) const {
  return *SignLeaseOffer(offer, front_desk);
}

}  // namespace u2fi::proof
