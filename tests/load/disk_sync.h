#ifndef U2FI_TESTS_LOAD_DISK_SYNC_H_
#define U2FI_TESTS_LOAD_DISK_SYNC_H_

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace u2fi::load {

// What durability costs on this disk: one append of 4 KiB and its fdatasync.
class DiskSync {
 public:
  // Makes the file `path`. Ends the program if that fails.
  explicit DiskSync(const std::string& path)
      : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {}
  ~DiskSync() { close(fd_); }
  DiskSync(const DiskSync&) = delete;
  DiskSync& operator=(const DiskSync&) = delete;

  void AppendAndSync() {
    if (write(fd_, page_.data(), page_.size()) < 0 || fdatasync(fd_) != 0) {
      std::cerr << "fdatasync failed\n";
      std::exit(1);
    }
  }

 private:
  const int fd_;
  const std::string page_ = std::string(4096, 'p');
};

}  // namespace u2fi::load

#endif  // U2FI_TESTS_LOAD_DISK_SYNC_H_
