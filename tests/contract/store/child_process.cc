#include "tests/contract/store/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace u2fi::store {
namespace {

// In the child, between fork and exec: no allocation, no locks.
void Become(char* const* argv, const char* log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& words,
                           const std::string& log) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) Become(argv.data(), log.c_str());
  EXPECT_GT(pid_, 0);
}

ChildProcess::~ChildProcess() {
  if (running()) Kill();
}

void ChildProcess::Kill() {
  kill(pid_, SIGKILL);
  Wait();
}

bool ChildProcess::HasEnded() {
  if (running() && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
  return !running();
}

int ChildProcess::Wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace u2fi::store
