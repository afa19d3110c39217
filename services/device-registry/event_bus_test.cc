#include "services/device-registry/event_bus.h"

#include <vector>

#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "services/device-registry/tenant_directory.h"

namespace u2fi::device_registry {
namespace {

using store::FaultyStore;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EventBusTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(bus_.Start()); }

  void Publish(const std::string& tenant, const std::string& resource,
               v1::EventKind kind = v1::EVENT_KIND_DEVICE) {
    v1::WatchEventsResponse event;
    event.set_tenant(tenant);
    event.set_kind(kind);
    event.set_resource(resource);
    bus_.Publish(event);
    memory_.FlushHints();
  }

  // Writes down what it hears: the resource, or "gap".
  EventBus::Callback Listener() {
    return [this](const EventBus::Event& event) {
      heard_.push_back(event.has_value() ? event->resource() : "gap");
    };
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  FaultyStore store_{memory_};
  EventBus bus_{store_};
  std::vector<std::string> heard_;
};

TEST_F(EventBusTest, TellsWhatChanged) {
  const auto watch = bus_.Subscribe({}, Listener());
  Publish("acme", "devices/a");
  EXPECT_THAT(heard_, ElementsAre("devices/a"));
}

TEST_F(EventBusTest, TellsOtherReplicas) {
  EventBus other(store_);
  ASSERT_OK(other.Start());
  const auto watch = other.Subscribe({}, Listener());
  Publish("acme", "devices/a");
  EXPECT_THAT(heard_, ElementsAre("devices/a"));
}

TEST_F(EventBusTest, TellsOfOneTenantOnly) {
  const auto watch = bus_.Subscribe({"acme", {}}, Listener());
  Publish("other", "devices/b");
  Publish("acme", "devices/a");
  EXPECT_THAT(heard_, ElementsAre("devices/a"));
}

TEST_F(EventBusTest, TellsOfSomeKindsOnly) {
  const auto watch = bus_.Subscribe({"", {v1::EVENT_KIND_GATEWAY}}, Listener());
  Publish("acme", "devices/a");
  Publish("acme", "gateways/g", v1::EVENT_KIND_GATEWAY);
  EXPECT_THAT(heard_, ElementsAre("gateways/g"));
}

TEST_F(EventBusTest, TellsEverybodyOfAGap) {
  const auto watch =
      bus_.Subscribe({"acme", {v1::EVENT_KIND_GATEWAY}}, Listener());
  memory_.Restart();
  memory_.FlushHints();
  EXPECT_THAT(heard_, ElementsAre("gap"));
}

TEST_F(EventBusTest, AHintThatCannotBeReadIsAGap) {
  const auto watch = bus_.Subscribe({}, Listener());
  ASSERT_OK(store_.Publish(*SharedPartition(), "events", "\xff\xff"));
  memory_.FlushHints();
  EXPECT_THAT(heard_, ElementsAre("gap"));
}

TEST_F(EventBusTest, AWatchThatIsGoneHearsNothing) {
  bus_.Subscribe({}, Listener()).reset();
  Publish("acme", "devices/a");
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(EventBusTest, AnEventThatCannotBeSentIsAGapAndTheNextIsHeard) {
  const auto watch = bus_.Subscribe({}, Listener());
  store_.SetAway(true);
  Publish("acme", "devices/a");
  store_.SetAway(false);
  Publish("acme", "devices/b");
  EXPECT_THAT(heard_, ElementsAre("gap", "devices/b"));
}

TEST_F(EventBusTest, DoesNotStartWithTheStoreAway) {
  EventBus other(store_);
  store_.SetAway(true);
  EXPECT_THAT(other.Start(), HasReason(reason::kStoreUnavailable));
  store_.SetAway(false);
  EXPECT_OK(other.Start());
}

}  // namespace
}  // namespace u2fi::device_registry
