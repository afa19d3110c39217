#include "services/gateway-agent/hidraw_bus.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/file/file.h"
#include "services/common/u2fhid/report_descriptor.h"

namespace u2fi::gateway_agent {

bool IsHidrawName(const std::string& name) {
  absl::string_view digits = name;
  return absl::ConsumePrefix(&digits, "hidraw") && !digits.empty() &&
         digits.size() <= 4 &&
         digits.find_first_not_of("0123456789") == digits.npos;
}

std::vector<std::string> KernelHidrawBus::Names() {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(dev_, error), end;
  while (!error && entry != end) {
    const std::string name = entry->path().filename();
    if (IsHidrawName(name)) names.push_back(name);
    entry.increment(error);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> KernelHidrawBus::Descriptor(
    const std::string& name) {
  return ReadFile(absl::StrCat(sys_, "/", name, "/device/report_descriptor"),
                  u2fhid::kMaxReportDescriptor);
}

absl::StatusOr<u2fhid::FileDescriptor> KernelHidrawBus::Open(
    const std::string& name) {
  const std::string path = absl::StrCat(dev_, "/", name);
  u2fhid::FileDescriptor device(
      open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (device.is_open()) return device;
  return absl::UnavailableError(absl::StrCat(path, ": ", strerror(errno)));
}

}  // namespace u2fi::gateway_agent
