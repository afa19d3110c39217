#ifndef U2FI_TESTS_E2E_KILL_CASE_H_
#define U2FI_TESTS_E2E_KILL_CASE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/e2e/process_site.h"

namespace u2fi::e2e {

// Who is killed, and in which deployment.
struct Victim {
  bool mesh;
  std::string program;
};

// A deployment in which one program is killed (kill -9) and started again,
// again and again, while commands go through it.
class KillCase : public testing::TestWithParam<Victim> {
 protected:
  using CommandRecord = command_gate::v1::CommandRecord;
  // A new request each time.
  using Submission = std::function<absl::StatusOr<CommandRecord>()>;

  void SetUp() override;
  void KillAndRestart();
  // Until the mesh is back and takes it; a failed test after 30 s.
  CommandRecord SubmitUntilTaken(const Submission& submit);
  // The end of an acknowledged command, through restarts; what is given after
  // 60 s may have none.
  CommandRecord WaitForEnd(const std::string& name);

  std::unique_ptr<ProcessSite> site_;
};

// Every program of both deployments.
std::vector<Victim> EveryVictim();
// "Mesh_command_gate"
std::string NameOfVictim(const testing::TestParamInfo<Victim>& info);

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_KILL_CASE_H_
