// Batches to devices with the kit, whose side is played by hand.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/proof/strict.h"
#include "services/gateway-agent/device_desk_test_util.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::ExecuteBatch;
using gateway::v1::MeshMessage;

class DeviceDeskBatchTest : public testing::Test, public DeviceDeskCase {
 protected:
  DeviceDeskBatchTest() : DeviceDeskCase(/*plain=*/false) {}

  // One touch of alice for `count` commands of lock-1.
  ExecuteBatch Batch(uint32_t count) {
    proof::FakeRequest request;
    request.commands = site.Batch(count);
    request.touches = {{&site.alice, &site.gw1}};
    proofs_.clear();
    const std::vector<proof::v1::Approval> approvals = site.ApproveAll(request);
    ExecuteBatch batch;
    *batch.mutable_approvals() = {approvals.begin(), approvals.end()};
    for (uint32_t i = 0; i < count; ++i) {
      const proof::v1::Proof proof =
          proof::FakeSite::ProofOf(approvals, request.commands, i);
      proofs_.push_back(proof::Encode(proof));
      common::v1::BatchItem& item = *batch.add_items();
      item.set_command(request.commands[i]);
      item.set_index(i);
      *item.mutable_path() = proof.path();
    }
    return batch;
  }
  void Send(const ExecuteBatch& batch) {
    MeshMessage message;
    *message.mutable_execute_batch() = batch;
    Tell(message);
  }

  // Of each item, as it would have come alone.
  std::vector<std::string> proofs_;
};

TEST_F(DeviceDeskBatchTest, EachItemGoesDownWithItsOwnProof) {
  const ExecuteBatch batch = Batch(3);
  Send(batch);
  const std::vector<mqtt::Message> sent = To(mqtt::TopicKind::kDown);
  ASSERT_EQ(sent.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    device::v1::ToDevice down;
    ASSERT_TRUE(down.ParseFromString(sent[static_cast<size_t>(i)].payload));
    EXPECT_EQ(down.command().command(), batch.items(i).command());
    EXPECT_EQ(down.command().proof(), proofs_[static_cast<size_t>(i)]);
  }
}

TEST_F(DeviceDeskBatchTest, ItemsShareCommitsOfTheJournal) {
  const int before = store.SuccessfulCommits(store::Durability::kDurable);
  Send(Batch(33));
  EXPECT_EQ(Publications(), 33);
  EXPECT_EQ(store.SuccessfulCommits(store::Durability::kDurable), before + 3);
}

TEST_F(DeviceDeskBatchTest, AnItemThatIsChangedIsRefusedAlone) {
  ExecuteBatch batch = Batch(3);
  batch.mutable_items(1)->set_command(batch.items(0).command());
  Send(batch);
  EXPECT_EQ(Publications(), 2);
}

TEST_F(DeviceDeskBatchTest, AnItemAtAnothersPlaceIsRefused) {
  ExecuteBatch batch = Batch(3);
  batch.mutable_items(1)->set_index(2);
  Send(batch);
  EXPECT_EQ(Publications(), 2);
}

TEST_F(DeviceDeskBatchTest, WithoutAGenuineTouchNoneGoesDown) {
  ExecuteBatch batch = Batch(3);
  std::string& signature = *batch.mutable_approvals(0)->mutable_signature();
  signature[signature.size() - 1] ^= 1;
  Send(batch);
  EXPECT_EQ(Publications(), 0);
  EXPECT_EQ(Refused(), "SIGNATURE_INVALID");
}

TEST_F(DeviceDeskBatchTest, WithoutApprovalsNoneGoesDown) {
  ExecuteBatch batch = Batch(2);
  batch.clear_approvals();
  Send(batch);
  EXPECT_EQ(Publications(), 0);
  EXPECT_EQ(Refused(), "PROOF_SIZE");
}

TEST_F(DeviceDeskBatchTest, TheSameTouchTwiceIsRefused) {
  ExecuteBatch batch = Batch(2);
  *batch.add_approvals() = batch.approvals(0);
  Send(batch);
  EXPECT_EQ(Publications(), 0);
  EXPECT_EQ(Refused(), "APPROVALS_NOT_DISTINCT");
}

TEST_F(DeviceDeskBatchTest, MoreThanABatchHasAreNotLookedAt) {
  ExecuteBatch batch = Batch(1);
  while (batch.items_size() <= 1000) *batch.add_items() = batch.items(0);
  Send(batch);
  EXPECT_EQ(Publications(), 0);
}

TEST_F(DeviceDeskBatchTest, ARevokedTokenIsRefusedForEach) {
  MeshMessage message;
  message.mutable_revocations()->set_revision(1);
  message.mutable_revocations()->add_tokens(site.alice.id);
  Tell(message);
  Send(Batch(2));
  EXPECT_EQ(Publications(), 0);
  EXPECT_EQ(Refused(), "TOKEN_REVOKED");
}

// A device with the kit takes a number once.
TEST_F(DeviceDeskBatchTest, ABatchThatComesAgainIsAnsweredFromTheJournal) {
  const ExecuteBatch batch = Batch(2);
  Send(batch);
  const int commits = store.SuccessfulCommits(store::Durability::kDurable);
  Send(batch);
  EXPECT_EQ(store.SuccessfulCommits(store::Durability::kDurable), commits);
}

}  // namespace
}  // namespace u2fi::gateway_agent
