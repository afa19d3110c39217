#include "tests/ports/free_port.h"

#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "gtest/gtest.h"

namespace u2fi {
namespace {

// Of 10,000 ports drawn at random, 500 hold about twelve twice.
constexpr int kMany = 500;

TEST(FreePortTest, IsGivenOnce) {
  std::set<int> given;
  for (int i = 0; i < kMany; ++i) given.insert(FreePort());
  EXPECT_EQ(given.size(), kMany);
}

TEST(FreePortTest, IsNotGivenToATestBesideThisOne) {
  std::set<int> ours;
  for (int i = 0; i < kMany; ++i) ours.insert(FreePort());
  const pid_t other = fork();
  ASSERT_GE(other, 0);
  if (other == 0) {
    bool apart = true;
    for (int i = 0; i < kMany; ++i)
      apart = apart && ours.count(FreePort()) == 0;
    _exit(apart ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace u2fi
