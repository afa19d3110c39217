#include "tools/dev-ca/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/status/status_macros.h"

namespace u2fi::dev_ca {
namespace {

namespace fs = std::filesystem;

absl::Status Refused(const std::string& path, const std::string& what) {
  return absl::UnavailableError(absl::StrCat(path, ": ", what));
}

absl::Status Write(const std::string& path, const std::string& text,
                   mode_t mode) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return Refused(path, "cannot be made");
  const bool written =
      fchmod(fd, mode) == 0 &&
      write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(fd) != 0 || !written) return Refused(path, "cannot be written");
  return absl::OkStatus();
}

}  // namespace

absl::Status ReplaceFolder(const std::string& link,
                           const std::map<std::string, std::string>& files,
                           RandomSource& random) {
  const fs::path path(link);
  const std::string name =
      absl::StrCat(".", path.filename().string(), ".",
                   absl::BytesToHexString(random.Bytes(8)));
  const fs::path folder = path.parent_path() / name;
  const fs::path next = folder.string() + ".link";
  std::error_code error;
  const fs::path former = fs::read_symlink(path, error);
  fs::create_directories(folder, error);
  if (error) return Refused(folder, error.message());
  for (const auto& [file, text] : files) {
    const bool secret = absl::EndsWith(file, ".key");
    RETURN_IF_ERROR(Write(folder / file, text, secret ? 0600 : 0644));
  }
  fs::create_directory_symlink(name, next, error);
  if (!error) fs::rename(next, path, error);
  if (error) return Refused(path, error.message());
  if (!former.empty()) fs::remove_all(path.parent_path() / former, error);
  return absl::OkStatus();
}

absl::Status WriteSecret(const std::string& path, const std::string& text) {
  const std::string next = path + ".new";
  RETURN_IF_ERROR(Write(next, text, 0600));
  std::error_code error;
  fs::rename(next, path, error);
  if (error) return Refused(path, error.message());
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  constexpr size_t kMaxFile = size_t{1} << 20;
  const auto text = u2fi::ReadFile(path, kMaxFile);
  return text.ok() ? text : Refused(path, "cannot be read");
}

}  // namespace u2fi::dev_ca
