#include "tools/u2fi/redis_restore.h"

#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/redis_address.h"
#include "tools/u2fi/rdb_check.h"
#include "tools/u2fi/redis_admin.h"
#include "tools/u2fi/redis_backup.h"
#include "tools/u2fi/snapshot_master.h"

namespace u2fi::cli {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(50);
// Of a replication id: as many hexadecimal digits.
constexpr size_t kReplidBytes = 20;
constexpr char kByHand[] = "say REPLICAOF NO ONE to it";

absl::Status Unavailable(absl::string_view problem) {
  return Error(reason::kStoreUnavailable, problem);
}

// One restore: the steps in the order of Run().
class Restorer {
 public:
  Restorer(const RedisRestore& restore, RedisAdmin admin, RandomSource& random,
           Output& output)
      : restore_(restore),
        admin_(std::move(admin)),
        random_(random),
        output_(output) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(const RdbFacts facts, CheckRdbFile(restore_.file));
    RETURN_IF_ERROR(LookAtServer());
    if (keys_ > 0) RETURN_IF_ERROR(KeepPresent(facts));
    RETURN_IF_ERROR(Listen());
    const absl::Status handed_over = HandOver();
    if (!handed_over.ok()) return WithState(handed_over);
    RETURN_IF_ERROR(AwaitOnDisk());
    return Tell();
  }

 private:
  absl::Status LookAtServer();
  absl::Status KeepPresent(const RdbFacts& facts);
  absl::Status Listen();
  absl::Status HandOver();
  absl::Status AwaitLoaded();
  absl::Status AwaitOnDisk();
  absl::Status Promote();
  absl::Status WithState(const absl::Status& error);
  absl::Status Tell();

  // Looks again and again until `done` says so, or fails. The time starts anew
  // while the server is at work.
  template <typename Done>
  absl::Status Until(const std::string& what, Done done);

  const RedisRestore& restore_;
  RedisAdmin admin_;
  RandomSource& random_;
  Output& output_;
  // What it holds before.
  uint64_t keys_ = 0;
  std::unique_ptr<SnapshotMaster> master_;
};

bool IsBusy(const store::RedisInfo& info) {
  return InfoField(info, "loading") == "1" ||
         InfoField(info, "aof_rewrite_in_progress") == "1";
}

template <typename Done>
absl::Status Restorer::Until(const std::string& what, Done done) {
  absl::Time end = absl::Now() + restore_.patience;
  absl::Status last;
  while (absl::Now() < end) {
    const auto info = admin_.Info();
    last = info.status();
    if (info.ok()) {
      ASSIGN_OR_RETURN(const bool reached, done(*info));
      if (reached) return absl::OkStatus();
      if (IsBusy(*info)) end = absl::Now() + restore_.patience;
    }
    absl::SleepFor(kLook);
  }
  return last.ok() ? Unavailable(absl::StrCat("the server ", what)) : last;
}

absl::Status Restorer::LookAtServer() {
  ASSIGN_OR_RETURN(const store::RedisInfo info, admin_.Info());
  RETURN_IF_ERROR(store::CheckServer(info));
  keys_ = KeysOf(info);
  if (keys_ == 0 || restore_.replace) return absl::OkStatus();
  return Error(reason::kStoreInUse,
               absl::StrCat("the server holds ", keys_,
                            " keys; --replace keeps them in a file and puts "
                            "the backup in their place"));
}

absl::Status Restorer::KeepPresent(const RdbFacts& facts) {
  const std::string kept = absl::StrCat(restore_.file, ".before-restore");
  ASSIGN_OR_RETURN(
      const RdbFacts own,
      FetchSnapshot(restore_.options, kept, restore_.patience, output_));
  output_.Say(absl::StrCat("kept     the present store as ", kept));
  if (CanRead(own, facts)) return absl::OkStatus();
  return Unavailable(absl::StrCat(
      "the backup has RDB version ", facts.version, " of ", facts.kind,
      ", which a server that writes version ", own.version, " of ", own.kind,
      " cannot read; nothing has changed"));
}

absl::Status Restorer::Listen() {
  std::string host = restore_.listen;
  int port = 0;
  const auto address = store::RedisAddress::Parse(host);
  if (host.empty()) {
    ASSIGN_OR_RETURN(host, admin_.OwnHost());
  } else if (address.ok() && address->unix_path.empty()) {
    host = address->host;
    port = address->port;
  }
  ASSIGN_OR_RETURN(master_, SnapshotMaster::Listen(host, port));
  return absl::OkStatus();
}

absl::Status Restorer::HandOver() {
  ASSIGN_OR_RETURN(const store::RedisInfo info, admin_.Info());
  output_.Say(
      absl::StrCat("sending  the backup; if this is interrupted, ", kByHand));
  RETURN_IF_ERROR(
      admin_.Do({"REPLICAOF", master_->host(), absl::StrCat(master_->port())}));
  RETURN_IF_ERROR(
      master_->Serve(InfoField(info, "master_replid"),
                     absl::BytesToHexString(random_.Bytes(kReplidBytes)),
                     restore_.file, restore_.patience));
  RETURN_IF_ERROR(AwaitLoaded());
  return Promote();
}

absl::Status Restorer::AwaitLoaded() {
  return Until("does not load the backup in time",
               [this](const store::RedisInfo& info) -> absl::StatusOr<bool> {
                 if (InfoField(info, "master_link_status") == "up") return true;
                 if (master_->Attached()) return false;
                 return Unavailable(
                     "the server does not take the backup; its log says why");
               });
}

absl::Status Restorer::Promote() {
  return Until("does not become a master again",
               [this](const store::RedisInfo& info) -> absl::StatusOr<bool> {
                 if (InfoField(info, "role") == "master") return true;
                 // Refused while it loads; the next look tells.
                 admin_.Do({"REPLICAOF", "NO", "ONE"}).IgnoreError();
                 return false;
               });
}

absl::Status Restorer::AwaitOnDisk() {
  absl::Status written =
      Until("does not write its append-only file in time",
            [](const store::RedisInfo& info) -> absl::StatusOr<bool> {
              if (InfoField(info, "aof_enabled") != "1") return true;
              if (InfoField(info, "aof_rewrite_in_progress") == "1" ||
                  InfoField(info, "aof_rewrite_scheduled") == "1") {
                return false;
              }
              if (InfoField(info, "aof_last_bgrewrite_status") == "ok") {
                return true;
              }
              return Unavailable(
                  "the server cannot write its append-only "
                  "file; its log says why");
            });
  if (written.ok()) return written;
  return WithContext(
      "the server has the backup in memory, but a restart would lose it",
      written);
}

// What a failure has left behind.
absl::Status Restorer::WithState(const absl::Status& error) {
  // Else it would take whoever listens there next for its master.
  const absl::Status promoted = Promote();
  const auto info = admin_.Info();
  if (!promoted.ok() || !info.ok()) {
    return Unavailable(absl::StrCat(error.message(),
                                    "; the server does not answer: when it "
                                    "does, ",
                                    kByHand));
  }
  return Unavailable(absl::StrCat(error.message(), "; the server is a master ",
                                  "of its own and holds ", KeysOf(*info),
                                  " keys, before ", keys_));
}

absl::Status Restorer::Tell() {
  ASSIGN_OR_RETURN(const store::RedisInfo info, admin_.Info());
  const std::string keys = absl::StrCat(KeysOf(info));
  output_.Fact({{"server", restore_.options.address}, {"keys", keys}},
               absl::StrCat("restored ", restore_.options.address, ": ", keys,
                            " keys under a new epoch"));
  if (InfoField(info, "aof_enabled") != "1") {
    output_.Say("The server keeps no append-only file (appendonly no).");
  }
  output_.Say(
      "What was decided after the backup is lost with the former store: "
      "compare with the\naudit that you exported since then, and revoke again "
      "what was revoked. What waited for\na touch has to be asked for again. "
      "Start the services.");
  return absl::OkStatus();
}

}  // namespace

absl::Status RestoreRedis(const RedisRestore& restore, RandomSource& random,
                          Output& output) {
  ASSIGN_OR_RETURN(RedisAdmin admin, RedisAdmin::Make(restore.options));
  return Restorer(restore, std::move(admin), random, output).Run();
}

}  // namespace u2fi::cli
