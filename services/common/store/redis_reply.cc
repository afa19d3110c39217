#include "services/common/store/redis_reply.h"

#include "hiredis/hiredis.h"

namespace u2fi::store {
namespace {

// hiredis' own functions, which it gives to every reader.
const redisReplyObjectFunctions& Defaults() {
  static const redisReplyObjectFunctions defaults = [] {
    const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(
        redisReaderCreate(), redisReaderFree);
    return *reader->fn;
  }();
  return defaults;
}

// Without an object hiredis gives up the connection.
void* CreateArray(const redisReadTask* task, size_t elements) {
  int depth = 1;
  for (const redisReadTask* up = task->parent; up != nullptr; up = up->parent) {
    if (++depth > kMaxReplyDepth) return nullptr;
  }
  return Defaults().createArray(task, elements);
}

}  // namespace

void BoundReplies(redisReader& reader) {
  static redisReplyObjectFunctions* const bounded = [] {
    auto* functions = new redisReplyObjectFunctions(Defaults());
    functions->createArray = CreateArray;
    return functions;
  }();
  reader.fn = bounded;
  reader.maxelements = kMaxReplyElements;
}

void RedisReplyFreer::operator()(redisReply* reply) const {
  freeReplyObject(reply);
}

absl::string_view ErrorText(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR
             ? absl::string_view(reply.str, reply.len)
             : absl::string_view();
}

std::vector<const redisReply*> Elements(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.element == nullptr) return {};
  return {reply.element, reply.element + reply.elements};
}

absl::StatusOr<absl::string_view> AsString(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS) {
    return absl::string_view(reply.str, reply.len);
  }
  return absl::InvalidArgumentError("the reply is not a string");
}

absl::StatusOr<int64_t> AsInteger(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_INTEGER) return reply.integer;
  return absl::InvalidArgumentError("the reply is not a number");
}

bool IsNil(const redisReply& reply) { return reply.type == REDIS_REPLY_NIL; }

absl::StatusOr<RedisReply> ReadReply(absl::string_view bytes) {
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(
      redisReaderCreate(), redisReaderFree);
  BoundReplies(*reader);
  void* raw = nullptr;
  if (redisReaderFeed(reader.get(), bytes.data(), bytes.size()) != REDIS_OK ||
      redisReaderGetReply(reader.get(), &raw) != REDIS_OK || raw == nullptr) {
    return absl::InvalidArgumentError("not a complete reply");
  }
  return RedisReply(static_cast<redisReply*>(raw));
}

}  // namespace u2fi::store
