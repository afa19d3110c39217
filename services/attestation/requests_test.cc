#include "services/attestation/requests.h"

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::attestation {
namespace {

TEST(RequestsTest, AnIdStandsBehindItsCollection) {
  EXPECT_EQ(*IdOfName("tokens/", "tokens/k1", "name"), "k1");
}

TEST(RequestsTest, AnotherCollectionIsRefusedAndTheFieldNamed) {
  const absl::Status status =
      IdOfName("tokens/", "devices/k1", "token.name").status();
  EXPECT_THAT(status, HasReason(reason::kInvalidField));
  EXPECT_EQ(MetadataOf(status)["field"], "token.name");
}

TEST(RequestsTest, WhatIsNoIdIsRefused) {
  for (const char* name : {"tokens/", "tokens/K1", "tokens/a/b", "tokens/-a"}) {
    EXPECT_THAT(IdOfName("tokens/", name, "name"),
                HasReason(reason::kInvalidField))
        << name;
  }
}

TEST(RequestsTest, WhatIsUnknownIsNamed) {
  const absl::Status status = Unknown("tokens/k1");
  EXPECT_THAT(status, HasReason(reason::kResourceUnknown));
  EXPECT_EQ(MetadataOf(status)["name"], "tokens/k1");
}

TEST(RequestsTest, TimesKeepTheirMilliseconds) {
  EXPECT_EQ(ToTimestamp(1'500).seconds(), 1);
  EXPECT_EQ(ToTimestamp(1'500).nanos(), 500'000'000);
}

TEST(RequestsTest, StatesLoseTheirPrefix) {
  EXPECT_EQ(StateText(v1::TOKEN_STATE_QUARANTINED), "QUARANTINED");
  EXPECT_EQ(StateText(v1::RECOVERY_STATE_OPEN), "OPEN");
}

TEST(RequestsTest, ARowSaysWhoAndWhat) {
  audit::RowContent row = RowAbout(audit::v1::ROW_KIND_TOKEN,
                                   "spiffe://d/client/t/a", {"tokens/k"});
  AddDetail(row, "empty", "");
  AddDetail(row, "why", "lost");
  EXPECT_EQ(row.kind, audit::v1::ROW_KIND_TOKEN);
  EXPECT_EQ(row.body.caller(), "spiffe://d/client/t/a");
  EXPECT_THAT(row.subjects, testing::ElementsAre("tokens/k"));
  ASSERT_EQ(row.body.details_size(), 1);
  EXPECT_EQ(row.body.details(0).value(), "lost");
}

}  // namespace
}  // namespace u2fi::attestation
