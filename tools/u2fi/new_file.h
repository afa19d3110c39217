#ifndef U2FI_TOOLS_U2FI_NEW_FILE_H_
#define U2FI_TOOLS_U2FI_NEW_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::cli {

// A file too large for memory that is there as a whole and on disk, or not at
// all: written as <path>.part, which goes with this object and is one writer's
// at a time. Only the caller of the program can read it. Every error is
// FILE_UNAVAILABLE naming the path.
class NewFile {
 public:
  // Also an error: `path` is there.
  static absl::StatusOr<std::unique_ptr<NewFile>> Create(
      const std::string& path);
  // What is there stays until Keep(), and gives way to it.
  static absl::StatusOr<std::unique_ptr<NewFile>> Replace(
      const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  absl::Status Append(absl::string_view bytes);
  // Its name until Keep(): for what can only write to files with a name. Who
  // puts another file there is not kept.
  const std::string& part() const { return part_; }
  // Gives it its name. The last call.
  absl::Status Keep();

 private:
  static absl::StatusOr<std::unique_ptr<NewFile>> Open(const std::string& path,
                                                       bool replace);
  NewFile(std::string path, int fd, bool replace);

  absl::Status Failure(absl::string_view step) const;

  const std::string path_;
  const std::string part_;
  const int fd_;
  const bool replace_;
  // The part has another name now.
  bool kept_ = false;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_NEW_FILE_H_
