#include "tools/device-emulator/device_link.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device {
namespace {

using mqtt::Message;
using mqtt::Qos;
using mqtt::TopicKind;

constexpr absl::Duration kAnswerExpiry = absl::Hours(1);

Message Presence(const mqtt::GatewayTopics& topics, const std::string& device,
                 absl::string_view presence) {
  Message message;
  message.topic = topics.Of(device, TopicKind::kPresence);
  message.payload = std::string(presence);
  message.qos = Qos::kAtLeastOnce;
  message.retain = true;
  return message;
}

}  // namespace

Message DeviceLink::Will(const mqtt::GatewayTopics& topics,
                         const std::string& device) {
  return Presence(topics, device, mqtt::kOffline);
}

DeviceLink::DeviceLink(std::string device, mqtt::GatewayTopics topics,
                       std::unique_ptr<mqtt::MqttClient> client,
                       std::unique_ptr<Endpoint> endpoint, Console& console)
    : device_(std::move(device)),
      topics_(std::move(topics)),
      console_(console),
      endpoint_(std::move(endpoint)),
      has_kit_(endpoint_->has_kit()),
      client_(std::move(client)) {
  const TopicKind in = has_kit_ ? TopicKind::kDown : TopicKind::kPlainSet;
  const Qos qos = has_kit_ ? Qos::kAtLeastOnce : Qos::kAtMostOnce;
  // The topic is our own, so it is a good filter.
  client_
      ->Subscribe(topics_.Of(device_, in), qos,
                  [this](const Message& message) { OnMessage(message); })
      .IgnoreError();
  client_->SetConnectionHandler(
      [this](bool connected) { OnConnection(connected); });
  client_->Start();
}

DeviceLink::~DeviceLink() {
  if (client_->state().ok()) PublishPresence(mqtt::kOffline);
  client_.reset();
}

void DeviceLink::OnConnection(bool connected) {
  console_.Say(device_, connected ? "connected" : "connection lost");
  if (!connected) return;
  PublishPresence(mqtt::kOnline);
  MutexLock lock(mutex_);
  Publish(endpoint_->Connected());
}

void DeviceLink::OnMessage(const Message& message) {
  MutexLock lock(mutex_);
  Publish(endpoint_->Receive(message.payload), message.correlation);
}

void DeviceLink::Tick() {
  MutexLock lock(mutex_);
  Publish(endpoint_->Tick());
}

absl::Status DeviceLink::Control(const std::vector<std::string>& words) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const Endpoint::Payloads payloads,
                   endpoint_->Control(words));
  Publish(payloads);
  return absl::OkStatus();
}

std::string DeviceLink::Describe() const {
  const absl::Status state = client_->state();
  MutexLock lock(mutex_);
  return absl::StrCat(
      device_, ": ", endpoint_->Describe(), ", ",
      state.ok() ? "connected" : absl::StrCat("away (", state.message(), ")"));
}

void DeviceLink::PublishPresence(absl::string_view presence) {
  client_->Publish(Presence(topics_, device_, presence), nullptr);
}

void DeviceLink::Publish(const Endpoint::Payloads& payloads,
                         const std::string& correlation) {
  for (const std::string& payload : payloads) {
    Message message;
    message.topic =
        topics_.Of(device_, has_kit_ ? TopicKind::kUp : TopicKind::kPlainState);
    message.payload = payload;
    message.qos = has_kit_ ? Qos::kAtLeastOnce : Qos::kAtMostOnce;
    message.expiry = kAnswerExpiry;
    message.correlation = correlation;
    // What is lost now the agent asks for again: Hello, status, renewals.
    client_->Publish(std::move(message), nullptr);
  }
}

}  // namespace u2fi::device
