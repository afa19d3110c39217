#include "tools/rogue-cloud/forger.h"

#include "gtest/gtest.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/verify_proof.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::rogue_cloud {
namespace {

// In the world of FakeSite: a door that was unlocked by alice's touch.
class ForgerTest : public testing::Test {
 protected:
  ForgerTest() : clock_(absl::FromUnixMillis(1'700'000'000'000)) {
    case_.Ask("door.unlock", {case_.Alice()});
    recorded_.set_command(case_.command);
    *recorded_.mutable_proof() = case_.proof;
  }

  Attack AttackNamed(const std::string& name) {
    auto forger = Forger::Create(recorded_, clock_, random_);
    EXPECT_OK(forger);
    auto attacks = forger->Attacks();
    EXPECT_OK(attacks);
    for (const Attack& attack : *attacks) {
      if (attack.name == name) return attack;
    }
    ADD_FAILURE() << name;
    return {};
  }

  // What the device would say.
  absl::Status Verify(const Attack& attack) {
    const auto pins = case_.Present();
    const proof::VerifyInputs inputs = case_.site.Inputs(&*pins);
    const std::string& command = attack.execute.command();
    if (!attack.execute.has_proof()) {
      return proof::VerifyFree(command, inputs).status();
    }
    return proof::VerifyProof(command, attack.execute.proof(), inputs).status();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  proof::FakeCase case_;
  command_gate::v1::CommandRecord recorded_;
};

TEST_F(ForgerTest, WhatIsDeclaredFreeIsNot) {
  EXPECT_THAT(Verify(AttackNamed("declared-free")),
              HasReason(reason::kOperationNotFree));
}

TEST_F(ForgerTest, OnlyTheSignatureIsWrongInAForgedOne) {
  EXPECT_THAT(Verify(AttackNamed("forged-signature")),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(ForgerTest, OnlyTheTokenIsWrongWithAKeyOfItsOwn) {
  EXPECT_THAT(Verify(AttackNamed("unknown-key")),
              HasReason(reason::kTokenNotPinned));
}

TEST_F(ForgerTest, AnOldApprovalCoversAnotherCommand) {
  EXPECT_THAT(Verify(AttackNamed("old-approval")),
              HasReason(reason::kCommandMismatch));
}

TEST_F(ForgerTest, AReplayIsGoodInItself) {
  const Attack attack = AttackNamed("replay");
  EXPECT_OK(Verify(attack));
  EXPECT_EQ(attack.execute.command(), case_.command);
}

TEST_F(ForgerTest, EveryNewCommandIsAnotherOne) {
  const Attack one = AttackNamed("declared-free");
  const Attack two = AttackNamed("unknown-key");
  EXPECT_NE(one.command_id, two.command_id);
  ASSERT_OK_AND_ASSIGN(const proof::v1::Command command,
                       proof::ParseCommand(one.execute.command()));
  EXPECT_EQ(command.command_id(), one.command_id);
  EXPECT_EQ(command.operation(), "door.unlock");
}

TEST_F(ForgerTest, ARecordWithoutATouchIsNoUse) {
  recorded_.clear_proof();
  EXPECT_THAT(Forger::Create(recorded_, clock_, random_),
              HasReason(reason::kInvalidField));
}

TEST_F(ForgerTest, ARecordThatCannotBeReadIsNoUse) {
  recorded_.set_command("?");
  EXPECT_THAT(Forger::Create(recorded_, clock_, random_),
              HasReason(reason::kCommandFormat));
}

}  // namespace
}  // namespace u2fi::rogue_cloud
