#ifndef U2FI_SERVICES_GATEWAY_AGENT_FOLDER_WATCH_H_
#define U2FI_SERVICES_GATEWAY_AGENT_FOLDER_WATCH_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "services/common/u2fhid/unix_socket.h"

namespace u2fi::gateway_agent {

// Tells when an entry of a folder comes, goes, or gets other permissions
// (inotify), on a thread of its own: hot-plug, as /dev shows it.
class FolderWatch {
 public:
  using Changed = std::function<void(const std::string& name)>;

  // `changed` gets the name of the entry; an empty one if too much happened at
  // once to tell. UNAVAILABLE if the folder cannot be watched.
  static absl::StatusOr<std::unique_ptr<FolderWatch>> Start(
      const std::string& folder, Changed changed);
  ~FolderWatch();

 private:
  FolderWatch(u2fhid::FileDescriptor events, u2fhid::FileDescriptor stop,
              Changed changed);
  void Run();
  void ReadEvents();

  const u2fhid::FileDescriptor events_;
  const u2fhid::FileDescriptor stop_;
  const Changed changed_;
  std::thread thread_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_FOLDER_WATCH_H_
