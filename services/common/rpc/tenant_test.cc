#include "services/common/rpc/tenant.h"

#include "gmock/gmock.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

Caller Operator() { return TestCaller("operator/acme/olga"); }
Caller Gate() { return TestCaller("service/command-gate"); }

TEST(TenantOfTest, IsTheCallersOwn) {
  EXPECT_THAT(TenantOf(Operator(), ""), IsOkAndHolds("acme"));
}

TEST(TenantOfTest, MayBeRepeated) {
  EXPECT_THAT(TenantOf(Operator(), "acme"), IsOkAndHolds("acme"));
}

TEST(TenantOfTest, IsNeverAnothersTenant) {
  EXPECT_THAT(TenantOf(Operator(), "other"),
              HasReason(reason::kTenantMismatch));
}

TEST(TenantOfTest, IsAGatewaysOwn) {
  EXPECT_THAT(TenantOf(TestCaller("gateway/acme/home/gw-1"), "other"),
              HasReason(reason::kTenantMismatch));
}

TEST(TenantOfTest, ServicesNameIt) {
  EXPECT_THAT(TenantOf(Gate(), "acme"), IsOkAndHolds("acme"));
}

TEST(TenantOfTest, ServicesMustNameIt) {
  const auto tenant = TenantOf(Gate(), "");
  EXPECT_THAT(tenant, HasReason(reason::kInvalidField));
  EXPECT_THAT(FieldsOf(tenant.status()), ElementsAre(Key("tenant")));
}

TEST(TenantOfTest, ServicesNameAnId) {
  EXPECT_THAT(TenantOf(Gate(), "Acme"), HasReason(reason::kInvalidField));
}

TEST(TenantOfTest, PlatformOperatorsMustNameIt) {
  EXPECT_THAT(TenantOf(TestCaller("operator/-/root"), ""),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::rpc
