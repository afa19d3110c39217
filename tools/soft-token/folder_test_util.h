#ifndef U2FI_TOOLS_SOFT_TOKEN_FOLDER_TEST_UTIL_H_
#define U2FI_TOOLS_SOFT_TOKEN_FOLDER_TEST_UTIL_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace u2fi::soft_token {

// A fresh folder for a test, gone with the object. Its path is short enough for
// Unix sockets, which Bazel's own folders are not.
class TempFolder {
 public:
  TempFolder() {
    char path[] = "/tmp/u2fiXXXXXX";
    path_ = mkdtemp(path);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  // The path of `name` in it.
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_FOLDER_TEST_UTIL_H_
