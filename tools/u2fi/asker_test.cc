#include "tools/u2fi/asker.h"

#include <sstream>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AskerTest : public testing::Test {
 protected:
  AskerTest() {
    ask_.device = "cam-1";
    ask_.operation = "camera.on";
    ask_.account = "ann";
  }

  absl::Status Run() { return Asker(mesh_, random_, output_).Run(ask_); }
  const gate::SubmitOptions& options() { return mesh_.submitted.options(); }

  FakeMesh mesh_;
  FakeRandomSource random_;
  std::ostringstream said_;
  Output output_{said_, false};
  Ask ask_;
};

TEST_F(AskerTest, ASucceededCommandIsASuccess) {
  EXPECT_OK(Run());
  EXPECT_THAT(said_.str(), HasSubstr("state    AWAITING_APPROVAL"));
  EXPECT_THAT(said_.str(), HasSubstr("state    SUCCEEDED {\"power\":\"on\"}"));
}

TEST_F(AskerTest, TheWordsStandThereBeforeAnythingIsHeard) {
  mesh_.error = Error(reason::kGatewayOffline, "away");
  EXPECT_THAT(Run(), HasReason(reason::kGatewayOffline));
  EXPECT_THAT(said_.str(), StartsWith("words    "));
}

TEST_F(AskerTest, TheWordsAreThoseOfTheRequest) {
  ask_.request_id = std::string(32, '7');
  EXPECT_OK(Run());
  EXPECT_THAT(said_.str(), HasSubstr(proof::ComparisonWords(
                               ask_.request_id, {{"cam-1", "camera.on", ""}})));
}

TEST_F(AskerTest, AnotherCommandThanTheOneAskedForIsCancelled) {
  mesh_.words = {"some", "other", "four", "words"};
  EXPECT_THAT(Run(), HasReason(reason::kCommandMismatch));
  EXPECT_THAT(mesh_.calls().back(), StartsWith("CancelCommand"));
}

TEST_F(AskerTest, TheRequestSaysEverything) {
  ask_.json = "{}";
  ask_.gateway = "g2";
  ask_.approve_within = absl::Seconds(5);
  ask_.execute_within = absl::Minutes(1);
  EXPECT_OK(Run());
  EXPECT_EQ(mesh_.submitted.item().json(), "{}");
  EXPECT_EQ(options().on_behalf_of(), "ann");
  EXPECT_EQ(options().purpose(), proof::v1::PURPOSE_COMMAND);
  EXPECT_EQ(options().place().gateway(), "g2");
  EXPECT_EQ(options().approve_within().seconds(), 5);
  EXPECT_EQ(options().execute_within().seconds(), 60);
}

TEST_F(AskerTest, WhatIsNotAskedForIsLeftToTheGate) {
  EXPECT_OK(Run());
  EXPECT_FALSE(options().has_approve_within());
  EXPECT_FALSE(options().has_place());
  EXPECT_FALSE(options().has_evidence());
  EXPECT_EQ(mesh_.submitted.item().arguments_case(),
            gate::CommandItem::ARGUMENTS_NOT_SET);
}

TEST_F(AskerTest, EachRequestHasAFreshId) {
  EXPECT_OK(Run());
  const std::string first = mesh_.submitted.request_id();
  EXPECT_OK(Run());
  EXPECT_EQ(first.size(), 32u);
  EXPECT_NE(mesh_.submitted.request_id(), first);
}

TEST_F(AskerTest, WhatMayHaveBeenTakenCanBeRepeated) {
  ask_.request_id = std::string(32, '7');
  for (const Reason& unclear :
       {reason::kStoreOutcomeUnknown, reason::kDeadlineExceeded,
        reason::kPeerUnavailable}) {
    mesh_.error = Error(unclear, "away");
    EXPECT_EQ(MetadataOf(Run())["request_id"], ask_.request_id);
  }
  mesh_.error = Error(reason::kGatewayOffline, "away");
  EXPECT_EQ(MetadataOf(Run()).count("request_id"), 0u);
}

TEST_F(AskerTest, EvidenceThatCannotBeReadIsRefusedBeforeAnythingIsSent) {
  ask_.evidence = "\xff";
  EXPECT_THAT(Run(), HasReason(reason::kEvidenceFormat));
  EXPECT_TRUE(mesh_.calls().empty());
}

TEST_F(AskerTest, OnlyCheckedMeansThatNobodyWaits) {
  ask_.validate_only = true;
  EXPECT_OK(Run());
  EXPECT_TRUE(mesh_.submitted.validate_only());
  EXPECT_EQ(mesh_.calls().size(), 1u);
}

TEST_F(AskerTest, ADeniedCommandIsAnErrorWithItsReason) {
  mesh_.states = {gate::COMMAND_STATE_DENIED};
  mesh_.reason = "DECLINED";
  const absl::Status status = Run();
  EXPECT_EQ(ReasonOf(status), "DECLINED");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(AskerTest, EveryOtherEndIsAnError) {
  for (const auto state :
       {gate::COMMAND_STATE_FAILED, gate::COMMAND_STATE_UNKNOWN_OUTCOME,
        gate::COMMAND_STATE_EXPIRED, gate::COMMAND_STATE_CANCELLED}) {
    mesh_.states = {state};
    EXPECT_EQ(ReasonOf(Run()), StateName(state));
  }
}

TEST_F(AskerTest, AStreamThatEndsEarlyIsNotASuccess) {
  mesh_.states = {gate::COMMAND_STATE_APPROVED};
  const absl::Status status = Run();
  EXPECT_THAT(status, HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(std::string(status.message()), HasSubstr("commands/c1"));
}

TEST_F(AskerTest, AStateIsToldOnce) {
  mesh_.states = {gate::COMMAND_STATE_APPROVED, gate::COMMAND_STATE_APPROVED,
                  gate::COMMAND_STATE_SUCCEEDED};
  EXPECT_OK(Run());
  const std::string text = said_.str();
  EXPECT_EQ(text.find("APPROVED"), text.rfind("APPROVED"));
}

TEST_F(AskerTest, WithoutWaitingItEndsWhenTheGateHasTakenIt) {
  ask_.no_wait = true;
  mesh_.states = {gate::COMMAND_STATE_AWAITING_APPROVAL,
                  gate::COMMAND_STATE_DENIED};
  EXPECT_OK(Run());
  EXPECT_THAT(said_.str(), HasSubstr("state    AWAITING_APPROVAL"));
}

TEST_F(AskerTest, ACommandOfBeforeIsFollowedToItsEnd) {
  mesh_.states = {gate::COMMAND_STATE_APPROVED, gate::COMMAND_STATE_DENIED};
  mesh_.reason = "USER_DENIED";
  EXPECT_EQ(Asker(mesh_, random_, output_).Wait("commands/c1").code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(said_.str(), HasSubstr("state    DENIED: USER_DENIED"));
}

TEST_F(AskerTest, AnUnknownCommandIsNotWaitedFor) {
  mesh_.no_command = true;
  EXPECT_THAT(Asker(mesh_, random_, output_).Wait("commands/c1"),
              HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::cli
