#ifndef U2FI_SERVICES_COMMON_CONFIG_DOCUMENT_H_
#define U2FI_SERVICES_COMMON_CONFIG_DOCUMENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace u2fi::config {

// Longest configuration file, in bytes, and deepest nesting of braces.
inline constexpr size_t kMaxFileSize = 1 << 20;
inline constexpr int kMaxDepth = 32;

// A configuration on its way from files and flags to its message: a JSON object
// of which every key is known to be a field of the message. Layers are put on
// top of each other. No error repeats a value: it could be a secret. All errors
// are INVALID_ARGUMENT and name the key by its path, for example
// "listen.address".
class Document {
 public:
  // An empty one, for messages of this kind.
  explicit Document(const google::protobuf::Descriptor& type);

  // Puts the JSON object `text` on top. Keys are field names as in the .proto;
  // enums go by name. Refused: keys that are no field, a key twice in one
  // object, null, an object or a list where the field is something else, text
  // over kMaxFileSize, nesting over kMaxDepth.
  absl::Status AddJson(absl::string_view text);

  // Sets one field. `path` is like "listen.address". A list takes values with
  // commas between them, or a JSON list; a message takes a JSON object.
  absl::Status Set(absl::string_view path, absl::string_view value);

  // Makes the message. Refused: a value that does not fit its field's type.
  absl::Status To(google::protobuf::Message& message) const;

 private:
  absl::Status Add(const nlohmann::json& layer);

  const google::protobuf::Descriptor& type_;
  nlohmann::json json_ = nlohmann::json::object();
};

// The JSON form of `message` with every plain field, indented; fields with the
// option `secret` that are set show as "<secret>".
std::string ToMaskedJson(const google::protobuf::Message& message);

}  // namespace u2fi::config

#endif  // U2FI_SERVICES_COMMON_CONFIG_DOCUMENT_H_
