#include "services/device-registry/lost_gateways.h"

#include "gtest/gtest.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

// A gateway, and a replica of the store that knows of nothing later.
class LostGatewaysTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeAccount("alice");
    MakeSite("home", "alice");
    MakeGateway(site_.gw1);
    replica_ = memory_.TakeBackup();
  }

  template <typename Request>
  static Request Named() {
    Request request;
    request.set_name("gateways/gw-1");
    return request;
  }
  void Suspend() {
    ASSERT_OK(core_->gateways().SuspendGateway(
        operator_, Named<v1::SuspendGatewayRequest>()));
  }
  void Resume() {
    ASSERT_OK(core_->gateways().ResumeGateway(
        operator_, Named<v1::ResumeGatewayRequest>()));
  }
  void Revoke() {
    ASSERT_OK(core_->gateways().RevokeGateway(
        operator_, Named<v1::RevokeGatewayRequest>()));
  }
  v1::GatewayState State() {
    const auto found =
        core_->gateways().GetGateway(operator_, Named<v1::GetGatewayRequest>());
    EXPECT_OK(found);
    return found.ok() ? found->gateway().state()
                      : v1::GATEWAY_STATE_UNSPECIFIED;
  }
  // Whether it may connect.
  absl::Status Admit() {
    v1::AdmitGatewayRequest request;
    request.set_tenant("acme");
    request.set_site("home");
    request.set_gateway("gw-1");
    request.set_public_key(site_.gw1.key.public_key().Spki());
    return core_->gateways().AdmitGateway(gate_, request).status();
  }
  // The replica is promoted, and the audit is back.
  void FailOver() {
    memory_.FailOverTo(replica_);
    ASSERT_OK(deciders_->Follow());
  }
  absl::Status Apply() {
    return LostGateways(core_->gateways(), lost_).Apply();
  }

  store::MemoryStore::Backup replica_;
};

TEST_F(LostGatewaysTest, ARevokedOneIsRevokedAgain) {
  Revoke();
  FailOver();
  ASSERT_OK(Admit()) << "it was to be lost";
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::GATEWAY_STATE_REVOKED);
  EXPECT_THAT(Admit(), HasReason(reason::kGatewayNotActive));
}

TEST_F(LostGatewaysTest, ASuspendedOneIsSuspendedAgain) {
  Suspend();
  FailOver();
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::GATEWAY_STATE_SUSPENDED);
}

TEST_F(LostGatewaysTest, OneThatWasResumedStaysActive) {
  Suspend();
  Resume();
  FailOver();
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::GATEWAY_STATE_ACTIVE);
}

TEST_F(LostGatewaysTest, AResumptionThatIsLostGivesNothingBack) {
  Suspend();
  replica_ = memory_.TakeBackup();
  Resume();
  FailOver();
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::GATEWAY_STATE_SUSPENDED);
}

TEST_F(LostGatewaysTest, WhatWasNotLostIsNotWrittenAgain) {
  Revoke();
  replica_ = memory_.TakeBackup();
  FailOver();
  const size_t rows = AuditRows();
  ASSERT_OK(Apply());
  EXPECT_EQ(AuditRows(), rows);
}

TEST_F(LostGatewaysTest, OneThatWasLostItselfIsNobody) {
  replica_ = store::MemoryStore::Backup();
  Revoke();
  FailOver();
  EXPECT_OK(Apply());
}

TEST_F(LostGatewaysTest, WhileTheStoreIsAwayItIsNotForgotten) {
  Revoke();
  FailOver();
  store_.SetAway(true);
  EXPECT_THAT(Apply(), HasReason(reason::kStoreUnavailable));
  store_.SetAway(false);
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::GATEWAY_STATE_REVOKED);
}

}  // namespace
}  // namespace u2fi::device_registry
