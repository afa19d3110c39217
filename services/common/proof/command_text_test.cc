#include "services/common/proof/command_text.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {
namespace {

v1::Command Make(const std::string& operation, const std::string& arguments,
                 const std::string& device = "account:ann") {
  v1::Command command;
  command.set_device(device);
  command.set_operation(operation);
  command.set_arguments(arguments);
  return command;
}

TEST(CommandTextTest, ADeviceOperationIsShownWithItsArguments) {
  EXPECT_EQ(CommandText(Make("camera.on", "{\"zoom\":2}", "cam-1")),
            "camera.on on cam-1 {\"zoom\":2}");
  EXPECT_EQ(CommandText(Make("camera.on", "", "cam-1")), "camera.on on cam-1");
}

TEST(CommandTextTest, APinSetSaysWhoseTheDeviceWillBe) {
  const FakeSite site;
  EXPECT_EQ(CommandText(Make("u2fi.pins", Encode(site.FirstPins()), "lock-1")),
            "u2fi.pins on lock-1 owner alice keys 5 free lamp.on");
}

TEST(CommandTextTest, AndWhatNeedsNoTouchAnyMore) {
  const FakeSite site;
  v1::PinSet pins = site.FirstPins();
  pins.clear_rules();
  for (const char* const operation : {"door.unlock", "lamp.on", "lamp.off"}) {
    v1::OperationRule& entry = *pins.add_rules();
    entry.set_operation(operation);
    *entry.mutable_rule() = operation[0] == 'd' ? OwnerTouchRule() : FreeRule();
  }
  EXPECT_EQ(CommandText(Make("u2fi.pins", Encode(pins), "lock-1")),
            "u2fi.pins on lock-1 owner alice keys 5 free lamp.on lamp.off");
}

TEST(CommandTextTest, AnActOnAKeyNamesTheKey) {
  v1::TokenArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id("tok-1");
  EXPECT_EQ(CommandText(Make("u2fi.token.revoke", Encode(arguments))),
            "u2fi.token.revoke on account:ann key tok-1");
}

TEST(CommandTextTest, TheGatewaysOfAnAccountAreNamed) {
  v1::AccountGatewaysArguments arguments;
  arguments.set_format(1);
  for (const char* const id : {"g1", "g2"}) {
    v1::AccountGateway& gateway = *arguments.add_gateways();
    gateway.set_id(id);
    gateway.set_channel_key(std::string(32, 'k'));
  }
  EXPECT_EQ(CommandText(Make("u2fi.account.gateways", Encode(arguments))),
            "u2fi.account.gateways on account:ann own gateways g1 g2");
}

TEST(CommandTextTest, SoAreItsRules) {
  v1::AccountPolicyArguments arguments;
  arguments.set_format(1);
  EXPECT_EQ(CommandText(Make("u2fi.account.policy", Encode(arguments))),
            "u2fi.account.policy on account:ann no rules");
  v1::OperationRule& rule = *arguments.add_rules();
  rule.set_operation("door.open");
  *rule.mutable_rule() = QuorumRule(3);
  EXPECT_EQ(CommandText(Make("u2fi.account.policy", Encode(arguments))),
            "u2fi.account.policy on account:ann rules door.open=3 approvals");
}

TEST(CommandTextTest, ANewKeyOfAGatewayIsNamedByItsHash) {
  const crypto::P256PublicKey key =
      crypto::P256PrivateKey::Generate().public_key();
  v1::GatewayKeyArguments arguments;
  arguments.set_format(1);
  arguments.set_gateway("g1");
  arguments.set_old_channel_key(std::string(32, 'o'));
  arguments.set_new_point(key.point());
  EXPECT_EQ(
      CommandText(Make("u2fi.gateway.key", Encode(arguments))),
      absl::StrCat("u2fi.gateway.key on account:ann gateway g1 new key ",
                   crypto::Hex(crypto::View(key.SpkiHash())).substr(0, 16)));
}

TEST(CommandTextTest, AChangeOfPolicySaysAllThatBecomesLooser) {
  v1::PolicyChangeArguments arguments;
  arguments.set_format(1);
  arguments.set_resource("models/lock");
  arguments.set_change(std::string(32, 'c'));
  arguments.add_looser("door.open=free");
  arguments.add_looser("open");
  EXPECT_EQ(CommandText(Make("u2fi.policy", Encode(arguments))),
            "u2fi.policy on account:ann models/lock looser door.open=free "
            "open");
}

TEST(CommandTextTest, ArgumentsThatCannotBeReadAreSaidToBe) {
  EXPECT_EQ(CommandText(Make("u2fi.token.revoke", "\xff")),
            "u2fi.token.revoke on account:ann (unreadable)");
}

TEST(CommandTextTest, WhatTheNameSaysIsEnough) {
  EXPECT_EQ(CommandText(Make("u2fi.unbind", "bytes", "cam-1")),
            "u2fi.unbind on cam-1");
  EXPECT_EQ(CommandText(Make("u2fi.none", "bytes", "cam-1")),
            "u2fi.none on cam-1");
}

TEST(CommandTextTest, NothingTurnsTheDirectionOfAText) {
  EXPECT_EQ(CommandText(Make("camera.on", "\xe2\x80\xae\xc2\x9b", "cam-1")),
            "camera.on on cam-1 ??");
}

TEST(CommandTextTest, ControlCharactersCannotRewriteTheScreen) {
  EXPECT_EQ(CommandText(Make("camera.on", "a\x1b[2Jb\n", "cam-1")),
            "camera.on on cam-1 a?[2Jb?");
}

}  // namespace
}  // namespace u2fi::proof
