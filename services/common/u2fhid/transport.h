#ifndef U2FI_SERVICES_COMMON_U2FHID_TRANSPORT_H_
#define U2FI_SERVICES_COMMON_U2FHID_TRANSPORT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/u2fhid/report.h"

namespace u2fi::u2fhid {

// Moves reports to and from one token: /dev/hidraw, a Unix socket, memory. Not
// thread-safe: one thread owns it. Deadlines are instants of Clock::Uptime();
// one that has passed means "only if it can be done at once".
//
// Every user of a HID device sees all its reports, so reports of other
// channels and of earlier requests arrive here too.
class Transport {
 public:
  virtual ~Transport() = default;

  // Sends one report.
  // Errors: TOKEN_REMOVED (for good), TOKEN_TIMEOUT.
  virtual absl::Status Send(const Report& report, absl::Duration deadline) = 0;

  // Waits for the next report.
  // Errors: TOKEN_REMOVED (for good), TOKEN_TIMEOUT, TOKEN_FRAME (what arrived
  // was not 64 bytes; it is gone, the next call gets the next report).
  virtual absl::StatusOr<Report> Receive(absl::Duration deadline) = 0;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_TRANSPORT_H_
