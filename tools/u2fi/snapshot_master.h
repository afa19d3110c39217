#ifndef U2FI_TOOLS_U2FI_SNAPSHOT_MASTER_H_
#define U2FI_TOOLS_U2FI_SNAPSHOT_MASTER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace u2fi::cli {

// A master for one moment and one replica, which gets a file in place of a
// data set: what REPLICAOF needs to lead to. Speaks no TLS. Not thread-safe.
class SnapshotMaster {
 public:
  // Listens on `host`, an address of this machine, and `port` (0: a free one).
  // INVALID_FIELD for --listen.
  static absl::StatusOr<std::unique_ptr<SnapshotMaster>> Listen(
      const std::string& host, int port);
  ~SnapshotMaster();
  SnapshotMaster(const SnapshotMaster&) = delete;
  SnapshotMaster& operator=(const SnapshotMaster&) = delete;

  // Where to REPLICAOF to.
  const std::string& host() const { return host_; }
  int port() const { return port_; }

  // Waits for the server whose replication id is `replid`, which only it and
  // its administrators know, and sends it the file under the id `own_replid`.
  // Whoever else comes gets nothing. `patience`: for the server to come, and
  // for each time that it takes no bytes. STORE_UNAVAILABLE, and why.
  absl::Status Serve(const std::string& replid, const std::string& own_replid,
                     const std::string& file, absl::Duration patience);

  // Whether the server has not given up after Serve(). Reads what it says.
  bool Attached();

 private:
  SnapshotMaster(std::string host, int listener);

  // Talks to the one who has come until he asks for the file.
  absl::Status Greet(const std::string& replid, absl::Time end);
  absl::Status Receive(std::string& bytes, absl::Time end);
  absl::Status Send(const std::string& bytes, absl::Duration patience);
  absl::Status SendFile(const std::string& file, absl::Duration patience);
  void HangUp();

  const std::string host_;
  const int listener_;
  int port_ = 0;
  // The replica; -1: none.
  int peer_ = -1;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_SNAPSHOT_MASTER_H_
