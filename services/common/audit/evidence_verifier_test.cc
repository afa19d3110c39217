#include "services/common/audit/evidence_verifier.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/step.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

using proof::FakeToken;
using proof::v1::Purpose;

// A story told by rows; each test asks what the evidence of the last one shows.
class EvidenceVerifierTest : public testing::Test {
 protected:
  void Tell(RowContent content) {
    content.body.set_format(1);
    ParsedRow row;
    *row.header.mutable_writer() = TestWriter();
    row.header.set_kind(content.kind);
    row.header.set_time_ms(site_.now_ms);
    row.body = std::move(content.body);
    rows_.push_back(std::move(row));
    site_.now_ms += 1000;
  }
  std::string NewCommand(absl::string_view operation,
                         absl::string_view arguments = "{}") {
    site_.request_id = absl::StrFormat("%032x", ++requests_);
    return site_.CommandBytes(operation, arguments);
  }
  RowContent Approved(const std::string& command, Purpose purpose,
                      const std::vector<FakeToken*>& by) {
    proof::FakeRequest request;
    request.purpose = purpose;
    request.commands = {command};
    for (FakeToken* token : by) {
      request.touches.push_back({token, at_, token == ctap2_});
    }
    RowContent content;
    content.kind = v1::ROW_KIND_APPROVAL;
    content.body.set_command(command);
    content.body.set_state_before("AWAITING_APPROVAL");
    content.body.set_state_after("APPROVED");
    *content.body.mutable_approvals() = site_.Prove(request).approvals();
    return content;
  }
  void TellEnrolment(FakeToken& token, const std::vector<FakeToken*>& by) {
    RowContent content = Approved(proof::FakeEnrolCommand(site_, token),
                                  proof::v1::PURPOSE_ENROL, by);
    *content.body.mutable_evidence()->mutable_registration() =
        token.Registration();
    Tell(std::move(content));
  }
  void TellTokenChange(absl::string_view operation, const FakeToken& token,
                       FakeToken& by) {
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token.id);
    Tell(Approved(NewCommand(operation, proof::Encode(arguments)),
                  proof::v1::PURPOSE_TOKEN, {&by}));
  }
  proof::v1::PinSet FirstPins(const std::vector<FakeToken*>& members = {}) {
    proof::v1::PinSet pins = site_.FirstPins();
    pins.mutable_keys()->DeleteSubrange(1, pins.keys_size() - 1);
    for (FakeToken* token : members) {
      *pins.add_keys() = token->Pinned(proof::v1::KEY_ROLE_MEMBER);
    }
    return pins;
  }
  proof::PinSet TellPins(const proof::v1::PinSet& pins, Purpose purpose,
                         const std::vector<FakeToken*>& by) {
    proof::PinSet encoded = *proof::PinSet::Encode(pins);
    Tell(Approved(NewCommand("u2fi.pins", encoded.bytes()), purpose, by));
    return encoded;
  }
  proof::PinSet TellGenesis() {
    return TellPins(FirstPins(), proof::v1::PURPOSE_PROVISION, {&site_.alice});
  }

  static std::string IdOf(const ParsedRow& row) {
    return proof::ParseCommand(row.body.command())->command_id();
  }

  // What the last row shows, when all rows were learned in this order.
  absl::StatusOr<Evidence> Last(bool complete = true) {
    EvidenceVerifier::Options options;
    options.complete = complete;
    verifier_.emplace(anchors_, options);
    for (const ParsedRow& row : rows_) {
      RETURN_IF_ERROR(verifier_->Learn(row));
    }
    verifier_->Settle();
    for (size_t i = 0; i + 1 < rows_.size(); ++i) {
      RETURN_IF_ERROR(verifier_->Verify(rows_[i], i + 1).status());
    }
    return verifier_->Verify(rows_.back(), rows_.size());
  }
  std::string FaultStep(bool complete = true) {
    const auto evidence = Last(complete);
    EXPECT_FALSE(evidence.ok());
    return proof::StepOf(evidence.status());
  }
  Finding LastFinding(bool complete = true) {
    const auto evidence = Last(complete);
    EXPECT_OK(evidence);
    return evidence.ok() ? evidence->finding : Finding::kNone;
  }

  proof::FakeSite site_;
  FakeToken second_{"tok-alice2", "alice"};
  // The token that answers over CTAP2, if one does.
  FakeToken* ctap2_ = nullptr;
  // Where the touches are taken.
  proof::FakeGateway* at_ = &site_.gw1;
  Anchors anchors_;
  std::vector<ParsedRow> rows_;
  absl::optional<EvidenceVerifier> verifier_;
  int requests_ = 0;
};

TEST_F(EvidenceVerifierTest, ASecondTokenJoinsWithAnEnrolledOne) {
  TellEnrolment(site_.alice, {&site_.alice});
  TellEnrolment(second_, {&second_, &site_.alice});
  EXPECT_EQ(LastFinding(), Finding::kVerified);
}

TEST_F(EvidenceVerifierTest, ACtap2KeysGatewayIsThatOfALaterPinSet) {
  ctap2_ = &site_.alice;
  TellEnrolment(site_.alice, {&site_.alice});
  TellGenesis();
  std::swap(rows_[0], rows_[1]);
  EXPECT_EQ(LastFinding(), Finding::kVerified);
  rows_[1].body.mutable_approvals(0)->set_touched_at_ms(
      rows_[1].body.approvals(0).touched_at_ms() + 1);
  EXPECT_EQ(FaultStep(), "relay");
}

TEST_F(EvidenceVerifierTest, WithoutOneACtap2KeysRelayIsUnverifiable) {
  ctap2_ = &site_.alice;
  TellEnrolment(site_.alice, {&site_.alice});
  ASSERT_OK_AND_ASSIGN(const Evidence evidence, Last());
  EXPECT_EQ(evidence.finding, Finding::kUnverifiable);
  EXPECT_EQ(evidence.note, "no pin set in the file has the key of the gateway");
}

TEST_F(EvidenceVerifierTest, TheKeyOfAnotherGatewayDoesNotSayWhoRelayed) {
  proof::FakeGateway elsewhere("gw-9", "home");
  ctap2_ = &site_.alice;
  at_ = &elsewhere;
  TellEnrolment(site_.alice, {&site_.alice});
  at_ = &site_.gw1;
  TellGenesis();
  std::swap(rows_[0], rows_[1]);
  EXPECT_EQ(LastFinding(), Finding::kUnverifiable);
}

TEST_F(EvidenceVerifierTest, ACtap2KeyLetsAnotherJoin) {
  ctap2_ = &site_.alice;
  TellEnrolment(site_.alice, {&site_.alice});
  TellGenesis();
  TellEnrolment(second_, {&second_, &site_.alice});
  EXPECT_EQ(LastFinding(), Finding::kVerified);
}

TEST_F(EvidenceVerifierTest, TheSameActMayStandInTwoRows) {
  // The gate approved it, attestation applied it.
  TellEnrolment(site_.alice, {&site_.alice});
  rows_.push_back(rows_.back());
  rows_.back().header.set_time_ms(site_.now_ms);
  EXPECT_EQ(LastFinding(), Finding::kVerified);
}

TEST_F(EvidenceVerifierTest, RowsOfOtherWritersMayComeOutOfOrder) {
  TellEnrolment(site_.alice, {&site_.alice});
  TellEnrolment(second_, {&second_, &site_.alice});
  std::swap(rows_[0], rows_[1]);
  EXPECT_EQ(LastFinding(), Finding::kVerified);
}

TEST_F(EvidenceVerifierTest, ARevokedTokenApprovesNothing) {
  TellEnrolment(site_.alice, {&site_.alice});
  TellEnrolment(second_, {&second_, &site_.alice});
  TellTokenChange("u2fi.token.revoke", second_, site_.alice);
  site_.now_ms += 60'000;
  TellTokenChange("u2fi.token.suspend", site_.alice, second_);
  EXPECT_EQ(FaultStep(), "token");
}

TEST_F(EvidenceVerifierTest, AResumedTokenApprovesAgain) {
  TellEnrolment(site_.alice, {&site_.alice});
  TellEnrolment(second_, {&second_, &site_.alice});
  TellTokenChange("u2fi.token.suspend", second_, site_.alice);
  site_.now_ms += 60'000;
  TellTokenChange("u2fi.token.resume", second_, site_.alice);
  TellTokenChange("u2fi.token.suspend", site_.alice, second_);
  EXPECT_EQ(LastFinding(), Finding::kVerified);
}

TEST_F(EvidenceVerifierTest, ATokenThatNobodyEnrolledApprovesNothing) {
  TellEnrolment(site_.alice, {&site_.alice});
  TellTokenChange("u2fi.token.suspend", site_.alice, second_);
  EXPECT_EQ(FaultStep(), "touch");
  EXPECT_EQ(LastFinding(false), Finding::kUnverifiable);
}

TEST_F(EvidenceVerifierTest, AQuorumNeedsAllItsTouches) {
  proof::v1::PinSet pins = FirstPins({&site_.bob});
  pins.mutable_keys(1)->set_roles(proof::v1::KEY_ROLE_APPROVER);
  TellEnrolment(site_.bob, {&site_.bob});
  TellPins(pins, proof::v1::PURPOSE_PROVISION, {&site_.alice});
  Tell(Approved(NewCommand("vault.open"), proof::v1::PURPOSE_COMMAND,
                {&site_.alice, &site_.bob}));
  EXPECT_EQ(LastFinding(), Finding::kVerified);
  rows_.pop_back();
  Tell(Approved(NewCommand("vault.open"), proof::v1::PURPOSE_COMMAND,
                {&site_.alice}));
  EXPECT_EQ(FaultStep(), "rule");
}

TEST_F(EvidenceVerifierTest, AQuorumsTouchesMayStandInOtherRows) {
  proof::v1::PinSet pins = FirstPins({&site_.bob});
  pins.mutable_keys(1)->set_roles(proof::v1::KEY_ROLE_APPROVER);
  TellEnrolment(site_.bob, {&site_.bob});
  TellPins(pins, proof::v1::PURPOSE_PROVISION, {&site_.alice});
  RowContent both =
      Approved(NewCommand("vault.open"), proof::v1::PURPOSE_COMMAND,
               {&site_.alice, &site_.bob});
  RowContent first;
  first.kind = v1::ROW_KIND_APPROVAL;
  *first.body.add_approvals() = both.body.approvals(0);
  Tell(first);
  const proof::v1::Approval last = both.body.approvals(1);
  both.body.clear_approvals();
  *both.body.add_approvals() = last;
  both.body.add_approval_refs(
      crypto::ToString(ApprovalDigest(first.body.approvals(0))));
  Tell(both);
  EXPECT_EQ(LastFinding(), Finding::kVerified);
}

TEST_F(EvidenceVerifierTest, ADeviceThatWasResetBeginsAgain) {
  TellGenesis();
  proof::v1::PinSet again = FirstPins();
  again.mutable_rules()->RemoveLast();
  TellPins(again, proof::v1::PURPOSE_PROVISION, {&site_.alice});
  Tell(Approved(NewCommand("door.unlock"), proof::v1::PURPOSE_COMMAND,
                {&site_.alice}));
  EXPECT_EQ(LastFinding(), Finding::kVerified);
}

TEST_F(EvidenceVerifierTest, ANewPinSetTakesAWhileToReachItsDevice) {
  TellEnrolment(site_.bob, {&site_.bob});
  const proof::PinSet first = TellPins(
      FirstPins({&site_.bob}), proof::v1::PURPOSE_PROVISION, {&site_.alice});
  proof::v1::PinSet next = proof::FakeSite::Next(first);
  next.mutable_keys()->RemoveLast();
  TellPins(next, proof::v1::PURPOSE_PINS, {&site_.alice});
  Tell(Approved(NewCommand("door.unlock"), proof::v1::PURPOSE_COMMAND,
                {&site_.bob}));
  ASSERT_OK_AND_ASSIGN(const Evidence evidence, Last());
  EXPECT_EQ(evidence.finding, Finding::kVerified);
  EXPECT_EQ(evidence.note, "under an older pin set");
}

TEST_F(EvidenceVerifierTest, WhatThePresentPinSetAllowsHasNoNote) {
  TellEnrolment(site_.alice, {&site_.alice});
  TellPins(proof::FakeSite::Next(TellGenesis()), proof::v1::PURPOSE_PINS,
           {&site_.alice});
  Tell(Approved(NewCommand("door.unlock"), proof::v1::PURPOSE_COMMAND,
                {&site_.alice}));
  ASSERT_OK_AND_ASSIGN(const Evidence evidence, Last());
  EXPECT_EQ(evidence.finding, Finding::kVerified);
  EXPECT_EQ(evidence.note, "");
}

TEST_F(EvidenceVerifierTest, APinSetMustFollowOneThatIsKnown) {
  const proof::PinSet first = TellGenesis();
  proof::v1::PinSet next = proof::FakeSite::Next(first);
  next.set_previous(std::string(32, 'p'));
  TellPins(next, proof::v1::PURPOSE_PINS, {&site_.alice});
  EXPECT_EQ(FaultStep(), "touch");
  EXPECT_EQ(LastFinding(false), Finding::kUnverifiable);
}

TEST_F(EvidenceVerifierTest, ALeaseNeedsTheOfferThatCameWithIt) {
  const proof::PinSet first = TellGenesis();
  proof::v1::PinSet leased = proof::FakeSite::Next(first);
  site_.AddLease(leased);
  const proof::v1::SignedLeaseOffer offer = site_.SignedOffer(site_.Offer());
  RowContent row =
      Approved(NewCommand("u2fi.pins", proof::PinSet::Encode(leased)->bytes()),
               proof::v1::PURPOSE_LEASE, {&site_.guest});
  Tell(row);
  EXPECT_EQ(FaultStep(), "pins");
  rows_.pop_back();
  *row.body.mutable_evidence()->mutable_lease_offer() = offer;
  Tell(row);
  EXPECT_EQ(LastFinding(), Finding::kVerified);
}

TEST_F(EvidenceVerifierTest, ADeviceWithoutAPinSetCannotBeJudged) {
  Tell(Approved(NewCommand("door.unlock"), proof::v1::PURPOSE_COMMAND,
                {&site_.alice}));
  EXPECT_EQ(FaultStep(), "touch");
  EXPECT_EQ(LastFinding(false), Finding::kUnverifiable);
}

TEST_F(EvidenceVerifierTest, ATouchAfterExecuteByIsAFault) {
  TellGenesis();
  RowContent late = Approved(NewCommand("door.unlock"),
                             proof::v1::PURPOSE_COMMAND, {&site_.alice});
  site_.now_ms += uint64_t{24} * 3600 * 1000;
  Tell(std::move(late));
  EXPECT_EQ(FaultStep(), "deadlines");
}

TEST_F(EvidenceVerifierTest, RefusalsAndLostRacesClaimNothing) {
  TellGenesis();
  RowContent bad = Approved(NewCommand("door.unlock"),
                            proof::v1::PURPOSE_COMMAND, {&site_.alice});
  bad.body.mutable_approvals(0)->set_signature("bad");
  bad.body.set_state_after("DENIED");
  for (common::v1::Outcome outcome :
       {common::v1::OUTCOME_REFUSED, common::v1::OUTCOME_QUARANTINED}) {
    bad.body.set_outcome(outcome);
    Tell(bad);
    EXPECT_EQ(LastFinding(), Finding::kNone);
  }
  bad.body.clear_outcome();
  bad.kind = v1::ROW_KIND_LOST_RACE;
  Tell(bad);
  EXPECT_EQ(LastFinding(), Finding::kNone);
  rows_.back().header.set_kind(v1::ROW_KIND_APPROVAL);
  EXPECT_EQ(FaultStep(), "signature");
}

TEST_F(EvidenceVerifierTest, OnlyTheGateIsHeldToTheStatesOfCommands) {
  RowContent move;
  move.kind = v1::ROW_KIND_COMMAND;
  move.body.set_command(NewCommand("door.unlock"));
  move.body.set_state_before("AWAITING_APPROVAL");
  move.body.set_state_after("APPROVED");
  Tell(move);
  EXPECT_EQ(FaultStep(), "proof");
  rows_.back().header.mutable_writer()->set_service("device-registry");
  EXPECT_EQ(LastFinding(), Finding::kNone);
}

TEST_F(EvidenceVerifierTest, ADispatchedCommandWasApproved) {
  TellGenesis();
  const std::string command = NewCommand("door.unlock");
  Tell(Approved(command, proof::v1::PURPOSE_COMMAND, {&site_.alice}));
  RowContent move;
  move.kind = v1::ROW_KIND_COMMAND;
  move.body.set_command(command);
  move.body.set_state_before("APPROVED");
  move.body.set_state_after("DISPATCHED");
  Tell(move);
  uint64_t line = 0;
  EXPECT_EQ(LastFinding(), Finding::kNone);
  EXPECT_OK(verifier_->Finish(line));
  rows_.erase(rows_.begin() + 1);
  EXPECT_EQ(LastFinding(), Finding::kNone);
  EXPECT_EQ(proof::StepOf(verifier_->Finish(line)), "approved");
  EXPECT_EQ(line, 2u);
  EXPECT_EQ(LastFinding(false), Finding::kNone);
  EXPECT_OK(verifier_->Finish(line));
}

// A gate that lies about what it did leaves the row out that would be judged.
TEST_F(EvidenceVerifierTest, SoWasOneThatWasExecutedOrEnded) {
  TellGenesis();
  const std::string command = NewCommand("door.unlock");
  Tell(Approved(command, proof::v1::PURPOSE_COMMAND, {&site_.alice}));
  RowContent end;
  end.body.set_command(command);
  const std::pair<v1::RowKind, std::string> kEnds[] = {
      {v1::ROW_KIND_EXECUTION, "SUCCEEDED"},
      {v1::ROW_KIND_EXECUTION, "DISPATCHED"},
      {v1::ROW_KIND_COMMAND, "SUCCEEDED"},
      {v1::ROW_KIND_COMMAND, "FAILED"},
      {v1::ROW_KIND_COMMAND, "UNKNOWN_OUTCOME"}};
  for (const auto& [kind, state] : kEnds) {
    end.kind = kind;
    end.body.set_state_before("DISPATCHED");
    end.body.set_state_after(state);
    Tell(end);
    uint64_t line = 0;
    EXPECT_EQ(LastFinding(), Finding::kNone);
    EXPECT_OK(verifier_->Finish(line));
    const ParsedRow approval = rows_[1];
    rows_.erase(rows_.begin() + 1);
    EXPECT_EQ(LastFinding(), Finding::kNone);
    EXPECT_EQ(proof::StepOf(verifier_->Finish(line)), "approved") << state;
    rows_.insert(rows_.begin() + 1, approval);
    rows_.pop_back();
  }
}

TEST_F(EvidenceVerifierTest, ANumberIsNoApproval) {
  TellGenesis();
  const std::string command = NewCommand("door.unlock");
  Tell(Approved(command, proof::v1::PURPOSE_COMMAND, {&site_.alice}));
  proof::v1::Command other;
  ASSERT_TRUE(other.ParseFromString(command));
  other.set_operation("door.lock");
  RowContent move;
  move.kind = v1::ROW_KIND_COMMAND;
  move.body.set_command(*proof::EncodeCommand(other));
  move.body.set_state_before("APPROVED");
  move.body.set_state_after("DISPATCHED");
  Tell(move);
  uint64_t line = 0;
  EXPECT_EQ(LastFinding(), Finding::kNone);
  EXPECT_EQ(proof::StepOf(verifier_->Finish(line)), "approved");
}

TEST_F(EvidenceVerifierTest, WhatIsFreeMayBeExecuted) {
  proof::v1::PinSet pins = FirstPins();
  proof::v1::OperationRule& rule = *pins.add_rules();
  rule.set_operation("door.ring");
  *rule.mutable_rule() = proof::FreeRule();
  TellPins(pins, proof::v1::PURPOSE_PROVISION, {&site_.alice});
  RowContent move;
  move.kind = v1::ROW_KIND_COMMAND;
  move.body.set_command(NewCommand("door.ring"));
  move.body.set_state_before("PREPARING");
  move.body.set_state_after("DISPATCHED");
  Tell(move);
  EXPECT_EQ(LastFinding(), Finding::kFree);
  move.kind = v1::ROW_KIND_EXECUTION;
  move.body.set_state_before("DISPATCHED");
  move.body.set_state_after("SUCCEEDED");
  Tell(move);
  uint64_t line = 0;
  EXPECT_EQ(LastFinding(), Finding::kNone);
  EXPECT_OK(verifier_->Finish(line));
}

TEST_F(EvidenceVerifierTest, AnErasedRowMayHaveApprovedIt) {
  TellGenesis();
  RowContent move;
  move.kind = v1::ROW_KIND_COMMAND;
  move.body.set_command(NewCommand("door.unlock"));
  move.body.set_state_before("APPROVED");
  move.body.set_state_after("DISPATCHED");
  Tell(move);
  Tell(RowContent{v1::ROW_KIND_APPROVAL, {}, {}});
  rows_.back().erased = true;
  EXPECT_EQ(LastFinding(), Finding::kErased);
  uint64_t line = 0;
  // It was about something else.
  EXPECT_EQ(proof::StepOf(verifier_->Finish(line)), "approved");
  rows_.back().header.add_subjects("commands/" + IdOf(rows_[1]));
  EXPECT_EQ(LastFinding(), Finding::kErased);
  EXPECT_OK(verifier_->Finish(line));
  rows_.back().header.mutable_writer()->set_service("attestation");
  EXPECT_EQ(LastFinding(), Finding::kErased);
  EXPECT_EQ(proof::StepOf(verifier_->Finish(line)), "approved");
}

TEST_F(EvidenceVerifierTest, WhatWasExecutedIsSaidByteForByte) {
  TellGenesis();
  RowContent move;
  move.body.set_state_before("APPROVED");
  for (const char* state : {"DISPATCHED", "SUCCEEDED", "UNKNOWN_OUTCOME"}) {
    move.kind = v1::ROW_KIND_COMMAND;
    move.body.set_state_after(state);
    Tell(move);
    EXPECT_EQ(FaultStep(), "proof") << state;
    rows_.pop_back();
  }
  move.kind = v1::ROW_KIND_EXECUTION;
  move.body.set_state_after("FAILED");
  Tell(move);
  EXPECT_EQ(FaultStep(), "proof");
  // A batch that failed before it was dispatched.
  rows_.back().header.set_kind(v1::ROW_KIND_COMMAND);
  EXPECT_EQ(LastFinding(), Finding::kNone);
}

TEST_F(EvidenceVerifierTest, MemoryIsBounded) {
  TellGenesis();
  EvidenceVerifier::Options options;
  options.max_bytes = 100;
  verifier_.emplace(anchors_, options);
  EXPECT_THAT(verifier_->Learn(rows_[0]), HasReason(reason::kAuditFormat));
}

}  // namespace
}  // namespace u2fi::audit
