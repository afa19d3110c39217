#ifndef U2FI_SERVICES_COMMON_FIDO_BYTE_READER_H_
#define U2FI_SERVICES_COMMON_FIDO_BYTE_READER_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace u2fi::fido {

// Reads a fixed layout of bytes from the front. Every method returns false,
// and moves nothing, if there are too few bytes left. Copies nothing: the
// input must outlive the views.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view input) : rest_(input) {}

  bool empty() const { return rest_.empty(); }
  absl::string_view rest() const { return rest_; }

  bool Read(size_t size, absl::string_view& out) {
    if (rest_.size() < size) return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  // Big-endian numbers, as all of FIDO and TPM 2.0 use.
  bool ReadU8(uint8_t& out) { return ReadNumber(out); }
  bool ReadU16(uint16_t& out) { return ReadNumber(out); }
  bool ReadU32(uint32_t& out) { return ReadNumber(out); }
  bool ReadU64(uint64_t& out) { return ReadNumber(out); }

  // A 16-bit length and so many bytes.
  bool ReadSized16(absl::string_view& out) {
    ByteReader ahead = *this;
    uint16_t size = 0;
    if (!ahead.ReadU16(size) || !ahead.Read(size, out)) return false;
    *this = ahead;
    return true;
  }

 private:
  template <typename T>
  bool ReadNumber(T& out) {
    absl::string_view bytes;
    if (!Read(sizeof(T), bytes)) return false;
    uint64_t value = 0;
    for (char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
    out = static_cast<T>(value);
    return true;
  }

  absl::string_view rest_;
};

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_BYTE_READER_H_
