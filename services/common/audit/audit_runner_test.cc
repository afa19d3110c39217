#include "services/common/audit/audit_runner.h"

#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/orphan_drainer.h"
#include "services/common/audit/store_sink.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/audit/verify_export.h"
#include "services/common/file/file.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

class AuditRunnerTest : public testing::Test {
 protected:
  void SetUp() override { unlink(file_.c_str()); }

  void Decide(TenantDeciders& deciders, const std::string& service) {
    Transition transition;
    transition.epoch = store_.Get(Partition(service), {})->epoch;
    transition.rows.push_back(TestRow());
    ASSERT_OK(deciders.Decide("acme", std::move(transition)));
  }
  store::Partition Partition(const std::string& service) {
    return *store::Partition::Make(service, "acme");
  }
  std::unique_ptr<AuditRunner> Runner(
      absl::Duration every = absl::Milliseconds(1)) {
    return std::make_unique<AuditRunner>(
        store_, clock_, std::vector<TenantDeciders*>{&gate_, &registry_},
        config_, every);
  }
  ExportReport Verify() {
    std::ifstream file(file_);
    return VerifyExport(file, Anchors());
  }
  uint64_t Covered() {
    const auto& writer = (*gate_.QueueOf("acme"))->writer();
    return CoveredInStore(store_, Partition("command-gate"),
                          writer.incarnation())
        .value();
  }

  const std::string file_ = testing::TempDir() + "audit.jsonl";
  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  ThreadExecutor executor_{1};
  TenantDeciders gate_{store_, clock_, random_, executor_, "command-gate"};
  TenantDeciders registry_{store_, clock_, random_, executor_,
                           "device-registry"};
  config::v1::AuditConfig config_;
};

TEST_F(AuditRunnerTest, TheLastRoundCoversTheRowsOfEveryService) {
  config_.set_sink_file(file_);
  auto runner = Runner(absl::Hours(1));
  ASSERT_OK(runner->Start());
  Decide(gate_, "command-gate");
  Decide(registry_, "device-registry");
  runner.reset();
  const ExportReport report = Verify();
  EXPECT_FALSE(report.fault.has_value()) << report.fault->why;
  EXPECT_EQ(report.rows, 2u);
  EXPECT_EQ(report.uncovered, 0u);
}

TEST_F(AuditRunnerTest, WithASinkFileRowsLeaveTheStore) {
  config_.set_sink_file(file_);
  auto runner = Runner();
  ASSERT_OK(runner->Start());
  Decide(gate_, "command-gate");
  runner.reset();
  EXPECT_TRUE(RowsIn(store_, Partition("command-gate")).empty());
}

TEST_F(AuditRunnerTest, WithoutOneRowsStayUnderACheckpoint) {
  auto runner = Runner();
  ASSERT_OK(runner->Start());
  Decide(gate_, "command-gate");
  runner.reset();
  EXPECT_EQ(RowsIn(store_, Partition("command-gate")).size(), 1u);
  EXPECT_EQ(Covered(), 1u);
}

TEST_F(AuditRunnerTest, RoundsComeByThemselves) {
  auto runner = Runner();
  ASSERT_OK(runner->Start());
  Decide(gate_, "command-gate");
  while (Covered() == 0) clock_.Advance(kCheckpointInterval);
  EXPECT_EQ(Covered(), 1u);
}

TEST_F(AuditRunnerTest, RowsThatTheStoreForgotComeBackByThemselves) {
  Decide(gate_, "command-gate");
  const auto backup = store_.TakeBackup();
  Decide(gate_, "command-gate");
  auto runner = Runner();
  ASSERT_OK(runner->Start());
  store_.FailOverTo(backup);
  while (RowsIn(store_, Partition("command-gate")).size() < 2) {
    std::this_thread::yield();
  }
}

TEST_F(AuditRunnerTest, TheRowsOfACheckpointAreConfigured) {
  config_.set_checkpoint_rows(1);
  auto runner = Runner();
  ASSERT_OK(runner->Start());
  Decide(gate_, "command-gate");
  while (Covered() == 0) std::this_thread::yield();
  EXPECT_EQ(Covered(), 1u);
}

TEST_F(AuditRunnerTest, WhatADeadReplicaLeftIsCoveredAfterAMinute) {
  TenantDeciders dead(store_, clock_, random_, executor_, "command-gate");
  Decide(dead, "command-gate");
  const std::string incarnation =
      (*dead.QueueOf("acme"))->writer().incarnation();
  auto runner = Runner();
  ASSERT_OK(runner->Start());
  Decide(gate_, "command-gate");
  clock_.Advance(kGoneAfter);
  const auto covered = [&] {
    return CoveredInStore(store_, Partition("command-gate"), incarnation)
        .value();
  };
  while (covered() == 0) std::this_thread::yield();
  EXPECT_EQ(RowsIn(store_, Partition("command-gate")).size(), 2u);
}

TEST_F(AuditRunnerTest, TheKeyComesFromItsFile) {
  const crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  config_.set_key_file(testing::TempDir() + "audit.pem");
  ASSERT_OK(WriteFileDurably(config_.key_file(), key.ToPem(), 0600));
  auto runner = Runner();
  ASSERT_OK(runner->Start());
  EXPECT_EQ(runner->key().point, key.public_key().point());
  EXPECT_EQ(runner->key().kid, Fingerprint(key.public_key()));
}

TEST_F(AuditRunnerTest, WithoutAKeyFileEachStartMakesAKey) {
  auto one = Runner();
  ASSERT_OK(one->Start());
  auto two = Runner();
  ASSERT_OK(two->Start());
  EXPECT_NE(one->key().kid, two->key().kid);
}

TEST_F(AuditRunnerTest, AKeyFileThatIsMissingStopsTheStart) {
  config_.set_key_file(testing::TempDir() + "no-such.pem");
  EXPECT_THAT(Runner()->Start(), HasReason(reason::kFileNotFound));
}

TEST_F(AuditRunnerTest, AKeyFileWithoutAKeyStopsTheStart) {
  config_.set_key_file(testing::TempDir() + "bad.pem");
  ASSERT_OK(WriteFileDurably(config_.key_file(), "no key", 0600));
  EXPECT_THAT(Runner()->Start(), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(AuditRunnerTest, ASinkFileThatIsInUseStopsTheStart) {
  config_.set_sink_file(file_);
  auto one = Runner();
  ASSERT_OK(one->Start());
  EXPECT_THAT(Runner()->Start(), HasReason(reason::kFileUnavailable));
}

}  // namespace
}  // namespace u2fi::audit
