// Pin set updates that nobody approved as they are.
#include <algorithm>

#include "services/common/proof/command.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "tests/attacks/attack_list.h"

namespace u2fi::attacks {
namespace {

using proof::Encode;
using proof::FakeSite;
using proof::FakeToken;
using proof::PinSet;
using Parts = ForgedUpdate::Parts;

constexpr char kDoor[] = "door.unlock";

proof::v1::PinSet WithDoor(const PinSet& present, const proof::v1::Rule& rule) {
  proof::v1::PinSet next = FakeSite::Next(present);
  auto& rules = *next.mutable_rules();
  auto entry = std::find_if(rules.begin(), rules.end(), [](const auto& one) {
    return one.operation() == kDoor;
  });
  if (entry == rules.end()) {
    next.add_rules()->set_operation(kDoor);
    entry = rules.end() - 1;
  }
  *entry->mutable_rule() = rule;
  return next;
}

// `next` as a command, touched for by `token`.
Parts Touched(FakeSite& site, const proof::v1::PinSet& next, FakeToken& token,
              proof::v1::Purpose purpose = proof::v1::PURPOSE_PINS) {
  proof::FakeRequest request;
  request.purpose = purpose;
  request.commands = {site.CommandBytes("u2fi.pins", Encode(next))};
  request.touches = {{&token, &site.gw1}};
  return {request.commands[0], site.Prove(request)};
}

// The same command and proof around another set.
Parts Around(const Parts& approved, const proof::v1::PinSet& next) {
  Parts forged = approved;
  proof::v1::Command command = *proof::ParseCommand(approved.command);
  command.set_arguments(Encode(next));
  forged.command = Encode(command);
  return forged;
}

// As far as the set has a key of it.
void MakeOwner(const FakeToken& token, proof::v1::PinSet& pins) {
  for (proof::v1::PinnedKey& key : *pins.mutable_keys()) {
    if (key.token_id() == token.id) key.set_roles(proof::v1::KEY_ROLE_OWNER);
  }
}

Parts WithoutProof(FakeSite& site, const PinSet& present) {
  return {GoodUpdate(site, present).command, {}};
}
Parts ProofForAnotherSet(FakeSite& site, const PinSet& present) {
  return Around(GoodUpdate(site, present),
                WithDoor(present, proof::FreeRule()));
}
Parts OlderRevision(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  next.set_revision(present.fields().revision());
  return Touched(site, next, site.alice);
}
Parts SkippedRevision(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  next.set_revision(present.fields().revision() + 2);
  return Touched(site, next, site.alice);
}
Parts FollowsAnotherSet(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  next.mutable_previous()->back() ^= 1;
  return Touched(site, next, site.alice);
}
// The new set pins the key that approves it.
Parts KeyOfTheNewSetOnly(FakeSite& site, const PinSet& present) {
  FakeToken mallory("tok-mallory", site.alice.account);
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  *next.add_keys() = mallory.Pinned(proof::v1::KEY_ROLE_OWNER);
  return Touched(site, next, mallory);
}
// A member makes himself an owner.
Parts OwnRoleRaised(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = FakeSite::Next(present);
  MakeOwner(site.bob, next);
  return Touched(site, next, site.bob);
}
Parts RoleChangedAfterTheTouch(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  next.mutable_keys(0)->set_roles(proof::v1::KEY_ROLE_OWNER |
                                  proof::v1::KEY_ROLE_BREAK_GLASS);
  return Around(GoodUpdate(site, present), next);
}
Parts KeyExchangedAfterTheTouch(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  next.mutable_keys(0)->set_point(
      FakeToken("tok-mallory", "alice").Pinned(1).point());
  return Around(GoodUpdate(site, present), next);
}
Parts GatewayExchangedAfterTheTouch(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  next.mutable_gateways(0)->set_point(
      proof::FakeGateway("gw-9", "home").Pinned().point());
  return Around(GoodUpdate(site, present), next);
}
// Good for lock-2, sent to lock-1: in the command, or in the set alone.
Parts UpdateOfAnotherDevice(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  next.set_device("lock-2");
  const std::string own = site.device;
  site.device = "lock-2";
  Parts forged = Touched(site, next, site.alice);
  site.device = own;
  return forged;
}
Parts SetOfAnotherDevice(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = WithDoor(present, proof::ForbiddenRule());
  next.set_device("lock-2");
  return Touched(site, next, site.alice);
}
Parts DeviceChangedAfterTheTouch(FakeSite& site, const PinSet& present) {
  Parts forged = UpdateOfAnotherDevice(site, present);
  proof::v1::Command command = *proof::ParseCommand(forged.command);
  command.set_device(site.device);
  forged.command = Encode(command);
  return forged;
}
// Approved as an everyday command.
Parts TouchOfAnotherPurpose(FakeSite& site, const PinSet& present) {
  return Touched(site, WithDoor(present, proof::ForbiddenRule()), site.alice,
                 proof::v1::PURPOSE_COMMAND);
}
Parts AnotherOwner(FakeSite& site, const PinSet& present) {
  proof::v1::PinSet next = FakeSite::Next(present);
  next.set_account("bob");
  MakeOwner(site.bob, next);
  return Touched(site, next, site.alice);
}

}  // namespace

Parts GoodUpdate(FakeSite& site, const PinSet& present) {
  return Touched(site, WithDoor(present, proof::ForbiddenRule()), site.alice);
}

std::vector<ForgedUpdate> ForgedUpdates() {
  return {
      {"WithoutProof", WithoutProof},
      {"ProofForAnotherSet", ProofForAnotherSet},
      {"OlderRevision", OlderRevision},
      {"SkippedRevision", SkippedRevision},
      {"FollowsAnotherSet", FollowsAnotherSet},
      {"KeyOfTheNewSetOnly", KeyOfTheNewSetOnly},
      {"OwnRoleRaised", OwnRoleRaised},
      {"RoleChangedAfterTheTouch", RoleChangedAfterTheTouch},
      {"KeyExchangedAfterTheTouch", KeyExchangedAfterTheTouch},
      {"GatewayExchangedAfterTheTouch", GatewayExchangedAfterTheTouch},
      {"UpdateOfAnotherDevice", UpdateOfAnotherDevice},
      {"SetOfAnotherDevice", SetOfAnotherDevice},
      {"DeviceChangedAfterTheTouch", DeviceChangedAfterTheTouch},
      {"TouchOfAnotherPurpose", TouchOfAnotherPurpose},
      {"AnotherOwner", AnotherOwner},
  };
}

}  // namespace u2fi::attacks
