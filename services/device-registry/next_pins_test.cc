#include "services/device-registry/next_pins.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/pin_set.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

class NextPinsTest : public RegistryTestCase {
 protected:
  static v1::PlanPinsRequest For(const std::vector<std::string>& devices) {
    v1::PlanPinsRequest request;
    request.mutable_devices()->Assign(devices.begin(), devices.end());
    return request;
  }
};

TEST_F(NextPinsTest, ExactlyOneDeviceIsPlannedFor) {
  EXPECT_OK(CheckOneDevice(For({"lock-1"})));
  EXPECT_THAT(FieldsOf(CheckOneDevice(For({}))), ElementsAre(Key("devices")));
  EXPECT_THAT(FieldsOf(CheckOneDevice(For({"a b"}))),
              ElementsAre(Key("devices")));
  EXPECT_THAT(CheckOneDevice(For({"lock-1", "lamp-1"})),
              HasReason(reason::kUnimplemented));
}

TEST_F(NextPinsTest, TheNextRevisionFollowsThePresentOne) {
  MakeEnrolledWorld();
  ArmAndStage();
  ASSERT_OK_AND_ASSIGN(const proof::PinSet present,
                       proof::PinSet::Encode(PlannedPins()));
  const proof::v1::PinSet next = NextRevision(present);
  EXPECT_EQ(next.device(), "lock-1");
  EXPECT_EQ(next.revision(), present.fields().revision() + 1);
  EXPECT_EQ(next.previous(), crypto::ToString(present.hash()));
}

TEST_F(NextPinsTest, APlanShowsThePinSetThatItsBytesHold) {
  MakeEnrolledWorld();
  ArmAndStage();
  const proof::v1::PinSet pins = PlannedPins();
  ASSERT_OK_AND_ASSIGN(const v1::PlannedPins plan, PlannedFor("lock-1", pins));
  EXPECT_EQ(plan.device(), "lock-1");
  EXPECT_EQ(plan.readable().SerializeAsString(), pins.SerializeAsString());
  ASSERT_OK_AND_ASSIGN(const proof::PinSet parsed,
                       proof::PinSet::Parse(plan.pin_set()));
  EXPECT_EQ(parsed.fields().SerializeAsString(), pins.SerializeAsString());
}

TEST_F(NextPinsTest, WhatCannotBeAPinSetIsNotPlanned) {
  EXPECT_FALSE(PlannedFor("lock-1", proof::v1::PinSet()).ok());
}

}  // namespace
}  // namespace u2fi::device_registry
