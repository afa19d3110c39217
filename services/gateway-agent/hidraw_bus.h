#ifndef U2FI_SERVICES_GATEWAY_AGENT_HIDRAW_BUS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_HIDRAW_BUS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/u2fhid/unix_socket.h"

namespace u2fi::gateway_agent {

// True for the name of a hidraw device: `hidraw` and up to four digits.
bool IsHidrawName(const std::string& name);

// The hidraw devices of the machine. Thread-safe.
class HidrawBus {
 public:
  virtual ~HidrawBus() = default;

  // Their names, for example "hidraw0", ascending.
  virtual std::vector<std::string> Names() = 0;

  // The report descriptor of one, bytes of whoever made it. Any error: none.
  virtual absl::StatusOr<std::string> Descriptor(const std::string& name) = 0;

  // Opens one for reading and writing, non-blocking. UNAVAILABLE if it cannot
  // be opened, for example for want of permission.
  virtual absl::StatusOr<u2fhid::FileDescriptor> Open(
      const std::string& name) = 0;
};

// Those of the Linux kernel: names in /dev, descriptors in
// /sys/class/hidraw/<name>/device/report_descriptor.
class KernelHidrawBus : public HidrawBus {
 public:
  explicit KernelHidrawBus(std::string dev = "/dev",
                           std::string sys = "/sys/class/hidraw")
      : dev_(std::move(dev)), sys_(std::move(sys)) {}

  std::vector<std::string> Names() override;
  absl::StatusOr<std::string> Descriptor(const std::string& name) override;
  absl::StatusOr<u2fhid::FileDescriptor> Open(const std::string& name) override;

 private:
  const std::string dev_;
  const std::string sys_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_HIDRAW_BUS_H_
