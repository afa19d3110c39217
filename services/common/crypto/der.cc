#include "services/common/crypto/der.h"

#include <limits>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/common/status/status_macros.h"

namespace u2fi::crypto::der {
namespace {

constexpr int kMaxTagNumberBytes = 4;
constexpr size_t kMaxLengthBytes = 4;
constexpr size_t kMaxOidArcs = 32;
// A UUID is one arc (X.667).
constexpr int kMaxArcBytes = 19;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("DER: ", what));
}

// Takes one byte, if there is one.
bool TakeByte(absl::string_view& input, uint8_t& byte) {
  if (input.empty()) return false;
  byte = static_cast<uint8_t>(input[0]);
  input.remove_prefix(1);
  return true;
}

// Base 128, most significant group first, as in long tags and OIDs.
template <typename Number>
bool TakeBase128(absl::string_view& input, int max_bytes, Number& value) {
  value = 0;
  for (int i = 0; i < max_bytes; ++i) {
    uint8_t byte = 0;
    if (!TakeByte(input, byte) || (i == 0 && byte == 0x80)) return false;
    if (value > std::numeric_limits<Number>::max() >> 7) return false;
    value = value << 7 | (byte & 0x7f);
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

std::string Decimal(absl::uint128 number) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + number % 10));
    number /= 10;
  } while (number != 0);
  return digits;
}

bool TakeTag(absl::string_view& input, Tag& tag) {
  uint8_t byte = 0;
  if (!TakeByte(input, byte)) return false;
  tag = Tag{byte & 0xe0u} << 24 | (byte & 0x1fu);
  if ((byte & 0x1f) != 0x1f) return true;
  uint64_t number = 0;
  if (!TakeBase128(input, kMaxTagNumberBytes, number) || number < 0x1f) {
    return false;
  }
  tag = Tag{byte & 0xe0u} << 24 | static_cast<Tag>(number);
  return true;
}

bool TakeLength(absl::string_view& input, size_t& length) {
  uint8_t byte = 0;
  if (!TakeByte(input, byte)) return false;
  length = byte;
  if (byte < 0x80) return true;
  const size_t count = byte & 0x7f;
  if (count == 0 || count > kMaxLengthBytes) return false;
  length = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!TakeByte(input, byte) || (i == 0 && byte == 0)) return false;
    length = length << 8 | byte;
  }
  return length >= 0x80;
}

std::string Base128(uint64_t value) {
  std::string out(1, static_cast<char>(value & 0x7f));
  while (value >>= 7) {
    out.insert(out.begin(), static_cast<char>(0x80 | (value & 0x7f)));
  }
  return out;
}

std::string BigEndian(uint64_t value) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
  return out;
}

std::string WithoutLeadingZeros(absl::string_view bytes) {
  while (bytes.size() > 1 && bytes[0] == 0) bytes.remove_prefix(1);
  return std::string(bytes);
}

bool AllDigits(absl::string_view text) {
  for (char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return true;
}

int Number(absl::string_view digits) {
  int value = 0;
  for (char c : digits) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

absl::StatusOr<Element> Reader::ReadAny() {
  absl::string_view input = rest_;
  Element element{};
  size_t length = 0;
  if (!TakeTag(input, element.tag)) return Malformed("bad tag");
  if (!TakeLength(input, length)) return Malformed("bad length");
  if (length > input.size()) return Malformed("length beyond the input");
  element.contents = input.substr(0, length);
  element.bytes = rest_.substr(0, rest_.size() - input.size() + length);
  rest_.remove_prefix(element.bytes.size());
  return element;
}

absl::StatusOr<absl::string_view> Reader::Read(Tag tag) {
  Reader ahead = *this;
  ASSIGN_OR_RETURN(Element element, ahead.ReadAny());
  if (element.tag != tag) return Malformed("another tag was expected");
  *this = ahead;
  return element.contents;
}

bool Reader::NextIs(Tag tag) const {
  absl::string_view input = rest_;
  Tag next = 0;
  return TakeTag(input, next) && next == tag;
}

absl::StatusOr<absl::string_view> ReadWhole(Tag tag, absl::string_view input) {
  Reader reader(input);
  ASSIGN_OR_RETURN(absl::string_view contents, reader.Read(tag));
  if (!reader.empty()) return Malformed("bytes after the element");
  return contents;
}

std::string OidText(absl::string_view contents) {
  std::vector<std::string> arcs;
  while (!contents.empty() && arcs.size() < kMaxOidArcs) {
    absl::uint128 arc = 0;
    if (!TakeBase128(contents, kMaxArcBytes, arc)) return "";
    if (arcs.empty()) {
      const absl::uint128 first = arc < 80 ? arc / 40 : 2;
      arcs.push_back(Decimal(first));
      arc -= first * 40;
    }
    arcs.push_back(Decimal(arc));
  }
  return contents.empty() ? absl::StrJoin(arcs, ".") : "";
}

absl::StatusOr<uint64_t> ReadUnsigned(absl::string_view contents) {
  if (contents.empty() || contents.size() > 8 || (contents[0] & 0x80) != 0) {
    return Malformed("integer out of range");
  }
  if (contents.size() > 1 && contents[0] == 0 && (contents[1] & 0x80) == 0) {
    return Malformed("integer is not minimal");
  }
  uint64_t value = 0;
  for (char c : contents) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

absl::StatusOr<absl::Time> ReadTime(const Element& element) {
  absl::string_view text = element.contents;
  const bool is_utc = element.tag == kUtcTime;
  const size_t year_size = is_utc ? 2 : 4;
  if ((!is_utc && element.tag != kGeneralizedTime) ||
      text.size() != year_size + 11 || text.back() != 'Z' ||
      !AllDigits(text.substr(0, text.size() - 1))) {
    return Malformed("not a time of RFC 5280");
  }
  int year = Number(text.substr(0, year_size));
  // RFC 5280, 4.1.2.5.1: two digits mean 1950 to 2049.
  if (is_utc) year += year < 50 ? 2000 : 1900;
  text.remove_prefix(year_size);
  const absl::CivilSecond civil(
      year, Number(text.substr(0, 2)), Number(text.substr(2, 2)),
      Number(text.substr(4, 2)), Number(text.substr(6, 2)),
      Number(text.substr(8, 2)));
  // CivilSecond carries over what is out of range: 30 February is 2 March.
  if (absl::FormatCivilTime(civil) !=
      absl::StrCat(absl::Dec(year, absl::kZeroPad4), "-", text.substr(0, 2),
                   "-", text.substr(2, 2), "T", text.substr(4, 2), ":",
                   text.substr(6, 2), ":", text.substr(8, 2))) {
    return Malformed("no such date");
  }
  return absl::FromCivil(civil, absl::UTCTimeZone());
}

std::string Write(Tag tag, absl::string_view contents) {
  const uint8_t form = static_cast<uint8_t>(tag >> 24 & 0xe0);
  const uint32_t number = tag & 0x1fffffff;
  std::string out;
  if (number < 0x1f) {
    out.push_back(static_cast<char>(form | number));
  } else {
    out.push_back(static_cast<char>(form | 0x1f));
    out += Base128(number);
  }
  if (contents.size() < 0x80) {
    out.push_back(static_cast<char>(contents.size()));
  } else {
    const std::string length = WithoutLeadingZeros(BigEndian(contents.size()));
    out.push_back(static_cast<char>(0x80 | length.size()));
    out += length;
  }
  return out.append(contents.data(), contents.size());
}

std::string Sequence(std::initializer_list<absl::string_view> parts) {
  return Write(kSequence, absl::StrJoin(parts, ""));
}

std::string Set(std::initializer_list<absl::string_view> parts) {
  return Write(kSet, absl::StrJoin(parts, ""));
}

std::string Oid(absl::string_view dotted) {
  std::vector<uint64_t> arcs;
  for (absl::string_view part : absl::StrSplit(dotted, '.')) {
    arcs.push_back(0);
    (void)absl::SimpleAtoi(part, &arcs.back());
  }
  std::string contents;
  for (size_t i = 1; i < arcs.size(); ++i) {
    contents += Base128(i == 1 ? arcs[0] * 40 + arcs[1] : arcs[i]);
  }
  return Write(kOid, contents);
}

std::string Integer(absl::string_view big_endian) {
  std::string value = WithoutLeadingZeros(big_endian);
  if (value.empty() || (value[0] & 0x80) != 0) value.insert(0, 1, '\0');
  return Write(kInteger, value);
}

std::string Integer(uint64_t value) { return Integer(BigEndian(value)); }

std::string Boolean(bool value) {
  return Write(kBoolean, value ? "\xff" : absl::string_view("\0", 1));
}

std::string BitString(absl::string_view bytes) {
  return Write(kBitString, absl::StrCat(absl::string_view("\0", 1), bytes));
}

std::string Time(absl::Time time) {
  const absl::CivilSecond civil =
      absl::ToCivilSecond(time, absl::UTCTimeZone());
  const bool is_utc = civil.year() >= 1950 && civil.year() < 2050;
  return Write(is_utc ? kUtcTime : kGeneralizedTime,
               absl::FormatTime(is_utc ? "%y%m%d%H%M%SZ" : "%E4Y%m%d%H%M%SZ",
                                time, absl::UTCTimeZone()));
}

}  // namespace u2fi::crypto::der
