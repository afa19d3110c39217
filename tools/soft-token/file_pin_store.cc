#include "tools/soft-token/file_pin_store.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/crypto/encoding.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::soft_token {
namespace {

constexpr size_t kMaxSize = 64;
constexpr size_t kHashSize = 16;

std::string ToText(const PinRecord& record) {
  return absl::StrCat(record.is_set() ? crypto::Hex(record.hash) : "-", " ",
                      record.retries, "\n");
}

absl::StatusOr<PinRecord> FromText(const std::string& path,
                                   const std::string& text) {
  const std::vector<std::string> words =
      absl::StrSplit(absl::string_view(text).substr(0, text.find('\n')), ' ');
  PinRecord record;
  const bool has_tries =
      words.size() == 2 && absl::SimpleAtoi(words[1], &record.retries) &&
      record.retries >= 0 && record.retries <= kMaxPinRetries;
  if (has_tries && words[0] != "-") {
    record.hash = crypto::FromHex(words[0]).value_or("");
  }
  const bool has_hash = record.hash.size() == kHashSize || words[0] == "-";
  if (!has_tries || !has_hash || ToText(record) != text) {
    return FieldError("state", absl::StrCat(path, ": not a PIN's record"));
  }
  return record;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FilePinStore>> FilePinStore::Open(
    const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxSize);
  PinRecord record;
  if (!absl::IsNotFound(text.status())) {
    RETURN_IF_ERROR(text.status());
    ASSIGN_OR_RETURN(record, FromText(path, *text));
  }
  return std::unique_ptr<FilePinStore>(
      new FilePinStore(path, std::move(record)));
}

absl::Status FilePinStore::Save(const PinRecord& record) {
  RETURN_IF_ERROR(WriteFileDurably(path_, ToText(record), 0600));
  record_ = record;
  return absl::OkStatus();
}

}  // namespace u2fi::soft_token
