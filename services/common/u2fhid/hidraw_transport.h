#ifndef U2FI_SERVICES_COMMON_U2FHID_HIDRAW_TRANSPORT_H_
#define U2FI_SERVICES_COMMON_U2FHID_HIDRAW_TRANSPORT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/transport.h"
#include "services/common/u2fhid/unix_socket.h"

namespace u2fi::u2fhid {

// Reports over an open /dev/hidraw*: 64 bytes are read, 65 written, since the
// kernel wants the report number, which is 0, in front (Documentation/hid/
// hidraw.rst). Any error of the kernel means that the token is gone. Not
// thread-safe.
class HidrawTransport : public Transport {
 public:
  // Takes over `device`, open for reading and writing and non-blocking.
  // `clock` is the machine's and must outlive this object.
  HidrawTransport(FileDescriptor device, const Clock& clock)
      : device_(std::move(device)), clock_(clock) {}

  absl::Status Send(const Report& report, absl::Duration deadline) override;
  absl::StatusOr<Report> Receive(absl::Duration deadline) override;

 private:
  absl::Status WaitFor(int events, absl::Duration deadline);

  FileDescriptor device_;
  const Clock& clock_;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_HIDRAW_TRANSPORT_H_
