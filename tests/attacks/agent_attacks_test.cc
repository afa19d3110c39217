// The cloud in the wrong hands, as the agent sees it: what was not touched for
// never reaches the device, and changes nothing that the agent believes.
#include <string>

#include "services/common/proof/command.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/device_desk_test_util.h"
#include "tests/attacks/attack_list.h"

namespace u2fi::attacks {
namespace {

using gateway::v1::ExecuteCommand;
using gateway::v1::MeshMessage;
using gateway_agent::DeviceDeskCase;

// The agent of gw-1, which believes the pin set of a case.
class Agent {
 public:
  explicit Agent(const proof::PinSet& pins) {
    gateway_agent::records::v1::DeviceRow row;
    row.set_schema(1);
    row.set_pin_set(pins.bytes());
    row.set_transaction("tx-1");
    EXPECT_OK(gateway_agent::SiteStore::Open(desk_.store, desk_.site.tenant)
                  ->Install(desk_.site.device, row));
    desk_.Restart();
  }

  // How often the device heard of it.
  int Execute(const proof::FakeCase& c) {
    ExecuteCommand execute;
    execute.set_command(c.command);
    *execute.mutable_proof() = c.proof;
    desk_.Execute(execute);
    return Heard();
  }
  int Update(const ForgedUpdate::Parts& parts) {
    MeshMessage message;
    gateway::v1::PinsUpdate& update = *message.mutable_pins_update();
    update.mutable_item()->set_command(parts.command);
    *update.mutable_approvals() = parts.proof.approvals();
    desk_.Tell(message);
    return Heard();
  }
  void ExpectRevision(uint64_t revision) {
    ASSERT_OK_AND_ASSIGN(const auto devices, desk_.desk->Devices());
    ASSERT_EQ(devices.size(), 1u);
    EXPECT_EQ(devices[0].pins_revision(), revision);
  }
  std::string Refused() { return desk_.Refused(); }

 private:
  int Heard() const {
    int heard = 0;
    for (const mqtt::Message& message : desk_.To(mqtt::TopicKind::kDown)) {
      device::v1::ToDevice down;
      EXPECT_TRUE(down.ParseFromString(message.payload));
      heard += down.has_command() || down.has_pins_update();
    }
    return heard;
  }

  DeviceDeskCase desk_{/*plain=*/false, /*bound=*/false};
};

class AtTheAgentTest : public testing::TestWithParam<Attack> {};

TEST_P(AtTheAgentTest, TheDeviceHearsNothing) {
  proof::FakeCase c;
  GetParam().make(c);
  Agent agent(*c.Present());
  EXPECT_EQ(agent.Execute(c), 0);
  // What cannot be read has no id to answer with.
  const bool readable = proof::ParseCommand(c.command).ok();
  EXPECT_NE(agent.Refused().empty(), readable);
}
INSTANTIATE_TEST_SUITE_P(Each, AtTheAgentTest, testing::ValuesIn(AllAttacks()),
                         NameOf<Attack>);

TEST(AtTheAgentGoodTest, WhatWasTouchedForGoesDown) {
  proof::FakeCase c;
  ApproveTheThird(c);
  Agent agent(*c.Present());
  EXPECT_EQ(agent.Execute(c), 1);
}

class PinsAtTheAgentTest : public testing::TestWithParam<ForgedUpdate> {};

TEST_P(PinsAtTheAgentTest, NothingChanges) {
  proof::FakeCase c;
  c.pins = c.Next();
  Agent agent(*c.Present());
  EXPECT_EQ(agent.Update(GetParam().make(c.site, *c.Present())), 0);
  agent.ExpectRevision(2);
}
INSTANTIATE_TEST_SUITE_P(Each, PinsAtTheAgentTest,
                         testing::ValuesIn(ForgedUpdates()),
                         NameOf<ForgedUpdate>);

TEST(PinsAtTheAgentGoodTest, WhatWasTouchedForGoesDown) {
  proof::FakeCase c;
  Agent agent(*c.Present());
  EXPECT_EQ(agent.Update(GoodUpdate(c.site, *c.Present())), 1);
}

TEST(PinsAtTheAgentGoodTest, AnOldUpdateDoesNotComeBack) {
  proof::FakeCase c;
  const ForgedUpdate::Parts old = GoodUpdate(c.site, *c.Present());
  c.pins = c.Next();
  c.pins = c.Next();
  Agent agent(*c.Present());
  EXPECT_EQ(agent.Update(old), 0);
  agent.ExpectRevision(3);
}

}  // namespace
}  // namespace u2fi::attacks
