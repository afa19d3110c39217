#ifndef U2FI_TESTS_CONTRACT_STORE_TEMP_DIR_H_
#define U2FI_TESTS_CONTRACT_STORE_TEMP_DIR_H_

#include <string>

namespace u2fi::store {

// A folder in /tmp with a name so short that a socket fits into it (108 bytes;
// Bazel's own folders are too deep). Removed with all that is in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string Join(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_TEMP_DIR_H_
