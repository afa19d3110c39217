#include "services/device-registry/gateway_admin.h"

#include <vector>

#include "gmock/gmock.h"
#include "services/common/crypto/key_test_util.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;

class GatewayAdminTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeAccount("alice");
    MakeSite("home", "alice");
  }

  GatewayAdmin& admin() { return core_->gateways(); }

  v1::CreateGatewayRequest NewGateway() {
    v1::CreateGatewayRequest request;
    request.set_gateway_id("gw-1");
    request.mutable_gateway()->set_site("home");
    request.mutable_gateway()->set_public_key(
        site_.gw1.key.public_key().Spki());
    return request;
  }

  void ExpectRefused(const v1::CreateGatewayRequest& request,
                     const Reason& reason) {
    const size_t rows = AuditRows();
    EXPECT_THAT(admin().CreateGateway(operator_, request), HasReason(reason));
    EXPECT_EQ(AuditRows(), rows);
  }

  template <typename Request>
  static Request Named() {
    Request request;
    request.set_name("gateways/gw-1");
    request.set_reason("it was stolen");
    return request;
  }
  auto Suspend() {
    return admin().SuspendGateway(operator_,
                                  Named<v1::SuspendGatewayRequest>());
  }
  auto Resume() {
    return admin().ResumeGateway(operator_, Named<v1::ResumeGatewayRequest>());
  }
  auto Revoke() {
    return admin().RevokeGateway(operator_, Named<v1::RevokeGatewayRequest>());
  }

  v1::AdmitGatewayRequest AdmitRequest() {
    v1::AdmitGatewayRequest request;
    request.set_tenant("acme");
    request.set_site("home");
    request.set_gateway("gw-1");
    request.set_public_key(site_.gw1.key.public_key().Spki());
    return request;
  }
};

TEST_F(GatewayAdminTest, MakesAnActiveGateway) {
  ASSERT_OK_AND_ASSIGN(const auto made,
                       admin().CreateGateway(operator_, NewGateway()));
  EXPECT_EQ(made.gateway().name(), "gateways/gw-1");
  EXPECT_EQ(made.gateway().state(), v1::GATEWAY_STATE_ACTIVE);
  EXPECT_EQ(made.gateway().channel_key(), site_.gw1.ChannelKey());
  v1::GetGatewayRequest request;
  request.set_name("gateways/gw-1");
  ASSERT_OK_AND_ASSIGN(const auto found, admin().GetGateway(client_, request));
  EXPECT_EQ(found.gateway().SerializeAsString(),
            made.gateway().SerializeAsString());
}

TEST_F(GatewayAdminTest, RefusesAGatewayThatExists) {
  ASSERT_OK(admin().CreateGateway(operator_, NewGateway()));
  v1::CreateGatewayRequest request = NewGateway();
  request.mutable_gateway()->set_public_key(site_.gw2.key.public_key().Spki());
  ExpectRefused(request, reason::kResourceExists);
}

TEST_F(GatewayAdminTest, RefusesAKeyThatAnotherGatewayHas) {
  ASSERT_OK(admin().CreateGateway(operator_, NewGateway()));
  v1::CreateGatewayRequest request = NewGateway();
  request.set_gateway_id("gw-2");
  ExpectRefused(request, reason::kResourceExists);
}

TEST_F(GatewayAdminTest, OneOfTwoAtATimeGetsTheKey) {
  v1::CreateGatewayRequest other = NewGateway();
  other.set_gateway_id("gw-2");
  store_.BeforeNextCommit([&] {
    ASSERT_OK(NewReplica()->core.gateways().CreateGateway(operator_, other));
  });
  EXPECT_THAT(admin().CreateGateway(operator_, NewGateway()),
              HasReason(reason::kResourceExists));
}

TEST_F(GatewayAdminTest, RefusesASiteThatIsUnknown) {
  v1::CreateGatewayRequest request = NewGateway();
  request.mutable_gateway()->set_site("office");
  ExpectRefused(request, reason::kResourceUnknown);
}

TEST_F(GatewayAdminTest, RefusesAKeyThatIsNone) {
  v1::CreateGatewayRequest request = NewGateway();
  request.mutable_gateway()->set_public_key("key");
  ExpectRefused(request, reason::kPublicKeyInvalid);
}

TEST_F(GatewayAdminTest, RefusesAKeyOfAnotherKind) {
  v1::CreateGatewayRequest request = NewGateway();
  request.mutable_gateway()->set_public_key(
      crypto::TestKey::Generate(crypto::KeyType::kP384).spki());
  ExpectRefused(request, reason::kPublicKeyInvalid);
}

TEST_F(GatewayAdminTest, RefusesAKeyWithTrailingBytes) {
  v1::CreateGatewayRequest request = NewGateway();
  request.mutable_gateway()->mutable_public_key()->push_back('\0');
  ExpectRefused(request, reason::kPublicKeyInvalid);
}

TEST_F(GatewayAdminTest, RefusesAnIdThatIsNone) {
  v1::CreateGatewayRequest request = NewGateway();
  request.set_gateway_id("gw_1");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(GatewayAdminTest, ChecksOnlyIfAsked) {
  v1::CreateGatewayRequest request = NewGateway();
  request.set_validate_only(true);
  ASSERT_OK(admin().CreateGateway(operator_, request));
  EXPECT_OK(admin().CreateGateway(operator_, NewGateway()));
}

TEST_F(GatewayAdminTest, AnotherTenantsGatewayIsUnknown) {
  ASSERT_OK(admin().CreateGateway(operator_, NewGateway()));
  v1::GetGatewayRequest request;
  request.set_name("gateways/gw-1");
  EXPECT_THAT(admin().GetGateway(stranger_, request),
              HasReason(reason::kResourceUnknown));
  EXPECT_THAT(
      admin().RevokeGateway(stranger_, Named<v1::RevokeGatewayRequest>()),
      HasReason(reason::kResourceUnknown));
}

TEST_F(GatewayAdminTest, ListsBySiteAndState) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw1);
  MakeGateway(site_.gw2);
  ASSERT_OK(Suspend());
  v1::ListGatewaysRequest request;
  request.set_site("home");
  EXPECT_EQ(admin().ListGateways(client_, request)->gateways_size(), 1);
  request.set_state(v1::GATEWAY_STATE_ACTIVE);
  EXPECT_EQ(admin().ListGateways(client_, request)->gateways_size(), 0);
  request.clear_site();
  ASSERT_OK_AND_ASSIGN(const auto list, admin().ListGateways(client_, request));
  ASSERT_EQ(list.gateways_size(), 1);
  EXPECT_EQ(list.gateways(0).name(), "gateways/gw-2");
}

TEST_F(GatewayAdminTest, RefusesAStateThatIsUnknown) {
  v1::ListGatewaysRequest request;
  request.set_state(static_cast<v1::GatewayState>(99));
  EXPECT_THAT(admin().ListGateways(client_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(GatewayAdminTest, SuspendsAndResumes) {
  MakeGateway(site_.gw1);
  ASSERT_OK_AND_ASSIGN(const auto suspended, Suspend());
  EXPECT_EQ(suspended.gateway().state(), v1::GATEWAY_STATE_SUSPENDED);
  EXPECT_EQ(suspended.gateway().etag(), "2");
  ASSERT_OK_AND_ASSIGN(const auto resumed, Resume());
  EXPECT_EQ(resumed.gateway().state(), v1::GATEWAY_STATE_ACTIVE);
}

TEST_F(GatewayAdminTest, EachChangeOfStateHasARow) {
  MakeGateway(site_.gw1);
  const size_t rows = AuditRows();
  ASSERT_OK(Suspend());
  ASSERT_OK(Revoke());
  EXPECT_EQ(AuditRows(), rows + 2);
}

TEST_F(GatewayAdminTest, RefusesToSuspendTwice) {
  MakeGateway(site_.gw1);
  ASSERT_OK(Suspend());
  EXPECT_THAT(Suspend(), HasReason(reason::kGatewayState));
}

TEST_F(GatewayAdminTest, RefusesToResumeWhatIsActive) {
  MakeGateway(site_.gw1);
  EXPECT_THAT(Resume(), HasReason(reason::kGatewayState));
}

TEST_F(GatewayAdminTest, RevokedIsForGood) {
  MakeGateway(site_.gw1);
  ASSERT_OK(Revoke());
  EXPECT_THAT(Resume(), HasReason(reason::kGatewayState));
  EXPECT_THAT(Suspend(), HasReason(reason::kGatewayState));
  EXPECT_THAT(Revoke(), HasReason(reason::kGatewayState));
}

TEST_F(GatewayAdminTest, RevokesWhatIsSuspended) {
  MakeGateway(site_.gw1);
  ASSERT_OK(Suspend());
  EXPECT_OK(Revoke());
}

TEST_F(GatewayAdminTest, RefusesALongReason) {
  MakeGateway(site_.gw1);
  v1::SuspendGatewayRequest request = Named<v1::SuspendGatewayRequest>();
  request.set_reason(std::string(257, 'x'));
  EXPECT_THAT(admin().SuspendGateway(operator_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(GatewayAdminTest, AResumptionThatARevocationOvertookIsRefused) {
  MakeGateway(site_.gw1);
  ASSERT_OK(Suspend());
  store_.BeforeNextCommit([this] {
    ASSERT_OK(NewReplica()->core.gateways().RevokeGateway(
        operator_, Named<v1::RevokeGatewayRequest>()));
  });
  EXPECT_THAT(Resume(), HasReason(reason::kGatewayState));
}

TEST_F(GatewayAdminTest, TellsOfASuspensionAndARevocation) {
  MakeGateway(site_.gw1);
  memory_.FlushHints();
  std::vector<std::string> heard;
  const auto watch =
      core_->events().Subscribe({}, [&](const EventBus::Event& event) {
        heard.push_back(v1::EventKind_Name(event->kind()) + event->state());
      });
  ASSERT_OK(Suspend());
  ASSERT_OK(Revoke());
  memory_.FlushHints();
  EXPECT_THAT(heard, ElementsAre("EVENT_KIND_GATEWAYSUSPENDED",
                                 "EVENT_KIND_REVOCATIONS",
                                 "EVENT_KIND_GATEWAYREVOKED"));
}

TEST_F(GatewayAdminTest, AdmitsAGatewayWithItsKey) {
  MakeGateway(site_.gw1);
  ASSERT_OK_AND_ASSIGN(const auto admitted,
                       admin().AdmitGateway(gate_, AdmitRequest()));
  EXPECT_EQ(admitted.revocations().revision(), 0u);
}

TEST_F(GatewayAdminTest, AdmitsNobodyUnknown) {
  EXPECT_THAT(admin().AdmitGateway(gate_, AdmitRequest()),
              HasReason(reason::kResourceUnknown));
}

TEST_F(GatewayAdminTest, AdmitsNobodyOfAnotherTenant) {
  MakeGateway(site_.gw1);
  v1::AdmitGatewayRequest request = AdmitRequest();
  request.set_tenant("other");
  EXPECT_THAT(admin().AdmitGateway(gate_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(GatewayAdminTest, AdmitsNobodyAtAnotherSite) {
  MakeGateway(site_.gw1);
  v1::AdmitGatewayRequest request = AdmitRequest();
  request.set_site("office");
  EXPECT_THAT(admin().AdmitGateway(gate_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(GatewayAdminTest, AdmitsNobodyWithAnotherKey) {
  MakeGateway(site_.gw1);
  v1::AdmitGatewayRequest request = AdmitRequest();
  request.set_public_key(site_.gw2.key.public_key().Spki());
  EXPECT_THAT(admin().AdmitGateway(gate_, request),
              HasReason(reason::kGatewayKeyMismatch));
}

TEST_F(GatewayAdminTest, AdmitsNobodySuspendedOrRevoked) {
  MakeGateway(site_.gw1);
  ASSERT_OK(Suspend());
  EXPECT_THAT(admin().AdmitGateway(gate_, AdmitRequest()),
              HasReason(reason::kGatewayNotActive));
  ASSERT_OK(Revoke());
  EXPECT_THAT(admin().AdmitGateway(gate_, AdmitRequest()),
              HasReason(reason::kGatewayNotActive));
}

TEST_F(GatewayAdminTest, GivesTheWholeDenyListAtAdmission) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw1);
  MakeGateway(site_.gw2);
  ASSERT_OK(Revoke());
  v1::AdmitGatewayRequest request = AdmitRequest();
  request.set_gateway("gw-2");
  request.set_site("office");
  request.set_public_key(site_.gw2.key.public_key().Spki());
  ASSERT_OK_AND_ASSIGN(const auto admitted,
                       admin().AdmitGateway(gate_, request));
  EXPECT_GT(admitted.revocations().revision(), 0u);
  EXPECT_EQ(admitted.revocations().since_revision(), 0u);
  EXPECT_THAT(admitted.revocations().gateways(), ElementsAre("gw-1"));
}

}  // namespace
}  // namespace u2fi::device_registry
