// Walks the descriptors: every rpc × every kind of caller, and every rpc as
// another tenant, so that a new rpc cannot be forgotten.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "tests/integration/api/api_server.h"
#include "u2fi/common/v1/options.pb.h"

namespace u2fi {
namespace {

using common::v1::AllowedCallers;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// In every record of tenant t1 that has a text of its own.
constexpr char kMarker[] = "only-tenant-one-reads-this";

struct Identity {
  std::string uri_path;
  common::v1::Role role;
  // Of a service.
  std::string service;
};

std::vector<Identity> IdentitiesOf(const std::string& tenant) {
  std::vector<Identity> identities = {
      {absl::StrCat("gateway/", tenant, "/s1/g1"), common::v1::ROLE_GATEWAY,
       ""},
      {absl::StrCat("operator/", tenant, "/olga"), common::v1::ROLE_OPERATOR,
       ""},
      {absl::StrCat("client/", tenant, "/app"), common::v1::ROLE_CLIENT, ""},
      {"operator/-/root", common::v1::ROLE_PLATFORM_OPERATOR, ""}};
  for (const char* service : {"challenge", "attestation", "device-registry",
                              "command-gate", "portal"}) {
    identities.push_back(
        {absl::StrCat("service/", service), common::v1::ROLE_SERVICE, service});
  }
  return identities;
}

bool MayCall(const Identity& identity, const MethodDescriptor& method) {
  const AllowedCallers& callers =
      method.options().GetExtension(common::v1::callers);
  const auto& roles = callers.roles();
  if (std::find(roles.begin(), roles.end(), identity.role) == roles.end()) {
    return false;
  }
  const auto& services = callers.services();
  return identity.role != common::v1::ROLE_SERVICE ||
         std::find(services.begin(), services.end(), identity.service) !=
             services.end();
}

// The rpcs that the listener serves: not those between replicas, and not those
// of the agent's own socket.
std::vector<const MethodDescriptor*> ServedMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const ServiceDescriptor* service : AllServices()) {
    if (service->name() == "ReplicaLink" || service->name() == "AgentLocal") {
      continue;
    }
    for (int i = 0; i < service->method_count(); ++i) {
      methods.push_back(service->method(i));
    }
  }
  return methods;
}

// A text for a field of this name that means a resource of tenant t1.
std::string TextFor(const MethodDescriptor& method,
                    const FieldDescriptor& field) {
  const std::map<std::string, std::string> by_field = {
      {"tenant", "t1"},
      {"account", "ann"},
      {"on_behalf_of", "ann"},
      {"owner", "ann"},
      {"device", "cam-1"},
      {"devices", "cam-1"},
      {"site", "s1"},
      {"gateway", "g1"},
      {"gateways", "g1"},
      {"model", "camera"},
      {"operation", "camera.on"},
      {"request_id", std::string(32, 'a')}};
  const auto found = by_field.find(field.name());
  if (found != by_field.end()) return found->second;
  if (field.name() != "name") return "";
  const std::string& rpc = method.name();
  if (absl::StrContains(rpc, "Account")) return "accounts/ann";
  if (absl::StrContains(rpc, "Site")) return "sites/s1";
  if (absl::StrContains(rpc, "Gateway")) return "gateways/g1";
  if (absl::StrContains(rpc, "Model")) return "models/camera";
  if (absl::StrContains(rpc, "Policy")) return "policies/devices/cam-1";
  return "devices/cam-1";
}

// Fills what can be filled, so that a request gets past the first checks.
void Fill(const MethodDescriptor& method, int depth, Message& message) {
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const std::string text = TextFor(method, field);
      if (text.empty()) continue;
      field.is_repeated() ? reflection.AddString(&message, &field, text)
                          : reflection.SetString(&message, &field, text);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
               depth < 3 && !field.is_map() &&
               field.containing_oneof() == nullptr) {
      Fill(method, depth + 1,
           field.is_repeated() ? *reflection.AddMessage(&message, &field)
                               : *reflection.MutableMessage(&message, &field));
    }
  }
}

std::string RequestFor(const MethodDescriptor& method) {
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<Message> request(
      factory.GetPrototype(method.input_type())->New());
  Fill(method, 0, *request);
  return request->SerializeAsString();
}

class CallersWalkTest : public testing::Test {
 protected:
  void MakeRecordsOfTenantOne() {
    const rpc::Caller olga = rpc::TestCaller("operator/t1/olga");
    device_registry::v1::CreateAccountRequest account;
    account.set_account_id("ann");
    account.mutable_account()->set_display_name(kMarker);
    ASSERT_OK(server_.registry().accounts().CreateAccount(olga, account));
    device_registry::v1::CreateSiteRequest site;
    site.set_site_id("s1");
    site.mutable_site()->set_owner("ann");
    site.mutable_site()->set_display_name(kMarker);
    ASSERT_OK(server_.registry().accounts().CreateSite(olga, site));
    device_registry::v1::CreateGatewayRequest gateway;
    gateway.set_gateway_id("g1");
    gateway.mutable_gateway()->set_site("s1");
    gateway.mutable_gateway()->set_display_name(kMarker);
    gateway.mutable_gateway()->set_public_key(
        crypto::P256PrivateKey::Generate().public_key().Spki());
    ASSERT_OK(server_.registry().gateways().CreateGateway(olga, gateway));
    MakeDeviceOfTenantOne(olga);
  }

  void MakeDeviceOfTenantOne(const rpc::Caller& olga) {
    device_registry::v1::UpdateModelRequest model;
    model.mutable_model()->set_name("models/camera");
    model.mutable_model()->set_display_name(kMarker);
    ASSERT_OK(server_.registry().policies().UpdateModel(olga, model));
    device_registry::v1::ImportDevicesRequest devices;
    devices.set_request_id(std::string(32, '1'));
    device_registry::v1::DeviceImport& camera = *devices.add_devices();
    camera.set_device_id("cam-1");
    camera.set_model("camera");
    camera.set_factory_key(
        crypto::P256PrivateKey::Generate().public_key().point());
    ASSERT_OK(server_.registry().device_import().ImportDevices(olga, devices));
    device_registry::v1::ClaimDeviceRequest claim;
    claim.set_name("devices/cam-1");
    claim.set_account("ann");
    ASSERT_OK(server_.registry().device_claim().ClaimDevice(
        rpc::TestCaller("client/t1/app"), claim));
  }

  // Everything that the services keep of tenant t1.
  std::map<std::string, std::string> StoredOfTenantOne() {
    std::map<std::string, std::string> stored;
    for (const char* service :
         {"device-registry", "attestation", "challenge", "command-gate"}) {
      const auto partition = store::Partition::Make(service, "t1");
      const auto page =
          server_.store().Scan(*partition, "", "", store::kMaxScanLimit);
      EXPECT_OK(page);
      EXPECT_FALSE(page->more);
      for (const store::Item& item : page->items) {
        stored[absl::StrCat(service, ":", item.key)] = item.value;
      }
    }
    return stored;
  }

  ApiServer server_;
};

TEST_F(CallersWalkTest, EveryRpcRefusesEveryCallerThatItDoesNotName) {
  int refused = 0;
  for (const MethodDescriptor* method : ServedMethods()) {
    for (const Identity& identity : IdentitiesOf("t1")) {
      if (MayCall(identity, *method)) continue;
      const Answer answer = server_.Call(*method, identity.uri_path);
      EXPECT_THAT(rpc::FromGrpcStatus(answer.status),
                  HasReason(reason::kCallerNotAllowed))
          << method->full_name() << " as " << identity.uri_path;
      ++refused;
    }
  }
  // A walk that met nothing would prove nothing.
  EXPECT_GT(refused, 300);
}

TEST_F(CallersWalkTest, NoRpcShowsOrChangesAnotherTenantsData) {
  MakeRecordsOfTenantOne();
  const auto before = StoredOfTenantOne();
  ASSERT_GT(before.size(), 5u);
  for (const MethodDescriptor* method : ServedMethods()) {
    for (const Identity& identity : IdentitiesOf("t2")) {
      if (identity.role == common::v1::ROLE_SERVICE ||
          identity.role == common::v1::ROLE_PLATFORM_OPERATOR ||
          !MayCall(identity, *method)) {
        continue;
      }
      const Answer answer =
          server_.Call(*method, identity.uri_path, RequestFor(*method),
                       absl::Milliseconds(300));
      EXPECT_FALSE(absl::StrContains(answer.response, kMarker))
          << method->full_name() << " as " << identity.uri_path;
    }
  }
  EXPECT_EQ(StoredOfTenantOne(), before);
}

// The same requests as the tenant itself: they do read, so the test above can
// fail.
TEST_F(CallersWalkTest, TheSameRequestsShowTheTenantItsOwnData) {
  MakeRecordsOfTenantOne();
  std::set<std::string> readers;
  for (const MethodDescriptor* method : ServedMethods()) {
    if (!absl::StartsWith(method->name(), "Get") &&
        !absl::StartsWith(method->name(), "List")) {
      continue;
    }
    const Identity olga = {"operator/t1/olga", common::v1::ROLE_OPERATOR, ""};
    if (!MayCall(olga, *method)) continue;
    const Answer answer =
        server_.Call(*method, olga.uri_path, RequestFor(*method));
    if (absl::StrContains(answer.response, kMarker)) {
      readers.insert(method->name());
    }
  }
  EXPECT_THAT(readers, testing::IsSupersetOf({"GetAccount", "GetSite",
                                              "GetGateway", "GetModel"}));
}

}  // namespace
}  // namespace u2fi
