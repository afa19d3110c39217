#ifndef U2FI_SERVICES_COMMON_FIDO_CBOR_H_
#define U2FI_SERVICES_COMMON_FIDO_CBOR_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace u2fi::fido {

// A CBOR data item (RFC 8949) of the kinds that WebAuthn uses: integers, byte
// and text strings, arrays, maps, and the simple values false, true, null and
// undefined. Tags, floats and indefinite lengths are refused (CTAP 2.1, 8).
// Immutable.
class CborValue {
 public:
  enum class Kind { kInteger, kBytes, kText, kArray, kMap, kBoolean, kNothing };
  using Pair = std::pair<CborValue, CborValue>;

  Kind kind() const { return kind_; }

  // Absent for any other kind, and for integers beyond 63 bits.
  absl::optional<int64_t> AsInteger() const;
  absl::optional<absl::string_view> AsBytes() const;
  absl::optional<absl::string_view> AsText() const;
  absl::optional<bool> AsBoolean() const;

  // Null for any other kind.
  const std::vector<CborValue>* AsArray() const;
  const std::vector<Pair>* AsMap() const;

  // The value under a key of a map. Null without it, or if this is no map.
  const CborValue* Find(absl::string_view key) const;
  const CborValue* Find(int64_t key) const;

  // The same kind and the same value; maps are compared in order.
  friend bool operator==(const CborValue& a, const CborValue& b);

 private:
  friend class CborParser;

  Kind kind_ = Kind::kNothing;
  // kInteger: the value is -1 - number_ if is_negative_; kBoolean: 0 or 1.
  bool is_negative_ = false;
  uint64_t number_ = 0;
  std::string string_;
  std::vector<CborValue> array_;
  std::vector<Pair> map_;
};

// Limits of every item that is read: depth of nesting, data items in all,
// bytes. An item takes about 150 bytes of memory besides its strings.
inline constexpr int kMaxCborDepth = 8;
inline constexpr size_t kMaxCborItems = 512;
inline constexpr size_t kMaxCborSize = 16384;

// Reads one item from the front of `input` and removes it. CBOR_INVALID if it
// is malformed, over a limit, or a map has a key twice or a key that is neither
// an integer nor a text, or a text is not UTF-8; `input` is then left alone.
absl::StatusOr<CborValue> ReadCbor(absl::string_view& input);

// The one item that fills `input`.
absl::StatusOr<CborValue> ParseCbor(absl::string_view input);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_CBOR_H_
