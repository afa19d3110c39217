#include "services/common/proof/verify_proof.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "services/common/proof/approval_cache.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

using testing::ElementsAre;
using testing::Pair;

class GoodCaseTest : public testing::TestWithParam<FakeGoodCase> {};

TEST_P(GoodCaseTest, IsAccepted) {
  FakeCase c;
  GetParam().make(c);
  EXPECT_OK(c.Verify());
}
INSTANTIATE_TEST_SUITE_P(All, GoodCaseTest, testing::ValuesIn(AllGoodCases()),
                         [](const auto& test) {
                           return std::string(test.param.name);
                         });

class FaultTest : public testing::TestWithParam<FakeFault> {};

TEST_P(FaultTest, IsRefusedAtItsStep) {
  FakeCase c;
  GetParam().make(c);
  const absl::Status status = c.Verify().status();
  EXPECT_THAT(status, HasReason(*GetParam().reason));
  EXPECT_EQ(StepOf(status), GetParam().step) << status;
}
INSTANTIATE_TEST_SUITE_P(All, FaultTest, testing::ValuesIn(AllFaults()),
                         [](const auto& test) {
                           return std::string(test.param.name);
                         });

// The header, the table and the tests name the same steps.
TEST(VerifyProofTest, EveryStepHasAFault) {
  std::set<std::string> steps;
  for (const FakeFault& fault : AllFaults()) steps.insert(fault.step);
  EXPECT_EQ(steps,
            (std::set<std::string>{
                "sizes", "format", "agreement", "purpose", "target",
                "deadlines", "path", "challenge", "client_data", "rp_id_hash",
                "flags", "token", "signature", "relay", "rule", "pins"}));
}

TEST(VerifyProofTest, TheResultSaysWhatWasApprovedByWhom) {
  FakeCase c;
  c.Ask("vault.open", {c.Alice(), c.Bob()});
  ASSERT_OK_AND_ASSIGN(const VerifiedCommand verified, c.Verify());
  EXPECT_EQ(verified.bytes(), c.command);
  EXPECT_EQ(verified.command().operation(), "vault.open");
  EXPECT_EQ(verified.purpose(), v1::PURPOSE_COMMAND);
  EXPECT_EQ(verified.execute_by_ms(), c.site.now_ms + 120'000);
  EXPECT_EQ(verified.touched_at_ms(), c.site.now_ms);
  EXPECT_THAT(verified.approvers(),
              ElementsAre(Pair("alice", "tok-alice"), Pair("bob", "tok-bob")));
  EXPECT_FALSE(verified.next_pins().has_value());
}

TEST(VerifyProofTest, AnAuditorNeedsNoIdentity) {
  FakeCase c;
  c.Ask("door.unlock", {c.Alice()});
  c.inputs = [](VerifyInputs& in) {
    in.device.clear();
    in.gateway.clear();
  };
  EXPECT_OK(c.Verify());
}

TEST(VerifyProofTest, TheLastMomentIsExecuteByPlusSkew) {
  FakeCase c;
  c.Ask("door.unlock", {c.Alice()});
  const uint64_t last = c.site.now_ms + 120'000 + 30'000;
  c.inputs = [&](VerifyInputs& in) { in.now_ms = last; };
  EXPECT_OK(c.Verify());
  c.inputs = [&](VerifyInputs& in) { in.now_ms = last + 1; };
  EXPECT_THAT(c.Verify(), HasReason(reason::kExecuteByPassed));
}

TEST(VerifyProofTest, ATouchAtApproveByCounts) {
  FakeCase c;
  c.edit = [&](v1::AuthorizationStatement& statement) {
    statement.set_approve_by_ms(c.site.now_ms);
  };
  c.Ask("door.unlock", {c.Alice()});
  EXPECT_OK(c.Verify());
}

// What an agent denies counts at once, whatever the device still believes.
TEST(VerifyProofTest, RevokedGatewaysAndTokensAreRefused) {
  struct {
    const char* token;
    const char* gateway;
    const Reason* reason;
    const char* step;
  } const cases[] = {
      {"tok-bob", "", &reason::kTokenRevoked, "token"},
      {"", "gw-1", &reason::kGatewayRevoked, "target"},
      {"", "gw-2", &reason::kGatewayRevoked, "target"},
  };
  for (const auto& revoked : cases) {
    FakeCase c;
    DenyList denied;
    denied.tokens.insert(revoked.token);
    denied.gateways.insert(revoked.gateway);
    // Executed at gw-1; bob approves at gw-2.
    c.Ask("vault.open", {c.Alice(), {&c.site.bob, &c.site.gw2}});
    EXPECT_OK(c.Verify());
    c.inputs = [&](VerifyInputs& in) { in.denied = &denied; };
    const absl::Status status = c.Verify().status();
    EXPECT_THAT(status, HasReason(*revoked.reason));
    EXPECT_EQ(StepOf(status), revoked.step);
  }
}

TEST(VerifyProofTest, WhatNobodyDeniesIsNotDenied) {
  FakeCase c;
  DenyList denied;
  denied.tokens.insert("tok-other");
  denied.gateways.insert("gw-other");
  c.Ask("door.unlock", {c.Alice()});
  c.inputs = [&](VerifyInputs& in) { in.denied = &denied; };
  EXPECT_OK(c.Verify());
}

// The twin (r, n - s) of a signature is valid too, and is not another touch.
TEST(VerifyProofTest, BothTwinsOfASignatureAreAccepted) {
  FakeCase c;
  c.Ask("door.unlock", {c.Alice()});
  std::set<bool> high;
  for (int i = 0; i < 64 && high.size() < 2; ++i) {
    c.Ask("door.unlock", {c.Alice()});
    const std::string& der = c.proof.approvals(0).signature();
    const size_t s_at = 4 + der[3];
    high.insert(static_cast<uint8_t>(der[s_at + 1]) == 33);
    EXPECT_OK(c.Verify());
  }
}

class FreeTest : public testing::Test {
 protected:
  absl::StatusOr<VerifiedCommand> VerifyFreeCommand(
      absl::string_view operation) {
    const PinSet pins = *c_.Present();
    return VerifyFree(c_.site.CommandBytes(operation), c_.site.Inputs(&pins));
  }
  FakeCase c_;
};

TEST_F(FreeTest, AFreeOperationRunsWithoutProof) {
  ASSERT_OK_AND_ASSIGN(const VerifiedCommand verified,
                       VerifyFreeCommand("lamp.on"));
  EXPECT_EQ(verified.purpose(), v1::PURPOSE_UNSPECIFIED);
  EXPECT_TRUE(verified.approvers().empty());
}

TEST_F(FreeTest, NothingElseDoes) {
  for (const char* operation :
       {"door.unlock", "bomb.arm", "camera.on", "lamp.off", "lamp.on2"}) {
    const absl::Status status = VerifyFreeCommand(operation).status();
    EXPECT_THAT(status, HasReason(reason::kOperationNotFree)) << operation;
    EXPECT_EQ(StepOf(status), "rule");
  }
}

TEST_F(FreeTest, APinSetNeverComesWithoutProof) {
  const PinSet pins = *c_.Present();
  const std::string command =
      c_.site.CommandBytes("u2fi.pins", Encode(c_.Next()));
  EXPECT_THAT(VerifyFree(command, c_.site.Inputs(&pins)),
              HasReason(reason::kOperationNotFree));
}

TEST_F(FreeTest, ABlankDeviceRunsNothing) {
  EXPECT_THAT(
      VerifyFree(c_.site.CommandBytes("lamp.on"), c_.site.Inputs(nullptr)),
      HasReason(reason::kOperationNotFree));
}

TEST_F(FreeTest, TheTargetIsCheckedAllTheSame) {
  const PinSet pins = *c_.Present();
  VerifyInputs in = c_.site.Inputs(&pins);
  in.device = "lock-2";
  EXPECT_THAT(VerifyFree(c_.site.CommandBytes("lamp.on"), in),
              HasReason(reason::kDeviceMismatch));
  in = c_.site.Inputs(&pins);
  in.gateway = "gw-2";
  EXPECT_THAT(VerifyFree(c_.site.CommandBytes("lamp.on"), in),
              HasReason(reason::kGatewayMismatch));
}

TEST_F(FreeTest, ARevokedGatewayExecutesNothing) {
  const PinSet pins = *c_.Present();
  DenyList denied;
  denied.gateways.insert("gw-1");
  VerifyInputs in = c_.site.Inputs(&pins);
  in.denied = &denied;
  EXPECT_THAT(VerifyFree(c_.site.CommandBytes("lamp.on"), in),
              HasReason(reason::kGatewayRevoked));
}

TEST_F(FreeTest, ACommandHasItsBoundWithoutProofToo) {
  const PinSet pins = *c_.Present();
  EXPECT_THAT(VerifyFree(std::string(4097, 'x'), c_.site.Inputs(&pins)),
              HasReason(reason::kProofSize));
}

class BatchTest : public testing::Test {
 protected:
  BatchTest() {
    FakeRequest request;
    request.commands = commands_;
    request.touches = {c_.Alice()};
    for (const v1::Approval& approval : c_.site.ApproveAll(request)) {
      *list_.Add() = approval;
    }
  }
  absl::Status Verify(uint32_t i, Approvals& approvals) {
    proof_ = FakeSite::ProofOf({}, commands_, i);
    const PinSet pins = *c_.Present();
    return VerifyItem(commands_[i], i,
                      {proof_.path().begin(), proof_.path().end()}, approvals,
                      c_.site.Inputs(&pins))
        .status();
  }

  FakeCase c_;
  v1::Proof proof_;
  const std::vector<std::string> commands_ = c_.site.Batch(37);
  ApprovalList list_;
};

TEST_F(BatchTest, EveryItemVerifiesWithTheSignaturesOfOne) {
  ASSERT_OK_AND_ASSIGN(Approvals approvals, Approvals::Parse(list_));
  for (uint32_t i = 0; i < commands_.size(); ++i) {
    EXPECT_OK(Verify(i, approvals)) << i;
  }
  EXPECT_EQ(approvals.signature_checks(), 2) << "the token's and the relay's";
}

TEST_F(BatchTest, AnotherPinSetCostsItsOwnSignatures) {
  ASSERT_OK_AND_ASSIGN(Approvals approvals, Approvals::Parse(list_));
  EXPECT_OK(Verify(0, approvals));
  c_.pins.mutable_keys(0)->set_point(FakeKey("another").public_key().point());
  EXPECT_THAT(Verify(1, approvals), HasReason(reason::kSignatureInvalid));
}

TEST_F(BatchTest, ABadSignatureIsNotRemembered) {
  list_.Mutable(0)->mutable_relay_signature()->back() ^= 1;
  ASSERT_OK_AND_ASSIGN(Approvals approvals, Approvals::Parse(list_));
  EXPECT_THAT(Verify(0, approvals), HasReason(reason::kRelayInvalid));
  EXPECT_THAT(Verify(1, approvals), HasReason(reason::kRelayInvalid));
}

TEST_F(BatchTest, TheCacheKnowsTheSameApprovalsAgain) {
  ApprovalCache cache(1);
  ASSERT_OK_AND_ASSIGN(Approvals * first, cache.Get(list_));
  EXPECT_OK(Verify(0, *first));
  ASSERT_OK_AND_ASSIGN(Approvals * again, cache.Get(list_));
  EXPECT_EQ(again->signature_checks(), 2) << "those of the first time";
  EXPECT_OK(Verify(1, *again));
  EXPECT_EQ(again->signature_checks(), 2);
}

TEST_F(BatchTest, TheCacheForgetsWhatWasUsedLongestAgo) {
  ApprovalCache cache(2);
  ApprovalList second = list_, third = list_;
  second.Mutable(0)->set_touched_at_ms(1);
  third.Mutable(0)->set_touched_at_ms(2);
  ASSERT_OK_AND_ASSIGN(Approvals * first, cache.Get(list_));
  EXPECT_OK(Verify(0, *first));
  ASSERT_OK(cache.Get(second));
  ASSERT_OK(cache.Get(list_));
  ASSERT_OK(cache.Get(third));
  EXPECT_EQ((*cache.Get(list_))->signature_checks(), 2);
}

TEST_F(BatchTest, TheCacheTellsApprovalsApartByEveryBit) {
  ApprovalCache cache(1);
  ASSERT_OK_AND_ASSIGN(Approvals * first, cache.Get(list_));
  EXPECT_OK(Verify(0, *first));
  list_.Mutable(0)->set_touched_at_ms(list_.Get(0).touched_at_ms() - 1);
  ASSERT_OK_AND_ASSIGN(Approvals * other, cache.Get(list_));
  EXPECT_THAT(Verify(0, *other), HasReason(reason::kRelayInvalid));
  EXPECT_EQ(cache.size(), 1u) << "the oldest went";
}

TEST_F(BatchTest, TheCacheKeepsNothingThatIsWrong) {
  ApprovalCache cache;
  *list_.Add() = list_.Get(0);
  EXPECT_THAT(cache.Get(list_), HasReason(reason::kApprovalsNotDistinct));
  list_.Clear();
  EXPECT_THAT(cache.Get(list_), HasReason(reason::kProofSize));
  EXPECT_EQ(cache.size(), 0u);
}

}  // namespace
}  // namespace u2fi::proof
