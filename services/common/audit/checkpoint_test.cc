#include "services/common/audit/checkpoint.h"

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/limits.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

v1::Checkpoint Good() {
  v1::Checkpoint checkpoint;
  *checkpoint.mutable_writer() = TestWriter();
  checkpoint.set_sequence(7);
  checkpoint.set_hash(std::string(32, 'h'));
  checkpoint.set_time_ms(1000);
  v1::RowReference& seen = *checkpoint.add_seen();
  *seen.mutable_writer() = TestWriter("attestation", 'b');
  seen.set_sequence(3);
  seen.set_hash(std::string(32, 's'));
  return checkpoint;
}

const CheckpointSigner& Signer() {
  static const CheckpointSigner signer("audit-1",
                                       crypto::P256PrivateKey::Generate());
  return signer;
}

TEST(CheckpointTest, ComesBackAndVerifies) {
  const v1::SignedCheckpoint signed_checkpoint = Signer().Sign(Good());
  ASSERT_OK_AND_ASSIGN(const ParsedCheckpoint parsed,
                       CheckCheckpoint(signed_checkpoint));
  EXPECT_EQ(parsed.row.sequence, 7u);
  EXPECT_EQ(crypto::ToString(parsed.row.hash), std::string(32, 'h'));
  EXPECT_EQ(parsed.checkpoint.seen(0).sequence(), 3u);
  ASSERT_OK_AND_ASSIGN(const crypto::P256PublicKey key,
                       ParseAuditKey(Signer().public_key()));
  EXPECT_OK(VerifyCheckpoint(signed_checkpoint, key));
}

TEST(CheckpointTest, TheSignatureCoversEveryByte) {
  v1::SignedCheckpoint signed_checkpoint = Signer().Sign(Good());
  signed_checkpoint.mutable_checkpoint()->back() ^= 1;
  ASSERT_OK_AND_ASSIGN(const crypto::P256PublicKey key,
                       ParseAuditKey(Signer().public_key()));
  EXPECT_THAT(VerifyCheckpoint(signed_checkpoint, key),
              HasReason(reason::kSignatureInvalid));
}

TEST(CheckpointTest, AnotherKeysSignatureIsRefused) {
  const crypto::P256PublicKey other =
      crypto::P256PrivateKey::Generate().public_key();
  EXPECT_THAT(VerifyCheckpoint(Signer().Sign(Good()), other),
              HasReason(reason::kSignatureInvalid));
}

TEST(CheckpointTest, ARowsHashIsNoCheckpointSignature) {
  // The domain string keeps the two apart.
  v1::SignedCheckpoint signed_checkpoint = Signer().Sign(Good());
  ASSERT_OK_AND_ASSIGN(const crypto::P256PublicKey key,
                       ParseAuditKey(Signer().public_key()));
  EXPECT_THAT(key.Verify(HeaderHash(signed_checkpoint.checkpoint()),
                         signed_checkpoint.signature()),
              HasReason(reason::kSignatureInvalid));
}

struct Fault {
  const char* name;
  std::function<void(v1::Checkpoint&)> plant;
};
class CheckpointFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(CheckpointFaultTest, IsRefused) {
  v1::Checkpoint checkpoint = Good();
  GetParam().plant(checkpoint);
  EXPECT_THAT(CheckCheckpoint(Signer().Sign(checkpoint)),
              HasReason(reason::kAuditFormat));
}

const Fault kFaults[] = {
    {"NoWriter", [](auto& c) { c.clear_writer(); }},
    {"NoSequence", [](auto& c) { c.clear_sequence(); }},
    {"ShortHash", [](auto& c) { c.set_hash("short"); }},
    {"NoTime", [](auto& c) { c.clear_time_ms(); }},
    {"BadSeen", [](auto& c) { c.mutable_seen(0)->clear_sequence(); }},
    {"SixtyFiveSeen",
     [](auto& c) {
       for (size_t i = 0; i < kMaxSeen; ++i) *c.add_seen() = c.seen(0);
     }},
};
INSTANTIATE_TEST_SUITE_P(Faults, CheckpointFaultTest,
                         testing::ValuesIn(kFaults),
                         [](const auto& fault) { return fault.param.name; });

TEST(CheckCheckpointTest, RefusesAnUnknownFormat) {
  v1::SignedCheckpoint signed_checkpoint = Signer().Sign(Good());
  (*signed_checkpoint.mutable_checkpoint())[1] = 2;
  EXPECT_THAT(CheckCheckpoint(signed_checkpoint),
              HasReason(reason::kAuditFormat));
}

TEST(CheckCheckpointTest, RefusesBytesThatAreNotStrict) {
  v1::SignedCheckpoint signed_checkpoint = Signer().Sign(Good());
  signed_checkpoint.mutable_checkpoint()->append("\x28\x01");
  EXPECT_THAT(CheckCheckpoint(signed_checkpoint),
              HasReason(reason::kAuditFormat));
}

TEST(CheckCheckpointTest, RefusesABadKid) {
  for (const std::string& kid :
       {std::string(), std::string("a b"), std::string(65, 'k')}) {
    v1::SignedCheckpoint signed_checkpoint = Signer().Sign(Good());
    signed_checkpoint.set_kid(kid);
    EXPECT_THAT(CheckCheckpoint(signed_checkpoint),
                HasReason(reason::kAuditFormat));
  }
}

TEST(CheckCheckpointTest, RefusesASignatureOfAnImpossibleSize) {
  for (size_t size : {7, 73}) {
    v1::SignedCheckpoint signed_checkpoint = Signer().Sign(Good());
    signed_checkpoint.set_signature(std::string(size, 's'));
    EXPECT_THAT(CheckCheckpoint(signed_checkpoint),
                HasReason(reason::kAuditFormat));
  }
}

TEST(ParseAuditKeyTest, RefusesABadKidAndABadPoint) {
  AuditKey key = Signer().public_key();
  key.kid = "no kid";
  EXPECT_THAT(ParseAuditKey(key), HasReason(reason::kAuditFormat));
  key = Signer().public_key();
  key.point.back() ^= 1;
  EXPECT_THAT(ParseAuditKey(key), HasReason(reason::kPublicKeyInvalid));
}

TEST(FingerprintTest, Is64HexDigits) {
  ASSERT_OK_AND_ASSIGN(const crypto::P256PublicKey key,
                       ParseAuditKey(Signer().public_key()));
  EXPECT_EQ(Fingerprint(key).size(), 64u);
}

}  // namespace
}  // namespace u2fi::audit
