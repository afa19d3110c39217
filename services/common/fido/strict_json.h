#ifndef U2FI_SERVICES_COMMON_FIDO_STRICT_JSON_H_
#define U2FI_SERVICES_COMMON_FIDO_STRICT_JSON_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace u2fi::fido {

// What a text may use at most. Memory while reading is at most the text's size
// plus its keys.
struct JsonLimits {
  size_t size = 2048;
  size_t depth = 8;
  size_t members = 64;
};

// Listens to a JSON text (RFC 8259) and ends the reading at anything that two
// parsers could read differently: a member twice in one object, too deep, too
// many members. Subclasses take the values they know from On…(); the others
// pass by.
class StrictJsonHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit StrictJsonHandler(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return OnOther(); }
  bool boolean(bool value) override { return OnBoolean(value); }
  bool number_integer(number_integer_t) override { return OnOther(); }
  bool number_unsigned(number_unsigned_t) override { return OnOther(); }
  bool number_float(number_float_t, const string_t&) override {
    return OnOther();
  }
  bool string(string_t& value) override { return OnString(value); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override;
  bool key(string_t& name) override;
  bool end_object() override;
  bool start_array(size_t) override;
  bool end_array() override;
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 protected:
  // A value ends the reading by returning false.
  virtual bool OnString(std::string& /*value*/) { return OnOther(); }
  virtual bool OnBoolean(bool /*value*/) { return OnOther(); }
  // Null, a number, the start of an object or array, and what is not
  // overridden above.
  virtual bool OnOther() { return true; }

  // Where the value stands: Depth() is 0 for the text's own value, 1 for a
  // member of it; Key(d) is the member's name at depth d, "" in an array.
  size_t Depth() const { return levels_.size(); }
  const std::string& Key(size_t depth) const;

 private:
  struct Level {
    std::vector<std::string> keys;
    bool is_object;
  };
  bool Enter(bool is_object);

  const JsonLimits limits_;
  std::vector<Level> levels_;
};

// Reads `text`, which must be one JSON object in valid UTF-8 without a zero
// byte, to its end. False if it is not, is over a limit, or if the handler
// ended the reading.
bool ReadStrictJson(absl::string_view text, const JsonLimits& limits,
                    StrictJsonHandler& handler);

// The whole text as a value: ReadStrictJson() and then nlohmann's parser.
// INVALID_ARGUMENT if the text is not as described there.
absl::Status ParseStrictJson(absl::string_view text, const JsonLimits& limits,
                             nlohmann::json& out);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STRICT_JSON_H_
