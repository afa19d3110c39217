#include "services/common/audit/chain_verifier.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain.h"
#include "services/common/proof/step.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

// A writer that hands its rows to the verifier.
class FakeWriter {
 public:
  explicit FakeWriter(v1::Writer writer,
                      const absl::optional<v1::RowReference>& before = {})
      : writer_(std::move(writer)), builder_(writer_, before) {}

  ParsedRow Next(absl::string_view subject = "commands/c1") {
    return *ParseRow(builder_.Append(TestRow(subject), 1000, head_));
  }
  v1::Checkpoint Checkpoint() const {
    v1::Checkpoint checkpoint;
    *checkpoint.mutable_writer() = writer_;
    checkpoint.set_sequence(head_.id.sequence);
    checkpoint.set_hash(crypto::ToString(head_.id.hash));
    checkpoint.set_time_ms(2000);
    return checkpoint;
  }
  v1::RowReference Last() const { return ReferenceTo(writer_, head_.id); }
  const v1::Writer& writer() const { return writer_; }

 private:
  const v1::Writer writer_;
  const ChainBuilder builder_;
  ChainHead head_;
};

class ChainVerifierTest : public testing::Test {
 protected:
  void SetUp() override { Make(true); }
  void Make(bool complete) {
    verifier_.emplace(ChainVerifier::Options{
        complete, [this](absl::string_view key) { return key == anchor_; }});
    ASSERT_OK(verifier_->AddKey(signer_.public_key()));
  }
  absl::Status AddRow(const ParsedRow& row) {
    return verifier_->AddRow(row, ++line_).status();
  }
  absl::Status AddCheckpoint(const v1::Checkpoint& checkpoint) {
    return verifier_->AddCheckpoint(signer_.Sign(checkpoint), ++line_);
  }
  // The step that the fault names, and the line of a fault at the end.
  std::string StepOf(const absl::Status& status) {
    EXPECT_FALSE(status.ok());
    return proof::StepOf(status);
  }
  std::string FinishStep(uint64_t expected_line) {
    uint64_t line = 0;
    const absl::Status status = verifier_->Finish(line);
    EXPECT_EQ(line, expected_line);
    return proof::StepOf(status);
  }

  const CheckpointSigner signer_{"audit-1", crypto::P256PrivateKey::Generate()};
  std::string anchor_;
  absl::optional<ChainVerifier> verifier_;
  uint64_t line_ = 0;
  FakeWriter gate_{TestWriter()};
};

TEST_F(ChainVerifierTest, SummarisesAGoodChain) {
  anchor_ = Fingerprint(*ParseAuditKey(signer_.public_key()));
  for (int i = 0; i < 3; ++i) ASSERT_OK(AddRow(gate_.Next()));
  ASSERT_OK(AddCheckpoint(gate_.Checkpoint()));
  ASSERT_OK(AddRow(gate_.Next()));
  EXPECT_EQ(FinishStep(0), "");
  ASSERT_EQ(verifier_->Summaries().size(), 1u);
  const ChainSummary summary = verifier_->Summaries()[0];
  EXPECT_EQ(summary.writer.service(), gate_.writer().service());
  EXPECT_EQ(summary.first, 1u);
  EXPECT_EQ(summary.last, 4u);
  EXPECT_EQ(summary.covered, 3u);
  EXPECT_EQ(summary.anchored, 3u);
  EXPECT_EQ(summary.anchor, anchor_);
}

TEST_F(ChainVerifierTest, WithoutAnAnchorNothingIsAnchored) {
  ASSERT_OK(AddRow(gate_.Next()));
  ASSERT_OK(AddCheckpoint(gate_.Checkpoint()));
  EXPECT_EQ(verifier_->Summaries()[0].anchored, 0u);
}

TEST_F(ChainVerifierTest, NobodyHasToNameAnchors) {
  verifier_.emplace(ChainVerifier::Options{true, nullptr});
  ASSERT_OK(verifier_->AddKey(signer_.public_key()));
  ASSERT_OK(AddRow(gate_.Next()));
  ASSERT_OK(AddCheckpoint(gate_.Checkpoint()));
  EXPECT_EQ(verifier_->Summaries()[0].covered, 1u);
  EXPECT_EQ(verifier_->Summaries()[0].anchored, 0u);
}

// A cloud cannot write a gateway's journal with its own audit key.
TEST_F(ChainVerifierTest, AJournalIsUnderAKeyThatIsNamedByItsFingerprint) {
  FakeWriter journal(TestWriter("gateway/s1/gw-1"));
  ASSERT_OK(AddRow(journal.Next()));
  EXPECT_EQ(StepOf(AddCheckpoint(journal.Checkpoint())), "key");
  crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  const std::string kid = Fingerprint(key.public_key());
  const CheckpointSigner gateway(kid, std::move(key));
  ASSERT_OK(verifier_->AddKey(gateway.public_key()));
  EXPECT_OK(verifier_->AddCheckpoint(gateway.Sign(journal.Checkpoint()), 9));
}

TEST_F(ChainVerifierTest, BeginOfACompleteFileIsRowOne) {
  gate_.Next();
  const ParsedRow second = gate_.Next();
  EXPECT_EQ(StepOf(AddRow(second)), "begin");
  Make(false);
  EXPECT_OK(AddRow(second));
}

TEST_F(ChainVerifierTest, AGapIsAFault) {
  ASSERT_OK(AddRow(gate_.Next()));
  gate_.Next();
  EXPECT_EQ(StepOf(AddRow(gate_.Next())), "sequence");
}

TEST_F(ChainVerifierTest, ARowFromBeforeTheBeginningIsAFault) {
  Make(false);
  const ParsedRow first = gate_.Next();
  ASSERT_OK(AddRow(gate_.Next()));
  EXPECT_EQ(StepOf(AddRow(first)), "sequence");
}

TEST_F(ChainVerifierTest, AnotherRowBeforeIsAFault) {
  ASSERT_OK(AddRow(gate_.Next()));
  ParsedRow second = gate_.Next();
  second.header.mutable_previous()->front() ^= 1;
  EXPECT_EQ(StepOf(AddRow(second)), "previous");
}

TEST_F(ChainVerifierTest, ARowOfAnEarlierTimeIsAFault) {
  ASSERT_OK(AddRow(gate_.Next()));
  ParsedRow second = gate_.Next();
  second.header.set_time_ms(second.header.time_ms() - 1);
  EXPECT_EQ(StepOf(AddRow(second)), "time");
}

TEST_F(ChainVerifierTest, TheSameRowMayComeAgain) {
  const ParsedRow row = gate_.Next();
  ASSERT_OK_AND_ASSIGN(bool is_new, verifier_->AddRow(row, 1));
  EXPECT_TRUE(is_new);
  ASSERT_OK_AND_ASSIGN(is_new, verifier_->AddRow(row, 2));
  EXPECT_FALSE(is_new);
}

TEST_F(ChainVerifierTest, RepetitionWithAnotherRowIsAFault) {
  ASSERT_OK(AddRow(gate_.Next("commands/c1")));
  FakeWriter twin(TestWriter());
  EXPECT_EQ(StepOf(AddRow(twin.Next("commands/c2"))), "repetition");
}

TEST_F(ChainVerifierTest, TooManyRowsAreAFault) {
  verifier_.emplace(ChainVerifier::Options{true, nullptr, 1});
  ASSERT_OK(AddRow(gate_.Next()));
  EXPECT_EQ(StepOf(AddRow(gate_.Next())), "size");
}

TEST_F(ChainVerifierTest, AKeyOffTheCurveIsAFault) {
  AuditKey key = signer_.public_key();
  key.kid = "audit-2";
  key.point.back() ^= 1;
  EXPECT_EQ(StepOf(verifier_->AddKey(key)), "key");
}

TEST_F(ChainVerifierTest, TwoKeysWithOneIdAreAFault) {
  EXPECT_OK(verifier_->AddKey(signer_.public_key()));
  const AuditKey other{"audit-1",
                       crypto::P256PrivateKey::Generate().public_key().point()};
  EXPECT_EQ(StepOf(verifier_->AddKey(other)), "key");
}

TEST_F(ChainVerifierTest, ACheckpointOutOfFormIsAFault) {
  ASSERT_OK(AddRow(gate_.Next()));
  v1::Checkpoint checkpoint = gate_.Checkpoint();
  checkpoint.clear_time_ms();
  EXPECT_EQ(StepOf(AddCheckpoint(checkpoint)), "form");
}

TEST_F(ChainVerifierTest, ACheckpointOfAnUnknownKeyIsAFault) {
  ASSERT_OK(AddRow(gate_.Next()));
  v1::SignedCheckpoint checkpoint = signer_.Sign(gate_.Checkpoint());
  checkpoint.set_kid("audit-2");
  EXPECT_EQ(StepOf(verifier_->AddCheckpoint(checkpoint, 1)), "key");
}

TEST_F(ChainVerifierTest, ACheckpointWithABadSignatureIsAFault) {
  ASSERT_OK(AddRow(gate_.Next()));
  v1::SignedCheckpoint checkpoint = signer_.Sign(gate_.Checkpoint());
  checkpoint.mutable_signature()->back() ^= 1;
  EXPECT_EQ(StepOf(verifier_->AddCheckpoint(checkpoint, 1)), "signature");
}

TEST_F(ChainVerifierTest, ACheckpointShowsATruncatedTail) {
  ASSERT_OK(AddRow(gate_.Next()));
  gate_.Next();
  EXPECT_EQ(StepOf(AddCheckpoint(gate_.Checkpoint())), "truncated");
}

TEST_F(ChainVerifierTest, ACheckpointOfAMissingChainShowsIt) {
  gate_.Next();
  EXPECT_EQ(StepOf(AddCheckpoint(gate_.Checkpoint())), "truncated");
}

TEST_F(ChainVerifierTest, ACheckpointOverAnotherRowIsAFault) {
  ASSERT_OK(AddRow(gate_.Next("commands/c1")));
  FakeWriter twin(TestWriter());
  twin.Next("commands/c2");
  EXPECT_EQ(StepOf(AddCheckpoint(twin.Checkpoint())), "covers");
}

TEST_F(ChainVerifierTest, APartialFileMayHaveACheckpointFromBefore) {
  Make(false);
  gate_.Next();
  const v1::Checkpoint before = gate_.Checkpoint();
  ASSERT_OK(AddRow(gate_.Next()));
  EXPECT_OK(AddCheckpoint(before));
}

// What one chain knows of another.
class WitnessTest : public ChainVerifierTest {
 protected:
  // A checkpoint of `gate_` on line 2 that saw the last row of `seen`.
  void Witness(const FakeWriter& seen) {
    ASSERT_OK(AddRow(gate_.Next()));
    v1::Checkpoint checkpoint = gate_.Checkpoint();
    *checkpoint.add_seen() = seen.Last();
    ASSERT_OK(AddCheckpoint(checkpoint));
  }
  FakeWriter replica_{TestWriter("command-gate", 'r')};
};

TEST_F(WitnessTest, ASeenRowMayComeLater) {
  const ParsedRow row = replica_.Next();
  Witness(replica_);
  ASSERT_OK(AddRow(row));
  EXPECT_EQ(FinishStep(0), "");
}

TEST_F(WitnessTest, ATailThatWasSeenCannotBeCutOff) {
  ASSERT_OK(AddRow(replica_.Next()));
  replica_.Next();
  line_ = 0;
  Witness(replica_);
  EXPECT_EQ(FinishStep(2), "truncated");
}

TEST_F(WitnessTest, ASeenRowCannotBeReplaced) {
  replica_.Next("commands/c1");
  Witness(replica_);
  FakeWriter twin(TestWriter("command-gate", 'r'));
  ASSERT_OK(AddRow(twin.Next("commands/c2")));
  EXPECT_EQ(FinishStep(2), "seen");
}

TEST_F(WitnessTest, ASeenRowCannotHaveBeenReplacedBefore) {
  replica_.Next("commands/c1");
  FakeWriter twin(TestWriter("command-gate", 'r'));
  ASSERT_OK(AddRow(twin.Next("commands/c2")));
  Witness(replica_);
  EXPECT_EQ(FinishStep(3), "seen");
}

TEST_F(WitnessTest, TheFirstThatNamesWhatIsNotThereIsNamed) {
  for (const char first : {'b', 'z'}) {
    Make(true);
    line_ = 0;
    FakeWriter gate(TestWriter());
    ASSERT_OK(AddRow(gate.Next()));
    for (const char seen : {first, 'm'}) {
      FakeWriter gone(TestWriter("command-gate", seen));
      gone.Next();
      v1::Checkpoint checkpoint = gate.Checkpoint();
      *checkpoint.add_seen() = gone.Last();
      ASSERT_OK(AddCheckpoint(checkpoint));
    }
    EXPECT_EQ(FinishStep(2), "missing");
  }
}

TEST_F(WitnessTest, AWriterThatWasSeenCannotVanish) {
  replica_.Next();
  Witness(replica_);
  EXPECT_EQ(FinishStep(2), "missing");
}

TEST_F(WitnessTest, APartialFileMayLackAWriter) {
  Make(false);
  replica_.Next();
  Witness(replica_);
  EXPECT_EQ(FinishStep(0), "");
}

TEST_F(WitnessTest, APartialFileMayBeginAfterWhatWasSeen) {
  Make(false);
  replica_.Next();
  Witness(replica_);
  ASSERT_OK(AddRow(replica_.Next()));
  EXPECT_EQ(FinishStep(0), "");
}

TEST_F(WitnessTest, WritersOfOtherTenantsMayBeElsewhere) {
  v1::Writer writer = TestWriter("command-gate", 'b');
  writer.set_tenant("other");
  FakeWriter other(writer);
  other.Next();
  Witness(other);
  EXPECT_EQ(FinishStep(0), "");
}

TEST_F(WitnessTest, WritersOfOtherServicesMayBeElsewhere) {
  FakeWriter other(TestWriter("attestation", 'b'));
  other.Next();
  Witness(other);
  EXPECT_EQ(FinishStep(0), "");
}

TEST_F(WitnessTest, APredecessorCannotBeCutOff) {
  ASSERT_OK(AddRow(replica_.Next()));
  replica_.Next();
  FakeWriter successor(TestWriter("command-gate", 's'), replica_.Last());
  ASSERT_OK(AddRow(successor.Next()));
  EXPECT_EQ(FinishStep(2), "truncated");
}

}  // namespace
}  // namespace u2fi::audit
