#ifndef U2FI_SERVICES_COMMON_U2FHID_HID_ENDPOINT_H_
#define U2FI_SERVICES_COMMON_U2FHID_HID_ENDPOINT_H_

#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/common/u2fhid/report.h"

namespace u2fi::u2fhid {

// The token's end of the wire, without the wire: reports go in, time passes,
// reports come out. Not thread-safe.
class HidEndpoint {
 public:
  virtual ~HidEndpoint() = default;

  // A host sent this report.
  virtual void OnReport(const Report& report) = 0;

  // Time has passed: do what is due. Calling it too often is harmless.
  virtual void OnTick() = 0;

  // The instant of Clock::Uptime() at which OnTick() has work next, if any.
  virtual absl::optional<absl::Duration> NextTick() const = 0;

  // What is to be sent to every host, in order. The next call starts afresh.
  virtual std::vector<Report> TakeReports() = 0;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_HID_ENDPOINT_H_
