#include "services/common/crypto/pem.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace u2fi::crypto {
namespace {

constexpr size_t kMaxPemSize = 1 << 20;
constexpr size_t kLineSize = 64;

std::string Line(absl::string_view word, absl::string_view label) {
  return absl::StrCat("-----", word, " ", label, "-----");
}

}  // namespace

std::string ToPem(absl::string_view label, absl::string_view der) {
  const std::string base64 = absl::Base64Escape(der);
  std::string out = absl::StrCat(Line("BEGIN", label), "\n");
  for (size_t at = 0; at < base64.size(); at += kLineSize) {
    absl::StrAppend(&out, base64.substr(at, kLineSize), "\n");
  }
  return absl::StrCat(out, Line("END", label), "\n");
}

absl::StatusOr<std::vector<std::string>> FromPem(absl::string_view label,
                                                 absl::string_view text) {
  const std::string begin = Line("BEGIN", label), end = Line("END", label);
  if (text.size() > kMaxPemSize) {
    return absl::InvalidArgumentError("PEM: over 1 MiB");
  }
  std::vector<std::string> blocks;
  for (size_t at = text.find(begin); at != absl::string_view::npos;
       at = text.find(begin, at)) {
    at += begin.size();
    const size_t stop = text.find(end, at);
    if (stop == absl::string_view::npos) {
      return absl::InvalidArgumentError("PEM: a block without an end");
    }
    const std::string base64 = absl::StrReplaceAll(text.substr(at, stop - at),
                                                   {{"\n", ""}, {"\r", ""}});
    blocks.emplace_back();
    if (base64.empty() || !absl::Base64Unescape(base64, &blocks.back())) {
      return absl::InvalidArgumentError("PEM: a block is not base64");
    }
  }
  if (blocks.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("PEM: no ", label));
  }
  return blocks;
}

}  // namespace u2fi::crypto
