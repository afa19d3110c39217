#include "tools/fido-check/case_fields.h"

#include "absl/status/statusor.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::fido_check {
namespace {

std::string WithoutPadding(std::string text) {
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

}  // namespace

const nlohmann::json* CaseFields::Find(absl::string_view name) const {
  const auto found = case_.find(std::string(name));
  return found == case_.end() || found->is_null() ? nullptr : &*found;
}

absl::optional<std::string> CaseFields::Text(absl::string_view name) {
  const nlohmann::json* field = Find(name);
  if (field == nullptr) return absl::nullopt;
  ok_ = ok_ && field->is_string();
  if (!field->is_string()) return absl::nullopt;
  return field->get<std::string>();
}

absl::optional<std::string> CaseFields::Hex(absl::string_view name) {
  const auto text = Text(name);
  if (!text.has_value()) return absl::nullopt;
  const auto bytes = crypto::FromHex(*text);
  ok_ = ok_ && bytes.ok();
  if (!bytes.ok()) return absl::nullopt;
  return *bytes;
}

absl::optional<std::string> CaseFields::Base64Url(absl::string_view name) {
  const auto text = Text(name);
  if (!text.has_value()) return absl::nullopt;
  const auto bytes = crypto::FromBase64Url(WithoutPadding(*text));
  ok_ = ok_ && bytes.ok();
  if (!bytes.ok()) return absl::nullopt;
  return *bytes;
}

absl::optional<int64_t> CaseFields::Integer(absl::string_view name) {
  const nlohmann::json* field = Find(name);
  if (field == nullptr) return absl::nullopt;
  ok_ = ok_ && field->is_number_integer();
  if (!field->is_number_integer()) return absl::nullopt;
  return field->get<int64_t>();
}

absl::optional<bool> CaseFields::Boolean(absl::string_view name) {
  const nlohmann::json* field = Find(name);
  if (field == nullptr) return absl::nullopt;
  ok_ = ok_ && field->is_boolean();
  if (!field->is_boolean()) return absl::nullopt;
  return field->get<bool>();
}

std::vector<std::string> CaseFields::Texts(absl::string_view name) {
  const nlohmann::json* field = Find(name);
  if (field == nullptr) return {};
  if (field->is_string()) return {field->get<std::string>()};
  std::vector<std::string> texts;
  for (const nlohmann::json& item : *field) {
    ok_ = ok_ && item.is_string();
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::vector<std::string> CaseFields::HexList(absl::string_view name) {
  std::vector<std::string> list;
  for (const std::string& text : Texts(name)) {
    const auto bytes = crypto::FromHex(text);
    ok_ = ok_ && bytes.ok();
    if (bytes.ok()) list.push_back(*bytes);
  }
  return list;
}

absl::optional<std::vector<int64_t>> CaseFields::Integers(
    absl::string_view name) {
  const nlohmann::json* field = Find(name);
  if (field == nullptr) return absl::nullopt;
  std::vector<int64_t> numbers;
  for (const nlohmann::json& item : *field) {
    ok_ = ok_ && item.is_number_integer();
    if (item.is_number_integer()) numbers.push_back(item.get<int64_t>());
  }
  return numbers;
}

}  // namespace u2fi::fido_check
