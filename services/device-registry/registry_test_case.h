#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_TEST_CASE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_TEST_CASE_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/fake_site.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "services/device-registry/lost_gateways.h"
#include "services/device-registry/registry_core.h"

namespace u2fi::device_registry {

// The real core over a store in memory, for the small world of FakeSite:
// tenant acme, account alice with the site home and its gateway gw-1, and the
// device lock-1 of the model "lock". Nothing of it is there until a test asks
// for it.
class RegistryTestCase : public testing::Test {
 protected:
  RegistryTestCase();

  // Forgets everything that a process keeps in memory.
  void RestartCore();

  // Another replica over the same store: what happens between two steps of
  // core_, for store_.BeforeNextCommit().
  struct Replica {
    explicit Replica(RegistryTestCase& test);
    audit::TenantDeciders deciders;
    RegistryCore core;
  };
  std::unique_ptr<Replica> NewReplica();

  // Steps of the way of a device to its owner; each fails the test if it
  // fails. Each command gets a request_id of its own.
  void MakeAccount(const std::string& id);
  void MakeSite(const std::string& id, const std::string& owner);
  void MakeGateway(const proof::FakeGateway& gateway);
  // Operations door.unlock (TOUCH), lamp.on (FREE), bomb.arm (FORBIDDEN),
  // camera.on (no rule).
  void MakeModel();
  void ImportDevice(const std::string& id, bool kit = true);
  void ClaimDevice(const std::string& id, const std::string& account);
  // Account, site, gateway, model and the claimed device.
  void MakeWorld();
  void Enrol(proof::FakeToken& token);
  // Up to here: MakeWorld() and the owner's token.
  void MakeEnrolledWorld();
  // The whole way.
  void MakeBoundWorld();

  // Requests that are right as they are. The command's id is that of `next`.
  void NextRequest();
  v1::ApplyRequest EnrolRequest(proof::FakeToken& token,
                                std::vector<proof::FakeTouch> touches,
                                const std::string& lease_site = "",
                                bool recovery = false);
  // An act of alice on her account, as a command of its own.
  v1::ApplyRequest AccountActRequest(const std::string& operation,
                                     const std::string& arguments,
                                     std::vector<proof::FakeTouch> touches);
  v1::ArmRequest ArmRequest();
  gateway::v1::DeviceProof DeviceProof(const v1::Transaction& transaction);
  v1::StageRequest StageRequest(const v1::Transaction& transaction);
  // Arms and stages for the pin set that is planned; then the touch.
  proof::v1::PinSet PlannedPins();
  void ArmAndStage();
  v1::ApplyRequest PinsRequest(const proof::v1::PinSet& pins);
  v1::ResolveRequest ResolveRequest(const std::string& operation);
  v1::ConfirmRequest ConfirmRequest();

  // Attestation says it.
  absl::Status Tell(const v1::TokenWord& word);

  v1::Device Device(const std::string& id = "lock-1");
  v1::Account Account(const std::string& id = "alice");
  v1::Transaction Transaction(const std::string& id);
  // The number of audit rows of the tenant.
  size_t AuditRows();
  // Commits that succeeded.
  int Commits();

  std::string command_id() const { return command_id_; }

  proof::FakeSite site_;
  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_;
  store::FaultyStore store_;
  audit::ThreadExecutor executor_;
  const rpc::Caller operator_ = rpc::TestCaller("operator/acme/olga");
  const rpc::Caller client_ = rpc::TestCaller("client/acme/app");
  const rpc::Caller gate_ = rpc::TestCaller("service/command-gate");
  const rpc::Caller attestation_ = rpc::TestCaller("service/attestation");
  const rpc::Caller stranger_ = rpc::TestCaller("operator/other/eve");
  const crypto::P256PrivateKey device_key_ = proof::FakeKey("lock-1");
  // What failovers of `memory_` made it forget.
  audit::LostRows lost_{IsAboutGateway};
  std::unique_ptr<audit::TenantDeciders> deciders_;
  std::unique_ptr<RegistryCore> core_;

 private:
  DeviceTokens::Options TokenOptions() const;

  int requests_ = 0;
  std::string command_id_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_TEST_CASE_H_
