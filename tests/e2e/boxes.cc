#include "tests/e2e/boxes.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/common/time/clock.h"

namespace u2fi::e2e {
namespace {

constexpr char kIp[] = "/sbin/ip";
constexpr char kEnter[] = "/usr/bin/nsenter";

// Runs `ip` with these words; its exit code.
int Ip(absl::string_view words) {
  std::vector<std::string> all = {kIp};
  for (absl::string_view word : absl::StrSplit(words, ' ')) {
    all.emplace_back(word);
  }
  return store::ChildProcess(all, "/dev/stderr").Wait();
}

std::string Cable(int box) { return absl::StrCat("u2fi", box); }

// Names the network namespace of a process.
ino_t NetworkOf(const std::string& process) {
  struct stat status = {};
  return stat(absl::StrCat("/proc/", process, "/ns/net").c_str(), &status) == 0
             ? status.st_ino
             : 0;
}

}  // namespace

absl::Status Boxes::Enter() {
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
      mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(
        "no network of its own, run it as root: ", strerror(errno)));
  }
  if (Ip("link set lo up") != 0 || Ip("link add u2fi type bridge") != 0 ||
      Ip("addr add 192.0.2.1/24 dev u2fi") != 0 ||
      Ip("link set u2fi up") != 0) {
    return absl::InternalError("ip has failed: see above");
  }
  return absl::OkStatus();
}

Boxes::Boxes(int count) {
  for (int i = 0; i < count; ++i) {
    holders_.push_back(std::make_unique<store::ChildProcess>(
        std::vector<std::string>{"/usr/bin/unshare", "--net", "/usr/bin/sleep",
                                 "infinity"},
        "/dev/stderr"));
    Connect(i);
  }
}

std::string Boxes::host(int box) const {
  return absl::StrCat("192.0.2.", 10 + box);
}

std::vector<std::string> Boxes::At(
    int box, const std::vector<std::string>& words) const {
  std::vector<std::string> all = {
      kEnter, absl::StrCat("--net=/proc/", holders_[box]->pid(), "/ns/net")};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

void Boxes::Connect(int box) {
  const std::string holder = absl::StrCat(holders_[box]->pid());
  const absl::Time end = SystemClock().Now() + absl::Seconds(10);
  while (NetworkOf(holder) == NetworkOf("self") && SystemClock().Now() < end) {
    absl::SleepFor(absl::Milliseconds(2));
  }
  ASSERT_EQ(Ip(absl::StrCat("link add ", Cable(box),
                            " type veth peer name eth0 netns ", holder)),
            0);
  Mend(box);
  const auto inside = [&](absl::string_view words) {
    std::vector<std::string> all = At(box, {kIp});
    for (absl::string_view word : absl::StrSplit(words, ' ')) {
      all.emplace_back(word);
    }
    return store::ChildProcess(all, "/dev/stderr").Wait();
  };
  ASSERT_EQ(inside("link set lo up"), 0);
  ASSERT_EQ(inside(absl::StrCat("addr add ", host(box), "/24 dev eth0")), 0);
  ASSERT_EQ(inside("link set eth0 up"), 0);
  ASSERT_EQ(Ip(absl::StrCat("link set ", Cable(box), " up")), 0);
}

void Boxes::Cut(int box) {
  EXPECT_EQ(Ip(absl::StrCat("link set ", Cable(box), " nomaster")), 0);
}

void Boxes::Mend(int box) {
  EXPECT_EQ(Ip(absl::StrCat("link set ", Cable(box), " master u2fi")), 0);
}

}  // namespace u2fi::e2e
