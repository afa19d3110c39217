#include "services/gateway-agent/device_desk_test_util.h"

#include <utility>

#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/rules.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {

using gateway::v1::ExecuteCommand;
using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

DeviceDeskCase::DeviceDeskCase(bool plain, bool bound)
    : clock(absl::FromUnixMillis(1'700'000'000'000)),
      identity{site.tenant, site.site, site.gw1.id, site.gw1.key, site.rp_id},
      topics(*mqtt::GatewayTopics::Create(site.tenant, site.site, site.gw1.id)),
      plain_(plain) {
  if (bound) {
    records::v1::DeviceRow row;
    row.set_schema(1);
    row.set_pin_set(Genesis().bytes());
    row.set_transaction("tx-1");
    row.set_plain(plain);
    EXPECT_OK(SiteStore::Open(store, site.tenant)->Install(site.device, row));
  }
  Start();
}

proof::PinSet DeviceDeskCase::Genesis() const {
  proof::v1::PinSet pins = site.FirstPins();
  pins.mutable_keys()->DeleteSubrange(1, pins.keys_size() - 1);
  pins.mutable_gateways()->DeleteSubrange(1, pins.gateways_size() - 1);
  pins.clear_lease_issuers();
  pins.clear_rules();
  pins.add_rules()->set_operation("device.identify");
  *pins.mutable_rules(0)->mutable_rule() = proof::FreeRule();
  return proof::PinSet::Encode(pins).value();
}

mqtt::MqttClient& DeviceDeskCase::device() {
  if (device_ == nullptr) {
    device_ = broker.MakeClient(site.device);
    device_->Start();
    Settle();
  }
  return *device_;
}

void DeviceDeskCase::Kill() {
  if (desk == nullptr) return;
  desk->Stop();
  client.reset();
  desk.reset();
}

void DeviceDeskCase::Start() {
  rows = std::make_unique<SiteStore>(*SiteStore::Open(store, site.tenant));
  client = broker.MakeClient("agent." + site.gw1.id);
  auto made = DeviceDesk::Create(identity, clock, *rows, *client, mesh);
  ASSERT_OK(made);
  desk = *std::move(made);
  Settle();
}

void DeviceDeskCase::Settle() {
  size_t before = 0;
  do {
    before = broker.published().size();
    broker.Settle();
    if (desk != nullptr) desk->Flush();
    broker.Settle();
    if (desk != nullptr) desk->Flush();
  } while (broker.published().size() != before);
}

ExecuteCommand DeviceDeskCase::Touched(const std::string& operation,
                                       uint64_t sequence) {
  proof::v1::Command command = site.Command(operation);
  command.set_sequence(sequence);
  command.set_command_id(crypto::Base32(
      crypto::View(crypto::Sha256(operation + std::to_string(sequence)))
          .substr(0, 16)));
  proof::FakeRequest request;
  request.commands = {*proof::EncodeCommand(command)};
  request.touches = {{&site.alice, &site.gw1}};
  ExecuteCommand execute;
  execute.set_command(request.commands[0]);
  *execute.mutable_proof() = site.Prove(request);
  return execute;
}

ExecuteCommand DeviceDeskCase::Free(const std::string& operation) {
  ExecuteCommand execute;
  execute.set_command(site.CommandBytes(operation));
  execute.set_execute_by_ms(static_cast<uint64_t>(UnixMillis(clock)) + 60'000);
  return execute;
}

void DeviceDeskCase::Execute(const ExecuteCommand& execute) {
  MeshMessage message;
  *message.mutable_execute_command() = execute;
  Tell(message);
}

void DeviceDeskCase::Tell(const MeshMessage& message) {
  EXPECT_TRUE(desk->OnMessage(message));
  Settle();
}

void DeviceDeskCase::Connect() {
  desk->OnConnected({});
  Settle();
}

void DeviceDeskCase::DeviceSays(const device::v1::FromDevice& message) {
  mqtt::Message out;
  out.topic = topics.Of(site.device, mqtt::TopicKind::kUp);
  out.payload = message.SerializeAsString();
  out.qos = mqtt::Qos::kAtLeastOnce;
  device().Publish(out, nullptr);
  Settle();
}

void DeviceDeskCase::PlainSays(const std::string& json) {
  mqtt::Message out;
  out.topic = topics.Of(site.device, mqtt::TopicKind::kPlainState);
  out.payload = json;
  device().Publish(out, nullptr);
  Settle();
}

std::vector<gateway::v1::CommandResult> DeviceDeskCase::Results() {
  std::vector<gateway::v1::CommandResult> results;
  for (const GatewayMessage& message : mesh.Take()) {
    if (message.has_command_result()) {
      results.push_back(message.command_result());
    }
  }
  return results;
}

std::string DeviceDeskCase::Refused() {
  for (const GatewayMessage& message : mesh.Take()) {
    if (!message.command_accepted().refused_reason().empty()) {
      return message.command_accepted().refused_reason();
    }
  }
  return "";
}

std::vector<mqtt::Message> DeviceDeskCase::To(mqtt::TopicKind kind) const {
  std::vector<mqtt::Message> found;
  for (const mqtt::Message& message : broker.published()) {
    if (message.topic == topics.Of(site.device, kind)) found.push_back(message);
  }
  return found;
}

int DeviceDeskCase::Publications() const {
  if (plain_) return static_cast<int>(To(mqtt::TopicKind::kPlainSet).size());
  int count = 0;
  for (const mqtt::Message& message : To(mqtt::TopicKind::kDown)) {
    device::v1::ToDevice down;
    EXPECT_TRUE(down.ParseFromString(message.payload));
    count += down.has_command() ? 1 : 0;
  }
  return count;
}

std::string IdOf(const ExecuteCommand& execute) {
  return proof::ParseCommand(execute.command())->command_id();
}

}  // namespace u2fi::gateway_agent
