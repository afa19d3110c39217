// The metadata of the deployment: import, what it changes, other replicas.
#include "gmock/gmock.h"
#include "services/attestation/metadata_test_case.h"

namespace u2fi::attestation {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MetadataTest : public MetadataTestCase {
 protected:
  absl::StatusOr<v1::ImportMetadataResponse> Import(
      const std::string& blob, bool validate_only = false) {
    return here_.importer.Import(root_operator_, blob, validate_only);
  }
  static std::vector<std::string> Suspended(
      const absl::StatusOr<v1::ImportMetadataResponse>& response) {
    EXPECT_OK(response);
    if (!response.ok()) return {"none"};
    return {response->suspended_tokens().begin(),
            response->suspended_tokens().end()};
  }
  // A token of a model that nothing is known about.
  fido::FakeWebAuthnToken EnrolPacked() {
    fido::FakeWebAuthnToken token = Token("packed");
    EXPECT_OK(EnrolAt(Place::kPortal, token));
    return token;
  }
  std::string Verdict(AttestationCore& core,
                      const fido::FakeWebAuthnToken& token) {
    const auto verified =
        core.registrations.Verify(RegistrationAt(Place::kPortal, token));
    EXPECT_OK(verified);
    return verified->verdict().reason();
  }
};

TEST_F(MetadataTest, AnImportTellsWhatItTook) {
  ASSERT_OK_AND_ASSIGN(
      const v1::ImportMetadataResponse response,
      Import(Blob(7, {EntryOfKey(std::string(40, 'a'), "FIDO_CERTIFIED")})));
  EXPECT_EQ(response.number(), 7u);
  EXPECT_EQ(response.entries(), 1u);
  EXPECT_EQ(response.next_update().seconds(), 1'999'987'200);
  EXPECT_EQ(here_.metrics.MetadataNumber(), 7);
}

TEST_F(MetadataTest, WithoutARootNothingIsImported) {
  EXPECT_THAT(core_.importer.Import(root_operator_, Blob(7, {}), false),
              HasReason(reason::kMetadataSignature));
}

TEST_F(MetadataTest, AnotherSignersBlobIsRefused) {
  std::string blob = Blob(7, {});
  blob[blob.size() - 10] = blob[blob.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_THAT(Import(blob), HasReason(reason::kMetadataSignature));
}

TEST_F(MetadataTest, WhatIsNoBlobIsRefused) {
  EXPECT_THAT(Import(""), HasReason(reason::kMetadataFormat));
  EXPECT_THAT(Import("a.b"), HasReason(reason::kMetadataFormat));
}

TEST_F(MetadataTest, TheNumberNeverGoesBack) {
  ASSERT_OK(Import(Blob(7, {})));
  EXPECT_THAT(Import(Blob(6, {})), HasReason(reason::kMetadataRollback));
  EXPECT_OK(Import(Blob(8, {})));
  EXPECT_EQ((*here_.metadata.Current())->number, 8u);
}

TEST_F(MetadataTest, ANumberOfAnotherReplicaCountsToo) {
  ASSERT_OK(there_.importer.Import(root_operator_, Blob(7, {}), false));
  EXPECT_THAT(Import(Blob(6, {})), HasReason(reason::kMetadataRollback));
}

TEST_F(MetadataTest, TheSameBlobAgainIsNoError) {
  const std::string blob = Blob(7, {});
  ASSERT_OK(Import(blob));
  EXPECT_OK(Import(blob));
}

TEST_F(MetadataTest, ABlobOfManyPartsIsReadBack) {
  std::vector<nlohmann::json> entries;
  for (int i = 0; i < 3000; ++i) {
    nlohmann::json entry = Entry("FIDO_CERTIFIED");
    entry["aaguid"] = absl::StrCat("00000000-0000-0000-0000-",
                                   absl::Dec(i + 1, absl::kZeroPad12));
    entry["metadataStatement"]["description"] = std::string(200, 'x');
    entries.push_back(std::move(entry));
  }
  ASSERT_OK(Import(Blob(7, entries)));
  ASSERT_OK_AND_ASSIGN(const Metadata read, there_.metadata.Current());
  EXPECT_EQ(read->table.size(), 3000u);
}

TEST_F(MetadataTest, OtherReplicasKnowAtOnce) {
  const fido::FakeWebAuthnToken token = Token("packed");
  EXPECT_EQ(Verdict(there_, token), "");
  nlohmann::json entry = EntryOfAaguid(token.aaguid, "REVOKED");
  AddAnchor(entry, token.Root());
  ASSERT_OK(Import(Blob(7, {entry})));
  EXPECT_EQ(Verdict(there_, token), reason::kAttestationRevoked.name);
}

TEST_F(MetadataTest, AModelThatItKnowsIsTheHighestTrust) {
  const fido::FakeWebAuthnToken token = Token("packed");
  nlohmann::json entry = EntryOfAaguid(token.aaguid, "FIDO_CERTIFIED");
  AddAnchor(entry, token.Root());
  ASSERT_OK(Import(Blob(7, {entry})));
  ASSERT_OK_AND_ASSIGN(
      const auto verified,
      here_.registrations.Verify(RegistrationAt(Place::kPortal, token)));
  EXPECT_EQ(verified.trust(), v1::TRUST_LEVEL_MODEL);
}

TEST_F(MetadataTest, ARevokedModelIsNotLetIn) {
  const fido::FakeWebAuthnToken token = Token("packed");
  nlohmann::json entry = EntryOfAaguid(token.aaguid, "REVOKED");
  AddAnchor(entry, token.Root());
  ASSERT_OK(Import(Blob(7, {entry})));
  EXPECT_EQ(Verdict(here_, token), reason::kAttestationRevoked.name);
}

TEST_F(MetadataTest, TokensOfAModelThatTurnedBadAreQuarantinedAndListed) {
  const fido::FakeWebAuthnToken token = EnrolPacked();
  const std::string id = TokenIdOf(token.credential_id);
  ASSERT_OK(Import(Blob(7, {EntryOfAaguid(token.aaguid, "FIDO_CERTIFIED")})));
  EXPECT_EQ(TokenNamed(id).state(), v1::TOKEN_STATE_ACTIVE);
  EXPECT_THAT(
      Suspended(Import(Blob(8, {EntryOfAaguid(token.aaguid, "REVOKED")}))),
      ElementsAre("tokens/" + id));
  EXPECT_EQ(TokenNamed(id).state(), v1::TOKEN_STATE_QUARANTINED);
  EXPECT_EQ(TokenNamed(id).state_reason(), reason::kAttestationRevoked.name);
  EXPECT_EQ(here_.metrics.Quarantined("model"), 1);
  EXPECT_THAT(AuditRows(), Contains("ALARM tokens/" + id + " accounts/ann"));
}

TEST_F(MetadataTest, U2fTokensAreFoundByTheirAttestationKey) {
  ASSERT_OK(Enrol(token_));
  const std::string key_id = TokenNamed(IdOf(token_)).attestation_key_id();
  EXPECT_THAT(Suspended(Import(
                  Blob(7, {EntryOfKey(key_id, "ATTESTATION_KEY_COMPROMISE")}))),
              ElementsAre("tokens/" + IdOf(token_)));
}

TEST_F(MetadataTest, OtherTokensStay) {
  EnrolPacked();
  EXPECT_THAT(
      Suspended(Import(Blob(7, {EntryOfKey(std::string(40, 'a'), "REVOKED")}))),
      IsEmpty());
}

TEST_F(MetadataTest, ValidateOnlyTellsAndChangesNothing) {
  const fido::FakeWebAuthnToken token = EnrolPacked();
  const std::string id = TokenIdOf(token.credential_id);
  EXPECT_THAT(Suspended(Import(
                  Blob(7, {EntryOfAaguid(token.aaguid, "REVOKED")}), true)),
              ElementsAre("tokens/" + id));
  EXPECT_EQ(TokenNamed(id).state(), v1::TOKEN_STATE_ACTIVE);
  EXPECT_EQ(*here_.metadata.Current(), nullptr);
}

TEST_F(MetadataTest, AnImportThatBrokeOffGoesOn) {
  const fido::FakeWebAuthnToken token = EnrolPacked();
  const std::string blob = Blob(7, {EntryOfAaguid(token.aaguid, "REVOKED")});
  ASSERT_OK(here_.metadata.Keep(blob, *here_.metadata.Check(blob)));
  EXPECT_EQ(Suspended(Import(blob)).size(), 1u);
}

TEST_F(MetadataTest, WhatAnImportLeftIsDoneAfterAMinute) {
  const fido::FakeWebAuthnToken token = EnrolPacked();
  const std::string id = TokenIdOf(token.credential_id);
  const std::string blob = Blob(7, {EntryOfAaguid(token.aaguid, "REVOKED")});
  ASSERT_OK(here_.metadata.Keep(blob, *here_.metadata.Check(blob)));
  clock_.Advance(kSecondLook - absl::Milliseconds(1));
  ASSERT_OK(there_.importer.LookAgain());
  EXPECT_EQ(TokenNamed(id).state(), v1::TOKEN_STATE_ACTIVE);
  clock_.Advance(absl::Milliseconds(1));
  ASSERT_OK(there_.importer.LookAgain());
  EXPECT_EQ(TokenNamed(id).state(), v1::TOKEN_STATE_QUARANTINED);
}

// The import comes between the enrolment's read and its commit.
TEST_F(MetadataTest, ATokenThatSlippedThroughAnImportIsFound) {
  const fido::FakeWebAuthnToken token = Token("packed");
  const std::string id = TokenIdOf(token.credential_id);
  const std::string blob = Blob(7, {EntryOfAaguid(token.aaguid, "REVOKED")});
  ASSERT_OK_AND_ASSIGN(
      const auto verified,
      here_.registrations.Verify(RegistrationAt(Place::kPortal, token)));
  const v1::ApplyRequest apply = ApplyAt(Place::kPortal, verified, token);
  store_.BeforeNextCommit(
      [&] { ASSERT_OK(there_.importer.Import(root_operator_, blob, false)); });
  ASSERT_OK(here_.applier.Apply(apply));
  ASSERT_EQ(TokenNamed(id).state(), v1::TOKEN_STATE_ACTIVE);
  clock_.Advance(kSecondLook);
  ASSERT_OK(here_.importer.LookAgain());
  EXPECT_EQ(TokenNamed(id).state(), v1::TOKEN_STATE_QUARANTINED);
}

TEST_F(MetadataTest, ALookIsTakenOnceForEachBlob) {
  EnrolPacked();
  ASSERT_OK(Import(Blob(7, {})));
  clock_.Advance(kSecondLook);
  ASSERT_OK(here_.importer.LookAgain());
  const int commits = store_.SuccessfulCommits(store::Durability::kReplicated);
  ASSERT_OK(here_.importer.LookAgain());
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated), commits);
  ASSERT_OK(Import(Blob(8, {})));
  clock_.Advance(kSecondLook);
  ASSERT_OK(here_.importer.LookAgain());
  EXPECT_GT(store_.SuccessfulCommits(store::Durability::kReplicated), commits);
}

TEST_F(MetadataTest, WithoutMetadataNothingIsLookedAt) {
  EXPECT_OK(here_.importer.LookAgain());
  EXPECT_OK(core_.importer.LookAgain());
}

TEST_F(MetadataTest, AModelThatTurnsBadBeforeItsTokenIsEnrolledIsNotLetIn) {
  const fido::FakeWebAuthnToken token = Token("packed");
  ASSERT_OK_AND_ASSIGN(
      const auto verified,
      here_.registrations.Verify(RegistrationAt(Place::kPortal, token)));
  const v1::ApplyRequest apply = ApplyAt(Place::kPortal, verified, token);
  ASSERT_OK(Import(Blob(7, {EntryOfAaguid(token.aaguid, "REVOKED")})));
  EXPECT_THAT(here_.applier.Apply(apply),
              HasReason(reason::kAttestationRevoked));
  ASSERT_OK(Import(Blob(8, {EntryOfAaguid(token.aaguid, "FIDO_CERTIFIED")})));
  EXPECT_OK(here_.applier.Apply(apply));
}

TEST_F(MetadataTest, ATokenOfABadModelIsNotResumed) {
  ASSERT_OK(Enrol(token_));
  ASSERT_OK(EnrolSecond(token_, other_token_));
  const std::string key_id = TokenNamed(IdOf(token_)).attestation_key_id();
  ASSERT_OK(Import(Blob(7, {EntryOfKey(key_id, "REVOKED")})));
  const v1::ApplyRequest resume =
      TokenAct("resume", IdOf(token_), {other_token_}, 'd');
  EXPECT_THAT(here_.applier.Apply(resume), HasReason(reason::kTokenState));
  ASSERT_OK(Import(Blob(8, {EntryOfKey(key_id, "FIDO_CERTIFIED")})));
  EXPECT_OK(here_.applier.Apply(resume));
}

TEST_F(MetadataTest, WithTheStoreAwayNothingIsImported) {
  const std::string blob = Blob(7, {});
  store_.SetAway(true);
  EXPECT_THAT(Import(blob), HasReason(reason::kStoreUnavailable));
}

TEST_F(MetadataTest, APartThatIsMissingIsNoticed) {
  const std::string blob = Blob(7, {});
  ASSERT_OK(Import(blob));
  const auto partition = *SharedPartition();
  ASSERT_OK_AND_ASSIGN(const auto page,
                       memory_.Scan(partition, "blob/", "", 10));
  store::CommitRequest spoil;
  spoil.epoch = page.epoch;
  spoil.put = {{page.items[0].key, "something else"}};
  ASSERT_OK(memory_.Commit(partition, spoil));
  EXPECT_THAT(there_.metadata.Current(), HasReason(reason::kStoreCorrupt));
}

// A compromised store cannot make a model good or bad.
TEST_F(MetadataTest, ABlobInTheStoreThatNobodySignedIsRefused) {
  std::string blob = Blob(7, {});
  blob[blob.size() - 10] = blob[blob.size() - 10] == 'A' ? 'B' : 'A';
  auto forged = std::make_shared<fido::MetadataBlob>();
  forged->number = 7;
  ASSERT_OK(here_.metadata.Keep(blob, forged));
  EXPECT_THAT(there_.metadata.Current(), HasReason(reason::kMetadataSignature));
}

TEST_F(MetadataTest, OldPartsAreRemoved) {
  ASSERT_OK(Import(Blob(7, {})));
  ASSERT_OK(Import(Blob(8, {})));
  ASSERT_OK_AND_ASSIGN(const auto page,
                       memory_.Scan(*SharedPartition(), "blob/", "", 10));
  EXPECT_EQ(page.items.size(), 1u);
}

// The signer's certificate expires long before the next start of a replica.
TEST_F(MetadataTest, WhatWasGoodAtImportStaysGood) {
  ASSERT_OK(Import(Blob(7, {})));
  clock_.Advance(absl::Hours(24 * 365));
  ASSERT_OK_AND_ASSIGN(const Metadata read, there_.metadata.Current());
  EXPECT_EQ(read->number, 7u);
}

}  // namespace
}  // namespace u2fi::attestation
