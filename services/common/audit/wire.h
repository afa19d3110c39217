#ifndef U2FI_SERVICES_COMMON_AUDIT_WIRE_H_
#define U2FI_SERVICES_COMMON_AUDIT_WIRE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace u2fi::audit {

// Protobuf fields by hand: a writer encodes the parts of a header that it
// knows early once, and joins them under its lock. Field numbers up to 15.

inline void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) {
    out.push_back(static_cast<char>(value | 0x80));
  }
  out.push_back(static_cast<char>(value));
}

// Nothing if `value` is 0: the strict profile encodes no default.
inline void AppendNumber(int field, uint64_t value, std::string& out) {
  if (value == 0) return;
  out.push_back(static_cast<char>(field << 3));
  AppendVarint(value, out);
}

// Nothing if `bytes` is empty.
inline void AppendBytes(int field, absl::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  out.push_back(static_cast<char>(field << 3 | 2));
  AppendVarint(bytes.size(), out);
  out.append(bytes.data(), bytes.size());
}

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_WIRE_H_
