#include "services/common/mqtt/password_file.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/pbkdf2.h"
#include "services/common/file/file.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::mqtt {
namespace {

constexpr size_t kPasswordBytes = 32;
// mosquitto's form "$7$": PBKDF2 with HMAC-SHA-512. The passwords are random,
// so more iterations than its own default would add nothing.
constexpr uint32_t kIterations = 101;
constexpr size_t kSaltBytes = 12;
constexpr size_t kHashBytes = 64;
// A device and a plain device: 4,096 lines of about 150 bytes fit well.
constexpr size_t kMaxUsersFile = 4 << 20;

std::string HashPassword(absl::string_view password, absl::string_view salt) {
  const std::string hash =
      crypto::Pbkdf2HmacSha512(password, salt, kIterations, kHashBytes);
  return absl::StrCat("$7$", kIterations, "$", absl::Base64Escape(salt), "$",
                      absl::Base64Escape(hash));
}

// An id, or the agent's user: ids with dots between them.
bool IsUser(absl::string_view user) {
  for (absl::string_view part : absl::StrSplit(user, '.')) {
    if (!proof::IsId(part)) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<PasswordFile> PasswordFile::Open(std::string path,
                                                RandomSource& random) {
  PasswordFile file(std::move(path), random);
  const absl::StatusOr<std::string> text = ReadFile(file.path_, kMaxUsersFile);
  if (IsReason(text.status(), reason::kFileNotFound)) return file;
  RETURN_IF_ERROR(text.status());
  for (absl::string_view line :
       absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> user =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    file.users_[user.first] = user.second;
  }
  return file;
}

absl::Status PasswordFile::Write() const {
  std::string text;
  for (const auto& [user, hash] : users_) {
    absl::StrAppend(&text, user, ":", hash, "\n");
  }
  return WriteFileDurably(path_, text, 0600);
}

std::string PasswordFile::NewPassword() const {
  return crypto::Base64Url(random_->Bytes(kPasswordBytes));
}

absl::Status PasswordFile::SetPassword(absl::string_view user,
                                       absl::string_view password) {
  if (!IsUser(user)) return FieldError("user", "is not a user");
  users_[std::string(user)] =
      HashPassword(password, random_->Bytes(kSaltBytes));
  return Write();
}

absl::Status PasswordFile::Remove(absl::string_view user) {
  if (users_.erase(std::string(user)) == 0) return absl::OkStatus();
  return Write();
}

}  // namespace u2fi::mqtt
