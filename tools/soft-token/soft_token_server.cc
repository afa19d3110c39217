#include "tools/soft-token/soft_token_server.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/common/status/status_macros.h"

namespace u2fi::soft_token {
namespace {

bool IsReadable(int fd) {
  pollfd entry = {fd, POLLIN, 0};
  return fd >= 0 && poll(&entry, 1, 0) > 0;
}

}  // namespace

absl::StatusOr<SoftTokenServer> SoftTokenServer::Start(SoftToken& token,
                                                       const Clock& clock,
                                                       const Options& options) {
  SoftTokenServer server(token, clock, options);
  RETURN_IF_ERROR(server.hid_port_.FollowPlug());
  if (!options.control.empty()) {
    ASSIGN_OR_RETURN(ControlPort port,
                     ControlPort::Listen(token, options.control));
    server.control_port_.emplace(std::move(port));
  }
  return server;
}

absl::Status SoftTokenServer::Run() {
  absl::Status plug;
  const auto follow_plug = [&] { plug.Update(hid_port_.FollowPlug()); };
  while (!WaitForWork()) {
    if (control_port_.has_value()) control_port_->Work(follow_plug);
    RETURN_IF_ERROR(plug);
    ReadTerminal();
    hid_port_.Work();
  }
  return absl::OkStatus();
}

// True if it is time to stop.
bool SoftTokenServer::WaitForWork() const {
  std::vector<pollfd> wait = {{stop_, POLLIN, 0}, {terminal_, POLLIN, 0}};
  hid_port_.AddTo(&wait);
  if (control_port_.has_value()) control_port_->AddTo(&wait);
  const absl::optional<absl::Duration> tick = token_.NextTick();
  timespec timeout{};
  if (tick.has_value()) {
    timeout = absl::ToTimespec(
        std::max(*tick - clock_.Uptime(), absl::ZeroDuration()));
  }
  ppoll(wait.data(), wait.size(), tick.has_value() ? &timeout : nullptr,
        nullptr);
  return wait[0].revents != 0;
}

void SoftTokenServer::ReadTerminal() {
  if (!IsReadable(terminal_)) return;
  char bytes[256];
  const ssize_t size = read(terminal_, bytes, sizeof(bytes));
  if (size <= 0) {
    terminal_ = -1;  // Nobody sits there any more.
  } else if (absl::string_view(bytes, size).find('\n') !=
             absl::string_view::npos) {
    token_.TouchIfWanted();
  }
}

}  // namespace u2fi::soft_token
