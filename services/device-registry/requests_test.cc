#include "services/device-registry/requests.h"

#include "gmock/gmock.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;

const rpc::Caller& Operator() {
  static const rpc::Caller caller = rpc::TestCaller("operator/acme/olga");
  return caller;
}

TEST(IdOfNameTest, IsWhatFollowsTheCollection) {
  EXPECT_THAT(IdOfName("devices/", "devices/cam-1", "name"),
              IsOkAndHolds("cam-1"));
}

TEST(IdOfNameTest, RefusesAnotherCollection) {
  const auto id = IdOfName("devices/", "gateways/cam-1", "name");
  EXPECT_THAT(id, HasReason(reason::kInvalidField));
  EXPECT_THAT(FieldsOf(id.status()), ElementsAre(Key("name")));
}

TEST(IdOfNameTest, RefusesWhatIsNoId) {
  EXPECT_THAT(IdOfName("devices/", "devices/a/b", "name"),
              HasReason(reason::kInvalidField));
}

TEST(IdOfNameTest, RefusesTheCollectionAlone) {
  EXPECT_THAT(IdOfName("devices/", "devices/", "name"),
              HasReason(reason::kInvalidField));
}

TEST(CheckOptionalIdTest, TakesNothingOrAnId) {
  EXPECT_OK(CheckOptionalId("site", ""));
  EXPECT_OK(CheckOptionalId("site", "home"));
  EXPECT_THAT(CheckOptionalId("site", "-home"),
              HasReason(reason::kInvalidField));
}

TEST(NotYetTest, SaysSo) {
  EXPECT_THAT(NotYet("a lease"), HasReason(reason::kUnimplemented));
}

TEST(TimestampTest, KeepsMilliseconds) {
  EXPECT_EQ(ToMillis(ToTimestamp(1'700'000'000'123)), 1'700'000'000'123);
}

TEST(EtagTest, ChangesWithEachStep) {
  EXPECT_EQ(FirstEtag(), "1");
  EXPECT_EQ(NextEtag("1"), "2");
  EXPECT_EQ(NextEtag("9"), "10");
}

TEST(EtagTest, BeginsAtOneWhereThereIsNone) { EXPECT_EQ(NextEtag(""), "1"); }

TEST(ShortNameTest, LeavesThePrefixOut) {
  EXPECT_EQ(ShortName("GATEWAY_STATE_", "GATEWAY_STATE_ACTIVE"), "ACTIVE");
}

TEST(RowAboutTest, SaysWhoAsked) {
  const audit::RowContent row =
      RowAbout(audit::v1::ROW_KIND_ADMIN, Operator(), {"accounts/ann"});
  EXPECT_EQ(row.body.caller(), Operator().uri());
  EXPECT_EQ(row.body.outcome(), common::v1::OUTCOME_ACCEPTED);
  EXPECT_THAT(row.subjects, ElementsAre("accounts/ann"));
}

TEST(AddDetailTest, LeavesEmptyValuesOut) {
  audit::RowContent row;
  AddDetail(row, "reason", "");
  EXPECT_THAT(row.body.details(), IsEmpty());
  AddDetail(row, "reason", "lost");
  EXPECT_EQ(row.body.details(0).value(), "lost");
}

}  // namespace
}  // namespace u2fi::device_registry
