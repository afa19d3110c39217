// Both clients of the registry keep the same promises: over gRPC, and in the
// same process.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/rpc/server.h"
#include "services/common/sync/sync.h"
#include "services/device-registry/registry_grpc_client.h"
#include "services/device-registry/registry_local_client.h"
#include "services/device-registry/registry_server.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

// Collects events; waits for them.
class Listener {
 public:
  void Add(const absl::optional<v1::WatchEventsResponse>& event) {
    MutexLock lock(mutex_);
    heard_.push_back(event.has_value() ? event->resource() : "gap");
    changed_.NotifyAll();
  }
  // True once `what` was heard; false after ten seconds without it.
  bool Hears(const std::string& what) {
    MutexLock lock(mutex_);
    for (int i = 0; i < 100; ++i) {
      if (std::find(heard_.begin(), heard_.end(), what) != heard_.end()) {
        return true;
      }
      changed_.WaitFor(mutex_, absl::Milliseconds(100));
    }
    return false;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> heard_ ABSL_GUARDED_BY(mutex_);
};

class RegistryClientsTest : public RegistryTestCase,
                            public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    MakeEnrolledWorld();
    if (!GetParam()) {
      client_object_ = std::make_unique<RegistryLocalClient>(*core_, gate_);
      return;
    }
    server_object_ = std::make_unique<RegistryServer>(*core_, executor_);
    server_ = rpc::Server::InProcess(
                  rpc::ServiceList().Add<v1::DeviceRegistry>(*server_object_),
                  {}, "d", "command-gate")
                  .value();
    client_object_ = std::make_unique<RegistryGrpcClient>(
        v1::DeviceRegistry::NewStub(server_->Channel()), absl::Seconds(30),
        absl::Milliseconds(1));
  }
  void TearDown() override { client_object_.reset(); }

  RegistryClient& registry() { return *client_object_; }

  std::unique_ptr<RegistryServer> server_object_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<RegistryClient> client_object_;
};

TEST_P(RegistryClientsTest, ResolveAnswers) {
  ArmAndStage();
  ASSERT_OK(core_->applier().Apply(gate_, PinsRequest(PlannedPins())));
  ASSERT_OK_AND_ASSIGN(const auto resolved,
                       registry().Resolve(ResolveRequest("door.unlock")));
  EXPECT_EQ(resolved.items_size(), 1);
}

TEST_P(RegistryClientsTest, AdmitGatewayAnswers) {
  v1::AdmitGatewayRequest request;
  request.set_tenant("acme");
  request.set_site("home");
  request.set_gateway("gw-1");
  request.set_public_key(site_.gw1.key.public_key().Spki());
  EXPECT_OK(registry().AdmitGateway(request));
}

TEST_P(RegistryClientsTest, TheWholeWayOfADevice) {
  NextRequest();
  ASSERT_OK_AND_ASSIGN(const auto armed, registry().Arm(ArmRequest()));
  ASSERT_OK(registry().Stage(StageRequest(armed.transaction())));
  ASSERT_OK_AND_ASSIGN(const auto applied,
                       registry().Apply(PinsRequest(PlannedPins())));
  EXPECT_EQ(applied.access_tokens_size(), 1);
  ASSERT_OK(registry().Confirm(ConfirmRequest()));
  v1::OutcomeRequest request;
  request.set_tenant("acme");
  request.set_transaction(command_id());
  ASSERT_OK_AND_ASSIGN(const auto outcome, registry().Outcome(request));
  EXPECT_EQ(outcome.transaction().state(), v1::TRANSACTION_STATE_CONFIRMED);
}

TEST_P(RegistryClientsTest, ErrorsKeepTheirReasons) {
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.mutable_items(0)->set_device("lock-9");
  EXPECT_THAT(registry().Resolve(request), HasReason(reason::kResourceUnknown));
}

TEST_P(RegistryClientsTest, TheCallerIsTheGateWhoNamesTheTenant) {
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.clear_tenant();
  EXPECT_THAT(registry().Resolve(request), HasReason(reason::kInvalidField));
}

TEST_P(RegistryClientsTest, RenewalRefusesWhatIsNoDevice) {
  v1::RenewDeviceTokenRequest request;
  request.set_tenant("acme");
  request.set_gateway("gw-1");
  request.mutable_renewal()->set_device("lock-9");
  request.mutable_renewal()->set_jti("j");
  EXPECT_FALSE(registry().RenewDeviceToken(request).ok());
}

TEST_P(RegistryClientsTest, PresenceIsNotThereYet) {
  EXPECT_THAT(registry().ReportPresence({}), HasReason(reason::kUnimplemented));
}

TEST_P(RegistryClientsTest, HearsOfChanges) {
  Listener listener;
  const auto watch =
      registry().WatchEvents([&listener](const auto& e) { listener.Add(e); });
  if (GetParam()) EXPECT_TRUE(listener.Hears("gap"));
  MakeAccount("bob");
  EXPECT_TRUE(listener.Hears("accounts/bob"));
}

TEST_P(RegistryClientsTest, AWatchEndsWhileNothingHappens) {
  Listener listener;
  auto watch =
      registry().WatchEvents([&listener](const auto& e) { listener.Add(e); });
  if (GetParam()) EXPECT_TRUE(listener.Hears("gap"));
  watch.reset();
  MakeAccount("bob");
  EXPECT_EQ(watch, nullptr);
}

INSTANTIATE_TEST_SUITE_P(Clients, RegistryClientsTest, testing::Bool(),
                         [](const auto& param) {
                           return param.param ? "Grpc" : "Local";
                         });

}  // namespace
}  // namespace u2fi::device_registry
