#include "services/common/u2fhid/hidraw_transport.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::u2fhid {
namespace {

absl::Status Removed() {
  return Error(reason::kTokenRemoved, "the token went away");
}

}  // namespace

absl::Status HidrawTransport::Send(const Report& report,
                                   absl::Duration deadline) {
  std::array<uint8_t, 1 + kReportSize> numbered{};
  std::copy(report.begin(), report.end(), numbered.begin() + 1);
  while (true) {
    const ssize_t sent = write(device_.get(), numbered.data(), numbered.size());
    if (sent == static_cast<ssize_t>(numbered.size())) return absl::OkStatus();
    if (sent >= 0 || (errno != EAGAIN && errno != EINTR)) return Removed();
    RETURN_IF_ERROR(WaitFor(POLLOUT, deadline));
  }
}

absl::StatusOr<Report> HidrawTransport::Receive(absl::Duration deadline) {
  char bytes[kReportSize + 1];  // One more, to see that a report is too long.
  while (true) {
    const ssize_t size = read(device_.get(), bytes, sizeof(bytes));
    if (size > 0) return ReportFromBytes({bytes, static_cast<size_t>(size)});
    if (size == 0 || (errno != EAGAIN && errno != EINTR)) return Removed();
    RETURN_IF_ERROR(WaitFor(POLLIN, deadline));
  }
}

absl::Status HidrawTransport::WaitFor(int events, absl::Duration deadline) {
  const absl::Duration left =
      std::max(deadline - clock_.Uptime(), absl::ZeroDuration());
  const timespec timeout = absl::ToTimespec(left);
  pollfd entry = {device_.get(), static_cast<short>(events), 0};
  // A signal looks like a timeout with time left: the caller's loop goes on.
  if (ppoll(&entry, 1, &timeout, nullptr) != 0) return absl::OkStatus();
  return Error(reason::kTokenTimeout, "nothing moved on the device in time");
}

}  // namespace u2fi::u2fhid
