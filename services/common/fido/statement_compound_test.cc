#include "services/common/fido/statement_compound.h"

#include <set>

#include "services/common/fido/cbor_writer.h"
#include "services/common/fido/statement_test_util.h"

namespace u2fi::fido {
namespace {

std::string PartOf(absl::string_view format, const std::string& statement) {
  return cbor::Map({{cbor::Text("fmt"), cbor::Text(format)},
                    {cbor::Text("attStmt"), statement}});
}

class CompoundTest : public testing::Test {
 protected:
  CompoundTest() : self_(packed_) { self_.is_self = true; }

  // One credential, attested twice.
  std::vector<std::string> Good() const {
    return {PartOf("packed", packed_.Statement(kClientData)),
            PartOf("packed", self_.Statement(kClientData))};
  }
  absl::StatusOr<std::vector<VerifiedStatement>> Verify(
      const std::string& statement, absl::string_view format = "compound") {
    const crypto::Digest hash = crypto::Sha256(kClientData);
    const std::string bytes = packed_.AuthenticatorData();
    const AuthenticatorData data = *ParseAuthenticatorData(bytes);
    const CborValue parsed = *ParseCbor(statement);
    const CredentialKey key = *CredentialKey::FromCose(data.credential->key);
    return VerifyStatements(format, {parsed, bytes, data, key, hash, {}});
  }
  void ExpectRefused(const std::vector<std::string>& parts,
                     const Reason& reason, absl::string_view step) {
    const auto verified = Verify(cbor::Array(parts));
    EXPECT_THAT(verified, HasReason(reason));
    EXPECT_EQ(StepOf(verified.status()), step);
  }

  static constexpr absl::string_view kClientData = "client data";
  FakeWebAuthnToken packed_{"packed"};
  FakeWebAuthnToken self_;
};

TEST_F(CompoundTest, AllPartsAreVerified) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Verify(cbor::Array(Good())));
  ASSERT_EQ(verified.size(), 2u);
  EXPECT_EQ(verified[0].format, "packed");
  EXPECT_EQ(verified[0].result.chain.size(), 1u);
  EXPECT_TRUE(verified[1].result.is_self);
}

TEST_F(CompoundTest, AnotherFormatIsOnePart) {
  ASSERT_OK_AND_ASSIGN(const auto verified,
                       Verify(packed_.Statement(kClientData), "packed"));
  ASSERT_EQ(verified.size(), 1u);
  EXPECT_EQ(verified[0].format, "packed");
}

TEST_F(CompoundTest, FewerThanTwoOrMoreThanEightAreRefused) {
  const std::string none = PartOf("none", cbor::Map({}));
  for (const size_t count : {0, 1, 9}) {
    ExpectRefused(std::vector<std::string>(count, none),
                  reason::kAttestationStatementInvalid, "compound_shape");
  }
  EXPECT_OK(Verify(cbor::Array(std::vector<std::string>(8, none))));
}

TEST_F(CompoundTest, WhatIsNoPartIsRefused) {
  for (const std::string& bad :
       {PartOf("compound", cbor::Array(Good())),
        PartOf("compound", cbor::Map({})), PartOf("none", cbor::Array({})),
        cbor::Map({{cbor::Text("fmt"), cbor::Text("none")}}),
        cbor::Map({{cbor::Text("fmt"), cbor::Integer(1)},
                   {cbor::Text("attStmt"), cbor::Map({})}}),
        cbor::Map({{cbor::Text("fmt"), cbor::Text("none")},
                   {cbor::Text("attStmt"), cbor::Map({})},
                   {cbor::Text("more"), cbor::Integer(1)}}),
        cbor::Array({}), cbor::Integer(1)}) {
    ExpectRefused({Good()[0], bad}, reason::kAttestationStatementInvalid,
                  "compound_shape");
  }
}

TEST_F(CompoundTest, AnUnknownFormatIsRefused) {
  ExpectRefused({Good()[0], PartOf("other", cbor::Map({}))},
                reason::kFormatUnsupported, "compound_format");
}

TEST_F(CompoundTest, OnePartThatDoesNotVerifyIsEnough) {
  self_.members["sig"] = cbor::Bytes("other");
  ExpectRefused(Good(), reason::kSignatureInvalid, "packed_signature");
}

TEST_F(CompoundTest, AnythingButAnArrayIsRefused) {
  EXPECT_THAT(Verify(cbor::Map({})),
              HasReason(reason::kAttestationStatementInvalid));
}

TEST_F(CompoundTest, ItsStepsAreNamed) {
  EXPECT_THAT(CompoundStepNames(),
              testing::ElementsAre("compound_shape", "compound_format"));
}

}  // namespace
}  // namespace u2fi::fido
