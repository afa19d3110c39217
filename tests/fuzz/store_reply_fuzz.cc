// What a Redis server, ours or an attacker's, may answer: the first byte picks
// the question, the rest is the reply as the wire has it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/store/redis_codec.h"
#include "services/common/store/redis_info.h"
#include "services/common/store/redis_record.h"
#include "services/common/store/redis_reply.h"

namespace u2fi::store {
namespace {

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

void ParseAs(uint8_t question, const redisReply& reply) {
  static const CommitRequest request{
      Epoch(40, 'e'), {{"a", 3}}, {{"a", "x"}}, {"b"}};
  static const std::string commit_id(kCommitIdSize, 'i');
  if (question == 'c') {
    const auto version = ParseCommit(request, commit_id, reply);
    Check(!version.ok() || *version > kAbsent);
  } else if (question == 'g') {
    const auto snapshot = ParseGet({"a", "b"}, reply);
    Check(!snapshot.ok() || snapshot->entries.size() == 2);
  } else if (question == 's') {
    const auto page = ParseScan(reply);
    Check(!page.ok() || !page->more || !page->items.empty());
  } else if (question == 'l') {
    const auto found = ParseSettle(request, reply);
    Check(!found.ok() || found->headers.size() == 2);
  } else {
    (void)ParseTime(reply);
  }
}

}  // namespace
}  // namespace u2fi::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                                size - 1);
  (void)u2fi::store::ParseRecordHeader("key", bytes);
  (void)u2fi::store::CheckServer(u2fi::store::ParseInfo(bytes));
  const auto reply = u2fi::store::ReadReply(bytes);
  if (reply.ok()) u2fi::store::ParseAs(data[0], **reply);
  return 0;
}
