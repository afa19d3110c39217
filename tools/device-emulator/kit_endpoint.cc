#include "tools/device-emulator/kit_endpoint.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"

namespace u2fi::device {
namespace {

constexpr size_t kMaxEventArguments = 2048;

Endpoint::Payloads Serialised(const Device::Answers& answers) {
  Endpoint::Payloads payloads;
  for (const v1::FromDevice& answer : answers) {
    payloads.push_back(answer.SerializeAsString());
  }
  return payloads;
}

absl::StatusOr<Endpoint::Payloads> Event(const std::string& name,
                                         const std::string& arguments) {
  if (!proof::IsOperation(name)) return FieldError("event", "is no name");
  if (arguments.size() > kMaxEventArguments ||
      (!arguments.empty() && !nlohmann::json::accept(arguments))) {
    return FieldError("arguments", "are not JSON of at most 2048 bytes");
  }
  v1::FromDevice message;
  message.mutable_event()->set_name(name);
  message.mutable_event()->set_arguments(arguments);
  return Serialised({message});
}

}  // namespace

Endpoint::Payloads KitEndpoint::Connected() {
  return Serialised(device_->Hello());
}

Endpoint::Payloads KitEndpoint::Receive(absl::string_view payload) {
  return Serialised(device_->Handle(payload));
}

Endpoint::Payloads KitEndpoint::Tick() { return Serialised(device_->Tick()); }

absl::StatusOr<Endpoint::Payloads> KitEndpoint::Control(
    const std::vector<std::string>& words) {
  const std::string& verb = words.front();
  if (verb == "reset" && words.size() == 1) return Serialised(device_->Reset());
  if (verb == "renew" && words.size() == 1) {
    return Serialised(device_->RenewToken());
  }
  if (verb == "event" && (words.size() == 2 || words.size() == 3)) {
    return Event(words[1], words.size() == 3 ? words[2] : "");
  }
  return FieldError("command", "is not reset, renew or event NAME [JSON]");
}

std::string KitEndpoint::Describe() const {
  const DeviceRecord& record = device_->record();
  const std::string what = absl::StrCat(
      device_->model(), " with the kit, sequence ", record.window().high());
  if (record.pins() == nullptr) {
    const std::string& staged = record.binding().staged.tx;
    return what + (staged.empty() ? ", blank" : ", staged by " + staged);
  }
  const auto& pins = record.pins()->fields();
  return absl::StrCat(what, ", obeys ", pins.account(), " by revision ",
                      pins.revision());
}

}  // namespace u2fi::device
