#include "services/common/proof/verified_pins.h"

#include "services/common/proof/fake_case.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {
namespace {

class VerifiedPinsTest : public testing::Test {
 protected:
  // Verifies the next set with `token` added, and the evidence for it.
  absl::Status Add(const v1::PinnedKey& key) {
    v1::PinSet next = c_.Next();
    *next.add_keys() = key;
    c_.AskForPins(next, {c_.Alice()}, v1::PURPOSE_PINS);
    return Verify();
  }
  absl::Status Verify() {
    ASSIGN_OR_RETURN(VerifiedCommand command, c_.Verify());
    const PinSet present = *c_.Present();
    return VerifyPins(std::move(command), c_.blank ? nullptr : &present,
                      evidence_)
        .status();
  }
  void Enrol(const FakeToken& token, std::vector<FakeTouch> touches,
             uint32_t level = 0, bool recovery = false,
             absl::string_view lease_site = "") {
    *evidence_.add_enrolments() = FakeEnrolment(
        c_.site, token,
        FakeEnrolCommand(c_.site, token, level, recovery, lease_site),
        std::move(touches));
  }
  FakeTouch By(FakeToken& token) { return {&token, &c_.site.gw1}; }

  FakeCase c_;
  FakeToken second_{"tok-alice2", "alice"};
  FakeToken third_{"tok-alice3", "alice"};
  FakeToken frank_{"tok-frank", "frank"};
  FakeToken frank2_{"tok-frank2", "frank"};
  v1::Evidence evidence_;
};

TEST_F(VerifiedPinsTest, AKeyThatIsBelievedNeedsNoEvidence) {
  v1::PinSet next = c_.Next();
  next.mutable_keys(1)->set_roles(v1::KEY_ROLE_OWNER);
  c_.AskForPins(next, {c_.Alice()}, v1::PURPOSE_PINS);
  EXPECT_OK(Verify());
}

TEST_F(VerifiedPinsTest, ANewKeyBringsItsEnrolment) {
  Enrol(second_, {By(second_), c_.Alice()});
  EXPECT_OK(Add(second_.Pinned(v1::KEY_ROLE_OWNER)));
}

TEST_F(VerifiedPinsTest, WithoutItTheSetIsRefused) {
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentMissing));
}

TEST_F(VerifiedPinsTest, AnEnrolmentIsSignedByABelievedKey) {
  Enrol(second_, {By(second_), By(third_)});
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, AnAccountThatIsBelievedHasNoSecondFirstToken) {
  Enrol(second_, {By(second_)});
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, EnrolmentsFormAChainInAnyOrder) {
  Enrol(third_, {By(third_), By(second_)});
  Enrol(second_, {By(second_), c_.Alice()});
  EXPECT_OK(Add(third_.Pinned(v1::KEY_ROLE_OWNER)));
}

TEST_F(VerifiedPinsTest, AnotherAccountBeginsWithItsFirstToken) {
  Enrol(frank2_, {By(frank2_), By(frank_)});
  EXPECT_THAT(Add(frank2_.Pinned(v1::KEY_ROLE_MEMBER)),
              HasReason(reason::kEnrolmentInvalid));
  Enrol(frank_, {By(frank_)});
  EXPECT_OK(Add(frank2_.Pinned(v1::KEY_ROLE_MEMBER)));
}

TEST_F(VerifiedPinsTest, TheKeyIsTheOneThatWasEnrolled) {
  Enrol(second_, {By(second_), c_.Alice()});
  v1::PinnedKey key = second_.Pinned(v1::KEY_ROLE_OWNER);
  key.set_point(FakeKey("mallory").public_key().point());
  EXPECT_THAT(Add(key), HasReason(reason::kEnrolmentInvalid));
  key = second_.Pinned(v1::KEY_ROLE_OWNER);
  key.set_account("mallory");
  EXPECT_THAT(Add(key), HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, ABelievedTokenKeepsItsPoint) {
  v1::PinSet next = c_.Next();
  next.mutable_keys(1)->set_point(FakeKey("mallory").public_key().point());
  c_.AskForPins(next, {c_.Alice()}, v1::PURPOSE_PINS);
  EXPECT_THAT(Verify(), HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, ABelievedTokenIsNotEnrolledAgainWithAnotherKey) {
  *c_.pins.add_keys() = second_.Pinned(v1::KEY_ROLE_OWNER);
  FakeToken other = second_;
  other.key = FakeKey("mallory");
  // The old key and another of the account's agree to it.
  *evidence_.add_enrolments() =
      FakeEnrolment(c_.site, other, FakeEnrolCommand(c_.site, other),
                    {By(second_), c_.Alice()});
  v1::PinSet next = c_.Next();
  next.mutable_keys()->rbegin()->set_point(other.key.public_key().point());
  c_.AskForPins(next, {c_.Alice()}, v1::PURPOSE_PINS);
  EXPECT_THAT(Verify(), HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, TheLevelIsTheEnrolledOneAtMost) {
  Enrol(second_, {By(second_), c_.Alice()}, 1);
  EXPECT_OK(Add(second_.Pinned(v1::KEY_ROLE_OWNER, 1)));
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER, 2)),
              HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, ARecoveryTokenIsPinnedForRecoveryAlone) {
  Enrol(second_, {By(second_), c_.Alice()}, 0, true);
  EXPECT_OK(Add(second_.Pinned(v1::KEY_ROLE_RECOVERY)));
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, ATokenForLeasesIsPinnedAsLesseeThere) {
  Enrol(frank_, {By(frank_)}, 0, false, "home");
  EXPECT_THAT(Add(frank_.Pinned(v1::KEY_ROLE_MEMBER)),
              HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, ATokenForLeasesIsOneAtItsSiteOnly) {
  v1::PinSet next = c_.Next();
  *next.add_keys() = frank_.Pinned(v1::KEY_ROLE_LESSEE);
  next.mutable_lease()->set_account("frank");
  next.mutable_lease()->set_until_ms(c_.site.now_ms + 1);
  c_.AskForPins(next, {c_.Alice()}, v1::PURPOSE_PINS);
  Enrol(frank_, {By(frank_)}, 0, false, "home");
  EXPECT_OK(Verify());
  evidence_.clear_enrolments();
  Enrol(frank_, {By(frank_)}, 0, false, "office");
  EXPECT_THAT(Verify(), HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, ARecoveryTokenVouchesForNoOther) {
  Enrol(second_, {By(second_), c_.Alice()}, 0, true);
  Enrol(third_, {By(third_), By(second_)});
  EXPECT_THAT(Add(third_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentInvalid));
}

// Its arguments name a token as those of an enrolment do.
TEST_F(VerifiedPinsTest, AnActOnATokenDoesNotEnrolIt) {
  v1::TokenArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id(second_.id);
  FakeRequest request;
  request.purpose = v1::PURPOSE_TOKEN;
  request.commands = {
      c_.site.CommandBytes("u2fi.token.resume", Encode(arguments))};
  request.touches = {c_.Alice()};
  v1::EnrolmentProof& enrolment = *evidence_.add_enrolments();
  *enrolment.mutable_registration() = second_.Registration();
  enrolment.set_command(request.commands[0]);
  *enrolment.mutable_proof() = c_.site.Prove(request);
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, ATransferBelievesTheNewOwnerWhoTouched) {
  v1::PinSet next = c_.Next();
  next.set_account("frank");
  next.clear_keys();
  *next.add_keys() = frank_.Pinned(v1::KEY_ROLE_OWNER);
  c_.AskForPins(next, {c_.Alice(), By(frank_)}, v1::PURPOSE_TRANSFER);
  EXPECT_OK(Verify());
  *next.add_keys() = frank2_.Pinned(v1::KEY_ROLE_MEMBER);
  c_.AskForPins(next, {c_.Alice(), By(frank_)}, v1::PURPOSE_TRANSFER);
  EXPECT_THAT(Verify(), HasReason(reason::kEnrolmentMissing));
}

TEST_F(VerifiedPinsTest, AFirstSetBelievesWhoApprovedIt) {
  c_.blank = true;
  c_.pins.clear_keys();
  *c_.pins.add_keys() = c_.site.alice.Pinned(v1::KEY_ROLE_OWNER);
  c_.AskForPins(c_.pins, {c_.Alice()}, v1::PURPOSE_PROVISION);
  EXPECT_OK(Verify());
  *c_.pins.add_keys() = second_.Pinned(v1::KEY_ROLE_OWNER);
  c_.AskForPins(c_.pins, {c_.Alice()}, v1::PURPOSE_PROVISION);
  EXPECT_THAT(Verify(), HasReason(reason::kEnrolmentMissing));
  Enrol(second_, {By(second_), c_.Alice()});
  EXPECT_OK(Verify());
}

TEST_F(VerifiedPinsTest, EnrolmentsAreTakenAtGatewaysThatNobodyKnows) {
  const FakeGateway other("gw-far", "far");
  Enrol(second_, {{&second_, &other}, {&c_.site.alice, &other}});
  EXPECT_OK(Add(second_.Pinned(v1::KEY_ROLE_OWNER)));
  evidence_.clear_enrolments();
  Enrol(second_, {{&second_, &other, true}, {&c_.site.alice, &other}});
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentInvalid))
      << "a CTAP2 answer does not show the gateway's key";
}

TEST_F(VerifiedPinsTest, TheGatewaysOfBothSetsAreKnown) {
  const FakeGateway gw3("gw-3", "cabin");
  v1::PinSet next = c_.Next();
  next.mutable_gateways()->RemoveLast();
  *next.add_gateways() = gw3.Pinned();
  *next.add_keys() = second_.Pinned(v1::KEY_ROLE_OWNER);
  c_.AskForPins(next, {c_.Alice()}, v1::PURPOSE_PINS);
  for (const FakeGateway* gateway :
       {static_cast<const FakeGateway*>(&c_.site.gw2), &gw3}) {
    evidence_.clear_enrolments();
    Enrol(second_, {{&second_, gateway, true}, {&c_.site.alice, gateway}});
    EXPECT_OK(Verify()) << gateway->id;
  }
}

TEST_F(VerifiedPinsTest, AKnownGatewayHasItsOwnKey) {
  FakeGateway impostor("gw-1", "home");
  impostor.key = FakeKey("impostor");
  Enrol(second_, {{&second_, &impostor}, {&c_.site.alice, &impostor}});
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentInvalid));
}

TEST_F(VerifiedPinsTest, EnrolmentsInAPortalCount) {
  Enrol(second_, {{&second_}, {&c_.site.alice}});
  EXPECT_OK(Add(second_.Pinned(v1::KEY_ROLE_OWNER)));
}

TEST_F(VerifiedPinsTest, OldEnrolmentsCount) {
  const uint64_t now = c_.site.now_ms;
  c_.site.now_ms = 1'000'000;
  Enrol(second_, {By(second_), c_.Alice()});
  c_.site.now_ms = now;
  EXPECT_OK(Add(second_.Pinned(v1::KEY_ROLE_OWNER)));
}

TEST_F(VerifiedPinsTest, EvidenceForOtherDevicesDoesNotMatter) {
  Enrol(second_, {By(second_), c_.Alice()});
  Enrol(frank2_, {By(frank2_), By(frank_)});
  EXPECT_OK(Add(second_.Pinned(v1::KEY_ROLE_OWNER)));
}

TEST_F(VerifiedPinsTest, EvidenceIsBounded) {
  Enrol(second_, {By(second_), c_.Alice()});
  const v1::Evidence one = evidence_;
  while (evidence_.enrolments_size() < 16) evidence_.MergeFrom(one);
  EXPECT_OK(Add(second_.Pinned(v1::KEY_ROLE_OWNER)));
  evidence_.MergeFrom(one);
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEvidenceFormat));
  evidence_ = one;
  evidence_.mutable_enrolments(0)->mutable_registration()->set_attestation(
      std::string(kMaxEvidence, 'a'));
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEvidenceFormat));
}

TEST_F(VerifiedPinsTest, WhatIsNoEnrolmentIsRefused) {
  evidence_.add_enrolments()->set_command(c_.site.CommandBytes("lamp.on"));
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kEnrolmentInvalid));
  evidence_.mutable_enrolments(0)->set_command("x");
  EXPECT_THAT(Add(second_.Pinned(v1::KEY_ROLE_OWNER)),
              HasReason(reason::kCommandFormat));
}

TEST_F(VerifiedPinsTest, OtherCommandsBringNoPins) {
  c_.Ask("door.unlock", {c_.Alice()});
  EXPECT_THAT(Verify(), HasReason(reason::kInternal));
}

}  // namespace
}  // namespace u2fi::proof
