#include "tools/device-check/check_case.h"

#include <set>

#include "gtest/gtest.h"
#include "services/common/proof/command.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device_check {
namespace {

constexpr Moment kMoment{1'800'000'000'000, 4711};

absl::optional<CheckCase> Named(const std::string& name) {
  for (const CaseMaker& maker : AllMakers()) {
    if (maker.name == name) return MakeCase(maker, kMoment);
  }
  ADD_FAILURE() << "no case " << name;
  return absl::nullopt;
}

TEST(CheckCaseTest, MostCasesCanBePlayed) {
  int good = 0;
  int broken = 0;
  for (const CaseMaker& maker : AllMakers()) {
    const auto made = MakeCase(maker, kMoment);
    if (made.has_value()) ++(made->expected.empty() ? good : broken);
  }
  EXPECT_GE(good, 25);
  EXPECT_GE(broken, 120);
}

TEST(CheckCaseTest, NamesAreDistinct) {
  std::set<std::string> names;
  for (const CaseMaker& maker : AllMakers()) {
    EXPECT_TRUE(names.insert(maker.name).second) << maker.name;
  }
}

TEST(CheckCaseTest, AGoodCaseIsExpectedToBeAccepted) {
  ASSERT_TRUE(Named("GoodTouch").has_value());
  EXPECT_EQ(Named("GoodTouch")->expected, "");
}

TEST(CheckCaseTest, ABrokenOneHasItsReason) {
  EXPECT_EQ(Named("UnpinnedOwner")->expected, "TOKEN_NOT_PINNED");
}

TEST(CheckCaseTest, TheMomentIsInIt) {
  const auto made = Named("GoodTouch");
  ASSERT_OK_AND_ASSIGN(const auto command, proof::ParseCommand(made->command));
  EXPECT_EQ(command.sequence(), kMoment.sequence);
}

TEST(CheckCaseTest, WhatADeviceCannotBeToldIsLeftOut) {
  EXPECT_FALSE(Named("GoodOwnerAfterLease").has_value());
}

TEST(CheckCaseTest, EachPinSetHasAGenesisThatIsAccepted) {
  const auto genesis = GenesisOf(Named("GoodTouch")->pins, kMoment);
  ASSERT_TRUE(genesis.has_value());
  EXPECT_EQ(genesis->pins, "");
  EXPECT_EQ(genesis->expected, "");
}

TEST(CheckCaseTest, TwoCommandsMayHaveOneNumber) {
  const CheckCase first = TouchedCase("device.identify", kMoment, 0);
  const CheckCase second = TouchedCase("device.identify", kMoment, 1);
  EXPECT_NE(first.command, second.command);
  EXPECT_EQ(proof::ParseCommand(first.command)->sequence(),
            proof::ParseCommand(second.command)->sequence());
}

}  // namespace
}  // namespace u2fi::device_check
