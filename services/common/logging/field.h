#ifndef U2FI_SERVICES_COMMON_LOGGING_FIELD_H_
#define U2FI_SERVICES_COMMON_LOGGING_FIELD_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/variant.h"

namespace u2fi::logging {

// One named value of a log line. It refers to the text it was made from, so it
// lives no longer than the call that logs it. Never put a secret, a challenge,
// a whole key handle or a certificate into one.
class Field {
 public:
  using Value =
      absl::variant<absl::string_view, int64_t, uint64_t, double, bool>;

  Field(absl::string_view name, absl::string_view text)
      : name_(name), value_(text) {}
  Field(absl::string_view name, const char* text)
      : name_(name), value_(absl::string_view(text)) {}
  Field(absl::string_view name, const std::string& text)
      : name_(name), value_(absl::string_view(text)) {}
  Field(absl::string_view name, bool value) : name_(name), value_(value) {}
  Field(absl::string_view name, double value) : name_(name), value_(value) {}
  // In milliseconds, with fractions: let the name end in _ms.
  Field(absl::string_view name, absl::Duration value)
      : name_(name), value_(absl::ToDoubleMilliseconds(value)) {}
  // Any other number or bool.
  template <typename Integer,
            std::enable_if_t<std::is_integral<Integer>::value, int> = 0>
  Field(absl::string_view name, Integer value)
      : name_(name), value_(Widen(value)) {}

  absl::string_view name() const { return name_; }
  const Value& value() const { return value_; }

 private:
  template <typename Integer>
  static Value Widen(Integer value) {
    if (std::is_signed<Integer>::value) return static_cast<int64_t>(value);
    return static_cast<uint64_t>(value);
  }

  absl::string_view name_;
  Value value_;
};

using Fields = std::initializer_list<Field>;

}  // namespace u2fi::logging

#endif  // U2FI_SERVICES_COMMON_LOGGING_FIELD_H_
