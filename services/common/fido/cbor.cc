#include "services/common/fido/cbor.h"

#include "services/common/fido/byte_reader.h"
#include "services/common/fido/utf8.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

absl::Status Invalid(absl::string_view problem) {
  return Error(reason::kCborInvalid, problem);
}

}  // namespace

// Reads one item and counts what it has read.
class CborParser {
 public:
  explicit CborParser(absl::string_view input) : reader_(input) {}

  absl::string_view rest() const { return reader_.rest(); }

  absl::StatusOr<CborValue> Read(int depth) {
    if (depth > kMaxCborDepth || ++items_ > kMaxCborItems) {
      return Invalid("too deep or too many items");
    }
    uint8_t initial = 0;
    uint64_t argument = 0;
    if (!reader_.ReadU8(initial) || !ReadArgument(initial & 0x1f, argument)) {
      return Invalid("cut off, or an indefinite length");
    }
    switch (initial >> 5) {
      case 0:
      case 1:
        return Integer(initial >> 5 == 1, argument);
      case 2:
        return String(CborValue::Kind::kBytes, argument);
      case 3:
        return String(CborValue::Kind::kText, argument);
      case 4:
        return Array(argument, depth);
      case 5:
        return Map(argument, depth);
      case 7:
        return Simple(initial);
      default:
        return Invalid("tags are not allowed");
    }
  }

 private:
  // The number that follows the initial byte (RFC 8949, 3).
  bool ReadArgument(uint8_t info, uint64_t& argument) {
    uint8_t one = 0;
    uint16_t two = 0;
    uint32_t four = 0;
    switch (info) {
      case 24:
        return reader_.ReadU8(one) && (argument = one, true);
      case 25:
        return reader_.ReadU16(two) && (argument = two, true);
      case 26:
        return reader_.ReadU32(four) && (argument = four, true);
      case 27:
        return reader_.ReadU64(argument);
      default:
        argument = info;
        return info < 24;
    }
  }

  static CborValue Integer(bool is_negative, uint64_t number) {
    CborValue value;
    value.kind_ = CborValue::Kind::kInteger;
    value.is_negative_ = is_negative;
    value.number_ = number;
    return value;
  }

  absl::StatusOr<CborValue> String(CborValue::Kind kind, uint64_t size) {
    absl::string_view bytes;
    if (!reader_.Read(size, bytes)) return Invalid("a string is cut off");
    if (kind == CborValue::Kind::kText && !IsUtf8(bytes)) {
      return Invalid("a text is not UTF-8");
    }
    CborValue value;
    value.kind_ = kind;
    value.string_ = std::string(bytes);
    return value;
  }

  absl::StatusOr<CborValue> Array(uint64_t count, int depth) {
    CborValue value;
    value.kind_ = CborValue::Kind::kArray;
    for (uint64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(CborValue item, Read(depth + 1));
      value.array_.push_back(std::move(item));
    }
    return value;
  }

  absl::StatusOr<CborValue> Map(uint64_t count, int depth) {
    CborValue value;
    value.kind_ = CborValue::Kind::kMap;
    for (uint64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(CborValue key, Read(depth + 1));
      RETURN_IF_ERROR(CheckKey(value, key));
      ASSIGN_OR_RETURN(CborValue item, Read(depth + 1));
      value.map_.emplace_back(std::move(key), std::move(item));
    }
    return value;
  }

  static absl::Status CheckKey(const CborValue& map, const CborValue& key) {
    if (key.kind() != CborValue::Kind::kInteger &&
        key.kind() != CborValue::Kind::kText) {
      return Invalid("a key is neither an integer nor a text");
    }
    for (const CborValue::Pair& pair : map.map_) {
      if (pair.first == key) return Invalid("a key appears twice");
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<CborValue> Simple(uint8_t initial) {
    CborValue value;
    switch (initial) {
      case 0xf4:
      case 0xf5:
        value.kind_ = CborValue::Kind::kBoolean;
        value.number_ = initial - 0xf4;
        return value;
      case 0xf6:  // null
      case 0xf7:  // undefined
      case 0xf9:  // floats
      case 0xfa:
      case 0xfb:
        return value;
      default:
        return Invalid("other simple values are not allowed");
    }
  }

  ByteReader reader_;
  size_t items_ = 0;
};

absl::optional<int64_t> CborValue::AsInteger() const {
  if (kind_ != Kind::kInteger || number_ >> 63 != 0) return absl::nullopt;
  const auto value = static_cast<int64_t>(number_);
  return is_negative_ ? -1 - value : value;
}

absl::optional<absl::string_view> CborValue::AsBytes() const {
  if (kind_ != Kind::kBytes) return absl::nullopt;
  return string_;
}

absl::optional<absl::string_view> CborValue::AsText() const {
  if (kind_ != Kind::kText) return absl::nullopt;
  return string_;
}

absl::optional<bool> CborValue::AsBoolean() const {
  if (kind_ != Kind::kBoolean) return absl::nullopt;
  return number_ != 0;
}

const std::vector<CborValue>* CborValue::AsArray() const {
  return kind_ == Kind::kArray ? &array_ : nullptr;
}

const std::vector<CborValue::Pair>* CborValue::AsMap() const {
  return kind_ == Kind::kMap ? &map_ : nullptr;
}

const CborValue* CborValue::Find(absl::string_view key) const {
  for (const Pair& pair : map_) {
    if (pair.first.AsText() == key) return &pair.second;
  }
  return nullptr;
}

const CborValue* CborValue::Find(int64_t key) const {
  for (const Pair& pair : map_) {
    if (pair.first.AsInteger() == key) return &pair.second;
  }
  return nullptr;
}

bool operator==(const CborValue& a, const CborValue& b) {
  return a.kind_ == b.kind_ && a.is_negative_ == b.is_negative_ &&
         a.number_ == b.number_ && a.string_ == b.string_ &&
         a.array_ == b.array_ && a.map_ == b.map_;
}

absl::StatusOr<CborValue> ReadCbor(absl::string_view& input) {
  CborParser parser(input.substr(0, kMaxCborSize));
  ASSIGN_OR_RETURN(CborValue value, parser.Read(1));
  input.remove_prefix(std::min(input.size(), kMaxCborSize) -
                      parser.rest().size());
  return value;
}

absl::StatusOr<CborValue> ParseCbor(absl::string_view input) {
  ASSIGN_OR_RETURN(CborValue value, ReadCbor(input));
  if (!input.empty()) return Invalid("bytes after the item");
  return value;
}

}  // namespace u2fi::fido
