#include "services/common/store/redis_connection.h"

#include <fcntl.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "hiredis/hiredis.h"
#include "hiredis/hiredis_ssl.h"
#include "hiredis/sds.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"
#include "services/common/store/redis_codec.h"

namespace u2fi::store {
namespace {

redisOptions OptionsFor(const RedisAddress& address, const timeval* timeout) {
  redisOptions options = {};
  if (address.unix_path.empty()) {
    REDIS_OPTIONS_SET_TCP(&options, address.host.c_str(), address.port);
  } else {
    REDIS_OPTIONS_SET_UNIX(&options, address.unix_path.c_str());
  }
  options.connect_timeout = timeout;
  options.command_timeout = timeout;
  return options;
}

}  // namespace

void RedisConnection::Freer::operator()(redisContext* context) const {
  redisFree(context);
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Dial(
    const RedisAddress& address, const crypto::TlsClient* tls,
    const std::string& server_name, absl::Duration timeout) {
  const timeval limit = absl::ToTimeval(timeout);
  const redisOptions options = OptionsFor(address, &limit);
  redisContext* context = redisConnectWithOptions(&options);
  if (context == nullptr) return Unavailable("no memory for a connection");
  std::unique_ptr<RedisConnection> connection(new RedisConnection(context));
  if (context->err != 0) return connection->ContextError();
  BoundReplies(*context->reader);
  if (address.unix_path.empty()) redisEnableKeepAlive(context);
  if (tls != nullptr) {
    RETURN_IF_ERROR(connection->StartTls(
        *tls, server_name.empty() ? address.host : server_name));
  }
  return connection;
}

absl::Status RedisConnection::StartTls(const crypto::TlsClient& tls,
                                       const std::string& name) {
  ASSIGN_OR_RETURN(crypto::TlsSession session, tls.NewSession(name));
  if (redisInitiateSSL(context_.get(), session.get()) != REDIS_OK) {
    return ContextError();
  }
  // hiredis frees it with the context.
  (void)session.release();
  return absl::OkStatus();
}

absl::StatusOr<RedisReply> RedisConnection::Call(
    const std::vector<std::string>& words) {
  RETURN_IF_ERROR(Send(words));
  std::vector<RedisReply> replies;
  while (replies.empty()) {
    if (redisBufferRead(context_.get()) != REDIS_OK) return ContextError();
    RETURN_IF_ERROR(TakeReplies(replies));
  }
  return std::move(replies.front());
}

absl::Status RedisConnection::Send(const std::vector<std::string>& words) {
  RETURN_IF_ERROR(Append(EncodeCommand(words)));
  while (writing_) RETURN_IF_ERROR(Write());
  return absl::OkStatus();
}

absl::StatusOr<size_t> RedisConnection::ReadBytes(char* bytes, size_t size) {
  while (true) {
    // 0: none yet, as TLS may say. The end is an error.
    const ssize_t got = context_->funcs->read(context_.get(), bytes, size);
    if (got < 0) return ContextError();
    if (got > 0) return static_cast<size_t>(got);
  }
}

absl::Status RedisConnection::StopBlocking() {
  const int flags = fcntl(fd(), F_GETFL);
  if (flags < 0 || fcntl(fd(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return Unavailable("the socket cannot be made non-blocking");
  }
  context_->flags &= ~REDIS_BLOCK;
  return absl::OkStatus();
}

int RedisConnection::fd() const { return context_->fd; }

absl::Status RedisConnection::Append(const std::string& bytes) {
  writing_ = true;
  return redisAppendFormattedCommand(context_.get(), bytes.data(),
                                     bytes.size()) == REDIS_OK
             ? absl::OkStatus()
             : ContextError();
}

absl::Status RedisConnection::Write() {
  if (!writing_) return absl::OkStatus();
  int done = 0;
  const size_t before = sdslen(context_->obuf);
  if (redisBufferWrite(context_.get(), &done) != REDIS_OK) {
    return ContextError();
  }
  moved_ += before - sdslen(context_->obuf);
  writing_ = done == 0;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<RedisReply>> RedisConnection::Read() {
  std::vector<RedisReply> replies;
  // Until the socket, and TLS behind it, has no more: poll() sees only sockets.
  bool more = true;
  while (more) {
    const size_t before = context_->reader->len;
    if (redisBufferRead(context_.get()) != REDIS_OK) return ContextError();
    more = context_->reader->len != before;
    moved_ += context_->reader->len - before;
    RETURN_IF_ERROR(TakeReplies(replies));
  }
  return replies;
}

absl::Status RedisConnection::TakeReplies(std::vector<RedisReply>& replies) {
  if (context_->reader->len > kMaxReplyBytes) {
    return Unavailable("a reply is too large");
  }
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK) {
      return Unavailable("the server does not speak the protocol");
    }
    if (reply == nullptr) return absl::OkStatus();
    replies.emplace_back(static_cast<redisReply*>(reply));
  }
}

absl::Status RedisConnection::ContextError() const {
  return Unavailable(absl::StrCat("Redis: ", context_->errstr));
}

}  // namespace u2fi::store
