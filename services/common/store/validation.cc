#include "services/common/store/validation.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::store {
namespace {

constexpr size_t kEpochSize = 40;
constexpr size_t kShownKeySize = 64;

std::string Shown(absl::string_view key) {
  return absl::CHexEscape(key.substr(0, kShownKeySize));
}

absl::Status KeyError(absl::string_view key, absl::string_view problem) {
  return Error(reason::kStoreKeyInvalid,
               absl::StrCat("key '", Shown(key), "' ", problem),
               {{"key", Shown(key)}});
}

absl::Status LimitError(absl::string_view field, size_t limit) {
  return Error(reason::kStoreLimit,
               absl::StrCat(field, ": the limit is ", limit),
               {{"field", std::string(field)}, {"limit", absl::StrCat(limit)}});
}

// By the character's number: each key of each call is looked at.
constexpr auto kKeyCharacters = [] {
  std::array<bool, 256> allowed{};
  for (unsigned char c = '0'; c <= '9'; ++c) allowed[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) allowed[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) allowed[c] = true;
  for (const char c : absl::string_view("._~:/@=+-")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}();

bool IsKeyCharacter(char c) {
  return kKeyCharacters[static_cast<unsigned char>(c)];
}

absl::Status CheckCharacters(absl::string_view key) {
  if (std::all_of(key.begin(), key.end(), IsKeyCharacter)) {
    return absl::OkStatus();
  }
  if (key.find_first_of("{}") != absl::string_view::npos) {
    return Error(reason::kStorePartitionMixed,
                 absl::StrCat("key '", Shown(key), "' names a partition"),
                 {{"key", Shown(key)}});
  }
  return KeyError(key, "has a character that is not allowed");
}

bool IsEpoch(absl::string_view epoch) {
  return epoch.size() == kEpochSize &&
         std::all_of(epoch.begin(), epoch.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

// Refuses a key that stands twice in `keys`; sorts them.
absl::Status CheckDistinct(std::vector<absl::string_view>& keys) {
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  return twice == keys.end() ? absl::OkStatus()
                             : KeyError(*twice, "is named twice");
}

// The keys that a commit writes or removes, and those it compares.
struct CommitKeys {
  explicit CommitKeys(const CommitRequest& request) {
    for (const Expect& expect : request.expect) compared.push_back(expect.key);
    for (const Put& put : request.put) changed.push_back(put.key);
    for (const std::string& key : request.remove) changed.push_back(key);
  }

  // Both lists must be sorted.
  size_t Distinct() const {
    std::vector<absl::string_view> all;
    std::set_union(compared.begin(), compared.end(), changed.begin(),
                   changed.end(), std::back_inserter(all));
    return all.size();
  }

  std::vector<absl::string_view> compared;
  std::vector<absl::string_view> changed;
};

absl::Status CheckValues(const CommitRequest& request) {
  for (const Put& put : request.put) {
    if (put.value.size() > kMaxValueSize) {
      return LimitError(absl::StrCat("value of ", put.key), kMaxValueSize);
    }
  }
  return absl::OkStatus();
}

size_t BytesOf(const CommitRequest& request, const CommitKeys& keys) {
  size_t bytes = 0;
  for (absl::string_view key : keys.compared) bytes += key.size();
  for (absl::string_view key : keys.changed) bytes += key.size();
  for (const Put& put : request.put) bytes += put.value.size();
  return bytes;
}

absl::Status CheckEach(const std::vector<absl::string_view>& keys) {
  for (absl::string_view key : keys) RETURN_IF_ERROR(CheckKey(key));
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckKey(absl::string_view key) {
  if (key.empty() || key.size() > kMaxKeySize) {
    return KeyError(key, absl::StrCat("is not 1 to ", kMaxKeySize, " bytes"));
  }
  return CheckCharacters(key);
}

absl::Status CheckGet(const std::vector<std::string>& keys) {
  if (keys.size() > kMaxKeysPerCall) return LimitError("keys", kMaxKeysPerCall);
  for (const std::string& key : keys) RETURN_IF_ERROR(CheckKey(key));
  return absl::OkStatus();
}

absl::Status CheckCommit(const CommitRequest& request) {
  CommitKeys keys(request);
  // Bounds the work below; the exact count needs sorted lists.
  if (keys.compared.size() > kMaxKeysPerCall ||
      keys.changed.size() > kMaxKeysPerCall) {
    return LimitError("keys", kMaxKeysPerCall);
  }
  if (!IsEpoch(request.epoch)) {
    return Error(reason::kStoreKeyInvalid, "epoch is not 40 hex digits",
                 {{"field", "epoch"}});
  }
  RETURN_IF_ERROR(CheckEach(keys.compared));
  RETURN_IF_ERROR(CheckEach(keys.changed));
  RETURN_IF_ERROR(CheckValues(request));
  if (BytesOf(request, keys) > kMaxCommitBytes) {
    return LimitError("bytes", kMaxCommitBytes);
  }
  RETURN_IF_ERROR(CheckDistinct(keys.compared));
  RETURN_IF_ERROR(CheckDistinct(keys.changed));
  return keys.Distinct() > kMaxKeysPerCall ? LimitError("keys", kMaxKeysPerCall)
                                           : absl::OkStatus();
}

absl::Status CheckScan(absl::string_view prefix, absl::string_view after,
                       size_t limit) {
  if (prefix.size() > kMaxKeySize) return KeyError(prefix, "is too long");
  RETURN_IF_ERROR(CheckCharacters(prefix));
  if (!after.empty()) RETURN_IF_ERROR(CheckKey(after));
  if (!after.empty() && !absl::StartsWith(after, prefix)) {
    return KeyError(after, "does not begin with the prefix of the scan");
  }
  if (limit == 0 || limit > kMaxScanLimit) {
    return LimitError("limit", kMaxScanLimit);
  }
  return absl::OkStatus();
}

absl::Status CheckHint(absl::string_view payload) {
  return payload.size() > kMaxHintSize ? LimitError("hint", kMaxHintSize)
                                       : absl::OkStatus();
}

absl::Status CheckTimeout(absl::Duration timeout) {
  if (timeout > absl::ZeroDuration()) return absl::OkStatus();
  return Error(reason::kStoreUnavailable, "no time is left for the store");
}

}  // namespace u2fi::store
