#include "tools/u2fi/gateways.h"

#include <sstream>

#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class GatewaysTest : public testing::Test {
 protected:
  GatewaysTest() {
    mesh_.gateways.resize(2);
    Add(mesh_.gateways[0], "gateways/g1", registry::GATEWAY_STATE_ACTIVE);
    mesh_.gateways[0].set_next_page_token("more");
    Add(mesh_.gateways[1], "gateways/g2", registry::GATEWAY_STATE_SUSPENDED);
    mesh_.sessions.add_sessions()->set_gateway("g1");
  }
  static void Add(registry::ListGatewaysResponse& page, const char* name,
                  registry::GatewayState state) {
    registry::Gateway& gateway = *page.add_gateways();
    gateway.set_name(name);
    gateway.set_site("home");
    gateway.set_state(state);
  }

  FakeMesh mesh_;
  std::ostringstream said_;
  Output output_{said_, false};
  Gateways gateways_{mesh_, output_};
};

TEST_F(GatewaysTest, AllPagesAreListedWithStateAndConnection) {
  EXPECT_OK(gateways_.List(""));
  EXPECT_EQ(said_.str(),
            "gateways/g1  ACTIVE  at home  connected\n"
            "gateways/g2  SUSPENDED  at home  not connected\n");
}

TEST_F(GatewaysTest, ThatThereAreNoneIsSaid) {
  mesh_.gateways.clear();
  EXPECT_OK(gateways_.List("hoem"));
  EXPECT_EQ(said_.str(), "there are no gateways at hoem\n");
}

TEST_F(GatewaysTest, JsonSaysWhichAreConnectedToo) {
  Output json(said_, true);
  EXPECT_OK(Gateways(mesh_, json).List(""));
  EXPECT_THAT(said_.str(), HasSubstr("\"GATEWAY_STATE_ACTIVE\",\"connected\""
                                     ":true}\n"));
  EXPECT_THAT(said_.str(), HasSubstr("\"connected\":false}\n"));
}

TEST_F(GatewaysTest, WhoMayNotSeeConnectionsSeesTheRest) {
  mesh_.sessions_error = Error(reason::kCallerNotAllowed, "no");
  EXPECT_OK(gateways_.List("home"));
  EXPECT_THAT(said_.str(), HasSubstr("gateways/g1  ACTIVE  at home\n"));
}

TEST_F(GatewaysTest, WhatKeepsConnectionsAwayIsTheError) {
  mesh_.sessions_error = Error(reason::kStoreUnavailable, "away");
  EXPECT_THAT(gateways_.List(""), HasReason(reason::kStoreUnavailable));
}

TEST_F(GatewaysTest, OneIsStoppedWithItsReason) {
  EXPECT_OK(gateways_.Suspend("g1", "stolen"));
  EXPECT_OK(gateways_.Resume("gateways/g1", "found"));
  EXPECT_OK(gateways_.Revoke("g1", ""));
  EXPECT_THAT(
      mesh_.calls(),
      ElementsAre("SuspendGateway name: \"gateways/g1\" reason: \"stolen\"",
                  "ResumeGateway name: \"gateways/g1\" reason: \"found\"",
                  "RevokeGateway name: \"gateways/g1\""));
}

}  // namespace
}  // namespace u2fi::cli
