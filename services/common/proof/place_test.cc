#include "services/common/proof/place.h"

#include <set>

#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

using Purposes = std::set<int>;

// The purposes for which a touch may be taken at `place`.
Purposes AllowedAt(const ApprovalPlace& place) {
  Purposes allowed;
  for (int p = 0; p <= v1::Purpose_MAX + 1; ++p) {
    if (CheckPlace(static_cast<v1::Purpose>(p), place).ok()) allowed.insert(p);
  }
  return allowed;
}

TEST(PlaceTest, AnAccountGatewayIsForActsOfTheAccount) {
  ApprovalPlace place;
  place.account_gateway = true;
  EXPECT_EQ(AllowedAt(place),
            (Purposes{v1::PURPOSE_ENROL, v1::PURPOSE_TOKEN, v1::PURPOSE_PINS,
                      v1::PURPOSE_TRANSFER, v1::PURPOSE_MOVE,
                      v1::PURPOSE_PROVISION, v1::PURPOSE_UNBIND}));
}

TEST(PlaceTest, AStrangersGatewayIsForNothing) {
  EXPECT_EQ(AllowedAt({}), Purposes{});
}

TEST(PlaceTest, AHotelGatewayIsForLeaseAndPresenceAtItsSite) {
  ApprovalPlace place;
  place.at_site_of_devices = true;
  EXPECT_EQ(AllowedAt(place),
            (Purposes{v1::PURPOSE_LEASE, v1::PURPOSE_PRESENCE}));
}

TEST(PlaceTest, APinnedGatewayIsForCommands) {
  ApprovalPlace place;
  place.may_approve = true;
  EXPECT_EQ(AllowedAt(place),
            (Purposes{v1::PURPOSE_COMMAND, v1::PURPOSE_BREAK_GLASS}));
}

TEST(PlaceTest, AFirstTokenIsEnrolledAnywhere) {
  ApprovalPlace place;
  place.first_token = true;
  EXPECT_EQ(AllowedAt(place), Purposes{v1::PURPOSE_ENROL});
}

TEST(PlaceTest, ThePortalIsForEnrolmentAndTokens) {
  ApprovalPlace place;
  place.browser = true;
  EXPECT_EQ(AllowedAt(place), (Purposes{v1::PURPOSE_ENROL, v1::PURPOSE_TOKEN}));
}

TEST(PlaceTest, BrowserOkAddsCommandsOnly) {
  ApprovalPlace place;
  place.browser = place.browser_ok = true;
  EXPECT_EQ(AllowedAt(place), (Purposes{v1::PURPOSE_ENROL, v1::PURPOSE_TOKEN,
                                        v1::PURPOSE_COMMAND}));
}

TEST(PlaceTest, AGatewaysFlagsDoNotCountInTheBrowser) {
  ApprovalPlace place{true, true, true, true, true, false};
  EXPECT_EQ(AllowedAt(place), (Purposes{v1::PURPOSE_ENROL, v1::PURPOSE_TOKEN}));
}

TEST(PlaceTest, TheReasonIsNamed) {
  EXPECT_THAT(CheckPlace(v1::PURPOSE_PINS, {}),
              HasReason(reason::kPlaceNotAllowed));
}

}  // namespace
}  // namespace u2fi::proof
