#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/gateway_key_act.h"
#include "services/device-registry/gateway_key_admin.h"
#include "services/device-registry/registry_test_case.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

const std::string kGatewayKey(proof::kOperationGatewayKey);

// gw-1 at home, of alice, gets the key of `next_`.
class GatewayKeyTest : public RegistryTestCase {
 protected:
  v1::Gateway Gateway(const std::string& id = "gw-1") {
    v1::GetGatewayRequest request;
    request.set_name("gateways/" + id);
    const auto response = core_->gateways().GetGateway(operator_, request);
    EXPECT_OK(response);
    return response->gateway();
  }
  v1::ReplaceGatewayKeyRequest Request() {
    v1::ReplaceGatewayKeyRequest request;
    request.set_name("gateways/gw-1");
    request.set_public_key(next_.key.public_key().Spki());
    request.set_etag(Gateway().etag());
    return request;
  }
  auto Replace(const v1::ReplaceGatewayKeyRequest& request) {
    return core_->gateway_keys().ReplaceGatewayKey(operator_, request);
  }
  void ExpectNotReplaced(const v1::ReplaceGatewayKeyRequest& request,
                         const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Replace(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
  }
  // May a gateway with that certificate connect?
  absl::Status Admit(const proof::FakeGateway& gateway) {
    v1::AdmitGatewayRequest request;
    request.set_tenant("acme");
    request.set_site("home");
    request.set_gateway("gw-1");
    request.set_public_key(gateway.key.public_key().Spki());
    return core_->gateways().AdmitGateway(gate_, request).status();
  }
  void Revoke() {
    v1::RevokeGatewayRequest request;
    request.set_name("gateways/gw-1");
    ASSERT_OK(core_->gateways().RevokeGateway(operator_, request));
  }

  // The same gateway with another key.
  proof::FakeGateway next_{[] {
    proof::FakeGateway gateway("gw-1-next", "home");
    gateway.id = "gw-1";
    return gateway;
  }()};
};

// Without a token of alice, so nobody has to agree.
class GatewayKeyAdminTest : public GatewayKeyTest {
 protected:
  void SetUp() override { MakeWorld(); }
};

TEST_F(GatewayKeyAdminTest, WhereNobodyCouldTouchTheKeyIsReplacedAtOnce) {
  const size_t rows = AuditRows();
  const std::string before = Gateway().etag();
  ASSERT_OK_AND_ASSIGN(const auto replaced, Replace(Request()));
  EXPECT_EQ(replaced.gateway().public_key(), next_.key.public_key().Spki());
  EXPECT_EQ(replaced.gateway().channel_key(), next_.ChannelKey());
  EXPECT_EQ(replaced.gateway().pending_public_key(), "");
  EXPECT_NE(replaced.gateway().etag(), before);
  EXPECT_EQ(AuditRows(), rows + 1);
  EXPECT_OK(Admit(next_));
  EXPECT_THAT(Admit(site_.gw1), HasReason(reason::kGatewayKeyMismatch));
}

TEST_F(GatewayKeyAdminTest, WhoeverHoldsItsStreamIsTold) {
  memory_.FlushHints();
  std::vector<std::string> heard;
  const auto watch =
      core_->events().Subscribe({}, [&](const EventBus::Event& event) {
        heard.push_back(event->resource() + " " + event->reason());
      });
  ASSERT_OK(Replace(Request()));
  memory_.FlushHints();
  EXPECT_THAT(heard,
              testing::ElementsAre("gateways/gw-1 GATEWAY_KEY_MISMATCH"));
}

TEST_F(GatewayKeyAdminTest, AKeyMustBeOne) {
  v1::ReplaceGatewayKeyRequest request = Request();
  request.set_public_key("no key");
  ExpectNotReplaced(request, reason::kPublicKeyInvalid);
}

TEST_F(GatewayKeyAdminTest, TheEtagIsThePresentOne) {
  v1::ReplaceGatewayKeyRequest request = Request();
  request.set_etag("0");
  ExpectNotReplaced(request, reason::kEtagMismatch);
  request.clear_etag();
  ExpectNotReplaced(request, reason::kEtagMismatch);
}

TEST_F(GatewayKeyAdminTest, AKeyNamesOneGatewayAndDoesNotComeBack) {
  v1::ReplaceGatewayKeyRequest request = Request();
  request.set_public_key(site_.gw1.key.public_key().Spki());
  ExpectNotReplaced(request, reason::kResourceExists);
  ASSERT_OK(Replace(Request()));
  request.set_etag(Gateway().etag());
  ExpectNotReplaced(request, reason::kResourceExists);
}

TEST_F(GatewayKeyAdminTest, ARevokedGatewayGetsNone) {
  Revoke();
  ExpectNotReplaced(Request(), reason::kGatewayState);
}

TEST_F(GatewayKeyAdminTest, AnUnknownGatewayIsUnknown) {
  v1::ReplaceGatewayKeyRequest request = Request();
  request.set_name("gateways/gw-99");
  ExpectNotReplaced(request, reason::kResourceUnknown);
}

TEST_F(GatewayKeyAdminTest, AnotherTenantsGatewayIsUnknown) {
  EXPECT_THAT(core_->gateway_keys().ReplaceGatewayKey(stranger_, Request()),
              HasReason(reason::kResourceUnknown));
}

// With alice's token, enrolled at gw-1: nothing happens without its touch.
class GatewayKeyActTest : public GatewayKeyTest {
 protected:
  void SetUp() override {
    MakeEnrolledWorld();
    ASSERT_OK(Replace(Request()));
  }
  proof::v1::GatewayKeyArguments Arguments() {
    proof::v1::GatewayKeyArguments arguments;
    arguments.set_format(1);
    arguments.set_gateway("gw-1");
    arguments.set_old_channel_key(site_.gw1.ChannelKey());
    arguments.set_new_point(next_.key.public_key().point());
    return arguments;
  }
  v1::ApplyRequest Asked(const proof::v1::GatewayKeyArguments& arguments) {
    return AccountActRequest(kGatewayKey, proof::Encode(arguments),
                             {{&site_.alice, &site_.gw1}});
  }
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request) {
    return core_->applier().Apply(gate_, request);
  }
  void ExpectRefused(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Apply(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
  }
};

TEST_F(GatewayKeyActTest, WithoutTheTouchTheKeyOnlyWaits) {
  EXPECT_EQ(Gateway().pending_public_key(), next_.key.public_key().Spki());
  EXPECT_EQ(Gateway().channel_key(), site_.gw1.ChannelKey());
  EXPECT_OK(Admit(site_.gw1));
  EXPECT_THAT(Admit(next_), HasReason(reason::kGatewayKeyMismatch));
}

TEST_F(GatewayKeyActTest, TheTouchReplacesTheKeyHereAndInTheAccountsList) {
  const size_t rows = AuditRows();
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(Asked(Arguments())));
  EXPECT_EQ(applied.results(0).resource(), "gateways/gw-1");
  EXPECT_EQ(Gateway().channel_key(), next_.ChannelKey());
  EXPECT_EQ(Gateway().pending_public_key(), "");
  EXPECT_THAT(Admit(site_.gw1), HasReason(reason::kGatewayKeyMismatch));
  EXPECT_OK(Admit(next_));
  ASSERT_EQ(Account().gateways_size(), 1);
  EXPECT_EQ(Account().gateways(0).channel_key(), next_.ChannelKey());
  EXPECT_NE(Account().gateways_hash(), "");
  EXPECT_EQ(AuditRows(), rows + 1);
}

TEST_F(GatewayKeyActTest, TheOthersInTheListStayAsTheyAre) {
  proof::FakeGateway gw9("gw-9", "cottage");
  MakeSite("cottage", "alice");
  MakeGateway(gw9);
  proof::v1::AccountGatewaysArguments list;
  list.set_format(1);
  for (const proof::FakeGateway* gateway :
       {static_cast<const proof::FakeGateway*>(&site_.gw1),
        static_cast<const proof::FakeGateway*>(&gw9)}) {
    list.add_gateways()->set_id(gateway->id);
    list.mutable_gateways()->rbegin()->set_channel_key(gateway->ChannelKey());
  }
  list.set_previous(Account().gateways_hash());
  ASSERT_OK(
      Apply(AccountActRequest("u2fi.account.gateways", proof::Encode(list),
                              {{&site_.alice, &site_.gw1}})));
  ASSERT_OK(Apply(Asked(Arguments())));
  ASSERT_EQ(Account().gateways_size(), 2);
  EXPECT_EQ(Account().gateways(0).channel_key(), next_.ChannelKey());
  EXPECT_EQ(Account().gateways(1).channel_key(), gw9.ChannelKey());
}

TEST_F(GatewayKeyActTest, ThenTouchesCountUnderTheNewKeyOnly) {
  ASSERT_OK(Apply(Asked(Arguments())));
  proof::v1::AccountPolicyArguments rules;
  rules.set_format(1);
  const std::string policy(proof::kOperationAccountPolicy);
  ExpectRefused(AccountActRequest(policy, proof::Encode(rules),
                                  {{&site_.alice, &site_.gw1}}),
                reason::kChannelKeyMismatch);
  EXPECT_OK(Apply(AccountActRequest(policy, proof::Encode(rules),
                                    {{&site_.alice, &next_}})));
}

TEST_F(GatewayKeyActTest, PinSetsStayAsTheyAre) {
  ArmAndStage();
  const proof::v1::PinSet pins = PlannedPins();
  v1::ApplyRequest provision = PinsRequest(pins);
  ASSERT_OK(Apply(provision));
  const std::string before = Device().SerializeAsString();
  ASSERT_OK(Apply(Asked(Arguments())));
  EXPECT_EQ(Device().SerializeAsString(), before);
}

TEST_F(GatewayKeyActTest, TheSameCommandAgainChangesNothing) {
  const v1::ApplyRequest request = Asked(Arguments());
  ASSERT_OK(Apply(request));
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto again, Apply(request));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(GatewayKeyActTest, WithoutATouchOfTheOwnerNothingIsReplaced) {
  v1::ApplyRequest request = Asked(Arguments());
  std::string& signature = *request.mutable_approvals(0)->mutable_signature();
  signature[signature.size() - 1] ^= 1;
  ExpectRefused(request, reason::kSignatureInvalid);
}

TEST_F(GatewayKeyActTest, TheKeyThatIsToGoMustBeThePresentOne) {
  proof::v1::GatewayKeyArguments arguments = Arguments();
  arguments.set_old_channel_key(std::string(32, 'x'));
  ExpectRefused(Asked(arguments), reason::kChannelKeyMismatch);
}

TEST_F(GatewayKeyActTest, OnlyWhatAnOperatorNamedIsTaken) {
  proof::v1::GatewayKeyArguments arguments = Arguments();
  arguments.set_new_point(proof::FakeKey("evil").public_key().point());
  ExpectRefused(Asked(arguments), reason::kGatewayKeyMismatch);
}

TEST_F(GatewayKeyActTest, WhatIsNoKeyIsNotTaken) {
  proof::v1::GatewayKeyArguments arguments = Arguments();
  arguments.set_new_point("\x04" + std::string(64, 'x'));
  ExpectRefused(Asked(arguments), reason::kPublicKeyInvalid);
}

TEST_F(GatewayKeyActTest, AnUnknownGatewayIsUnknown) {
  proof::v1::GatewayKeyArguments arguments = Arguments();
  arguments.set_gateway("gw-99");
  ExpectRefused(Asked(arguments), reason::kResourceUnknown);
}

TEST_F(GatewayKeyActTest, AStrangersGatewayIsNotReplaced) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  MakeGateway(site_.gw2);
  proof::v1::GatewayKeyArguments arguments = Arguments();
  arguments.set_gateway("gw-2");
  arguments.set_old_channel_key(site_.gw2.ChannelKey());
  ExpectRefused(Asked(arguments), reason::kPlaceNotAllowed);
}

TEST_F(GatewayKeyActTest, ARevokedGatewayGetsNone) {
  proof::FakeGateway cottage("gw-9", "cottage");
  MakeSite("cottage", "alice");
  MakeGateway(cottage);
  v1::ReplaceGatewayKeyRequest named;
  named.set_name("gateways/gw-9");
  named.set_public_key(proof::FakeKey("gw-9-next").public_key().Spki());
  named.set_etag(Gateway("gw-9").etag());
  ASSERT_OK(Replace(named));
  v1::RevokeGatewayRequest revoke;
  revoke.set_name("gateways/gw-9");
  ASSERT_OK(core_->gateways().RevokeGateway(operator_, revoke));
  proof::v1::GatewayKeyArguments arguments = Arguments();
  arguments.set_gateway("gw-9");
  arguments.set_old_channel_key(cottage.ChannelKey());
  arguments.set_new_point(proof::FakeKey("gw-9-next").public_key().point());
  ExpectRefused(Asked(arguments), reason::kGatewayState);
}

TEST_F(GatewayKeyActTest, AKeyThatAnotherGatewayGotMeanwhileIsNotTaken) {
  proof::FakeGateway other("gw-8", "home");
  other.key = next_.key;
  MakeGateway(other);
  ExpectRefused(Asked(Arguments()), reason::kResourceExists);
}

TEST_F(GatewayKeyActTest, ALaterNameTakesThePlaceOfTheOneThatWaits) {
  v1::ReplaceGatewayKeyRequest request = Request();
  request.set_public_key(proof::FakeKey("third").public_key().Spki());
  ASSERT_OK(Replace(request));
  ExpectRefused(Asked(Arguments()), reason::kGatewayKeyMismatch);
}

}  // namespace
}  // namespace u2fi::device_registry
