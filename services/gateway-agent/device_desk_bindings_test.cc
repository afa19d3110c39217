// How a device with the kit is bound: it proves its factory key, keeps what is
// staged, and believes the first pin set by its proof.
#include <string>
#include <vector>

#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/device_desk_test_util.h"

namespace u2fi::gateway_agent {
namespace {

using device::v1::FromDevice;
using device::v1::ToDevice;
using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

class DeviceDeskBindingsTest : public testing::Test, public DeviceDeskCase {
 protected:
  explicit DeviceDeskBindingsTest(bool bound = false)
      : DeviceDeskCase(/*plain=*/false, bound) {}

  std::string PinsCommand() const {
    proof::v1::Command command =
        site.Command(proof::kOperationPins, Genesis().bytes());
    command.set_sequence(1);
    return *proof::EncodeCommand(command);
  }
  void Stage(const std::string& transaction = "tx-2",
             absl::Duration left = absl::Minutes(1)) {
    MeshMessage message;
    gateway::v1::Stage& stage = *message.mutable_stage();
    stage.set_transaction(transaction);
    stage.set_deadline_ms(static_cast<uint64_t>(
        UnixMillis(clock) + absl::ToInt64Milliseconds(left)));
    gateway::v1::StagedDevice& staged = *stage.add_devices();
    staged.set_device(site.device);
    staged.set_nonce(std::string(32, 'n'));
    staged.set_factory_key("factory");
    staged.set_command(PinsCommand());
    Tell(message);
  }
  gateway::v1::CommitBinding Commit(const std::string& transaction = "tx-2") {
    proof::FakeRequest request;
    request.purpose = proof::v1::PURPOSE_PROVISION;
    request.commands = {PinsCommand()};
    request.touches = {{&site.alice, &site.gw1}};
    gateway::v1::CommitBinding commit;
    commit.set_transaction(transaction);
    commit.mutable_item()->set_command(PinsCommand());
    *commit.mutable_approvals() = site.Prove(request).approvals();
    return commit;
  }
  void Tell(const MeshMessage& message) { DeviceDeskCase::Tell(message); }
  void Tell(const gateway::v1::CommitBinding& commit) {
    MeshMessage message;
    *message.mutable_commit_binding() = commit;
    Tell(message);
  }
  void Rollback(const std::string& transaction,
                const std::vector<std::string>& devices) {
    MeshMessage message;
    message.mutable_rollback_binding()->set_transaction(transaction);
    for (const std::string& device : devices) {
      message.mutable_rollback_binding()->add_devices(device);
    }
    Tell(message);
  }
  void SaysThatItKeeps(const std::string& transaction) {
    FromDevice message;
    message.mutable_pins()->set_state(device::v1::BINDING_STATE_STAGED);
    message.mutable_pins()->set_tx(transaction);
    DeviceSays(message);
  }

  // What the device heard, in turn.
  std::vector<ToDevice> Heard() const {
    std::vector<ToDevice> heard;
    for (const mqtt::Message& message : To(mqtt::TopicKind::kDown)) {
      EXPECT_TRUE(heard.emplace_back().ParseFromString(message.payload));
    }
    return heard;
  }
  // The reason that went up, or "nothing".
  std::string Reason() {
    for (const GatewayMessage& message : mesh.Take()) {
      if (message.has_binding_result()) {
        EXPECT_EQ(message.binding_result().device(), site.device);
        return message.binding_result().reason();
      }
    }
    return "nothing";
  }
  // The transaction whose pin set the agent believes, or "none".
  std::string Believed() {
    const auto row = rows->FindDevice(site.device).value();
    return row.has_value() ? row->transaction() : "none";
  }
  bool IsStaged() { return rows->FindStage(site.device).value().has_value(); }
};

TEST_F(DeviceDeskBindingsTest, ItIsAskedForAProofAndToKeepThePinSet) {
  Stage();
  const std::vector<ToDevice> heard = Heard();
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[0].prove().tx(), "tx-2");
  EXPECT_EQ(heard[0].prove().nonce(), std::string(32, 'n'));
  EXPECT_EQ(heard[0].prove().gateway_point(),
            identity.key.public_key().point());
  EXPECT_EQ(heard[1].stage().tx(), "tx-2");
  EXPECT_EQ(heard[1].stage().command(), PinsCommand());
  EXPECT_EQ(heard[1].stage().fail_safe_ms(), 60'000u);
  EXPECT_TRUE(mesh.Take().empty()) << "nobody vouches for it";
}

TEST_F(DeviceDeskBindingsTest, AfterTheDeadlineItIsAskedNothing) {
  Stage("tx-2", absl::ZeroDuration());
  EXPECT_TRUE(Heard().empty());
}

TEST_F(DeviceDeskBindingsTest, ItsProofGoesUpForTheStagedTransactionOnly) {
  Stage();
  FromDevice message;
  message.mutable_proof()->set_tx("tx-9");
  message.mutable_proof()->set_factory_point("point");
  message.mutable_proof()->set_signature("signed");
  DeviceSays(message);
  EXPECT_TRUE(mesh.Take().empty());
  message.mutable_proof()->set_tx("tx-2");
  DeviceSays(message);
  const auto up = mesh.Take();
  ASSERT_EQ(up.size(), 1u);
  EXPECT_EQ(up[0].device_proof().transaction(), "tx-2");
  EXPECT_EQ(up[0].device_proof().device(), site.device);
  EXPECT_EQ(up[0].device_proof().factory_point(), "point");
  EXPECT_EQ(up[0].device_proof().signature(), "signed");
}

TEST_F(DeviceDeskBindingsTest, ACommitIsVerifiedKeptAndPassedOn) {
  Stage();
  gateway::v1::CommitBinding commit = Commit();
  commit.mutable_access_token()->set_jwt("jwt");
  Tell(commit);
  EXPECT_EQ(Believed(), "tx-2");
  EXPECT_FALSE(IsStaged());
  const ToDevice last = Heard().back();
  EXPECT_EQ(last.commit().tx(), "tx-2");
  EXPECT_EQ(last.commit().access_token().jwt(), "jwt");
  proof::v1::Proof proof;
  ASSERT_TRUE(proof.ParseFromString(last.commit().proof()));
  EXPECT_EQ(proof::Encode(proof.approvals(0)),
            proof::Encode(commit.approvals(0)));
  const auto row = rows->FindDevice(site.device).value();
  EXPECT_EQ(row->factory_point(), "factory");
  EXPECT_EQ(row->pin_set(), Genesis().bytes());
  EXPECT_FALSE(row->plain());
  EXPECT_EQ(Reason(), "nothing") << "the device says whether it is bound";
}

TEST_F(DeviceDeskBindingsTest, ACommitAgainTellsItAgain) {
  Stage();
  Tell(Commit());
  const size_t before = Heard().size();
  Tell(Commit());
  ASSERT_EQ(Heard().size(), before + 1);
  EXPECT_TRUE(Heard().back().has_commit());
}

TEST_F(DeviceDeskBindingsTest, ACommitWithoutAGenuineTouchIsRefused) {
  Stage();
  gateway::v1::CommitBinding commit = Commit();
  commit.mutable_approvals(0)->mutable_signature()->back() ^= 1;
  Tell(commit);
  EXPECT_EQ(Reason(), "SIGNATURE_INVALID");
  EXPECT_EQ(Believed(), "none");
  EXPECT_FALSE(Heard().back().has_commit());
}

TEST_F(DeviceDeskBindingsTest, ACommitOfAnotherTransactionIsRefused) {
  Stage();
  Tell(Commit("tx-3"));
  EXPECT_EQ(Reason(), "STAGE_UNKNOWN");
  EXPECT_EQ(Believed(), "none");
  EXPECT_TRUE(IsStaged());
}

TEST_F(DeviceDeskBindingsTest, ACommitOfNothingThatIsStagedIsRefused) {
  Tell(Commit());
  EXPECT_EQ(Reason(), "STAGE_UNKNOWN");
  EXPECT_EQ(Believed(), "none");
}

TEST_F(DeviceDeskBindingsTest, ARollbackForgetsItsTransactionOnly) {
  Stage();
  Rollback("tx-9", {});
  EXPECT_TRUE(IsStaged());
  Rollback("tx-2", {"lock-9"});
  EXPECT_TRUE(IsStaged());
  Rollback("tx-2", {});
  EXPECT_FALSE(IsStaged());
  EXPECT_EQ(Heard().back().rollback().tx(), "tx-2");
  Tell(Commit());
  EXPECT_EQ(Reason(), "STAGE_UNKNOWN");
}

TEST_F(DeviceDeskBindingsTest, ARollbackOfOneDeviceIsThatOnes) {
  Stage();
  Rollback("tx-2", {site.device});
  EXPECT_FALSE(IsStaged());
  EXPECT_TRUE(Heard().back().has_rollback());
}

TEST_F(DeviceDeskBindingsTest, ABlankDeviceHearsAgainWhatIsStaged) {
  Stage();
  const size_t before = Heard().size();
  FromDevice hello;
  hello.mutable_hello()->mutable_pins()->set_state(
      device::v1::BINDING_STATE_BLANK);
  DeviceSays(hello);
  EXPECT_EQ(Heard().size(), before + 2);
  hello.mutable_hello()->mutable_pins()->set_state(
      device::v1::BINDING_STATE_STAGED);
  DeviceSays(hello);
  EXPECT_EQ(Heard().size(), before + 2) << "it keeps it";
}

TEST_F(DeviceDeskBindingsTest, WhichTransactionItKeepsGoesUp) {
  Stage();
  SaysThatItKeeps("tx-2");
  const auto up = mesh.Take();
  ASSERT_EQ(up.size(), 1u);
  EXPECT_EQ(up[0].pins_report().device(), site.device);
  EXPECT_EQ(up[0].pins_report().transaction(), "tx-2");
}

TEST_F(DeviceDeskBindingsTest, ItIsBoundOnceItSaysSoOfThisSetAndTransaction) {
  Stage();
  Tell(Commit());
  mesh.Take();
  FromDevice message;
  message.mutable_pins()->set_state(device::v1::BINDING_STATE_BOUND);
  message.mutable_pins()->set_revision(1);
  message.mutable_pins()->set_tx("tx-9");
  message.mutable_pins()->set_pins_hash(crypto::ToString(Genesis().hash()));
  DeviceSays(message);
  EXPECT_EQ(Reason(), "nothing") << "another transaction";
  message.mutable_pins()->set_tx("tx-2");
  message.mutable_pins()->set_pins_hash(std::string(32, 'h'));
  DeviceSays(message);
  EXPECT_EQ(Reason(), "nothing") << "another set";
  message.mutable_pins()->set_pins_hash(crypto::ToString(Genesis().hash()));
  DeviceSays(message);
  const auto up = mesh.Take();
  ASSERT_EQ(up.size(), 1u);
  EXPECT_EQ(up[0].binding_result().reason(), "");
  EXPECT_EQ(up[0].binding_result().transaction(), "tx-2");
  EXPECT_EQ(up[0].binding_result().pins_hash(),
            crypto::ToString(Genesis().hash()));
}

TEST_F(DeviceDeskBindingsTest, ARenewalOfItsTokenGoesUp) {
  FromDevice message;
  message.mutable_token_renewal()->set_jti("jti-1");
  message.mutable_token_renewal()->set_signature("signed");
  DeviceSays(message);
  const auto up = mesh.Take();
  ASSERT_EQ(up.size(), 1u);
  EXPECT_EQ(up[0].token_renewal().device(), site.device);
  EXPECT_EQ(up[0].token_renewal().jti(), "jti-1");
  EXPECT_EQ(up[0].token_renewal().signature(), "signed");
}

TEST_F(DeviceDeskBindingsTest, AnAccessTokenIsPassedOnIfThereIsOne) {
  MeshMessage message;
  message.mutable_access_token()->set_device(site.device);
  Tell(message);
  EXPECT_TRUE(Heard().empty());
  message.mutable_access_token()->set_jwt("jwt");
  Tell(message);
  ASSERT_EQ(Heard().size(), 1u);
  EXPECT_EQ(Heard()[0].access_token().jwt(), "jwt");
}

// Whoever holds the cloud may sign a first pin set with a key of his own.
class BoundAgainTest : public DeviceDeskBindingsTest {
 protected:
  BoundAgainTest() : DeviceDeskBindingsTest(/*bound=*/true) {}
};

TEST_F(BoundAgainTest, ItIsBoundAnewOnlyOnceItSaysThatItIsBlank) {
  Stage();
  const size_t before = Heard().size();
  Tell(Commit());
  EXPECT_EQ(Believed(), "tx-1");
  EXPECT_EQ(Reason(), "nothing") << "the mesh commits again";
  EXPECT_GT(Heard().size(), before) << "it is asked again";
  EXPECT_FALSE(Heard().back().has_commit());
  SaysThatItKeeps("tx-9");
  Tell(Commit());
  EXPECT_EQ(Believed(), "tx-1") << "it keeps another one";
  SaysThatItKeeps("tx-2");
  Tell(Commit());
  EXPECT_EQ(Believed(), "tx-2");
}

TEST_F(BoundAgainTest, ACommitOfAnotherPinSetThanItHasIsRefused) {
  proof::v1::PinSet pins = Genesis().fields();
  pins.mutable_keys(0)->set_level(1);
  records::v1::DeviceRow row;
  row.set_schema(1);
  row.set_pin_set(proof::PinSet::Encode(pins)->bytes());
  row.set_transaction("tx-1");
  ASSERT_OK(rows->Install(site.device, row));
  Tell(Commit("tx-1"));
  EXPECT_EQ(Reason(), "STAGE_UNKNOWN");
}

}  // namespace
}  // namespace u2fi::gateway_agent
