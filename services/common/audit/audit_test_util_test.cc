#include "services/common/audit/audit_test_util.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/decision_queue.h"
#include "services/common/audit/drainer.h"
#include "services/common/audit/fake_sink.h"
#include "services/common/audit/rules.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/crypto/encoding.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

class SecretScanTest : public testing::Test {
 protected:
  void Put(const std::string& value) {
    store::CommitRequest request;
    request.epoch = store_.Get(partition_, {})->epoch;
    request.put = {{"state/1", value}};
    ASSERT_OK(store_.Commit(partition_, request));
  }
  bool Holds() { return PartitionHolds(store_, partition_, secret_); }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  const store::Partition partition_ = TestPartition();
  const std::string secret_ = "correct horse battery";
};

TEST_F(SecretScanTest, FindsASecretInEveryForm) {
  for (const std::string& form :
       {secret_, crypto::Hex(secret_), crypto::Base32(secret_),
        crypto::Base64Url(secret_), crypto::Base64Url("a" + secret_ + "z"),
        crypto::Base64Url("ab" + secret_ + "yz")}) {
    Put(absl::StrCat("before ", form, " after"));
    EXPECT_TRUE(Holds()) << form;
  }
}

TEST_F(SecretScanTest, FindsNothingElse) {
  EXPECT_FALSE(Holds());
  Put("correct horse bat");
  EXPECT_FALSE(Holds());
}

// Whatever a service hands over that must not be in the audit is not in it:
// the writer adds nothing of its own but a salt, and the drainer signs without
// showing its key.
TEST_F(SecretScanTest, TheAuditAddsNoSecret) {
  const crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  ThreadExecutor executor(1);
  DecisionQueue queue(store_, clock_, random_, executor,
                      {{partition_, TestWriter(), nullptr}});
  Transition transition;
  transition.epoch = store_.Get(partition_, {})->epoch;
  transition.rows.push_back(TestRow());
  ASSERT_OK(queue.Commit(std::move(transition)));
  FakeSink sink;
  OwnRows rows(store_, partition_, queue.writer(), queue.tail());
  const CheckpointSigner signer("audit-1", key);
  Drainer drainer(rows, sink, signer, clock_,
                  [] { return std::vector<v1::RowReference>(); });
  ASSERT_OK(drainer.DrainAll());
  Put(sink.File());
  const std::string pem = key.ToPem();
  EXPECT_FALSE(PartitionHolds(store_, partition_, pem.substr(60, 40)));
  EXPECT_FALSE(LooksLikeSecret(sink.File()));
}

TEST_F(SecretScanTest, SummariesNameKindsAndSubjects) {
  ThreadExecutor executor(1);
  DecisionQueue queue(store_, clock_, random_, executor,
                      {{partition_, TestWriter(), nullptr}});
  Transition transition;
  transition.epoch = store_.Get(partition_, {})->epoch;
  transition.rows.push_back(TestRow("commands/a"));
  ASSERT_OK(queue.Commit(std::move(transition)));
  EXPECT_THAT(Summary(RowsIn(store_, partition_)),
              testing::ElementsAre("COMMAND commands/a"));
}

}  // namespace
}  // namespace u2fi::audit
