#include "tools/soft-token/hid_port.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::FileDescriptor;
using u2fhid::Report;
using u2fhid::SocketTransport;
using u2fhid::UnixListener;

// In the past: only what can be done at once.
constexpr absl::Duration kAtOnce = absl::ZeroDuration();
// One host's reports per turn, so that the others get theirs.
constexpr int kReportsPerTurn = 256;

}  // namespace

absl::Status HidPort::FollowPlug() {
  if (!token_.plugged()) {
    listener_.reset();
    hosts_.clear();
  } else if (!listener_.has_value()) {
    ASSIGN_OR_RETURN(UnixListener listener,
                     UnixListener::Listen(path_, SOCK_SEQPACKET));
    listener_.emplace(std::move(listener));
  }
  return absl::OkStatus();
}

void HidPort::Work() {
  if (listener_.has_value()) AcceptHosts();
  const auto gone = [this](const std::unique_ptr<SocketTransport>& host) {
    return !ReadFrom(*host);
  };
  hosts_.erase(std::remove_if(hosts_.begin(), hosts_.end(), gone),
               hosts_.end());
  token_.OnTick();
  SendReports();
}

void HidPort::AddTo(std::vector<pollfd>* wait) const {
  if (listener_.has_value()) wait->push_back({listener_->fd(), POLLIN, 0});
  for (const auto& host : hosts_) wait->push_back({host->fd(), POLLIN, 0});
}

void HidPort::AcceptHosts() {
  while (true) {
    FileDescriptor socket = listener_->Accept();
    if (!socket.is_open()) return;
    if (hosts_.size() >= kMaxHosts) continue;
    hosts_.push_back(
        std::make_unique<SocketTransport>(std::move(socket), clock_));
  }
}

// False if the host is gone. A report of another size than 64 is ignored, as
// USB would not have carried it.
bool HidPort::ReadFrom(SocketTransport& host) {
  for (int i = 0; i < kReportsPerTurn; ++i) {
    const absl::StatusOr<Report> report = host.Receive(kAtOnce);
    if (IsReason(report.status(), reason::kTokenRemoved)) return false;
    if (IsReason(report.status(), reason::kTokenTimeout)) return true;
    if (report.ok()) token_.OnReport(*report);
  }
  return true;
}

void HidPort::SendReports() {
  for (const Report& report : token_.TakeReports()) {
    const absl::optional<std::string> packet = Distort(token_.fault(), report);
    if (!packet.has_value()) continue;
    for (const auto& host : hosts_) {
      host->SendPacket(*packet, kAtOnce).IgnoreError();
    }
  }
}

}  // namespace u2fi::soft_token
