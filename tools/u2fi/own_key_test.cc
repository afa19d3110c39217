#include "tools/u2fi/own_key.h"

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

class OwnKeyTest : public testing::Test {
 protected:
  OwnKeyTest() {
    mesh_.tokens.resize(2);
    mesh_.tokens[0].add_tokens()->set_name("tokens/a");
    mesh_.tokens[0].set_next_page_token("more");
    mesh_.tokens[1].add_tokens()->set_name("tokens/b");
  }
  FakeMesh mesh_;
};

TEST_F(OwnKeyTest, IsFoundOnAnyPage) {
  EXPECT_OK(CheckOwnKey("ann", "b", mesh_));
}

TEST_F(OwnKeyTest, AnotherIsUnknown) {
  EXPECT_THAT(CheckOwnKey("ann", "c", mesh_),
              HasReason(reason::kResourceUnknown));
}

TEST_F(OwnKeyTest, WhereNobodyListsKeysTheGateDecides) {
  mesh_.error = Error(reason::kUnimplemented, "not here");
  EXPECT_OK(CheckOwnKey("ann", "c", mesh_));
}

TEST_F(OwnKeyTest, WhatKeepsTheListAwayIsTheError) {
  mesh_.error = Error(reason::kPeerUnavailable, "away");
  EXPECT_THAT(CheckOwnKey("ann", "a", mesh_),
              HasReason(reason::kPeerUnavailable));
}

}  // namespace
}  // namespace u2fi::cli
