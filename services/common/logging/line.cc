#include "services/common/logging/line.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/variant.h"
#include "nlohmann/json.hpp"

namespace u2fi::logging {
namespace {

using Json = nlohmann::ordered_json;

std::string Cut(absl::string_view text) {
  if (text.size() <= kMaxText) return std::string(text);
  return absl::StrCat(text.substr(0, kMaxText - 3), "...");
}

Json ValueOf(const Field& field) {
  return absl::visit([](const auto& value) { return Json(value); },
                     field.value());
}
Json JsonOf(const Field& field) {
  const auto* text = absl::get_if<absl::string_view>(&field.value());
  return text != nullptr ? Json(Cut(*text)) : ValueOf(field);
}

void AddUnlessEmpty(Json& object, const char* name, absl::string_view value) {
  if (!value.empty()) object[name] = Cut(value);
}

void AddContext(Json& object, const Context* context) {
  if (context == nullptr) return;
  AddUnlessEmpty(object, "trace_id", context->trace_id);
  AddUnlessEmpty(object, "request_id", context->request_id);
  AddUnlessEmpty(object, "rpc", context->rpc);
  AddUnlessEmpty(object, "peer", context->peer);
}

void AddFields(Json& object, const Fields* fields) {
  if (fields == nullptr) return;
  size_t count = 0;
  for (const Field& field : *fields) {
    if (++count > kMaxFields) continue;
    std::string name = Cut(field.name());
    while (object.contains(name)) name = absl::StrCat("field_", name);
    object[name] = JsonOf(field);
  }
  if (count > kMaxFields) object["dropped_fields"] = count - kMaxFields;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string ToJson(const Line& line) {
  Json object;
  object["ts"] = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E9SZ", line.time,
                                  absl::UTCTimeZone());
  object["severity"] = std::string(SeverityName(line.severity));
  object["msg"] = Cut(line.message);
  object["service"] = std::string(line.service);
  object["version"] = std::string(line.version);
  AddContext(object, line.context);
  AddFields(object, line.fields);
  return Dump(object);
}

std::string ToText(const Line& line) {
  std::string text = absl::StrCat(
      absl::FormatTime("%H:%M:%E3S", line.time, absl::UTCTimeZone()), " ",
      SeverityName(line.severity), " ",
      absl::Utf8SafeCEscape(Cut(line.message)));
  Json object = Json::object();
  AddContext(object, line.context);
  AddFields(object, line.fields);
  for (const auto& [name, value] : object.items()) {
    absl::StrAppend(&text, " ", absl::Utf8SafeCEscape(name), "=", Dump(value));
  }
  return text;
}

}  // namespace u2fi::logging
