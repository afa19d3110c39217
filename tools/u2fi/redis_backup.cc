#include "tools/u2fi/redis_backup.h"

#include <algorithm>
#include <memory>
#include <utility>

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

// A server makes its snapshot before it says how long it is.
constexpr int kSilencesToBegin = 10;
constexpr size_t kMaxLine = 512;
constexpr size_t kChunk = 1 << 20;
// More is no store of ours.
constexpr uint64_t kMaxBytes = uint64_t{1} << 40;
// How often to say how far it is.
constexpr uint64_t kProgressBytes = uint64_t{256} << 20;

absl::Status NoSnapshot(absl::string_view problem) {
  return Error(reason::kStoreUnavailable,
               absl::StrCat("the server gives no snapshot: ", problem));
}

// The stream after SYNC: newlines while the server works, "$<length>\r\n", and
// as many bytes.
class SnapshotStream {
 public:
  explicit SnapshotStream(store::RedisConnection& connection)
      : connection_(connection) {}

  // Its length.
  absl::StatusOr<uint64_t> Begin(absl::Time end) {
    ASSIGN_OR_RETURN(const std::string line, Line(end));
    absl::string_view digits = line;
    uint64_t length = 0;
    if (!absl::ConsumePrefix(&digits, "$")) return NoSnapshot(line);
    if (!absl::SimpleAtoi(digits, &length) || length > kMaxBytes) {
      return NoSnapshot(absl::StrCat("its length is '", digits, "'"));
    }
    return length;
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

absl::StatusOr<RdbFacts> Receive(SnapshotStream& stream, uint64_t length,
                                 NewFile& file, Output& output) {
  RdbCheck check;
  uint64_t told = 0;
  for (uint64_t got = 0; got < length;) {
    ASSIGN_OR_RETURN(const absl::string_view bytes, stream.Next(length - got));
    check.Add(bytes);
    RETURN_IF_ERROR(file.Append(bytes));
    got += bytes.size();
    if (got - told < kProgressBytes) continue;
    told = got;
    output.Say(
        absl::StrCat("         ", got >> 20, " of ", length >> 20, " MiB"));
  }
  return check.Finish();
}

// A connection on which the server sends its snapshot.
absl::StatusOr<std::unique_ptr<store::RedisConnection>> AskForSnapshot(
    store::RedisOptions options, absl::Duration patience) {
  options.connect_timeout = patience;
  ASSIGN_OR_RETURN(const std::unique_ptr<store::RedisDialer> dialer,
                   store::RedisDialer::Make(options));
  ASSIGN_OR_RETURN(std::unique_ptr<store::RedisConnection> connection,
                   dialer->DialBare());
  // What is written after the snapshot is not wanted. A server that does not
  // know this sends it, and finds that nobody listens.
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
  ASSIGN_OR_RETURN(const uint64_t length,
                   stream.Begin(absl::Now() + kSilencesToBegin * patience));
  ASSIGN_OR_RETURN(const RdbFacts facts,
                   Receive(stream, length, *file, output));
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
