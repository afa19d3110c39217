#ifndef U2FI_SERVICES_COMMON_CTAP2_PIN_H_
#define U2FI_SERVICES_COMMON_CTAP2_PIN_H_

#include <string>

#include "absl/status/statusor.h"

namespace u2fi::ctap2 {

// Overwrites `text` and empties it.
void Wipe(std::string& text);

// The PIN of a key, as somebody typed it: UTF-8 of at least 4 characters and at
// most 63 bytes, without control characters (CTAP 2.1, 6.5.1). Its memory is
// overwritten when it goes; it is never copied, printed or compared.
class Pin {
 public:
  static constexpr size_t kMinCharacters = 4;
  static constexpr size_t kMaxBytes = 63;

  // Takes `text` and wipes it, whatever comes of it. INVALID_FIELD, which says
  // nothing of it, unless it can be a PIN.
  static absl::StatusOr<Pin> From(std::string&& text);

  Pin(Pin&& other) noexcept;
  Pin& operator=(Pin&& other) noexcept;
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() { Wipe(text_); }

  // Ends with a zero, and lives as long as this object.
  const char* c_str() const { return text_.c_str(); }

 private:
  Pin() = default;

  std::string text_;
};

}  // namespace u2fi::ctap2

#endif  // U2FI_SERVICES_COMMON_CTAP2_PIN_H_
