#include "services/device-registry/device_reader.h"

#include "gmock/gmock.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

class DeviceReaderTest : public RegistryTestCase {
 protected:
  DeviceReader& reader() { return core_->reader(); }

  // Names of the devices that the list has.
  std::vector<std::string> Names(const v1::ListDevicesRequest& request) {
    std::vector<std::string> names;
    const auto list = reader().ListDevices(operator_, request);
    EXPECT_OK(list);
    if (!list.ok()) return names;
    for (const v1::Device& device : list->devices()) {
      names.push_back(device.name());
    }
    return names;
  }
};

TEST_F(DeviceReaderTest, AnotherTenantsDeviceIsUnknown) {
  MakeWorld();
  v1::GetDeviceRequest request;
  request.set_name("devices/lock-1");
  EXPECT_OK(reader().GetDevice(client_, request));
  EXPECT_THAT(reader().GetDevice(stranger_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(DeviceReaderTest, ListsByEveryFilter) {
  MakeBoundWorld();
  ImportDevice("lock-2");
  v1::ListDevicesRequest request;
  EXPECT_EQ(Names(request).size(), 2u);
  request.set_account("alice");
  EXPECT_THAT(Names(request), testing::ElementsAre("devices/lock-1"));
  request.set_site("home");
  request.set_gateway("gw-1");
  request.set_model("lock");
  request.set_state(v1::DEVICE_STATE_BOUND);
  EXPECT_THAT(Names(request), testing::ElementsAre("devices/lock-1"));
  request.set_state(v1::DEVICE_STATE_CLAIMED);
  EXPECT_THAT(Names(request), testing::IsEmpty());
}

TEST_F(DeviceReaderTest, ClientsNameAnAccount) {
  MakeWorld();
  v1::ListDevicesRequest request;
  EXPECT_THAT(reader().ListDevices(client_, request),
              HasReason(reason::kInvalidField));
  request.set_account("alice");
  EXPECT_EQ(reader().ListDevices(client_, request)->devices_size(), 1);
}

TEST_F(DeviceReaderTest, RefusesAFilterThatIsNoId) {
  v1::ListDevicesRequest request;
  request.set_site("Home");
  EXPECT_THAT(reader().ListDevices(operator_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(DeviceReaderTest, RefusesAStateThatIsUnknown) {
  v1::ListDevicesRequest request;
  request.set_state(static_cast<v1::DeviceState>(77));
  EXPECT_THAT(reader().ListDevices(operator_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(DeviceReaderTest, ListsBindingsByEveryFilter) {
  MakeBoundWorld();
  v1::ListBindingsRequest request;
  request.set_device("lock-1");
  request.set_account("alice");
  request.set_site("home");
  request.set_state(v1::BINDING_STATE_COMMITTED);
  ASSERT_OK_AND_ASSIGN(const auto list,
                       reader().ListBindings(client_, request));
  ASSERT_EQ(list.bindings_size(), 1);
  EXPECT_EQ(list.bindings(0).command(), command_id());
  request.set_device("lock-2");
  EXPECT_EQ(reader().ListBindings(client_, request)->bindings_size(), 0);
}

TEST_F(DeviceReaderTest, ClientsNameAnAccountForBindingsToo) {
  EXPECT_THAT(reader().ListBindings(client_, {}),
              HasReason(reason::kInvalidField));
}

TEST_F(DeviceReaderTest, RefusesABindingStateThatIsUnknown) {
  v1::ListBindingsRequest request;
  request.set_state(static_cast<v1::BindingState>(77));
  EXPECT_THAT(reader().ListBindings(operator_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(DeviceReaderTest, AnotherTenantsBindingIsUnknown) {
  MakeBoundWorld();
  ASSERT_OK_AND_ASSIGN(const auto list, reader().ListBindings(operator_, {}));
  v1::GetBindingRequest request;
  request.set_name(list.bindings(0).name());
  EXPECT_OK(reader().GetBinding(operator_, request));
  EXPECT_THAT(reader().GetBinding(stranger_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(DeviceReaderTest, PinSetsAreOfOneDevice) {
  MakeBoundWorld();
  ImportDevice("lock-2");
  v1::ListPinRevisionsRequest request;
  request.set_device("lock-2");
  EXPECT_EQ(reader().ListPinRevisions(client_, request)->pin_revisions_size(),
            0);
  request.set_device("lock-3");
  EXPECT_THAT(reader().ListPinRevisions(client_, request),
              HasReason(reason::kResourceUnknown));
  request.set_device("");
  EXPECT_THAT(reader().ListPinRevisions(client_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(DeviceReaderTest, AnotherTenantsPinSetsAreUnknown) {
  MakeBoundWorld();
  v1::ListPinRevisionsRequest request;
  request.set_device("lock-1");
  EXPECT_THAT(reader().ListPinRevisions(stranger_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(DeviceReaderTest, AnotherTenantsTransactionIsUnknown) {
  MakeBoundWorld();
  v1::GetTransactionRequest request;
  request.set_name("transactions/" + command_id());
  EXPECT_OK(reader().GetTransaction(client_, request));
  EXPECT_THAT(reader().GetTransaction(stranger_, request),
              HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::device_registry
