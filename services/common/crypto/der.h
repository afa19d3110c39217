#ifndef U2FI_SERVICES_COMMON_CRYPTO_DER_H_
#define U2FI_SERVICES_COMMON_CRYPTO_DER_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// The little of DER (X.690, 8 and 10) that certificates and attestation
// extensions need. Reading borrows from the input and copies nothing.
namespace u2fi::crypto::der {

// A tag: class and form in the top three bits, the number in the rest.
using Tag = uint32_t;

inline constexpr Tag kConstructed = 0x20000000;
inline constexpr Tag kContextSpecific = 0x80000000;
inline constexpr Tag kBoolean = 0x01;
inline constexpr Tag kInteger = 0x02;
inline constexpr Tag kBitString = 0x03;
inline constexpr Tag kOctetString = 0x04;
inline constexpr Tag kNull = 0x05;
inline constexpr Tag kOid = 0x06;
inline constexpr Tag kEnumerated = 0x0a;
inline constexpr Tag kUtf8String = 0x0c;
inline constexpr Tag kPrintableString = 0x13;
inline constexpr Tag kIa5String = 0x16;
inline constexpr Tag kUtcTime = 0x17;
inline constexpr Tag kGeneralizedTime = 0x18;
inline constexpr Tag kSequence = kConstructed | 0x10;
inline constexpr Tag kSet = kConstructed | 0x11;

// [number], constructed or primitive.
constexpr Tag Context(uint32_t number) {
  return kContextSpecific | kConstructed | number;
}
constexpr Tag ContextPrimitive(uint32_t number) {
  return kContextSpecific | number;
}

// One element. The views point into the input.
struct Element {
  Tag tag;
  absl::string_view contents;
  // Tag, length and contents.
  absl::string_view bytes;
};

// Reads elements one after the other. Only definite lengths in the fewest
// bytes, at most 4 of them, and tag numbers below 2^28 are taken. Errors are
// INVALID_ARGUMENT and leave the reader where it was.
class Reader {
 public:
  // `input` must outlive the reader and all it returns.
  explicit Reader(absl::string_view input) : rest_(input) {}

  bool empty() const { return rest_.empty(); }
  absl::string_view rest() const { return rest_; }

  // The next element, whatever its tag.
  absl::StatusOr<Element> ReadAny();

  // The contents of the next element, which must have this tag.
  absl::StatusOr<absl::string_view> Read(Tag tag);

  // True if there is a next element and it has this tag.
  bool NextIs(Tag tag) const;

 private:
  absl::string_view rest_;
};

// The one element of this tag that fills `input`: its contents.
absl::StatusOr<absl::string_view> ReadWhole(Tag tag, absl::string_view input);

// Contents of an OBJECT IDENTIFIER as "1.2.840.10045". Empty if malformed, or
// with over 32 arcs or one of over 128 bits.
std::string OidText(absl::string_view contents);

// Contents of an INTEGER or ENUMERATED that is minimal, not negative and below
// 2^63.
absl::StatusOr<uint64_t> ReadUnsigned(absl::string_view contents);

// A UTCTime or GeneralizedTime of RFC 5280, 4.1.2.5: seconds, then Z.
absl::StatusOr<absl::Time> ReadTime(const Element& element);

// Writing.
std::string Write(Tag tag, absl::string_view contents);
std::string Sequence(std::initializer_list<absl::string_view> parts);
std::string Set(std::initializer_list<absl::string_view> parts);
// "1.2.840.10045" as an OBJECT IDENTIFIER. The text is the program's own.
std::string Oid(absl::string_view dotted);
// A non-negative INTEGER from big-endian bytes; leading zeros are dropped.
std::string Integer(absl::string_view big_endian);
std::string Integer(uint64_t value);
std::string Boolean(bool value);
// A BIT STRING without unused bits.
std::string BitString(absl::string_view bytes);
// UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5).
std::string Time(absl::Time time);

}  // namespace u2fi::crypto::der

#endif  // U2FI_SERVICES_COMMON_CRYPTO_DER_H_
