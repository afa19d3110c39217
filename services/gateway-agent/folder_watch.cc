#include "services/gateway-agent/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace u2fi::gateway_agent {
namespace {

constexpr uint32_t kEvents =
    IN_CREATE | IN_DELETE | IN_ATTRIB | IN_MOVED_TO | IN_MOVED_FROM;

}  // namespace

absl::StatusOr<std::unique_ptr<FolderWatch>> FolderWatch::Start(
    const std::string& folder, Changed changed) {
  u2fhid::FileDescriptor events(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  u2fhid::FileDescriptor stop(eventfd(0, EFD_CLOEXEC));
  if (!events.is_open() || !stop.is_open() ||
      inotify_add_watch(events.get(), folder.c_str(), kEvents) < 0) {
    return absl::UnavailableError(
        absl::StrCat(folder, ": cannot be watched: ", strerror(errno)));
  }
  return std::unique_ptr<FolderWatch>(
      new FolderWatch(std::move(events), std::move(stop), std::move(changed)));
}

FolderWatch::FolderWatch(u2fhid::FileDescriptor events,
                         u2fhid::FileDescriptor stop, Changed changed)
    : events_(std::move(events)),
      stop_(std::move(stop)),
      changed_(std::move(changed)),
      thread_([this] { Run(); }) {}

FolderWatch::~FolderWatch() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void FolderWatch::Run() {
  pollfd wait[] = {{events_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  while (true) {
    if (poll(wait, 2, -1) < 0 && errno != EINTR) return;
    if (wait[1].revents != 0) return;
    if (wait[0].revents != 0) ReadEvents();
  }
}

void FolderWatch::ReadEvents() {
  alignas(inotify_event) char bytes[4096];
  ssize_t size = 0;
  while ((size = read(events_.get(), bytes, sizeof(bytes))) > 0) {
    for (const char* at = bytes; at < bytes + size;) {
      // The kernel writes whole events, each with its name behind it.
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      changed_(event->len > 0 ? std::string(event->name) : std::string());
      at += sizeof(inotify_event) + event->len;
    }
  }
}

}  // namespace u2fi::gateway_agent
