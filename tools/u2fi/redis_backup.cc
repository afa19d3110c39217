#include "tools/u2fi/redis_backup.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/redis_dialer.h"
#include "tools/u2fi/new_file.h"
#include "tools/u2fi/redis_admin.h"

namespace u2fi::cli {
namespace {

// A server may make its snapshot before it says how long it is.
constexpr int kSilencesToBegin = 10;
constexpr size_t kMaxLine = 512;
constexpr size_t kMarkBytes = 40;
constexpr size_t kChunk = 1 << 20;
// More is no store of ours.
constexpr uint64_t kMaxBytes = uint64_t{1} << 40;
// How often to say how far it is.
constexpr uint64_t kProgressBytes = uint64_t{256} << 20;

absl::Status NoSnapshot(absl::string_view problem) {
  return Error(reason::kStoreUnavailable,
               absl::StrCat("the server gives no snapshot: ", problem));
}

// How the end of a snapshot is known: by its length or, if the server does not
// know that yet, by a mark that follows it.
struct Frame {
  uint64_t length = 0;
  std::string mark;
};

// The stream after SYNC: newlines while the server works, "$<length>\r\n" or
// "$EOF:<mark>\r\n", the snapshot.
class SnapshotStream {
 public:
  explicit SnapshotStream(store::RedisConnection& connection)
      : connection_(connection) {}

  absl::StatusOr<Frame> Begin(absl::Time end) {
    ASSIGN_OR_RETURN(const std::string line, Line(end));
    absl::string_view rest = line;
    Frame frame;
    if (!absl::ConsumePrefix(&rest, "$")) return NoSnapshot(line);
    if (absl::ConsumePrefix(&rest, "EOF:") && rest.size() == kMarkBytes) {
      frame.mark = std::string(rest);
      return frame;
    }
    if (!absl::SimpleAtoi(rest, &frame.length) || frame.length > kMaxBytes) {
      return NoSnapshot(absl::StrCat("its length is '", rest, "'"));
    }
    return frame;
  }

  // At most `size` of the bytes that come next.
  absl::StatusOr<absl::string_view> Next(uint64_t size) {
    if (at_ == filled_) RETURN_IF_ERROR(Fill());
    const size_t some =
        static_cast<size_t>(std::min<uint64_t>(size, filled_ - at_));
    at_ += some;
    return absl::string_view(buffer_).substr(at_ - some, some);
  }

 private:
  absl::Status Fill() {
    ASSIGN_OR_RETURN(filled_,
                     connection_.ReadBytes(buffer_.data(), buffer_.size()));
    at_ = 0;
    return absl::OkStatus();
  }

  // The first line with something in it.
  absl::StatusOr<std::string> Line(absl::Time end) {
    std::string line;
    while (line.size() < kMaxLine && absl::Now() < end) {
      ASSIGN_OR_RETURN(const absl::string_view byte, Next(1));
      if (byte == "\n" && !line.empty()) {
        absl::string_view text = line;
        absl::ConsumeSuffix(&text, "\r");
        return std::string(text);
      }
      if (byte != "\n") absl::StrAppend(&line, byte);
    }
    return NoSnapshot("it does not begin in time");
  }

  store::RedisConnection& connection_;
  std::string buffer_ = std::string(kChunk, '\0');
  size_t at_ = 0;
  size_t filled_ = 0;
};

// Checks what goes into the file, and says how far it is.
class Receiver {
 public:
  Receiver(NewFile& file, Output& output) : file_(file), output_(output) {}

  absl::StatusOr<RdbFacts> Receive(const Frame& frame, SnapshotStream& stream) {
    RETURN_IF_ERROR(frame.mark.empty() ? UpTo(frame.length, stream)
                                       : UpTo(frame.mark, stream));
    return check_.Finish();
  }

 private:
  absl::Status UpTo(uint64_t length, SnapshotStream& stream) {
    while (got_ < length) {
      ASSIGN_OR_RETURN(const absl::string_view bytes,
                       stream.Next(length - got_));
      RETURN_IF_ERROR(Add(bytes));
    }
    return absl::OkStatus();
  }

  // Nothing follows the mark: a replica gets no more before it has said that
  // it has loaded all this.
  absl::Status UpTo(const std::string& mark, SnapshotStream& stream) {
    std::string held;
    while (!absl::EndsWith(held, mark)) {
      if (got_ > kMaxBytes) return NoSnapshot("it is too long");
      ASSIGN_OR_RETURN(const absl::string_view bytes, stream.Next(kChunk));
      absl::StrAppend(&held, bytes);
      const size_t certain = held.size() - std::min(held.size(), kMarkBytes);
      RETURN_IF_ERROR(Add(absl::string_view(held).substr(0, certain)));
      held.erase(0, certain);
    }
    return absl::OkStatus();
  }

  absl::Status Add(absl::string_view bytes) {
    check_.Add(bytes);
    got_ += bytes.size();
    if (got_ - told_ >= kProgressBytes) {
      told_ = got_;
      output_.Say(absl::StrCat("         ", got_ >> 20, " MiB"));
    }
    return file_.Append(bytes);
  }

  NewFile& file_;
  Output& output_;
  RdbCheck check_;
  uint64_t got_ = 0;
  uint64_t told_ = 0;
};

// A connection on which the server sends its snapshot.
absl::StatusOr<std::unique_ptr<store::RedisConnection>> AskForSnapshot(
    store::RedisOptions options, absl::Duration patience) {
  options.connect_timeout = patience;
  ASSIGN_OR_RETURN(const std::unique_ptr<store::RedisDialer> dialer,
                   store::RedisDialer::Make(options));
  ASSIGN_OR_RETURN(std::unique_ptr<store::RedisConnection> connection,
                   dialer->DialBare());
  // It may send the snapshot while it makes it, and need not store it first.
  // What is written afterwards is not wanted. A server that does not know this
  // sends it, and finds that nobody listens.
  RETURN_IF_ERROR(connection->Call({"REPLCONF", "capa", "eof"}).status());
  RETURN_IF_ERROR(connection->Call({"REPLCONF", "rdb-only", "1"}).status());
  RETURN_IF_ERROR(connection->Send({"SYNC"}));
  return connection;
}

absl::StatusOr<store::RedisInfo> InfoOfMaster(
    const store::RedisOptions& options) {
  ASSIGN_OR_RETURN(RedisAdmin admin, RedisAdmin::Make(options));
  ASSIGN_OR_RETURN(store::RedisInfo info, admin.Info());
  if (InfoField(info, "role") == "master") return info;
  return Error(reason::kStoreUnavailable,
               absl::StrCat("the server is a replica, which may lack what was "
                            "acknowledged; its master is ",
                            InfoField(info, "master_host"), ":",
                            InfoField(info, "master_port")));
}

void Tell(const std::string& out, const RdbFacts& facts, bool new_epoch,
          Output& output) {
  output.Fact(
      {{"file", out},
       {"bytes", absl::StrCat(facts.bytes)},
       {"rdb_version", absl::StrCat(facts.version)}},
      absl::StrCat("backup   ", out, ": ", facts.bytes, " bytes, RDB version ",
                   facts.version, " of ", facts.kind, ", checked"));
  if (new_epoch) {
    output.Say(
        "The server never had a replica, so this gave it a new epoch: what "
        "waits for a touch\nnow asks for another one. Further backups do not, "
        "for an hour at least.");
  }
  output.Say(absl::StrCat("To go back to it, with the services stopped: ",
                          "u2fi restore ", out, " redis://HOST:PORT"));
}

}  // namespace

absl::StatusOr<RdbFacts> FetchSnapshot(const store::RedisOptions& options,
                                       const std::string& out,
                                       absl::Duration patience,
                                       Output& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NewFile> file, NewFile::Create(out));
  ASSIGN_OR_RETURN(const std::unique_ptr<store::RedisConnection> connection,
                   AskForSnapshot(options, patience));
  SnapshotStream stream(*connection);
  ASSIGN_OR_RETURN(const Frame frame,
                   stream.Begin(absl::Now() + kSilencesToBegin * patience));
  ASSIGN_OR_RETURN(const RdbFacts facts,
                   Receiver(*file, output).Receive(frame, stream));
  RETURN_IF_ERROR(file->Keep());
  return facts;
}

absl::Status BackUpRedis(const store::RedisOptions& options,
                         const std::string& out, absl::Duration patience,
                         Output& output) {
  ASSIGN_OR_RETURN(const store::RedisInfo before, InfoOfMaster(options));
  ASSIGN_OR_RETURN(const RdbFacts facts,
                   FetchSnapshot(options, out, patience, output));
  const auto after = InfoOfMaster(options);
  const bool changed = after.ok() && InfoField(*after, "master_replid") !=
                                         InfoField(before, "master_replid");
  Tell(out, facts, changed, output);
  return absl::OkStatus();
}

}  // namespace u2fi::cli
