#include "services/device-registry/transactions.h"

#include "gmock/gmock.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"
#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

class TransactionsTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeWorld();
    NextRequest();
  }

  absl::StatusOr<v1::ArmResponse> Arm(const v1::ArmRequest& request) {
    return core_->transactions().Arm(gate_, request);
  }
  absl::StatusOr<v1::StageResponse> Stage(const v1::StageRequest& request) {
    return core_->transactions().Stage(gate_, request);
  }
  v1::StageRequest Armed() {
    const auto armed = Arm(ArmRequest());
    EXPECT_OK(armed);
    return armed.ok() ? StageRequest(armed->transaction()) : v1::StageRequest();
  }

  void ExpectArmRefused(const v1::ArmRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Arm(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
  }
  // Arms `device`, and lets `gateway` make the proof with its own key.
  v1::StageRequest VouchedBy(const proof::FakeGateway& gateway,
                             const std::string& device) {
    v1::ArmRequest arm = ArmRequest();
    arm.set_devices(0, device);
    const auto armed = Arm(arm);
    EXPECT_OK(armed);
    v1::StageRequest request = StageRequest(armed->transaction());
    const std::string point = gateway.key.public_key().point();
    gateway::v1::DeviceProof& proof = *request.mutable_proofs(0);
    proof.set_factory_point(point);
    proof.set_signature(gateway.key.Sign(crypto::Sha256(
        {proof::domain::kDevice,
         crypto::LengthPrefixed(armed->transaction().devices(0).nonce()),
         crypto::LengthPrefixed(request.transaction()),
         crypto::LengthPrefixed(point)})));
    return request;
  }
  void ExpectStageRefused(const v1::StageRequest& request,
                          const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Stage(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
  }
};

TEST_F(TransactionsTest, ArmsWithNonceAndFactoryKey) {
  ASSERT_OK_AND_ASSIGN(const auto armed, Arm(ArmRequest()));
  const v1::Transaction& transaction = armed.transaction();
  EXPECT_EQ(transaction.name(), "transactions/" + command_id());
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_ARMED);
  ASSERT_EQ(transaction.devices_size(), 1);
  EXPECT_EQ(transaction.devices(0).nonce().size(), 32u);
  EXPECT_EQ(transaction.devices(0).factory_key(),
            device_key_.public_key().point());
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_STAGED);
}

TEST_F(TransactionsTest, TheSameCommandArmsTheSameTransaction) {
  ASSERT_OK_AND_ASSIGN(const auto first, Arm(ArmRequest()));
  ASSERT_OK_AND_ASSIGN(const auto second, Arm(ArmRequest()));
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
}

TEST_F(TransactionsTest, TheSameCommandForAnotherDeviceIsRefused) {
  ASSERT_OK(Arm(ArmRequest()));
  v1::ArmRequest request = ArmRequest();
  request.set_devices(0, "lock-2");
  ExpectArmRefused(request, reason::kTransactionState);
}

TEST_F(TransactionsTest, ANewTransactionTakesTheDeviceFromAnOpenOne) {
  ASSERT_OK(Arm(ArmRequest()));
  const std::string first = command_id();
  NextRequest();
  ASSERT_OK(Arm(ArmRequest()));
  EXPECT_EQ(Transaction(first).state(), v1::TRANSACTION_STATE_ROLLED_BACK);
  EXPECT_EQ(Transaction(first).reason(), "CANCELLED");
  EXPECT_EQ(Transaction(command_id()).state(), v1::TRANSACTION_STATE_ARMED);
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_STAGED);
}

TEST_F(TransactionsTest, RefusesADeadlineThatIsNow) {
  v1::ArmRequest request = ArmRequest();
  *request.mutable_deadline() = ToTimestamp(UnixMillis(clock_));
  ExpectArmRefused(request, reason::kDeadlineBounds);
}

TEST_F(TransactionsTest, RefusesADeadlineOverHalfAnHour) {
  v1::ArmRequest request = ArmRequest();
  *request.mutable_deadline() = ToTimestamp(UnixMillis(clock_) + 1'800'001);
  ExpectArmRefused(request, reason::kDeadlineBounds);
}

TEST_F(TransactionsTest, RefusesASiteThatTheAccountDoesNotOwn) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  v1::ArmRequest request = ArmRequest();
  request.set_site("office");
  ExpectArmRefused(request, reason::kNotAMember);
}

TEST_F(TransactionsTest, RefusesADeviceThatAnotherAccountClaimed) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  v1::ArmRequest request = ArmRequest();
  request.set_account("bob");
  request.set_site("office");
  ExpectArmRefused(request, reason::kNotAMember);
}

TEST_F(TransactionsTest, RefusesADeviceThatIsUnknown) {
  v1::ArmRequest request = ArmRequest();
  request.set_devices(0, "lock-9");
  ExpectArmRefused(request, reason::kResourceUnknown);
}

TEST_F(TransactionsTest, RefusesACommandIdThatIsNone) {
  v1::ArmRequest request = ArmRequest();
  request.set_command_id("c1");
  ExpectArmRefused(request, reason::kInvalidField);
}

TEST_F(TransactionsTest, RefusesAKindThatIsUnset) {
  v1::ArmRequest request = ArmRequest();
  request.clear_kind();
  ExpectArmRefused(request, reason::kInvalidField);
}

TEST_F(TransactionsTest, ALeaseIsNotThereYet) {
  v1::ArmRequest request = ArmRequest();
  request.set_kind(common::v1::BINDING_KIND_LEASE);
  ExpectArmRefused(request, reason::kUnimplemented);
}

TEST_F(TransactionsTest, TwoDevicesAreNotThereYet) {
  v1::ArmRequest request = ArmRequest();
  request.add_devices("lock-2");
  ExpectArmRefused(request, reason::kUnimplemented);
}

TEST_F(TransactionsTest, AnotherTenantsDeviceIsUnknown) {
  v1::ArmRequest request = ArmRequest();
  request.set_tenant("other");
  ExpectArmRefused(request, reason::kResourceUnknown);
}

TEST_F(TransactionsTest, StagesADeviceThatProvesItself) {
  ASSERT_OK_AND_ASSIGN(const auto staged, Stage(Armed()));
  EXPECT_EQ(staged.transaction().state(), v1::TRANSACTION_STATE_STAGED);
  EXPECT_TRUE(staged.transaction().devices(0).proved());
  EXPECT_EQ(Device().gateway(), "gw-1");
}

TEST_F(TransactionsTest, TheSameProofAgainChangesNothing) {
  const v1::StageRequest request = Armed();
  ASSERT_OK(Stage(request));
  const int commits = Commits();
  EXPECT_OK(Stage(request));
  EXPECT_EQ(Commits(), commits);
}

TEST_F(TransactionsTest, RefusesASignatureByAnotherKey) {
  v1::StageRequest request = Armed();
  request.mutable_proofs(0)->mutable_signature()->back() ^= 1;
  ExpectStageRefused(request, reason::kDeviceProofInvalid);
}

TEST_F(TransactionsTest, RefusesAnEmptySignature) {
  v1::StageRequest request = Armed();
  request.mutable_proofs(0)->clear_signature();
  ExpectStageRefused(request, reason::kDeviceProofInvalid);
}

TEST_F(TransactionsTest, RefusesAnotherFactoryKey) {
  v1::StageRequest request = Armed();
  request.mutable_proofs(0)->set_factory_point(
      proof::FakeKey("clone").public_key().point());
  ExpectStageRefused(request, reason::kDeviceProofInvalid);
}

TEST_F(TransactionsTest, AGatewayAnswersForADeviceWithoutTheKit) {
  ImportDevice("bulb-1", /*kit=*/false);
  ClaimDevice("bulb-1", "alice");
  EXPECT_OK(Stage(VouchedBy(site_.gw1, "bulb-1")));
}

TEST_F(TransactionsTest, AnotherGatewayDoesNotAnswerForIt) {
  ImportDevice("bulb-1", /*kit=*/false);
  ClaimDevice("bulb-1", "alice");
  ExpectStageRefused(VouchedBy(site_.gw2, "bulb-1"),
                     reason::kDeviceProofInvalid);
}

TEST_F(TransactionsTest, NoGatewayAnswersForADeviceWithTheKit) {
  ExpectStageRefused(VouchedBy(site_.gw1, "lock-1"),
                     reason::kDeviceProofInvalid);
}

TEST_F(TransactionsTest, RefusesAProofMadeForAnotherGateway) {
  proof::FakeGateway second("gw-8", "home");
  MakeGateway(second);
  v1::StageRequest request = Armed();
  request.set_gateway("gw-8");
  ExpectStageRefused(request, reason::kDeviceProofInvalid);
}

TEST_F(TransactionsTest, RefusesAGatewayOfAnotherSite) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  v1::StageRequest request = Armed();
  request.set_gateway("gw-2");
  ExpectStageRefused(request, reason::kGatewayMismatch);
}

TEST_F(TransactionsTest, RefusesASuspendedGateway) {
  const v1::StageRequest request = Armed();
  v1::SuspendGatewayRequest suspend;
  suspend.set_name("gateways/gw-1");
  ASSERT_OK(core_->gateways().SuspendGateway(operator_, suspend));
  ExpectStageRefused(request, reason::kGatewayNotActive);
}

TEST_F(TransactionsTest, RefusesAtTheInstantOfTheDeadline) {
  const v1::StageRequest request = Armed();
  clock_.Advance(absl::Minutes(2) - absl::Milliseconds(1));
  EXPECT_OK(Stage(request));
  clock_.Advance(absl::Milliseconds(1));
  ExpectStageRefused(request, reason::kTransactionState);
}

TEST_F(TransactionsTest, RefusesADeviceThatIsNotInTheTransaction) {
  v1::StageRequest request = Armed();
  request.mutable_proofs(0)->set_device("lock-2");
  ExpectStageRefused(request, reason::kResourceUnknown);
}

TEST_F(TransactionsTest, RefusesAProofOfAnotherTransaction) {
  v1::StageRequest request = Armed();
  request.mutable_proofs(0)->set_transaction("another");
  ExpectStageRefused(request, reason::kInvalidField);
}

TEST_F(TransactionsTest, RefusesNoProof) {
  v1::StageRequest request = Armed();
  request.clear_proofs();
  ExpectStageRefused(request, reason::kInvalidField);
}

TEST_F(TransactionsTest, ARollBackThatCameBetweenWins) {
  const v1::StageRequest request = Armed();
  store_.BeforeNextCommit([this] {
    clock_.Advance(absl::Minutes(2));
    ASSERT_THAT(NewReplica()->core.sweeper().Sweep(), IsOkAndHolds(1));
  });
  EXPECT_THAT(Stage(request), HasReason(reason::kTransactionState));
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_CLAIMED);
}

}  // namespace
}  // namespace u2fi::device_registry
