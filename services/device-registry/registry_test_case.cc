#include "services/device-registry/registry_test_case.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/proof/command.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

constexpr char kRequester[] = "spiffe://demo/client/acme/app";

void AddOperation(v1::Model& model, const std::string& name,
                  const absl::optional<proof::v1::Rule>& rule) {
  v1::ModelOperation& operation = *model.add_operations();
  operation.set_operation(name);
  if (rule.has_value()) *operation.mutable_rule() = *rule;
}

}  // namespace

RegistryTestCase::RegistryTestCase()
    : clock_(absl::FromUnixMillis(static_cast<int64_t>(site_.now_ms))),
      memory_(clock_, random_),
      store_(memory_),
      executor_(1) {
  NextRequest();
  RestartCore();
}

DeviceTokens::Options RegistryTestCase::TokenOptions() const {
  DeviceTokens::Options tokens;
  tokens.keys = {proof::FakeKey("token-signer")};
  tokens.issuer = "https://registry.u2fi.example";
  tokens.audience = "devices";
  return tokens;
}

void RegistryTestCase::RestartCore() {
  core_.reset();
  deciders_.reset();
  deciders_ = std::make_unique<audit::TenantDeciders>(
      store_, clock_, random_, executor_, kService, lost_.Hook());
  core_ = std::make_unique<RegistryCore>(CoreParts{store_,
                                                   *deciders_,
                                                   clock_,
                                                   random_,
                                                   site_.rp_id,
                                                   TokenOptions(),
                                                   {site_.portal_origin}});
  ASSERT_OK(core_->Start());
}

RegistryTestCase::Replica::Replica(RegistryTestCase& test)
    : deciders(test.memory_, test.clock_, test.random_, test.executor_,
               kService),
      core({test.memory_, deciders, test.clock_, test.random_, test.site_.rp_id,
            test.TokenOptions()}) {}

std::unique_ptr<RegistryTestCase::Replica> RegistryTestCase::NewReplica() {
  return std::make_unique<Replica>(*this);
}

void RegistryTestCase::NextRequest() {
  site_.request_id = absl::StrFormat("%032x", ++requests_);
  command_id_ = proof::CommandId(
      site_.tenant, proof::Requester(kRequester, site_.alice.account),
      site_.request_id, 0);
}

void RegistryTestCase::MakeAccount(const std::string& id) {
  v1::CreateAccountRequest request;
  request.set_account_id(id);
  ASSERT_OK(core_->accounts().CreateAccount(operator_, request));
}

void RegistryTestCase::MakeSite(const std::string& id,
                                const std::string& owner) {
  v1::CreateSiteRequest request;
  request.set_site_id(id);
  request.mutable_site()->set_owner(owner);
  ASSERT_OK(core_->accounts().CreateSite(operator_, request));
}

void RegistryTestCase::MakeGateway(const proof::FakeGateway& gateway) {
  v1::CreateGatewayRequest request;
  request.set_gateway_id(gateway.id);
  request.mutable_gateway()->set_site(gateway.site);
  request.mutable_gateway()->set_public_key(gateway.key.public_key().Spki());
  ASSERT_OK(core_->gateways().CreateGateway(operator_, request));
}

void RegistryTestCase::MakeModel() {
  v1::UpdateModelRequest request;
  v1::Model& model = *request.mutable_model();
  model.set_name("models/lock");
  AddOperation(model, "door.unlock", proof::TouchRule());
  AddOperation(model, "lamp.on", proof::FreeRule());
  AddOperation(model, "bomb.arm", proof::ForbiddenRule());
  AddOperation(model, "camera.on", absl::nullopt);
  ASSERT_OK(core_->policies().UpdateModel(operator_, request));
}

void RegistryTestCase::ImportDevice(const std::string& id, bool kit) {
  v1::ImportDevicesRequest request;
  request.set_request_id(absl::StrFormat("%032x", ++requests_));
  v1::DeviceImport& device = *request.add_devices();
  device.set_device_id(id);
  device.set_model("lock");
  device.set_factory_key(proof::FakeKey(id).public_key().point());
  device.set_kit(kit);
  ASSERT_OK(core_->device_import().ImportDevices(operator_, request));
}

void RegistryTestCase::ClaimDevice(const std::string& id,
                                   const std::string& account) {
  v1::ClaimDeviceRequest request;
  request.set_name("devices/" + id);
  request.set_account(account);
  ASSERT_OK(core_->device_claim().ClaimDevice(client_, request));
}

void RegistryTestCase::MakeWorld() {
  MakeAccount("alice");
  MakeSite("home", "alice");
  MakeGateway(site_.gw1);
  MakeModel();
  ImportDevice("lock-1");
  ClaimDevice("lock-1", "alice");
}

v1::ApplyRequest RegistryTestCase::EnrolRequest(
    proof::FakeToken& token, std::vector<proof::FakeTouch> touches,
    const std::string& lease_site, bool recovery) {
  const proof::v1::EnrolmentProof enrolment = proof::FakeEnrolment(
      site_, token,
      proof::FakeEnrolCommand(site_, token, 0, recovery, lease_site),
      std::move(touches));
  v1::ApplyRequest request;
  request.set_tenant("acme");
  *request.mutable_approvals() = enrolment.proof().approvals();
  request.add_items()->set_command(enrolment.command());
  *request.mutable_evidence()->mutable_registration() =
      enrolment.registration();
  return request;
}

v1::ApplyRequest RegistryTestCase::AccountActRequest(
    const std::string& operation, const std::string& arguments,
    std::vector<proof::FakeTouch> touches) {
  NextRequest();
  proof::v1::Command command = site_.Command(operation, arguments);
  command.set_device(proof::AccountTarget("alice"));
  proof::FakeRequest fake;
  fake.purpose = proof::v1::PURPOSE_TOKEN;
  fake.commands = {proof::Encode(command)};
  fake.touches = std::move(touches);
  v1::ApplyRequest request;
  request.set_tenant("acme");
  *request.mutable_approvals() = site_.Prove(fake).approvals();
  request.add_items()->set_command(fake.commands[0]);
  return request;
}

void RegistryTestCase::Enrol(proof::FakeToken& token) {
  NextRequest();
  ASSERT_OK(core_->applier().Apply(
      gate_, EnrolRequest(token, {{&token, &site_.gw1}})));
}

void RegistryTestCase::MakeEnrolledWorld() {
  MakeWorld();
  Enrol(site_.alice);
}

v1::ArmRequest RegistryTestCase::ArmRequest() {
  v1::ArmRequest request;
  request.set_tenant("acme");
  request.set_account("alice");
  request.set_site("home");
  request.add_devices("lock-1");
  request.set_kind(common::v1::BINDING_KIND_PERMANENT);
  request.set_command_id(command_id_);
  *request.mutable_deadline() = ToTimestamp(UnixMillis(clock_) + 120'000);
  return request;
}

gateway::v1::DeviceProof RegistryTestCase::DeviceProof(
    const v1::Transaction& transaction) {
  const v1::TransactionDevice& entry = transaction.devices(0);
  const std::string id = transaction.name().substr(strlen("transactions/"));
  gateway::v1::DeviceProof proof;
  proof.set_transaction(id);
  proof.set_device(entry.device());
  proof.set_factory_point(entry.factory_key());
  proof.set_signature(device_key_.Sign(crypto::Sha256(
      {proof::domain::kDevice, crypto::LengthPrefixed(entry.nonce()),
       crypto::LengthPrefixed(id),
       crypto::LengthPrefixed(site_.gw1.key.public_key().point())})));
  return proof;
}

v1::StageRequest RegistryTestCase::StageRequest(
    const v1::Transaction& transaction) {
  v1::StageRequest request;
  request.set_tenant("acme");
  request.set_transaction(transaction.name().substr(strlen("transactions/")));
  request.set_gateway("gw-1");
  *request.add_proofs() = DeviceProof(transaction);
  return request;
}

proof::v1::PinSet RegistryTestCase::PlannedPins() {
  v1::PlanPinsRequest request;
  request.set_purpose(proof::v1::PURPOSE_PROVISION);
  request.add_devices("lock-1");
  request.set_account("alice");
  request.set_site("home");
  const auto plan = core_->planner().PlanPins(client_, request);
  EXPECT_OK(plan);
  return plan.ok() ? plan->plans(0).readable() : proof::v1::PinSet();
}

void RegistryTestCase::ArmAndStage() {
  NextRequest();
  ASSERT_OK_AND_ASSIGN(const auto armed,
                       core_->transactions().Arm(gate_, ArmRequest()));
  ASSERT_OK(
      core_->transactions().Stage(gate_, StageRequest(armed.transaction())));
}

v1::ApplyRequest RegistryTestCase::PinsRequest(const proof::v1::PinSet& pins) {
  proof::FakeRequest fake;
  fake.purpose = proof::v1::PURPOSE_PROVISION;
  fake.commands = {
      site_.CommandBytes("u2fi.pins", proof::PinSet::Encode(pins)->bytes())};
  fake.touches = {{&site_.alice, &site_.gw1}};
  const proof::v1::Proof proof = site_.Prove(fake);
  v1::ApplyRequest request;
  request.set_tenant("acme");
  *request.mutable_approvals() = proof.approvals();
  request.add_items()->set_command(fake.commands[0]);
  request.set_transaction(command_id_);
  return request;
}

void RegistryTestCase::MakeBoundWorld() {
  MakeEnrolledWorld();
  ArmAndStage();
  ASSERT_OK(core_->applier().Apply(gate_, PinsRequest(PlannedPins())));
}

v1::ResolveRequest RegistryTestCase::ResolveRequest(
    const std::string& operation) {
  v1::ResolveRequest request;
  request.set_tenant("acme");
  request.set_on_behalf_of("alice");
  request.set_purpose(proof::v1::PURPOSE_COMMAND);
  v1::ResolveItem& item = *request.add_items();
  item.set_device("lock-1");
  item.set_operation(operation);
  return request;
}

v1::ConfirmRequest RegistryTestCase::ConfirmRequest() {
  const v1::Device device = Device();
  v1::ConfirmRequest request;
  request.set_tenant("acme");
  request.set_gateway("gw-1");
  gateway::v1::BindingResult& result = *request.add_results();
  result.set_transaction(command_id_);
  result.set_device("lock-1");
  result.set_command_id(command_id_);
  result.set_pins_revision(device.pins_revision());
  result.set_pins_hash(device.pins_hash());
  return request;
}

absl::Status RegistryTestCase::Tell(const v1::TokenWord& word) {
  v1::ReportTokensRequest request;
  request.set_tenant("acme");
  *request.add_words() = word;
  return core_->words().ReportTokens(attestation_, request).status();
}

v1::Device RegistryTestCase::Device(const std::string& id) {
  v1::GetDeviceRequest request;
  request.set_name("devices/" + id);
  const auto device = core_->reader().GetDevice(operator_, request);
  EXPECT_OK(device);
  return device.ok() ? device->device() : v1::Device();
}

v1::Account RegistryTestCase::Account(const std::string& id) {
  v1::GetAccountRequest request;
  request.set_name("accounts/" + id);
  const auto account = core_->accounts().GetAccount(operator_, request);
  EXPECT_OK(account);
  return account.ok() ? account->account() : v1::Account();
}

v1::Transaction RegistryTestCase::Transaction(const std::string& id) {
  v1::GetTransactionRequest request;
  request.set_name("transactions/" + id);
  const auto found = core_->reader().GetTransaction(operator_, request);
  EXPECT_OK(found);
  return found.ok() ? found->transaction() : v1::Transaction();
}

size_t RegistryTestCase::AuditRows() {
  const auto partition = store::Partition::Make(kService, "acme");
  const auto rows = memory_.Scan(*partition, "audit/row/", "", 1000);
  EXPECT_OK(rows);
  return rows.ok() ? rows->items.size() : 0;
}

int RegistryTestCase::Commits() {
  return store_.SuccessfulCommits(store::Durability::kReplicated);
}

}  // namespace u2fi::device_registry
