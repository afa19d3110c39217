#include "services/common/config/document.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "services/common/status/status_macros.h"
#include "u2fi/common/v1/options.pb.h"

namespace u2fi::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::json;

constexpr char kMask[] = "<secret>";

absl::Status Bad(absl::string_view path, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", problem));
}

std::string Join(absl::string_view path, absl::string_view name) {
  return path.empty() ? std::string(name) : absl::StrCat(path, ".", name);
}

// True if the field's JSON form is an object with the fields of its message:
// Duration and its like have forms of their own.
bool IsObject(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         !absl::StartsWith(field.message_type()->full_name(),
                           "google.protobuf.");
}

absl::Status CheckObject(const Json& json, const Descriptor& type,
                         absl::string_view path);

absl::Status CheckValue(const Json& json, const FieldDescriptor& field,
                        absl::string_view path) {
  if (IsObject(field)) {
    return CheckObject(json, *field.message_type(), path);
  }
  if (json.is_structured() || json.is_null()) {
    return Bad(path, "must be a plain value");
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !json.is_string()) {
    return Bad(path, "must be a name");
  }
  return absl::OkStatus();
}

absl::Status CheckField(const Json& json, const FieldDescriptor& field,
                        absl::string_view path) {
  if (!field.is_repeated()) return CheckValue(json, field, path);
  if (!json.is_array()) return Bad(path, "must be a list");
  for (size_t i = 0; i < json.size(); ++i) {
    RETURN_IF_ERROR(
        CheckValue(json[i], field, absl::StrCat(path, "[", i, "]")));
  }
  return absl::OkStatus();
}

absl::Status CheckObject(const Json& json, const Descriptor& type,
                         absl::string_view path) {
  if (!json.is_object()) {
    return Bad(path.empty() ? "the configuration" : path, "must be an object");
  }
  for (const auto& [key, value] : json.items()) {
    const FieldDescriptor* field = type.FindFieldByName(key);
    if (field == nullptr) return Bad(Join(path, key), "unknown key");
    RETURN_IF_ERROR(CheckField(value, *field, Join(path, key)));
  }
  return absl::OkStatus();
}

// Another choice of the same oneof gives way to `field`.
void DropOtherChoices(Json& base, const FieldDescriptor& field) {
  const auto* choices = field.real_containing_oneof();
  if (choices == nullptr) return;
  for (int i = 0; i < choices->field_count(); ++i) {
    if (choices->field(i) != &field) base.erase(choices->field(i)->name());
  }
}

void Merge(Json& base, const Json& layer, const Descriptor& type) {
  for (const auto& [key, value] : layer.items()) {
    const FieldDescriptor& field = *type.FindFieldByName(key);
    DropOtherChoices(base, field);
    if (IsObject(field) && !field.is_repeated() && base.contains(key)) {
      Merge(base[key], value, *field.message_type());
    } else {
      base[key] = value;
    }
  }
}

// Parses strictly; what is wrong with the text goes into the error, where it is
// goes by its position.
absl::StatusOr<Json> Parse(absl::string_view text) {
  if (text.size() > kMaxFileSize) return Bad("the configuration", "too long");
  std::vector<std::set<std::string>> keys;
  std::string problem;
  auto callback = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kMaxDepth) problem = "nested too deeply";
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key &&
        !keys.back().insert(value.get<std::string>()).second) {
      problem = absl::StrCat("the key ", value.get<std::string>(), " twice");
    }
    return true;
  };
  Json json = Json::parse(text.begin(), text.end(), callback, false);
  if (!problem.empty()) return Bad("the configuration", problem);
  if (json.is_discarded()) return Bad("the configuration", "not JSON");
  return json;
}

// The JSON form of a flag's text.
absl::StatusOr<Json> ParseValue(const FieldDescriptor& field,
                                absl::string_view path,
                                absl::string_view value) {
  const bool list = field.is_repeated();
  if (IsObject(field) || (list && absl::StartsWith(value, "["))) {
    absl::StatusOr<Json> json = Parse(value);
    if (!json.ok()) return Bad(path, "not JSON");
    return json;
  }
  if (!list) return Json(std::string(value));
  const std::vector<std::string> items =
      absl::StrSplit(value, ',', absl::SkipEmpty());
  return Json(items);
}

// What protobuf says is "(path): invalid value V for type T", and the value
// stays out.
absl::Status WithoutValue(const std::string& text) {
  const std::string path = text.substr(0, text.find(':'));
  const size_t type = text.rfind(" for type ");
  std::string kind = type == text.npos ? "this field" : text.substr(type + 10);
  kind = kind.substr(kind.rfind('/') + 1);
  return Bad(absl::StripSuffix(absl::StripPrefix(path, "("), ")"),
             absl::StrCat("not a value of ", kind));
}

void Mask(Json& json, const Descriptor& type);

void MaskField(Json& value, const FieldDescriptor& field) {
  if (field.options().GetExtension(common::v1::secret)) {
    const bool set = value.is_string()
                         ? !value.get_ref<const std::string&>().empty()
                         : !value.empty();
    if (set) value = kMask;
  } else if (IsObject(field) && field.is_repeated()) {
    for (Json& item : value) Mask(item, *field.message_type());
  } else if (IsObject(field)) {
    Mask(value, *field.message_type());
  }
}

void Mask(Json& json, const Descriptor& type) {
  for (auto& [key, value] : json.items()) {
    MaskField(value, *type.FindFieldByName(key));
  }
}

}  // namespace

Document::Document(const Descriptor& type) : type_(type) {}

absl::Status Document::AddJson(absl::string_view text) {
  ASSIGN_OR_RETURN(const Json layer, Parse(text));
  return Add(layer);
}

absl::Status Document::Set(absl::string_view path, absl::string_view value) {
  std::vector<absl::string_view> names = absl::StrSplit(path, '.');
  const Descriptor* type = &type_;
  const FieldDescriptor* field = nullptr;
  for (size_t i = 0; i < names.size(); ++i) {
    if (type != nullptr) field = type->FindFieldByName(std::string(names[i]));
    if (type == nullptr || field == nullptr) return Bad(path, "unknown key");
    type = IsObject(*field) && !field->is_repeated() ? field->message_type()
                                                     : nullptr;
  }
  if (field == nullptr) return Bad(path, "unknown key");
  ASSIGN_OR_RETURN(Json layer, ParseValue(*field, path, value));
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    Json outer = Json::object();
    outer[std::string(*name)] = std::move(layer);
    layer = std::move(outer);
  }
  return Add(layer);
}

absl::Status Document::Add(const Json& layer) {
  RETURN_IF_ERROR(CheckObject(layer, type_, ""));
  Merge(json_, layer, type_);
  return absl::OkStatus();
}

absl::Status Document::To(Message& message) const {
  const auto status = google::protobuf::util::JsonStringToMessage(
      json_.dump(-1, ' ', false, Json::error_handler_t::replace), &message);
  if (status.ok()) return absl::OkStatus();
  return WithoutValue(std::string(status.message()));
}

std::string ToMaskedJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  static_cast<void>(
      google::protobuf::util::MessageToJsonString(message, &text, options));
  Json json = Json::parse(text, nullptr, false);
  Mask(json, *message.GetDescriptor());
  return json.dump(2);
}

}  // namespace u2fi::config
