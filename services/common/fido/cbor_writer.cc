#include "services/common/fido/cbor_writer.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"

namespace u2fi::fido::cbor {
namespace {

std::string Head(uint8_t major, uint64_t argument) {
  const std::string big_endian = crypto::BigEndian64(argument);
  const auto initial = [major](uint8_t info) {
    return std::string(1, static_cast<char>(major << 5 | info));
  };
  if (argument < 24) return initial(static_cast<uint8_t>(argument));
  if (argument <= 0xff) return initial(24) + big_endian.substr(7);
  if (argument <= 0xffff) return initial(25) + big_endian.substr(6);
  if (argument <= 0xffffffff) return initial(26) + big_endian.substr(4);
  return initial(27) + big_endian;
}

}  // namespace

std::string Integer(int64_t value) {
  return value < 0 ? Head(1, static_cast<uint64_t>(-1 - value))
                   : Head(0, static_cast<uint64_t>(value));
}

std::string Bytes(absl::string_view bytes) {
  return absl::StrCat(Head(2, bytes.size()), bytes);
}

std::string Text(absl::string_view text) {
  return absl::StrCat(Head(3, text.size()), text);
}

std::string Boolean(bool value) { return value ? "\xf5" : "\xf4"; }

std::string Array(const std::vector<std::string>& items) {
  std::string out = Head(4, items.size());
  for (const std::string& item : items) out += item;
  return out;
}

std::string Map(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out = Head(5, pairs.size());
  for (const auto& [key, value] : pairs) absl::StrAppend(&out, key, value);
  return out;
}

}  // namespace u2fi::fido::cbor
