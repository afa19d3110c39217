#include "services/attestation/token_writer.h"

#include "gmock/gmock.h"
#include "services/attestation/attestation_test_case.h"
#include "services/attestation/requests.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TokenWriterTest : public AttestationTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(core_.Start());
    watch_ =
        core_.events.Subscribe("", [this](const TokenEvents::Event& event) {
          heard_.push_back(event->tenant() + "/" + event->token_id());
        });
  }

  // Writes token k1 with a label over what is there.
  absl::Status Write(const std::string& label) {
    const auto read = core_.tokens.ReadRow<TokenRow>("t1", TokenKey("k1"));
    TokenRow next = read->second.row;
    next.set_schema(1);
    next.set_token_id("k1");
    next.set_label(label);
    Change change;
    change.transition.epoch = read->first;
    change.PutToken(read->second, next);
    change.rows.push_back(
        RowAbout(audit::v1::ROW_KIND_TOKEN, "", {"tokens/k1"}));
    if (race_) race_();
    absl::Status written = core_.writer.Write("t1", std::move(change));
    memory_.FlushHints();
    return written;
  }
  TokenRow Read() {
    return core_.tokens.ReadRow<TokenRow>("t1", TokenKey("k1"))->second.row;
  }

  std::vector<std::string> heard_;
  std::function<void()> race_;
  std::unique_ptr<TokenEvents::Watch> watch_;
};

TEST_F(TokenWriterTest, WritesRecordRowAndEvent) {
  ASSERT_OK(Write("one"));
  EXPECT_EQ(Read().label(), "one");
  EXPECT_THAT(AuditRows(), ElementsAre("TOKEN tokens/k1"));
  EXPECT_THAT(heard_, ElementsAre("t1/k1"));
}

TEST_F(TokenWriterTest, AChangeWhoseOutcomeIsUnknownIsToldOf) {
  ASSERT_OK(Write("one"));
  heard_.clear();
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kUnknownApplied);
  EXPECT_THAT(Write("two"), HasReason(reason::kStoreOutcomeUnknown));
  EXPECT_THAT(heard_, ElementsAre("t1/k1"));
}

TEST_F(TokenWriterTest, EveryWriteIsARevision) {
  ASSERT_OK(Write("one"));
  EXPECT_EQ(Read().revision(), 1u);
  ASSERT_OK(Write("two"));
  EXPECT_EQ(Read().revision(), 2u);
}

TEST_F(TokenWriterTest, WhoIsSecondWritesNothing) {
  ASSERT_OK(Write("one"));
  heard_.clear();
  bool once = true;
  race_ = [&] {
    if (!once) return;
    once = false;
    ASSERT_OK(Write("faster"));
  };
  EXPECT_THAT(Write("slower"), HasReason(reason::kStoreAborted));
  EXPECT_EQ(Read().label(), "faster");
  EXPECT_THAT(heard_, ElementsAre("t1/k1"));
  EXPECT_THAT(AuditRows(), ElementsAre("TOKEN tokens/k1", "TOKEN tokens/k1",
                                       "LOST_RACE tokens/k1"));
}

TEST_F(TokenWriterTest, WithoutARowNothingIsWritten) {
  Change change;
  change.transition.epoch =
      core_.tokens.ReadRow<TokenRow>("t1", TokenKey("k1"))->first;
  TokenRow token;
  token.set_schema(1);
  token.set_token_id("k1");
  change.PutToken(Stored<TokenRow>(), token);
  EXPECT_THAT(core_.writer.Write("t1", std::move(change)),
              HasReason(reason::kAuditFormat));
  EXPECT_EQ(Read().token_id(), "");
}

TEST_F(TokenWriterTest, ABadRowStopsTheChange) {
  Change change;
  change.transition.epoch =
      core_.tokens.ReadRow<TokenRow>("t1", TokenKey("k1"))->first;
  change.rows.push_back(RowAbout(audit::v1::ROW_KIND_UNSPECIFIED, "", {"x"}));
  EXPECT_THAT(core_.writer.Write("t1", std::move(change)),
              HasReason(reason::kAuditFormat));
  EXPECT_THAT(AuditRows(), IsEmpty());
}

TEST_F(TokenWriterTest, WithTheStoreAwayNothingIsTold) {
  Change change;
  change.transition.epoch =
      core_.tokens.ReadRow<TokenRow>("t1", TokenKey("k1"))->first;
  TokenRow token;
  token.set_schema(1);
  token.set_token_id("k1");
  change.PutToken(Stored<TokenRow>(), token);
  change.rows.push_back(RowAbout(audit::v1::ROW_KIND_TOKEN, "", {"tokens/k1"}));
  store_.SetAway(true);
  EXPECT_FALSE(core_.writer.Write("t1", std::move(change)).ok());
  EXPECT_THAT(heard_, IsEmpty());
}

}  // namespace
}  // namespace u2fi::attestation
