#include "services/command-gate/secret_fields.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {
namespace {

using nlohmann::json;
using Fields = google::protobuf::RepeatedPtrField<std::string>;

constexpr absl::string_view kSealed = ".sealed";
// An encapsulated P-256 key, a tag, and a secret of one byte (RFC 9180).
constexpr size_t kMinSealed = 65 + 16 + 1;

bool IsSealed(const std::string& text) {
  const auto bytes = crypto::FromBase64Url(text);
  return bytes.ok() && bytes->size() >= kMinSealed;
}

// Follows the path to each value, and stops at one that is a plain secret.
class SecretFinder : public nlohmann::json_sax<json> {
 public:
  explicit SecretFinder(const Fields& fields) : fields_(fields) {}

  // The field that is plain; empty: none.
  const std::string& plain() const { return plain_; }

  bool null() override { return IsAllowed(); }
  bool boolean(bool) override { return IsAllowed(); }
  bool number_integer(number_integer_t) override { return IsAllowed(); }
  bool number_unsigned(number_unsigned_t) override { return IsAllowed(); }
  bool number_float(number_float_t, const string_t&) override {
    return IsAllowed();
  }
  bool string(string_t& text) override { return IsAllowed(&text); }
  bool binary(binary_t&) override { return IsAllowed(); }
  bool start_object(size_t) override {
    path_.emplace_back();
    return true;
  }
  bool key(string_t& name) override {
    path_.back() = name;
    return true;
  }
  bool end_object() override {
    path_.pop_back();
    return true;
  }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool IsAllowed(const std::string* text = nullptr) {
    const std::string path = absl::StrJoin(path_, ".");
    for (const std::string& field : fields_) {
      if (path != field && !absl::StartsWith(path, absl::StrCat(field, "."))) {
        continue;
      }
      if (path == absl::StrCat(field, kSealed) && text != nullptr &&
          IsSealed(*text)) {
        continue;
      }
      plain_ = field;
      return false;
    }
    return true;
  }

  const Fields& fields_;
  // Of the objects that are open, the present member.
  std::vector<std::string> path_;
  std::string plain_;
};

}  // namespace

absl::Status CheckSecretFields(absl::string_view arguments,
                               const Fields& secret_fields) {
  if (secret_fields.empty() || arguments.empty()) return absl::OkStatus();
  SecretFinder finder(secret_fields);
  // That the arguments are JSON was checked before.
  json::sax_parse(arguments, &finder);
  if (finder.plain().empty()) return absl::OkStatus();
  return Error(reason::kPlainSecret, "seal this argument to the device",
               {{"field", finder.plain()}});
}

}  // namespace u2fi::command_gate
