#include "services/command-gate/approval_places.h"

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ApprovalPlacesTest : public testing::Test {
 protected:
  ApprovalPlacesTest() {
    slots_.add_slots()->set_account("ann");
    slots_.mutable_slots(0)->set_gateway("g1");
  }
  // Ann's first places are taken for these requesters.
  void Taken(const std::vector<std::string>& requesters) {
    size_t i = 0;
    for (const std::string& key : PlaceKeys(slots_)) {
      const bool taken =
          key.rfind("open/a/ann/", 0) == 0 && i < requesters.size();
      places_.Add(key, taken ? "by " + requesters[i] : "");
      i += taken ? 1 : 0;
    }
  }
  std::string Take(const std::string& requester) {
    const auto place = places_.TakeOfAccount("ann", requester);
    EXPECT_OK(place);
    return place.ok() ? *place : "";
  }

  absl::StatusOr<std::string> RequesterOf(const std::string& id) {
    if (!broken_.ok()) return broken_;
    return id.substr(3);
  }

  records::v1::CommandRow slots_;
  absl::Status broken_;
  ApprovalPlaces places_{
      [this](const std::string& id) { return RequesterOf(id); }};
};

TEST_F(ApprovalPlacesTest, AnAccountHasFourPlacesAndAGatewaySixteen) {
  EXPECT_THAT(PlaceKeys(slots_), SizeIs(20));
  EXPECT_THAT(PlaceKeys(slots_), Contains("open/a/ann/3"));
  EXPECT_THAT(PlaceKeys(slots_), Contains("open/g/g1/15"));
}

TEST_F(ApprovalPlacesTest, ABrowserHasNone) {
  slots_.mutable_slots(0)->clear_gateway();
  EXPECT_THAT(PlaceKeys(slots_), SizeIs(4));
}

TEST_F(ApprovalPlacesTest, OneRequesterGetsThree) {
  Taken({});
  EXPECT_EQ(Take("thief"), "open/a/ann/0");
  EXPECT_EQ(Take("thief"), "open/a/ann/1");
  EXPECT_EQ(Take("thief"), "open/a/ann/2");
  EXPECT_THAT(Take("thief"), IsEmpty());
}

TEST_F(ApprovalPlacesTest, WhoHasThreeGetsNoFourth) {
  Taken({"thief", "thief", "thief"});
  EXPECT_THAT(Take("thief"), IsEmpty());
}

TEST_F(ApprovalPlacesTest, TheFourthIsForWhoHasNone) {
  Taken({"thief", "thief", "thief"});
  EXPECT_EQ(Take("owner"), "open/a/ann/3");
  EXPECT_THAT(Take("owner"), IsEmpty());
}

TEST_F(ApprovalPlacesTest, NotForWhoHasOne) {
  Taken({"thief", "owner", "thief"});
  EXPECT_THAT(Take("owner"), IsEmpty());
}

TEST_F(ApprovalPlacesTest, ThereIsNoFifth) {
  Taken({"thief", "thief", "thief", "owner"});
  EXPECT_THAT(Take("another"), IsEmpty());
}

TEST_F(ApprovalPlacesTest, TheOperatorMayAllowFewer) {
  ApprovalPlaces fewer(
      [this](const std::string& id) { return RequesterOf(id); },
      /*per_account=*/1);
  const std::vector<std::string> keys = PlaceKeys(slots_);
  for (const std::string& key : keys) {
    fewer.Add(key, key == "open/a/ann/0" ? "by thief" : "");
  }
  ASSERT_OK_AND_ASSIGN(const std::string more,
                       fewer.TakeOfAccount("ann", "thief"));
  EXPECT_EQ(more, "");
  ASSERT_OK_AND_ASSIGN(const std::string kept,
                       fewer.TakeOfAccount("ann", "owner"));
  EXPECT_EQ(kept, "open/a/ann/3");
}

TEST_F(ApprovalPlacesTest, WhereNobodyKnowsWhoAskedThereIsNoPlace) {
  Taken({"thief", "thief", "thief"});
  broken_ = Error(reason::kStoreUnavailable, "away");
  EXPECT_THAT(places_.TakeOfAccount("ann", "owner"),
              HasReason(reason::kStoreUnavailable));
}

}  // namespace
}  // namespace u2fi::command_gate
