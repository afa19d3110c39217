#include "tools/u2fi/rdb_check.h"

#include <unistd.h>

#include <array>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

// 0xad93d23594c935a9 with its bits in reverse.
constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;
// "REDIS0011", "VALKEY080".
constexpr size_t kHeadBytes = 9;
constexpr size_t kChecksumBytes = 8;
constexpr char kEndMark = '\xff';
// The last version that Redis and Valkey have in common.
constexpr int kLastShared = 11;
constexpr size_t kChunk = 1 << 20;

constexpr std::array<uint64_t, 256> MakeTable() {
  std::array<uint64_t, 256> table = {};
  for (uint64_t byte = 0; byte < table.size(); ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    }
    table[byte] = crc;
  }
  return table;
}
constexpr std::array<uint64_t, 256> kTable = MakeTable();

uint64_t LittleEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    number = (number << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

absl::Status Corrupt(absl::string_view problem) {
  return Error(reason::kStoreCorrupt, absl::StrCat("the snapshot ", problem));
}

bool ReadHead(absl::string_view head, RdbFacts& facts) {
  for (const absl::string_view kind : {"REDIS", "VALKEY"}) {
    absl::string_view digits = head;
    if (!absl::ConsumePrefix(&digits, kind)) continue;
    facts.kind = std::string(kind);
    return absl::SimpleAtoi(digits, &facts.version) && facts.version > 0;
  }
  return false;
}

}  // namespace

uint64_t Crc64(uint64_t crc, absl::string_view bytes) {
  for (const char byte : bytes) {
    crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
  }
  return crc;
}

bool CanRead(const RdbFacts& own, const RdbFacts& file) {
  if (file.version <= kLastShared) return file.version <= own.version;
  return file.kind == own.kind && file.version <= own.version;
}

void RdbCheck::Add(absl::string_view bytes) {
  bytes_ += bytes.size();
  if (head_.size() < kHeadBytes) {
    absl::StrAppend(&head_, bytes.substr(0, kHeadBytes - head_.size()));
  }
  absl::StrAppend(&tail_, bytes);
  if (tail_.size() <= kChecksumBytes) return;
  const size_t covered = tail_.size() - kChecksumBytes;
  crc_ = Crc64(crc_, absl::string_view(tail_).substr(0, covered));
  last_ = tail_[covered - 1];
  tail_.erase(0, covered);
}

absl::StatusOr<RdbFacts> RdbCheck::Finish() const {
  RdbFacts facts;
  facts.bytes = bytes_;
  if (!ReadHead(head_, facts)) return Corrupt("is no RDB file");
  if (bytes_ < kHeadBytes + 1 + kChecksumBytes || last_ != kEndMark) {
    return Corrupt("has no end: a part of it is missing");
  }
  const uint64_t said = LittleEndian(tail_);
  if (said == 0) {
    return Error(reason::kStoreMisconfigured,
                 "the snapshot has no checksum; start the server with "
                 "rdbchecksum yes");
  }
  if (said != crc_) return Corrupt("was changed: its checksum is another one");
  return facts;
}

absl::StatusOr<RdbFacts> CheckRdbFile(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) {
    return Error(reason::kFileNotFound, absl::StrCat("there is no ", path),
                 {{"path", path}});
  }
  std::ifstream file(path, std::ios::binary);
  std::string chunk(kChunk, '\0');
  RdbCheck check;
  while (file.good()) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    check.Add(
        absl::string_view(chunk.data(), static_cast<size_t>(file.gcount())));
  }
  if (!file.eof()) {
    return Error(reason::kFileUnavailable, absl::StrCat("cannot read ", path),
                 {{"path", path}});
  }
  absl::StatusOr<RdbFacts> facts = check.Finish();
  if (!facts.ok()) return WithContext(path, facts.status());
  return facts;
}

}  // namespace u2fi::cli
