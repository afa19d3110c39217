#include "services/common/store/redis_record.h"

#include "services/common/status/status_macros.h"
#include "services/common/store/engine_rules.h"
#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

constexpr size_t kVersionAt = 1;
constexpr size_t kReplacedAt = 9;
constexpr size_t kCommitIdAt = 17;
constexpr size_t kExpiresAt = 33;
constexpr uint64_t kPackedNoExpiry = ~uint64_t{0};

std::string Big64(uint64_t number) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i, number >>= 8) {
    bytes[i] = static_cast<char>(number & 0xff);
  }
  return bytes;
}

uint64_t PackExpiry(int64_t expires_ms) {
  return expires_ms == kNoExpiry ? kPackedNoExpiry
                                 : static_cast<uint64_t>(expires_ms);
}

int64_t UnpackExpiry(uint64_t packed) {
  return packed == kPackedNoExpiry ? kNoExpiry : static_cast<int64_t>(packed);
}

uint64_t ReadBig64(absl::string_view bytes) {
  uint64_t number = 0;
  for (char byte : bytes.substr(0, 8)) {
    number = number << 8 | static_cast<uint8_t>(byte);
  }
  return number;
}

}  // namespace

std::string RecordTail(Version replaced, absl::string_view commit_id,
                       int64_t expires_ms, absl::string_view value) {
  std::string tail;
  tail.reserve(kRecordHeaderSize - kReplacedAt + value.size());
  tail += Big64(replaced);
  tail.append(commit_id.data(), commit_id.size());
  tail += Big64(PackExpiry(expires_ms));
  tail.append(value.data(), value.size());
  return tail;
}

std::string PackVersion(Version version) {
  return version == kAbsent ? std::string() : Big64(version);
}

absl::StatusOr<RecordHeader> ParseRecordHeader(absl::string_view key,
                                               absl::string_view record) {
  if (record.size() < kRecordHeaderSize) return Corrupt(key, "is too short");
  if (record[0] != kRecordFormat) return Corrupt(key, "has another format");
  RecordHeader header;
  header.version = ReadBig64(record.substr(kVersionAt));
  if (header.version == kAbsent) return Corrupt(key, "has no version");
  header.replaced = ReadBig64(record.substr(kReplacedAt));
  header.commit_id = std::string(record.substr(kCommitIdAt, kCommitIdSize));
  header.expires_ms = UnpackExpiry(ReadBig64(record.substr(kExpiresAt)));
  return header;
}

absl::string_view RecordValue(absl::string_view record) {
  return record.substr(kRecordHeaderSize);
}

}  // namespace u2fi::store
