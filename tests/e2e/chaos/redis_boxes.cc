#include "tests/e2e/chaos/redis_boxes.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/contract/store/redis_server.h"

namespace u2fi::e2e {
namespace {

constexpr char kName[] = "u2fi";
constexpr int kServerPort = 6379;
constexpr int kSentinelPort = 26379;
constexpr char kDisk[] = "size=64m";
constexpr absl::Duration kPatience = absl::Seconds(60);

std::string SentinelName(int box) { return absl::StrCat("sentinel-", box); }

}  // namespace

std::string RedisBoxes::ServerName(int box) {
  return absl::StrCat("redis-", box);
}

RedisBoxes::RedisBoxes(const Boxes& boxes, int count)
    : boxes_(boxes), count_(count), programs_(dir_.path()) {
  for (int i = 0; i < count_; ++i) {
    EXPECT_EQ(mkdir(FolderOf(i).c_str(), 0700), 0);
    EXPECT_EQ(mount("none", FolderOf(i).c_str(), "tmpfs", 0, kDisk), 0);
  }
}

RedisBoxes::~RedisBoxes() {
  for (int i = 0; i < count_; ++i) {
    programs_.Kill(ServerName(i));
    programs_.Kill(SentinelName(i));
    umount2(FolderOf(i).c_str(), MNT_DETACH);
  }
}

std::string RedisBoxes::FolderOf(int box) const {
  return dir_.Join(absl::StrCat("disk-", box));
}

std::string RedisBoxes::Ask(int box, int port,
                            const std::vector<std::string>& words) const {
  return store::AskRedis(absl::StrCat(boxes_.host(box), ":", port), words);
}

void RedisBoxes::Start() {
  for (int i = 0; i < count_; ++i) StartServer(i);
  for (int i = 0; i < count_; ++i) StartSentinel(i);
  const absl::Time end = SystemClock().Now() + kPatience;
  while (!IsWhole() && SystemClock().Now() < end) {
    absl::SleepFor(absl::Milliseconds(50));
  }
  ASSERT_TRUE(IsWhole()) << programs_.LogOf(SentinelName(0));
}

// A file, so that what a Sentinel decides is there after a restart.
void RedisBoxes::StartServer(int box) {
  const std::string path = dir_.Join(ServerName(box) + ".conf");
  std::ofstream config(path);
  config << "port " << kServerPort << "\nbind " << boxes_.host(box)
         << "\nprotected-mode no\ndir " << FolderOf(box)
         << "\nappendonly yes\nappendfsync always\nsave \"\"\n"
         << "repl-diskless-sync-delay 0\nrepl-ping-replica-period 1\n"
         << "repl-timeout 10\n";
  if (box > 0) {
    config << "replicaof " << boxes_.host(0) << " " << kServerPort << "\n";
  }
  config.close();
  programs_.Start(ServerName(box),
                  boxes_.At(box, {"/usr/bin/redis-server", path}));
}

void RedisBoxes::StartSentinel(int box) {
  const std::string path = dir_.Join(SentinelName(box) + ".conf");
  std::ofstream config(path);
  config << "port " << kSentinelPort << "\nbind " << boxes_.host(box)
         << "\nprotected-mode no\ndir " << dir_.path() << "\n"
         << "sentinel monitor " << kName << " " << boxes_.host(0) << " "
         << kServerPort << " 2\n"
         << "sentinel down-after-milliseconds " << kName << " 2000\n"
         << "sentinel failover-timeout " << kName << " 5000\n";
  config.close();
  programs_.Start(SentinelName(box),
                  boxes_.At(box, {"/usr/bin/redis-sentinel", path}));
}

config::v1::RedisStoreConfig RedisBoxes::Config() const {
  config::v1::RedisStoreConfig config;
  for (int i = 0; i < count_; ++i) {
    config.add_addresses(absl::StrCat(boxes_.host(i), ":", kSentinelPort));
  }
  config.set_sentinel_master(kName);
  config.set_wait_replicas(1);
  config.mutable_command_timeout()->set_seconds(2);
  return config;
}

int RedisBoxes::Master() const {
  std::map<std::string, int> votes;
  for (int i = 0; i < count_; ++i) {
    ++votes[Ask(i, kSentinelPort,
                {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kName})];
  }
  for (int i = 0; i < count_; ++i) {
    const auto found =
        votes.find(absl::StrCat(boxes_.host(i), "\n", kServerPort, "\n"));
    if (found != votes.end() && found->second * 2 > count_) return i;
  }
  return -1;
}

int RedisBoxes::Replica() const { return (Master() + 1) % count_; }

void RedisBoxes::FillDisk(int box) {
  const int fd = open((FolderOf(box) + "/fill").c_str(),
                      O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  struct statvfs disk = {};
  off_t filled = 0;
  // The server writes meanwhile, so the last bytes may need another look.
  do {
    ASSERT_EQ(fstatvfs(fd, &disk), 0);
    const auto left = static_cast<off_t>(disk.f_bavail * disk.f_bsize);
    if (left > 0 && posix_fallocate(fd, filled, left) == 0) filled += left;
  } while (disk.f_bavail > 0);
  close(fd);
}

void RedisBoxes::FreeDisk(int box) {
  EXPECT_EQ(unlink((FolderOf(box) + "/fill").c_str()), 0);
}

bool RedisBoxes::IsWhole() const {
  const int master = Master();
  if (master < 0) return false;
  for (int i = 0; i < count_; ++i) {
    const std::string role = Ask(i, kServerPort, {"INFO", "replication"});
    if (i == master
            ? !absl::StrContains(
                  role, absl::StrCat("connected_slaves:", count_ - 1, "\r"))
            : !absl::StrContains(role, "master_link_status:up")) {
      return false;
    }
  }
  return true;
}

void RedisBoxes::StartDead() {
  for (int i = 0; i < count_; ++i) {
    for (const std::string& name : {ServerName(i), SentinelName(i)}) {
      if (!programs_.IsRunning(name)) programs_.Restart(name);
    }
  }
}

}  // namespace u2fi::e2e
