#ifndef U2FI_SERVICES_COMMON_FIDO_STRICT_JSON_H_
#define U2FI_SERVICES_COMMON_FIDO_STRICT_JSON_H_

#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"

namespace u2fi::fido {

// What a text may use at most. Memory while reading is at most the text's size
// plus its keys.
struct JsonLimits {
  size_t size = 2048;
  size_t depth = 8;
  size_t members = 64;
};

// Listens to a JSON text and takes the values it knows; the others pass by.
// Any value ends the reading by returning false. Where a value stands: Depth()
// is 0 for the text's own object, 1 for a member of it; Key(d) is the name of
// the member at depth d, "" in an array.
class StrictJsonHandler {
 public:
  virtual ~StrictJsonHandler() = default;

  // A handler may take the text out of `value`.
  virtual bool OnString(std::string& /*value*/) { return OnOther(); }
  virtual bool OnBoolean(bool /*value*/) { return OnOther(); }
  // The start of an object.
  virtual bool OnObject() { return OnOther(); }
  // Null, a number, the start of an array, and what is not overridden above.
  virtual bool OnOther() { return true; }

 protected:
  size_t Depth() const { return levels_.size(); }
  absl::string_view Key(size_t depth) const;

 private:
  friend class StrictJsonReader;
  using Keys = absl::InlinedVector<std::string, 6>;
  struct Level {
    bool is_object;
    Keys keys;
  };
  // The usual texts are one object in another, of a few members each.
  absl::InlinedVector<Level, 2> levels_;
};

// Reads `text` to its end. False if the handler ended the reading, if the text
// is not one JSON object of RFC 8259 in valid UTF-8, or if two readers could
// take it for different things or it costs too much: a member twice in one
// object, a surrogate without its pair, over a limit.
bool ReadStrictJson(absl::string_view text, const JsonLimits& limits,
                    StrictJsonHandler& handler);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STRICT_JSON_H_
