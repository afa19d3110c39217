#include "services/common/store/settlement.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

const std::string kEpoch(40, 'e');
const std::string kMine(16, 'm');
const std::string kOther(16, 'o');

absl::optional<RecordHeader> By(const std::string& commit_id, Version version,
                                Version replaced) {
  return RecordHeader{version, replaced, commit_id, 0};
}

// A commit that moves `k` on from version 5 and creates `new`.
class SettlementTest : public testing::Test {
 protected:
  absl::StatusOr<Version> Judge(
      std::vector<absl::optional<RecordHeader>> headers) {
    return JudgeLostCommit(request_, kMine, {epoch_, std::move(headers)});
  }
  // The same commit, but it removes `k`.
  void RemoveInstead() {
    request_.put.erase(request_.put.begin());
    request_.remove = {"k"};
  }

  CommitRequest request_{
      kEpoch, {{"k", 5}, {"new", kAbsent}}, {{"k", "v"}, {"new", "v"}}};
  Epoch epoch_ = kEpoch;
  const absl::optional<RecordHeader> nothing_;
};

TEST_F(SettlementTest, OneRecordWithItsIdProvesThatItHappened) {
  EXPECT_THAT(Judge({By(kOther, 9, 8), By(kMine, 8, 0)}), IsOkAndHolds(8u));
}

TEST_F(SettlementTest, ItStillHappenedIfAnotherIncarnationHasIt) {
  epoch_ = std::string(40, 'f');
  EXPECT_THAT(Judge({By(kMine, 8, 5), nothing_}), IsOkAndHolds(8u));
}

TEST_F(SettlementTest, WithoutItsIdANewEpochIsTheAnswer) {
  epoch_ = std::string(40, 'f');
  EXPECT_THAT(Judge({By(kOther, 5, 4), nothing_}),
              HasReason(reason::kStoreEpochChanged));
}

TEST_F(SettlementTest, AnUntouchedKeyProvesThatItDidNotHappen) {
  request_.put.pop_back();
  const absl::Status aborted = Judge({By(kOther, 5, 4)}).status();
  EXPECT_THAT(aborted, HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(aborted)["key"], "");
}

TEST_F(SettlementTest, AKeyThatWasNotCreatedProvesThatItDidNotHappen) {
  EXPECT_THAT(Judge({By(kOther, 9, 8), nothing_}),
              HasReason(reason::kStoreAborted));
}

TEST_F(SettlementTest, ACompetitorThatTookTheSameVersionIsNamed) {
  const absl::Status aborted =
      Judge({By(kOther, 8, 5), By(kOther, 9, 8)}).status();
  EXPECT_THAT(aborted, HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(aborted)["key"], "k");
}

TEST_F(SettlementTest, CoveredTracesStayUnknown) {
  EXPECT_THAT(Judge({By(kOther, 9, 8), By(kOther, 9, 8)}),
              HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(SettlementTest, AVersionOfUnknownOriginProvesNothing) {
  EXPECT_THAT(Judge({By(kOther, 9, kReplacedUnknown), By(kOther, 9, 8)}),
              HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(SettlementTest, AWriteWithoutConditionIsUnknownWithoutItsId) {
  request_.expect.clear();
  EXPECT_THAT(Judge({By(kOther, 5, 4), nothing_}),
              HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(SettlementTest, ARemovedKeyThatIsStillThereProvesThatItDidNotHappen) {
  RemoveInstead();
  EXPECT_THAT(Judge({By(kOther, 9, 8), By(kOther, 5, 4)}),
              HasReason(reason::kStoreAborted));
}

TEST_F(SettlementTest, ARemovedKeyThatIsGoneProvesNothing) {
  RemoveInstead();
  EXPECT_THAT(Judge({By(kOther, 9, 8), nothing_}),
              HasReason(reason::kStoreOutcomeUnknown));
}

}  // namespace
}  // namespace u2fi::store
