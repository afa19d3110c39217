#include "tools/device-emulator/emulator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/link_file.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/device-emulator/kit_endpoint.h"
#include "tools/device-emulator/plain_endpoint.h"

namespace u2fi::device {
namespace {

constexpr size_t kMaxLinkFile = 16 << 10;

}  // namespace

absl::StatusOr<DeviceSpec> ParseDeviceSpec(absl::string_view text) {
  const size_t equals = text.find('=');
  DeviceSpec spec;
  spec.id = std::string(text.substr(0, equals));
  if (equals == absl::string_view::npos || !proof::IsId(spec.id)) {
    return FieldError("device", "is not ID=MODEL or ID=MODEL:plain");
  }
  absl::string_view model = text.substr(equals + 1);
  spec.has_kit = !absl::ConsumeSuffix(&model, ":plain");
  spec.model = std::string(model);
  RETURN_IF_ERROR(Appliance::Create(spec.model).status());
  return spec;
}

void Emulator::Tick() {
  for (const DeviceSpec& spec : options_.devices) {
    Hosted& hosted = hosted_[spec.id];
    Refresh(spec, hosted);
    if (hosted.link != nullptr) hosted.link->Tick();
  }
}

void Emulator::Refresh(const DeviceSpec& spec, Hosted& hosted) {
  const absl::StatusOr<std::string> text = ReadFile(
      absl::StrCat(options_.links, "/", spec.id, ".json"), kMaxLinkFile);
  absl::Status status = text.status();
  if (text.ok()) {
    if (*text == hosted.link_text) return;
    hosted.link_text = *text;
    status = Open(spec, hosted);
  }
  const std::string trouble(status.message());
  if (trouble == hosted.trouble || hosted.link != nullptr) return;
  hosted.trouble = trouble;
  console_.Say(spec.id, "waits: " + trouble);
}

absl::Status Emulator::Open(const DeviceSpec& spec, Hosted& hosted) {
  hosted.link.reset();
  hosted.storage.reset();
  ASSIGN_OR_RETURN(const mqtt::DeviceLinkSettings settings,
                   mqtt::ParseLinkFile(hosted.link_text));
  if (settings.device != spec.id) {
    return FieldError("device", "the link file is another device's");
  }
  ASSIGN_OR_RETURN(mqtt::GatewayTopics topics,
                   mqtt::GatewayTopics::Create(settings.tenant, settings.site,
                                               settings.gateway));
  ASSIGN_OR_RETURN(hosted.storage, FileDeviceStorage::Open(absl::StrCat(
                                       options_.state, "/", spec.id)));
  ASSIGN_OR_RETURN(auto endpoint,
                   MakeEndpoint(spec, settings.gateway, *hosted.storage));
  mqtt::BrokerOptions options = mqtt::BrokerOptionsOf(settings);
  options.will = DeviceLink::Will(topics, spec.id);
  // Nothing is kept for a device that cannot tell an old command from a new.
  if (!spec.has_kit) options.session_expiry = absl::ZeroDuration();
  ASSIGN_OR_RETURN(auto client, make_client_(options));
  hosted.link = std::make_unique<DeviceLink>(spec.id, std::move(topics),
                                             std::move(client),
                                             std::move(endpoint), console_);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Endpoint>> Emulator::MakeEndpoint(
    const DeviceSpec& spec, const std::string& gateway,
    FileDeviceStorage& storage) const {
  if (spec.has_kit) {
    Device::Parts parts{
        {spec.id, gateway}, storage.factory_key(), spec.model, options_.act};
    ASSIGN_OR_RETURN(auto device,
                     Device::Create(std::move(parts), storage, storage.stored(),
                                    clock_, console_));
    return std::unique_ptr<Endpoint>(
        std::make_unique<KitEndpoint>(std::move(device)));
  }
  ASSIGN_OR_RETURN(Appliance appliance, Appliance::Create(spec.model));
  return std::unique_ptr<Endpoint>(std::make_unique<PlainEndpoint>(
      spec.id, std::move(appliance), storage, console_, options_.act));
}

std::string Emulator::List() const {
  std::string lines;
  for (const auto& [id, hosted] : hosted_) {
    absl::StrAppend(&lines,
                    hosted.link != nullptr
                        ? hosted.link->Describe()
                        : absl::StrCat(id, ": waits: ", hosted.trouble),
                    "\n");
  }
  return lines;
}

std::string Emulator::Command(absl::string_view line) {
  // At most VERB DEVICE NAME JSON; the JSON may have blanks.
  std::vector<std::string> words =
      absl::StrSplit(line, absl::MaxSplits(' ', 3));
  if (words[0] == "list" && words.size() == 1) return List();
  if (words.size() < 2) return "refused: use list, or VERB DEVICE …\n";
  const auto found = hosted_.find(words[1]);
  if (found == hosted_.end() || found->second.link == nullptr) {
    return absl::StrCat("refused: no device ", words[1], " is running\n");
  }
  words.erase(words.begin() + 1);
  const absl::Status status = found->second.link->Control(words);
  return status.ok() ? "done\n"
                     : absl::StrCat("refused: ", status.message(), "\n");
}

}  // namespace u2fi::device
