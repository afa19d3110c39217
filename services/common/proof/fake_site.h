#ifndef U2FI_SERVICES_COMMON_PROOF_FAKE_SITE_H_
#define U2FI_SERVICES_COMMON_PROOF_FAKE_SITE_H_

#include <functional>
#include <string>
#include <vector>

#include "services/common/crypto/p256.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/verify_proof.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/lease.pb.h"
#include "u2fi/proof/v1/pin_set.pb.h"
#include "u2fi/proof/v1/proof.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::proof {

// A small world with real keys, for tests of whoever makes or checks proofs.
// All keys come from their names, so they are the same in every run;
// signatures are not.

// The key pair that `name` always gives.
crypto::P256PrivateKey FakeKey(absl::string_view name);

// A token that signs whatever it is asked. Simplification: one credential, and
// a counter that starts at 1.
struct FakeToken {
  FakeToken(std::string id, std::string account);

  // An assertion over `client_data`. `flags` as in the presence byte or the
  // authenticator data. No relay signature.
  v1::Answer Touch(absl::string_view rp_id, absl::string_view client_data,
                   uint8_t flags = 0x01);
  v1::PinnedKey Pinned(uint32_t roles, uint32_t level = 0) const;
  // A registration with this key and an attestation that nobody made.
  v1::Registration Registration() const;

  std::string id;
  std::string account;
  crypto::P256PrivateKey key;
  uint32_t counter = 0;
};

// A gateway with its identity key.
struct FakeGateway {
  FakeGateway(std::string id, std::string site);

  v1::PinnedGateway Pinned(bool may_approve = true,
                           bool may_execute = true) const;
  std::string ChannelKey() const;

  std::string id;
  std::string site;
  crypto::P256PrivateKey key;
};

// One touch that a proof is to have.
struct FakeTouch {
  FakeToken* token = nullptr;
  // nullptr: the portal, with WebAuthn.
  const FakeGateway* gateway = nullptr;
  // WebAuthn at the gateway (a CTAP2 key).
  bool ctap2 = false;
  uint8_t flags = 0x01;
};

// What a proof is to be about.
struct FakeRequest {
  v1::Purpose purpose = v1::PURPOSE_COMMAND;
  // Exact bytes of all items.
  std::vector<std::string> commands;
  std::vector<FakeTouch> touches;
  // Changes each statement before it is serialised and touched.
  std::function<void(v1::AuthorizationStatement&)> edit;
};

// Tenant acme with the account alice (owner), bob (member), carol (approver),
// dave (break-glass), erin (break-glass, recovery) and a guest, the site home
// with the device lock-1 and the gateway gw-1, the site office with gw-2.
// Public members may be changed before they are used.
class FakeSite {
 public:
  FakeSite();

  // Revision 1 of lock-1: tokens of alice, bob, carol, dave and erin, both
  // gateways, a front desk, and a rule for each preset: lamp.on FREE,
  // door.unlock TOUCH, pay.send TOUCH_UV, vault.open QUORUM (2), camera.on
  // TOUCH with `lessee`, log.read TOUCH with browser_ok, bomb.arm FORBIDDEN.
  v1::PinSet FirstPins() const;

  // `pins` as the next revision after it, to be changed by the caller.
  static v1::PinSet Next(const PinSet& pins);

  // Adds the guest's key and lease to `pins`.
  void AddLease(v1::PinSet& pins) const;

  // A command for lock-1, executed by gw-1, with index 0.
  v1::Command Command(absl::string_view operation,
                      absl::string_view arguments = "{}") const;
  std::string CommandBytes(absl::string_view operation,
                           absl::string_view arguments = "{}") const;

  // `count` commands "lamp.dim" with their indices and rising sequences.
  std::vector<std::string> Batch(uint32_t count) const;

  v1::AuthorizationStatement Statement(v1::Purpose purpose,
                                       const FakeTouch& touch) const;

  // Has `statement` touched and relayed. touched_at_ms is now_ms.
  v1::Approval Approve(const v1::AuthorizationStatement& statement,
                       const FakeTouch& touch) const;

  // The approvals of all touches over the whole request.
  std::vector<v1::Approval> ApproveAll(const FakeRequest& request) const;

  // The proof of item `index`.
  v1::Proof Prove(const FakeRequest& request, uint32_t index = 0) const;
  static v1::Proof ProofOf(const std::vector<v1::Approval>& approvals,
                           const std::vector<std::string>& commands,
                           uint32_t index);

  // Inputs of a device or agent at now_ms, behind gw-1.
  VerifyInputs Inputs(const PinSet* pins) const;

  v1::LeaseOffer Offer() const;
  v1::SignedLeaseOffer SignedOffer(const v1::LeaseOffer& offer) const;

  std::string tenant = "acme";
  std::string site = "home";
  std::string device = "lock-1";
  std::string rp_id = "u2fi.example";
  std::string portal_origin = "https://portal.u2fi.example";
  std::string request_id = "00112233445566778899aabbccddeeff";
  uint64_t now_ms = 1'700'000'000'000;
  // Of commands; those of a batch begin 93 later.
  uint64_t sequence = 7;

  FakeToken alice, bob, carol, dave, erin, guest;
  FakeGateway gw1, gw2;
  crypto::P256PrivateKey front_desk;
};

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_FAKE_SITE_H_
