#include "services/device-registry/event_stream.h"

#include "gmock/gmock.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::WatchEventsRequest RequestOf(const std::string& tenant) {
  v1::WatchEventsRequest request;
  request.set_tenant(tenant);
  return request;
}

TEST(FilterOfTest, AnOperatorHearsOfTheOwnTenant) {
  ASSERT_OK_AND_ASSIGN(
      const auto filter,
      FilterOf(rpc::TestCaller("operator/acme/olga"), RequestOf("")));
  EXPECT_EQ(filter.tenant, "acme");
  EXPECT_THAT(filter.kinds, IsEmpty());
}

TEST(FilterOfTest, AnOperatorHearsOfNoOther) {
  EXPECT_THAT(
      FilterOf(rpc::TestCaller("operator/acme/olga"), RequestOf("other")),
      HasReason(reason::kTenantMismatch));
}

TEST(FilterOfTest, AnOperatorDoesNotHearOfAll) {
  EXPECT_THAT(FilterOf(rpc::TestCaller("operator/acme/olga"), RequestOf("-")),
              HasReason(reason::kTenantMismatch));
}

TEST(FilterOfTest, ThePlatformsOperatorDoesNotHearOfAllEither) {
  EXPECT_THAT(FilterOf(rpc::TestCaller("operator/-/root"), RequestOf("-")),
              HasReason(reason::kInvalidField));
}

TEST(FilterOfTest, AServiceHearsOfOneTenant) {
  ASSERT_OK_AND_ASSIGN(
      const auto filter,
      FilterOf(rpc::TestCaller("service/command-gate"), RequestOf("acme")));
  EXPECT_EQ(filter.tenant, "acme");
}

TEST(FilterOfTest, AServiceHearsOfAll) {
  ASSERT_OK_AND_ASSIGN(
      const auto filter,
      FilterOf(rpc::TestCaller("service/command-gate"), RequestOf("-")));
  EXPECT_EQ(filter.tenant, "");
}

TEST(FilterOfTest, AServiceDoesNotHearOfAllByAccident) {
  EXPECT_THAT(FilterOf(rpc::TestCaller("service/command-gate"), RequestOf("")),
              HasReason(reason::kInvalidField));
}

TEST(FilterOfTest, KindsNarrowIt) {
  v1::WatchEventsRequest request = RequestOf("");
  request.add_kinds(v1::EVENT_KIND_DEVICE);
  request.add_kinds(v1::EVENT_KIND_DEVICE);
  ASSERT_OK_AND_ASSIGN(const auto filter,
                       FilterOf(rpc::TestCaller("client/acme/app"), request));
  EXPECT_THAT(filter.kinds, ElementsAre(v1::EVENT_KIND_DEVICE));
}

TEST(FilterOfTest, RefusesAKindThatIsUnset) {
  v1::WatchEventsRequest request = RequestOf("");
  request.add_kinds(v1::EVENT_KIND_UNSPECIFIED);
  EXPECT_THAT(FilterOf(rpc::TestCaller("client/acme/app"), request),
              HasReason(reason::kInvalidField));
}

TEST(FilterOfTest, RefusesAKindThatIsUnknown) {
  v1::WatchEventsRequest request = RequestOf("");
  request.add_kinds(static_cast<v1::EventKind>(999));
  EXPECT_THAT(FilterOf(rpc::TestCaller("client/acme/app"), request),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::device_registry
