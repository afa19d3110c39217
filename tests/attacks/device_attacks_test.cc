// The cloud and the agent in the wrong hands, as a whole device with the kit
// sees it: what was not touched for is not begun, and what it believes stays.
#include <string>

#include "gmock/gmock.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "tests/attacks/attack_list.h"
#include "tools/device-emulator/device_test_fixture.h"

namespace u2fi::attacks {
namespace {

using device::v1::ToDevice;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class DeviceCase : public device::DeviceTest {
 protected:
  // From now on it believes the case's pin set, and has done nothing yet.
  void Believe(const proof::FakeCase& c) {
    device::Binding binding;
    binding.pins = c.Present()->bytes();
    binding.tx = "tx-1";
    ASSERT_OK(storage_.SaveBinding(binding));
    SwitchOn();
  }
  std::string Run(const proof::FakeCase& c) {
    ToDevice message;
    message.mutable_command()->set_command(c.command);
    message.mutable_command()->set_proof(proof::Encode(c.proof));
    return Outcome(message.SerializeAsString());
  }
  std::string Update(const ForgedUpdate::Parts& parts) {
    ToDevice message;
    message.mutable_pins_update()->set_command(parts.command);
    message.mutable_pins_update()->set_proof(proof::Encode(parts.proof));
    return Outcome(message.SerializeAsString());
  }
  void ExpectBelieves(const proof::PinSet& pins) {
    EXPECT_EQ(Now().pins_hash(), crypto::ToString(pins.hash()));
    SwitchOn();
    EXPECT_EQ(Now().pins_hash(), crypto::ToString(pins.hash()));
  }
};

class AtTheDeviceTest : public DeviceCase,
                        public testing::WithParamInterface<Attack> {};

TEST_P(AtTheDeviceTest, NothingIsBegun) {
  proof::FakeCase c;
  GetParam().make(c);
  Believe(c);
  const std::string outcome = Run(c);
  EXPECT_THAT(outcome, StartsWith("REFUSED "));
  // That comes after the proof was believed.
  EXPECT_NE(outcome, "REFUSED OPERATION_UNKNOWN");
  EXPECT_THAT(storage_.journal(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Each, AtTheDeviceTest, testing::ValuesIn(AllAttacks()),
                         NameOf<Attack>);

TEST_F(DeviceCase, WhatWasTouchedForIsBegunOnce) {
  proof::FakeCase c;
  c.Ask("lock.unlock", {c.Alice()});
  Believe(c);
  const std::string outcome = Run(c);
  EXPECT_THAT(outcome, Not(StartsWith("REFUSED ")));
  const std::string journal = storage_.journal();
  EXPECT_THAT(journal, HasSubstr("BEGIN"));
  EXPECT_EQ(Run(c), outcome);
  SwitchOn();
  EXPECT_EQ(Run(c), outcome);
  EXPECT_EQ(storage_.journal(), journal);
}

class PinsAtTheDeviceTest : public DeviceCase,
                            public testing::WithParamInterface<ForgedUpdate> {};

TEST_P(PinsAtTheDeviceTest, NothingChanges) {
  proof::FakeCase c;
  c.pins = c.Next();
  Believe(c);
  EXPECT_NE(Update(GetParam().make(c.site, *c.Present())), "SUCCEEDED");
  ExpectBelieves(*c.Present());
}
INSTANTIATE_TEST_SUITE_P(Each, PinsAtTheDeviceTest,
                         testing::ValuesIn(ForgedUpdates()),
                         NameOf<ForgedUpdate>);

TEST_F(DeviceCase, AGoodUpdateIsInstalledAndAnOldOneDoesNotComeBack) {
  proof::FakeCase c;
  Believe(c);
  const ForgedUpdate::Parts first = GoodUpdate(c.site, *c.Present());
  EXPECT_EQ(Update(first), "SUCCEEDED");
  const uint64_t revision = Now().revision();
  EXPECT_EQ(revision, 2u);
  c.pins = c.Next();
  c.pins = c.Next();
  Believe(c);
  // It may say how that ended, but does not do it again.
  Update(first);
  ExpectBelieves(*c.Present());
}

}  // namespace
}  // namespace u2fi::attacks
