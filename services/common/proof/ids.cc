#include "services/common/proof/ids.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"

namespace u2fi::proof {
namespace {

constexpr absl::string_view kAccountPrefix = "account:";
constexpr size_t kMaxRequester = 512;

bool IsLowerOrDigit(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c);
}

bool IsHexDigit(char c) {
  return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
}

bool IsBase32(char c) {
  return absl::ascii_islower(c) || (c >= '2' && c <= '7');
}

bool IsOperationChar(char c) {
  return IsLowerOrDigit(c) || c == '.' || c == '_' || c == '-';
}

bool IsUriChar(char c) { return absl::ascii_isgraph(c); }

bool All(absl::string_view text, bool (*allowed)(char)) {
  return std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

bool IsId(absl::string_view text) {
  const auto allowed = [](char c) { return IsLowerOrDigit(c) || c == '-'; };
  return !text.empty() && text.size() <= 64 && text.front() != '-' &&
         text.back() != '-' && All(text, allowed);
}

bool IsOperation(absl::string_view text) {
  return !text.empty() && text.size() <= 64 && All(text, IsOperationChar);
}

bool IsRequestId(absl::string_view text) {
  return text.size() == 32 && All(text, IsHexDigit);
}

bool IsCommandId(absl::string_view text) {
  // 26 characters hold 130 bits; the last two must be zero.
  return text.size() == 26 && All(text, IsBase32) &&
         absl::StrContains("aeimquy4", text.substr(25));
}

bool IsStoreEpoch(absl::string_view text) {
  return !text.empty() && text.size() <= 64 && All(text, IsLowerOrDigit);
}

bool IsRequester(absl::string_view text) {
  const size_t space = text.find(' ');
  return text.size() <= kMaxRequester && space != absl::string_view::npos &&
         space > 0 && All(text.substr(0, space), IsUriChar) &&
         IsId(text.substr(space + 1));
}

std::string Requester(absl::string_view caller_uri, absl::string_view account) {
  return absl::StrCat(caller_uri, " ", account);
}

absl::optional<absl::string_view> AccountOfTarget(absl::string_view target) {
  if (!absl::ConsumePrefix(&target, kAccountPrefix) || !IsId(target)) {
    return absl::nullopt;
  }
  return target;
}

std::string AccountTarget(absl::string_view account) {
  return absl::StrCat(kAccountPrefix, account);
}

std::string CommandId(absl::string_view tenant, absl::string_view requester,
                      absl::string_view request_id, uint32_t index) {
  const crypto::Digest digest = crypto::Sha256(
      {domain::kCommandId, crypto::LengthPrefixed(tenant),
       crypto::LengthPrefixed(requester), crypto::LengthPrefixed(request_id),
       crypto::BigEndian32(index)});
  return crypto::Base32(crypto::View(digest).substr(0, 16));
}

}  // namespace u2fi::proof
